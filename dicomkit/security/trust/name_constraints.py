"""Name constraints (RFC 5280 4.2.1.10): which names an authority may certify.

A constraint on a kind of name that is not understood excludes all names of that kind.
"""

from __future__ import annotations

import ipaddress

from cryptography import x509
from cryptography.x509.oid import NameOID

from dicomkit.errors import SignatureError
from dicomkit.security.guarded import guarded
from dicomkit.security.keys.certificate_names import comparable
from dicomkit.security.problem import SignatureProblem

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from typing import Final

    from dicomkit.security.trust.facts import CertificateFacts

__all__ = ["constraint_problems"]

_MOST_COMPARISONS: Final = 100_000


def constraint_problems(chain: Sequence[CertificateFacts]) -> Iterator[SignatureProblem]:
    """What is in a path although an authority above may not certify it.

    Args:
        chain: from the certificate that is used to the one that is trusted.
    """
    comparisons = 0
    for place, issuer in enumerate(chain):
        constraints = issuer.name_constraints
        if constraints is None:
            continue
        for position, facts in enumerate(chain[:place]):
            if position and facts.is_self_issued:  # RFC 5280 6.1.3 (b)
                continue
            try:
                names = guarded(f"the names of {facts.name} cannot be read", _names, facts)
                size = len(constraints.permitted_subtrees or ()) + len(constraints.excluded_subtrees or ())
                comparisons += len(names) * size
                if comparisons > _MOST_COMPARISONS:
                    raise SignatureError(f"{issuer.name} has too many constraints of names")
                allowed = guarded(f"the constraints of {issuer.name} cannot be read", _allowed, names, constraints)
            except SignatureError as error:
                yield SignatureProblem("name-constraints", error.reason)
                return
            if not allowed:
                yield SignatureProblem(
                    "name-constraints", f"{issuer.name} may not certify the names of {facts.name} (Name Constraints)"
                )
                return


def _names(facts: CertificateFacts) -> list[x509.GeneralName]:
    """All names that the subject of a certificate has."""
    found: list[x509.GeneralName] = []
    subject = facts.certificate.subject
    if subject.rdns:
        found.append(x509.DirectoryName(subject))
    found += [x509.RFC822Name(str(attribute.value)) for attribute in subject.get_attributes_for_oid(NameOID.EMAIL_ADDRESS)]
    found += facts.alternative_names or ()
    return found


def _allowed(names: Iterable[x509.GeneralName], constraints: x509.NameConstraints) -> bool:
    permitted = constraints.permitted_subtrees or ()
    excluded = constraints.excluded_subtrees or ()
    for name in names:
        same_kind = [base for base in permitted if type(base) is type(name)]
        if same_kind and not any(_is_within(name, base) is True for base in same_kind):
            return False
        if any(_is_within(name, base) is not False for base in excluded if type(base) is type(name)):
            return False
    return True


def _is_within(name: x509.GeneralName, base: x509.GeneralName) -> bool | None:
    """Whether a name is within a subtree; None: that cannot be said."""
    if isinstance(name, x509.DirectoryName) and isinstance(base, x509.DirectoryName):
        above = comparable(base.value)
        return comparable(name.value)[: len(above)] == above
    if isinstance(name, x509.DNSName) and isinstance(base, x509.DNSName):
        return _is_domain(name.value, base.value)
    if isinstance(name, x509.RFC822Name) and isinstance(base, x509.RFC822Name):
        return _is_mailbox(name.value, base.value)
    if isinstance(name, x509.UniformResourceIdentifier) and isinstance(base, x509.UniformResourceIdentifier):
        return _is_location(name.value, base.value)
    if isinstance(name, x509.IPAddress) and isinstance(base, x509.IPAddress):
        if isinstance(name.value, (ipaddress.IPv4Network, ipaddress.IPv6Network)):
            return None
        if not isinstance(base.value, (ipaddress.IPv4Network, ipaddress.IPv6Network)):
            return None
        return name.value in base.value
    return None


def _is_domain(name: str, base: str) -> bool:
    name, base = name.lower().rstrip("."), base.lower().rstrip(".")
    if base.startswith("."):  # not of RFC 5280, but found, for all but the domain itself
        return name.endswith(base)
    return not base or name == base or name.endswith(f".{base}")


def _is_mailbox(name: str, base: str) -> bool | None:
    local, at, host = name.rpartition("@")
    if not at:
        return None
    base_local, base_at, base_host = base.rpartition("@")
    if base_at:
        return local == base_local and host.lower() == base_host.lower()
    return _is_host(host, base)


def _is_location(name: str, base: str) -> bool | None:
    _, slashes, rest = name.partition("://")
    authority = rest.partition("/")[0].partition("?")[0].partition("#")[0].rpartition("@")[2]
    if not slashes or not authority or authority.startswith("["):
        return None  # it has no host that is a name, which RFC 5280 asks for
    host = authority.partition(":")[0]
    if not host or host.replace(".", "").isdecimal():
        return None
    return _is_host(host, base)


def _is_host(host: str, base: str) -> bool:
    """A base with a point in front stands for what is below it, without for the host itself."""
    host, base = host.lower(), base.lower()
    if base.startswith("."):
        return host.endswith(base)
    return not base or host == base
