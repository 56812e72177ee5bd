"""Data sets as mappings and as objects with keyword attributes."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from encoding import EXPLICIT_LITTLE, IMPLICIT_LITTLE, TransferSyntax, Value
from hypothesis import given
from hypothesis import strategies as st

import dicomkit
from dicomkit import DataElement, Dataset, Dictionary, Sequence, Tag

Row = tuple[int, str, Value]

ELEMENTS: list[Row] = [
    (0x00080008, "CS", ("ORIGINAL", "PRIMARY")),
    (0x00080060, "CS", "CT"),
    (0x00082218, "SQ", [[(0x00080100, "SH", "A")]]),
    (0x00100010, "PN", "Doe^Jane"),
    (0x00100020, "LO", None),
    (0x00280010, "US", 512),
]
TAGS = [tag for tag, _, _ in ELEMENTS]


def of(*elements: Row, syntax: TransferSyntax = EXPLICIT_LITTLE, **options: Any) -> Dataset:
    """The data set that dicomkit reads from elements that `encoding` writes."""
    return dicomkit.read(syntax.encode(elements), transfer_syntax=syntax.uid, **options)


def in_this_order(*elements: Row) -> Dataset:
    data = b"".join([EXPLICIT_LITTLE.element(*element) for element in elements])
    return dicomkit.read(data, transfer_syntax=EXPLICIT_LITTLE.uid)


def made() -> Dataset:
    """The same as is read from ELEMENTS."""
    ds = Dataset(Rows=512, PatientID=None, PatientName="Doe^Jane")
    ds.AnatomicRegionSequence = [Dataset(CodeValue="A")]
    ds.ImageType, ds.Modality = ["ORIGINAL", "PRIMARY"], "CT"
    return ds


def edited() -> Dataset:
    """The same, read and then edited."""
    ds = of(*ELEMENTS[1:], (0x00200010, "SH", "S"))
    del ds.StudyID
    ds.ImageType = "ORIGINAL\\PRIMARY"
    return ds


VIEWS = pytest.mark.parametrize(
    "ds", [of(*ELEMENTS), of(*ELEMENTS, syntax=IMPLICIT_LITTLE), in_this_order(*ELEMENTS[::-1]), made(), edited()],
    ids=["read", "implicit", "unordered", "made", "edited"],
)  # fmt: skip


# -- mapping


@VIEWS
def test_the_elements_in_the_order_of_their_tags(ds: Dataset) -> None:
    assert [element.tag for element in ds] == ds.keys() == TAGS
    assert all(type(tag) is Tag for tag in ds.keys())  # its elements are no keys
    assert ds.values() == list(ds)
    assert ds.items() == [(element.tag, element) for element in ds]
    assert len(ds) == len(TAGS)
    assert [element.value for element in ds][:2] == [("ORIGINAL", "PRIMARY"), "CT"]


@VIEWS
@pytest.mark.parametrize(
    "key", [0x00100010, Tag(0x00100010), "0010,0010", "(0010,0010)", "00100010", "PatientName", (0x10, 0x10)]
)
def test_keys(ds: Dataset, key: Any) -> None:
    assert isinstance(ds[key], DataElement)
    assert (ds[key].tag, ds[key].value, ds.get(key), key in ds) == (0x00100010, "Doe^Jane", "Doe^Jane", True)


@VIEWS
@pytest.mark.parametrize("key", [0x00100030, Tag(0x00100030), "0010,0030", "PatientBirthDate", (0x10, 0x30), 0xFFFFFFFF])
def test_keys_that_are_not_there(ds: Dataset, key: Any) -> None:
    assert key not in ds
    assert ds.get(key) is None
    assert ds.get(key, "default") == "default"
    with pytest.raises(KeyError) as caught:
        ds[key]
    assert caught.value.args == (key,)
    with pytest.raises(KeyError):
        del ds[key]


@VIEWS
@pytest.mark.parametrize(
    ("key", "error"),
    [(-1, ValueError), (1 << 32, ValueError), ("PatientNmae", ValueError), ("", ValueError), (1.5, TypeError),
     (None, TypeError), (slice(1, 2), TypeError), ((1, 2, 3), ValueError)],
)  # fmt: skip
def test_what_is_no_key(ds: Dataset, key: Any, error: type[Exception]) -> None:
    for access in (ds.__getitem__, ds.get, ds.__delitem__, lambda key: ds.__setitem__(key, None)):
        with pytest.raises(error):
            access(key)
    assert key not in ds


def test_get_gives_a_value_that_is_empty_and_not_the_default() -> None:
    assert of(*ELEMENTS).get("PatientID", "default") is None


@pytest.mark.parametrize("key", [0x00100030, "PatientBirthDate", "0010,0030", (0x0010, 0x0030)])
def test_assigning_and_deleting_by_key(key: Any) -> None:
    ds = of(*ELEMENTS)
    ds[key] = "20000101"
    assert (ds[key].vr, ds.PatientBirthDate, len(ds)) == ("DA", "20000101", 7)
    ds[key] = None
    assert (ds.PatientBirthDate, key in ds) == (None, True)
    del ds[key]
    assert key not in ds
    assert ds.keys() == TAGS


def test_deleting_what_was_read_and_assigning_it_again() -> None:
    ds = of(*ELEMENTS)
    del ds["Modality"]
    assert "Modality" not in ds
    with pytest.raises(KeyError):
        del ds["Modality"]
    ds.Modality = "MR"
    assert (ds.Modality, len(ds), ds.keys()) == ("MR", 6, TAGS)
    del ds.Modality
    assert (len(ds), "Modality" in ds, hasattr(ds, "Modality")) == (5, False, False)


def test_elements_are_put_in_by_their_tag() -> None:
    ds, element = Dataset(), DataElement(0x00091001, "DS", [1, 2])
    ds.add(element)
    ds["PatientName"] = DataElement("PatientName", value="Doe^Jane")
    assert (ds[0x00091001], ds.PatientName) == (element, "Doe^Jane")
    with pytest.raises(ValueError, match="0010,0020"):
        ds["PatientID"] = element


def test_elements_of_other_data_sets_keep_their_bytes() -> None:
    source = of((0x00080005, "CS", "ISO_IR 144"), (0x00100010, "PN", b"\xbb\xee"), (0x00180050, "DS", "2,5"))
    ds = of((0x00080005, "CS", "ISO_IR 100"))
    for element in source:
        if element.tag != 0x00080005:
            ds.add(element)
    assert (ds.PatientName, ds["PatientName"].raw, ds["SliceThickness"].raw) == ("Лю", b"\xbb\xee", b"2,5 ")
    assert ds["PatientName"] == source["PatientName"]


def test_duplicates_are_one_element_the_first() -> None:
    ds = in_this_order((0x00100020, "LO", "first"), (0x00080060, "CS", "CT"), (0x00100020, "LO", "second"))
    assert (ds.PatientID, len(ds), ds.keys()) == ("first", 2, [0x00080060, 0x00100020])
    assert [element.value for element in ds] == ["CT", "first"]
    assert {problem.code for problem in ds.problems} >= {"duplicate-element", "out-of-order"}
    del ds.PatientID
    assert ds.keys() == [0x00080060]


def test_a_data_set_without_elements() -> None:
    ds = Dataset()
    assert (len(ds), list(ds), ds.keys(), list(ds.walk()), str(ds), bool(ds)) == (0, [], [], [], "", True)
    assert (ds.file_meta, ds.transfer_syntax, ds.problems) == (None, None, ())


# -- keyword attributes


@VIEWS
def test_attributes(ds: Dataset) -> None:
    assert (ds.PatientName, ds.ImageType, ds.PatientID, ds.Rows) == ("Doe^Jane", ("ORIGINAL", "PRIMARY"), None, 512)
    assert isinstance(ds.AnatomicRegionSequence, Sequence)
    assert ds.AnatomicRegionSequence[0].CodeValue == "A"
    assert (hasattr(ds, "PatientName"), hasattr(ds, "PatientBirthDate"), hasattr(ds, "shape")) == (True, False, False)
    assert getattr(ds, "PatientBirthDate", "default") == "default"
    assert {"PatientName", "Rows", "walk", "keys"} <= set(dir(ds))
    assert "PatientBirthDate" not in dir(ds)


def test_a_keyword_that_is_not_there() -> None:
    ds = of(*ELEMENTS)
    for access in (getattr, delattr):
        with pytest.raises(AttributeError, match="the data set has no PatientBirthDate"):
            access(ds, "PatientBirthDate")


@pytest.mark.parametrize("ds", [of(*ELEMENTS), made()], ids=["read", "made"])
@pytest.mark.parametrize(
    ("name", "meant"), [("PatientNmae", "PatientName"), ("patientname", "PatientName"), ("Row", "Rows"), ("Xyzzyx", "")]
)
def test_a_misspelt_keyword(ds: Dataset, name: str, meant: str) -> None:
    message = rf"'{name}'.*{'did you mean.*' + meant if meant else 'data set$'}"
    with pytest.raises(AttributeError, match=message):
        setattr(ds, name, "x")
    with pytest.raises(AttributeError, match=message):
        delattr(ds, name)
    if name[0].isupper():
        with pytest.raises(AttributeError, match=rf"'{name}'.*{meant}"):
            getattr(ds, name)
    with pytest.raises(ValueError, match=rf"'{name}'.*{meant}"):
        ds[name]
    assert (name in ds, getattr(ds, name, "default")) == (False, "default")


def test_a_misspelt_keyword_for_a_new_data_set() -> None:
    with pytest.raises(AttributeError, match="PatientName"):
        Dataset(PatientNmae="Doe^Jane")


def test_repeating_groups() -> None:
    ds = of((0x60000010, "US", 1), (0x60020010, "US", 2))
    assert ds.OverlayRows == 1  # the keyword means the first group
    assert (ds[0x60020010].value, ds[0x60020010].keyword) == (2, "OverlayRows")


def test_keywords_of_a_user_dictionary() -> None:
    row: Any = ((0x0008, 0x0008, 1), (0x9998, 0x9998, 1), ("FD",), "2", "MyLevels", "My Levels", False, None)
    ds: Any = of((0x00089998, "FD", (0.5, 1)), syntax=IMPLICIT_LITTLE, dictionary=Dictionary([row]))
    assert (ds.MyLevels, ds["MyLevels"].value, "MyLevels" in ds, ds.get("MyLevels")) == (
        (0.5, 1),
        (0.5, 1),
        True,
        (0.5, 1),
    )
    assert "MyLevels" in dir(ds)
    ds.MyLevels = 3
    assert (ds["MyLevels"].vr, ds["MyLevels"].value) == ("FD", (3.0,))
    del ds.MyLevels
    with pytest.raises(AttributeError, match="the data set has no MyLevels"):
        _ = ds.MyLevels
    ds["MyLevels"] = (1, 2)
    assert (ds["MyLevels"].vr, ds.MyLevels, ds["MyLevels"].keyword) == ("FD", (1.0, 2.0), "MyLevels")


# -- the same as a dict of values, whatever is done

KEYS = [0x00080070, 0x00081090, 0x00100020, 0x00181030, 0x00400254]  # LO, VM 1


@given(
    st.permutations(KEYS[:3]),
    st.lists(st.tuples(st.sampled_from(["assign", "delete", "copy"]), st.sampled_from(KEYS), st.sampled_from("abc"))),
)
def test_behaves_like_a_dict(read: list[int], actions: list[tuple[str, int, str]]) -> None:
    ds = in_this_order(*[(tag, "LO", "read") for tag in read])
    model = dict.fromkeys(read, "read")
    for action, tag, value in actions:
        if action == "assign":
            ds[tag] = model[tag] = value
        elif action == "copy":
            ds = copy.deepcopy(ds)
        elif tag in model:
            del ds[tag], model[tag]
        else:
            with pytest.raises(KeyError):
                del ds[tag]
        assert {element.tag: element.value for element in ds} == model
        assert ds.keys() == sorted(model)
        assert (len(ds), [tag in ds for tag in KEYS]) == (len(model), [tag in model for tag in KEYS])
        assert [ds.get(tag) for tag in KEYS] == [model.get(tag) for tag in KEYS]
        assert [getattr(ds, Tag(tag).keyword, None) for tag in KEYS] == [model.get(tag) for tag in KEYS]
        assert ds == Dataset(**{Tag(tag).keyword: value for tag, value in model.items()})


def test_an_unknown_attribute_has_one_error() -> None:
    """The look for it as an ordinary attribute does not show."""
    ds = Dataset()
    for name in ("PatientNmae", "shape", "PatientName"):
        with pytest.raises(AttributeError) as failure:
            getattr(ds, name)
        assert failure.value.__context__ is None
    assert getattr(ds, "PatientNmae", 5) == 5
    assert not hasattr(ds, "shape")
