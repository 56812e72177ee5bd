"""Whatever a parser raises is a SignatureError."""

from __future__ import annotations

import pytest

from dicomkit.errors import SignatureError
from dicomkit.security.guarded import guarded, reason_of


def raising(error: BaseException) -> None:
    raise error


@pytest.mark.parametrize(
    "error", [ValueError("bad\nvalue"), TypeError(), RecursionError("too deep"), OverflowError("1"), KeyError(1)]
)
def test_errors(error: Exception) -> None:
    with pytest.raises(SignatureError, match=r"^it cannot be read: ") as caught:
        guarded("it cannot be read", raising, error)
    assert "\n" not in str(caught.value)
    assert caught.value.__cause__ is error


def test_signature_error_is_kept() -> None:
    with pytest.raises(SignatureError, match=r"^as it is$"):
        guarded("it cannot be read", raising, SignatureError("as it is"))


def test_panic() -> None:
    """A panic in Rust is no Exception."""
    panic = type("PanicException", (BaseException,), {})
    with pytest.raises(SignatureError, match="the library gave up on it"):
        guarded("it cannot be read", raising, panic("called `Option::unwrap()` on a `None` value"))


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit])
def test_not_caught(error: type[BaseException]) -> None:
    with pytest.raises(error):
        guarded("it cannot be read", raising, error())


def test_result() -> None:
    assert guarded("", int, "12", base=3) == 5


def test_reason() -> None:
    assert reason_of(ValueError("a\x1b[2Jb\0")) == "a [2Jb"
    assert reason_of(ValueError()) == "ValueError"
    assert len(reason_of(ValueError("x" * 10_000))) < 210
