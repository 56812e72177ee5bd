"""Who has signed a token: signatures by openssl, identifiers of certificates, and certificates of strangers."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest
from asn1crypto import cms, tsp, x509  # type: ignore[import-untyped]  # asn1crypto has no types
from cryptography.x509 import Certificate, DNSName, SubjectAlternativeName

from dicomkit.security.timestamps.signer import (
    find_signer,
    has_name,
    hash_problem,
    is_identified,
    is_refused,
    names_others,
    signature_problem,
)
from dicomkit.security.timestamps.token import TimestampToken
from tests.security.pki import Identity, Pki, tsa_extensions
from tests.security.stamping import DIGESTS, Authority, changed, info_of, query, signed_message

DATA = b"what is to be stamped"


@pytest.fixture(scope="module")
def token(tmp_path_factory: pytest.TempPathFactory, pki: Pki) -> bytes:
    return Authority(tmp_path_factory.mktemp("tsa"), pki.tsa).token(DATA)


def problem_of(data: bytes, signer: Identity) -> str:
    """Code of what is wrong with the signature of a token, or ""."""
    token = TimestampToken.decode(data)
    certificate, _ = find_signer(token)
    assert certificate == signer.certificate
    found = signature_problem(token, certificate)
    return "" if found is None else found.code


# What openssl makes; for the others there are no object identifiers, or it knows none.
SIGNATURES = [
    *[("rsa2048", digest) for digest in ("SHA256", "SHA384", "SHA512", "SHA1", "RIPEMD160")],
    *[(kind, digest) for kind in ("p256", "p384", "p521", "bp256") for digest in ("SHA256", "SHA384", "SHA512", "SHA1")],
    *[("dsa2048", digest) for digest in ("SHA256", "SHA1")],
]


@pytest.mark.parametrize(("kind", "digest"), SIGNATURES)
def test_signatures_by_openssl(tmp_path: Path, pki: Pki, token: bytes, kind: str, digest: str) -> None:
    key = {"rsa2048": pki.tsa.key, "dsa2048": pki.dsa.key}.get(kind, kind)
    signer = pki.issue(f"TSA {kind}", pki.root, key=key, extensions=tsa_extensions())
    data = signed_message(tmp_path, info_of(token), [signer], "-cades", "-md", DIGESTS[digest])
    assert problem_of(data, signer) == ""
    assert problem_of(changed_signature(data), signer) == "timestamp-changed"


def changed_signature(data: bytes) -> bytes:
    """The last byte of the value changes, which is the end of a token that has no unsigned attributes."""
    return data[:-1] + bytes([data[-1] ^ 1])


@pytest.mark.parametrize("digest", ["sha256", "sha384", "sha512", "sha1"])
@pytest.mark.parametrize("salt", ["0", "20", "digest"])
def test_pss(tmp_path: Path, pki: Pki, token: bytes, digest: str, salt: str) -> None:
    words = ("-cades", "-keyopt", "rsa_padding_mode:pss", "-keyopt", f"rsa_pss_saltlen:{salt}", "-md", digest)
    data = signed_message(tmp_path, info_of(token), [pki.tsa], *words)
    assert problem_of(data, pki.tsa) == ""
    assert problem_of(changed_signature(data), pki.tsa) == "timestamp-changed"


def test_a_signature_of_another_kind(tmp_path: Path, pki: Pki, token: bytes) -> None:
    masked = ("-cades", "-keyopt", "rsa_padding_mode:pss", "-keyopt", "rsa_mgf1_md:sha512")
    assert problem_of(signed_message(tmp_path, info_of(token), [pki.tsa], *masked), pki.tsa) == "timestamp-algorithm"

    def name(algorithm: str) -> bytes:
        def change(signed: Any) -> None:
            signed["signer_infos"][0]["signature_algorithm"] = {"algorithm": algorithm}

        return changed(token, pki.tsa, data=change)

    assert problem_of(name("rsassa_pkcs1v15"), pki.tsa) == ""
    assert problem_of(name("sha256_rsa"), pki.tsa) == ""
    assert problem_of(name("sha512_rsa"), pki.tsa) == "timestamp-hash"
    for other in ("sha256_ecdsa", "sha256_dsa", "ecdsa", "ed25519", "md2_rsa", "sha224_rsa", "1.2.3.4"):
        assert problem_of(name(other), pki.tsa) == "timestamp-algorithm"


def test_weak_hashes(tmp_path: Path, pki: Pki, token: bytes) -> None:
    assert problem_of(signed_message(tmp_path, info_of(token), [pki.tsa], "-md", "md5"), pki.tsa) == "timestamp-hash"
    assert problem_of(signed_message(tmp_path, info_of(token), [pki.tsa], "-md", "sha224"), pki.tsa) == "timestamp-hash"
    assert {name: is_refused(name) for name in DIGESTS} == {name: name == "MD5" for name in DIGESTS}
    assert is_refused("1.2.3.4")
    found = {name: problem and problem.code for name in [*DIGESTS, "1.2.3"] for problem in [hash_problem(name, "it")]}
    assert found == {
        "SHA256": None, "SHA384": None, "SHA512": None, "RIPEMD160": None, "SHA1": "timestamp-weak-hash",
        "MD5": "timestamp-hash", "1.2.3": "timestamp-hash",
    }  # fmt: skip
    assert str(hash_problem("MD5", "the time-stamp")) == "the time-stamp is by MD5, which can be forged"


def test_what_is_stated_has_changed(pki: Pki, token: bytes) -> None:
    message = cms.ContentInfo.load(token)
    other = info_of(token, lambda info: info.__setitem__("serial_number", 5))
    message["content"]["encap_content_info"]["content"] = cms.ParsableOctetString(other)
    assert problem_of(message.dump(), pki.tsa) == "timestamp-changed"


@pytest.mark.parametrize("alg", ["sha1", "sha256", "sha384", "sha512"])
def test_identifiers_by_openssl(tmp_path: Path, pki: Pki, alg: str) -> None:
    authority = Authority(tmp_path, pki.tsa, ess_cert_id_alg=alg)
    signature = TimestampToken.decode(authority.token(DATA)).signature
    assert signature.identifiers[0][0].hash == alg.upper()
    assert is_identified(pki.tsa.certificate, signature)
    assert not is_identified(pki.root.certificate, signature)


def test_a_chain_of_identifiers(tmp_path: Path, pki: Pki) -> None:
    signer = pki.issue("Department TSA", pki.intermediate, extensions=tsa_extensions())
    authority = Authority(
        tmp_path, signer, chain=[pki.intermediate, pki.root], ess_cert_id_chain="yes", ess_cert_id_alg="sha256"
    )
    signature = TimestampToken.decode(authority.token(DATA)).signature
    assert len(signature.identifiers[0]) == 3
    assert not names_others(signature, signer.chain)
    assert names_others(signature, [signer.certificate, pki.root.certificate])
    assert not names_others(TimestampToken.decode(Authority(tmp_path, pki.tsa).token(DATA)).signature, [])


def identifier(certificate: Certificate, **changes: object) -> list[Any]:
    """Signed attributes with an identifier of a certificate in version 2, and nothing else."""
    from cryptography.hazmat.primitives.serialization import Encoding

    data = certificate.public_bytes(Encoding.DER)
    fields = {"hash_algorithm": {"algorithm": "sha256"}, "cert_hash": hashlib.sha256(data).digest(), **changes}
    value = tsp.SigningCertificateV2({"certs": [fields]})
    return [cms.CMSAttribute({"type": "signing_certificate_v2", "values": [value]})]


def issuer_serial(issuer: Identity, serial: int) -> dict[str, object]:
    name = x509.Name.load(issuer.certificate.subject.public_bytes())
    return {"issuer": [x509.GeneralName("directory_name", name)], "serial_number": serial}


def test_identifiers(pki: Pki, token: bytes) -> None:
    def identified(*attributes: Any, instead: bool = True) -> bool:
        def change(kept: list[Any]) -> None:
            if instead:
                kept[:] = [one for one in kept if one["type"].native != "signing_certificate"]
            kept.extend(attributes)

        return is_identified(
            pki.tsa.certificate, TimestampToken.decode(changed(token, pki.tsa, attributes=change)).signature
        )

    own, other = pki.tsa.certificate, pki.root.certificate
    assert identified(instead=False)
    assert not identified()  # RFC 3161 2.4.2: it must be there
    assert identified(*identifier(own))
    assert identified(*identifier(own), instead=False)  # one in each version
    assert not identified(*identifier(other), instead=False)
    assert not identified(*identifier(own, cert_hash=b""))
    assert not identified(*identifier(own, hash_algorithm={"algorithm": "sha384"}))
    assert not identified(
        *identifier(own, hash_algorithm={"algorithm": "sha224"}, cert_hash=hashlib.sha224(pki.tsa.der).digest())
    )
    assert not identified(*identifier(own, hash_algorithm={"algorithm": "md5"}, cert_hash=hashlib.md5(pki.tsa.der).digest()))
    assert identified(*identifier(own, issuer_serial=issuer_serial(pki.root, pki.tsa.serial)))
    assert not identified(*identifier(own, issuer_serial=issuer_serial(pki.root, 5)))
    assert not identified(*identifier(own, issuer_serial=issuer_serial(pki.stranger, pki.tsa.serial)))


def test_the_certificate_need_not_be_in_the_token(tmp_path: Path, pki: Pki) -> None:
    data = Authority(tmp_path, pki.tsa).reply(query(DATA), "-token_out")
    read = TimestampToken.decode(data)
    assert find_signer(read) == (None, [])
    assert find_signer(read, [pki.root.certificate]) == (None, [])
    assert find_signer(read, [pki.root.certificate, pki.tsa.certificate]) == (pki.tsa.certificate, [])


def test_named_by_a_key_identifier(tmp_path: Path, pki: Pki, token: bytes) -> None:
    info = info_of(token)
    read = TimestampToken.decode(signed_message(tmp_path, info, [pki.tsa], "-cades", "-keyid"))
    assert find_signer(read) == (pki.tsa.certificate, [])
    read = TimestampToken.decode(signed_message(tmp_path, info, [pki.tsa], "-cades", "-keyid", "-nocerts"))
    # The other one has none, which is no reason to give up.
    other = pki.issue("No identifier", pki.root, key_identifiers=False)
    assert find_signer(read, [other.certificate, pki.tsa.certificate]) == (pki.tsa.certificate, [])


def test_the_same_name_and_number_twice(pki: Pki, token: bytes) -> None:
    """Anybody can make a certificate like that. In front of the right one, it does not make a good stamp a bad one."""
    subject = pki.tsa.certificate.subject
    false_root = pki.issue("False root", subject=pki.root.certificate.subject)
    false = pki.issue("False", false_root, subject=subject, extensions=tsa_extensions())
    false = pki.changed(false, lambda certificate: certificate.__setitem__("serial_number", pki.tsa.serial))
    assert (false.serial, false.certificate.issuer) == (pki.tsa.serial, pki.tsa.certificate.issuer)

    def change(signed: Any) -> None:
        signed["certificates"] = [x509.Certificate.load(false.der), x509.Certificate.load(pki.tsa.der)]

    data = changed(token, pki.tsa, data=change)
    certificate, others = find_signer(TimestampToken.decode(data))
    assert certificate == pki.tsa.certificate
    assert others == [false.certificate]

    def leave_only_the_false(signed: Any) -> None:
        signed["certificates"] = [x509.Certificate.load(false.der)]

    read = TimestampToken.decode(changed(token, pki.tsa, data=leave_only_the_false))
    assert find_signer(read) == (false.certificate, [])
    assert find_signer(read, [pki.tsa.certificate]) == (pki.tsa.certificate, [false.certificate])


def test_certificates_that_cannot_be_read(pki: Pki, token: bytes) -> None:
    certificate = x509.Certificate.load(pki.root.der)
    certificate["signature_algorithm"] = {"algorithm": "sha1_rsa"}
    damaged = x509.Certificate.load(certificate.dump(force=True)[:-300] + bytes(300))

    def change(signed: Any) -> None:
        signed["certificates"] = [damaged, *signed["certificates"]]

    assert find_signer(TimestampToken.decode(changed(token, pki.tsa, data=change)))[0] == pki.tsa.certificate


def test_names(pki: Pki) -> None:
    extensions = [*tsa_extensions(), (SubjectAlternativeName([DNSName("tsa.example")]), False)]
    signer = pki.issue("Named", pki.root, extensions=extensions).certificate
    subject = signer.subject.public_bytes()
    assert has_name(signer, "directory_name", subject)
    assert not has_name(signer, "directory_name", pki.root.certificate.subject.public_bytes())
    assert not has_name(signer, "directory_name", b"\x30")
    assert not has_name(signer, "dns_name", subject)
    assert has_name(signer, *_dns("tsa.example"))
    assert not has_name(signer, *_dns("tsa.example.org"))


def _dns(name: str) -> tuple[str, bytes]:
    from dicomkit.security.asn1 import general_name

    return general_name(x509.GeneralName("dns_name", x509.DNSName(name)))
