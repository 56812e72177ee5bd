"""Time-stamps made by `openssl ts` and `openssl cms`, and how to change what is in them and sign it again."""

from __future__ import annotations

import functools
import itertools
import shutil
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from asn1crypto import cms, core, parser, tsp  # type: ignore[import-untyped]  # asn1crypto has no types
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from tests.conftest import missing
from tests.security.pki import Identity

POLICY = "1.3.6.1.4.1.99999.1"
OTHER_POLICY = "1.3.6.1.4.1.99999.5"

#: MAC Algorithm -> name of openssl
DIGESTS = {name: name.lower() for name in ("SHA256", "SHA384", "SHA512", "RIPEMD160", "SHA1", "MD5")}

_CONFIG = """\
[ tsa ]
default_tsa = authority
[ authority ]
"""

_numbers = itertools.count()


@functools.cache
def _openssl() -> str:
    return shutil.which("openssl") or missing("openssl is not installed")


def openssl(*words: str | Path, data: bytes = b"") -> bytes:
    """What a command of openssl prints; it must succeed. A test whose openssl is not installed is skipped."""
    done = subprocess.run([_openssl(), *map(str, words)], input=data, capture_output=True)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


def scratch(folder: Path, data: bytes, suffix: str = "") -> Path:
    """A new file."""
    path = folder / f"scratch{next(_numbers)}{suffix}"
    path.write_bytes(data)
    return path


class Authority:
    """A time-stamp authority that is `openssl ts -reply`.

    Args:
        folder: where its files may be.
        identity: its key and certificate.
        chain: certificates that it adds to its own.
        options: of the configuration file, such as `ess_cert_id_alg="sha256"`; see openssl-ts(1).
    """

    def __init__(self, folder: Path, identity: Identity, *, chain: Sequence[Identity] = (), **options: str) -> None:
        self.folder = folder / f"authority{next(_numbers)}"
        self.folder.mkdir()
        self.identity = identity
        self._chain: list[str] = []
        if chain:
            path = self.folder / "chain.pem"
            path.write_bytes(b"".join(one.certificate_pem.read_bytes() for one in chain))
            self._chain = ["-chain", str(path)]
        lines = {
            "serial": str(self.folder / "serial"),
            "default_policy": POLICY,
            "other_policies": OTHER_POLICY,
            "digests": ", ".join(DIGESTS.values()),
            "signer_digest": "sha256",
            **options,
        }
        self._config = self.folder / "tsa.cnf"
        self._config.write_text(_CONFIG + "".join(f"{name} = {value}\n" for name, value in lines.items()))
        (self.folder / "serial").write_text("1001\n")

    def reply(self, query: bytes, *words: str) -> bytes:
        """The response to a query."""
        path = scratch(self.folder, query, ".tsq")
        return openssl(
            "ts", "-reply", "-config", self._config, "-queryfile", path, "-signer", self.identity.certificate_pem,
            "-inkey", self.identity.key_pem, *self._chain, *words,
        )  # fmt: skip

    def token(self, data: bytes, digest: str = "sha256", *words: str) -> bytes:
        """A token for data, to a query with a nonce and the wish for certificates."""
        return self.reply(query(data, f"-{digest}", "-cert", *words), "-token_out")


def query(data: bytes, *words: str) -> bytes:
    """A query by `openssl ts -query`."""
    return openssl("ts", "-query", *words, data=data)


def text_of(folder: Path, response: bytes, *words: str) -> str:
    """How `openssl ts` shows a response, or with `-token_in` a token."""
    return openssl("ts", "-reply", "-in", scratch(folder, response), "-text", *words).decode()


def verified(folder: Path, token: bytes, data: bytes, root: Identity, *words: str) -> bool:
    """Whether `openssl ts -verify` accepts a token for data."""
    command = [_openssl(), "ts", "-verify", "-token_in", "-in", str(scratch(folder, token))]
    command += ["-data", str(scratch(folder, data)), "-CAfile", str(root.certificate_pem), *words]
    return subprocess.run(command, capture_output=True).returncode == 0


def signed_message(folder: Path, info: bytes, signers: Sequence[Identity], *words: str, kind: str = "") -> bytes:
    """CMS signed data by `openssl cms`, with the identifier of the certificate (version 2) if `-cades` is among the words.

    Args:
        folder: where files may be.
        info: the content.
        signers: who signs.
        words: further options.
        kind: object identifier of the content type; "": TSTInfo.
    """
    named = [word for one in signers for word in ("-signer", str(one.certificate_pem), "-inkey", str(one.key_pem))]
    return openssl(
        "cms", "-sign", "-binary", "-nodetach", "-nosmimecap", "-outform", "DER", "-md", "sha256",
        "-econtent_type", kind or "1.2.840.113549.1.9.16.1.4", "-in", scratch(folder, info), *named, *words,
    )  # fmt: skip


Change = Callable[[Any], object]  # Any: asn1crypto has no types


def info_of(token: bytes, change: Change = lambda info: None) -> bytes:
    """TSTInfo of a token, changed."""
    info = tsp.TSTInfo.load(bytes(cms.ContentInfo.load(token)["content"]["encap_content_info"]["content"]))
    change(info)
    data: bytes = info.dump(force=True)
    return data


def changed(
    token: bytes,
    signer: Identity,
    *,
    info: Change = lambda info: None,
    time: bytes = b"",
    attributes: Change = lambda attributes: None,
    data: Change = lambda data: None,
) -> bytes:
    """A token that was changed, and signed again by its signer.

    Args:
        token: a token with one signature.
        signer: who signs.
        info: changes TSTInfo.
        time: becomes its time, whatever that is.
        attributes: changes the list of signed attributes; the digest of the content is right by then.
        data: changes SignedData at last, when it is signed.
    """
    message = cms.ContentInfo.load(token)
    signed = message["content"]
    content = info_of(token, info)
    if time:
        inside = tsp.TSTInfo.load(content)
        before = inside["gen_time"].dump()
        content = parser.emit(0, 1, 16, inside.contents.replace(before, parser.emit(0, 0, before[0], time)))
    signed["encap_content_info"]["content"] = core.ParsableOctetString(content)
    one = signed["signer_infos"][0]
    name = one["digest_algorithm"]["algorithm"].native
    algorithm = {"sha1": hashes.SHA1(), "sha256": hashes.SHA256(), "sha384": hashes.SHA384(), "md5": hashes.MD5()}[name]
    digest = hashes.Hash(algorithm)
    digest.update(content)
    kept = [one for one in one["signed_attrs"] if one["type"].native != "message_digest"]
    kept.append(cms.CMSAttribute({"type": "message_digest", "values": [digest.finalize()]}))
    attributes(kept)
    one["signed_attrs"] = cms.CMSAttributes(kept)
    to_sign = one["signed_attrs"].untag().dump(force=True)
    key = signer.key
    if isinstance(key, rsa.RSAPrivateKey):
        one["signature"] = key.sign(to_sign, padding.PKCS1v15(), algorithm)
    else:
        assert isinstance(key, ec.EllipticCurvePrivateKey)
        one["signature"] = key.sign(to_sign, ec.ECDSA(algorithm))
    data(signed)
    result: bytes = message.dump()
    return result
