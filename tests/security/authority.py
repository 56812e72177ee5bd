"""Certificates for tests, made by `openssl`: nothing of the kind is kept in the repository, and none expires one day."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

_CONFIG = """\
[ca]
default_ca = own
[own]
dir = .
database = index.txt
serial = serial
crlnumber = crlnumber
new_certs_dir = .
certificate = ca.pem
private_key = ca.key
default_md = sha256
default_days = 30
default_crl_days = 30
policy = any
copy_extensions = copy
unique_subject = no
[any]
commonName = supplied
[req]
distinguished_name = name
prompt = no
[name]
CN = unnamed
[root]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[leaf]
basicConstraints = CA:FALSE
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
subjectAltName = DNS:localhost, DNS:pacs.example, IP:127.0.0.1
"""


class Authority:
    """A certification authority in a folder of its own.

    Attributes:
        folder: where its files and those of what it certifies are.
        certificate: its own certificate.
    """

    def __init__(self, folder: Path, name: str, issuer: Authority | None = None) -> None:
        folder.mkdir(parents=True)
        self.folder = folder
        self.certificate = folder / "ca.pem"
        (folder / "ca.cnf").write_text(_CONFIG)
        (folder / "index.txt").touch()
        (folder / "serial").write_text("1000\n")
        (folder / "crlnumber").write_text("1000\n")
        self._key("ca.key", "ec")
        if issuer is None:
            self._run(
                "req", "-x509", "-config", "ca.cnf", "-extensions", "root", "-key", "ca.key", "-days", "30",
                "-subj", f"/CN={name}", "-out", "ca.pem",
            )  # fmt: skip
        else:
            self._run("req", "-new", "-config", "ca.cnf", "-key", "ca.key", "-subj", f"/CN={name}", "-out", "ca.csr")
            issuer.sign(folder / "ca.csr", self.certificate, "root")

    def _run(self, *words: str) -> None:
        subprocess.run(["openssl", *words], cwd=self.folder, check=True, capture_output=True)

    def _key(self, name: str, kind: str) -> None:
        option = {"ec": "ec_paramgen_curve:P-256", "rsa": "rsa_keygen_bits:2048", "weak": "rsa_keygen_bits:1024"}[kind]
        algorithm = "EC" if kind == "ec" else "RSA"
        self._run("genpkey", "-algorithm", algorithm, "-pkeyopt", option, "-out", name)

    def sign(self, request: Path, certificate: Path, extensions: str = "leaf", *dates: str) -> None:
        """Certify a request."""
        self._run(
            "ca", "-batch", "-config", "ca.cnf", "-extensions", extensions, "-notext",
            "-in", str(request), "-out", str(certificate), *dates,
        )  # fmt: skip

    def issue(self, name: str, *, key: str = "ec", expired: bool = False, password: str = "") -> tuple[Path, Path]:
        """A certificate and its key."""
        self._key(f"{name}.key", key)
        self._run("req", "-new", "-config", "ca.cnf", "-key", f"{name}.key", "-subj", f"/CN={name}", "-out", f"{name}.csr")
        dates = ("-startdate", "20200101000000Z", "-enddate", "20200201000000Z") if expired else ()
        self.sign(self.folder / f"{name}.csr", self.folder / f"{name}.pem", "leaf", *dates)
        if password:
            self._run("pkcs8", "-topk8", "-in", f"{name}.key", "-out", f"{name}.p8", "-passout", f"pass:{password}")
            (self.folder / f"{name}.p8").replace(self.folder / f"{name}.key")
        return self.folder / f"{name}.pem", self.folder / f"{name}.key"

    def revoke(self, certificate: Path) -> None:
        self._run("ca", "-config", "ca.cnf", "-revoke", str(certificate))

    def revocation_list(self) -> Path:
        """A list of what has been revoked until now."""
        self._run("ca", "-config", "ca.cnf", "-gencrl", "-out", "ca.crl")
        return self.folder / "ca.crl"

    def der(self, path: Path, *words: str) -> Path:
        """A file in DER; `words` are a command of openssl such as "x509"."""
        target = path.with_suffix(path.suffix + ".der")
        self._run(*words, "-in", str(path), "-outform", "DER", "-out", str(target))
        return target


@dataclass(frozen=True)
class Certificates:
    """Certificates and keys as pairs of paths, and who issued them."""

    ca: Authority
    department: Authority
    other_ca: Authority
    server: tuple[Path, Path]
    rsa_server: tuple[Path, Path]
    client: tuple[Path, Path]
    department_client: tuple[Path, Path]
    foreign_client: tuple[Path, Path]
    expired: tuple[Path, Path]
    revoked: tuple[Path, Path]
    weak: tuple[Path, Path]
    locked: tuple[Path, Path]
    revocation_list: Path


def make_certificates(folder: Path) -> Certificates:
    """All the certificates that tests of TLS need."""
    ca = Authority(folder / "root", "Root CA")
    department = Authority(folder / "department", "Department CA", issuer=ca)
    other_ca = Authority(folder / "other", "Other CA")
    department_client = department.issue("client2")
    # A file with a chain: the certificate, then the authority between it and the root.
    department_client[0].write_bytes(department_client[0].read_bytes() + department.certificate.read_bytes())
    revoked = ca.issue("stolen")
    ca.revoke(revoked[0])
    return Certificates(
        ca=ca,
        department=department,
        other_ca=other_ca,
        server=ca.issue("server"),
        rsa_server=ca.issue("rsa-server", key="rsa"),
        client=ca.issue("client"),
        department_client=department_client,
        foreign_client=other_ca.issue("foreign"),
        expired=ca.issue("expired", expired=True),
        revoked=revoked,
        weak=ca.issue("weak", key="weak"),
        locked=ca.issue("locked", password="open sesame"),
        revocation_list=ca.revocation_list(),
    )
