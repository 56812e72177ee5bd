"""storescu, dcmsend, storescp and dcmrecv with DCMTK's and with each other, as processes on loopback: bits are preserved."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

import dicomkit
from tests.dcmtk import dcmtk
from tests.interop.processes import free_port, serving
from tests.security.authority import Certificates, make_certificates

ENVIRONMENT = {**os.environ, "TCP_NODELAY": "1"}  # DCMTK waits 40 ms with every message without it

#: Files of several transfer syntaxes, one for each SOP instance: native, deflated, RLE, and all kinds of JPEG.
NAMES = (
    "CT_small.dcm",
    "rtplan.dcm",
    "ExplVR_BigEnd.dcm",
    "image_dfl.dcm",
    "SC_rgb_rle.dcm",
    "JPEG-lossy.dcm",
    "JPEG2000.dcm",
    "MR_small_jp2klossless.dcm",
    "JPEGLSNearLossless_08.dcm",
    "SC_rgb_jpeg_dcmtk.dcm",
    "JPGExtended.dcm",
)

NATIVE = ("1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.2")

PROFILE = """\
[[TransferSyntaxes]]
[All]
TransferSyntax1 = LittleEndianExplicit
TransferSyntax2 = LittleEndianImplicit
[[PresentationContexts]]
[Some]
PresentationContext1 = CTImageStorage\\All
PresentationContext2 = RTPlanStorage\\All
[[Profiles]]
[Some]
PresentationContexts = Some
"""


def line(who: str, command: str) -> list[str]:
    """How a tool is called: `who` is "dcmtk" or "dicomkit"."""
    return [dcmtk(command)] if who == "dcmtk" else [sys.executable, "-m", "dicomkit", command]


def run(who: str, command: str, *words: object) -> subprocess.CompletedProcess[str]:
    environment = ENVIRONMENT if who == "dicomkit" else {**ENVIRONMENT, "PYTHONPATH": ""}
    return subprocess.run(
        [*line(who, command), *map(str, words)], capture_output=True, text=True, timeout=60, env=environment, check=False
    )


def data_set_of(path: Path) -> bytes:
    """The bytes behind the File Meta Information (PS3.10 7.1)."""
    data = path.read_bytes()
    return whole(data[144 + int.from_bytes(data[140:144], "little") :])


def whole(data: bytes) -> bytes:
    """A data set as it is sent: a deflated one of odd length gets another byte (PS3.5 A.5)."""
    return data + b"\0" * (len(data) % 2)


def by_instance(paths: Iterable[Path]) -> dict[str, tuple[str, bytes]]:
    """SOP Instance UID -> transfer syntax and data set."""
    found = {}
    for path in paths:
        ds = dicomkit.read(path)
        found[str(ds.SOPInstanceUID)] = (str(ds.transfer_syntax), data_set_of(path))
    return found


@pytest.fixture(scope="module")
def files(pydicom_files: list[Path]) -> list[Path]:
    named = {path.name: path for path in pydicom_files}
    chosen = [named[name] for name in NAMES if name in named]
    assert len(by_instance(chosen)) >= 8
    first: dict[str, Path] = {}
    for path in chosen:
        first.setdefault(next(iter(by_instance([path]))), path)
    return list(first.values())


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory, peer: Callable[[str], str]) -> Certificates:
    peer("openssl")
    return make_certificates(tmp_path_factory.mktemp("certificates"))


PAIRS = [("dicomkit", "dcmtk"), ("dcmtk", "dicomkit"), ("dicomkit", "dicomkit")]


@pytest.mark.parametrize(("sender", "receiver"), PAIRS)
def test_dcmsend_to_storescp(files: list[Path], tmp_path: Path, sender: str, receiver: str) -> None:
    """All transfer syntaxes: what arrives is what was sent, byte for byte."""
    port, folder = free_port(), tmp_path / "received"
    folder.mkdir()
    server = [*line(receiver, "storescp"), "+B", "+xa", "-od", str(folder), str(port)]
    with serving(server, port, tmp_path / "log"):
        result = run(sender, "dcmsend", "-nh", "-dn", "127.0.0.1", port, *files)
    assert result.returncode == 0, result.stderr
    sent, received = by_instance(files), by_instance(folder.iterdir())
    different = {uid for uid, what in sent.items() if received.get(uid) != what}
    if sender == "dcmtk":  # it lets the peer choose for native ones, and encodes lengths anew
        different = {uid for uid in different if received[uid][0] != sent[uid][0] and sent[uid][0] not in NATIVE}
    assert not different
    assert set(received) == set(sent)


@pytest.mark.parametrize(("sender", "receiver"), PAIRS)
@pytest.mark.parametrize(
    ("option", "preference", "name"),
    [
        ("-x=", "+x=", "CT_small.dcm"),
        ("-xi", "+xi", "rtplan.dcm"),
        ("-xb", "+xb", "ExplVR_BigEnd.dcm"),
        ("-xr", "+xr", "SC_rgb_rle.dcm"),
        ("-xw", "+xw", "JPEG2000.dcm"),
        ("-xv", "+xv", "MR_small_jp2klossless.dcm"),
        ("-xy", "+xy", "SC_rgb_jpeg_dcmtk.dcm"),
        ("-xu", "+xu", "JPEGLSNearLossless_08.dcm"),
        ("-xd", "+xd", "image_dfl.dcm"),
    ],
)
def test_storescu_to_storescp(
    pydicom_files: list[Path], tmp_path: Path, sender: str, receiver: str, option: str, preference: str, name: str
) -> None:
    path = next(path for path in pydicom_files if path.name == name)
    port, folder = free_port(), tmp_path / "received"
    folder.mkdir()
    with serving([*line(receiver, "storescp"), preference, "+B", "-od", str(folder), str(port)], port, tmp_path / "log"):
        result = run(sender, "storescu", "-R", option, "127.0.0.1", port, path)
    assert result.returncode == 0, result.stderr
    [received] = folder.iterdir()
    ours, theirs = by_instance([path]), by_instance([received])
    assert {uid: what[0] for uid, what in theirs.items()} == {uid: what[0] for uid, what in ours.items()}
    if sender == "dicomkit":
        assert theirs == ours


def test_more_files(data_dir: Path, tmp_path: Path) -> None:
    """Every object of a folder of real files, ours to ours."""
    port, folder = free_port(), tmp_path / "received"
    folder.mkdir()
    sources = [path for path in sorted(data_dir.rglob("*.dcm")) if path.stat().st_size < 2_000_000]
    with serving(
        [*line("dicomkit", "storescp"), "+xa", "-pm", "+uf", "-od", str(folder), str(port)], port, tmp_path / "log"
    ):
        report = dicomkit.send(sources, ("127.0.0.1", port), transcode="never", associations=2)
    assert all(each.error is not None for each in report.failed)
    sent = set()
    for one in report.stored:
        path = Path(str(one.source))
        # One without a header that says what it is was parsed.
        data = dicomkit.read(path).to_bytes(meta="none") if one.size is None else whole(path.read_bytes()[-one.size :])
        sent.add((one.sop_instance_uid, hash(data)))
    received = {(uid, hash(data)) for path in folder.iterdir() for uid, (_, data) in by_instance([path]).items()}
    assert received == sent
    assert len(report.stored) > len(sources) * 0.9


@pytest.mark.parametrize(("sender", "receiver"), PAIRS)
@pytest.mark.parametrize("tool", ["storescu", "dcmsend"])
def test_to_dcmrecv(files: list[Path], tmp_path: Path, sender: str, receiver: str, tool: str) -> None:
    port, folder = free_port(), tmp_path / "received"
    folder.mkdir()
    (tmp_path / "profiles.cfg").write_text(PROFILE)
    wanted = [path for path in files if path.name in ("CT_small.dcm", "rtplan.dcm")]
    server = [*line(receiver, "dcmrecv"), "-xf", str(tmp_path / "profiles.cfg"), "Some", "+B", "-od", str(folder), str(port)]
    with serving(server, port, tmp_path / "log"):
        result = run(sender, tool, "-v", "127.0.0.1", port, *wanted)
    assert result.returncode == 0, result.stderr
    assert result.stderr.count("(Success)") == 2
    received = by_instance(folder.iterdir())
    if sender == "dicomkit" and tool == "dcmsend":
        assert received == by_instance(wanted)
    else:
        assert set(received) == set(by_instance(wanted))


@pytest.mark.parametrize("tool", ["storescu", "dcmsend"])
def test_refused_association(files: list[Path], tmp_path: Path, tool: str) -> None:
    """Messages and exit codes of both tools are the same, for both servers."""
    for receiver in ("dcmtk", "dicomkit"):
        port = free_port()
        with serving([*line(receiver, "storescp"), "--refuse", str(port)], port, tmp_path / receiver):
            ours, theirs = (run(who, tool, "127.0.0.1", port, files[0]) for who in ("dicomkit", "dcmtk"))
        assert ours.returncode == theirs.returncode == (1 if tool == "storescu" else 61)
        if tool == "storescu":
            assert ours.stderr == theirs.stderr


@pytest.mark.parametrize("tool", ["storescu", "dcmsend"])
def test_no_peer(files: list[Path], tool: str) -> None:
    port = free_port()
    ours, theirs = (run(who, tool, "127.0.0.1", port, files[0]) for who in ("dicomkit", "dcmtk"))
    assert ours.returncode == theirs.returncode == (1 if tool == "storescu" else 61)
    assert "onnection refused" in ours.stderr


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["storescu", "{bad}"], 1),
        (["storescu", "-nh", "{bad}", "{good}"], 0),
        (["storescu", "-R", "{bad}"], 1),
        (["storescu", "-R", "-nh", "{bad}", "{good}"], 0),
        (["storescu", "{missing}"], 1),
        (["storescu", "-nh", "{missing}", "{good}"], 0),
        (["storescu", "{folder}"], 1),
        (["storescu", "+sd", "+sp", "*.none", "{folder}"], 1),
        (["storescu", "{class}"], 1),
        (["dcmsend", "{bad}"], 22),
        (["dcmsend", "-nh", "{bad}"], 23),
        (["dcmsend", "-nh", "{bad}", "{good}"], 0),
        (["dcmsend", "{missing}"], 22),
        (["dcmsend", "{folder}"], 21),
        (["dcmsend", "+crf", "{folder}/none/report", "{good}"], 43),
        (["dcmsend", "{good}", "{compressed}"], 62),
    ],
)
def test_exit_codes(files: list[Path], tmp_path: Path, words: list[str], code: int) -> None:
    named = {path.name: path for path in files}
    places = {name: tmp_path / name for name in ("bad", "missing", "folder", "class")}
    places["bad"].write_text("this is no DICOM file\n")
    places["folder"].mkdir()
    places |= {"good": named["CT_small.dcm"], "compressed": named["JPEG2000.dcm"]}
    ds = dicomkit.read(places["good"])
    ds.SOPClassUID = "1.2.3.4"
    ds.save(places["class"])
    tool, *rest = [word.format_map(places) for word in words]
    port = free_port()
    with serving([dcmtk("storescp"), "--ignore", str(port)], port, tmp_path / "log"):
        ours, theirs = (run(who, tool, "127.0.0.1", port, *rest) for who in ("dicomkit", "dcmtk"))
    assert theirs.returncode == code
    assert ours.returncode == code, ours.stderr
    assert bool(ours.stderr) == bool(theirs.stderr)


@pytest.mark.parametrize(("sender", "receiver"), PAIRS)
def test_tls(files: list[Path], certificates: Certificates, tmp_path: Path, sender: str, receiver: str) -> None:
    port, folder = free_port(), tmp_path / "received"
    folder.mkdir()

    def tls(pair: tuple[Path, Path]) -> list[str]:
        return ["+tls", str(pair[1]), str(pair[0]), "+cf", str(certificates.ca.certificate)]

    server = [*line(receiver, "storescp"), *tls(certificates.rsa_server), "-od", str(folder), str(port)]
    with serving(server, port, tmp_path / "log"):
        result = run(sender, "storescu", *tls(certificates.client), "127.0.0.1", port, files[0])
        assert result.returncode == 0, result.stderr
        if sender == "dicomkit":  # DCMTK's dcmsend has no TLS
            assert run(sender, "dcmsend", *tls(certificates.client), "127.0.0.1", port, files[0]).returncode == 0
        assert run(sender, "storescu", "127.0.0.1", port, files[0]).returncode != 0
    assert len(list(folder.iterdir())) == 1


SORTING = [["-su", "X"], ["-uf", "-fe", ".dcm"], ["+F"], ["-F"], ["+ti"], ["+tb", "+g"], ["+te", "-e"], ["-u"]]


@pytest.mark.parametrize("options", SORTING, ids=" ".join)
def test_storescp_writes_as_dcmtk_does(files: list[Path], tmp_path: Path, options: list[str]) -> None:
    """The same names and the same data sets, for the same options."""
    wanted = [path for path in files if path.name in ("CT_small.dcm", "rtplan.dcm")]
    folders = {}
    for receiver in ("dcmtk", "dicomkit"):
        port, folder = free_port(), tmp_path / f"{receiver}-received"
        folder.mkdir()
        with serving([*line(receiver, "storescp"), *options, "-od", str(folder), str(port)], port, tmp_path / receiver):
            assert run("dcmtk", "storescu", "-xe", "127.0.0.1", port, *wanted).returncode == 0
        folders[receiver] = {path.relative_to(folder): path for path in folder.rglob("*") if path.is_file()}
    assert set(folders["dicomkit"]) == set(folders["dcmtk"])
    assert len(folders["dicomkit"]) == len(wanted)
    for name, path in folders["dicomkit"].items():
        theirs = folders["dcmtk"][name]
        if "-F" in options:
            assert path.read_bytes() == theirs.read_bytes()
        elif set(options) & {"+ti", "+tb", "-e", "-u"}:
            assert data_set_of(path) == data_set_of(theirs)
        else:
            assert list(dicomkit.diff(dicomkit.read(path), dicomkit.read(theirs))) == []
