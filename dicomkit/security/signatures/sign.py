"""Digital signatures are made here (PS3.15 annex C, PS3.3 C.12.1.1.3)."""

from __future__ import annotations

from dicomkit.dataset.dataset import Dataset
from dicomkit.dataset.temporal import DateTime
from dicomkit.errors import SignatureError
from dicomkit.security.signatures import mac as macs
from dicomkit.security.signatures.levels import add_signature, free_mac_id
from dicomkit.standard.transfer_syntax import TransferSyntax
from dicomkit.standard.uid import UID

TYPE_CHECKING = False
if TYPE_CHECKING:
    import datetime
    from collections.abc import Callable, Iterable, Iterator
    from typing import Any, Final

    from dicomkit.media.transfer import Part
    from dicomkit.standard.tag import Tag

__all__ = ["mac_transfer_syntax", "sign"]

EXPLICIT_LITTLE: Final = "1.2.840.10008.1.2.1"
MOST_TAGS: Final = 0xFFFE // 4  # in the value of an AT element, whose length has 16 bits


def sign(
    item: Dataset,
    key: Any,
    certificate: Any,
    *,
    profile: str | None = None,
    tags: Iterable[Tag | int | str] | None = None,
    mac: str = "SHA256",
    transfer_syntax: str | None = None,
    purpose: int | None = None,
    uid: str | None = None,
    time: datetime.datetime | None = None,
    timestamp: Callable[[bytes], bytes] | None = None,
    timestamp_hash: str = "SHA256",
    weak: bool = False,
    password: str | bytes | Callable[[], str | bytes] | None = None,
    dump: Callable[[Iterable[Part]], None] | None = None,
) -> str:
    """Sign a data set, or an item of a sequence in it: it gets one more digital signature.

    Values that are not in memory are hashed from where they are, in steps. What other signatures cover stays as it is.

    Args:
        item: the data set, or the item.
        key: the private key: of `cryptography`, a file (PEM, DER, PKCS#12), or what such a file holds.
        certificate: the certificate of that key, given likewise; of several the one that fits the key.
        profile: "base_rsa", "creator_rsa", "authorization_rsa", "sr_rsa" or "sr_rsa_verification" (PS3.15 C.1 to C.4): what
            it asks for is checked, and what must be signed is added to `tags`. None: no profile.
        tags: the elements to be signed: tags or keywords. None: all that can be, but in implicit VR no private ones.
        mac: "SHA256", "SHA384", "SHA512", "RIPEMD160", or with `weak` "SHA1" and "MD5".
        transfer_syntax: UID or keyword of the MAC Calculation Transfer Syntax; None takes that of the data set if it has
            explicit VRs and is not big endian or deflated, else Explicit VR Little Endian.
        purpose: 1 to 18, a purpose of PS3.16 CID 7007. None: none, or that of the profile.
        uid: Digital Signature UID; None makes one.
        time: Digital Signature DateTime, aware; None: now.
        timestamp: asked for a certified time-stamp of the signature: takes a query of RFC 3161 and gives the response.
            `dicomkit.security.timestamps.authority.TimestampAuthority` asks one over HTTP.
        timestamp_hash: the hash of the signature in that query.
        weak: allow MAC algorithms that are not to be used any more.
        password: of the key.
        dump: given the bytes that the MAC is calculated from, as parts.

    Returns:
        The Digital Signature UID.

    Raises:
        SignatureError: the key cannot be used or is not that of the certificate, an element cannot be signed, or the profile
            is not met. The data set is as it was then.
    """
    from dicomkit.security.keys.signing_key import key_text, load_certificates, load_private_key, matches, sign_digest
    from dicomkit.security.signatures.profiles import PROFILES
    from dicomkit.security.signatures.purpose import purpose_item

    _check_mac(mac, weak=weak)
    if uid is not None and not UID(uid).is_valid:
        raise ValueError(f"{uid[:80]!r} is no UID (PS3.5 9.1)")
    rules = None if profile is None else PROFILES.get(profile)
    if profile is not None and rules is None:
        raise ValueError(f"{profile!r} is no profile: there are {', '.join(PROFILES)}")
    private_key = load_private_key(key, password)
    certificates = load_certificates(certificate, password)
    signer = next((one for one in certificates if matches(private_key, one)), None)
    if signer is None:
        raise SignatureError("the private key is not that of the certificate")
    syntax = mac_transfer_syntax(item, transfer_syntax)
    wanted = None if tags is None else _tags(item, tags)
    signed: tuple[int, ...]
    if rules is None:
        signed = _signable(item) if wanted is None else _present(item, wanted)
    else:
        rules.inspect(item)
        signed = rules.completed(item, wanted)
        purpose = rules.purpose if rules.purpose is not None else purpose
        kind = key_text(signer.public_key()).partition(" ")[0]
        problems = rules.problems(item, signed, mac, kind, syntax.uid, purpose)
        if problems:
            raise SignatureError(f"the profile {profile} is not met: {'; '.join(map(str, problems))}")
    if not signed:
        raise SignatureError("there is no element that can be signed")
    if len(signed) > MOST_TAGS:
        raise SignatureError(f"at most {MOST_TAGS} elements of a level can be signed, not {len(signed)}: name fewer")
    number = free_mac_id(item)
    made = Dataset(
        MACIDNumber=number,
        DigitalSignatureUID=uid or UID.generate(),
        DigitalSignatureDateTime=DateTime.from_datetime(_moment(time)),
        CertificateType="X509_1993_SIG",
    )
    if purpose is not None:
        made.DigitalSignaturePurposeCodeSequence = [purpose_item(purpose)]
    parts = [*macs.mac_parts(item, signed, syntax.uid), *macs.signature_item_parts(made, syntax.uid)]
    if dump is not None:
        dump(parts)
    signature = sign_digest(private_key, mac, macs.digest(parts, mac))
    made.CertificateOfSigner = _der(signer)
    made.Signature = signature
    if timestamp is not None:
        made.CertifiedTimestampType = "CMS_TSP"
        made.CertifiedTimestamp = _stamped(signature, timestamp, timestamp_hash)
    parameters = Dataset(
        MACIDNumber=number,
        MACCalculationTransferSyntaxUID=syntax.uid,
        MACAlgorithm=mac,
        DataElementsSigned=signed,
    )
    add_signature(item, parameters, made)
    return str(made.DigitalSignatureUID)


def mac_transfer_syntax(item: Dataset, key: str | None = None) -> TransferSyntax:
    """The MAC Calculation Transfer Syntax of a data set: see `sign`.

    Raises:
        SignatureError: it is none, or not one with explicit VRs and little endian (PS3.3 table C.12-6).
    """
    if key is not None:
        syntax = TransferSyntax.find(key)
        if syntax is None:
            raise SignatureError(f"{key!r} is no transfer syntax")
        if syntax.implicit_vr or syntax.big_endian:
            raise SignatureError("a MAC is calculated with explicit VRs, little endian (PS3.3 table C.12-6)")
        return syntax
    uid = item.transfer_syntax
    meta = item.file_meta
    if uid is None and meta is not None:
        uid = meta.get("TransferSyntaxUID")
    found = TransferSyntax.find(uid) if isinstance(uid, str) else None
    if found is None or found.implicit_vr or found.big_endian or found.deflated:
        return TransferSyntax.assumed(EXPLICIT_LITTLE)
    return found


def _check_mac(name: str, *, weak: bool) -> None:
    algorithm = macs.MAC_ALGORITHMS.get(name)
    if algorithm is None:
        raise ValueError(f"{name!r} is no MAC algorithm: there are {', '.join(macs.MAC_ALGORITHMS)}")
    if algorithm.status in ("weak", "broken") and not weak:
        raise SignatureError(f"{name} is not to be used for new signatures; weak=True allows it")


def _tags(item: Dataset, tags: Iterable[Tag | int | str]) -> tuple[int, ...]:
    found = []
    for key in tags:
        dataset, tag = item._locate(key)
        if dataset is not item:
            raise SignatureError("an element of an item is not signed by itself: sign the item, or the sequence", str(key))
        found.append(int(tag))
    return tuple(found)


def _signable(item: Dataset) -> tuple[int, ...]:
    """The tags of all elements that can be signed.

    In implicit VR, private elements are left out, and sequences with private elements: who does not know their VRs could not
    verify the signature.
    """
    tags = macs.signable_tags(item)
    first = next((element for element in item if element.offset is not None), None)
    if first is None or first.encoded_vr:
        return tags
    private = {path.partition(".")[0].partition("[")[0] for path in _private_paths(item)}
    return tuple([tag for tag in tags if f"({tag >> 16:04X},{tag & 0xFFFF:04X})" not in private])


def _private_paths(item: Dataset) -> Iterator[str]:
    """The paths from the item on of its private elements but the private creators (PS3.5 7.8.1), whose VR is known."""
    start = len(item._item_path())
    for element in item.walk():
        tag = element._tag
        if tag >> 16 & 1 and not 0x10 <= tag & 0xFFFF <= 0xFF:
            yield element.path[start:]


def _present(item: Dataset, tags: tuple[int, ...]) -> tuple[int, ...]:
    """The tags of elements that are there, in their order.

    Raises:
        SignatureError: one of them is not there, or cannot be signed.
    """
    found = dict(macs.signability(item, tags=tags))
    for tag in tags:
        reason = found.get(tag, "it is not there")
        if reason is not None:
            raise SignatureError(f"cannot be signed: {reason}", f"({tag >> 16:04X},{tag & 0xFFFF:04X})")
    return tuple(sorted(set(tags)))


def _moment(time: datetime.datetime | None) -> datetime.datetime:
    import datetime

    if time is None:
        return datetime.datetime.now().astimezone()
    if time.tzinfo is None:
        raise ValueError("the time of a signature must be aware: give it a time zone")
    return time


def _der(certificate: Any) -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding

    made: bytes = certificate.public_bytes(Encoding.DER)
    return made


def _stamped(signature: bytes, ask: Callable[[bytes], bytes], hash_name: str) -> bytes:
    from dicomkit.security.timestamps.token_check import TimestampRequest, check_token, token_of_response

    request = TimestampRequest.make(signature, hash=hash_name)
    token = token_of_response(ask(request.encode()), request)
    found = check_token(token, signature, None)
    if not found.intact:
        raise SignatureError(f"the certified time-stamp is not good: {'; '.join(map(str, found.problems))}")
    return token
