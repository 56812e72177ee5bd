"""A digital signature as it is read: what can be told of it without any key (PS3.3 C.12.1.1.3)."""

from __future__ import annotations

from dicomkit.dataset.temporal import DateTime
from dicomkit.errors import DicomError, SignatureError
from dicomkit.security.problem import SignatureProblem
from dicomkit.security.signatures import mac as macs
from dicomkit.security.signatures.levels import DIGITAL_SIGNATURES, MAC_PARAMETERS, levels, value_of
from dicomkit.security.signatures.report import SignatureResult
from dicomkit.standard.tag import Tag
from dicomkit.standard.transfer_syntax import TransferSyntax

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Final

    from dicomkit.dataset.dataset import Dataset
    from dicomkit.media.transfer import Part
    from dicomkit.security.keys.signing_key import Signer
    from dicomkit.security.signatures.levels import Level

__all__ = ["Reading", "mac_stream"]

MAC_ID: Final = 0x04000005
MAC_TRANSFER_SYNTAX: Final = 0x04000010
MAC_ALGORITHM: Final = 0x04000015
DATA_ELEMENTS_SIGNED: Final = 0x04000020
UID_OF_SIGNATURE: Final = 0x04000100
TIME_OF_SIGNATURE: Final = 0x04000105
TIMEZONE_OFFSET: Final = 0x00080201
# Certificate Type, Certificate of Signer, Signature, Certified Timestamp Type, Certified Timestamp are the last five.
OF_SIGNATURE: Final = (
    UID_OF_SIGNATURE,
    MAC_ID,
    TIME_OF_SIGNATURE,
    0x04000110,
    0x04000115,
    0x04000120,
    0x04000305,
    0x04000310,
)
OF_PARAMETERS: Final = (MAC_ALGORITHM, MAC_TRANSFER_SYNTAX)
# PS3.3 table C.12-6a and PS3.6: of a signature without those that its MAC is calculated from.
PARAMETERS: Final = {MAC_ID: "US", MAC_TRANSFER_SYNTAX: "UI", MAC_ALGORITHM: "CS", DATA_ELEMENTS_SIGNED: "AT"}
UNSIGNED: Final = {0x04000115: "OB", 0x04000120: "OB", 0x04000305: "CS", 0x04000310: "OB"}
SEQUENCES: Final = {DIGITAL_SIGNATURES: "SQ", MAC_PARAMETERS: "SQ"}
NO_ELEMENTS: Final = "Data Elements Signed (0400,0020) names no element that is there"
LONGEST_LIST: Final = 0xFFFE  # bytes: the length of AT has 16 bits (PS3.5 7.1.2)


class Reading:
    """A signature as it is read: its result has all that can be told without any key."""

    def __init__(self, level: Level, item: Dataset) -> None:
        self.level = level
        self.item = item
        self.result = SignatureResult(level.path)
        self.result._item = level.snapshot()
        self.parameters: Dataset | None = None
        self.signer: Signer | None = None
        self._read()

    def problem(self, code: str, text: str) -> None:
        """Note what is wrong."""
        self.result.problems.append(SignatureProblem(code, text))

    def _read(self) -> None:
        result = self.result
        (
            uid,
            mac_id,
            time,
            certificate_type,
            self.certificate,
            self.signature,
            timestamp_type,
            self.timestamp,
        ) = self.item._values(OF_SIGNATURE)
        self.certificate_type = _text(certificate_type)
        self.timestamp_type = _text(timestamp_type)
        result.uid = _text(uid)
        if not result.uid:
            self.problem("no-uid", "the signature has no Digital Signature UID (0400,0100)")
        if self.level.repeated:
            text = "there are several Digital Signatures Sequences (FFFA,FFFA) or MAC Parameters Sequences (4FFE,0001)"
            self.problem("several-sequences", f"{text} at this level")
        if self.level.is_original:
            self.problem("original-attributes", "it is a signature of what was there before a change: it cannot be verified")
        if self.level.item._has_other_vr(SEQUENCES):
            for tag in SEQUENCES:
                element = self.level.item._element(tag)
                if element is not None and element.encoded_vr not in ("", "SQ", "UN"):
                    self.problem("no-sequence", f"the sequence {Tag(tag)} has the VR {element.encoded_vr}")
        self._check_elements(self.item, UNSIGNED)
        self._read_parameters(mac_id)
        self._read_time(time)
        result.purpose = self._purpose()

    def _read_parameters(self, number: Any) -> None:
        result = self.result
        if not isinstance(number, int):
            self.problem("no-mac-id", "the signature has no MAC ID Number (0400,0005)")
            return
        result.mac_id = number
        found = self.level.mac_parameters(number)
        if len(found) != 1:
            many = "several MAC parameters have" if found else "no MAC parameters have"
            self.problem("mac-parameters", f"{many} the MAC ID Number {number}")
            return
        self.parameters = found[0]
        self._check_elements(self.parameters, PARAMETERS)
        result.mac, result.transfer_syntax = map(_text, self.parameters._values(OF_PARAMETERS))
        element = self.parameters._element(DATA_ELEMENTS_SIGNED)
        if element is None or element.vr != "AT":
            self.problem("no-elements", "there is no Data Elements Signed (0400,0020)")
            return
        if (element.length or 0) > LONGEST_LIST:
            self.problem("too-many-elements", "Data Elements Signed (0400,0020) is longer than an AT element can be")
            return
        result._named = self.level.elements_signed(number)
        if not result._named:
            self.problem("no-elements", NO_ELEMENTS)

    def _check_elements(self, item: Dataset, vrs: dict[int, str]) -> None:
        """See that elements which no MAC is calculated from are read alike by everybody."""
        index = item._index
        is_sound = index is not None and not index.faults and (self.level.as_read or not item.is_changed())
        if is_sound and not item._has_other_vr(vrs):
            return  # nothing was wrong where it was read
        try:
            found = macs.signability(item, tags=tuple(vrs))
        except SignatureError as error:  # nested too deeply
            self.problem("ambiguous", f"the signature cannot be read: {error}")
            return
        for tag, reason in found:
            element = item._element(tag)
            said = None if element is None else element.vr
            if reason is not None:
                self.problem("ambiguous", f"{Tag(tag)} of the signature: {reason}")
            elif said != vrs[tag]:
                self.problem("ambiguous", f"{Tag(tag)} of the signature has the VR {said}, not {vrs[tag]}")

    def _read_time(self, value: Any) -> None:
        if not isinstance(value, DateTime):
            self.problem("no-time", "the signature has no Digital Signature DateTime (0400,0105)")
            return
        try:
            time = value.to_datetime()
            if time.tzinfo is None:
                offset = value_of(self.level.item, TIMEZONE_OFFSET)
                if isinstance(offset, str) and offset:
                    time = DateTime(f"{value}{offset}").to_datetime()
            self.result.time = time if time.tzinfo is not None else time.astimezone()
        except (ValueError, OverflowError, OSError):  # of moments that no calendar has
            self.problem("no-time", f"the Digital Signature DateTime (0400,0105) is no time: {str(value)[:40]!r}")

    def _purpose(self) -> tuple[str, str, str] | None:
        from dicomkit.security.signatures.purpose import purpose_of

        found = purpose_of(self.item)
        return None if found is None else found[1:]

    def parts(self) -> list[Part] | None:
        """What the MAC is calculated from; None, and a problem, if it cannot be told."""
        result = self.result
        if self.parameters is None or not result._named:
            return None
        syntax = TransferSyntax.find(result.transfer_syntax) if result.transfer_syntax else None
        if syntax is None or syntax.uid != result.transfer_syntax or syntax.implicit_vr:
            named = result.transfer_syntax[:64] or "none"
            self.problem("mac-transfer-syntax", f"the MAC Calculation Transfer Syntax is not one with explicit VRs: {named}")
            return None
        try:
            parts = macs.mac_parts(self.level.snapshot(), result._named, syntax.uid)
            if not any(map(len, parts)):
                self.problem("no-elements", NO_ELEMENTS)
                return None
            return parts + macs.signature_item_parts(self.item, syntax.uid)
        except (DicomError, OSError) as error:
            self.problem("not-signable", f"what was signed cannot be put together: {error}")
            return None


def _text(value: object) -> str:
    return str(value) if isinstance(value, str) else ""


def mac_stream(dataset: Dataset, uid: str) -> list[Part]:
    """The bytes that the MAC of a signature is calculated from, as parts.

    Raises:
        SignatureError: there is no such signature, or they cannot be told.
    """
    for level in levels(dataset):
        for item in level.signatures():
            if value_of(item, UID_OF_SIGNATURE) == uid:
                reading = Reading(level, item)
                parts = reading.parts()
                if parts is None:
                    raise SignatureError("; ".join(map(str, reading.result.problems)), level.path)
                return parts
    raise SignatureError(f"there is no signature with the UID {uid}")
