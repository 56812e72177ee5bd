"""What went wrong in a TLS handshake, in words that help: `ssl` says `[SSL: WRONG_VERSION_NUMBER]`."""

from __future__ import annotations

from dicomkit.errors import ConnectError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final

__all__ = ["handshake_error"]

_NO_TLS: Final = "the peer does not speak TLS here"
_NOTHING_IN_COMMON: Final = "no version of TLS or no cipher suite in common with the peer"
_OURS_REFUSED: Final = "the peer does not accept our certificate"

#: `reason` of ssl.SSLError -> what it means. Alerts come from the peer (RFC 8446 6.2), the rest from our side.
_REASONS: Final = {
    "WRONG_VERSION_NUMBER": _NO_TLS,
    "UNKNOWN_PROTOCOL": _NO_TLS,
    "HTTP_REQUEST": f"{_NO_TLS}, but HTTP",
    "HTTPS_PROXY_REQUEST": f"{_NO_TLS}, but HTTP",
    "PACKET_LENGTH_TOO_LONG": _NO_TLS,
    "RECORD_LAYER_FAILURE": _NO_TLS,
    "BAD_RECORD_TYPE": _NO_TLS,
    "UNSUPPORTED_PROTOCOL": _NOTHING_IN_COMMON,
    "NO_PROTOCOLS_AVAILABLE": _NOTHING_IN_COMMON,
    "NO_SHARED_CIPHER": _NOTHING_IN_COMMON,
    "NO_CIPHERS_AVAILABLE": _NOTHING_IN_COMMON,
    "VERSION_TOO_LOW": _NOTHING_IN_COMMON,
    "TLSV1_ALERT_PROTOCOL_VERSION": _NOTHING_IN_COMMON,
    "TLSV1_ALERT_INSUFFICIENT_SECURITY": _NOTHING_IN_COMMON,
    "TLSV1_ALERT_INAPPROPRIATE_FALLBACK": _NOTHING_IN_COMMON,
    "SSLV3_ALERT_HANDSHAKE_FAILURE": f"{_NOTHING_IN_COMMON}, or it wants a certificate of ours",
    "PEER_DID_NOT_RETURN_A_CERTIFICATE": "the peer shows no certificate",
    "TLSV13_ALERT_CERTIFICATE_REQUIRED": "the peer wants a certificate of ours",
    "TLSV1_ALERT_UNKNOWN_CA": f"{_OURS_REFUSED}: it does not know its CA",
    "TLSV1_ALERT_DECRYPT_ERROR": f"{_OURS_REFUSED}: its signature is wrong",
    "SSLV3_ALERT_BAD_CERTIFICATE": _OURS_REFUSED,
    "SSLV3_ALERT_CERTIFICATE_UNKNOWN": _OURS_REFUSED,
    "SSLV3_ALERT_UNSUPPORTED_CERTIFICATE": f"{_OURS_REFUSED}: it is not of a kind that it supports",
    "SSLV3_ALERT_CERTIFICATE_REVOKED": f"{_OURS_REFUSED}: it has been revoked",
    "SSLV3_ALERT_CERTIFICATE_EXPIRED": f"{_OURS_REFUSED}: it has expired",
    "TLSV1_ALERT_ACCESS_DENIED": f"{_OURS_REFUSED}: access denied",
    "TLSV1_UNRECOGNIZED_NAME": "the peer is not the server that was asked for",
    "DH_KEY_TOO_SMALL": "the peer's parameters for Diffie-Hellman are too short",
}


def handshake_error(error: OSError, peer: str = "") -> ConnectError:
    """The error of an association whose TLS handshake failed.

    Args:
        error: what `ssl` raised.
        peer: address of the peer, or "".
    """
    import ssl

    if isinstance(error, ssl.SSLCertVerificationError):
        text = f"the peer's certificate is not accepted: {error.verify_message or error.reason}"
    elif isinstance(error, ConnectionAbortedError) and error.errno is None:  # as asyncio has it
        text = "the TLS handshake was not finished in time"
    elif isinstance(error, (ssl.SSLEOFError, ssl.SSLZeroReturnError, ConnectionError)):
        text = "the peer ended the connection in the TLS handshake: it does not speak TLS here, or does not accept us"
    elif isinstance(error, ssl.SSLError):
        reason = error.reason or ""
        text = _REASONS.get(reason, "")
        text = f"TLS handshake failed: {text or reason.lower().replace('_', ' ') or error}"
        if text and reason in _REASONS:
            text += f" ({reason.lower().replace('_', ' ')})"
    else:
        text = f"TLS handshake failed: {error}"
    return ConnectError(text, peer)
