"""What a verification of digital signatures found."""

from __future__ import annotations

from _collections_abc import Sequence  # loaded at every start of Python; collections.abc takes 3 ms

from dicomkit.errors import SignatureError
from dicomkit.security.problem import printable

TYPE_CHECKING = False
if TYPE_CHECKING:
    import datetime
    from collections.abc import Iterable, Iterator
    from typing import Any, Final, overload

    from cryptography.x509 import Certificate

    from dicomkit.dataset.dataset import Dataset
    from dicomkit.security.problem import SignatureProblem
    from dicomkit.security.timestamps.token_check import TimestampResult
    from dicomkit.standard.tag import Tag

__all__ = ["SignatureReport", "SignatureResult"]

LENGTH_TO_END: Final = 0x00080001
MAC_PARAMETERS: Final = 0x4FFE0001
TRAILING_PADDING: Final = 0xFFFCFFFC
LONGEST_UID: Final = 64


class SignatureResult:
    """What was found of one digital signature.

    Attributes:
        path: tag path of the item that is signed, such as `(0040,A730)[0]`; "" for the data set.
        uid: Digital Signature UID, "" if there is none.
        mac_id: MAC ID Number, or None.
        mac: MAC Algorithm, such as "SHA256"; "" if there is none.
        transfer_syntax: UID of the MAC Calculation Transfer Syntax, "" if there is none.
        time: Digital Signature DateTime as the signer states it, aware, or None.
        purpose: (code value, coding scheme, code meaning) of its purpose, or None.
        certificate: that of the signer, or None.
        key: its key, such as "RSA 2048", or "".
        intact: the signature was made with the key of the certificate, for what is in the covered elements now.
        trusted: the certificate is trusted, at the time that counts.
        anchored: it is known that what is signed belongs where it stands: it is the data set itself, or a valid signature
            around it covers it. A signature of an item says nothing of where the item stands.
        timestamp: what was found of its certified time-stamp, or None.
        problems: why it is not intact, not trusted or not anchored, and what else was noticed.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self.uid = ""
        self.mac_id: int | None = None
        self.mac = ""
        self.transfer_syntax = ""
        self.time: datetime.datetime | None = None
        self.purpose: tuple[str, str, str] | None = None
        self.certificate: Certificate | None = None
        self.key = ""
        self.intact = False
        self.trusted = False
        self.anchored = False
        self.timestamp: TimestampResult | None = None
        self.problems: list[SignatureProblem] = []
        self._item: Dataset | None = None  # as it was
        self._named: tuple[int, ...] = ()  # what Data Elements Signed names

    @property
    def covered(self) -> tuple[Tag, ...]:
        """The tags of the elements at that level that are signed, with all that is in them."""
        named = frozenset(self._named)
        return tuple([tag for tag in self._present() if tag in named])

    @property
    def outside(self) -> tuple[Tag, ...]:
        """The tags of the other elements: nothing is said of them.

        Signatures themselves, group lengths and padding are left out.
        """
        named = frozenset(self._named)
        return tuple([tag for tag in self._present() if tag not in named])

    def _present(self) -> list[Tag]:
        return [] if self._item is None else [tag for tag in self._item.keys() if _is_content(tag)]

    @property
    def valid(self) -> bool:
        """Whether it is intact, trusted and anchored."""
        return self.intact and self.trusted and self.anchored

    @property
    def signer(self) -> str:
        """The subject of the certificate, or ""."""
        if self.certificate is None:
            return ""
        from dicomkit.security.keys.signing_key import subject_text

        return subject_text(self.certificate)

    @property
    def profiles(self) -> tuple[str, ...]:
        """The names of the profiles of PS3.15 annex C whose rules it keeps."""
        from dicomkit.security.signatures.profiles import PROFILES
        from dicomkit.security.signatures.purpose import purpose_number

        if self._item is None or not self.covered:
            return ()
        kind = self.key.partition(" ")[0]
        purpose = None if self.purpose is None else purpose_number(*self.purpose[:2])
        item = self._item
        return tuple(
            name
            for name, profile in PROFILES.items()
            if not (self.path and profile.root_only)
            and not profile.problems(item, self.covered, self.mac, kind, self.transfer_syntax, purpose)
        )

    def __str__(self) -> str:
        where = self.path or "the data set"
        state = "valid" if self.valid else "NOT VALID" if not self.intact else "intact, but not valid"
        who = f", {self.signer}" if self.certificate is not None else ""
        when = f", {self.time.isoformat(sep=' ')}" if self.time is not None else ""
        lines = [f"{self._shown_uid or 'signature without UID'} of {where}: {state}{who}{when}"]
        lines.append(f"  covers {len(self.covered)} elements, {len(self.outside)} stand outside")
        lines += [f"  {problem}" for problem in self.problems]
        return "\n".join(lines)

    @property
    def _shown_uid(self) -> str:
        return printable(self.uid[:LONGEST_UID])

    def __repr__(self) -> str:
        return f"<SignatureResult {self._shown_uid} {'valid' if self.valid else 'not valid'}>"


def _is_content(tag: int) -> bool:
    if tag & 0xFFFF == 0 or tag >> 16 < 8 or tag >> 16 == 0xFFFA:
        return False
    return tag not in (LENGTH_TO_END, MAC_PARAMETERS, TRAILING_PADDING)


class SignatureReport(Sequence["SignatureResult"]):
    """The results of all digital signatures of a data set, from the outside in.

    Attributes:
        problems: what is wrong beside single signatures.
    """

    def __init__(self, results: Iterable[SignatureResult], problems: Iterable[SignatureProblem] = ()) -> None:
        self._results = tuple(results)
        self.problems = tuple(problems)

    if TYPE_CHECKING:

        @overload
        def __getitem__(self, index: int) -> SignatureResult: ...
        @overload
        def __getitem__(self, index: slice) -> Sequence[SignatureResult]: ...

    def __getitem__(self, index: int | slice) -> Any:
        return self._results[index]

    def __iter__(self) -> Iterator[SignatureResult]:
        return iter(self._results)

    def __len__(self) -> int:
        return len(self._results)

    @property
    def valid(self) -> bool:
        """Whether there are signatures, all of them are valid, and the data set itself has one."""
        return not self.problems and all(result.valid for result in self) and any(not result.path for result in self)

    def require(self, profile: str | None = None) -> None:
        """See that the data set is signed and nothing is wrong with any of its signatures.

        Args:
            profile: at least one signature of the data set itself must keep the rules of this profile.

        Raises:
            SignatureError: the data set has no signature, one is not valid, or none keeps the profile.
        """
        for problem in self.problems:
            raise SignatureError(problem.text)
        for result in self:
            if not result.valid:
                reasons = "; ".join(map(str, result.problems)) or "not valid"
                raise SignatureError(f"signature {result._shown_uid or 'without UID'}: {reasons}", result.path)
        if all(result.path for result in self):
            raise SignatureError("the data set is not signed")
        if profile is not None and not any(not result.path and profile in result.profiles for result in self):
            raise SignatureError(f"no signature keeps the profile {profile}")

    def __str__(self) -> str:
        return "\n".join([*map(str, self.problems), *map(str, self)]) or "no digital signature"

    def __repr__(self) -> str:
        return f"<SignatureReport of {len(self)}: {'valid' if self.valid else 'not valid'}>"
