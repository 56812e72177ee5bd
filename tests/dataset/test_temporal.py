"""Dates, times and date times: the examples of PS3.5 6.2, ranges of PS3.4 C.2.2.2.5, pydicom's reading."""

from __future__ import annotations

import copy
import pickle
from datetime import UTC, date, datetime, time, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dicomkit.dataset.temporal import Date, DateTime, Time

EST = timezone(timedelta(hours=-5))
JST = timezone(timedelta(hours=9))

# Text, precision, first and last moment.
DATES = [
    ("19930822", "day", date(1993, 8, 22), date(1993, 8, 22)),
    ("1993.08.22", "day", date(1993, 8, 22), date(1993, 8, 22)),  # ACR-NEMA 300
    ("19930822 ", "day", date(1993, 8, 22), date(1993, 8, 22)),
    ("199308", "month", date(1993, 8, 1), date(1993, 8, 31)),
    ("1993.08", "month", date(1993, 8, 1), date(1993, 8, 31)),
    ("1993", "year", date(1993, 1, 1), date(1993, 12, 31)),
    ("200002", "month", date(2000, 2, 1), date(2000, 2, 29)),
    ("190002", "month", date(1900, 2, 1), date(1900, 2, 28)),
    ("202404", "month", date(2024, 4, 1), date(2024, 4, 30)),
    ("00010101", "day", date(1, 1, 1), date(1, 1, 1)),
    ("99991231", "day", date(9999, 12, 31), date(9999, 12, 31)),
]
TIMES = [
    ("070907.0705 ", "microsecond", time(7, 9, 7, 70500), time(7, 9, 7, 70599)),  # example 1 of PS3.5 6.2
    ("1010", "minute", time(10, 10), time(10, 10, 59, 999999)),  # example 2
    ("10", "hour", time(10), time(10, 59, 59, 999999)),
    ("101010", "second", time(10, 10, 10), time(10, 10, 10, 999999)),
    ("101010.", "second", time(10, 10, 10), time(10, 10, 10, 999999)),
    ("101010.5", "microsecond", time(10, 10, 10, 500000), time(10, 10, 10, 599999)),
    ("101010.123456", "microsecond", time(10, 10, 10, 123456), time(10, 10, 10, 123456)),
    ("101010.1234567", "microsecond", time(10, 10, 10, 123456), time(10, 10, 10, 123456)),
    ("10:10", "minute", time(10, 10), time(10, 10, 59, 999999)),
    ("10:09:08", "second", time(10, 9, 8), time(10, 9, 8, 999999)),  # ACR-NEMA 300
    ("10:09:08.07", "microsecond", time(10, 9, 8, 70000), time(10, 9, 8, 79999)),
    ("235960", "second", time(23, 59, 59, 999999), time(23, 59, 59, 999999)),  # a leap second
    ("235960.25", "microsecond", time(23, 59, 59, 999999), time(23, 59, 59, 999999)),
    ("000000", "second", time(0), time(0, 0, 0, 999999)),
]
DATETIMES = [
    ("195308", "month", datetime(1953, 8, 1), datetime(1953, 8, 31, 23, 59, 59, 999999)),  # note 3 of PS3.5 6.2
    ("19530827111300.0", "microsecond", datetime(1953, 8, 27, 11, 13), datetime(1953, 8, 27, 11, 13, 0, 99999)),
    ("2007-0500", "year", datetime(2007, 1, 1, tzinfo=EST), datetime(2007, 12, 31, 23, 59, 59, 999999, EST)),  # note 5
    ("1999", "year", datetime(1999, 1, 1), datetime(1999, 12, 31, 23, 59, 59, 999999)),
    ("19990228", "day", datetime(1999, 2, 28), datetime(1999, 2, 28, 23, 59, 59, 999999)),
    ("1999022810", "hour", datetime(1999, 2, 28, 10), datetime(1999, 2, 28, 10, 59, 59, 999999)),
    ("199902281011", "minute", datetime(1999, 2, 28, 10, 11), datetime(1999, 2, 28, 10, 11, 59, 999999)),
    ("19990228101112", "second", datetime(1999, 2, 28, 10, 11, 12), datetime(1999, 2, 28, 10, 11, 12, 999999)),
    (
        "19990228101112.123456+0900",
        "microsecond",
        datetime(1999, 2, 28, 10, 11, 12, 123456, JST),
        datetime(1999, 2, 28, 10, 11, 12, 123456, JST),
    ),
    ("1999022810+0000", "hour", datetime(1999, 2, 28, 10, tzinfo=UTC), datetime(1999, 2, 28, 10, 59, 59, 999999, UTC)),
    ("1999022810-0000", "hour", datetime(1999, 2, 28, 10, tzinfo=UTC), datetime(1999, 2, 28, 10, 59, 59, 999999, UTC)),
    (
        "20161231235960",
        "second",
        datetime(2016, 12, 31, 23, 59, 59, 999999),
        datetime(2016, 12, 31, 23, 59, 59, 999999),
    ),
]
CASES = [(kind, *case) for kind, cases in ((Date, DATES), (Time, TIMES), (DateTime, DATETIMES)) for case in cases]


@pytest.mark.parametrize(("kind", "text", "precision", "first", "last"), CASES)
def test_moments(kind: Any, text: str, precision: str, first: Any, last: Any) -> None:
    value = kind(text)
    assert value.is_valid
    assert not value.is_range
    assert value.range == (value, value)
    assert value.precision == precision
    assert (value.earliest(), value.latest()) == (first, last)
    if isinstance(first, datetime):
        assert (value.earliest().tzinfo, value.latest().tzinfo) == (first.tzinfo, last.tzinfo)


INVALID = [
    (Date, ""),
    (Date, "19931322"),
    (Date, "19930229"),
    (Date, "00000101"),
    (Date, "199308221"),
    (Date, "1993082"),
    (Date, "93"),
    (Date, "1993/08/22"),
    (Date, "1993.8.22"),
    (Date, "199.08.22"),
    (Date, "²⁰¹⁹"),
    (Date, "٢٠١٩٠٩٠٩"),
    (Date, "-"),
    (Date, "1993-08-22"),
    (Date, "unknown"),
    (Date, "20200230-20200301"),
    (Time, "021"),  # example 3 of PS3.5 6.2
    (Time, "2400"),
    (Time, "106000"),
    (Time, "101061"),
    (Time, "1010.5"),
    (Time, "101010.5x"),
    (Time, "101010.²"),
    (Time, "10:1010"),
    (Time, "1:10"),
    (Time, ".5"),
    (Time, "10101010"),
    (Time, "101010+0100"),
    (DateTime, ""),
    (DateTime, "199"),
    (DateTime, "1999+1401"),
    (DateTime, "1999+0160"),
    (DateTime, "1999+010"),
    (DateTime, "1999+\u0660\u0661\u0660\u0660"),
    (DateTime, "+0100"),
    (DateTime, "1999022810.5"),
    (DateTime, "1999.02.28"),
    (DateTime, "-"),
    (DateTime, "2020-13"),
]


@pytest.mark.parametrize(("kind", "text"), INVALID)
def test_invalid(kind: Any, text: str) -> None:
    value = kind(text)
    assert value == text
    assert not value.is_valid
    for convert in (value.earliest, value.latest):
        try:
            convert()
        except ValueError as error:
            message = str(error)
            assert message.isprintable()
            assert " is not a " in message or "range" in message
            break
    else:
        pytest.fail("both ends were read")


@pytest.mark.parametrize(
    ("kind", "text", "message"),
    [
        (Date, "19930229", "'19930229' is not a date (DA): day is out of range for month"),
        (Date, "1993082", "'1993082' is not a date (DA): the day is cut off"),
        (Time, "1010x", "'1010x' is not a time (TM): only digits are allowed"),
        (DateTime, "", "'' is not a date time (DT): it is empty"),
        (
            DateTime,
            "1999+1401",
            "'1999+1401' is not a date time (DT): +1401 is not an offset from UTC of -1200 to +1400",
        ),
    ],
)
def test_sentences(kind: Any, text: str, message: str) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the sentence is compared below
        _ = kind(text).precision
    assert str(caught.value) == message


RANGES = [
    (Date, "20200101-20201231", "20200101", "20201231", date(2020, 1, 1), date(2020, 12, 31)),
    (Date, "20200101 - 20201231 ", "20200101", "20201231", date(2020, 1, 1), date(2020, 12, 31)),
    (Date, "-2020", None, "2020", date.min, date(2020, 12, 31)),
    (Date, "2020-", "2020", None, date(2020, 1, 1), date.max),
    (Time, "1000-1800", "1000", "1800", time(10), time(18, 0, 59, 999999)),  # note of PS3.4 C.2.2.2.5.4
    (Time, "-1800", None, "1800", time.min, time(18, 0, 59, 999999)),
    (Time, "10-", "10", None, time(10), time.max),
    (DateTime, "2007-2010", "2007", "2010", datetime(2007, 1, 1), datetime(2010, 12, 31, 23, 59, 59, 999999)),
    (
        DateTime,
        "20200101-20201231",
        "20200101",
        "20201231",
        datetime(2020, 1, 1),
        datetime(2020, 12, 31, 23, 59, 59, 999999),
    ),
    (DateTime, "-2020", None, "2020", datetime.min, datetime(2020, 12, 31, 23, 59, 59, 999999)),
    (DateTime, "2020-", "2020", None, datetime(2020, 1, 1), datetime.max),
    (DateTime, "2020-0500-", "2020-0500", None, datetime(2020, 1, 1, tzinfo=EST), datetime.max.replace(tzinfo=EST)),
    (
        DateTime,
        "-2020-0500",
        None,
        "2020-0500",
        datetime.min.replace(tzinfo=EST),
        datetime(2020, 12, 31, 23, 59, 59, 999999, EST),
    ),
    (
        DateTime,
        "2020010110-0500-2020010111-0500",
        "2020010110-0500",
        "2020010111-0500",
        datetime(2020, 1, 1, 10, tzinfo=EST),
        datetime(2020, 1, 1, 11, 59, 59, 999999, EST),
    ),
    (
        DateTime,
        "2020-0500-2021+0900",
        "2020-0500",
        "2021+0900",
        datetime(2020, 1, 1, tzinfo=EST),
        datetime(2021, 12, 31, 23, 59, 59, 999999, JST),
    ),
]


@pytest.mark.parametrize(("kind", "text", "start", "end", "first", "last"), RANGES)
def test_ranges(kind: Any, text: str, start: str | None, end: str | None, first: Any, last: Any) -> None:
    value = kind(text)
    assert value.is_range
    assert value.is_valid
    assert value.range == (start, end)
    assert {type(part) for part in value.range if part is not None} == {kind}
    assert (value.earliest(), value.latest()) == (first, last)
    with pytest.raises(ValueError, match="is a range"):
        _ = value.precision


def test_offset_or_range() -> None:
    """Offsets end at -1200, so a year after 1200 is the end of a range."""
    assert not DateTime("2007-0500").is_range
    assert not DateTime("2007-1200").is_range
    assert DateTime("2007-1201").range == ("2007", "1201")
    assert DateTime("2007-1965").range == ("2007", "1965")
    assert DateTime("20070101-0500").utcoffset() == timedelta(hours=-5)
    assert DateTime("2007").utcoffset() is None
    assert DateTime("2007+0530").utcoffset() == timedelta(hours=5, minutes=30)
    assert DateTime("2007-0130").utcoffset() == -timedelta(hours=1, minutes=30)


def test_conversions() -> None:
    assert Date("19930822").to_date() == date(1993, 8, 22)
    assert Time("1010").to_time() == time(10, 10)
    assert DateTime("19930822").to_datetime() == datetime(1993, 8, 22)
    assert DateTime("19930822101112+0900").to_date() == date(1993, 8, 22)
    # what the value says goes before what the caller says
    assert DateTime("19930822-0500").to_datetime(JST).tzinfo == EST
    assert DateTime("19930822").to_datetime(JST) == datetime(1993, 8, 22, tzinfo=JST)
    assert DateTime("1993").earliest(JST) == datetime(1993, 1, 1, tzinfo=JST)
    assert DateTime("1993-").latest(JST) == datetime.max.replace(tzinfo=JST)


@pytest.mark.parametrize(
    ("convert", "message"),
    [
        (Date("1993").to_date, "'1993' names no day"),
        (Date("199308").to_date, "'199308' names no day"),
        (DateTime("199308+0100").to_datetime, "names no day"),
        (DateTime("1993").to_date, "names no day"),
        (Date("1993-1994").to_date, "is a range"),
        (Time("10-11").to_time, "is a range"),
        (DateTime("1993-1994").to_datetime, "is a range"),
        (Date("x").to_date, "only digits"),
    ],
)
def test_conversions_do_not_guess(convert: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        convert()


def test_from_python() -> None:
    assert Date.from_date(date(1993, 8, 22)) == "19930822"
    assert Date.from_date(datetime(33, 8, 2, 1)) == "00330802"
    assert Time.from_time(time(1, 2, 3)) == "010203"
    assert Time.from_time(time(1, 2, 3, 45)) == "010203.000045"
    assert DateTime.from_datetime(datetime(1993, 8, 22, 1, 2, 3)) == "19930822010203"
    assert DateTime.from_datetime(datetime(1993, 8, 22, 1, 2, 3, 45, EST)) == "19930822010203.000045-0500"
    assert DateTime.from_datetime(datetime(1993, 8, 22, tzinfo=UTC)) == "19930822000000+0000"
    assert type(DateTime.from_datetime(datetime(1993, 8, 22))) is DateTime
    with pytest.raises(ValueError, match="no time zone"):
        Time.from_time(time(1, tzinfo=UTC))
    for offset in (timedelta(hours=15), timedelta(hours=-13), timedelta(seconds=90), timedelta(microseconds=1)):
        with pytest.raises(ValueError, match="cannot have the offset"):
            DateTime.from_datetime(datetime(1993, 8, 22, tzinfo=timezone(offset)))


@pytest.mark.parametrize("value", [Date("19930822"), Time("10"), DateTime("1993-0500")])
def test_is_its_text(value: Any) -> None:
    assert value == str(value)
    assert hash(value) == hash(str(value))
    for other in (pickle.loads(pickle.dumps(value)), copy.deepcopy(value)):
        assert other == value
        assert type(other) is type(value)
    with pytest.raises(AttributeError):
        value.note = ""


@given(st.dates())
def test_date_round_trip(value: date) -> None:
    text = Date.from_date(value)
    assert text.to_date() == text.earliest() == text.latest() == value


@given(st.times())
def test_time_round_trip(value: time) -> None:
    assert Time.from_time(value).to_time() == value


OFFSETS = st.integers(-720, 840).map(lambda minutes: timezone(timedelta(minutes=minutes)))


@given(st.datetimes(timezones=st.one_of(st.none(), OFFSETS)))
def test_datetime_round_trip(value: datetime) -> None:
    text = DateTime.from_datetime(value)
    assert not text.is_range
    assert text.to_datetime() == value
    assert text.to_datetime().utcoffset() == value.utcoffset()


COMPLETE = r"[0-2][0-9]{3}[01][0-9][0-3][0-9][0-2][0-9][0-6][0-9][0-6][0-9]\.[0-9]{6}[+-][0-2][0-9][0-9][0-9]"


@given(
    st.one_of(st.from_regex(COMPLETE, fullmatch=True), st.text(st.sampled_from("0123456789+-.W"), min_size=26, max_size=26))
)
def test_complete_values_are_read_as_others(text: str) -> None:
    value = DateTime(text)
    if not value.is_valid or value.is_range:
        with pytest.raises(ValueError, match=r"\w"):
            value.to_datetime()
        return
    moment = value.to_datetime()  # read at once; its ends are read part by part
    assert moment == value.earliest()
    assert moment.utcoffset() == value.earliest().utcoffset()


@given(st.datetimes(timezones=st.one_of(st.none(), OFFSETS)), st.sampled_from([4, 6, 8, 10, 12, 14]))
def test_cut_values_hold_the_moment(value: datetime, size: int) -> None:
    whole = str(DateTime.from_datetime(value))
    suffix = whole[-5:] if value.tzinfo else ""
    text = DateTime(whole[:size] + suffix)
    assert text.is_valid
    assert text.earliest() <= value <= text.latest()
    if size > 8:
        assert Time(whole[8:size]).earliest() <= value.time() <= Time(whole[8:size]).latest()


@given(st.sampled_from([Date, Time, DateTime]), st.text(st.sampled_from("0123456789+-.: x"), max_size=24))
def test_any_text_is_a_value(kind: Any, text: str) -> None:
    value = kind(text)
    start, end = value.range
    if value.is_valid:
        assert value.earliest() is not None
        assert value.latest() is not None
        assert value.is_range == (start is None or end is None or start != value or end != value)
    else:
        with pytest.raises(ValueError, match=r"is not a|range"):
            (value.earliest(), value.latest())


def test_same_moments_as_pydicom(pydicom_files: object) -> None:
    from pydicom import valuerep

    for text, precision, first, _ in DATES:
        if precision == "day":
            assert valuerep.DA(text.strip()) == first
    for text, _, first, _ in TIMES:
        if not text.startswith("2359") and ":" not in text and len(text) < 14 and not text.endswith("."):
            assert valuerep.TM(text.strip()) == first
    for text, precision, first, _ in DATETIMES:
        if not text.endswith(("60", "-0000")) and precision != "month":
            assert valuerep.DT(text) == first
