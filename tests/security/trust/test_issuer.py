"""Who has issued a certificate, and by which algorithm: the same verdict as `openssl verify`."""

from __future__ import annotations

from typing import Any

from cryptography import x509

from tests.security.pki import Pki, ca_extensions, signer_extensions
from tests.security.verdicts import LONG, Question, assert_both, chain, question


def test_signature(pki: Pki) -> None:
    """Signed by somebody else of the same name, or damaged."""
    twin = pki.issue(pki.root.name, key_identifiers=False, **LONG)
    forged = pki.issue("Signer", twin, key_identifiers=False)
    assert_both(Question(forged, [pki.root]), "certificate-signature")
    for level in (0, 1):

        def damage(certificate: Any) -> None:
            value = bytearray(certificate["signature_value"].native)
            value[-5] ^= 1
            certificate["signature_value"] = bytes(value)

        links = chain(pki, None)
        links[level] = pki.changed(links[level], damage, sign=False)
        assert_both(question(links), "certificate-signature")


def test_algorithms_differ(pki: Pki) -> None:
    """RFC 5280 4.1.1.2: what is signed names the algorithm, too."""

    def other(certificate: Any) -> None:
        certificate["signature_algorithm"]["algorithm"] = "sha384_rsa"

    for digest in ("sha256", "sha1"):
        signer = pki.changed(pki.issue("Signer", pki.root, digest=digest), other, sign=False)
        assert_both(Question(signer, [pki.root]), "certificate-signature")

    def other_inside(certificate: Any) -> None:
        certificate["signature_algorithm"]["algorithm"] = "sha1_rsa"

    signer = pki.changed(pki.issue("Signer", pki.root), other_inside, sign=False)
    assert_both(Question(signer, [pki.root]), "certificate-signature")


def test_sha1(pki: Pki) -> None:
    """A note, as OpenSSL (security level 1 and below) and DCMTK trust them."""
    for issuer in (pki.root, pki.intermediate, pki.issue("DSA CA", pki.root, key="dsa2048", extensions=ca_extensions())):
        signer = pki.issue("Signer", issuer, digest="sha1")
        asked = Question(signer, [pki.root], [issuer])
        assert_both(asked)
        assert [problem.code for problem in asked.ours().problems] == ["certificate-sha1"]
    root = pki.issue("Old root", key="rsa2048", digest="sha1", **LONG)
    result = Question(pki.issue("Signer", root), [root]).ours()
    assert result.trusted  # nobody looks at the signature of a root
    assert not result.problems

    def damage(certificate: Any) -> None:
        certificate["signature_value"] = bytes(256)

    signer = pki.changed(pki.issue("Signer", pki.root, digest="sha1"), damage, sign=False)
    assert_both(Question(signer, [pki.root]), "certificate-signature")


def test_md5(pki: Pki) -> None:
    """Stricter than OpenSSL: certificates have been forged (RFC 6151). A root's own signature does not matter."""
    asked = Question(pki.issue("Signer", pki.root, digest="md5"), [pki.root])
    assert_both(asked, "certificate-signature-forgeable", only_ours=True)
    root = pki.issue("Old root", key="rsa2048", digest="md5", **LONG)
    assert_both(Question(pki.issue("Signer", root), [root]))


def test_key_identifiers(pki: Pki) -> None:
    bare = pki.issue("Root", key_identifiers=False, **LONG)
    assert_both(Question(pki.issue("Signer", bare), [bare]))
    assert_both(Question(pki.issue("Signer", pki.root, key_identifiers=False), [pki.root]))
    root, stranger = ([x509.DirectoryName(one.certificate.issuer)] for one in (pki.root, pki.stranger))
    for identifier, code in (
        (x509.AuthorityKeyIdentifier(bytes(20), None, None), "issuer-unknown"),
        (x509.AuthorityKeyIdentifier(None, root, pki.root.serial), ""),
        (x509.AuthorityKeyIdentifier(None, root, pki.root.serial + 1), "issuer-unknown"),
        (x509.AuthorityKeyIdentifier(None, stranger, pki.root.serial), "issuer-unknown"),
    ):
        extensions = [*signer_extensions(), (identifier, False)]
        signer = pki.issue("Signer", pki.root, extensions=extensions, key_identifiers=False)
        assert_both(Question(signer, [pki.root]), code)


def test_names_are_compared_exactly(pki: Pki) -> None:
    """RFC 5280 4.1.2.6: an issuer encodes its name as its own certificate does. OpenSSL finds it without."""

    def shout(tbs: Any) -> None:
        tbs["issuer"] = type(tbs["issuer"]).build({"common_name": "ROOT  CA"})

    signer = pki.changed(pki.issue("Signer", pki.root), shout)
    assert_both(Question(signer, [pki.root]), "issuer-unknown", only_ours=True)
