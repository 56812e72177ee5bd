"""The standard as data: tags, VRs, UIDs, transfer syntaxes and the data dictionary (PS3.5, PS3.6).

A name is imported from its module when it is first used.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from dicomkit.standard.dictionary import (
        ElementEntry,
        element,
        elements,
        private_creators,
        private_element,
        private_elements,
        search,
    )
    from dicomkit.standard.similar import similar_keywords
    from dicomkit.standard.tag import Tag
    from dicomkit.standard.transfer_syntax import TransferSyntax
    from dicomkit.standard.uid import UID
    from dicomkit.standard.user_dictionary import Dictionary
    from dicomkit.standard.vr import VR, VRS

__all__ = [
    "UID",
    "VR",
    "VRS",
    "Dictionary",
    "ElementEntry",
    "Tag",
    "TransferSyntax",
    "element",
    "elements",
    "private_creators",
    "private_element",
    "private_elements",
    "search",
    "similar_keywords",
]

_MODULES = {
    "UID": "uid",
    "VR": "vr",
    "VRS": "vr",
    "Dictionary": "user_dictionary",
    "ElementEntry": "dictionary",
    "Tag": "tag",
    "TransferSyntax": "transfer_syntax",
    "element": "dictionary",
    "elements": "dictionary",
    "private_creators": "dictionary",
    "private_element": "dictionary",
    "private_elements": "dictionary",
    "search": "dictionary",
    "similar_keywords": "similar",
}


def __getattr__(name: str) -> object:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    value: object = getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
