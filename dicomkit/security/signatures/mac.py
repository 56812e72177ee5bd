"""What digital signatures are calculated from: the elements that are signed, as bytes (PS3.3 C.12.1.1.3.1).

The compiled writer makes the bytes: those of the MAC Calculation Transfer Syntax, but without the lengths of sequences,
items and fragments, and without the elements that no signature covers. Large values are referred to, not copied.

An element that another reader may take for something else is not signed, and breaks the signature that covers it: one that
is damaged, one whose tag occurs twice.
"""

from __future__ import annotations

from functools import lru_cache

from dicomkit._ext.writer import believed_fragments, encode_mac, signable, tags_to_sign
from dicomkit.dataset.text import character_sets
from dicomkit.errors import EncodeError, SignatureError
from dicomkit.media.transfer import chunks
from dicomkit.standard.transfer_syntax import TransferSyntax

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from typing import Any, Final, Literal, TypeAlias

    from dicomkit.dataset.dataset import Dataset
    from dicomkit.dataset.text import CharacterSets
    from dicomkit.media.transfer import Part
    from dicomkit.typing import BytesLike

    Status: TypeAlias = Literal["sign", "asked", "weak", "broken"]

__all__ = [
    "MAC_ALGORITHMS",
    "MacAlgorithm",
    "digest",
    "mac_parts",
    "signability",
    "signable_tags",
    "signature_item_parts",
    "unsignable",
]

SPECIFIC_CHARACTER_SET: Final = 0x00080005
MAC_ID_NUMBER: Final = 0x04000005
ITEM: Final = b"\xfe\xff\x00\xe0"

# Certificate of Signer, Signature, Certified Timestamp Type, Certified Timestamp: what of a signature is not signed itself.
UNSIGNED: Final = frozenset((0x04000115, 0x04000120, 0x04000305, 0x04000310))


class MacAlgorithm:
    """A MAC algorithm.

    Attributes:
        name: the defined term of MAC Algorithm (0400,0015).
        hash_name: how hashlib calls it.
        digest_info: what stands before the digest in a signature of PKCS #1 v1.5: a DigestInfo without it (RFC 8017 9.2).
        status: "sign": good for new signatures; "asked": only for who names it; "weak": not for new ones; "broken".
    """

    __slots__ = ("digest_info", "hash_name", "name", "status")

    def __init__(self, name: str, hash_name: str, digest_info: str, status: Status) -> None:
        self.name = name
        self.hash_name = hash_name
        self.digest_info = bytes.fromhex(digest_info)
        self.status: Status = status

    def __repr__(self) -> str:
        return f"<MacAlgorithm {self.name}>"


# PS3.3 table C.12-6, in the order of their strength. The DigestInfo: RFC 8017 9.2 note 1; of RIPEMD-160 with the object
# identifier 1.3.36.3.2.1.
MAC_ALGORITHMS: Final = {
    algorithm.name: algorithm
    for algorithm in (
        MacAlgorithm("SHA512", "sha512", "3051300d060960864801650304020305000440", "sign"),
        MacAlgorithm("SHA384", "sha384", "3041300d060960864801650304020205000430", "sign"),
        MacAlgorithm("SHA256", "sha256", "3031300d060960864801650304020105000420", "sign"),
        MacAlgorithm("RIPEMD160", "ripemd160", "3021300906052b2403020105000414", "asked"),
        MacAlgorithm("SHA1", "sha1", "3021300906052b0e03021a05000414", "weak"),
        MacAlgorithm("MD5", "md5", "3020300c06082a864886f70d020505000410", "broken"),
    )
}


def mac_parts(
    item: Dataset, tags: Collection[int] | None, transfer_syntax: str, *, around: CharacterSets | None = None
) -> list[Part]:
    """What of a data set, or of an item of a sequence, is signed, as parts: see `dicomkit.media.transfer.chunks`.

    Args:
        item: the data set or item.
        tags: of the elements that are signed, in any order; those that are not there do not matter. None: all that can be.
        transfer_syntax: UID or keyword of the MAC Calculation Transfer Syntax.
        around: the character sets that hold around an item, if they are not those that it was read in: text that was
            assigned is encoded in them.

    Raises:
        SignatureError: one of `tags` is that of an element that cannot be signed, or there is no such encoding of the item.
    """
    syntax = _syntax(transfer_syntax)
    read = item.transfer_syntax
    try:
        encoded = encode_mac(
            item,
            character_sets=character_sets,
            tags=tags,
            implicit_vr=syntax.implicit_vr,
            big_endian=syntax.big_endian,
            encapsulated=syntax.encapsulated,
            turn_pixels=read not in (None, syntax.uid) and _has_big_pixels(_assumed(read)) != _has_big_pixels(syntax),
            around=around,
        )
    except EncodeError as error:
        raise _refusal(item, error) from error
    parts: list[Part] = encoded.parts()
    for source, fragments in believed_fragments(encoded):
        checked = _Fragments(source, fragments)
        parts = [(checked, *part[1:]) if isinstance(part, tuple) and part[0] is source else part for part in parts]
    return parts


def signature_item_parts(item: Dataset, transfer_syntax: str, *, around: CharacterSets | None = None) -> list[Part]:
    """What of an item of the Digital Signatures Sequence is signed along with the data set: see `mac_parts`.

    All but the certificate, the signature and the certified time-stamp. It begins with MAC ID Number, so that nobody can say
    that what was signed of the data set was part of this item, or the reverse.

    Args: see `mac_parts`.

    Raises:
        SignatureError: it does not begin so, or something in it cannot be signed.
    """
    tags = tags_to_sign(item, UNSIGNED)
    if [tag for tag in tags if tag != SPECIFIC_CHARACTER_SET][:1] != [MAC_ID_NUMBER]:
        raise SignatureError("the first element of a digital signature is not MAC ID Number (0400,0005)", _path(item, None))
    return mac_parts(item, tags, transfer_syntax, around=around)


def digest(parts: Iterable[Part], algorithm: str) -> bytes:
    """The MAC of these parts. What is in a file is read in steps.

    Args:
        parts: see `mac_parts`.
        algorithm: a name of MAC_ALGORITHMS.

    Raises:
        SignatureError: there is no such algorithm here, or pixel data are not where their offset table says.
        OSError: a value cannot be read any more.
    """
    import hashlib

    known = MAC_ALGORITHMS.get(algorithm)
    if known is None:
        raise SignatureError(f"{algorithm[:40]!r} is no MAC algorithm (PS3.3 table C.12-6)")
    try:
        make = getattr(hashlib, known.hash_name, None)
        made = hashlib.new(known.hash_name) if make is None else make()
    except ValueError as error:  # OpenSSL has it in a provider that is not loaded
        raise SignatureError(f"the hash functions of this system do not have {algorithm}") from error
    for chunk in chunks(parts):
        made.update(chunk)
    return made.digest()


def unsignable(item: Dataset, tag: int, transfer_syntax: str | None = None) -> str | None:
    """Why an element of a data set cannot be signed (PS3.3 C.12.1.1.3.1.1); None if it can, or is not there.

    Args:
        item: the data set or item.
        tag: of the element.
        transfer_syntax: the MAC Calculation Transfer Syntax, None for one with explicit VR: with implicit VR a value may be
            longer than its VR allows.
    """
    found = signability(item, transfer_syntax, (tag,))
    return found[0][1] if found else None


def signable_tags(item: Dataset, transfer_syntax: str | None = None) -> tuple[int, ...]:
    """The tags of all elements that can be signed, in the order of the data set.

    Args: see `unsignable`.

    Raises:
        SignatureError: sequences are nested too deeply.
    """
    return tuple([tag for tag, reason in signability(item, transfer_syntax) if reason is None])


def signability(
    item: Dataset, transfer_syntax: str | None = None, tags: tuple[int, ...] | None = None
) -> list[tuple[int, str | None]]:
    """Pairs of a tag, and why the element cannot be signed, None if it can: of all elements, or of those with these tags.

    Args: see `unsignable`.

    Raises:
        SignatureError: sequences are nested too deeply.
    """
    implicit = transfer_syntax is not None and _syntax(transfer_syntax).implicit_vr
    try:
        return signable(item, character_sets=character_sets, tags=tags, implicit_vr=implicit)
    except EncodeError as error:
        raise _refusal(item, error) from error


@lru_cache(maxsize=64)
def _syntax(key: str) -> TransferSyntax:
    syntax = TransferSyntax.find(key)
    if syntax is None:
        raise SignatureError(f"{key[:80]!r} is no transfer syntax")
    return syntax


def _assumed(uid: str | None) -> TransferSyntax:
    return TransferSyntax.assumed(uid or "")


def _has_big_pixels(syntax: TransferSyntax) -> bool:
    """Whether Pixel Data have another byte order than the rest, as in GE's private transfer syntax."""
    return syntax.big_endian_pixels and not syntax.big_endian


def _path(item: Dataset, tag: int | None) -> str:
    prefix = item._item_path()
    return prefix.rstrip(".") if tag is None else f"{prefix}({tag >> 16:04X},{tag & 0xFFFF:04X})"


def _refusal(item: Dataset, error: EncodeError) -> SignatureError:
    return SignatureError(error.reason, "" if error.tag is None else _path(item, error.tag))


class _Fragments:
    """A source that sees to it that fragments are where an offset table said, by their headers, which it reads along.

    Args:
        source: the source.
        fragments: pairs of native 64-bit numbers: where each fragment is, and its length.
    """

    def __init__(self, source: Any, fragments: bytes) -> None:
        places = memoryview(fragments).cast("Q").tolist()
        self._source = source
        self._lengths = dict(zip(places[::2], places[1::2], strict=True))
        for offset, length in self._lengths.items():
            if not length:  # which nobody reads
                self._check(source.read(offset - 8, 8), length)

    def read(self, offset: int, length: int) -> BytesLike:
        known = self._lengths.get(offset)
        if known is None:
            data: BytesLike = self._source.read(offset, length)
            return data
        data = self._source.read(offset - 8, 8 + length)
        self._check(data, known)
        return memoryview(data)[8:]

    @staticmethod
    def _check(data: BytesLike, length: int) -> None:
        if bytes(data[:8]) != ITEM + length.to_bytes(4, "little"):
            raise SignatureError(
                "the offset table of the pixel data does not lead to their fragments (PS3.5 A.4): "
                "read the data set with strict=True, which does not believe it",
                "(7FE0,0010)",
            )
