"""Responses of `openssl ts -reply`, and what is none."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from asn1crypto import cms, tsp  # type: ignore[import-untyped]  # asn1crypto has no types
from hypothesis import given
from hypothesis import strategies as st

from dicomkit.errors import SignatureError
from dicomkit.security.asn1 import TimeStampResp
from dicomkit.security.timestamps.request import TimestampRequest
from dicomkit.security.timestamps.response import token_of_response
from tests.security.pki import Pki
from tests.security.stamping import DIGESTS, OTHER_POLICY, POLICY, Authority, changed, openssl, scratch

DATA = b"what is to be stamped"


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory, pki: Pki) -> Authority:
    return Authority(tmp_path_factory.mktemp("tsa"), pki.tsa)


@pytest.mark.parametrize("name", DIGESTS)
@pytest.mark.parametrize("full", [True, False])
def test_the_token_is_that_of_openssl(authority: Authority, tmp_path: Path, name: str, full: bool) -> None:
    request = TimestampRequest.make(DATA, hash=name, nonce=full, certificates=full, policy=OTHER_POLICY if full else None)
    response = authority.reply(request.encode())
    token = token_of_response(response, request)
    assert token == openssl("ts", "-reply", "-in", scratch(tmp_path, response), "-token_out")


def test_another_query(authority: Authority) -> None:
    request = TimestampRequest.make(DATA, policy=POLICY)
    response = authority.reply(request.encode())
    token_of_response(response, request)
    assert request.nonce is not None
    for other, reason in (
        (replace(request, hash="SHA1"), "to another query: the hash is SHA256, not SHA1"),
        (replace(request, imprint=bytes(32)), "to another query: the digest differs"),
        (replace(request, nonce=request.nonce ^ 1), "to another query: the nonce differs"),
        (replace(request, policy=OTHER_POLICY), f"has the policy {POLICY}, not {OTHER_POLICY}"),
    ):
        with pytest.raises(SignatureError, match=re.escape(reason)):
            token_of_response(response, other)
    # More than was asked for does no harm.
    token_of_response(response, replace(request, nonce=None, policy=None))


def test_less_than_was_asked_for(authority: Authority) -> None:
    request = TimestampRequest.make(DATA, nonce=False, certificates=False)
    response = authority.reply(request.encode())
    with pytest.raises(SignatureError, match="to another query: the nonce is missing"):
        token_of_response(response, replace(request, nonce=1))
    with pytest.raises(SignatureError, match="has no certificates, which were asked for"):
        token_of_response(response, replace(request, certificates=True))


def test_refusals_by_openssl(tmp_path: Path, pki: Pki) -> None:
    authority = Authority(tmp_path, pki.tsa, digests="sha512")
    for request, said in (
        (
            TimestampRequest.make(DATA),
            "rejected, Message digest algorithm is not supported., unrecognized or unsupported algorithm identifier",
        ),
        (
            TimestampRequest.make(DATA, hash="SHA512", policy="1.2.3"),
            "rejected, Requested policy is not supported., the requested policy is not supported",
        ),
    ):
        with pytest.raises(SignatureError) as caught:
            token_of_response(authority.reply(request.encode()), request)
        assert str(caught.value) == f"the time-stamp authority refuses: {said}"
    with pytest.raises(SignatureError, match=r"refuses: rejected, Bad request format or system error., the data submitted"):
        token_of_response(authority.reply(b"garbage"), TimestampRequest.make(DATA))


@pytest.mark.parametrize(
    ("status", "said"),
    [
        ({"status": 2}, "rejected"),
        ({"status": 3}, "waiting"),
        ({"status": 4, "status_string": ["soon"]}, "a revocation is imminent, soon"),
        ({"status": 5}, "a revocation has occurred"),
        ({"status": 77}, "status 77"),
        ({"status": -1}, "status -1"),
        ({"status": 2, "status_string": ["no\nmore\x1b[31m", "x" * 1000]}, f"rejected, no more [31m, {'x' * 200}..."),
        (
            {"status": 2, "fail_info": {"system_failure", "time_not_available"}},
            "rejected, the authority's time source is not available, the request cannot be handled due to system failure",
        ),
        ({"status": 2, "fail_info": (0, 1)}, "rejected, failure 1"),
        ({"status": 2, "status_string": ["no"] * 1000}, "rejected, no, no, no, no, no"),
    ],
    ids=range(10),
)
def test_refusals(status: dict[str, Any], said: str) -> None:
    """RFC 3161 2.4.2: "waiting" and the rest are refusals too; a status text may be anything."""
    response = TimeStampResp({"status": tsp.PKIStatusInfo(status)}).dump()
    with pytest.raises(SignatureError) as caught:
        token_of_response(response, TimestampRequest.make(DATA))
    assert str(caught.value) == f"the time-stamp authority refuses: {said}"


def test_granted_with_changes(authority: Authority) -> None:
    """RFC 3161 2.4.2: grantedWithMods comes with a token."""
    request = TimestampRequest.make(DATA)
    response = TimeStampResp.load(authority.reply(request.encode()))
    response["status"] = {"status": "granted_with_mods", "status_string": ["another policy"]}
    token = token_of_response(response.dump(force=True), request)
    assert token == response["time_stamp_token"].dump()


def test_what_is_no_response(authority: Authority) -> None:
    request = TimestampRequest.make(DATA)
    response = authority.reply(request.encode())
    token = token_of_response(response, request)
    granted = TimeStampResp({"status": {"status": 0}}).dump()
    for data, reason in (
        (b"", "the time-stamp response cannot be read"),
        (b"<html>", "the time-stamp response cannot be read"),
        (token, "the time-stamp response cannot be read"),
        (request.encode(), "the time-stamp response cannot be read"),
        (response + b"\0", "the time-stamp response cannot be read"),
        (response[:-1], "the time-stamp response cannot be read"),
        (granted, "the time-stamp response has no token"),
        (_with_token(cms.ContentInfo({"content_type": "data", "content": b"x"})), "the time-stamp token is no signed data"),
    ):
        with pytest.raises(SignatureError, match=f"^{reason}"):
            token_of_response(data, request)


def test_a_token_of_another_version(authority: Authority, pki: Pki) -> None:
    request = TimestampRequest.make(DATA)
    token = token_of_response(authority.reply(request.encode()), request)
    other = changed(token, pki.tsa, info=_set("version", 2))
    with pytest.raises(SignatureError, match="the time-stamp token is of version 2, not 1"):
        token_of_response(_with_token(cms.ContentInfo.load(other)), request)


def _set(name: str, value: object) -> Callable[[Any], object]:
    return lambda structure: structure.__setitem__(name, value)


def _with_token(token: Any) -> bytes:
    data: bytes = TimeStampResp({"status": {"status": 0}, "time_stamp_token": token}).dump()
    return data


def test_damage(authority: Authority) -> None:
    """A damaged response gives an error, or a token for others to judge; nothing else happens."""
    request = TimestampRequest.make(DATA)
    response = authority.reply(request.encode())
    for position in range(len(response)):
        damaged = bytearray(response)
        damaged[position] ^= 1 << position % 8
        with suppress(SignatureError):
            token_of_response(bytes(damaged), request)


@given(st.binary(max_size=100))
def test_garbage(data: bytes) -> None:
    with pytest.raises(SignatureError):
        token_of_response(data, TimestampRequest("SHA256", bytes(32)))
