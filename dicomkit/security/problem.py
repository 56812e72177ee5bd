"""What is wrong with a signature, a certificate or a time-stamp, as data: verifying ends with these, not with an error."""

from __future__ import annotations

__all__ = ["SignatureProblem", "printable"]


def printable(text: str) -> str:
    """Text that may be anybody's, as it can stand in a message: nothing in it moves a cursor or begins a line."""
    return (
        text
        if text.isprintable()
        else "".join([letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text])
    )


class SignatureProblem:
    """One thing that speaks against a signature, a certificate or a time-stamp.

    Two are equal if code and text are. `str()` is the text.

    Attributes:
        code: what it is, in words that do not change: `certificate-expired`.
        text: the same for people, with the names, times and numbers of this case.
    """

    __slots__ = ("code", "text")

    code: str
    text: str

    def __init__(self, code: str, text: str) -> None:
        self.code = code
        self.text = printable(text)

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return f"SignatureProblem({self.code!r}, {self.text!r})"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, SignatureProblem):
            return NotImplemented
        return self.code == other.code and self.text == other.text

    def __hash__(self) -> int:
        return hash((self.code, self.text))

    def __reduce__(self) -> tuple[type[SignatureProblem], tuple[str, str]]:
        return SignatureProblem, (self.code, self.text)
