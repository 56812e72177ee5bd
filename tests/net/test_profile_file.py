"""DCMTK's association configuration files: those that come with it, and ones with every kind of entry and mistake."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from dicomkit.net.items import RoleSelection
from dicomkit.net.profile_file import read_profile

CT = "1.2.840.10008.5.1.4.1.1.2"
US = "1.2.840.10008.5.1.4.1.1.6.1"
EXPLICIT = "1.2.840.10008.1.2.1"
BIG = "1.2.840.10008.1.2.2"
IMPLICIT = "1.2.840.10008.1.2"

FILE = r"""
# A comment
[[TransferSyntaxes]]
[Uncompressed]
TransferSyntax1 = LittleEndianExplicit
TransferSyntax2 = BigEndianExplicit
TransferSyntax3=LittleEndianImplicit
   
[JPEG Baseline]
transfersyntax1 =   1.2.840.10008.1.2.4.50

[[ Presentation Contexts ]]
[Images]
PresentationContext1 = CTImageStorage\Uncompressed
PRESENTATIONCONTEXT2 = 1.2.840.10008.5.1.4.1.1.6.1\JPEGBaseline
[Twice]
PresentationContext1 = CTImageStorage\JPEG Baseline
PresentationContext2 = CTImageStorage\Uncompressed

[[SCPSCURoleSelection]]
[Both]
Role1 = CTImageStorage\BOTH
Role2 = UltrasoundImageStorage\SCP
Role3 = MRImageStorage\SCU

[[ExtendedNegotiation]]
[Signatures]
ExtendedNegotiation1 = UltrasoundImageStorage\020003000000

[[Profiles]]
[Plain]
PresentationContexts = Images
[All]
PresentationContexts = images
SCPSCURoleSelection = Both
ExtendedNegotiation = Signatures
[Two]
PresentationContexts = Twice
"""  # noqa: W293  # a line of blanks is in the format


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "associations.cfg"
    path.write_text(FILE)
    return path


def test_contexts(path: Path) -> None:
    profile = read_profile(path, "Plain")
    assert profile.presentation_contexts == ((CT, (EXPLICIT, BIG, IMPLICIT)), (US, ("1.2.840.10008.1.2.4.50",)))
    assert profile.roles == ()
    assert profile.extended == ()


def test_roles_and_extended_negotiation(path: Path) -> None:
    profile = read_profile(path, " a L l")
    assert profile.roles == (
        RoleSelection(CT, True, True),
        RoleSelection(US, False, True),
        RoleSelection("1.2.840.10008.5.1.4.1.1.4", True, False),
    )
    assert profile.extended == ((US, bytes.fromhex("020003000000")),)


def test_a_class_twice(path: Path) -> None:
    """A requestor may propose it; an acceptor has one list for a class."""
    assert [uid for uid, _ in read_profile(path, "Two").presentation_contexts] == [CT, CT]
    with pytest.raises(ValueError, match="a SOP class more than once"):
        read_profile(path, "Two", acceptor=True)


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("[Plain]", "[Other]", r"there is no section \[Plain\] under \[\[Profiles\]\]"),
        ("[Images]", "[Pictures]", r"line \d+: there is no section \[Images\] under \[\[PresentationContexts\]\]"),
        ("[Uncompressed]", "[Other]", r"line \d+: there is no section \[Uncompressed\] under \[\[TransferSyntaxes\]\]"),
        ("CTImageStorage\\Unc", "CTImage\\Unc", r"line 14: 'CTImage' is neither a UID nor the name of one"),
        ("CTImageStorage\\Unc", "CTImageStorage/Unc", r"line 14: no backslash in 'CTImageStorage/Uncompressed'"),
        ("TransferSyntax2 ", "TransferSyntax4 ", r"line 5: section \[Uncompressed\] has 3 entries, but no TransferSyntax2"),
        ("TransferSyntax1 = L", "TransferSyntax01 = L", "but no TransferSyntax1"),
        ("BigEndianExplicit", "BigEndian", "line 6: 'BigEndian' is neither"),
        ("[[TransferSyntaxes]]", "", "line 4: a section outside of"),
        ("[Uncompressed]", "", r"line 5: neither a \[section\] nor an entry"),
        ("# A comment", "A comment", r"line 2: neither a \[section\] nor an entry"),
        ("BOTH", "EITHER", "a role is SCU, SCP or BOTH, not 'EITHER'"),
        ("020003000000", "02000300000", "'02000300000' is not in hexadecimal digits"),
        ("PresentationContexts = images", "Contexts = images", "profile All has no PresentationContexts"),
        ("transfersyntax1 =   1.2.840.10008.1.2.4.50", "", r"section \[JPEGBaseline\] has no transfer syntaxes"),
    ],
)
def test_mistakes(path: Path, old: str, new: str, sentence: str) -> None:
    """The error says which file, and mostly which line."""
    assert old in FILE
    path.write_text(FILE.replace(old, new))
    with pytest.raises(ValueError, match=sentence) as caught:
        [read_profile(path, name) for name in ("Plain", "All")]
    assert str(caught.value).startswith(f"{path}: ")


def test_too_many_contexts(path: Path) -> None:
    lines = "".join([f"PresentationContext{n} = 1.2.3.{n}\\Uncompressed\n" for n in range(1, 130)])
    path.write_text(FILE.replace("[Images]\n", f"[Images]\n{lines}[Rest]\n"))
    with pytest.raises(ValueError, match="has 129 presentation contexts; an association has at most 128"):
        read_profile(path, "Plain")
    assert len(read_profile(path, "Plain", acceptor=True).presentation_contexts) == 129


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read_profile(tmp_path / "nowhere.cfg", "Default")


@pytest.mark.parametrize(("name", "acceptor"), [("storescp.cfg", True), ("storescu.cfg", False)])
def test_files_of_dcmtk(name: str, acceptor: bool) -> None:
    """Every profile in them, with as many presentation contexts as its list has lines."""
    path = Path("/etc/dcmtk") / name
    if not path.exists():
        pytest.skip("DCMTK's configuration files are not installed")
    text = path.read_text()
    profiles = re.findall(r"^\[([^\[\]]+)\]\n+PresentationContexts *= *(\S+)", text[text.index("[[Profiles]]") :], re.M)
    assert profiles
    for profile, contexts in profiles:
        section = text[text.index(f"\n[{contexts}]") + 2 :]
        lines = re.findall(r"^PresentationContext\d+", re.split(r"^\[", section, flags=re.M)[0], re.M)
        found = read_profile(path, profile, acceptor=acceptor)
        assert len(found.presentation_contexts) == len(lines) == 128
        assert all(syntaxes for _, syntaxes in found.presentation_contexts)
