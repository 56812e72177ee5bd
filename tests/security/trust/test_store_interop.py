"""DCMTK's dcmsign trusts whom dicomkit trusts: files signed by it, verified by it with its options for certificates."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

from dicomkit.security.trust.store import TrustStore
from tests.dcmtk import dcmtk
from tests.security.pki import NOW, Identity, Pki


@pytest.fixture(scope="module")
def signed(pki: Pki, examples_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Files, by the names of who signed them."""
    folder = tmp_path_factory.mktemp("signed")
    names = (
        "rsa",
        "dsa",
        "p256",
        "department",
        "revoked",
        "department_revoked",
        "expired",
        "not_yet",
        "self_signed",
        "foreign",
    )
    found = {}
    for name in names:
        identity: Identity = getattr(pki, name)
        found[name] = folder / f"{name}.dcm"
        words = ["-q", "+s", identity.key_pem, identity.certificate_pem, "+m2", examples_dir / "ct.dcm", found[name]]
        subprocess.run([dcmtk("dcmsign"), *map(str, words)], check=True)
    return found


def trusted_by_dcmtk(path: Path, *options: object) -> bool:
    done = subprocess.run([dcmtk("dcmsign"), "--verify", *map(str, options), str(path)], capture_output=True, text=True)
    said = done.stdout + done.stderr
    assert ("Signature Verification : OK" in said) == (done.returncode == 0), said
    assert done.returncode in (0, 101), said
    return done.returncode == 0


CRLS = {"crls": ("root_crl", "intermediate_crl")}


@pytest.mark.parametrize(
    ("who", "store", "trusted"),
    [
        ("rsa", {"anchors": ("root",)}, True),
        ("dsa", {"anchors": ("root",)}, True),
        ("p256", {"anchors": ("root",)}, True),
        ("rsa", {"anchors": ("stranger",)}, False),
        ("rsa", {"anchors": ()}, False),
        ("rsa", {"anchors": (), "intermediates": ("root",)}, False),
        ("rsa", {"anchors": ("stranger", "root")}, True),
        ("foreign", {"anchors": ("root",)}, False),
        ("foreign", {"anchors": ("root",), "intermediates": ("stranger",)}, False),
        ("department", {"anchors": ("root",)}, False),
        ("department", {"anchors": ("root",), "intermediates": ("intermediate",)}, True),
        ("department", {"anchors": ("root", "intermediate")}, True),
        ("expired", {"anchors": ("root",)}, False),
        ("not_yet", {"anchors": ("root",)}, False),
        ("self_signed", {"anchors": ("self_signed",)}, True),
        ("self_signed", {"anchors": ("root",)}, False),
        ("revoked", {"anchors": ("root",)}, True),
        ("revoked", {"anchors": ("root",), "crls": ("root_crl",)}, False),
        ("rsa", {"anchors": ("root",), "crls": ("root_crl",)}, True),
        ("rsa", {"anchors": ("root",), "crls": ("intermediate_crl",)}, False),
        ("rsa", {"anchors": ("root",), "crls": ()}, False),
        ("department", {"anchors": ("root",), "intermediates": ("intermediate",), **CRLS}, True),
        ("department", {"anchors": ("root",), "intermediates": ("intermediate",), "crls": ("intermediate_crl",)}, True),
        ("department", {"anchors": ("root",), "intermediates": ("intermediate",), "crls": ("root_crl",)}, False),
        ("department_revoked", {"anchors": ("root",), "intermediates": ("intermediate",), **CRLS}, False),
        ("self_signed", {"anchors": ("self_signed",), "crls": ("root_crl",)}, False),
    ],
)
def test_files(pki: Pki, signed: dict[str, Path], who: str, store: dict[str, Any], trusted: bool) -> None:
    options: list[object] = []
    for option, part in (("+cf", "anchors"), ("+uf", "intermediates")):
        for name in store.get(part, ()):
            options += [option, getattr(pki, name).certificate_pem]
    for name in store.get("crls", ()):
        options += ["+cr", getattr(pki, name).pem]
    options += ["+cl"] if "crls" in store else []
    ours = TrustStore(
        [getattr(pki, name).certificate_pem for name in store["anchors"]],
        intermediates=[getattr(pki, name).certificate_pem for name in store.get("intermediates", ())],
        crls=[getattr(pki, name).pem for name in store.get("crls", ())],
        require_crls="signer" if "crls" in store else False,
    )
    assert ours.check(getattr(pki, who).certificate, NOW, purpose="signature").trusted == trusted
    assert trusted_by_dcmtk(signed[who], *options) == trusted


@pytest.fixture
def folder(pki: Pki, tmp_path: Path) -> Path:
    """A folder with hashed names, as `openssl rehash` makes it."""
    for name, path in (
        ("root.pem", pki.root.certificate_pem),
        ("ca.pem", pki.intermediate.certificate_pem),
        ("a.crl", pki.root_crl.pem),
        ("b.crl", pki.intermediate_crl.pem),
    ):
        (tmp_path / name).write_bytes(path.read_bytes())
    subprocess.run(["openssl", "rehash", str(tmp_path)], check=True, capture_output=True)
    assert len([path for path in tmp_path.iterdir() if len(path.stem) == 8]) == 4
    return tmp_path


@pytest.mark.parametrize("linked", [True, False])
@pytest.mark.parametrize(
    ("who", "trusted"),
    [("rsa", True), ("department", True), ("revoked", False), ("department_revoked", False), ("foreign", False)],
)
def test_folder(pki: Pki, signed: dict[str, Path], folder: Path, who: str, trusted: bool, linked: bool) -> None:
    if not linked:  # the hashed names only
        for path in list(folder.iterdir()):
            if path.is_symlink():
                data = path.read_bytes()
                path.unlink()
                path.write_bytes(data)
        for path in list(folder.iterdir()):
            if len(path.stem) != 8:
                path.unlink()
    store = TrustStore(folder, require_crls=True)
    assert store.check(getattr(pki, who).certificate, NOW, purpose="signature").trusted == trusted
    assert trusted_by_dcmtk(signed[who], "+cd", folder, "+cl") == trusted


def test_authority_that_is_no_root(pki: Pki, signed: dict[str, Path]) -> None:
    """Trusted here because it is named; DCMTK wants the root above it."""
    store = TrustStore(pki.intermediate.certificate_pem)
    assert store.check(pki.department.certificate, NOW, purpose="signature").trusted
    assert not trusted_by_dcmtk(signed["department"], "+cf", pki.intermediate.certificate_pem)
