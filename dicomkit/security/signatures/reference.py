"""References of a report to what is in other instances: their signatures, or a MAC (PS3.3 tables C.17-3 and C.17-3a).

An item of a Referenced SOP Sequence may hold the values of signatures of the instance, or a MAC of it. Who signs the report
then says what was in the instances that it refers to. By themselves references say nothing: whether the report is signed,
and whether a signature that it refers to is valid, is to be verified too.
"""

from __future__ import annotations

from dicomkit.dataset.dataset import Dataset
from dicomkit.dataset.sequence import Sequence
from dicomkit.errors import DicomError, SignatureError
from dicomkit.security.problem import SignatureProblem
from dicomkit.security.signatures import mac as macs
from dicomkit.security.signatures.levels import levels, value_of
from dicomkit.standard.transfer_syntax import TransferSyntax

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator
    from typing import Final

    from dicomkit.standard.tag import Tag

__all__ = ["REFERENCES", "check_reference", "mac_algorithms", "mac_reference", "references", "signature_references"]

SOP_CLASS_UID: Final = 0x00080016
SOP_INSTANCE_UID: Final = 0x00080018
REFERENCED_SERIES_SEQUENCE: Final = 0x00081115
REFERENCED_SOP_CLASS_UID: Final = 0x00081150
REFERENCED_SOP_INSTANCE_UID: Final = 0x00081155
REFERENCED_SOP_SEQUENCE: Final = 0x00081199
MAC_TRANSFER_SYNTAX: Final = 0x04000010
MAC_ALGORITHM: Final = 0x04000015
DATA_ELEMENTS_SIGNED: Final = 0x04000020
DIGITAL_SIGNATURE_UID: Final = 0x04000100
SIGNATURE: Final = 0x04000120
REFERENCED_DIGITAL_SIGNATURE_SEQUENCE: Final = 0x04000402
REFERENCED_SOP_INSTANCE_MAC_SEQUENCE: Final = 0x04000403
MAC: Final = 0x04000404

MOST_TAGS: Final = 0xFFFE // 4  # in the value of an AT element, whose length has 16 bits

#: The sequences of a data set that hold references by study and series (PS3.3 table C.17-3).
REFERENCES: Final = (
    0x0008113A,  # Referenced Waveform Sequence
    0x00089092,  # Referenced Image Evidence Sequence
    0x00089121,  # Referenced Raw Data Sequence
    0x00089154,  # Source Image Evidence Sequence
    0x00089237,  # Referenced Presentation State Sequence
    0x0040A360,  # Predecessor Documents Sequence
    0x0040A375,  # Current Requested Procedure Evidence Sequence
    0x0040A385,  # Pertinent Other Evidence Sequence
    0x0040A525,  # Identical Documents Sequence
    0x00700404,  # Referenced Spatial Registration Sequence
    0x300C0002,  # Referenced RT Plan Sequence
)


def references(document: Dataset) -> Iterator[tuple[str, Dataset]]:
    """All references to instances, in the sequences of `REFERENCES`.

    Args:
        document: a structured report or another data set; what is no sequence there has no references.

    Yields:
        Pairs of the tag path of an item of a Referenced SOP Sequence (0008,1199), and the item.
    """
    for tag in REFERENCES:
        for study_path, study in _items(document, tag):
            for series_path, series in _items(study, REFERENCED_SERIES_SEQUENCE):
                for path, item in _items(series, REFERENCED_SOP_SEQUENCE):
                    yield f"{study_path}.{series_path}.{path}", item


def signature_references(instance: Dataset, uids: Collection[str] | None = None) -> list[Dataset]:
    """The items of the Referenced Digital Signature Sequence (0400,0402) for an instance.

    Args:
        instance: the data set that is referred to.
        uids: the Digital Signature UIDs to refer to; None takes all signatures of the data set, but none of its items.

    Raises:
        SignatureError: there is no such signature, or it has no value.
    """
    found = _signatures(instance, root_only=uids is None)
    items = []
    for uid in found if uids is None else uids:
        values = found.get(uid, [])
        if len(values) != 1:
            raise SignatureError(f"the instance has {len(values) or 'no'} signatures with the UID {uid}")
        if not uid or not values[0]:
            raise SignatureError(f"the signature {uid} of the instance has no {'value' if uid else 'UID'}")
        items.append(Dataset(DigitalSignatureUID=uid, Signature=values[0]))
    if not items:
        raise SignatureError("the instance has no signature to refer to")
    return items


def mac_reference(
    instance: Dataset,
    *,
    mac: str = "SHA256",
    tags: Iterable[Tag | int | str] | None = None,
    transfer_syntax: str | None = None,
) -> Dataset:
    """The item of the Referenced SOP Instance MAC Sequence (0400,0403) for an instance.

    Args:
        instance: the data set that is referred to.
        mac: MAC algorithm, a key of `dicomkit.security.signatures.mac.MAC_ALGORITHMS`.
        tags: the elements that the MAC is calculated from: tags or keywords. None: all that can be signed.
        transfer_syntax: as in `dicomkit.sign`.

    Raises:
        SignatureError: an element is not there or cannot be signed, or the transfer syntax is none for MACs.
        ValueError: there is no such MAC algorithm.
    """
    from dicomkit.security.signatures.sign import mac_transfer_syntax

    if mac not in macs.MAC_ALGORITHMS:
        raise ValueError(f"{mac!r} is no MAC algorithm: there are {', '.join(macs.MAC_ALGORITHMS)}")
    syntax = mac_transfer_syntax(instance, transfer_syntax)
    signed = macs.signable_tags(instance) if tags is None else _present(instance, tags)
    if not signed:
        raise SignatureError("there is no element that a MAC can be calculated from")
    if len(signed) > MOST_TAGS:
        raise SignatureError(f"a MAC can be of {MOST_TAGS} elements at most, not of {len(signed)}: name fewer")
    return Dataset(
        MACCalculationTransferSyntaxUID=syntax.uid,
        MACAlgorithm=mac,
        DataElementsSigned=signed,
        MAC=macs.digest(macs.mac_parts(instance, signed, syntax.uid), mac),
    )


def check_reference(
    reference: Dataset, instance: Dataset, *, refused_macs: Collection[str] = ("MD5",)
) -> list[SignatureProblem]:
    """Check that an instance has the content that a reference speaks of.

    Never raises for what is in the data sets. Signatures are compared, not verified.

    Args:
        reference: an item of a Referenced SOP Sequence, such as `references` gives.
        instance: the data set that it refers to.
        refused_macs: MAC algorithms that are not believed.

    Returns:
        What is wrong; empty if the reference has signatures or a MAC, and the instance has them.
    """
    found = [
        SignatureProblem(
            "reference-instance",
            f"the reference is to another instance: its {name} is {str(stated)[:64]}, not {str(own)[:64]}",
        )
        for name, stated, own in (
            ("SOP class", value_of(reference, REFERENCED_SOP_CLASS_UID), value_of(instance, SOP_CLASS_UID)),
            ("SOP Instance UID", value_of(reference, REFERENCED_SOP_INSTANCE_UID), value_of(instance, SOP_INSTANCE_UID)),
        )
        if not isinstance(stated, str) or stated != own
    ]
    signatures = reference._has(REFERENCED_DIGITAL_SIGNATURE_SEQUENCE)
    if signatures:
        found += _check_signatures(reference, instance)
    if reference._has(REFERENCED_SOP_INSTANCE_MAC_SEQUENCE):
        found += _check_macs(reference, instance, refused_macs)
    elif not signatures:
        found.append(
            SignatureProblem("reference-unsecured", "the reference has neither signatures nor a MAC: any content fits it")
        )
    return found


def mac_algorithms(reference: Dataset) -> list[str]:
    """The MAC algorithms in the Referenced SOP Instance MAC Sequence of a reference; "" for one that cannot be read."""
    values = (value_of(item, MAC_ALGORITHM) for _, item in _items(reference, REFERENCED_SOP_INSTANCE_MAC_SEQUENCE))
    return [str(value) if isinstance(value, str) else "" for value in values]


def _check_signatures(reference: Dataset, instance: Dataset) -> Iterator[SignatureProblem]:
    items = _items(reference, REFERENCED_DIGITAL_SIGNATURE_SEQUENCE)
    if not items:
        yield SignatureProblem("reference-signature", "the Referenced Digital Signature Sequence (0400,0402) has no item")
        return
    found = _signatures(instance)
    for _, item in items:
        uid, value = value_of(item, DIGITAL_SIGNATURE_UID), value_of(item, SIGNATURE)
        if not isinstance(uid, str) or not uid or not isinstance(value, bytes) or not value:
            yield SignatureProblem("reference-signature", "a referenced signature has no UID or no value")
        elif uid not in found:
            yield SignatureProblem("reference-signature-missing", f"the instance has no signature with the UID {uid[:64]}")
        elif len(found[uid]) > 1:
            yield SignatureProblem("reference-signature", f"the instance has several signatures with the UID {uid[:64]}")
        elif not _is_same(found[uid][0], value):
            yield SignatureProblem(
                "reference-signature-changed", f"the signature {uid[:64]} of the instance is not the one referred to"
            )


def _check_macs(reference: Dataset, instance: Dataset, refused: Collection[str]) -> Iterator[SignatureProblem]:
    items = _items(reference, REFERENCED_SOP_INSTANCE_MAC_SEQUENCE)
    if len(items) != 1:
        text = f"the Referenced SOP Instance MAC Sequence (0400,0403) must have one item, not {len(items)}"
        yield SignatureProblem("reference-mac", text)
        return
    item = items[0][1]
    algorithm = mac_algorithms(reference)[0]
    uid, signed, value = (value_of(item, tag) for tag in (MAC_TRANSFER_SYNTAX, DATA_ELEMENTS_SIGNED, MAC))
    syntax = TransferSyntax.find(uid) if isinstance(uid, str) else None
    tags = {tag for tag in (signed if isinstance(signed, tuple) else (signed,)) if isinstance(tag, int)}
    covered = [tag for tag in sorted(tags) if instance._has(tag)]
    if algorithm not in macs.MAC_ALGORITHMS:
        yield SignatureProblem("reference-mac", f"the MAC Algorithm is not known: {algorithm[:40] or 'none'}")
    elif algorithm in refused:
        yield SignatureProblem("reference-mac", f"the MAC algorithm {algorithm} is refused: it can be forged")
    elif syntax is None or syntax.uid != uid or syntax.implicit_vr or syntax.big_endian:
        text = f"the MAC Calculation Transfer Syntax is none with explicit VRs in little endian: {str(uid)[:64]}"
        yield SignatureProblem("reference-mac", text)
    elif not covered:
        yield SignatureProblem("reference-mac", "the instance has none of the elements that the MAC is calculated from")
    elif not isinstance(value, bytes) or not value:
        yield SignatureProblem("reference-mac", "the reference has no MAC (0400,0404)")
    else:
        try:
            digest = macs.digest(macs.mac_parts(instance, covered, syntax.uid), algorithm)
        except (DicomError, OSError, ValueError) as error:
            yield SignatureProblem("reference-mac", f"the MAC of the instance cannot be calculated: {error}")
            return
        if digest != value:
            yield SignatureProblem(
                "reference-mac-changed", "the instance is not what the MAC of the reference was calculated from"
            )


def _signatures(instance: Dataset, *, root_only: bool = False) -> dict[str, list[bytes]]:
    """Digital Signature UID -> values of the signatures that have it; "" and empty for what cannot be read."""
    found: dict[str, list[bytes]] = {}
    for level in levels(instance):
        if level.path and root_only:
            continue
        for item in level.signatures():
            uid, value = value_of(item, DIGITAL_SIGNATURE_UID), value_of(item, SIGNATURE)
            key = str(uid) if isinstance(uid, str) else ""
            found.setdefault(key, []).append(value if isinstance(value, bytes) else b"")
    return found


def _is_same(one: bytes, other: bytes) -> bool:
    """Whether two signatures are the same: one of odd length is padded when it is written."""
    short, long = sorted((one, other), key=len)
    return short == long or (len(short) % 2 == 1 and short + b"\0" == long)


def _present(instance: Dataset, tags: Iterable[Tag | int | str]) -> tuple[int, ...]:
    found = set()
    for key in tags:
        where, tag = instance._locate(key)
        reason = macs.unsignable(instance, tag) if where is instance and instance._has(tag) else "it is not there"
        if reason is not None:
            raise SignatureError(f"cannot be signed: {reason}", f"({tag >> 16:04X},{tag & 0xFFFF:04X})")
        found.add(int(tag))
    return tuple(sorted(found))


def _items(item: Dataset, tag: int) -> list[tuple[str, Dataset]]:
    """The items of a sequence with their tag paths; none if it is no sequence."""
    value = value_of(item, tag)
    if not isinstance(value, Sequence):
        return []
    return [(f"({tag >> 16:04X},{tag & 0xFFFF:04X})[{position}]", one) for position, one in enumerate(value)]
