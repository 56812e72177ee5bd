"""Date (DA), Time (TM) and Date Time (DT) values (PS3.5 6.2), also as ranges in queries (PS3.4 C.2.2.2.5).

A value is its text: equality, order and hash are those of `str`, so `Date("1993.08.22") != Date("19930822")`; compare
what `earliest` and `latest` give to compare moments. A text that leaves out its last parts means all of the time that
it names: "1993" is from `earliest()` 1993-01-01 to `latest()` 1993-12-31.

Read more than the standard allows: dates without day or month, the forms of ACR-NEMA 300 ("1993.08.22", "10:09:08.07"),
more than six digits of fraction (cut to microseconds), `-0000` as UTC.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    import datetime
    from typing import Final, Literal, Self

    Precision = Literal["year", "month", "day", "hour", "minute", "second", "microsecond"]

__all__ = ["Date", "DateTime", "Time"]

_PRECISIONS: Final[tuple[Precision, ...]] = ("year", "month", "day", "hour", "minute", "second", "microsecond")
_WIDTHS: Final = (4, 2, 2, 2, 2, 2)
_FIRST: Final = (1, 1, 1, 0, 0, 0)
_LAST: Final = (9999, 12, 31, 23, 59, 59)

# UTC offsets of DT are -1200 to +1400 (PS3.5 6.2), in minutes.
_OFFSETS: Final = range(-12 * 60, 14 * 60 + 1)
_LAST_WEST, _LAST_EAST = "1200", "1400"  # the same as they are written
_COMPLETE: Final = len("20261122230355.123456+0100")


class _Parts:
    """What a text says: year to second as far as it goes (a time begins with the hour), and the digits of a fraction.

    Raises:
        ValueError: the text is not digits, is cut inside of a part, or a part is out of its range.
    """

    __slots__ = ("first", "fraction", "numbers")

    def __init__(self, text: str, first: int) -> None:
        digits, point, fraction = text.partition(".")
        if not digits:
            raise ValueError("it is empty")
        if not (digits + fraction).isascii() or not (digits + fraction).isdigit():
            raise ValueError("only digits are allowed")
        numbers: list[int] = []
        position = 0
        for width in _WIDTHS[first:]:
            part = digits[position : position + width]
            if not part:
                break
            if len(part) < width:
                raise ValueError(f"the {_PRECISIONS[first + len(numbers)]} is cut off")
            numbers.append(int(part))
            position += width
        if position < len(digits):
            raise ValueError("there are digits too many")
        if point and first + len(numbers) < 6:
            raise ValueError("only seconds have a fraction")
        self.first = first
        self.numbers = numbers
        self.fraction = fraction
        self.complete(last=False)  # shows what is out of range

    @property
    def precision(self) -> Precision:
        return _PRECISIONS[self.first + len(self.numbers) - (0 if self.fraction else 1)]

    @property
    def has_day(self) -> bool:
        return self.first + len(self.numbers) >= 3

    def complete(self, *, last: bool) -> datetime.datetime:
        """Give the first or last moment that has these parts; of a time, on some day."""
        from datetime import datetime

        parts = [2000, 1, 1][: self.first] + self.numbers
        parts += (_LAST if last else _FIRST)[len(parts) :]
        year, month, day, hour, minute, second = parts
        if last and not self.has_day:
            day = _days(year, month)
        microsecond = int((self.fraction + ("9" if last else "0") * 6)[:6])
        # "The Second component may have a value of 60 only for a leap second": Python has none. The last moment before
        # it keeps times in order.
        if second == 60:
            second, microsecond = 59, 999_999
        return datetime(year, month, day, hour, minute, second, microsecond)


def _days(year: int, month: int) -> int:
    if month == 2:
        return 29 if year % 4 == 0 and (year % 100 != 0 or year % 400 == 0) else 28
    return 30 if month in (4, 6, 9, 11) else 31


class _Temporal(str):
    """What the three VRs share."""

    __slots__ = ()

    _NAME = ""

    def _parts(self) -> _Parts:
        """Read the text of one moment, not a range."""
        raise NotImplementedError  # each kind has its own

    def _parsed(self, *, day: bool = False) -> _Parts:
        """Read the text of one moment; errors are sentences about the value."""
        if self.is_range:
            raise ValueError(f"{str(self)!r} is a range: take its ends from .range, or .earliest() and .latest()")
        try:
            parts = self._parts()
        except ValueError as error:
            raise ValueError(f"{str(self)!r} is not a {self._NAME}: {error}") from None
        if day and not parts.has_day:
            raise ValueError(f"{str(self)!r} names no day: take .earliest() or .latest()")
        return parts

    def _separator(self) -> int:
        """Give the position of the hyphen of a range, or -1."""
        return self.find("-")

    def _ends(self) -> tuple[Self | None, Self | None]:
        start, end = self.range
        if start is None and end is None:
            raise ValueError(f"{str(self)!r} is not a {self._NAME}: it has neither start nor end")
        return start, end

    def _earliest(self) -> datetime.datetime:
        start, _ = self._ends()
        if start is not None:
            return start._parsed().complete(last=False)
        from datetime import datetime

        return datetime.min

    def _latest(self) -> datetime.datetime:
        _, end = self._ends()
        if end is not None:
            return end._parsed().complete(last=True)
        from datetime import datetime

        return datetime.max

    @property
    def is_range(self) -> bool:
        """Whether this is a range of a query: "a-b", "-b" or "a-"."""
        return self._separator() >= 0

    @property
    def range(self) -> tuple[Self | None, Self | None]:
        """Both ends of a range, None for an open one; the value itself twice if it is no range."""
        at = self._separator()
        if at < 0:
            return self, self
        start, end = self[:at].strip(" "), self[at + 1 :].strip(" ")
        return (type(self)(start) if start else None, type(self)(end) if end else None)

    @property
    def is_valid(self) -> bool:
        """Whether the conversions understand this: also partial values, ranges and the forms of ACR-NEMA."""
        try:
            for end in self._ends():
                if end is not None:
                    end._parsed()
        except ValueError:
            return False
        return True

    @property
    def precision(self) -> Precision:
        """The smallest unit given: "year" to "second", or "microsecond" for any fraction of a second.

        Raises:
            ValueError: this is a range or not valid.
        """
        return self._parsed().precision


class Date(_Temporal):
    """A date, `YYYYMMDD`. PS3.5 6.2 (DA)."""

    __slots__ = ()

    _NAME = "date (DA)"

    def _parts(self) -> _Parts:
        text = self.strip(" ")
        if "." in text:
            if len(text) not in (7, 10) or text[4] != "." or text[7:8] not in ("", "."):
                raise ValueError("with points it should be YYYY.MM.DD")
            text = text.replace(".", "")
        if len(text) > 8:
            raise ValueError("it is longer than YYYYMMDD")
        return _Parts(text, 0)

    @classmethod
    def from_date(cls, value: datetime.date) -> Self:
        """Make a DA value of a date (of a datetime: its date)."""
        return cls(f"{value.year:04d}{value.month:02d}{value.day:02d}")

    def to_date(self) -> datetime.date:
        """Give the date.

        Raises:
            ValueError: this is not valid, a range, or names no day.
        """
        return self._parsed(day=True).complete(last=False).date()

    def earliest(self) -> datetime.date:
        """Give the first day that this means: of a partial date, of a range (open: `date.min`).

        Raises:
            ValueError: this is not valid.
        """
        return self._earliest().date()

    def latest(self) -> datetime.date:
        """Give the last day that this means: of a partial date, of a range (open: `date.max`).

        Raises:
            ValueError: this is not valid.
        """
        return self._latest().date()


class Time(_Temporal):
    """A time of day, `HHMMSS.FFFFFF` or the beginning of it. PS3.5 6.2 (TM)."""

    __slots__ = ()

    _NAME = "time (TM)"

    def _parts(self) -> _Parts:
        text = self.strip(" ")
        if ":" in text:
            clock = text.partition(".")[0]
            if len(clock) not in (5, 8) or clock[2] != ":" or clock[5:6] not in ("", ":"):
                raise ValueError("with colons it should be HH:MM:SS.FFFFFF")
            text = text.replace(":", "")
        return _Parts(text, 3)

    @classmethod
    def from_time(cls, value: datetime.time) -> Self:
        """Make a TM value of a time; a fraction of a second is written if there is one.

        Raises:
            ValueError: the time has a time zone, which TM cannot hold.
        """
        if value.tzinfo is not None:
            raise ValueError("a time (TM) has no time zone")
        return cls(_clock(value))

    def to_time(self) -> datetime.time:
        """Give the time; minutes and seconds that are left out are 0, a leap second is the last microsecond before it.

        Raises:
            ValueError: this is not valid, or a range.
        """
        return self._parsed().complete(last=False).time()

    def earliest(self) -> datetime.time:
        """Give the first moment that this means: of a partial time, of a range (open: `time.min`).

        Raises:
            ValueError: this is not valid.
        """
        return self._earliest().time()

    def latest(self) -> datetime.time:
        """Give the last moment that this means: of a partial time, of a range (open: `time.max`).

        Raises:
            ValueError: this is not valid.
        """
        return self._latest().time()


class DateTime(_Temporal):
    """A moment, `YYYYMMDDHHMMSS.FFFFFF&ZZXX` or the beginning of it, with or without the offset. PS3.5 6.2 (DT).

    A hyphen is the sign of an offset or the middle of a range. It is a sign wherever the value can be read with it, for
    "2007-0500 is a legal value" (PS3.5 6.2): "2007-0500" is the year 2007 in New York, "2007-2010" is four years.
    """

    __slots__ = ()

    _NAME = "date time (DT)"

    def _cut(self) -> tuple[str, str]:
        """Cut off the offset from UTC, "" if there is none."""
        text = self.strip(" ")
        return (text[:-5], text[-5:]) if text[-5:-4] in ("+", "-") else (text, "")

    def _parts(self) -> _Parts:
        self.utcoffset()
        return _Parts(self._cut()[0], 0)

    def _reads(self) -> bool:
        try:
            self._parts()
        except ValueError:
            return False
        return True

    def _separator(self) -> int:
        at = self.find("-")
        if at < 0 or self._reads():
            return -1
        while at >= 0:
            start, end = DateTime(self[:at].strip(" ")), DateTime(self[at + 1 :].strip(" "))
            if (start or end) and (not start or start._reads()) and (not end or end._reads()):
                return at
            at = self.find("-", at + 1)
        return -1

    @classmethod
    def from_datetime(cls, value: datetime.datetime) -> Self:
        """Make a DT value of a datetime; a fraction is written if there is one, the offset if the datetime is aware.

        Raises:
            ValueError: the offset is not one of whole minutes from -1200 to +1400.
        """
        offset = value.utcoffset()
        suffix = ""
        if offset is not None:
            seconds = offset.total_seconds()
            if seconds % 60 or int(seconds // 60) not in _OFFSETS:
                raise ValueError(f"a date time (DT) cannot have the offset {offset} from UTC")
            hours, minutes = divmod(int(abs(seconds)) // 60, 60)
            suffix = f"{'-' if seconds < 0 else '+'}{hours:02d}{minutes:02d}"
        return cls(f"{Date.from_date(value)}{_clock(value)}{suffix}")

    def utcoffset(self) -> datetime.timedelta | None:
        """Give the offset from UTC that the value states, or None.

        Raises:
            ValueError: the offset is not one of -1200 to +1400.
        """
        _, suffix = self._cut()
        if not suffix:
            return None
        digits = suffix[1:]
        if digits.isascii() and digits.isdigit() and int(digits[2:]) < 60:
            minutes = int(digits[:2]) * 60 + int(digits[2:])
            if suffix[0] == "-":
                minutes = -minutes
            if minutes in _OFFSETS:
                from datetime import timedelta

                return timedelta(minutes=minutes)
        raise ValueError(f"{suffix} is not an offset from UTC of -1200 to +1400")

    def _aware(self, value: datetime.datetime, tz: datetime.tzinfo | None) -> datetime.datetime:
        offset = self.utcoffset()
        if offset is not None:
            from datetime import timezone

            tz = timezone(offset)
        return value.replace(tzinfo=tz)

    def to_datetime(self, tz: datetime.tzinfo | None = None) -> datetime.datetime:
        """Give the moment; parts of the time that are left out are 0, a leap second is the last microsecond before it.

        Args:
            tz: the time zone of a value that does not state its offset (Timezone Offset From UTC (0008,0201), say);
                without one the result is naive.

        Raises:
            ValueError: this is not valid, a range, or names no day.
        """
        moment = self._to_microseconds() if len(self) == _COMPLETE else None
        return self._aware(self._parsed(day=True).complete(last=False), tz) if moment is None else moment

    def _to_microseconds(self) -> datetime.datetime | None:
        """The moment of a value with all its parts, as programs write them: quicker. None if it is not one."""
        if self[14] != "." or self[4] in "-W" or self[8:10] == "24":  # ISO 8601 has weeks, too
            return None
        sign, offset = self[21], self[22:]
        if sign not in "+-" or offset > (_LAST_WEST if sign == "-" else _LAST_EAST) or offset[2] > "5":
            return None
        from datetime import datetime

        try:
            return datetime.fromisoformat(f"{self[:8]}T{self[8:]}")
        except ValueError:  # a leap second, say
            return None

    def to_date(self) -> datetime.date:
        """Give the date as it stands there, whatever the offset.

        Raises:
            ValueError: this is not valid, a range, or names no day.
        """
        return self._parsed(day=True).complete(last=False).date()

    def earliest(self, tz: datetime.tzinfo | None = None) -> datetime.datetime:
        """Give the first moment that this means: of a partial value, of a range (open: `datetime.min`).

        Args:
            tz: as for `to_datetime`. An open end has the offset of the other end.

        Raises:
            ValueError: this is not valid.
        """
        start, end = self._ends()
        return (start or end or self)._aware(self._earliest(), tz)

    def latest(self, tz: datetime.tzinfo | None = None) -> datetime.datetime:
        """Give the last moment that this means: of a partial value, of a range (open: `datetime.max`).

        Args:
            tz: as for `earliest`.

        Raises:
            ValueError: this is not valid.
        """
        start, end = self._ends()
        return (end or start or self)._aware(self._latest(), tz)


def _clock(value: datetime.time | datetime.datetime) -> str:
    fraction = f".{value.microsecond:06d}" if value.microsecond else ""
    return f"{value.hour:02d}{value.minute:02d}{value.second:02d}{fraction}"
