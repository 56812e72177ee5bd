"""TLS for associations: contexts of `ssl` for the secure transport connection profiles of PS3.15 Annex B.

    context = client_context(ca=["hospital-ca.pem"], certificate="workstation.pem", key="workstation.key")
    with dicomkit.associate("pacs.example", 2762, called="PACS", tls=context) as association: ...

What the contexts add to those of `ssl`: the profile's versions and cipher suites, DER files, folders of certificates,
revocation lists, a fixed server name, and sessions that are taken up again when the same server is called a second time.
"""

from __future__ import annotations

import os
import ssl

from dicomkit.security.certificates import as_pem, certificate_files, certificate_label, key_label, pem_file
from dicomkit.security.tls_profiles import CIPHER_SUITES, DEFAULT_PROFILE, PROFILES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from socket import socket
    from typing import Any, Final, Literal, TypeAlias

    from dicomkit.security.tls_profiles import Profile
    from dicomkit.typing import StrPath

    Password: TypeAlias = str | bytes | Callable[[], str | bytes]
    CheckCRL: TypeAlias = Literal["leaf", "chain"]

__all__ = ["TlsContext", "client_context", "server_context", "supported_cipher_suites"]

#: The name of DICOM's upper layer in IANA's registry of TLS application layer protocols (RFC 7301).
_PROTOCOL: Final = "dicom"

_MOST_SESSIONS: Final = 256

#: Group ffdhe2048 of RFC 7919 A.1, for the suites with ephemeral Diffie-Hellman of a server that names no parameters.
_FFDHE2048: Final = """-----BEGIN DH PARAMETERS-----
MIIBDAKCAQEA//////////+t+FRYortKmq/cViAnPTzx2LnFg84tNpWp4TZBFGQz
+8yTnc4kmz75fS/jY2MMddj2gbICrsRhetPfHtXV/WVhJDP1H18GbtCFY2VVPe0a
87VXE15/V8k1mE8McODmi3fipona8+/och3xWKE2rec1MKzKT0g6eXq8CrGCsyT7
YdEIqUuyyOP7uWrat2DX9GgdT0Kj3jlN9K5W7edjcrsZCwenyO4KbXCeAvzhzffi
7MA0BM0oNC9hkXL+nOmFg/+OTxIy7vKBg8P+OxtMb61zO7X8vC7CIAXFjvGDfRaD
ssbzSibBsu/6iGtCOGEoXJf//////////wIBAgICAOE=
-----END DH PARAMETERS-----
"""


class TlsSocket(ssl.SSLSocket):
    """A connection whose session is kept when it closes."""

    def close(self) -> None:
        _keep_session(self)
        super().close()


class TlsObject(ssl.SSLObject):
    """A connection of asyncio, whose session is kept when it closes."""

    def unwrap(self) -> None:
        _keep_session(self)
        super().unwrap()


def _keep_session(connection: ssl.SSLSocket | ssl.SSLObject) -> None:
    context = connection.context
    if not connection.server_side and isinstance(context, TlsContext) and connection.version() is not None:
        session = connection.session
        if session is not None and session.has_ticket:
            context.sessions[connection.server_hostname] = session


class TlsContext(ssl.SSLContext):
    """A context with a profile of PS3.15.

    Attributes:
        profile: key of `PROFILES`.
        server_name: the server that a client asks for instead of the host it connects to, or None (RFC 6066 3).
        sessions: of a client, the last session with each server (RFC 8446 2.2, RFC 5077).
    """

    profile: str
    server_name: str | None
    sessions: dict[str | None, ssl.SSLSession]

    def wrap_socket(  # type: ignore[override]  # typeshed has the method generic in the class of its sockets, which is fixed here
        self,
        sock: socket,
        server_side: bool = False,
        do_handshake_on_connect: bool = True,
        suppress_ragged_eofs: bool = True,
        server_hostname: str | None = None,
        session: ssl.SSLSession | None = None,
    ) -> ssl.SSLSocket:
        name = self._server_name(server_side, server_hostname)
        session = session or self._session(server_side, name)
        return super().wrap_socket(sock, server_side, do_handshake_on_connect, suppress_ragged_eofs, name, session)

    def wrap_bio(  # type: ignore[override]  # as above, and its server_hostname is of str or bytes
        self,
        incoming: ssl.MemoryBIO,
        outgoing: ssl.MemoryBIO,
        server_side: bool = False,
        server_hostname: str | None = None,
        session: ssl.SSLSession | None = None,
    ) -> ssl.SSLObject:
        name = self._server_name(server_side, server_hostname)
        session = session or self._session(server_side, name)
        return super().wrap_bio(incoming, outgoing, server_side, name, session)

    def _server_name(self, server_side: bool, name: str | None) -> str | None:
        return name if server_side else self.server_name or name

    def _session(self, server_side: bool, name: str | None) -> ssl.SSLSession | None:
        if server_side:
            return None
        if len(self.sessions) > _MOST_SESSIONS:
            self.sessions.clear()
        return self.sessions.get(name)


def client_context(
    profile: str = DEFAULT_PROFILE,
    *,
    certificate: StrPath | None = None,
    key: StrPath | None = None,
    password: Password | None = None,
    ca: Iterable[StrPath] | None = None,
    crl: Iterable[StrPath] = (),
    check_crl: CheckCRL | None = None,
    verify: bool = True,
    check_hostname: bool = True,
    server_name: str | None = None,
    cipher_suites: Iterable[str] = (),
) -> TlsContext:
    """The context of an association requestor.

    Args:
        profile: key of `PROFILES`.
        certificate: file of our certificate, and behind it those of the CAs between it and a root; PEM or DER.
        key: file of its private key, if the certificate's file does not hold it; PEM or DER.
        password: of the private key, or a function that gives it, called if the key needs one.
        ca: files and folders of root certificates that we trust; None for those of the system.
        crl: files of certificate revocation lists. They imply `check_crl="leaf"`.
        check_crl: whether the peer's certificate ("leaf"), or all of its chain ("chain"), must stand in no revocation list
            of its issuer. There must be such a list then, in a file of `crl` or in a folder of `ca`.
        verify: whether the server must have a certificate that we trust.
        check_hostname: whether the certificate must be for the host that we connect to, or for `server_name`.
        server_name: server to ask for, where it is not the host that we connect to.
        cipher_suites: more cipher suites than the profile's, by their names in the RFCs.

    Raises:
        ValueError: there is no such profile or suite, or the profile does not allow it; a file holds no certificate or key;
            the key has another password or is of another certificate.
        OSError: a file cannot be read.

    PS3.15 B.9 to B.13.
    """
    context = _context(ssl.PROTOCOL_TLS_CLIENT, profile, cipher_suites)
    context.server_name = server_name
    context.check_hostname = verify and check_hostname
    context.verify_mode = ssl.CERT_REQUIRED if verify else ssl.CERT_NONE
    if ca is None and verify:
        context.load_default_certs(ssl.Purpose.SERVER_AUTH)
    _trust(context, ca or (), crl, check_crl)
    _identify(context, certificate, key, password)
    return context


def server_context(
    profile: str = DEFAULT_PROFILE,
    *,
    certificate: StrPath,
    key: StrPath | None = None,
    password: Password | None = None,
    ca: Iterable[StrPath] | None = None,
    crl: Iterable[StrPath] = (),
    check_crl: CheckCRL | None = None,
    verify: bool | Literal["if-present"] = True,
    server_name: str | None = None,
    cipher_suites: Iterable[str] = (),
    dh_parameters: StrPath | None = None,
) -> TlsContext:
    """The context of an association acceptor. Arguments are as for `client_context`, and:

    Args:
        ca: whose certificates clients may have. Needed unless `verify` is False: whoever has a certificate of one of the
            system's public CAs is no client of ours.
        verify: whether clients must have a certificate that we trust (True), must if they have one ("if-present"), or are
            not asked (False).
        server_name: our name. A client that asks for another server is refused; one that does not ask is not.
        dh_parameters: file of parameters for suites with ephemeral Diffie-Hellman; group ffdhe2048 of RFC 7919 without.

    Raises:
        ValueError, OSError: as for `client_context`.
    """
    context = _context(ssl.PROTOCOL_TLS_SERVER, profile, cipher_suites)
    context.server_name = None
    if verify and ca is None:
        raise ValueError("a server that verifies its clients needs to know by which CA (ca=)")
    if not isinstance(verify, bool) and verify != "if-present":
        raise ValueError(f"verify is True, False or 'if-present', not {verify!r}")
    context.verify_mode = {True: ssl.CERT_REQUIRED, False: ssl.CERT_NONE, "if-present": ssl.CERT_OPTIONAL}[verify]
    _trust(context, ca or (), crl, check_crl)
    _identify(context, certificate, key, password)
    if server_name is not None:
        context.sni_callback = _only(server_name)
    _set_dh_parameters(context, dh_parameters)
    return context


def supported_cipher_suites() -> list[str]:
    """The names in the RFCs of all suites of `CIPHER_SUITES` that this build of OpenSSL has."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_ciphers("ALL:COMPLEMENTOFALL:@SECLEVEL=0")
    found = {cipher["name"] for cipher in context.get_ciphers()}
    return [name for name, own in CIPHER_SUITES.items() if own in found]


def _context(protocol: int, name: str, more: Iterable[str]) -> TlsContext:
    """A context with the versions and cipher suites of a profile."""
    profile = PROFILES.get(name)
    if profile is None:
        raise ValueError(f"there is no TLS profile {name!r}; there are {', '.join(PROFILES)}")
    context = TlsContext(protocol)
    context.profile = name
    context.sessions = {}
    context.sslsocket_class = TlsSocket
    context.sslobject_class = TlsObject
    lowest, highest = profile.versions
    versions = {
        # Naming TLS 1.0 would warn; SSL 3 is switched off by an option of every context.
        "1.0": ssl.TLSVersion.MINIMUM_SUPPORTED,
        "1.2": ssl.TLSVersion.TLSv1_2,
        "1.3": ssl.TLSVersion.MAXIMUM_SUPPORTED,
    }
    context.minimum_version = versions[lowest]
    context.maximum_version = versions[highest]
    _set_suites(context, profile, more)
    context.options |= ssl.OP_NO_RENEGOTIATION | ssl.OP_CIPHER_SERVER_PREFERENCE
    # Many peers end a connection without TLS's goodbye. A truncated association is seen by the upper layer anyway.
    context.options |= getattr(ssl, "OP_IGNORE_UNEXPECTED_EOF", 0)
    context.set_alpn_protocols([_PROTOCOL])
    return context


def _set_suites(context: TlsContext, profile: Profile, more: Iterable[str]) -> None:
    wanted = set(profile.suites)
    for suite in more:
        if suite not in CIPHER_SUITES:
            raise ValueError(f"there is no cipher suite {suite!r}")
        if profile.forbidden is None:
            raise ValueError(f"the {profile.title} allows no other cipher suites, such as {suite}")
        if any(part in suite + "_" for part in profile.forbidden):
            raise ValueError(f"the {profile.title} does not allow the cipher suite {suite}")
        wanted.add(suite)
    # Those of TLS 1.3 are all on, and ssl has no switch for single ones before Python 3.15.
    names = [own for suite, own in CIPHER_SUITES.items() if suite in wanted and own != suite]
    try:
        context.set_ciphers(":".join([*names, f"@SECLEVEL={profile.level}"]))
    except ssl.SSLError:
        raise ValueError(f"this OpenSSL ({ssl.OPENSSL_VERSION}) has no cipher suite of the {profile.title}") from None
    there = {cipher["name"] for cipher in context.get_ciphers()}
    for suite in more:
        if CIPHER_SUITES[suite] not in there:
            raise ValueError(f"this OpenSSL ({ssl.OPENSSL_VERSION}) has no cipher suite {suite}")


def _trust(context: TlsContext, ca: Iterable[StrPath], crl: Iterable[StrPath], check_crl: CheckCRL | None) -> None:
    """Tell a context what certificates of peers are good."""
    for path in ca:
        if not os.path.isdir(path):
            _load(context, path)
            continue
        files = certificate_files(path)
        if files is None:
            context.load_verify_locations(capath=path)
        for file in files or ():
            _load(context, file, needed=False)
    for path in crl:
        _load(context, path)
        check_crl = check_crl or "leaf"
    if check_crl is not None:
        context.verify_flags |= {"leaf": ssl.VERIFY_CRL_CHECK_LEAF, "chain": ssl.VERIFY_CRL_CHECK_CHAIN}[check_crl]


def _load(context: TlsContext, path: StrPath, *, needed: bool = True) -> None:
    """Load the certificates and revocation lists of a file."""
    with open(path, "rb") as file:
        data = file.read()
    try:
        with pem_file(as_pem(data, certificate_label)) as pem:
            context.load_verify_locations(cafile=pem)
    except (ValueError, ssl.SSLError) as error:
        if needed:
            reason = error.reason if isinstance(error, ssl.SSLError) else str(error)
            raise ValueError(f"{os.fspath(path)}: no certificate or revocation list ({reason})") from None


def _identify(context: TlsContext, certificate: StrPath | None, key: StrPath | None, password: Password | None) -> None:
    """Give a context our certificate."""
    if certificate is None:
        if key is not None:
            raise ValueError("a private key needs its certificate")
        return
    with open(certificate, "rb") as file:
        chain = file.read()
    if key is not None:
        with open(key, "rb") as file:
            secret = file.read()
    name = os.fspath(certificate if key is None else key)

    def ask() -> str | bytes:
        # Without this, OpenSSL would ask at the terminal.
        raise ValueError(f"{name}: the private key needs a password")

    try:
        with pem_file(as_pem(chain, certificate_label)) as chain_file:
            if key is None:
                context.load_cert_chain(chain_file, None, password if password is not None else ask)
            else:
                with pem_file(as_pem(secret, key_label)) as key_file:
                    context.load_cert_chain(chain_file, key_file, password if password is not None else ask)
    except ssl.SSLError as error:
        raise ValueError(_why_not_loaded(error, os.fspath(certificate), name)) from None


def _why_not_loaded(error: ssl.SSLError, certificate: str, key: str) -> str:
    reason = error.reason or ""
    if reason == "KEY_VALUES_MISMATCH":
        return f"{key}: not the private key of the certificate in {certificate}"
    if reason in ("BAD_DECRYPT", "BAD_PASSWORD_READ"):
        return f"{key}: the password of the private key is another"
    if reason.endswith(("_TOO_SMALL", "_TOO_WEAK")):
        return f"{certificate}: too weak for this profile ({reason.lower().replace('_', ' ')})"
    return f"{certificate}: no certificate, or {key}: no private key or another password ({reason or error})"


def _only(server_name: str) -> Callable[[ssl.SSLSocket | ssl.SSLObject, str | None, ssl.SSLContext], int | None]:
    """A callback that refuses clients that ask for another server."""

    def check(connection: ssl.SSLSocket | ssl.SSLObject, name: str | None, context: ssl.SSLContext) -> int | None:
        if name is None or name.lower() == server_name.lower():
            return None
        return ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME

    return check


def _set_dh_parameters(context: Any, path: StrPath | None) -> None:  # typeshed has no str there, which is a path
    if path is not None:
        try:
            context.load_dh_params(path)
        except ssl.SSLError as error:
            raise ValueError(f"{os.fspath(path)}: no parameters for Diffie-Hellman, or too short ({error.reason})") from None
    elif any(cipher["name"].startswith("DHE-") for cipher in context.get_ciphers()):
        with pem_file(_FFDHE2048) as file:
            context.load_dh_params(file)
