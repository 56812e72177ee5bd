"""`dicomkit dcmsign`: what DCMTK's has no example for. The same command lines with both are in test_dcmsign_interop.py."""

from __future__ import annotations

import getpass
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import dicomkit
from dicomkit.security.signatures.levels import levels
from tests.security.pki import PASSWORD

if TYPE_CHECKING:
    from tests.security.pki import Identity, Pki

Tool = Callable[..., Any]


@pytest.fixture
def sign(tool: Tool, pki: Pki, examples_dir: Path, tmp_path: Path) -> Callable[..., Path]:
    """Sign an example, or a file, with the key of `pki.rsa` or another. Returns the new file."""

    def call(source: str | Path, *options: str, identity: Identity | None = None, item: str = "") -> Path:
        identity = identity or pki.rsa
        target = tmp_path / f"{len(list(tmp_path.iterdir()))}.dcm"
        source = source if isinstance(source, Path) else examples_dir / f"{source}.dcm"
        command = ["+si", str(identity.key_pem), str(identity.certificate_pem), item] if item else [
            "+s", str(identity.key_pem), str(identity.certificate_pem)
        ]  # fmt: skip
        result = tool("dcmsign", *command, *options, str(source), str(target))
        assert (result.code, result.err) == (0, "")
        return target

    return call


@pytest.fixture
def verify(tool: Tool, pki: Pki) -> Tool:
    """Verify a file; the root of `pki` is trusted."""

    def call(path: Path | str, *options: str) -> Any:
        return tool("dcmsign", "+cf", str(pki.root.certificate_pem), *options, str(path))

    return call


def test_purposes(tool: Tool) -> None:
    result = tool("dcmsign", "--list-purposes")
    assert (result.code, result.err) == (0, "")
    lines = result.out.decode().splitlines()
    # PS3.16 CID 7007
    assert lines[0] == "Digital Signature Purpose Codes:"
    assert lines[1] == "   1: Author's Signature"
    assert lines[18] == "  18: Timestamp Signature"
    assert len(lines) == 19


# -- passwords


def test_pkcs12(tool: Tool, verify: Tool, pki: Pki, examples_dir: Path, tmp_path: Path) -> None:
    target = str(tmp_path / "a.dcm")
    for options in ([], ["-der"], ["-pem"]):
        result = tool(
            "dcmsign",
            "+s",
            str(pki.rsa.p12),
            str(pki.rsa.p12),
            "+pw",
            PASSWORD,
            *options,
            str(examples_dir / "ct.dcm"),
            target,
        )
        assert (result.code, result.err) == (0, "")
        assert verify(target).code == 0


def test_password_is_asked_for_once(
    tool: Tool, pki: Pki, examples_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def answer(prompt: str) -> str:
        asked.append(prompt)
        return PASSWORD

    monkeypatch.setattr(getpass, "getpass", answer)
    source, target = str(examples_dir / "ct.dcm"), str(tmp_path / "a.dcm")
    assert tool("dcmsign", "+s", str(pki.rsa.p12), str(pki.rsa.p12), source, target).code == 0
    assert asked == ["Enter PEM pass phrase:"]
    assert tool("dcmsign", "+ps", "+s", str(pki.rsa.key_locked), str(pki.rsa.certificate_pem), source, target).code == 0
    assert len(asked) == 2
    assert tool("dcmsign", "+s", str(pki.rsa.key_pem), str(pki.rsa.certificate_pem), source, target).code == 0
    assert len(asked) == 2  # not needed


def test_nobody_to_ask(tool: Tool, pki: Pki, examples_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody(prompt: str) -> str:
        raise EOFError

    monkeypatch.setattr(getpass, "getpass", nobody)
    result = tool("dcmsign", "+s", str(pki.rsa.key_locked), str(pki.rsa.certificate_pem), str(examples_dir / "ct.dcm"), "x")
    assert result.code == 20
    assert result.err == (
        "E: wrong password (there is nobody to ask for the password)\n"
        f"F: file cannot be read: while loading private key file '{pki.rsa.key_locked}'\n"
    )


def test_passwords_are_never_printed(tool: Tool, pki: Pki, examples_dir: Path, tmp_path: Path) -> None:
    ct, target = str(examples_dir / "ct.dcm"), str(tmp_path / "a.dcm")
    for key in (pki.rsa.key_locked, pki.rsa.p12, pki.rsa.key_der_locked, pki.rsa.key_pem, pki.rsa.certificate_pem):
        for command in (["+s"], ["--verify"], ["+s", "--verify"]):
            words = [*command[:1], *([str(key), str(pki.rsa.certificate_pem)] if command[0] == "+s" else []), *command[1:]]
            result = tool("dcmsign", "-d", "--arguments", "-ll", "trace", *words, "+pw", "hunter2", ct, target)
            shown = result.err.replace(f"'{'hunter2'}'", "") if result.err.startswith("I: calling") else result.err
            assert "hunter2" not in shown + result.out.decode()
    result = tool("dcmsign", "--verify", "+pw", "hunter2", "--arguments", ct)
    assert result.err.endswith("error: --use-passwd only allowed with --sign or --sign-item\n")
    assert "hunter2" not in result.err


# -- files


def test_standard_streams(tool: Tool, verify: Tool, pki: Pki, examples_dir: Path, tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "dicomkit",
        "dcmsign",
        "+s",
        str(pki.p256.key_pem),
        str(pki.p256.certificate_pem),
        "-",
        "-",
    ]
    folder = Path(dicomkit.__file__).parents[1]
    data = (examples_dir / "ct.dcm").read_bytes()
    done = subprocess.run(command, input=data, capture_output=True, check=False, cwd=folder)
    assert (done.returncode, done.stderr) == (0, b"")
    (tmp_path / "a.dcm").write_bytes(done.stdout)
    assert verify(tmp_path / "a.dcm").code == 0


def test_over_the_input(tool: Tool, verify: Tool, pki: Pki, examples_dir: Path, tmp_path: Path) -> None:
    path = shutil.copy(examples_dir / "enhanced.dcm", tmp_path / "a.dcm")
    for number in (1, 2, 3):
        assert tool("dcmsign", "+s", str(pki.rsa.key_pem), str(pki.rsa.certificate_pem), str(path), str(path)).code == 0
        assert verify(path, "-v").err.endswith(f"I: {number} signatures verified in dataset, 0 corrupted.\n")
    assert tool("dcmsign", "+ra", str(path), str(path)).code == 0
    assert dicomkit.read(path) == dicomkit.read(examples_dir / "enhanced.dcm")


def test_what_fails_leaves_nothing_behind(tool: Tool, pki: Pki, examples_dir: Path, tmp_path: Path) -> None:
    source = str(shutil.copy(examples_dir / "ct.dcm", tmp_path / "a.dcm"))
    before = Path(source).read_bytes()
    key, certificate = str(pki.rsa.key_pem), str(pki.rsa.certificate_pem)
    for options in (
        ["-t", "ContentSequence"],
        ["+pr"],
        ["+te", "+ts", str(tmp_path / "no" / "q"), str(tmp_path / "u")],
        ["+d", str(tmp_path / "no" / "dump")],
        ["+ts", str(tmp_path / "q"), str(tmp_path / "u"), "+tp", "x"],
    ):
        assert tool("dcmsign", "+s", key, certificate, *options, source, str(tmp_path / "b.dcm")).code in (46, 85)
        assert tool("dcmsign", "+s", key, certificate, *options, source, source).code in (46, 85)
        assert [path.name for path in tmp_path.iterdir()] == ["a.dcm"]
    assert Path(source).read_bytes() == before


def test_dump_is_what_the_library_hashes(tool: Tool, pki: Pki, examples_dir: Path, tmp_path: Path) -> None:
    from dicomkit.media.transfer import chunks
    from dicomkit.security.signatures.reading import mac_stream

    dump, target = tmp_path / "dump", tmp_path / "a.dcm"
    command = ["+s", str(pki.rsa.key_pem), str(pki.rsa.certificate_pem), "+d", str(dump)]
    assert tool("dcmsign", *command, str(examples_dir / "rle.dcm"), str(target)).code == 0
    ds = dicomkit.read(target)
    parts = mac_stream(ds, ds.DigitalSignaturesSequence[0].DigitalSignatureUID)
    assert dump.read_bytes() == b"".join(map(bytes, chunks(parts)))


def test_uid_file_and_query(tool: Tool, pki: Pki, examples_dir: Path, tmp_path: Path, peer: Callable[[str], str]) -> None:
    query, uid, target = (str(tmp_path / name) for name in ("q.tsq", "u.uid", "a.dcm"))
    command = ["+s", str(pki.rsa.key_pem), str(pki.rsa.certificate_pem), "+ts", query, uid, "+tm3", "-tn", "+tp", "1.2.3"]
    assert tool("dcmsign", *command, str(examples_dir / "ct.dcm"), target).code == 0
    note = dicomkit.read(uid)
    assert note.transfer_syntax == "1.2.840.10008.1.2"
    assert note.DigitalSignatureUID == dicomkit.read(target).DigitalSignaturesSequence[0].DigitalSignatureUID
    shown = subprocess.run(
        [peer("openssl"), "ts", "-query", "-in", query, "-text"], capture_output=True, text=True, check=True
    )
    lines = [line.strip() for line in shown.stdout.splitlines()]
    assert {"Hash Algorithm: sha384", "Policy OID: 1.2.3", "Nonce: unspecified", "Certificate required: yes"} <= set(lines)


# -- what is said of signatures


def test_what_is_covered(sign: Callable[..., Path], verify: Tool) -> None:
    path = sign("ct", "-t", "PatientName", "-t", "PixelData")
    ds = dicomkit.read(path)
    others = [tag for tag in ds.keys() if tag not in (0x00100010, 0x7FE00010, 0x4FFE0001, 0xFFFAFFFA)]
    lines = verify(path, "-v").err.splitlines()
    at = lines.index("I:   Data elements signed        :")
    assert lines[at + 1 : at + 5] == [
        "I:       (0010,0010) PatientName",
        "I:       (7fe0,0010) PixelData",
        f"I:   Elements covered            : 2 of {len(others) + 2}",
        f"I:   Elements outside            : {len(others)}",
    ]
    outside = [line for line in verify(path, "-d").err.splitlines() if line.startswith("D:       (")]
    assert len(outside) == len(others)
    assert "D:       (0010,0020) PatientID" in outside


def test_signature_of_an_item(sign: Callable[..., Path], verify: Tool) -> None:
    loose = "W:   Signature Location : nothing valid around the item covers it"
    path = sign("report", item="ContentSequence[1]")
    result = verify(path)
    assert result.code == 0
    assert loose in result.err
    ds = dicomkit.read(path)  # to another place
    ds.ContentSequence = [ds.ContentSequence[1], ds.ContentSequence[0]]
    ds.save(path)
    result = verify(path, "-v")
    assert result.code == 0
    assert "I:   Location                    : ContentSequence[0]\n" in result.err
    assert "W:   Signature Location          : " in result.err
    around = sign(path)
    result = verify(around)
    assert result.code == 0
    assert loose not in result.err
    ds = dicomkit.read(around)
    ds.ContentSequence = [ds.ContentSequence[1], ds.ContentSequence[0]]
    ds.save(around)
    result = verify(around)
    assert result.code == 101
    assert loose in result.err


def test_weak_mac(sign: Callable[..., Path], verify: Tool) -> None:
    for option, name in (("+mm", "MD5"), ("+ms", "SHA1")):
        result = verify(sign("ct", option))
        assert result.code == 0
        assert result.err.endswith(f"W:   Signature Verification : OK\nW:   the MAC algorithm {name} is weak\n")


def test_quiet(sign: Callable[..., Path], verify: Tool, tool: Tool) -> None:
    assert (verify(sign("ct"), "-q").code, verify(sign("ct"), "-q").err) == (0, "")
    assert (tool("dcmsign", "-q", str(sign("ct"))).code, tool("dcmsign", "-q", "+rg", str(sign("ct"))).err) == (101, "")


def test_revocation_lists_of_folders(sign: Callable[..., Path], tool: Tool, pki: Pki, tmp_path: Path) -> None:
    path = str(sign("ct", identity=pki.revoked))
    folder = tmp_path / "trusted"
    folder.mkdir()
    shutil.copy(pki.root.certificate_pem, folder)
    assert tool("dcmsign", "+cd", str(folder), path).code == 0
    shutil.copy(pki.root_crl.pem, folder)
    result = tool("dcmsign", "+cd", str(folder), path)
    assert result.code == 101
    assert result.err.endswith("certificate verification failed: certificate revoked\n")
    (folder / "garbage.pem").write_text("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
    assert "garbage.pem" in tool("dcmsign", "+cd", str(folder), path).err


def test_original_attributes_are_left_alone(sign: Callable[..., Path], verify: Tool, tool: Tool) -> None:
    path = sign("report")
    ds = dicomkit.read(path)
    old = dicomkit.Dataset(PatientID="old")
    old.DigitalSignaturesSequence = [ds.DigitalSignaturesSequence[0]]
    ds.OriginalAttributesSequence = [dicomkit.Dataset(ModifiedAttributesSequence=[old])]
    del ds.DigitalSignaturesSequence
    ds.save(path)
    ignored = "W: Found Digital Signature Sequence within the Original Attributes Sequence, ignoring.\n"
    result = verify(path)
    assert (result.code, result.err) == (0, ignored + "W: no signatures found in dataset.\n")
    assert verify(path, "+rg").code == 100
    result = tool("dcmsign", "-v", "+ra", str(path), str(path))
    assert ignored in result.err
    assert result.err.endswith(f"I: 0 signatures found and removed from dataset.\nI: create output file {path}\n")
    assert len(list(levels(dicomkit.read(path)))) == 1


def test_old_format(
    sign: Callable[..., Path], verify: Tool, tool: Tool, pki: Pki, examples_dir: Path, tmp_path: Path
) -> None:
    """DCMTK before 3.5.4 signed compressed pixel data in another way, which is not known here."""
    key, certificate = str(pki.rsa.key_pem), str(pki.rsa.certificate_pem)
    result = tool("dcmsign", "-fo", "+s", key, certificate, str(examples_dir / "rle.dcm"), str(tmp_path / "a.dcm"))
    assert result.code == 85
    assert result.err.startswith("E: --format-old: ")
    assert not (tmp_path / "a.dcm").exists()
    assert verify(sign("rle"), "-fo").err.startswith("W: --format-old: ")
    assert "--format-old" not in verify(sign("ct"), "-fo").err


# -- hostile files


def test_files_cannot_forge_lines(sign: Callable[..., Path], verify: Tool) -> None:
    path = sign("ct")
    forged = "1\nW:   Signature Verification : OK~[2J"
    ds = dicomkit.read(path)
    signature, parameters = ds.DigitalSignaturesSequence[0], ds.MACParametersSequence[0]
    for item, tag in ((signature, 0x04000100), (signature, 0x04000105), (parameters, 0x04000015), (parameters, 0x04000010)):
        item[tag] = dicomkit.DataElement(tag, "UT", forged)
    ds.save(path)
    path.write_bytes(path.read_bytes().replace(b"~[2J", b"\x1b[2J"))
    for options in ([], ["-v"], ["-d"]):
        result = verify(path, *options)
        assert result.code == 101
        assert "\x1b" not in result.err
        assert not any(line.startswith("W:   Signature Verification : OK") for line in result.err.splitlines())


def stamped(ds: dicomkit.Dataset, token: bytes) -> None:
    """Put something in the place of a time-stamp."""
    ds.DigitalSignaturesSequence[0].CertifiedTimestampType = "CMS_TSP"
    ds.DigitalSignaturesSequence[0].CertifiedTimestamp = token


@pytest.mark.parametrize(
    "change",
    [
        lambda ds: ds.__setitem__(0xFFFAFFFA, dicomkit.DataElement(0xFFFAFFFA, "LO", "none")),
        lambda ds: ds.__setitem__(0xFFFAFFFA, []),
        lambda ds: ds.__setitem__(0x4FFE0001, dicomkit.DataElement(0x4FFE0001, "OB", b"none")),
        lambda ds: ds.MACParametersSequence.append(ds.MACParametersSequence[0]),
        lambda ds: ds.DigitalSignaturesSequence.append(dicomkit.Dataset()),
        lambda ds: ds.DigitalSignaturesSequence[0].__setitem__("CertifiedTimestamp", b"0\x80garbage"),
        lambda ds: stamped(ds, b"0123"),
        lambda ds: stamped(ds, b""),
    ],
)
def test_malformed_signatures_are_not_valid(
    sign: Callable[..., Path], verify: Tool, change: Callable[[Any], object]
) -> None:
    path = sign("ct")
    ds = dicomkit.read(path)
    change(ds)
    ds.save(path)
    for options in ([], ["-v"], ["+rc"]):
        result = verify(path, *options)
        assert result.code >= 100
        assert "Traceback" not in result.err


def test_names_that_cannot_be_read(sign: Callable[..., Path], verify: Tool) -> None:
    path = sign("ct")
    ds = dicomkit.read(path)
    item = ds.DigitalSignaturesSequence[0]
    for name, damaged in ((b"RSA signer", b"\xff\xfe\xfd signer"), (b"Root CA", b"\xff\xfe\xfd CA ")):
        good = item.CertificateOfSigner
        item.CertificateOfSigner = good.replace(name, damaged)
        ds.save(path)
        item.CertificateOfSigner = good
        result = verify(path, "-v")
        assert result.code == 101
        assert "I:       unreadable: " in result.err
