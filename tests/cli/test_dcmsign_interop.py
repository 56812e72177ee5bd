"""`dicomkit dcmsign` and dcmsign of DCMTK 3.6.7: the same command lines give the same messages and exit codes, and what one
of them signs the other verifies.

A difference is an error unless it is listed here with its reason.
"""

from __future__ import annotations

import io
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

import dicomkit
from dicomkit.cli import run

if TYPE_CHECKING:
    from tests.security.pki import Pki

#: What is in the messages, but is another one each time.
VOLATILE = [
    (r"2\.25\.\d+|1\.2\.276\.0\.7230010\.3\.1\.4[\d.]+", "<UID>"),
    (r"\d{14}(\.\d{6}[+-]\d{4}|Z)", "<time>"),
    (r"(Serial number|Nonce) +: \w+", r"\1"),
    (r"^\$d(cmtk|icomkit): .*\n\n", ""),
    (r"^dcmsign: .*\n", ""),
]

#: Lines that only dicomkit prints -> why.
OURS = {
    r"I:   Elements (covered|outside) +: .*": "what a signature covers",
    r"I:   Remark +: .*": "why, in more words",
    r"W:   Signature Location .*nothing valid around the item covers it.*": "a signature of an item may come from elsewhere",
    r"W:   the MAC algorithm (SHA1|MD5) is weak": "it should be known",
    r"W: Certificate contains a weak key: RSA, 1024 bits": "DCMTK warns of keys of less than 1024 bits",
    r"W:?.* demands that the signature states its purpose.*": "PS3.15 C.4",
    r"W: unable to load certificates from directory .*": "DCMTK says nothing of a directory that is not there",
    r"E: (No such file or directory|no certificate in it|wrong password.*)": "why a key cannot be read",
    r"E: the Structured Report RSA Digital Signature Profile.*": "why the data set is not suitable",
    r"W: List of attributes to be signed contains unsignable element .*": "which, and why",
    r"E: transfer syntax .* would have to be decompressed first": "why there is no conversion",
}  # fmt: skip
#: Lines of DCMTK that dicomkit does not print -> why.
THEIRS = {
    r"I:   Signature contains unsignable element .*": "it is in the remark",
    r"[WE]: Dcm(Item|Element): .*": "of a file that is none",
}


class Outcome(NamedTuple):
    """What a command did."""

    code: int
    messages: list[str]


class Both:
    """Runs command lines with DCMTK's dcmsign and with ours; `@` in them becomes the folder that each has for itself."""

    def __init__(self, dcmsign: str, folder: Path, names: dict[str, Path]) -> None:
        self.dcmsign = dcmsign
        self.folders = [folder / "theirs", folder / "ours"]
        for one in self.folders:
            one.mkdir()
        self.names = names

    def words(self, line: str, folder: Path) -> list[str]:
        return [word.replace("@", f"{folder}{os.sep}") for word in shlex.split(line.format(**self.names))]

    def theirs(self, line: str, folder: Path | None = None) -> Outcome:
        """DCMTK's dcmsign."""
        folder = folder or self.folders[0]
        done = subprocess.run(
            [self.dcmsign, *self.words(line, folder)], capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL
        )
        return Outcome(done.returncode, cleaned(done.stderr, folder, THEIRS))

    def ours(self, line: str, folder: Path | None = None) -> Outcome:
        """Ours."""
        folder = folder or self.folders[1]
        out, err = io.BytesIO(), io.StringIO()
        code = run(["dcmsign", *self.words(line, folder)], out, err)
        return Outcome(code, cleaned(err.getvalue(), folder, OURS))

    def same(self, line: str) -> Outcome:
        """Run a line with both, each in its folder: they do the same."""
        theirs, ours = self.theirs(line), self.ours(line)
        assert ours == theirs, line
        return ours

    def differ(self, line: str, codes: tuple[int, int], ours: str) -> None:
        """Run a line with both: the exit codes are these, and a line of ours is this."""
        found = self.theirs(line), self.ours(line)
        assert (found[0].code, found[1].code) == codes, line
        assert ours in found[1].messages, line


def cleaned(text: str, folder: Path, dropped: dict[str, str]) -> list[str]:
    """The lines of messages, without what is another each time and what is known to differ."""
    text = text.replace(f"{folder}{os.sep}", "@")
    for pattern, replacement in VOLATILE:
        text = re.sub(pattern, replacement, text, flags=re.MULTILINE)
    return [line for line in text.splitlines() if not any(re.fullmatch(pattern, line) for pattern in dropped)]


@pytest.fixture
def both(pki: Pki, examples_dir: Path, peer: Callable[[str], str], tmp_path: Path) -> Both:
    """With names for keys and certificates, `key_rsa` and `rsa`, and for the examples."""
    names: dict[str, Path] = {path.stem: path for path in examples_dir.glob("*.dcm")}
    for name in (
        "rsa",
        "p256",
        "p384",
        "dsa",
        "rsa1024",
        "expired",
        "not_yet",
        "revoked",
        "self_signed",
        "foreign",
        "department",
    ):
        identity = getattr(pki, name)
        names |= {name: identity.certificate_pem, f"key_{name}": identity.key_pem}
    names |= {"root": pki.root.certificate_pem, "root_der": pki.root.certificate_der, "crl": pki.root_crl.pem}
    names |= {"rsa_der": pki.rsa.certificate_der, "key_der": pki.rsa.key_der, "locked": pki.rsa.key_locked}
    names |= {"between": pki.intermediate.certificate_pem, "tsa": pki.tsa.certificate_pem}
    names |= {"between_crl": pki.intermediate_crl.pem}
    return Both(peer("dcmsign"), tmp_path, names)


S = "+s {key_rsa} {rsa}"


def test_usage(both: Both) -> None:
    for line in (
        "{ct} out.dcm", "a b c", "+s {key_rsa} {rsa} {ct}", "+s {key_rsa}", "+si a b c x", "+t a b c x", "+ra x", "+r 1 x",
        "+pc {ct}", "+pc +si {key_rsa} {rsa} ContentSequence[0] {report} o", "--verify-ts +s {key_rsa} {rsa} {ct} o",
        "+tm2 {ct}", "+tm2 +s {key_rsa} {rsa} {ct} o", "+sp 19 {ct}", "+sp 0 +s {key_rsa} {rsa} {ct} o",
        "+sp 19 +s {key_rsa} {rsa} {ct} o", "+sp x +s {key_rsa} {rsa} {ct} o", "+d dump {ct}", "-x {ct}",
        "-t Foo +s {key_rsa} {rsa} {ct} o", "-t '(10,10)' +s {key_rsa} {rsa} {ct} o", "-te {ct}",
    ):  # fmt: skip
        assert both.same(line).code == 1, line


def test_input_and_keys(both: Both) -> None:
    assert both.same("''").code == 21
    for line in (
        "nofile", "+s nokey {rsa} {ct} @o", "+s {key_rsa} nocert {ct} @o", "+s {rsa} {key_rsa} {ct} @o",
        "+s {locked} {rsa} +pw wrong {ct} @o", "+s {locked} {rsa} -pw {ct} @o",
    ):  # fmt: skip
        assert both.same(line).code == 20, line
    assert both.same("+s {key_rsa} {root} {ct} @o").code == 85
    assert both.same("+s {key_rsa} {root} -v {ct} @o").code == 85
    for line in (
        "+s {locked} {rsa} +pw 'open sesame' {ct} @o", "+s {key_rsa} {rsa} +pw unneeded {ct} @o",
        "-der +s {key_der} {rsa_der} {ct} @o",
    ):  # fmt: skip
        assert both.same(line).code == 0, line
        assert both.same("-v -der +cf {root_der} @o").code == 0, line


def test_trust(both: Both) -> None:
    for name, line, code in (
        ("rsa", "+cf {root}", 0),
        ("rsa", "-v +cf {root}", 0),
        ("rsa", "", 101),
        ("rsa", "-v", 101),
        ("rsa", "+cf {root} +cr {crl}", 0),
        ("rsa", "+cf {root} +cl", 101),
        ("rsa", "+cf none +uf none +cd none", 101),
        ("rsa", "-v +cf {root} +tr", 101),
        ("p256", "-v +cf {root}", 0),
        ("p384", "-v +cf {root}", 0),
        ("dsa", "-v +cf {root}", 0),
        ("rsa1024", "-v +cf {root}", 0),
        ("expired", "-v +cf {root}", 101),
        ("not_yet", "-v +cf {root}", 101),
        ("revoked", "-v +cf {root}", 0),
        ("revoked", "-v +cf {root} +cr {crl}", 101),
        ("self_signed", "+cf {root}", 101),
        ("self_signed", "+cf {self_signed}", 0),
        ("foreign", "+cf {root}", 101),
        ("department", "+cf {root}", 101),
        ("department", "-v +cf {root} +uf {between}", 0),
        ("department", "+cf {root} +uf {between} +cl", 101),
        ("department", "+cf {root} +uf {between} +cr {crl} +cr {between_crl}", 0),
    ):
        if not (both.folders[1] / name).exists():
            assert both.same(f"+s {{key_{name}}} {{{name}}} {{ct}} @{name}").code == 0
        assert both.same(f"{line} @{name}").code == code, (name, line)


def test_trust_that_differs(both: Both) -> None:
    both.same(f"{S} {{ct}} @rsa")
    missing = (
        "W:   Signature Verification : signature is OK but certificate verification failed: unable to get certificate CRL"
    )
    both.differ("+cf {root} +cr none @rsa", (0, 101), missing)  # a list that was asked for and cannot be read
    both.differ("+cf {rsa} @rsa", (101, 0), "W:   Signature Verification : OK")  # who is trusted needs nobody above


def test_policies(both: Both) -> None:
    for line in ("", "-v", "+rv"):
        assert both.same(f"{line} {{ct}}").code == 0
    for line in ("+rg", "+rc", "+ru", "+rs"):
        assert both.same(f"{line} {{ct}}").code == 100
    both.same(f"{S} {{ct}} @all")
    both.same(f"{S} -t PatientName -t Rows {{ct}} @few")
    both.same(f"{S} +pr +sp 1 {{report}} @report")
    for line, code in (
        ("+rg +cf {root} @few", 0),
        ("+rc +cf {root} @all", 0),
        ("+rc +cf {root} @few", 102),
        ("+rc @few", 102),
        ("+rc @all", 101),
        ("+ru +cf {root} @all", 0),
        ("-v +ru +cf {root} @few", 102),
        ("+rs +cf {root} @all", 102),
        ("-v +rs +cf {root} @report", 0),
    ):
        assert both.same(line).code == code, line


def test_profiles(both: Both) -> None:
    for line, code in (
        (f"+pb {S} {{ct}}", 0),
        (f"+pc {S} {{ct}}", 0),
        (f"+pc -t PatientName {S} {{ct}}", 0),
        (f"+pa {S} {{ct}}", 0),
        (f"+pa -t PatientName {S} {{enhanced}}", 0),
        (f"+pr {S} {{report}}", 0),
        (f"+pr +sp 2 {S} {{report}}", 0),
        (f"+pr {S} {{ct}}", 85),
        (f"+pv {S} {{report}}", 85),
        ("+pb +s {key_p256} {p256} {ct}", 85),
        ("+pc +s {key_dsa} {dsa} {ct}", 85),
        ("+pb +si {key_rsa} {rsa} ContentSequence[0] {report}", 0),
    ):
        assert both.same(f"{line} @o").code == code, line
        if not code:
            assert both.same("-v +cf {root} @o").code == 0, line


def test_verification_signature(both: Both, examples_dir: Path) -> None:
    ds = dicomkit.read(examples_dir / "report.dcm")
    ds.VerificationFlag = "VERIFIED"
    ds.VerifyingObserverSequence = [
        dicomkit.Dataset(VerifyingOrganization="H", VerificationDateTime="20260101", VerifyingObserverName="Doe^Jane")
    ]
    for folder in both.folders:
        ds.save(folder / "verified")
    assert both.same(f"+pv +sp 3 {S} @verified @o").code == 0
    assert "Signature purpose           : Verification Signature (5, ASTM-sigpurpose)" in str(both.ours("-v @o").messages)
    assert both.same("-v +rs +cf {root} @o").code == 0
    assert both.same(f"+pr {S} @verified @p").code == 0
    assert both.same(f"+pr {S} @o @p").code == 0


def test_tags_and_items(both: Both, tmp_path: Path) -> None:
    for name, text in (
        ("good", "PatientName  (10,20)\n(0008,0005)(8,8) Rows\n"), ("period", "PatientName.Rows"), ("word", "Rows Nothing"),
    ):  # fmt: skip
        (tmp_path / name).write_text(text)
        both.names[name] = tmp_path / name
    for line, code in (
        (f"-t 10,10 -t Rows {S} {{ct}}", 0),
        (f"-tf {{good}} -t PixelData {S} {{ct}}", 0),
        (f"-tf nofile {S} {{ct}}", 30),
        (f"-tf {{period}} {S} {{ct}}", 86),
        (f"-tf {{word}} {S} {{ct}}", 86),
        (f"-t ContentSequence -t Rows -t PatientOrientation {S} {{ct}}", 85),
        (f"-t 0009,1001 {S} {{ct_implicit}}", 85),
        ("+si {key_rsa} {rsa} (0040,a730)[1] {report}", 0),
        ("+si {key_rsa} {rsa} ContentSequence[0].ConceptNameCodeSequence[0] -t CodeValue {report}", 0),
        *[
            (f"+si {{key_rsa}} {{rsa}} '{location}' {{report}}", 85)
            for location in (
                "A[0]", "ContentSequence[0].ContentSequence[9]", "ContentSequence[90]", "ContentSequence", "PatientName[0]",
                "ContentSequence.1", "ContentSequence[0].", "", "(0040,a731)[0]", "[0]", "ContentSequence[x]",
            )
        ],
    ):  # fmt: skip
        assert both.same(f"{line} @o").code == code, line
        if not code:
            assert both.same("-v +cf {root} @o").code == 0, line


def test_several_and_removing(both: Both) -> None:
    assert both.same("+si {key_rsa} {rsa} ContentSequence[0] {report} @1").code == 0
    assert both.same("+si {key_p256} {p256} ContentSequence[0] +m2 @1 @2").code == 0
    assert both.same("+s {key_dsa} {dsa} +m5 @2 @3").code == 0
    # In what is signed already: signatures are no part of what others sign.
    assert both.same("+si {key_p384} {p384} ContentSequence[2] +m3 @3 @4").code == 0
    for name in "1234":
        assert both.same(f"-v +cf {{root}} @{name}").code == 0, name
    assert both.same("+r 1.2.3 @3 @o").code == 84
    uids = []
    for folder in both.folders:
        item = dicomkit.read(folder / "3").ContentSequence[0]
        uids.append(item.DigitalSignaturesSequence[0].DigitalSignatureUID)
    assert both.theirs(f"-v +r {uids[0]} @3 @o") == both.ours(f"-v +r {uids[1]} @3 @o")
    assert both.same("-v +cf {root} @o").code == 0
    assert len(both.ours("@o").messages) == 2 * len(both.ours("@3").messages) // 3
    assert both.same("-v +ra @3 @none").code == 0
    assert both.same("-v @none").code == 0
    assert both.same("-v +ra {ct} @none").code == 0
    assert dicomkit.read(both.folders[1] / "none") == dicomkit.read(both.names["ct"])


def test_writing(both: Both) -> None:
    for line, code in (
        (f"+ti {S} {{rtstruct}} @o", 0),
        (f"+tb -e {S} {{ct}} @o", 0),
        (f"+te {S} {{ct_big_endian}} @o", 0),
        (f"{S} {{rle}} @o", 0),
        (f"-uc {S} {{ct_implicit}} @o", 0),
        (f"-fo {S} {{ct}} @o", 0),
        (f"+te {S} {{rle}} @o", 40),
        (f"+d /no/such/folder/dump {S} {{ct}} @o", 46),
    ):
        assert both.same(line).code == code, line
        if not code:
            assert both.same("-v +cf {root} @o").code == 0, line
    assert both.theirs(f"{S} {{ct}} /no/o").code == both.ours(f"{S} {{ct}} /no/o").code == 40


def test_dumped_bytes_are_the_same(both: Both) -> None:
    for name in ("ct", "ct_implicit", "ct_big_endian", "rle", "enhanced", "report", "rtstruct", "japanese"):
        assert both.same(f"+d @dump {S} {{{name}}} @o").code == 0
        theirs, ours = ((folder / "dump").read_bytes() for folder in both.folders)
        # What follows the elements of the data set is of the signature: MAC ID Number, UID, time, certificate type.
        end = theirs.index(b"\x00\x04\x05\x00US\x02\x00")
        assert ours[:end] == theirs[:end], name
        assert ours[end : end + 10] == theirs[end : end + 10]


# -- what one signs the other verifies

KEYS = ("rsa", "p256", "p384", "dsa")
MACS = ("+mr", "+ms", "+mm", "+m2", "+m3", "+m5")
FILES = ("ct", "ct_implicit", "ct_big_endian", "rle", "enhanced", "report", "rtstruct", "ct_deflated")
PAIRS = [(key, option) for key in KEYS for option in MACS if key == "rsa" or option in ("+ms", "+m2", "+m5")]


@pytest.mark.parametrize(("key", "option"), PAIRS)
def test_each_verifies_the_other(both: Both, key: str, option: str) -> None:
    name = FILES[PAIRS.index((key, option)) % len(FILES)]
    line = f"{option} +s {{key_{key}}} {{{key}}} {{{name}}} @o"
    verify = "-v +cf {root} @"
    assert both.same(line).code == 0
    theirs, ours = both.folders
    assert both.theirs(f"{verify}o", ours) == both.ours(f"{verify}o", ours)
    assert both.theirs(f"{verify}o", theirs) == both.ours(f"{verify}o", theirs)
    assert both.ours(f"{verify}o", ours).code == both.ours(f"{verify}o", theirs).code == 0
    for folder in both.folders:
        ds = dicomkit.read(folder / "o")
        ds.PatientID = f"{ds.PatientID}1"
        ds.save(folder / "p")
        assert both.theirs(f"{verify}p", folder) == both.ours(f"{verify}p", folder)
        assert both.ours(f"{verify}p", folder).code == 101


def test_what_is_outside_may_change(both: Both) -> None:
    assert both.same(f"-t PatientName -t ContentSequence {S} {{report}} @o").code == 0
    for folder in both.folders:
        for change, code in (("PatientID", 0), ("PatientName", 101)):
            ds = dicomkit.read(folder / "o")
            ds[change] = "X"
            ds.save(folder / "p")
            assert both.theirs("+cf {root} @p", folder).code == both.ours("+cf {root} @p", folder).code == code, change


#: What is damaged -> element of the signature or of its MAC parameters, and its new value (None: none).
DAMAGE = {
    "certificate": ("DigitalSignaturesSequence", "CertificateOfSigner", b"0123456789"),
    "no certificate": ("DigitalSignaturesSequence", "CertificateOfSigner", None),
    "certificate type": ("DigitalSignaturesSequence", "CertificateType", "X509_2093_SIG"),
    "signature": ("DigitalSignaturesSequence", "Signature", b"0123456789"),
    "no signature": ("DigitalSignaturesSequence", "Signature", None),
    "MAC ID of the signature": ("DigitalSignaturesSequence", "MACIDNumber", 7),
    "time": ("DigitalSignaturesSequence", "DigitalSignatureDateTime", "20200101000000.000000+0000"),
    "UID": ("DigitalSignaturesSequence", "DigitalSignatureUID", "1.2.3"),
    "no MAC ID": ("MACParametersSequence", "MACIDNumber", None),
    "MAC algorithm": ("MACParametersSequence", "MACAlgorithm", "SHA3"),
    "another MAC algorithm": ("MACParametersSequence", "MACAlgorithm", "SHA1"),
    "no MAC algorithm": ("MACParametersSequence", "MACAlgorithm", None),
    "elements": ("MACParametersSequence", "DataElementsSigned", (0x00100010,)),
    "no elements": ("MACParametersSequence", "DataElementsSigned", ()),
    "transfer syntax": ("MACParametersSequence", "MACCalculationTransferSyntaxUID", "1.2.840.10008.1.2.2"),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_damaged_signatures(both: Both, damage: str) -> None:
    sequence, keyword, value = DAMAGE[damage]
    both.same(f"{S} {{ct}} @o")
    for folder in both.folders:
        ds = dicomkit.read(folder / "o")
        item = ds[sequence].value[0]
        if value is None:
            del item[keyword]
        else:
            item[keyword] = value
        ds.save(folder / "p")
        theirs, ours = both.theirs("+cf {root} @p", folder), both.ours("+cf {root} @p", folder)
        assert theirs.code == ours.code == 101
        assert ours.messages[-1] in theirs.messages


# -- time-stamps

TSA = """\
[tsa]
default_tsa = one
[one]
serial = {folder}/serial
signer_digest = sha256
default_policy = 1.2.3.4.1
other_policies = 1.2.3.4.5
digests = sha1, sha256, sha384, sha512, ripemd160
accuracy = secs:1, millisecs:500, microsecs:100
ordering = yes
tsa_name = yes
ess_cert_id_chain = no
"""


@pytest.fixture
def stamp(pki: Pki, peer: Callable[[str], str], tmp_path: Path) -> Callable[..., None]:
    """Answers a query of each folder, as the authority `pki.tsa`."""
    (tmp_path / "tsa.cnf").write_text(TSA.format(folder=tmp_path))
    command = [
        peer("openssl"), "ts", "-reply", "-config", tmp_path / "tsa.cnf", "-signer", pki.tsa.certificate_pem,
        "-inkey", pki.tsa.key_pem, "-chain", pki.root.certificate_pem,
    ]  # fmt: skip

    def answer(both: Both, query: str, response: str) -> None:
        for folder in both.folders:
            files: list[Any] = ["-queryfile", folder / query, "-out", folder / response]
            subprocess.run([*command, *files], capture_output=True, check=True)

    return answer


@pytest.mark.parametrize(
    ("key", "options"),
    [("rsa", ""), ("p256", "+tm3 -tn -tc"), ("dsa", "+tm5 +tp 1.2.3.4.5"), ("p384", "+tmr"), ("rsa", "+tms -tc")],
)
def test_timestamp(both: Both, stamp: Callable[..., None], key: str, options: str) -> None:
    assert both.same(f"-v +s {{key_{key}}} {{{key}}} +ts @q @u {options} {{ct}} @1").code == 0
    stamp(both, "q", "r")
    assert both.same("-v +t @q @r @u @1 @2").code == 0
    for line, code in (
        ("+cf {root} +uf {tsa}", 0),
        ("-v +cf {root} +uf {tsa}", 0),
        ("-v -tv +cf {root}", 0),
        ("+tr +cf {root} +uf {tsa}", 0),
        ("", 101),
    ):
        assert both.same(f"{line} @2").code == code, line
        assert both.theirs(f"{line} @2", both.folders[1]) == both.ours(f"{line} @2", both.folders[1])
    assert both.same("-v +cf {root} @1").code == 0
    assert both.same("-v +tr +cf {root} @1").code == 101
    assert both.same("-v -tv +cf {root} @1").code == 0
    if "-tc" in options:
        assert both.theirs("+cf {root} @2").code == both.ours("+cf {root} @2").code == 101


def test_timestamp_of_an_item(both: Both, stamp: Callable[..., None]) -> None:
    assert both.same("+si {key_dsa} {dsa} ContentSequence[1] +ts @q @u {report} @1").code == 0
    stamp(both, "q", "r")
    assert both.same("+t @q @r @u @1 @2").code == 0
    assert both.same("-v +tr +cf {root} @2").code == 0


def test_timestamp_files_that_do_not_fit(both: Both, stamp: Callable[..., None]) -> None:
    for number in "12":
        assert both.same(f"{S} +ts @q{number} @u{number} {{ct}} @{number}").code == 0
        stamp(both, f"q{number}", f"r{number}")
    for line, code in (
        ("@q2 @r2 @u1 @1", 87),
        ("@q2 @r2 @u2 @1", 84),
        ("@q1 @q1 @u1 @1", 32),
        ("@q1 @r1 @q1 @1", 33),
        ("@q1 @r1 nofile @1", 33),
        ("@q1 @r1 {ct} @1", 33),
        ("@q1 nofile @u1 @1", 32),
        ("@r1 @r1 @u1 @1", 31),
        ("nofile @r1 @u1 @1", 31),
    ):
        assert both.same(f"+t {line} @o").code == code, line
    assert both.theirs("+t @q1 @r2 @u1 @1 @o").code == both.ours("+t @q1 @r2 @u1 @1 @o").code == 87
    for line in ("+ts /no/q @u", "+ts @q @u +tp foo.bar", "+ts @q @u +tp 9.9"):
        assert both.same(f"{S} {line} {{ct}} @o").code == 85, line
    assert both.same(f"{S} +ts @q @u +tp 1.2.3.4.9 {{ct}} @1").code == 0  # a policy that the authority does not have
    stamp(both, "q", "r")
    assert both.theirs("+t @q @r @u @1 @o").code == both.ours("+t @q @r @u @1 @o").code == 87


def test_a_timestamp_outlives_the_certificate(both: Both, stamp: Callable[..., None], pki: Pki) -> None:
    """Of a certificate that expires while this test runs."""
    import datetime as dt
    import time

    last = dt.datetime.now(dt.UTC).replace(microsecond=0) + dt.timedelta(seconds=2)
    identity = pki.issue("Short signer", pki.root, key=pki.rsa.key, last=last)
    both.names |= {"short": identity.certificate_pem, "key_short": identity.key_pem}
    assert both.same("+s {key_short} {short} +ts @q @u {ct} @1").code == 0
    stamp(both, "q", "r")
    assert both.same("+t @q @r @u @1 @2").code == 0
    time.sleep(max(0, (last - dt.datetime.now(dt.UTC)).total_seconds() + 1.1))
    assert both.same("+cf {root} @1").code == 101
    assert both.same("-v +cf {root} @2").code == 0
    assert both.same("-v -tv +cf {root} @2").code == 101


# -- as processes


def test_both_as_processes(both: Both) -> None:
    theirs, ours = both.folders
    command = [sys.executable, "-m", "dicomkit", "dcmsign"]
    root = Path(dicomkit.__file__).parents[1]

    def process(line: str, folder: Path) -> subprocess.CompletedProcess[str]:
        words = both.words(line, folder)
        return subprocess.run([*command, *words], capture_output=True, text=True, check=False, cwd=root)

    assert process(f"+m2 {S} {{ct}} @o", ours).returncode == 0
    assert both.theirs("+rg +cf {root} @o", ours) == Outcome(
        0, ["W: Signature #1 UID=<UID>", "W:   Signature Verification : OK"]
    )
    assert both.theirs(f"+m2 {S} {{ct}} @o", theirs).code == 0
    done = process("+rg +cf {root} @o", theirs)
    assert (done.returncode, done.stdout) == (0, "")
    assert cleaned(done.stderr, theirs, {}) == ["W: Signature #1 UID=<UID>", "W:   Signature Verification : OK"]
    assert process("+rc @o", theirs).returncode == 101
