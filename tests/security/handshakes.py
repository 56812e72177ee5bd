"""TLS handshakes between two contexts, and the contexts that the tests mostly need."""

from __future__ import annotations

import socket
import ssl
import threading
from contextlib import suppress
from typing import Any

from dicomkit.security.tls import TlsContext, client_context, server_context
from tests.security.authority import Certificates


class Outcome:
    """What came of a handshake, on both sides."""

    def __init__(self) -> None:
        self.client: str | ssl.SSLError | OSError = ""
        self.server: str | ssl.SSLError | OSError = ""
        self.version: str | None = None
        self.suite = ""
        self.resumed = False

    @property
    def ok(self) -> bool:
        return self.client == self.server == "ok"


def shake(client: ssl.SSLContext, server: ssl.SSLContext, *, host: str = "localhost") -> Outcome:
    """A handshake, and a byte each way: with TLS 1.3 a client learns of its refusal only when it reads."""
    near, far = socket.socketpair()
    near.settimeout(5)
    far.settimeout(5)
    outcome = Outcome()

    def serve() -> None:
        try:
            with server.wrap_socket(far, server_side=True) as connection:
                connection.sendall(connection.recv(1))
            outcome.server = "ok"
        except OSError as error:
            outcome.server = error
            far.close()

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        with client.wrap_socket(near, server_hostname=host) as connection:
            with suppress(OSError):  # the server has closed already: why, it said before
                connection.sendall(b"x")
            assert connection.recv(1) == b"x"
            outcome.version = connection.version()
            outcome.suite = (connection.cipher() or ("", "", 0))[0]
            outcome.resumed = bool(connection.session_reused)
        outcome.client = "ok"
    except OSError as error:
        outcome.client = error
        near.close()
    thread.join()
    return outcome


def plain_client(version: ssl.TLSVersion | None = None, suites: str = "ALL:eNULL") -> ssl.SSLContext:
    """A client of another make: as lenient as OpenSSL can be, with one version and the suites named."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_ciphers(f"{suites}:@SECLEVEL=0")
    if version is not None:
        context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
        context.maximum_version = version
        context.minimum_version = version
    return context


def server(certificates: Certificates, profile: str = "rfc8996", **options: Any) -> TlsContext:
    """Our server, which asks nobody for a certificate unless the test says so."""
    pair = options.pop("pair", certificates.rsa_server)
    options = {"verify": False, **options}
    return server_context(profile, certificate=pair[0], key=pair[1], **options)


def client(certificates: Certificates, profile: str = "rfc8996", **options: Any) -> TlsContext:
    """Our client, which trusts the hospital's authority unless the test says otherwise."""
    pair = options.pop("pair", (None, None))
    options = {"ca": [certificates.ca.certificate], **options}
    return client_context(profile, certificate=pair[0], key=pair[1], **options)
