"""What a certificate says, taken out of it once (RFC 5280 4): for the many questions that are asked while paths are built.

A certificate that comes with a signature may be garbage behind a sound beginning. Then `problem` says so, and that is all.
"""

from __future__ import annotations

from cryptography import x509
from cryptography.x509.oid import ExtensionOID

from dicomkit.errors import SignatureError
from dicomkit.security.guarded import guarded
from dicomkit.security.keys.certificate_names import issuer_text, subject_text
from dicomkit.security.problem import SignatureProblem

TYPE_CHECKING = False
if TYPE_CHECKING:
    import datetime as dt
    from typing import Final

    from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes

__all__ = ["CertificateFacts"]

# Those critical extensions that are looked at, here or by who uses this (RFC 5280 4.2). The policies of an issuer do not
# matter to who accepts all of them; `policy_required` is about issuers that do not leave that open.
_KNOWN: Final = frozenset(
    {
        ExtensionOID.KEY_USAGE.dotted_string,
        ExtensionOID.BASIC_CONSTRAINTS.dotted_string,
        ExtensionOID.EXTENDED_KEY_USAGE.dotted_string,
        ExtensionOID.SUBJECT_ALTERNATIVE_NAME.dotted_string,
        ExtensionOID.NAME_CONSTRAINTS.dotted_string,
        ExtensionOID.CRL_DISTRIBUTION_POINTS.dotted_string,
        ExtensionOID.CERTIFICATE_POLICIES.dotted_string,
        ExtensionOID.POLICY_MAPPINGS.dotted_string,
        ExtensionOID.POLICY_CONSTRAINTS.dotted_string,
        ExtensionOID.INHIBIT_ANY_POLICY.dotted_string,
        ExtensionOID.OCSP_NO_CHECK.dotted_string,
    }
)


class CertificateFacts:
    """What a certificate says.

    Attributes:
        certificate: the certificate.
        name: its subject, for people.
        issuer_name: its issuer, for people.
        problem: that it cannot be read; None: it can.
        subject, issuer: the names in DER.
        serial: serial number.
        algorithm: object identifier of the algorithm of its signature.
        first, last: validity, both inclusive.
        public_key: the key; None if cryptography does not know its algorithm.
        is_v1: it is of a version without extensions.
        ca: what Basic Constraints say; None: it has none.
        path_length: how many CAs may follow; None: any number.
        usage: Key Usage, or None.
        purposes: object identifiers of Extended Key Usage, or None.
        purposes_critical: whether that is critical.
        key_identifier: of its key, or None.
        issuer_key: Authority Key Identifier, or None.
        alternative_names: Subject Alternative Name, or None.
        name_constraints: Name Constraints, or None.
        distribution_points: CRL Distribution Points, or None.
        policy_required: its issuers want policies to be checked (Policy Constraints).
        unknown_critical: object identifiers of critical extensions that nothing here understands.
    """

    __slots__ = (
        "algorithm",
        "alternative_names",
        "ca",
        "certificate",
        "distribution_points",
        "first",
        "is_v1",
        "issuer",
        "issuer_key",
        "issuer_name",
        "key_identifier",
        "last",
        "name",
        "name_constraints",
        "path_length",
        "policy_required",
        "problem",
        "public_key",
        "purposes",
        "purposes_critical",
        "serial",
        "subject",
        "unknown_critical",
        "usage",
    )

    first: dt.datetime
    last: dt.datetime

    def __init__(self, certificate: x509.Certificate) -> None:
        self.certificate = certificate
        self.name = subject_text(certificate)
        self.issuer_name = issuer_text(certificate)
        self.problem: SignatureProblem | None = None
        self.subject = self.issuer = b""
        self.serial = 0
        self.algorithm = ""
        self.public_key: CertificatePublicKeyTypes | None = None
        self.is_v1 = False
        self.ca: bool | None = None
        self.path_length: int | None = None
        self.usage: x509.KeyUsage | None = None
        self.purposes: frozenset[str] | None = None
        self.purposes_critical = False
        self.key_identifier: bytes | None = None
        self.issuer_key: x509.AuthorityKeyIdentifier | None = None
        self.alternative_names: x509.SubjectAlternativeName | None = None
        self.name_constraints: x509.NameConstraints | None = None
        self.distribution_points: x509.CRLDistributionPoints | None = None
        self.policy_required = False
        self.unknown_critical: tuple[str, ...] = ()
        try:
            guarded(f"the certificate of {self.name} cannot be read", self._read)
        except SignatureError as error:
            self.problem = SignatureProblem("certificate-malformed", error.reason)

    def __repr__(self) -> str:
        return f"<CertificateFacts {self.name}>"

    @property
    def is_self_issued(self) -> bool:
        """Whether subject and issuer are the same."""
        return self.subject == self.issuer

    def _read(self) -> None:
        certificate = self.certificate
        self.subject = certificate.subject.public_bytes()
        self.issuer = certificate.issuer.public_bytes()
        self.serial = certificate.serial_number
        self.algorithm = certificate.signature_algorithm_oid.dotted_string
        self.first = certificate.not_valid_before_utc
        self.last = certificate.not_valid_after_utc
        self.is_v1 = certificate.version is x509.Version.v1
        self.public_key = certificate.public_key()
        unknown = []
        for extension in certificate.extensions:
            value = extension.value
            if isinstance(value, x509.BasicConstraints):
                self.ca, self.path_length = value.ca, value.path_length
            elif isinstance(value, x509.KeyUsage):
                self.usage = value
            elif isinstance(value, x509.ExtendedKeyUsage):
                self.purposes = frozenset(purpose.dotted_string for purpose in value)
                self.purposes_critical = extension.critical
            elif isinstance(value, x509.SubjectKeyIdentifier):
                self.key_identifier = value.digest
            elif isinstance(value, x509.AuthorityKeyIdentifier):
                self.issuer_key = value
            elif isinstance(value, x509.SubjectAlternativeName):
                self.alternative_names = value
            elif isinstance(value, x509.NameConstraints):
                self.name_constraints = value
            elif isinstance(value, x509.CRLDistributionPoints):
                self.distribution_points = value
            elif isinstance(value, x509.PolicyConstraints):
                self.policy_required = value.require_explicit_policy is not None
            if extension.critical and extension.oid.dotted_string not in _KNOWN:
                unknown.append(extension.oid.dotted_string)
        self.unknown_critical = tuple(unknown)
