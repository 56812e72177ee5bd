"""Association negotiation profiles from DCMTK's configuration files (`asconfig.txt` of DCMTK, option `--config-file`).

[[TransferSyntaxes]]                                        lists of transfer syntaxes
[Uncompressed]
TransferSyntax1 = LittleEndianExplicit
[[PresentationContexts]]                                    lists of SOP class and list of transfer syntaxes
[Images]
PresentationContext1 = CTImageStorage\\Uncompressed
[[Profiles]]                                                what `--config-file FILE CT` names
[CT]
PresentationContexts = Images
"""

from __future__ import annotations

from dicomkit.net.items import RoleSelection
from dicomkit.net.uid_names import uid_of_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Final, TypeAlias, TypeVar

    from dicomkit.typing import StrPath

    T = TypeVar("T")

    #: Names without spaces, in upper case: heading -> section -> key -> (value, line number)
    Sections: TypeAlias = dict[str, dict[str, dict[str, tuple[str, int]]]]

__all__ = ["AssociationProfile", "read_profile"]

_ROLES: Final = {"SCU": (True, False), "SCP": (False, True), "BOTH": (True, True)}


class AssociationProfile:
    """What to propose, or to accept.

    Attributes:
        presentation_contexts: SOP class UID and transfer syntax UIDs, in the order of the file. An acceptor prefers the
            transfer syntaxes in their order; a requestor may propose a SOP class more than once.
        roles: SCP/SCU role selections (PS3.7 D.3.3.4).
        extended: SOP class UID and service class application information (PS3.7 D.3.3.5).
    """

    __slots__ = ("extended", "presentation_contexts", "roles")

    def __init__(
        self,
        presentation_contexts: tuple[tuple[str, tuple[str, ...]], ...],
        roles: tuple[RoleSelection, ...] = (),
        extended: tuple[tuple[str, bytes], ...] = (),
    ) -> None:
        self.presentation_contexts = presentation_contexts
        self.roles = roles
        self.extended = extended


def read_profile(path: StrPath, name: str, *, acceptor: bool = False) -> AssociationProfile:
    """Read one profile of a configuration file.

    Args:
        path: the file.
        name: of the profile; neither case nor spaces matter.
        acceptor: whether it is for accepting associations: then each SOP class stands in it only once.

    Raises:
        ValueError: there is no such profile, or something is wrong with it; the line number says where.
        OSError: the file cannot be read.
    """
    with open(path, encoding="utf-8", errors="surrogateescape") as file:
        text = file.read()
    try:
        return _Reader(_sections(text)).profile(name, acceptor)
    except _Wrong as error:
        raise ValueError(f"{path}: {error}") from None


class _Wrong(Exception):
    """What is wrong with a file."""

    def __init__(self, text: str, line: int | None = None) -> None:
        super().__init__(text if line is None else f"line {line}: {text}")


def _sections(text: str) -> Sections:
    """The entries of a file. Names of headings, sections and keys are in upper case, without spaces."""
    found: Sections = {}
    headings: dict[str, dict[str, tuple[str, int]]] | None = None
    entries: dict[str, tuple[str, int]] | None = None
    for number, line in enumerate(text.splitlines(), 1):
        line = line.rstrip()
        if not line.strip() or line.startswith("#"):
            continue
        if line.startswith("[["):
            headings, entries = found.setdefault(_plain(line.strip("[]")), {}), None
        elif line.startswith("["):
            if headings is None:
                raise _Wrong("a section outside of a [[heading]]", number)
            entries = headings.setdefault(_plain(line.strip("[]")), {})
        else:
            key, equals, value = line.partition("=")
            if not equals or entries is None:
                raise _Wrong("neither a [section] nor an entry of one", number)
            entries[_plain(key)] = (value.strip(), number)
    return found


def _plain(name: str) -> str:
    return "".join(name.split()).upper()


class _Reader:
    """Follows the references from a profile to its lists."""

    def __init__(self, sections: Sections) -> None:
        self._sections = sections

    def profile(self, name: str, acceptor: bool) -> AssociationProfile:
        entries = self._section("Profiles", name, None)
        if "PRESENTATIONCONTEXTS" not in entries:
            raise _Wrong(f"profile {name} has no PresentationContexts")
        contexts = self._list(*entries["PRESENTATIONCONTEXTS"], "PresentationContexts", "PresentationContext", self._context)
        if not contexts:
            raise _Wrong(f"profile {name} has no presentation contexts")
        if not acceptor and len(contexts) > 128:
            raise _Wrong(f"profile {name} has {len(contexts)} presentation contexts; an association has at most 128")
        if acceptor and len(dict(contexts)) < len(contexts):
            raise _Wrong(f"profile {name} has a SOP class more than once, which an acceptor cannot choose from")
        roles: tuple[RoleSelection, ...] = ()
        if "SCPSCUROLESELECTION" in entries:
            roles = self._list(*entries["SCPSCUROLESELECTION"], "SCPSCURoleSelection", "Role", self._role)
        extended: tuple[tuple[str, bytes], ...] = ()
        if "EXTENDEDNEGOTIATION" in entries:
            extended = self._list(
                *entries["EXTENDEDNEGOTIATION"], "ExtendedNegotiation", "ExtendedNegotiation", self._extended
            )
        return AssociationProfile(contexts, roles, extended)

    def _section(self, heading: str, name: str, line: int | None) -> dict[str, tuple[str, int]]:
        entries = self._sections.get(heading.upper(), {}).get(_plain(name))
        if entries is None:
            raise _Wrong(f"there is no section [{name}] under [[{heading}]]", line)
        return entries

    def _list(self, name: str, line: int, heading: str, key: str, convert: Callable[[str, int], T]) -> tuple[T, ...]:
        """A list whose entries are numbered from 1."""
        entries = self._section(heading, name, line)
        values = []
        for number in range(1, len(entries) + 1):
            entry = entries.get(f"{key.upper()}{number}")
            if entry is None:
                line = min([line for _, line in entries.values()])
                raise _Wrong(f"section [{name}] has {len(entries)} entries, but no {key}{number}", line)
            values.append(convert(*entry))
        return tuple(values)

    def _context(self, value: str, line: int) -> tuple[str, tuple[str, ...]]:
        sop_class, syntaxes = self._pair(value, line)
        found = self._list(syntaxes, line, "TransferSyntaxes", "TransferSyntax", self._uid)
        if not found:
            raise _Wrong(f"section [{syntaxes}] has no transfer syntaxes", line)
        return sop_class, found

    def _role(self, value: str, line: int) -> RoleSelection:
        sop_class, role = self._pair(value, line)
        if role not in _ROLES:
            raise _Wrong(f"a role is SCU, SCP or BOTH, not {role!r}", line)
        return RoleSelection(sop_class, *_ROLES[role])

    def _extended(self, value: str, line: int) -> tuple[str, bytes]:
        sop_class, digits = self._pair(value, line)
        try:
            return sop_class, bytes.fromhex(digits)
        except ValueError:
            raise _Wrong(f"{digits!r} is not in hexadecimal digits", line) from None

    def _pair(self, value: str, line: int) -> tuple[str, str]:
        """A SOP class UID, and what stands behind the backslash."""
        name, backslash, rest = value.partition("\\")
        if not backslash:
            raise _Wrong(f"no backslash in {value!r}", line)
        return self._uid(name.strip(), line), rest.strip()

    def _uid(self, value: str, line: int) -> str:
        try:
            return uid_of_name(value)
        except ValueError as error:
            raise _Wrong(str(error), line) from None
