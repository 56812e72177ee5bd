"""The options of DCMTK's network tools for TLS, and the contexts that they ask for."""

from __future__ import annotations

from dicomkit.cli.options import Group, Option, UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import IO, Any, Final

    from dicomkit.cli.log import Log
    from dicomkit.cli.options import Options
    from dicomkit.security.tls import TlsContext

__all__ = [
    "TLS_ACCEPTOR",
    "TLS_BOTH",
    "TLS_REQUESTOR",
    "TlsError",
    "client_tls",
    "list_ciphers",
    "server_tls",
    "write_seed",
]


class TlsError(UsageError):
    """A key, certificate or other file for TLS is not what it should be."""


_STACK: Final = (
    Option("-tls --disable-tls", "tls", False, "use normal TCP/IP connection (default)"),
    Option(
        "+tls --enable-tls",
        "tls",
        None,
        "use authenticated secure TLS connection",
        argument="[p]rivate key file, [c]ertificate file: string",
    ),
)
_ANONYMOUS: Final = Option("+tla --anonymous-tls", "tls", True, "use secure TLS connection without certificate")

_PASSWORD: Final = (
    "private key password (only with --enable-tls)",
    (
        Option("+ps --std-passwd", "tls_password", None, "prompt user to type password on stdin (default)"),
        Option("+pw --use-passwd", "tls_password", None, "use specified password", argument="[p]assword: string"),
        Option("-pw --null-passwd", "tls_password", "", "use empty string as password"),
    ),
)

_FORMAT: Final = (
    "key and certificate file format",
    (
        Option("-pem --pem-keys", "tls_format", "pem", "read keys and certificates as PEM file (default)"),
        Option("-der --der-keys", "tls_format", "der", "read keys and certificates as DER file"),
    ),
)

_AUTHORITY: Final = (
    "certification authority",
    (
        Option(
            "+cf --add-cert-file",
            "tls_ca_file",
            None,
            "add certificate file to list of certificates",
            argument="[f]ilename: string",
            repeat=True,
        ),
        Option(
            "+cd --add-cert-dir",
            "tls_ca_dir",
            None,
            "add certificates in d to list of certificates",
            argument="[d]irectory: string",
            repeat=True,
        ),
        Option(
            "+crl --add-crl-file",
            "tls_crl",
            None,
            "add certificate revocation list file\n(implies --enable-crl-vfy)",
            argument="[f]ilename: string",
            repeat=True,
        ),
        Option("+crv --enable-crl-vfy", "tls_check_crl", "leaf", "enable leaf CRL verification"),
        Option("+cra --enable-crl-all", "tls_check_crl", "chain", "enable full chain CRL verification"),
    ),
)

_PROFILE: Final = (
    "security profile",
    (
        Option("+pg --profile-8996", "tls_profile", "rfc8996", "BCP 195 RFC 8996 TLS Profile (default)"),
        Option("+pm --profile-8996-mod", "tls_profile", "rfc8996-modified", "Modified BCP 195 RFC 8996 TLS Profile"),
        Option("+py --profile-bcp195-nd", "tls_profile", "bcp195-nd", "Non-downgrading BCP 195 TLS Profile (retired)"),
        Option("+px --profile-bcp195", "tls_profile", "bcp195", "BCP 195 TLS Profile (retired)"),
        Option("+pz --profile-bcp195-ex", "tls_profile", "bcp195-extended", "Extended BCP 195 TLS Profile (retired)"),
        Option(
            "+pb --profile-basic",
            "tls_profile",
            "basic",
            "Basic TLS Secure Transport Connection Profile\n(retired)",
        ),
        Option(
            "+pa --profile-aes",
            "tls_profile",
            "aes",
            "AES TLS Secure Transport Connection Profile\n(retired)",
        ),
        Option(
            "+pn --profile-null",
            "tls_profile",
            "null",
            "Authenticated unencrypted communication\n(retired, was used in IHE ATNA)",
        ),
    ),
)

_LIST: Final = Option("+cc --list-ciphers", "list_ciphers", True, "show list of supported TLS ciphersuites and exit")
_CIPHER: Final = Option(
    "+cs --cipher",
    "tls_cipher",
    None,
    "add ciphersuite to list of negotiated suites\n(not with --profile-bcp195-ex)",
    argument="[c]iphersuite name: string",
    repeat=True,
)
_DH: Final = Option(
    "+dp --dhparam",
    "tls_dhparam",
    None,
    "read DH parameters for DH/DSS ciphersuites",
    argument="[f]ilename: string",
)

_NO_SNI: Final = Option("--no-sni", "no_sni", True, "do not use SNI (default)")
_REQUEST_SNI: Final = Option(
    "--request-sni", "request_sni", None, "request server name s", argument="[s]erver name: string", conflicts="--no-sni"
)
_EXPECT_SNI: Final = Option(
    "--expect-sni",
    "expect_sni",
    None,
    "expect requests for server name s",
    argument="[s]erver name: string",
    conflicts="--no-sni",
)

_RANDOM: Final = (
    "pseudo random generator",
    (
        Option("+rs --seed", "seed", None, "seed random generator with contents of f", argument="[f]ilename: string"),
        Option("+ws --write-seed", "write_seed", "", "write back modified seed (only with --seed)", needs="--seed"),
        Option(
            "+wf --write-seed-file",
            "write_seed",
            None,
            "write modified seed to file f",
            argument="[f]ilename: string (only with --seed)",
            needs="--seed",
        ),
    ),
)

_REQUIRE: Final = Option("-rc --require-peer-cert", "tls_verify", True, "verify peer certificate, fail if absent (default)")
_VERIFY: Final = Option("-vc --verify-peer-cert", "tls_verify", "if-present", "verify peer certificate if present")
_IGNORE: Final = Option("-ic --ignore-peer-cert", "tls_verify", False, "don't verify peer certificate")


def _group(requestor: bool, acceptor: bool) -> Group:
    return Group(
        "transport layer security (TLS) options",
        ("transport protocol stack", (*_STACK, *([] if acceptor else [_ANONYMOUS]))),
        _PASSWORD,
        _FORMAT,
        _AUTHORITY,
        _PROFILE,
        ("ciphersuite", (_LIST, _CIPHER, *([_DH] if acceptor else []))),
        (
            "server name indication",
            (_NO_SNI, *([_REQUEST_SNI] if requestor else []), *([_EXPECT_SNI] if acceptor else [])),
        ),
        _RANDOM,
        ("peer authentication", (_REQUIRE, *([_VERIFY] if acceptor else []), _IGNORE)),
    )


#: For tools that request associations, for those that accept them, and for those that do both.
TLS_REQUESTOR: Final = _group(True, False)
TLS_ACCEPTOR: Final = _group(False, True)
TLS_BOTH: Final = _group(True, True)

#: What may be given without TLS.
_FREE: Final = frozenset(["tls", "list_ciphers", "no_sni", "request_sni", "expect_sni"])


def _check(options: Options, group: Group) -> bool:
    """Whether TLS is wanted. Raises UsageError for options that make no sense without it."""
    wanted = options.get("tls", False)
    alternatives = "--enable-tls" if group is not TLS_REQUESTOR else "--enable-tls or --anonymous-tls"
    for option in group:
        if option.field in _FREE or not _counts(option, group, options):
            continue
        if option.field == "tls_password" and not isinstance(wanted, tuple):
            raise UsageError(f"{option.long} only allowed with --enable-tls")
        if not wanted:
            raise UsageError(f"{option.long} only allowed with {alternatives}")
    if "tls_cipher" in options and options.get("tls_profile") == "bcp195-extended":
        raise UsageError("--cipher not allowed with --profile-bcp195-ex")
    return bool(wanted)


def _counts(option: Option, group: Group, options: Options) -> bool:
    """Whether this is the option that has set its field."""
    if option.field not in options:
        return False
    plain = [each for each in group if each.field == option.field and not each.argument and each.set_in(options)]
    return option in plain if plain else bool(option.argument)


def client_tls(options: Options, log: Log, group: Group = TLS_REQUESTOR) -> TlsContext | None:
    """The context for connecting, None without TLS.

    As with DCMTK, only the authorities that are named are trusted, and a certificate is not compared with the host's name.

    Raises:
        UsageError: the options do not go together, or a file is not what it should be.
    """
    if not _check(options, group):
        return None
    from dicomkit.security.tls import client_context

    arguments = _arguments(options, log)
    arguments["verify"] = options.get("tls_verify", True) is not False
    return _make(client_context, check_hostname=False, server_name=options.get("request_sni"), **arguments)


def server_tls(options: Options, log: Log, group: Group = TLS_ACCEPTOR) -> TlsContext | None:
    """The context for being connected to, None without TLS.

    Raises:
        UsageError: as for `client_tls`.
    """
    if not _check(options, group):
        return None
    from dicomkit.security.tls import server_context

    return _make(
        server_context,
        server_name=options.get("expect_sni"),
        dh_parameters=options.get("tls_dhparam"),
        verify=options.get("tls_verify", True),
        **_arguments(options, log),
    )


def _make(make: Any, **arguments: Any) -> TlsContext:  # Any: the two functions have different signatures
    try:
        context: TlsContext = make(arguments.pop("profile"), **arguments)
    except ValueError as error:
        raise TlsError(str(error)) from None
    except OSError as error:
        raise TlsError(f"{error.filename or 'TLS'}: {error.strerror or error}") from None
    return context


def _arguments(options: Options, log: Log) -> dict[str, Any]:
    """What both contexts need."""
    from dicomkit.security.tls_profiles import DEFAULT_PROFILE

    _seed(options, log)
    key, certificate = options["tls"] if isinstance(options["tls"], tuple) else (None, None)
    password = options.get("tls_password")
    return {
        "profile": options.get("tls_profile", DEFAULT_PROFILE),
        "certificate": certificate,
        "key": key,
        "password": _ask if password is None else password,
        "ca": _readable([*options.get("tls_ca_file", ()), *options.get("tls_ca_dir", ())], "certificates", log),
        "crl": _readable(options.get("tls_crl", ()), "CRL file", log),
        "check_crl": options.get("tls_check_crl"),
        "cipher_suites": options.get("tls_cipher", ()),
    }


def _readable(paths: list[str], what: str, log: Log) -> list[str]:
    """Those of some files and folders that hold certificates; the others are warned of, as DCMTK does."""
    import os

    from dicomkit.security.certificates import as_pem, certificate_label

    good = []
    for path in paths:
        try:
            if not os.path.isdir(path):
                with open(path, "rb") as file:
                    as_pem(file.read(), certificate_label)
            good.append(path)
        except (OSError, ValueError):
            log.warn(f"unable to load {what} '{path}', ignoring")
    return good


def _ask() -> str:
    import getpass

    return getpass.getpass("Enter PEM pass phrase:")


def _seed(options: Options, log: Log) -> None:
    """Add a file to the entropy of OpenSSL. The system's is enough; scripts for DCMTK may name one all the same."""
    if "seed" not in options:
        return
    import ssl

    try:
        with open(options["seed"], "rb") as file:
            ssl.RAND_add(file.read(), 0.0)
    except OSError:
        log.warn(f"cannot read random seed file '{options['seed']}', ignoring")


def write_seed(options: Options, log: Log) -> None:
    """Write the file that `--write-seed` asks for. Called when all is done."""
    if "write_seed" not in options or not options.get("tls"):
        return
    import os

    path = options["write_seed"] or options["seed"]
    try:
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(os.urandom(1024))
    except OSError:
        log.warn(f"cannot write random seed file '{path}', ignoring")


def list_ciphers(out: IO[bytes]) -> None:
    """Print what `--list-ciphers` asks for."""
    from dicomkit.security.tls import supported_cipher_suites

    lines = [f"  {name}\n" for name in supported_cipher_suites()]
    out.write("".join(["Supported TLS ciphersuites are:\n", *lines]).encode())
