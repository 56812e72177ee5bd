"""Names that an authority may certify: the same verdict as `openssl verify`."""

from __future__ import annotations

import ipaddress
import time

import pytest
from cryptography import x509
from cryptography.x509.oid import NameOID

from tests.security.pki import Extension, Identity, Pki, ca_extensions, signer_extensions
from tests.security.verdicts import LONG, Question, assert_both


def name(**parts: str) -> x509.Name:
    kinds = {
        "country": NameOID.COUNTRY_NAME,
        "organization": NameOID.ORGANIZATION_NAME,
        "unit": NameOID.ORGANIZATIONAL_UNIT_NAME,
        "common": NameOID.COMMON_NAME,
        "email": NameOID.EMAIL_ADDRESS,
    }
    return x509.Name([x509.NameAttribute(kinds[kind], value) for kind, value in parts.items()])


def directory(**parts: str) -> x509.DirectoryName:
    return x509.DirectoryName(name(**parts))


def dns(value: str) -> x509.DNSName:
    return x509.DNSName(value)


def mail(value: str) -> x509.RFC822Name:
    return x509.RFC822Name(value)


def uri(value: str) -> x509.UniformResourceIdentifier:
    return x509.UniformResourceIdentifier(value)


def address(value: str) -> x509.IPAddress:
    return x509.IPAddress(ipaddress.ip_network(value) if "/" in value else ipaddress.ip_address(value))


def below(
    pki: Pki,
    constraints: x509.NameConstraints,
    names: list[x509.GeneralName] | None = None,
    subject: x509.Name | None = None,
    cas: int = 0,
) -> Question:
    """A signer with these names, below a CA with these constraints, with more CAs between."""
    ca = pki.issue("CA", pki.root, extensions=[*ca_extensions(), (constraints, True)], **LONG)
    links: list[Identity] = [ca]
    for number in range(cas):
        links.append(pki.issue(f"CA {number}", links[-1], extensions=ca_extensions(), **LONG))
    more: list[Extension] = [(x509.SubjectAlternativeName(names), False)] if names else []
    subject = subject or name(organization="Hospital", common="Doctor")
    signer = pki.issue("Doctor", links[-1], subject=subject, extensions=signer_extensions() + more)
    return Question(signer, [pki.root], links)


HOSPITAL = {"country": "DE", "organization": "Hospital"}


@pytest.mark.parametrize(
    ("subject", "base", "within"),
    [
        (name(**HOSPITAL, common="Doctor"), directory(**HOSPITAL), True),
        (name(**HOSPITAL, unit="Surgery", common="Doctor"), directory(**HOSPITAL, unit="Surgery"), True),
        (name(**HOSPITAL, common="Doctor"), directory(country="DE"), True),
        (
            name(country="DE", organization="HOSPITAL", common="Doctor"),
            directory(country="de", organization=" hospital "),
            True,
        ),
        (name(**HOSPITAL, common="Doctor"), directory(), True),
        (name(**HOSPITAL, common="Doctor"), directory(**HOSPITAL, unit="Surgery"), False),
        (name(country="FR", organization="Hospital", common="Doctor"), directory(**HOSPITAL), False),
        (name(organization="Hospital", common="Doctor"), directory(**HOSPITAL), False),
        (name(organization="Hospital", country="DE", common="Doctor"), directory(**HOSPITAL), False),
    ],
)
def test_directory(pki: Pki, subject: x509.Name, base: x509.DirectoryName, within: bool) -> None:
    assert_both(below(pki, x509.NameConstraints([base], None), subject=subject), "" if within else "name-constraints")
    assert_both(below(pki, x509.NameConstraints(None, [base]), subject=subject), "name-constraints" if within else "")


@pytest.mark.parametrize(
    ("found", "base", "within"),
    [
        (dns("pacs.example.org"), dns("example.org"), True),
        (dns("example.org"), dns("example.org"), True),
        (dns("PACS.Example.ORG"), dns("example.org"), True),
        (dns("badexample.org"), dns("example.org"), False),
        (dns("example.org.bad"), dns("example.org"), False),
        (dns("pacs.example.org"), dns(".example.org"), True),
        (dns("example.org"), dns(".example.org"), False),
        (mail("doctor@example.org"), mail("example.org"), True),
        (mail("doctor@EXAMPLE.org"), mail("example.org"), True),
        (mail("doctor@mail.example.org"), mail("example.org"), False),
        (mail("doctor@mail.example.org"), mail(".example.org"), True),
        (mail("doctor@example.org"), mail(".example.org"), False),
        (mail("doctor@example.org"), mail("doctor@example.org"), True),
        (mail("nurse@example.org"), mail("doctor@example.org"), False),
        (mail("Doctor@example.org"), mail("doctor@example.org"), False),
        (uri("https://example.org/a"), uri("example.org"), True),
        (uri("https://example.org:8080/a"), uri("example.org"), True),
        (uri("https://pacs.example.org/a"), uri(".example.org"), True),
        (uri("https://pacs.example.org/a"), uri("example.org"), False),
        (uri("https://example.org.bad/"), uri("example.org"), False),
        (address("10.1.2.3"), address("10.0.0.0/8"), True),
        (address("11.1.2.3"), address("10.0.0.0/8"), False),
        (address("fd00::1"), address("fd00::/8"), True),
        (address("fe00::1"), address("fd00::/8"), False),
        (address("10.1.2.3"), address("fd00::/8"), False),
        (directory(**HOSPITAL, common="Doctor"), directory(**HOSPITAL), True),
    ],
)
def test_alternative_names(pki: Pki, found: x509.GeneralName, base: x509.GeneralName, within: bool) -> None:
    subject = name(**HOSPITAL, common="Doctor")
    permitted = below(pki, x509.NameConstraints([base], None), [found], subject)
    assert_both(permitted, "" if within else "name-constraints")
    excluded = below(pki, x509.NameConstraints(None, [base]), [found], subject)
    assert_both(excluded, "name-constraints" if within else "")


def test_several(pki: Pki) -> None:
    """Each name has to be permitted by one base of its kind, and by none excluded."""
    constraints = x509.NameConstraints(
        [dns("example.org"), dns("example.net"), mail("example.org")], [dns("bad.example.org")]
    )
    assert_both(below(pki, constraints, [dns("a.example.org"), dns("a.example.net"), mail("a@example.org")]))
    assert_both(below(pki, constraints, [dns("a.example.org"), dns("a.example.com")]), "name-constraints")
    assert_both(below(pki, constraints, [dns("a.bad.example.org")]), "name-constraints")
    assert_both(below(pki, constraints, [uri("https://anywhere.example/")]))
    assert_both(below(pki, constraints, [mail("a@example.com")]), "name-constraints")


def test_address_in_subject(pki: Pki) -> None:
    """The old place of an e-mail address counts, too (RFC 5280 4.2.1.10)."""
    constraints = x509.NameConstraints([mail("example.org")], None)
    assert_both(below(pki, constraints, subject=name(common="Doctor", email="doctor@example.org")))
    assert_both(below(pki, constraints, subject=name(common="Doctor", email="doctor@example.com")), "name-constraints")


def test_levels(pki: Pki) -> None:
    """For all below, CAs as well."""
    constraints = x509.NameConstraints([directory(organization="Hospital")], None)
    assert_both(below(pki, constraints))
    assert_both(below(pki, constraints, cas=1), "name-constraints")  # the name of the CA between
    others = x509.NameConstraints([dns("example.org")], None)
    assert_both(below(pki, others, [dns("a.example.org")], cas=2))
    assert_both(below(pki, others, [dns("a.example.com")], cas=2), "name-constraints")


def test_root(pki: Pki) -> None:
    """Those of a root count as those of any other."""
    constraints: list[Extension] = [(x509.NameConstraints([directory(organization="Hospital")], None), True)]
    subject = name(organization="Hospital", common="Root")
    root = pki.issue("Root", subject=subject, extensions=ca_extensions() + constraints, **LONG)
    assert_both(Question(pki.issue("a", root, subject=name(organization="Hospital", common="a")), [root]))
    assert_both(Question(pki.issue("a", root, subject=name(organization="Other", common="a")), [root]), "name-constraints")


def test_kinds_that_are_not_known(pki: Pki) -> None:
    """They exclude all names of their kind, and no others."""
    other = x509.OtherName(x509.ObjectIdentifier("1.2.3"), b"\5\0")
    registered = x509.RegisteredID(x509.ObjectIdentifier("1.2.3"))
    for kind in (other, registered):
        for constraints in (x509.NameConstraints([kind], None), x509.NameConstraints(None, [kind])):
            assert_both(below(pki, constraints, [dns("example.org")]))
            assert_both(below(pki, constraints, [kind]), "name-constraints")


def test_locations_without_a_host(pki: Pki) -> None:
    """RFC 5280: refused where there is a constraint on the kind."""
    for found in ("urn:oid:1.2.3", "https://10.1.2.3/", "https://[fd00::1]/"):
        asked = below(pki, x509.NameConstraints([uri("example.org")], None), [uri(found)])
        assert [problem.code for problem in asked.ours().problems] == ["name-constraints"]
        asked = below(pki, x509.NameConstraints(None, [uri("example.org")]), [uri(found)])
        assert [problem.code for problem in asked.ours().problems] == ["name-constraints"]


def test_too_many(pki: Pki) -> None:
    bases: list[x509.GeneralName] = [dns(f"{number}.example.org") for number in range(1000)]
    names: list[x509.GeneralName] = [dns(f"{number}.example.net") for number in range(1000)]
    asked = below(pki, x509.NameConstraints(bases, None), names)
    start = time.process_time()
    result = asked.ours()
    assert time.process_time() - start < 0.5
    assert [str(problem) for problem in result.problems] == ["CN=CA has too many constraints of names"]
