"""The TLS secure transport connection profiles of PS3.15 Annex B, and the cipher suites that they are made of.

Nothing here needs `ssl`: a list of profiles or suites costs no start of OpenSSL.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final

__all__ = ["CIPHER_SUITES", "DEFAULT_PROFILE", "PROFILES", "Profile"]

#: Name in the RFCs -> name in OpenSSL, the strongest first: by forward secrecy, length of the key, authenticated encryption.
#: A server takes the first one that its client has, as BCP 195 asks for. TLS 1.3 has its own suites, one name for both.
CIPHER_SUITES: Final = {
    # RFC 8446
    "TLS_AES_256_GCM_SHA384": "TLS_AES_256_GCM_SHA384",
    "TLS_CHACHA20_POLY1305_SHA256": "TLS_CHACHA20_POLY1305_SHA256",
    "TLS_AES_128_GCM_SHA256": "TLS_AES_128_GCM_SHA256",
    "TLS_AES_128_CCM_SHA256": "TLS_AES_128_CCM_SHA256",
    "TLS_AES_128_CCM_8_SHA256": "TLS_AES_128_CCM_8_SHA256",
    # 256 bits, ephemeral
    "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384": "ECDHE-ECDSA-AES256-GCM-SHA384",
    "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384": "ECDHE-RSA-AES256-GCM-SHA384",
    "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256": "ECDHE-ECDSA-CHACHA20-POLY1305",
    "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256": "ECDHE-RSA-CHACHA20-POLY1305",
    "TLS_ECDHE_ECDSA_WITH_AES_256_CCM": "ECDHE-ECDSA-AES256-CCM",
    "TLS_ECDHE_ECDSA_WITH_AES_256_CCM_8": "ECDHE-ECDSA-AES256-CCM8",
    "TLS_DHE_RSA_WITH_AES_256_GCM_SHA384": "DHE-RSA-AES256-GCM-SHA384",
    "TLS_DHE_DSS_WITH_AES_256_GCM_SHA384": "DHE-DSS-AES256-GCM-SHA384",
    "TLS_DHE_RSA_WITH_CHACHA20_POLY1305_SHA256": "DHE-RSA-CHACHA20-POLY1305",
    "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384": "ECDHE-ECDSA-AES256-SHA384",
    "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384": "ECDHE-RSA-AES256-SHA384",
    "TLS_DHE_RSA_WITH_AES_256_CBC_SHA256": "DHE-RSA-AES256-SHA256",
    "TLS_DHE_DSS_WITH_AES_256_CBC_SHA256": "DHE-DSS-AES256-SHA256",
    "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA": "ECDHE-ECDSA-AES256-SHA",
    "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA": "ECDHE-RSA-AES256-SHA",
    "TLS_DHE_RSA_WITH_AES_256_CBC_SHA": "DHE-RSA-AES256-SHA",
    "TLS_DHE_DSS_WITH_AES_256_CBC_SHA": "DHE-DSS-AES256-SHA",
    "TLS_DHE_RSA_WITH_CAMELLIA_256_CBC_SHA": "DHE-RSA-CAMELLIA256-SHA",
    "TLS_DHE_DSS_WITH_CAMELLIA_256_CBC_SHA": "DHE-DSS-CAMELLIA256-SHA",
    # 128 bits, ephemeral
    "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256": "ECDHE-ECDSA-AES128-GCM-SHA256",
    "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256": "ECDHE-RSA-AES128-GCM-SHA256",
    "TLS_ECDHE_ECDSA_WITH_AES_128_CCM": "ECDHE-ECDSA-AES128-CCM",
    "TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8": "ECDHE-ECDSA-AES128-CCM8",
    "TLS_DHE_RSA_WITH_AES_128_GCM_SHA256": "DHE-RSA-AES128-GCM-SHA256",
    "TLS_DHE_DSS_WITH_AES_128_GCM_SHA256": "DHE-DSS-AES128-GCM-SHA256",
    "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256": "ECDHE-ECDSA-AES128-SHA256",
    "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256": "ECDHE-RSA-AES128-SHA256",
    "TLS_DHE_RSA_WITH_AES_128_CBC_SHA256": "DHE-RSA-AES128-SHA256",
    "TLS_DHE_DSS_WITH_AES_128_CBC_SHA256": "DHE-DSS-AES128-SHA256",
    "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA": "ECDHE-ECDSA-AES128-SHA",
    "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA": "ECDHE-RSA-AES128-SHA",
    "TLS_DHE_RSA_WITH_AES_128_CBC_SHA": "DHE-RSA-AES128-SHA",
    "TLS_DHE_DSS_WITH_AES_128_CBC_SHA": "DHE-DSS-AES128-SHA",
    "TLS_DHE_RSA_WITH_CAMELLIA_128_CBC_SHA": "DHE-RSA-CAMELLIA128-SHA",
    "TLS_DHE_DSS_WITH_CAMELLIA_128_CBC_SHA": "DHE-DSS-CAMELLIA128-SHA",
    # no forward secrecy
    "TLS_RSA_WITH_AES_256_GCM_SHA384": "AES256-GCM-SHA384",
    "TLS_RSA_WITH_AES_256_CBC_SHA256": "AES256-SHA256",
    "TLS_RSA_WITH_AES_256_CBC_SHA": "AES256-SHA",
    "TLS_RSA_WITH_CAMELLIA_256_CBC_SHA": "CAMELLIA256-SHA",
    "TLS_RSA_WITH_AES_128_GCM_SHA256": "AES128-GCM-SHA256",
    "TLS_RSA_WITH_AES_128_CBC_SHA256": "AES128-SHA256",
    "TLS_RSA_WITH_AES_128_CBC_SHA": "AES128-SHA",
    "TLS_RSA_WITH_CAMELLIA_128_CBC_SHA": "CAMELLIA128-SHA",
    "TLS_RSA_WITH_3DES_EDE_CBC_SHA": "DES-CBC3-SHA",
    # no encryption
    "TLS_RSA_WITH_NULL_SHA": "NULL-SHA",
}

_TLS_1_3 = (
    "TLS_AES_256_GCM_SHA384",
    "TLS_CHACHA20_POLY1305_SHA256",
    "TLS_AES_128_GCM_SHA256",
    "TLS_AES_128_CCM_SHA256",
    "TLS_AES_128_CCM_8_SHA256",
)

#: RFC 7525 4.2
_RFC_7525 = (
    "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
    "TLS_DHE_RSA_WITH_AES_128_GCM_SHA256",
    "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
    "TLS_DHE_RSA_WITH_AES_256_GCM_SHA384",
)


class Profile:
    """A row of the table of profiles.

    Attributes:
        title: its name in the standard.
        section: where it stands in PS3.15; "" where it is from somewhere else.
        retired: whether the standard has dropped it.
        versions: the lowest and the highest version of TLS.
        suites: cipher suites, by their names in the RFCs.
        forbidden: what the name of an added suite, with "_" behind it, must not contain; None if none may be added.
        level: security level of OpenSSL: what it refuses in keys, signatures and parameters.
    """

    __slots__ = ("forbidden", "level", "retired", "section", "suites", "title", "versions")

    def __init__(
        self,
        title: str,
        section: str,
        versions: tuple[str, str],
        suites: tuple[str, ...],
        *,
        forbidden: tuple[str, ...] | None,
        level: int,
        retired: bool = False,
    ) -> None:
        self.title = title
        self.section = section
        self.versions = versions
        self.suites = suites
        self.forbidden = forbidden
        self.level = level
        self.retired = retired


DEFAULT_PROFILE: Final = "rfc8996"

#: Security level 0 where TLS 1.0 and 1.1 are allowed: their handshake is signed by MD5 and SHA-1, which all others refuse.
PROFILES: Final = {
    "rfc8996": Profile(
        "BCP 195 RFC 8996 TLS Secure Transport Connection Profile",
        "B.12",
        ("1.2", "1.3"),
        (
            *_TLS_1_3,
            "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
            "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
            "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
            "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
        ),
        # RFC 9325 4.1 and 4.4: no suite without encryption, none with SHA-1
        forbidden=("_NULL_", "_SHA_"),
        level=2,
    ),
    "rfc8996-modified": Profile(
        "Modified BCP 195 RFC 8996 TLS Secure Transport Connection Profile",
        "B.13",
        ("1.2", "1.3"),
        (
            *_TLS_1_3,
            "TLS_ECDHE_ECDSA_WITH_AES_128_CCM",
            "TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8",
            "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
            "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
            "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
            "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
            "TLS_ECDHE_ECDSA_WITH_AES_256_CCM",
            "TLS_ECDHE_ECDSA_WITH_AES_256_CCM_8",
            "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
            "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
        ),
        forbidden=None,
        level=2,
    ),
    "bcp195-nd": Profile(
        "Non-Downgrading BCP 195 TLS Secure Transport Connection Profile",
        "B.10",
        ("1.2", "1.3"),
        (*_TLS_1_3, *_RFC_7525),
        forbidden=("_NULL_",),
        level=1,
        retired=True,
    ),
    "bcp195": Profile(
        "BCP 195 TLS Secure Transport Connection Profile",
        "B.9",
        ("1.0", "1.3"),
        (*_TLS_1_3, *_RFC_7525, "TLS_RSA_WITH_AES_128_CBC_SHA", "TLS_RSA_WITH_3DES_EDE_CBC_SHA"),
        forbidden=("_NULL_",),
        level=0,
        retired=True,
    ),
    "bcp195-extended": Profile(
        "Extended BCP 195 TLS Profile Secure Transport Connection Profile",
        "B.11",
        ("1.2", "1.2"),
        (*_RFC_7525, "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"),
        forbidden=None,
        level=2,
        retired=True,
    ),
    "aes": Profile(
        "AES TLS Secure Transport Connection Profile",
        "B.3",
        ("1.0", "1.2"),
        ("TLS_RSA_WITH_AES_128_CBC_SHA", "TLS_RSA_WITH_3DES_EDE_CBC_SHA"),
        forbidden=("_NULL_",),
        level=0,
        retired=True,
    ),
    "basic": Profile(
        "Basic TLS Secure Transport Connection Profile",
        "B.1",
        ("1.0", "1.2"),
        ("TLS_RSA_WITH_3DES_EDE_CBC_SHA",),
        forbidden=("_NULL_",),
        level=0,
        retired=True,
    ),
    "null": Profile(
        "authenticated unencrypted communication",
        "",  # of IHE's Audit Trail and Node Authentication
        ("1.0", "1.2"),
        ("TLS_RSA_WITH_NULL_SHA",),
        forbidden=(),
        level=0,
        retired=True,
    ),
}
