"""The digital signature profiles of PS3.15 Annex C: what a signature must be made with, and what it must cover.

A profile names modules, of which all attributes that are present must be signed. That is about attributes of the data set
itself: all that is in a sequence is signed with it.
"""

from __future__ import annotations

from dicomkit.dataset.sequence import Sequence
from dicomkit.errors import SignatureError
from dicomkit.security.problem import SignatureProblem
from dicomkit.security.signatures import mac as macs
from dicomkit.security.signatures.levels import value_of
from dicomkit.security.signatures.modules import MODULES
from dicomkit.security.signatures.reference import mac_algorithms, references
from dicomkit.standard.tag import Tag
from dicomkit.standard.transfer_syntax import TransferSyntax

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from typing import Final

    from dicomkit.dataset.dataset import Dataset

__all__ = ["MACS", "PROFILES", "Profile"]

#: MAC algorithms of the Base RSA profile, which all others are made of (PS3.15 C.1).
MACS: Final = ("RIPEMD160", "MD5", "SHA1", "SHA256", "SHA384", "SHA512")

INSTANCE_CREATION_DATE: Final = 0x00080012
INSTANCE_CREATION_TIME: Final = 0x00080013
SOP_CLASS_UID: Final = 0x00080016
SOP_INSTANCE_UID: Final = 0x00080018
CREATOR_VERSION_UID: Final = 0x00089123
STUDY_INSTANCE_UID: Final = 0x0020000D
SERIES_INSTANCE_UID: Final = 0x0020000E
VERIFICATION_DATE_TIME: Final = 0x0040A030
OBSERVATION_DATE_TIME: Final = 0x0040A032
VALUE_TYPE: Final = 0x0040A040
CONCEPT_NAME_CODE_SEQUENCE: Final = 0x0040A043
VERIFYING_OBSERVER_SEQUENCE: Final = 0x0040A073
PREDECESSOR_DOCUMENTS_SEQUENCE: Final = 0x0040A360
CURRENT_REQUESTED_PROCEDURE_EVIDENCE_SEQUENCE: Final = 0x0040A375
PERTINENT_OTHER_EVIDENCE_SEQUENCE: Final = 0x0040A385
VERIFICATION_FLAG: Final = 0x0040A493
CONTENT_SEQUENCE: Final = 0x0040A730

# Shared and Per-Frame Functional Groups Sequence, and the modules that only instances with them have (PS3.3 A.36 and so on).
FUNCTIONAL_GROUPS: Final = (0x52009229, 0x52009230)
ENHANCED: Final = frozenset(
    {
        "Enhanced CT Image",
        "Enhanced MR Image",
        "Enhanced Mammography Image",
        "Enhanced PET Image",
        "Enhanced US Image",
        "Enhanced XA/XRF Image",
        "MR Spectroscopy",
        "Segmentation Image",
        "X-Ray 3D Image",
    }
)

MOST_NAMES: Final = 6  # of elements in the text of a problem


class Profile:
    """A digital signature profile.

    Attributes:
        name: its key in `PROFILES`.
        title: its name in the standard.
        section: where that is in PS3.15.
        macs: the MAC algorithms that it allows.
        keys: the kinds of keys that it allows.
        required: tags that must be signed: without them no signature is of the profile.
        required_if_present: tags that must be signed if they are there. Of groups that repeat it has the first: it holds for
            overlays in 6000 to 601E and curves in 5000 to 501E.
        required_if_enhanced: the same for instances with functional groups: no others have the modules that these are from.
        raw_data: whether all private elements of a raw data instance must be signed: they are the raw data (PS3.3 C.19.1).
        purpose: the number of the purpose that signatures must have (PS3.16 CID 7007), or None.
        purpose_required: whether they must have some purpose.
        root_only: whether only data sets are signed by it, not items of sequences.
    """

    __slots__ = (
        "keys",
        "macs",
        "name",
        "purpose",
        "purpose_required",
        "raw_data",
        "required",
        "required_if_enhanced",
        "required_if_present",
        "root_only",
        "section",
        "title",
    )

    def __init__(
        self,
        name: str,
        title: str,
        section: str,
        *,
        required: Iterable[int] = (),
        attributes: Iterable[int] = (),
        modules: Iterable[str] = (),
        raw_data: bool = False,
        purpose: int | None = None,
        purpose_required: bool = False,
        root_only: bool = True,
    ) -> None:
        self.name = name
        self.title = title
        self.section = section
        self.macs = frozenset(MACS)
        self.keys = frozenset({"RSA"})
        self.required = tuple(required)
        modules = frozenset(modules)
        self.required_if_present = frozenset((*required, *attributes, *_tags(modules - ENHANCED)))
        self.required_if_enhanced = frozenset(_tags(modules & ENHANCED)) - self.required_if_present
        self.raw_data = raw_data
        self.purpose = purpose
        self.purpose_required = purpose_required or purpose is not None
        self.root_only = root_only

    def __repr__(self) -> str:
        return f"<Profile {self.name}>"

    def transfer_syntax_allowed(self, uid: str) -> bool:
        """Whether MACs may be calculated in it: it has explicit VRs and is little endian (PS3.3 table C.12-6)."""
        syntax = TransferSyntax.find(uid)
        return syntax is not None and syntax.uid == uid and not syntax.implicit_vr and not syntax.big_endian

    def demanded(self, item: Dataset) -> tuple[int, ...]:
        """The tags of those elements of a data set that must be signed, in their order."""
        wanted = self.required_if_present
        if not wanted:
            return ()
        tags = [int(tag) for tag in item.keys()]
        if any(tag in FUNCTIONAL_GROUPS for tag in tags):
            wanted |= self.required_if_enhanced
        private = self.raw_data and CREATOR_VERSION_UID in tags  # only the Raw Data module has it (PS3.3 C.19.1)
        return tuple(tag for tag in tags if _of_first_group(tag) in wanted or (private and _is_private(tag)))

    def inspect(self, item: Dataset) -> None:
        """See that a data set is one that the profile is for.

        Raises:
            SignatureError: it is not.
        """
        if self.root_only and item._item_path():
            raise SignatureError(f"the {self.title} is for data sets, not for items of sequences")

    def completed(self, item: Dataset, tags: Collection[int] | None) -> tuple[int, ...]:
        """What is to be signed: the elements that were asked for, and those that the profile demands.

        What is demanded of enhanced instances is added for all: a program that goes by tags alone would say else that the
        signature is not of the profile.

        Args:
            item: the data set or item.
            tags: the elements asked for; None is all that can be signed.

        Returns:
            Their tags, ascending.

        Raises:
            SignatureError: what was asked for is not there, or something cannot be signed.
        """
        possible = frozenset(macs.signable_tags(item))
        asked = possible if tags is None else tags
        for tag in sorted(asked):
            if tag not in possible:
                reason = macs.unsignable(item, tag) if item._has(tag) else "it is not there"
                raise SignatureError(f"cannot be signed: {reason}", str(Tag(tag)))
        demanded = self.demanded(item)
        for tag in demanded:
            if tag not in possible:
                reason = macs.unsignable(item, tag)
                raise SignatureError(f"cannot be signed, as the {self.title} demands: {reason}", str(Tag(tag)))
        return tuple(sorted({*asked, *demanded, *(possible & self.required_if_enhanced)}))

    def problems(
        self, item: Dataset, signed: Collection[int], mac: str, key: str, transfer_syntax: str, purpose: int | None
    ) -> list[SignatureProblem]:
        """Why a signature is not of the profile; empty if it is.

        Args:
            item: the data set or item that is signed.
            signed: the tags of its elements that are.
            mac: MAC Algorithm.
            key: kind of the signer's key: "RSA", "DSA", "EC".
            transfer_syntax: UID of the MAC Calculation Transfer Syntax.
            purpose: number of its purpose (PS3.16 CID 7007), or None if it has none of these.
        """
        found = []
        try:
            self.inspect(item)
        except SignatureError as error:
            found.append(SignatureProblem("profile-data-set", str(error)))
        if mac not in self.macs:
            found.append(
                SignatureProblem("profile-mac", f"the {self.title} does not allow the MAC algorithm {mac[:40] or 'none'}")
            )
        if key not in self.keys:
            found.append(
                SignatureProblem("profile-key", f"the {self.title} is for RSA keys, not for {key or 'unknown'} keys")
            )
        if not self.transfer_syntax_allowed(transfer_syntax):
            text = f"the {self.title} does not allow the MAC Calculation Transfer Syntax {transfer_syntax[:64] or 'none'}"
            found.append(SignatureProblem("profile-transfer-syntax", text))
        if self.purpose is not None and purpose != self.purpose:
            found.append(
                SignatureProblem("profile-purpose", f"the {self.title} demands the purpose {self.purpose}, not {purpose}")
            )
        elif self.purpose_required and purpose is None:
            found.append(
                SignatureProblem("profile-purpose", f"the {self.title} demands that the signature states its purpose")
            )
        covered = frozenset(signed)
        missing = sorted({*self.required, *self.demanded(item)} - covered)
        if missing:
            text = f"the {self.title} demands that these are signed: {_named(missing)}"
            found.append(SignatureProblem("profile-elements", text))
        return found + self._problems_of_content(item)

    def _problems_of_content(self, item: Dataset) -> list[SignatureProblem]:
        return []


class _StructuredReportProfile(Profile):
    """PS3.15 C.4."""

    __slots__ = ()

    def inspect(self, item: Dataset) -> None:
        super().inspect(item)
        if not all(map(item._has, (VALUE_TYPE, CONCEPT_NAME_CODE_SEQUENCE, CONTENT_SEQUENCE))):
            raise SignatureError(f"the {self.title} is for structured reports")
        observers = value_of(item, VERIFYING_OBSERVER_SEQUENCE)
        if isinstance(observers, Sequence) and len(observers) > 1:
            raise SignatureError(f"the {self.title} is for reports with one Verifying Observer, not {len(observers)}")
        if self.purpose is not None and value_of(item, VERIFICATION_FLAG) != "VERIFIED":
            raise SignatureError(f"the {self.title} is for reports whose Verification Flag is VERIFIED")

    def _problems_of_content(self, item: Dataset) -> list[SignatureProblem]:
        algorithms = {algorithm for _, reference in references(item) for algorithm in mac_algorithms(reference)}
        refused = sorted(algorithms - self.macs)
        text = f"the {self.title} does not allow the MAC algorithm {', '.join(refused)[:40] or 'none'} in references"
        return [SignatureProblem("profile-referenced-mac", text)] if refused else []


def _tags(modules: Iterable[str]) -> list[int]:
    return [int(tag, 16) for module in modules for tag in MODULES[module].split()]


def _of_first_group(tag: int) -> int:
    """The tag in the first of the groups that repeat (PS3.5 7.6): 6000 for 6000 to 601E, 5000 for 5000 to 501E."""
    group = tag >> 16
    if group & 1 == 0 and (0x5000 <= group <= 0x501E or 0x6000 <= group <= 0x601E):
        return tag & 0xFF00FFFF
    return tag


def _is_private(tag: int) -> bool:
    return tag & 0x10000 != 0 and tag >> 16 > 8 and tag & 0xFFFF != 0


def _named(tags: list[int]) -> str:
    names = [f"{Tag(tag)} {Tag(tag).keyword}".rstrip() for tag in tags[:MOST_NAMES]]
    return ", ".join(names) + (f" and {len(tags) - MOST_NAMES} more" if len(tags) > MOST_NAMES else "")


_INSTANCE: Final = (SOP_CLASS_UID, SOP_INSTANCE_UID, STUDY_INSTANCE_UID, SERIES_INSTANCE_UID)
_REPORT: Final = (SOP_CLASS_UID, STUDY_INSTANCE_UID, SERIES_INSTANCE_UID)
_REPORT_ATTRIBUTES: Final = (
    CURRENT_REQUESTED_PROCEDURE_EVIDENCE_SEQUENCE,
    PERTINENT_OTHER_EVIDENCE_SEQUENCE,
    PREDECESSOR_DOCUMENTS_SEQUENCE,
    OBSERVATION_DATE_TIME,
)
_REPORT_MODULES: Final = ("General Equipment", "SR Document Content")

#: Name -> profile.
PROFILES: Final = {
    profile.name: profile
    for profile in (
        Profile("base_rsa", "Base RSA Digital Signature Profile", "C.1", root_only=False),
        Profile(
            "creator_rsa",
            "Creator RSA Digital Signature Profile",
            "C.2",
            required=_INSTANCE,
            attributes=(INSTANCE_CREATION_DATE, INSTANCE_CREATION_TIME),
            modules=MODULES,
            raw_data=True,
        ),
        # Besides, whatever the one who signs has seen: no program can know that.
        Profile(
            "authorization_rsa",
            "Authorization RSA Digital Signature Profile",
            "C.3",
            required=_INSTANCE,
            modules=[name for name in MODULES if name not in ("General Equipment", "Tractography Results")],
            raw_data=True,
        ),
        # The sequences and Observation DateTime are of type 1C and 3: reports without them are as good.
        _StructuredReportProfile(
            "sr_rsa",
            "Structured Report RSA Digital Signature Profile",
            "C.4",
            required=_REPORT,
            attributes=_REPORT_ATTRIBUTES,
            modules=_REPORT_MODULES,
            purpose_required=True,
        ),
        # Verification DateTime is inside of the Verifying Observer Sequence (PS3.3 C.17.2).
        _StructuredReportProfile(
            "sr_rsa_verification",
            "Structured Report RSA Digital Signature Profile, verification signature",
            "C.4",
            required=(*_REPORT, SOP_INSTANCE_UID, VERIFICATION_FLAG, VERIFYING_OBSERVER_SEQUENCE),
            attributes=(*_REPORT_ATTRIBUTES, VERIFICATION_DATE_TIME),
            modules=_REPORT_MODULES,
            purpose=5,
        ),
    )
}
