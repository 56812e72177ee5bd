"""The files of dcmsign for certified time-stamps (RFC 3161): queries, responses, and the UID of the signature in between."""

from __future__ import annotations

from dicomkit.cli.dcmsign_failure import (
    CANNOT_INSERT_TIMESTAMP,
    CANNOT_READ_QUERY_FILE,
    CANNOT_READ_RESPONSE_FILE,
    CANNOT_READ_UID_FILE,
    TIMESTAMP_INCONSISTENT,
    UID_NOT_FOUND,
    Failure,
)
from dicomkit.cli.dcmsign_remove import uid_of
from dicomkit.cli.dcmsign_text import ATTRIBUTES, printable
from dicomkit.dataset.dataset import Dataset
from dicomkit.errors import DicomError, SignatureError
from dicomkit.media.atomic import replace_file
from dicomkit.media.reader import read
from dicomkit.media.transfer import write_parts
from dicomkit.security.signatures.levels import insert_timestamp, levels, value_of
from dicomkit.security.timestamps.request import TimestampRequest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Final

    from dicomkit.cli.log import Log
    from dicomkit.cli.options import Options

__all__ = ["authority_text", "insert_response", "token_lines", "write_request"]

SIGNATURE: Final = 0x04000120
MOST_BYTES: Final = 1 << 20  # of a query or response; real ones have some thousand

#: Kind of a GeneralName (RFC 5280 4.2.1.6) -> what OpenSSL calls it.
NAME_KINDS: Final = {
    "directory_name": "DirName",
    "dns_name": "DNS",
    "uniform_resource_identifier": "URI",
    "rfc822_name": "email",
}


def write_request(item: Dataset, uid: str, options: Options, log: Log, failure: Callable[[str], Failure]) -> None:
    """Write the query for a time-stamp of a new signature, and the file with its UID.

    Args:
        item: the data set or item that was signed.
        uid: Digital Signature UID.
        options: of the command line.
        log: for warnings.
        failure: makes a failure of a reason.

    Raises:
        Failure: a file cannot be written, or the policy is no object identifier.
    """
    query_file, uid_file = options["timestamp"]
    policy = options.get("timestamp_policy")
    try:
        query = TimestampRequest.make(
            _signature(item, uid),
            hash=options.get("timestamp_mac", "SHA256"),
            nonce=options.get("nonce", True),
            certificates=options.get("certificates", True),
            policy=policy,
        ).encode()
    except SignatureError as error:
        if policy is None:
            raise failure(str(error)) from error
        log.warn(f"Cannot convert {policy} to OID.")
        raise failure("invalid object identifier (OID) string") from error
    try:
        replace_file(query_file, lambda fd: write_parts(fd, [query]))
    except OSError as error:
        log.warn(f"Unable to create time stamp query file '{query_file}'")
        raise failure("unable to write time stamp query file") from error
    try:
        Dataset(DigitalSignatureUID=uid).save(uid_file, transfer_syntax="ImplicitVRLittleEndian", meta="new")
    except (DicomError, OSError) as error:
        reason = (error.strerror or str(error)) if isinstance(error, OSError) else str(error)
        raise failure(reason) from error


def insert_response(dataset: Dataset, query_file: str, response_file: str, uid_file: str) -> None:
    """Put the time-stamp of a response into the signature that it is for.

    Raises:
        Failure: a file cannot be read, the signature is not there, or the response is for something else.
    """
    from dicomkit.security.asn1 import TimeStampResp, load, reading
    from dicomkit.security.timestamps.response import token_of_response

    try:
        request = TimestampRequest.decode(_read(query_file))
    except (SignatureError, OSError) as error:
        raise Failure(CANNOT_READ_QUERY_FILE, f"Unable to load timestamp query file '{query_file}'") from error
    try:
        response = _read(response_file)
        with reading("the time-stamp response"):
            int(load(TimeStampResp, response, "the time-stamp response")["status"]["status"])
    except (SignatureError, OSError) as error:
        raise Failure(CANNOT_READ_RESPONSE_FILE, f"Unable to load timestamp response file '{response_file}'") from error
    uid = _read_uid(uid_file)
    signature = next((one for level in levels(dataset) for one in level.signatures() if uid_of(one) == uid), None)
    if signature is None:
        raise Failure(UID_NOT_FOUND, f"signature with UID '{printable(uid)}' not found.")
    try:
        token = token_of_response(response, request)
        _check_imprint(signature, request)
    except SignatureError as error:
        raise Failure(TIMESTAMP_INCONSISTENT, f"timestamp response validation failed: {error}") from error
    try:
        insert_timestamp(dataset, uid, token)
    except DicomError as error:
        raise Failure(CANNOT_INSERT_TIMESTAMP, str(error)) from error


def _read(path: str) -> bytes:
    with open(path, "rb") as file:
        return file.read(MOST_BYTES + 1)  # one more is too long for what is read from it


def _read_uid(path: str) -> str:
    try:
        uid = uid_of(read(path))
    except (DicomError, OSError) as error:
        raise Failure(CANNOT_READ_UID_FILE, f"Cannot load UID file '{path}'") from error
    if not uid:
        raise Failure(CANNOT_READ_UID_FILE, f"No Digital Signature UID found in  UID file '{path}'")
    return uid


def _signature(item: Dataset, uid: str) -> bytes:
    """The value of a signature of an item."""
    for level in levels(item):
        for signature in level.signatures():
            if not level.path and uid_of(signature) == uid:
                return bytes(value_of(signature, SIGNATURE) or b"")
    return b""


def _check_imprint(signature: Dataset, request: TimestampRequest) -> None:
    from dicomkit.security.signatures.mac import digest

    value = value_of(signature, SIGNATURE)
    if not isinstance(value, bytes) or not value:
        raise SignatureError("signature in DICOM dataset not found or invalid")
    # DSA and ECDSA signatures may have a pad byte, which is not stamped.
    if request.imprint not in (digest([value], request.hash), digest([value.removesuffix(b"\0")], request.hash)):
        raise SignatureError("message digests do not match in DICOM dataset and timestamp response")


def token_lines(token: bytes) -> Iterator[str]:
    """What a time-stamp token states, in the words of DCMTK's dcmsign; nothing if it cannot be read."""
    from dicomkit.security.timestamps.token import TimestampToken

    try:
        stamp = TimestampToken.decode(token)
    except SignatureError:
        return
    yield "  Certified timestamp         : CMS_TSP version 1"
    yield f"      Policy OID              : {stamp.policy}"
    yield f"      Imprint MAC algorithm   : {stamp.hash.lower() if stamp.hash.isalnum() else stamp.hash}"
    yield f"      Serial number           : 0x{stamp.serial:X}"
    yield f"      Nonce                   : {'none' if stamp.nonce is None else f'0x{stamp.nonce:X}'}"
    yield f"      TSA Name                : {'none' if stamp.authority is None else authority_text(*stamp.authority)}"
    yield f"      Ordering                : {'true' if stamp.ordering else 'false'}"
    accuracy = "not specified"
    if stamp.accuracy is not None:
        digits = f"{stamp.accuracy.total_seconds():.6f}"
        accuracy = f"{digits.removesuffix('000')}s"
    yield f"      Accuracy                : {accuracy}"
    fraction = f".{stamp.time.microsecond:06}".rstrip("0") if stamp.time.microsecond else ""
    yield f"      Timestamp               : {stamp.time:%Y%m%d%H%M%S}{fraction}Z"
    if not stamp.critical:
        yield "      Extensions              : none"
        return
    yield "      Extensions              :"
    for identifier in stamp.critical:
        yield f"        - {identifier} (critical)"


def authority_text(kind: str, encoding: bytes) -> str:
    """The name of a time-stamp authority: a kind of GeneralName, and its encoding."""
    from asn1crypto import parser  # type: ignore[import-untyped]  # asn1crypto has no types

    from dicomkit.security.asn1 import reading

    label = NAME_KINDS.get(kind, kind)
    try:
        with reading("a name"):
            if kind == "directory_name":
                return f"{label}:{_directory_name(encoding)}"
            content: bytes = parser.parse(encoding, strict=True)[4]
            return f"{label}:{printable(content.decode('utf-8', 'replace'))}"
    except SignatureError:
        return f"{label}:<unreadable>"


def _directory_name(encoding: bytes) -> str:
    from asn1crypto import x509

    pairs = []
    for names in x509.Name.load(encoding, strict=True).chosen:
        for name in names:
            identifier = name["type"].dotted
            pairs.append(f"{ATTRIBUTES.get(identifier, identifier)} = {printable(str(name['value'].native))}")
    return ", ".join(pairs)
