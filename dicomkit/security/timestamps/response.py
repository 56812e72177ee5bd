"""Answers of time-stamp authorities (RFC 3161 2.4.2)."""

from __future__ import annotations

from itertools import islice

from dicomkit.errors import SignatureError
from dicomkit.security.asn1 import TimeStampResp, TimeStampToken, encoded, load, plain_text, reading
from dicomkit.security.timestamps.token import TimestampToken

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Final

    from dicomkit.security.timestamps.request import TimestampRequest

__all__ = ["token_of_response"]

_WHAT: Final = "the time-stamp response"
_MOST_TEXTS: Final = 5

#: PKIStatus of a response with a token
_GRANTED: Final = (0, 1)

#: PKIStatus -> what it says (RFC 3161 2.4.2)
_STATUS: Final = {
    2: "rejected",
    3: "waiting",
    4: "a revocation is imminent",
    5: "a revocation has occurred",
}

#: asn1crypto's name of a bit of PKIFailureInfo -> what it says (RFC 3161 2.4.2)
_FAILURES: Final = {
    "bad_alg": "unrecognized or unsupported algorithm identifier",
    "bad_request": "transaction not permitted or supported",
    "bad_data_format": "the data submitted has the wrong format",
    "time_not_available": "the authority's time source is not available",
    "unaccepted_policy": "the requested policy is not supported",
    "unaccepted_extensions": "the requested extension is not supported",
    "add_info_not_available": "the additional information requested could not be understood or is not available",
    "system_failure": "the request cannot be handled due to system failure",
}


def token_of_response(response: bytes, request: TimestampRequest) -> bytes:
    """The time-stamp token in an answer, which must be an answer to that query.

    Whether the token is signed well, and by whom, is for `check_token` to say.

    Args:
        response: TimeStampResp in DER, as it comes from the authority or stands in a .tsr file.
        request: the query.

    Returns:
        The token as the authority made it: the value of Certified Timestamp (0400,0310).

    Raises:
        SignatureError: it is no answer, the authority refuses, with what it says of that, or it answers something else: the
            digest, the hash, the nonce or the policy differ, or the certificates that were asked for are missing.
    """
    answer = load(TimeStampResp, response, _WHAT)
    with reading(_WHAT):
        status = answer["status"]
        if int(status["status"]) not in _GRANTED:
            raise SignatureError(f"the time-stamp authority refuses: {_refusal(status)}")
        token = answer["time_stamp_token"]
        if not isinstance(token, TimeStampToken):
            raise SignatureError(f"{_WHAT} has no token")
        data = encoded(token)
    _compare(TimestampToken.decode(data), request)
    return data


def _refusal(status: Any) -> str:
    number = int(status["status"])
    said = [_STATUS.get(number, f"status {number}")]
    said += [plain_text(text.native) for text in islice(status["status_string"], _MOST_TEXTS)]
    said += sorted(_FAILURES.get(name, f"failure {name}") for name in status["fail_info"].native or ())
    return ", ".join(said)


def _compare(token: TimestampToken, request: TimestampRequest) -> None:
    if token.hash != request.hash:
        raise SignatureError(f"{_WHAT} is to another query: the hash is {token.hash}, not {request.hash}")
    if token.imprint != request.imprint:
        raise SignatureError(f"{_WHAT} is to another query: the digest differs")
    if request.nonce is not None and token.nonce != request.nonce:
        raise SignatureError(f"{_WHAT} is to another query: the nonce {'differs' if token.nonce else 'is missing'}")
    if request.policy is not None and token.policy != request.policy:
        raise SignatureError(f"{_WHAT} has the policy {token.policy}, not {request.policy}")
    if request.certificates and not token.certificates:
        raise SignatureError(f"{_WHAT} has no certificates, which were asked for")
