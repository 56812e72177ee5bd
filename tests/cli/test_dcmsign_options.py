"""The option table of dcmsign, against DCMTK's own; what goes together."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import dicomkit
from dicomkit.cli.dcmsign_options import GROUPS, PARAMETERS
from dicomkit.cli.options import UsageError, help_text, parse

#: Lines that are other than in DCMTK 3.6.7.
OWN_LINES = {
    'dcmfile-in DICOM input filename to be processed ("-" for stdin)',
    'dcmfile-out DICOM output filename ("-" for stdout)',
}


def test_help_is_that_of_dcmtk(peer: Callable[[str], str]) -> None:
    theirs = subprocess.run([peer("dcmsign"), "--help"], capture_output=True, text=True, check=True).stdout.splitlines()
    wanted = [" ".join(line.split()) for line in theirs[theirs.index("parameters:") :] if line]
    ours = [" ".join(line.split()) for line in help_text(GROUPS, PARAMETERS).splitlines() if line]
    assert [line for line in ours if line not in OWN_LINES] == [line for line in wanted if not line.startswith("dcmfile-")]


def test_no_name_twice() -> None:
    names = [name for group in GROUPS for option in group for name in (option.short, option.long) if name]
    assert len(names) == len(set(names))


@pytest.mark.parametrize(
    ("line", "fields"),
    [
        ("", {}),
        ("--verify", {"command": None}),
        ("+s k c", {"command": ("sign", ("k", "c"))}),
        ("+si k c Seq[0]", {"command": ("sign-item", ("k", "c", "Seq[0]"))}),
        ("+t q r u", {"command": ("insert-timestamp", ("q", "r", "u"))}),
        ("+r 1.2", {"command": ("remove", "1.2")}),
        ("+ra", {"command": ("remove-all", None)}),
        ("+ra +s k c", {"command": ("sign", ("k", "c"))}),
        ("+s k c --verify +rg", {"command": None, "policy": "any"}),
        ("+rv", {"policy": ""}),
        ("+cf a +cf b +uf c +cd d +cr e +cl", {
            "trusted_files": ["a", "b"], "untrusted_files": ["c"], "trusted_folders": ["d"], "crl_files": ["e"],
            "check_crls": True,
        }),
        ("+s k c +pc +pb +mr +m2", {"command": ("sign", ("k", "c")), "profile": "base_rsa", "mac": "SHA256"}),
        ("+s k c +sp 18", {"command": ("sign", ("k", "c")), "purpose": 18}),
        ("+s k c +sp 3 -sp", {"command": ("sign", ("k", "c")), "purpose": None}),
        ("+s k c +pw x -pw", {"command": ("sign", ("k", "c")), "password": ""}),
        ("+s k c +ts q u +tm5 -tn -tc +tp 1.2", {
            "command": ("sign", ("k", "c")), "timestamp": ("q", "u"), "timestamp_mac": "SHA512", "nonce": False,
            "certificates": False, "timestamp_policy": "1.2",
        }),
        ("-t Rows -t 10,10 -tf f", {"tags": ["Rows", "10,10"], "tag_file": "f"}),
        ("+uc -der -fo", {"uc": "convert-un", "key_format": "der", "old_format": True}),
    ],
)  # fmt: skip
def test_parse(line: str, fields: dict[str, object]) -> None:
    assert parse(GROUPS, line.split()) == fields


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("+rg +s k c", "--require-sig only allowed with --verify"),
        ("+tr +ra", "--require-ts only allowed with --verify"),
        ("+cf f +r 1", "--add-cert-file only allowed with --verify"),
        ("+pb", "--profile-base only allowed with --sign or --sign-item"),
        ("+pc +si k c l", "--profile-creator only allowed with --sign"),
        ("-pw", "--null-passwd only allowed with --sign or --sign-item"),
        ("+m2 +s k c --verify", "--mac-sha256 only allowed with --sign or --sign-item"),
        ("+sp 19", "--sig-purpose only allowed with --sign or --sign-item"),
        ("+s k c +sp 19", "Invalid value for option --sig-purpose (overflow: 19)"),
        ("+s k c +tm2", "--ts-mac-sha256 only allowed with --timestamp-file"),
        ("+s k c +ts q u -ts +tn", "--ts-use-nonce only allowed with --timestamp-file"),
        ("+d f", "--dump only allowed with --sign or --sign-item"),
        ("+s k", "Missing value for option --sign"),
        ("+te -ti", "--read-xfer-implicit only allowed with --read-dataset"),
    ],
)
def test_usage_errors(line: str, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse(GROUPS, line.split())
    assert str(caught.value) == message


@pytest.mark.parametrize(
    "arguments", [["--help"], ["+lp"], ["a", "b"], ["+pc", "a"], ["/no/such/file"], ["+s", "k", "c", "a"]]
)
def test_what_needs_no_cryptography_does_not_load_it(arguments: list[str]) -> None:
    script = (
        "import sys, io; from dicomkit.cli import run\n"
        f"run(['dcmsign', *{arguments!r}], io.BytesIO(), io.StringIO())\n"
        "print(*sorted({'cryptography', 'asn1crypto', 're', 'enum', 'inspect'} & set(sys.modules)))"
    )
    folder = Path(dicomkit.__file__).parents[1]
    done = subprocess.run([sys.executable, "-S", "-c", script], capture_output=True, check=False, cwd=folder, text=True)
    assert (done.stdout.strip(), done.stderr) == ("", "")
