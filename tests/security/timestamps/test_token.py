"""What stands in tokens, as openssl says it; and what is no token."""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from asn1crypto import cms, tsp  # type: ignore[import-untyped]  # asn1crypto has no types
from cryptography.hazmat.primitives import serialization

from dicomkit.errors import SignatureError
from dicomkit.security.timestamps.token import CertificateIdentifier, TimestampToken
from tests.security.pki import Pki, tsa_extensions
from tests.security.stamping import (
    DIGESTS,
    OTHER_POLICY,
    POLICY,
    Authority,
    changed,
    info_of,
    openssl,
    query,
    scratch,
    signed_message,
    text_of,
)

DATA = b"what is to be stamped"


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory, pki: Pki) -> Authority:
    return Authority(tmp_path_factory.mktemp("tsa"), pki.tsa)


@pytest.fixture(scope="module")
def token(authority: Authority) -> bytes:
    return authority.token(DATA)


def shown(folder: Path, token: bytes) -> dict[str, str]:
    """How openssl shows a token."""
    return dict(line.split(": ", 1) for line in text_of(folder, token, "-token_in").splitlines() if ": " in line)


@pytest.mark.parametrize("digits", [0, 3, 6])
def test_everything(tmp_path: Path, pki: Pki, digits: int) -> None:
    authority = Authority(
        tmp_path, pki.tsa, chain=[pki.root], accuracy="secs:1, millisecs:500, microsecs:100", ordering="yes", tsa_name="yes",
        clock_precision_digits=str(digits), ess_cert_id_alg="sha384",
    )  # fmt: skip
    data = authority.token(DATA, "sha512", "-tspolicy", OTHER_POLICY)
    token = TimestampToken.decode(data)
    found = shown(tmp_path, data)
    assert token.policy == found["Policy OID"] == OTHER_POLICY
    assert (token.hash, found["Hash Algorithm"]) == ("SHA512", "sha512")
    assert token.imprint == hashlib.sha512(DATA).digest()
    assert token.serial == int(found["Serial number"], 16) == 0x1002
    # "Nov 23 05:03:05.472656 2026 GMT"; zeros at the end are left out
    text = re.sub(r"(\d\d:\d\d:\d\d) ", r"\1.0 ", found["Time stamp"])
    assert token.time == dt.datetime.strptime(text, "%b %d %H:%M:%S.%f %Y GMT").replace(tzinfo=dt.UTC)
    assert found["Accuracy"] == "0x01 seconds, 0x01F4 millis, 0x64 micros"
    assert token.accuracy == dt.timedelta(seconds=1, milliseconds=500, microseconds=100)
    assert found["Ordering"] == "yes"
    assert token.ordering
    assert token.nonce == int(found["Nonce"], 16)
    assert found["TSA"] == "DirName:/CN=Time-stamp authority"
    assert token.authority == ("directory_name", pki.tsa.certificate.subject.public_bytes())
    assert token.certificates == (pki.tsa.der, pki.root.der)
    assert token.signature.identifiers == ((CertificateIdentifier("SHA384", hashlib.sha384(pki.tsa.der).digest()),),)
    assert token.critical == ()


def test_little(tmp_path: Path, authority: Authority, pki: Pki) -> None:
    data = authority.reply(query(DATA, "-no_nonce"), "-token_out")
    token = TimestampToken.decode(data)
    found = shown(tmp_path, data)
    assert (found["Accuracy"], token.accuracy) == ("unspecified", None)
    assert (found["Ordering"], token.ordering) == ("no", False)
    assert (found["Nonce"], token.nonce) == ("unspecified", None)
    assert (found["TSA"], token.authority) == ("unspecified", None)
    assert (found["Policy OID"], token.policy) == (POLICY, POLICY)
    assert token.certificates == ()
    # openssl's default: SHA-1 (RFC 2634 5.4) up to 3.1
    identifier = token.signature.identifiers[0][0]
    assert identifier.hash in ("SHA1", "SHA256")
    assert identifier.digest == hashlib.new(identifier.hash, pki.tsa.der).digest()
    assert identifier.issuer in (None, pki.root.certificate.subject.public_bytes())


@pytest.mark.parametrize("kind", ["rsa2048", "p256", "p384", "p521"])
@pytest.mark.parametrize("digest", ["SHA256", "SHA384", "SHA512", "SHA1"])
def test_signatures(tmp_path: Path, pki: Pki, kind: str, digest: str) -> None:
    key = pki.tsa.key if kind == "rsa2048" else kind
    signer = pki.issue(f"TSA {kind}", pki.root, key=key, extensions=tsa_extensions())
    signature = TimestampToken.decode(Authority(tmp_path, signer, signer_digest=DIGESTS[digest]).token(DATA)).signature
    assert signature.hash == digest
    assert signature.key_kind == ("RSA" if kind == "rsa2048" else "EC")
    assert signature.signature_hash in (None, digest)
    assert (signature.issuer, signature.serial) == (pki.root.certificate.subject.public_bytes(), signer.serial)
    # What it is of, openssl knows: the signed attributes.
    public = signer.certificate.public_key()
    path = scratch(
        tmp_path, public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    )
    value = scratch(tmp_path, signature.value)
    openssl("dgst", f"-{DIGESTS[digest]}", "-verify", path, "-signature", value, data=signature.attributes)


def test_a_pad_byte(token: bytes) -> None:
    """PS3.5 6.2: values of OB have an even length."""
    assert TimestampToken.decode(token + b"\0") == TimestampToken.decode(token)
    for behind in (b"\1", b"\0\0"):
        with pytest.raises(SignatureError, match="bytes are behind it"):
            TimestampToken.decode(token + behind)


def test_ber(tmp_path: Path, token: bytes, pki: Pki) -> None:
    """RFC 5652 allows BER, and some make it; openssl does with `-stream`."""
    data = signed_message(tmp_path, info_of(token), [pki.tsa], "-cades", "-stream")
    assert data[1] == 0x80  # a length that is not known in advance
    read = TimestampToken.decode(data)
    assert read.content == info_of(token)
    assert read.certificates == (pki.tsa.der,)


def test_a_key_identifier(tmp_path: Path, token: bytes, pki: Pki) -> None:
    signature = TimestampToken.decode(signed_message(tmp_path, info_of(token), [pki.tsa], "-cades", "-keyid")).signature
    assert (signature.issuer, signature.serial) == (None, None)
    assert signature.key_identifier == hashlib.sha1(_key_bits(pki)).digest()  # RFC 5280 4.2.1.2 (1)


def _key_bits(pki: Pki) -> bytes:
    return pki.tsa.key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.PKCS1)


@pytest.mark.parametrize("digest", ["sha256", "sha384", "sha512"])
def test_pss(tmp_path: Path, token: bytes, pki: Pki, digest: str) -> None:
    words = ("-cades", "-keyopt", "rsa_padding_mode:pss", "-keyopt", "rsa_pss_saltlen:20", "-md", digest)
    signature = TimestampToken.decode(signed_message(tmp_path, info_of(token), [pki.tsa], *words)).signature
    assert (signature.key_kind, signature.signature_hash, signature.salt_length) == ("RSA-PSS", digest.upper(), 20)


def test_pss_with_another_mask(tmp_path: Path, token: bytes, pki: Pki) -> None:
    words = ("-cades", "-keyopt", "rsa_padding_mode:pss", "-keyopt", "rsa_mgf1_md:sha512")
    signature = TimestampToken.decode(signed_message(tmp_path, info_of(token), [pki.tsa], *words)).signature
    assert signature.key_kind == "1.2.840.113549.1.1.10"


def setting(name: str, value: object) -> Callable[[Any], object]:
    return lambda structure: structure.__setitem__(name, value)


def naming_twice(attributes: list[Any]) -> None:
    attributes.append(next(one for one in attributes if one["type"].native == "message_digest"))


def without(name: str) -> Callable[[Any], object]:
    def change(attributes: list[Any]) -> None:
        attributes[:] = [one for one in attributes if one["type"].native != name]

    return change


def with_two_values(attributes: list[Any]) -> None:
    one = next(one for one in attributes if one["type"].native == "content_type")
    one["values"] = ["tst_info", "data"]


def with_no_values(attributes: list[Any]) -> None:
    next(one for one in attributes if one["type"].native == "message_digest")["values"] = []


def of_other_content(attributes: list[Any]) -> None:
    next(one for one in attributes if one["type"].native == "content_type")["values"] = ["data"]


def signed_twice(signed: Any) -> None:
    signed["signer_infos"].append(signed["signer_infos"][0].copy())


def with_many_certificates(signed: Any) -> None:
    for _ in range(100):
        signed["certificates"].append(signed["certificates"][0].copy())


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"info": setting("version", 2)}, "is of version 2, not 1"),
        ({"time": b"20260102030405"}, "has a time that is not in UTC"),
        ({"time": b"202601020304Z"}, "has a time that is not in UTC"),
        ({"time": b"20260102030405+0100"}, "has a time that is not in UTC"),
        ({"time": b"00000102030405Z"}, "has no reasonable time"),
        ({"time": b"20261302030405Z"}, "cannot be read"),
        ({"time": b"2026010203040\xffZ"}, "cannot be read"),
        ({"info": setting("accuracy", {"millis": 1000})}, "has no reasonable accuracy"),
        ({"info": setting("accuracy", {"micros": -1})}, "has no reasonable accuracy"),
        ({"info": setting("accuracy", {"seconds": 10**300})}, "cannot be read"),
        ({"attributes": naming_twice}, "has a signed attribute twice: 1.2.840.113549.1.9.4"),
        ({"attributes": with_two_values}, "has a signed attribute with 2 values: 1.2.840.113549.1.9.3"),
        ({"attributes": with_no_values}, "has a signed attribute with 0 values: 1.2.840.113549.1.9.4"),
        ({"attributes": without("message_digest")}, "is signed without an attribute that says of what"),
        ({"attributes": without("content_type")}, "is signed without an attribute that says of what"),
        ({"attributes": of_other_content}, "has a signature of something else"),
        ({"data": signed_twice}, "has 2 signatures, not one"),
        ({"data": setting("signer_infos", [])}, "has 0 signatures, not one"),
        ({"data": setting("version", 2)}, "is signed data of version 2"),
        ({"data": setting("digest_algorithms", [])}, "is signed with a hash that it does not announce"),
        ({"data": lambda signed: signed["signer_infos"][0].__setitem__("version", 3)}, "a signature of an unknown version"),
        (
            {"data": lambda signed: signed["signer_infos"][0].__setitem__("signed_attrs", None)},
            "is signed without an attrib",
        ),
        ({"data": with_many_certificates}, "has 101 certificates"),
    ],
    ids=range(23),
)
def test_what_is_no_token(token: bytes, pki: Pki, change: dict[str, Any], reason: str) -> None:
    TimestampToken.decode(changed(token, pki.tsa))
    with pytest.raises(SignatureError, match=f"^the time-stamp token .*{re.escape(reason)}"):
        TimestampToken.decode(changed(token, pki.tsa, **change))


def test_signed_data_that_is_no_token(tmp_path: Path, token: bytes, pki: Pki) -> None:
    info = info_of(token)
    for data, reason in (
        (signed_message(tmp_path, info, [pki.tsa], "-cades", kind="1.2.840.113549.1.7.1"), "of version 1"),
        (signed_message(tmp_path, info, [pki.tsa], "-cades", kind="1.2.3.4"), "something else than a time-stamp: 1.2.3.4"),
        (signed_message(tmp_path, info, [pki.tsa, pki.rsa], "-cades"), "has 2 signatures, not one"),
        (signed_message(tmp_path, info, [pki.tsa], "-noattr"), "is signed without an attribute that says of what"),
        (signed_message(tmp_path, b"no TSTInfo", [pki.tsa], "-cades"), "cannot be read"),
        (signed_message(tmp_path, info + b"\0", [pki.tsa], "-cades"), "cannot be read"),
        (cms.ContentInfo({"content_type": "data", "content": b"x"}).dump(), "is no signed data"),
        (b"", "cannot be read"),
        (info, "cannot be read"),
    ):
        with pytest.raises(SignatureError, match=f"^the time-stamp token .*{reason}"):
            TimestampToken.decode(data)


def test_a_token_without_content(token: bytes, pki: Pki) -> None:
    message = cms.ContentInfo.load(token)
    message["content"]["encap_content_info"]["content"] = None
    with pytest.raises(SignatureError, match="the time-stamp token is empty"):
        TimestampToken.decode(message.dump(force=True))


def test_extensions(token: bytes, pki: Pki) -> None:
    extensions = [{"extn_id": f"1.2.{last}", "critical": last > 3, "extn_value": b"x"} for last in (3, 4, 5)]
    assert TimestampToken.decode(changed(token, pki.tsa, info=setting("extensions", extensions))).critical == (
        "1.2.4",
        "1.2.5",
    )


def test_without_an_identifier(token: bytes, pki: Pki) -> None:
    """Whether one must be there is not a matter of form."""
    assert (
        TimestampToken.decode(changed(token, pki.tsa, attributes=without("signing_certificate"))).signature.identifiers == ()
    )
    empty = cms.CMSAttribute({"type": "signing_certificate", "values": [tsp.SigningCertificate({"certs": []})]})

    def change(attributes: list[Any]) -> None:
        without("signing_certificate")(attributes)
        attributes.append(empty)

    with pytest.raises(SignatureError, match="does not say which certificate it is signed with"):
        TimestampToken.decode(changed(token, pki.tsa, attributes=change))
