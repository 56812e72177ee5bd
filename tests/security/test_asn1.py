"""Bytes from strangers, before and while they are parsed."""

from __future__ import annotations

import time
from contextlib import suppress

import pytest
from asn1crypto import cms, core, tsp, x509  # type: ignore[import-untyped]  # asn1crypto has no types
from hypothesis import given
from hypothesis import strategies as st

from dicomkit.errors import SignatureError
from dicomkit.security.asn1 import (
    HASH_SIZES,
    HASHES,
    certificate_names,
    encoded,
    hash_algorithm,
    hash_name,
    load,
    plain_text,
    reading,
    same_name,
    whole_value,
)
from tests.security.pki import Pki
from tests.security.stamping import DIGESTS, openssl


def value(tag: int, content: bytes) -> bytes:
    """A value in DER."""
    length = len(content)
    if length < 0x80:
        return bytes([tag, length]) + content
    size = (length.bit_length() + 7) // 8
    return bytes([tag, 0x80 | size]) + length.to_bytes(size, "big") + content


def nested(depth: int) -> bytes:
    data = b""
    for _ in range(depth):
        data = value(0x30, data)
    return data


# X.690 8.19: bytes with the eighth bit set are followed by more of the same number
LONG_NUMBER = b"\x2a" + 100_000 * b"\xff" + b"\x01"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "cannot be read"),
        (b"\x30", "cannot be read"),
        (b"\x30\x84\xff\xff\xff\xff", "cannot be read"),
        (b"\x30\x03\x02\x01", "cannot be read"),
        (b"\x30\x00\x00", "cannot be read"),
        (bytes(300_000), "300000 bytes are too many"),
        (nested(40), "nested too deep"),
        (nested(9000), "nested too deep"),
        (12 * b"\x30\x80" + 24 * b"\0", "cannot be read"),
        (value(0x30, value(0x06, LONG_NUMBER)), "a number in it is too long"),
        (value(0x30, value(0x02, 2000 * b"\x7f")), "a number in it is too long"),
        (value(0x30, 21_000 * b"\x05\x00"), "too many values"),
    ],
    ids=range(12),
)
def test_what_cannot_be_read(data: bytes, reason: str) -> None:
    before = time.process_time()
    with pytest.raises(SignatureError, match=reason) as caught:
        load(core.Sequence, data, "the thing")
    assert str(caught.value).startswith("the thing ")
    assert time.process_time() - before < 1


def test_the_worst_that_is_read_does_not_take_long() -> None:
    """Values in a row cost the most, as what follows each of them is looked at."""
    before = time.process_time()
    load(core.Sequence, value(0x30, 19_000 * (b"\x04\x0b" + bytes(11))), "the thing")
    load(core.Sequence, 9 * b"\x30\x80" + 19_000 * (b"\x04\x0b" + bytes(11)) + 18 * b"\0", "the thing")
    assert time.process_time() - before < 3


@given(st.binary(max_size=200))
def test_garbage(data: bytes) -> None:
    for structure in (cms.ContentInfo, tsp.TimeStampReq, tsp.TSTInfo, x509.Certificate):
        try:
            loaded = load(structure, data, "the thing")
            with reading("the thing"):
                loaded.native  # noqa: B018  # parses all of it
        except SignatureError:
            pass
    for function in (lambda: whole_value(data, "the thing"), lambda: certificate_names(data)):
        with suppress(SignatureError):
            function()


def test_padding() -> None:
    number = b"\x02\x01\x05"
    assert whole_value(number, "the number") == number
    assert whole_value(number + b"\0", "the number") == number
    for behind in (b"\1", b"\0\0", number):
        with pytest.raises(SignatureError, match=f"the number cannot be read: {len(behind)} bytes are behind it"):
            whole_value(number + behind, "the number")


@pytest.mark.parametrize("name", HASHES.values())
def test_hashes(name: str) -> None:
    """Identifiers and sizes, against openssl."""
    imprint = tsp.TimeStampReq.load(openssl("ts", "-query", f"-{DIGESTS[name]}", data=b"x"))["message_imprint"]
    assert hash_name(imprint["hash_algorithm"]) == name
    assert len(imprint["hashed_message"].native) == HASH_SIZES[name]
    # openssl writes NULL as parameter, which both may be there and be absent (RFC 5754 2)
    assert hash_algorithm(name).dump() == imprint["hash_algorithm"].dump()


def test_hashes_that_are_not_known() -> None:
    query = tsp.TimeStampReq.load(openssl("ts", "-query", "-sha224", data=b"x"))
    assert hash_name(query["message_imprint"]["hash_algorithm"]) == "2.16.840.1.101.3.4.2.4"  # RFC 5754 2.1


@pytest.mark.parametrize("length", [1, 0x7F, 0x80, 0x180, 0x280, 0x1080])
def test_what_was_read_is_not_encoded_anew(length: int) -> None:
    """FALSE is the default of `critical`, so DER leaves it out; some certificates do not, and are signed like that."""
    extension = value(0x30, value(0x06, b"\x55\x1d\x0e") + value(0x01, b"\0") + value(0x04, b""))
    padding = length - len(extension) - 2 if length > len(extension) + 4 else 0
    data = value(
        0x30, extension + (value(0x30, value(0x06, b"\x55\x1d\x0e") + value(0x04, bytes(padding))) if padding else b"")
    )
    loaded = x509.Extensions.load(data)
    loaded[0]["critical"].native  # noqa: B018  # so that it is parsed
    assert encoded(loaded) == data


def test_names_of_a_certificate(pki: Pki) -> None:
    issuer, subject, others = certificate_names(pki.tsa.der)
    assert issuer == pki.root.certificate.subject.public_bytes()
    assert subject == pki.tsa.certificate.subject.public_bytes()
    assert others == []


def test_same_names() -> None:
    """RFC 5280 7.1: of whatever string type, in capitals or small letters, however many spaces."""

    def name(text: str, kind: str) -> bytes:
        return bytes(x509.Name.build({"common_name": text}).dump()) if kind == "utf8" else _printable(text)

    assert same_name(name("Tick Tock", "utf8"), name("Tick Tock", "utf8"))
    assert same_name(name("Tick Tock", "utf8"), name("TICK  tock", "printable"))
    assert not same_name(name("Tick Tock", "utf8"), name("Tick Tack", "printable"))
    assert not same_name(name("a" * 5000, "utf8"), name("A" * 5000, "utf8"))  # too long to be somebody's
    with pytest.raises(SignatureError, match="a distinguished name cannot be read"):
        same_name(name("Tick Tock", "utf8"), b"\x30\x01")


def _printable(text: str) -> bytes:
    pair = value(0x06, b"\x55\x04\x03") + value(0x13, text.encode())
    return value(0x30, value(0x31, value(0x30, pair)))


def test_text_of_strangers() -> None:
    assert plain_text("no such\npolicy\x1b[2J ") == "no such policy [2J"
    assert plain_text("ß" * 300) == "ß" * 200 + "..."
