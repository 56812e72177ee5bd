"""DCMTK's options for TLS, and the contexts that they make."""

from __future__ import annotations

import io
import ssl
from collections.abc import Callable
from pathlib import Path

import pytest

from dicomkit.cli.log import Log
from dicomkit.cli.options import Group, Options, UsageError, parse
from dicomkit.cli.tls_options import (
    TLS_ACCEPTOR,
    TLS_BOTH,
    TLS_REQUESTOR,
    client_tls,
    list_ciphers,
    server_tls,
    write_seed,
)
from dicomkit.security.tls import TlsContext
from tests.dcmtk import options_of
from tests.security.authority import Certificates, make_certificates
from tests.security.handshakes import shake


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory, peer: Callable[[str], str]) -> Certificates:
    peer("openssl")
    return make_certificates(tmp_path_factory.mktemp("certificates"))


# Those that DCMTK has since 3.6.8, and the profile that it leaves out where OpenSSL has no triple DES.
NEWER = {"--profile-8996", "--profile-8996-mod", "--profile-basic", "--no-sni", "--request-sni", "--expect-sni"}


@pytest.mark.parametrize(("tool", "group"), [("storescp", TLS_ACCEPTOR), ("storescu", TLS_REQUESTOR)])
def test_rows_of_dcmtk(tool: str, group: Group) -> None:
    theirs = options_of(tool)
    first = list(theirs).index("--disable-tls")
    last = list(theirs).index("--ignore-peer-cert")
    ours = {option.long: option.short for option in group if option.long not in NEWER}
    assert ours == {long: short for long, (short, _) in list(theirs.items())[first : last + 1]}


def test_groups() -> None:
    """A tool that does both has the options of both, but for connections without a certificate."""
    names = {name: {option.long for option in group} for name, group in (("a", TLS_ACCEPTOR), ("r", TLS_REQUESTOR))}
    assert {option.long for option in TLS_BOTH} == (names["a"] | names["r"]) - {"--anonymous-tls"}


def options(line: str, group: Group) -> Options:
    return parse([group], line.split())


def client(line: str, log: Log | None = None) -> TlsContext | None:
    return client_tls(options(line, TLS_REQUESTOR), log or Log(io.StringIO()))


def server(line: str, log: Log | None = None) -> TlsContext | None:
    return server_tls(options(line, TLS_ACCEPTOR), log or Log(io.StringIO()))


def words(certificates: Certificates, pair: tuple[Path, Path]) -> str:
    """The options of a side with a certificate."""
    return f"+tls {pair[1]} {pair[0]} +cf {certificates.ca.certificate}"


def test_no_tls() -> None:
    assert client("") is None
    assert client("-tls") is None
    assert server("+tls key certificate -tls") is None


def test_mutual_authentication(certificates: Certificates) -> None:
    near = client(words(certificates, certificates.client))
    far = server(words(certificates, certificates.server))
    assert near is not None
    assert far is not None
    assert near.profile == far.profile == "rfc8996"
    assert shake(near, far, host="another.host").ok  # DCMTK compares no names
    anonymous = client(f"+tla +cf {certificates.ca.certificate}")
    assert anonymous is not None
    assert not shake(anonymous, far).ok


@pytest.mark.parametrize(("option", "anonymous"), [("-rc", False), ("-vc", True), ("-ic", True)])
def test_peer_authentication(certificates: Certificates, option: str, anonymous: bool) -> None:
    far = server(f"{words(certificates, certificates.server)} {option}")
    near = client("+tla -ic")
    assert near is not None
    assert far is not None
    assert shake(near, far).ok is anonymous


def test_nobody_is_trusted_unless_named(certificates: Certificates) -> None:
    key, certificate = certificates.server[1], certificates.server[0]
    far = server(f"+tls {key} {certificate} -ic")
    near = client("+tla")
    assert near is not None
    assert far is not None
    assert not shake(near, far).ok


def test_files(certificates: Certificates, tmp_path: Path) -> None:
    """DER files, folders, revocation lists."""
    authority = certificates.ca
    (tmp_path / "ca.pem").write_bytes(authority.certificate.read_bytes())
    key, certificate = authority.der(certificates.rsa_server[1], "rsa"), authority.der(certificates.rsa_server[0], "x509")
    far = server(f"+tls {key} {certificate} -der +cd {tmp_path} +crl {certificates.revocation_list} +pz")
    assert far is not None
    assert far.verify_flags & ssl.VERIFY_CRL_CHECK_LEAF
    near = client(f"{words(certificates, certificates.revoked)} +pz")
    assert near is not None
    assert not shake(near, far).ok


def test_password(certificates: Certificates, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("getpass.getpass", lambda prompt: "open sesame")
    far = server(words(certificates, certificates.server))
    asked = client(words(certificates, certificates.locked))
    assert far is not None
    assert asked is not None
    assert shake(asked, far).ok
    assert client(f"{words(certificates, certificates.locked)} -pw +ps") is not None
    with pytest.raises(UsageError, match=r"locked\.key"):
        client(f"{words(certificates, certificates.locked)} +pw wrong")
    with pytest.raises(UsageError, match=r"locked\.key"):
        client(f"{words(certificates, certificates.locked)} -pw")


@pytest.mark.parametrize(
    ("option", "profile"),
    [
        ("+pg", "rfc8996"),
        ("+pm", "rfc8996-modified"),
        ("+py", "bcp195-nd"),
        ("+px", "bcp195"),
        ("+pz", "bcp195-extended"),
        ("+pa", "aes"),
        ("+pn", "null"),
    ],
)
def test_profiles(option: str, profile: str) -> None:
    context = client(f"+tla {option}")
    assert context is not None
    assert context.profile == profile


def test_server_names(certificates: Certificates) -> None:
    far = server(f"{words(certificates, certificates.server)} -ic --expect-sni pacs")
    near = client(f"+tla -ic --request-sni {'pacs'}")
    other = client("+tla -ic --request-sni archive")
    assert far is not None
    assert near is not None
    assert other is not None
    assert shake(near, far).ok
    assert not shake(other, far).ok


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("+cf x", "--add-cert-file only allowed with --enable-tls or --anonymous-tls"),
        ("+cd x", "--add-cert-dir only allowed with"),
        ("+py", "--profile-bcp195-nd only allowed with"),
        ("-ic", "--ignore-peer-cert only allowed with"),
        ("-rc", "--require-peer-cert only allowed with"),
        ("-der", "--der-keys only allowed with"),
        ("+tla +pw x", "--use-passwd only allowed with --enable-tls"),
        ("+tla +ps", "--std-passwd only allowed with --enable-tls"),
        ("+tla -pw", "--null-passwd only allowed with --enable-tls"),
        ("+tla +ws", "--write-seed only allowed with --seed"),
        ("+tla +cs TLS_ROT13", "there is no cipher suite 'TLS_ROT13'"),
        ("+tla +pz +cs TLS_RSA_WITH_AES_256_GCM_SHA384", "--cipher not allowed with --profile-bcp195-ex"),
        ("+tla --no-sni --request-sni x", "--request-sni not allowed with --no-sni"),
        ("+tls /no/key /no/certificate", "/no/certificate: No such file or directory"),
        ("+tls one", "Missing value for option --enable-tls"),
    ],
)
def test_usage_errors(line: str, sentence: str) -> None:
    with pytest.raises(UsageError, match=sentence):
        client(line)


def test_usage_errors_of_servers() -> None:
    with pytest.raises(UsageError, match=r"--add-cert-file only allowed with --enable-tls$"):
        server("+cf x")
    with pytest.raises(UsageError, match="Unknown option --anonymous-tls"):
        server("--anonymous-tls")


def test_files_that_are_not_there(tmp_path: Path) -> None:
    """They are warned of, and not trusted."""
    log = io.StringIO()
    (tmp_path / "text").write_text("text")
    assert client(f"+tla +cf nowhere +cd nothing +crl {tmp_path / 'text'}", Log(log)) is not None
    assert log.getvalue().splitlines() == [
        "W: unable to load certificates 'nowhere', ignoring",
        "W: unable to load certificates 'nothing', ignoring",
        f"W: unable to load CRL file '{tmp_path / 'text'}', ignoring",
    ]


def test_seed(tmp_path: Path) -> None:
    seed, written = tmp_path / "seed", tmp_path / "written"
    seed.write_bytes(b"seed")
    log = io.StringIO()
    for line, target in ((f"+tla +rs {seed} +ws", seed), (f"+tla +rs {seed} +wf {written}", written)):
        assert client(line, Log(log)) is not None
        write_seed(options(line, TLS_REQUESTOR), Log(log))
        assert len(target.read_bytes()) == 1024
    client(f"+tla +rs {tmp_path / 'nowhere'}", Log(log))
    write_seed(options(f"+tla +rs {seed} +wf {tmp_path}", TLS_REQUESTOR), Log(log))
    assert log.getvalue().splitlines() == [
        f"W: cannot read random seed file '{tmp_path / 'nowhere'}', ignoring",
        f"W: cannot write random seed file '{tmp_path}', ignoring",
    ]


def test_list_ciphers() -> None:
    out = io.BytesIO()
    list_ciphers(out)
    lines = out.getvalue().decode().splitlines()
    assert lines[0] == "Supported TLS ciphersuites are:"
    assert "  TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256" in lines
