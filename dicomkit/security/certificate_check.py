"""Whether a certificate would be accepted, without a peer: OpenSSL is shown it in a handshake that goes no further.

`ssl` has no function for that. A client judges the certificate of a server as soon as it has come, before the server proves
that it has the key: so a ServerHello and a Certificate of TLS 1.2 (RFC 5246 7.4) are all that it needs to see.
"""

from __future__ import annotations

import ssl
import struct

from dicomkit.security.certificates import as_pem, certificate_label

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final

    from dicomkit.typing import StrPath

__all__ = ["is_root", "rejection"]

_TLS_1_2: Final = b"\3\3"
_HANDSHAKE: Final = 22  # record type
_SERVER_HELLO: Final = 2
_CERTIFICATE: Final = 11
_NO_RENEGOTIATION: Final = b"\xff\1\0\1\0"  # RFC 5746 3.6: OpenSSL talks to no server without it
_BEGIN: Final = "-----BEGIN CERTIFICATE-----"
_END: Final = "-----END CERTIFICATE-----"


def rejection(context: ssl.SSLContext, path: StrPath) -> str:
    """Why a client would not accept the certificate of a server; "" if it would.

    Args:
        context: of the client.
        path: file with the certificate, and behind it those between it and a root; PEM or DER.
    """
    try:
        chain = _chain(path)
    except (OSError, ValueError) as error:
        return str(error)
    suites = [cipher["id"] & 0xFFFF for cipher in context.get_ciphers() if "TLSv1.3" not in str(cipher["protocol"])]
    if not suites:
        return "the profile has no cipher suite of TLS 1.2"
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = context.wrap_bio(incoming, outgoing, server_hostname="localhost")
    incoming.write(_record(_SERVER_HELLO, _TLS_1_2 + bytes(32) + b"\0" + struct.pack(">HB", suites[0], 0) + _extensions()))
    incoming.write(_record(_CERTIFICATE, _vector(b"".join([_vector(certificate) for certificate in chain]))))
    try:
        client.do_handshake()
    except ssl.SSLWantReadError:
        return ""  # it waits for the proof
    except ssl.SSLCertVerificationError as error:
        return error.verify_message or str(error)
    except ssl.SSLError as error:
        # It has been judged by then; what is wrong is that it is not for the cipher suite that was chosen here.
        if error.reason == "WRONG_CERTIFICATE_TYPE":
            return ""
        return (error.reason or str(error)).lower().replace("_", " ")
    return ""


def is_root(path: StrPath) -> bool:
    """Whether a certificate is that of a CA, issued by itself, and valid now."""
    import time

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        context.load_verify_locations(cadata=_chain(path)[0])
    except (OSError, ValueError):
        return False
    # Only those of CAs are listed. As OpenSSL, this does not look at the signature: whoever is named as issuer has made it.
    for found in context.get_ca_certs():
        first, last = ssl.cert_time_to_seconds(str(found["notBefore"])), ssl.cert_time_to_seconds(str(found["notAfter"]))
        return found["subject"] == found["issuer"] and first <= time.time() <= last
    return False


def _chain(path: StrPath) -> list[bytes]:
    """The certificates in a file, in DER."""
    with open(path, "rb") as file:
        text = as_pem(file.read(), certificate_label)
    chain = [ssl.PEM_cert_to_DER_cert(f"{_BEGIN}{part.partition(_END)[0]}{_END}\n") for part in text.split(_BEGIN)[1:]]
    if not chain:
        raise ValueError("no certificate in the file")
    return chain


def _extensions() -> bytes:
    return struct.pack(">H", len(_NO_RENEGOTIATION)) + _NO_RENEGOTIATION


def _vector(data: bytes) -> bytes:
    return len(data).to_bytes(3, "big") + data


def _record(kind: int, message: bytes) -> bytes:
    """The records of a handshake message."""
    data = bytes([kind]) + _vector(message)
    pieces = [data[start : start + 16384] for start in range(0, len(data), 16384)]
    return b"".join([bytes([_HANDSHAKE]) + _TLS_1_2 + struct.pack(">H", len(piece)) + piece for piece in pieces])
