"""Data sets, elements, sequences and values (PS3.5)."""

from dicomkit._ext.values import bind as _bind_values
from dicomkit._ext.view import bind as _bind
from dicomkit.dataset.dataset import Dataset
from dicomkit.dataset.element import DataElement
from dicomkit.dataset.person_name import PersonName
from dicomkit.dataset.problem import Problem
from dicomkit.dataset.sequence import Sequence
from dicomkit.dataset.temporal import Date, DateTime, Time
from dicomkit.dataset.text import character_sets as _character_sets
from dicomkit.dataset.text import decode_values as _decode_values
from dicomkit.standard.tag import Tag as _Tag
from dicomkit.standard.uid import UID as _UID

__all__ = ["DataElement", "Dataset", "Date", "DateTime", "PersonName", "Problem", "Sequence", "Time"]

_types = {"tag": _Tag, "uid": _UID, "person_name": PersonName, "date": Date, "time": Time, "date_time": DateTime}
_bind_values(decode_text=_decode_values, **_types)
_bind(dataset=Dataset, sequence=Sequence, element=DataElement, character_sets=_character_sets, **_types)
