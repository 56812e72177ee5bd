"""Queries: what we write openssl reads, and the reverse."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from asn1crypto import tsp  # type: ignore[import-untyped]  # asn1crypto has no types
from hypothesis import given
from hypothesis import strategies as st

from dicomkit.errors import SignatureError
from dicomkit.security.timestamps.request import TimestampRequest
from tests.security.stamping import DIGESTS, POLICY, openssl, query, scratch

DATA = b"what is to be stamped"


def shown(folder: Path, request: TimestampRequest) -> dict[str, str]:
    """How openssl shows a query."""
    text = openssl("ts", "-query", "-in", scratch(folder, request.encode()), "-text").decode()
    found = dict(line.split(": ", 1) for line in text.splitlines() if ": " in line)
    dump = [line.partition(" - ")[2][:47] for line in text.splitlines() if " - " in line]
    return {**found, "imprint": "".join(dump).replace("-", "").replace(" ", "")}


@pytest.mark.parametrize("name", DIGESTS)
@pytest.mark.parametrize("full", [True, False])
def test_openssl_reads_ours(tmp_path: Path, name: str, full: bool) -> None:
    request = TimestampRequest.make(DATA, hash=name, nonce=full, certificates=full, policy=POLICY if full else None)
    found = shown(tmp_path, request)
    assert found["Version"] == "1"
    assert found["Hash Algorithm"] == DIGESTS[name]
    assert found["imprint"] == hashlib.new(DIGESTS[name], DATA).hexdigest()
    assert found["Policy OID"] == (POLICY if full else "unspecified")
    assert found["Certificate required"] == ("yes" if full else "no")
    if full:
        assert request.nonce is not None
        assert int(found["Nonce"], 16) == request.nonce
    else:
        assert found["Nonce"] == "unspecified"


@pytest.mark.parametrize("name", DIGESTS)
@pytest.mark.parametrize("full", [True, False])
def test_ours_reads_that_of_openssl(name: str, full: bool) -> None:
    data = query(DATA, f"-{DIGESTS[name]}", *(("-cert", "-tspolicy", POLICY) if full else ("-no_nonce",)))
    request = TimestampRequest.decode(data)
    assert request.hash == name
    assert request.imprint == hashlib.new(DIGESTS[name], DATA).digest()
    assert request.certificates is full
    assert request.policy == (POLICY if full else None)
    assert (request.nonce is None) is not full
    assert request.encode() == data


def test_a_hash_of_others() -> None:
    request = TimestampRequest.decode(data := query(DATA, "-sha224"))
    assert request.hash == "2.16.840.1.101.3.4.2.4"
    assert request.imprint == hashlib.sha224(DATA).digest()
    assert request.encode() == data


@given(
    st.sampled_from(list(DIGESTS)),
    st.integers(-(2**200), 2**200) | st.none(),
    st.booleans(),
    st.sampled_from([None, "1.2", "2.999.1", "1.2.840.10008.1.2.3.4.5.6.7.8.9.10.11.12", "0.39." + "9" * 30]),
)
def test_there_and_back(name: str, nonce: int | None, certificates: bool, policy: str | None) -> None:
    request = TimestampRequest(name, hashlib.new(DIGESTS[name]).digest(), nonce, certificates, policy)
    assert TimestampRequest.decode(request.encode()) == request


def test_a_nonce_is_another_each_time() -> None:
    nonces = {TimestampRequest.make(DATA).nonce for _ in range(20)}
    assert len(nonces) == 20
    assert None not in nonces


@pytest.mark.parametrize(
    "policy", ["", "1", "1.40", "3.1", "1.2.x", "1..2", "-1.2", "1.-2", "1.2.", "1.²", "1.2." + "9" * 200]
)
def test_no_policy(policy: str) -> None:
    with pytest.raises(SignatureError, match="is no object identifier"):
        TimestampRequest.make(DATA, policy=policy)


def test_no_hash() -> None:
    with pytest.raises(SignatureError, match="'SHA224' is no hash for time-stamps: there are RIPEMD160, "):
        TimestampRequest.make(DATA, hash="SHA224")
    with pytest.raises(SignatureError, match="the time-stamp query cannot be made"):
        TimestampRequest("MD4", b"").encode()


def changed(**fields: object) -> bytes:
    loaded = tsp.TimeStampReq.load(query(DATA))
    for name, value in fields.items():
        loaded[name] = value
    data: bytes = loaded.dump(force=True)
    return data


def extensions(critical: bool) -> list[dict[str, object]]:
    return [{"extn_id": "1.2.3.4", "critical": critical, "extn_value": b"x"}]


def test_what_is_no_query() -> None:
    short = {"hash_algorithm": {"algorithm": "sha256"}, "hashed_message": b"short"}
    for data, reason in (
        (changed(version=2), "is of version 2, not 1"),
        (changed(message_imprint=short), "5 bytes are no digest by SHA256"),
        (changed(extensions=extensions(True)), "an extension that is critical and not known: 1.2.3.4"),
        (changed() + b"\0", "cannot be read"),
        (changed()[:-1], "cannot be read"),
        (b"", "cannot be read"),
    ):
        with pytest.raises(SignatureError, match=reason):
            TimestampRequest.decode(data)
    assert TimestampRequest.decode(changed(extensions=extensions(False))).hash == "SHA256"


def test_damage() -> None:
    """A query that is damaged is no query, or another one; nothing else happens."""
    data = query(DATA, "-cert", "-tspolicy", POLICY)
    before = TimestampRequest.decode(data)
    for position in range(len(data)):
        for bit in range(8):
            damaged = bytearray(data)
            damaged[position] ^= 1 << bit
            try:
                request = TimestampRequest.decode(bytes(damaged))
            except SignatureError:
                continue
            # The parameter of the hash says nothing, and in BER every byte but 0 is TRUE.
            parameter = data.index(b"\x05\x00")
            assert request != before or position in (parameter, parameter + 1, len(data) - 1)


@given(st.data())
def test_mutations(data: st.DataObject) -> None:
    whole = TimestampRequest("SHA256", bytes(32), 2**64 - 3, True, POLICY).encode()
    start = data.draw(st.integers(0, len(whole)))
    stop = data.draw(st.integers(start, min(len(whole), start + 8)))
    mutated = whole[:start] + data.draw(st.binary(max_size=12)) + whole[stop:]
    try:
        request = TimestampRequest.decode(mutated)
    except SignatureError:
        return
    assert TimestampRequest.decode(request.encode()) == request
