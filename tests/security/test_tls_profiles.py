"""The profiles of PS3.15 Annex B: the versions of TLS and the cipher suites that they allow, and no others."""

from __future__ import annotations

import ssl

import pytest

from dicomkit.security.tls import client_context, supported_cipher_suites
from dicomkit.security.tls_profiles import CIPHER_SUITES, PROFILES
from tests.security.authority import Certificates
from tests.security.handshakes import client, plain_client, server, shake

VERSIONS = {
    "1.0": ssl.TLSVersion.TLSv1,
    "1.1": ssl.TLSVersion.TLSv1_1,
    "1.2": ssl.TLSVersion.TLSv1_2,
    "1.3": ssl.TLSVersion.TLSv1_3,
}

# PS3.15 B.3, B.9 to B.13 with RFC 7525 4.2 and RFC 9325 4.2, in the names of OpenSSL. TLS 1.3 where nothing forbids it.
RFC_7525 = {
    "ECDHE-RSA-AES128-GCM-SHA256",
    "DHE-RSA-AES128-GCM-SHA256",
    "ECDHE-RSA-AES256-GCM-SHA384",
    "DHE-RSA-AES256-GCM-SHA384",
}
RFC_9325 = {
    "ECDHE-RSA-AES128-GCM-SHA256",
    "ECDHE-ECDSA-AES128-GCM-SHA256",
    "ECDHE-RSA-AES256-GCM-SHA384",
    "ECDHE-ECDSA-AES256-GCM-SHA384",
}
EXPECTED = {
    "rfc8996": ({"1.2", "1.3"}, RFC_9325),
    "rfc8996-modified": (
        {"1.2", "1.3"},
        RFC_9325
        | {
            "ECDHE-RSA-CHACHA20-POLY1305",
            "ECDHE-ECDSA-CHACHA20-POLY1305",
            "ECDHE-ECDSA-AES128-CCM",
            "ECDHE-ECDSA-AES128-CCM8",
            "ECDHE-ECDSA-AES256-CCM",
            "ECDHE-ECDSA-AES256-CCM8",
        },
    ),
    "bcp195-nd": ({"1.2", "1.3"}, RFC_7525),
    "bcp195": ({"1.0", "1.1", "1.2", "1.3"}, RFC_7525 | {"AES128-SHA", "DES-CBC3-SHA"}),
    "bcp195-extended": ({"1.2"}, RFC_7525 | {"ECDHE-ECDSA-AES256-GCM-SHA384", "ECDHE-ECDSA-AES128-GCM-SHA256"}),
    "aes": ({"1.0", "1.1", "1.2"}, {"AES128-SHA", "DES-CBC3-SHA"}),
    "basic": ({"1.0", "1.1", "1.2"}, {"DES-CBC3-SHA"}),
    "null": ({"1.0", "1.1", "1.2"}, {"NULL-SHA"}),
}


def has_suites(profile: str) -> bool:
    """Whether this OpenSSL has one of a profile's suites; triple DES is no longer built."""
    return any(suite in supported_cipher_suites() for suite in PROFILES[profile].suites if "_WITH_" in suite)


def test_every_profile_is_expected() -> None:
    assert set(PROFILES) == set(EXPECTED)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("profile", EXPECTED)
def test_versions(certificates: Certificates, profile: str) -> None:
    """A server of the profile speaks its versions with a lenient client, and no other."""
    if not has_suites(profile):
        with pytest.raises(ValueError, match="has no cipher suite of the"):
            server(certificates, profile)
        return
    context = server(certificates, profile)
    spoken = {name for name, version in VERSIONS.items() if shake(plain_client(version), context).ok}
    assert spoken == EXPECTED[profile][0]


@pytest.mark.parametrize("profile", EXPECTED)
def test_cipher_suites(certificates: Certificates, profile: str) -> None:
    """A server of the profile takes its suites from a client that has one suite only, and no other."""
    if not has_suites(profile):
        pytest.skip("this OpenSSL has no suite of the profile")
    contexts = [server(certificates, profile), server(certificates, profile, pair=certificates.server)]
    some = {"ECDHE-RSA-AES128-SHA256", "DHE-RSA-AES256-SHA", "AES256-SHA", "AES128-GCM-SHA256", "CAMELLIA128-SHA"}
    tried = set().union(*[suites for _, suites in EXPECTED.values()]) | some
    taken = set()
    for suite in sorted(tried - {"DES-CBC3-SHA"}):
        outcomes = [shake(plain_client(ssl.TLSVersion.TLSv1_2, suite), context) for context in contexts]
        taken |= {outcome.suite for outcome in outcomes if outcome.ok}
    assert taken == EXPECTED[profile][1] - {"DES-CBC3-SHA"}


@pytest.mark.parametrize("profile", EXPECTED)
def test_both_sides_ours(certificates: Certificates, profile: str) -> None:
    if not has_suites(profile):
        pytest.skip("this OpenSSL has no suite of the profile")
    outcome = shake(
        client(certificates, profile, pair=certificates.client),
        server(certificates, profile, verify=True, ca=[certificates.ca.certificate]),
    )
    assert outcome.ok, (outcome.client, outcome.server)
    highest = max(EXPECTED[profile][0])
    assert outcome.version == f"TLSv{highest}"


def test_strongest_suite_first(certificates: Certificates) -> None:
    """BCP 195: the server chooses, whatever the client likes best."""
    weakest_first = "AES128-SHA:DHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-AES256-GCM-SHA384"
    outcome = shake(plain_client(ssl.TLSVersion.TLSv1_2, weakest_first), server(certificates, "bcp195"))
    assert outcome.suite == "ECDHE-RSA-AES256-GCM-SHA384"


def test_own_cipher_suite(certificates: Certificates) -> None:
    context = server(certificates, cipher_suites=["TLS_RSA_WITH_AES_256_GCM_SHA384"])
    assert shake(plain_client(ssl.TLSVersion.TLSv1_2, "AES256-GCM-SHA384"), context).ok
    assert not shake(plain_client(ssl.TLSVersion.TLSv1_2, "AES256-GCM-SHA384"), server(certificates)).ok


@pytest.mark.parametrize(
    ("profile", "suite", "sentence"),
    [
        ("rfc8996", "TLS_RSA_WITH_NULL_SHA", "does not allow the cipher suite"),
        ("rfc8996", "TLS_RSA_WITH_AES_128_CBC_SHA", "does not allow the cipher suite"),
        ("bcp195", "TLS_RSA_WITH_NULL_SHA", "does not allow the cipher suite"),
        ("bcp195-extended", "TLS_RSA_WITH_AES_256_GCM_SHA384", "allows no other cipher suites"),
        ("rfc8996-modified", "TLS_RSA_WITH_AES_256_GCM_SHA384", "allows no other cipher suites"),
        ("bcp195", "TLS_ROT13", "there is no cipher suite 'TLS_ROT13'"),
    ],
)
def test_forbidden_cipher_suite(profile: str, suite: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        client_context(profile, ca=[], cipher_suites=[suite])


def test_suite_that_this_openssl_lacks() -> None:
    missing = [suite for suite in CIPHER_SUITES if suite not in supported_cipher_suites() and "_WITH_" in suite]
    for suite in missing:
        with pytest.raises(ValueError, match="has no cipher suite TLS_"):
            client_context("bcp195", ca=[], cipher_suites=[suite])


def test_unknown_profile() -> None:
    with pytest.raises(ValueError, match="there is no TLS profile 'ssl3'; there are rfc8996, "):
        client_context("ssl3")


def test_the_strength_of_keys(certificates: Certificates) -> None:
    """RFC 9325 4.5: 2048 bits are the least."""
    with pytest.raises(ValueError, match=r"weak\.pem: too weak for this profile \(ee key too small\)"):
        server(certificates, pair=certificates.weak)
    weak = server(certificates, "bcp195", pair=certificates.weak)
    assert shake(client(certificates, "bcp195"), weak).ok
    assert "too" in str(shake(client(certificates), weak).client)
