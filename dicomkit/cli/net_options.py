"""The options that the network tools of DCMTK have in common, and what they are to `dicomkit.associate`."""

from __future__ import annotations

from dicomkit.cli.options import Option, UsageError, integer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Final

    from dicomkit.cli.options import Options
    from dicomkit.net.items import UserIdentity
    from dicomkit.net.profile_file import AssociationProfile

__all__ = [
    "ABORT",
    "ACSE_TIMEOUT",
    "CONFIG_FILE",
    "DIMSE_TIMEOUT",
    "INTERNET_PROTOCOL",
    "MAX_PDU",
    "MAX_SEND_PDU",
    "REPEAT",
    "SOCKET_TIMEOUT",
    "TIMEOUT",
    "USER_IDENTITY",
    "VERBOSE_PC",
    "ae_titles",
    "association_profile",
    "connection",
    "max_pdu",
    "peer",
    "seconds",
    "user_identity",
]

DEFAULT_MAX_PDU: Final = 1 << 20
_LARGEST: Final = 0x7FFFFFFF

VERBOSE_PC: Final = Option("+v --verbose-pc", "verbose_pc", True, "show presentation contexts in verbose mode")


def _ae_title(option: Option, text: str) -> object:
    if not 0 < len(text.strip(" ")) <= len(text) <= 16 or not text.isascii() or not text.isprintable() or "\\" in text:
        raise ValueError(f"Invalid value for option {option.long} ({text}): no AE title")
    return text


def ae_titles(calling: str) -> tuple[str, tuple[Option, ...]]:
    """The titles of both sides. `calling` is the tool's default for its own."""
    return (
        "application entity titles",
        (
            Option(
                "-aet --aetitle",
                "calling",
                None,
                f"set my calling AE title (default: {calling})",
                argument="[a]etitle: string",
                convert=_ae_title,
            ),
            Option(
                "-aec --call",
                "called",
                None,
                "set called AE title of peer (default: ANY-SCP)",
                argument="[a]etitle: string",
                convert=_ae_title,
            ),
        ),
    )


def ae_title(names: str, field: str, help: str) -> Option:
    """An option for another AE title."""
    return Option(names, field, None, help, argument="[a]etitle: string", convert=_ae_title)


CONFIG_FILE: Final = (
    "association negotiation profile from configuration file",
    (
        Option(
            "-xf --config-file",
            "config_file",
            None,
            "use profile p from config file f",
            argument="[f]ilename, [p]rofile: string",
        ),
    ),
)

INTERNET_PROTOCOL: Final = (
    "IP protocol version",
    (
        Option("-i4 --ipv4", "ip", 4, "use IPv4 only"),
        Option("-i6 --ipv6", "ip", 6, "use IPv6 only"),
        Option("-i0 --ip-auto", "ip", 0, "use DNS lookup to determine IP protocol (default)"),
    ),
)

USER_IDENTITY: Final = (
    "user identity negotiation",
    (
        Option(
            "-usr --user",
            "user",
            None,
            "authenticate using user name u",
            argument="[u]ser name: string",
        ),
        Option(
            "-pwd --password",
            "user_password",
            None,
            "authenticate using password p",
            argument="[p]assword: string (only with --user)",
            needs="--user",
        ),
        Option(
            "-epw --empty-password",
            "user_password",
            "",
            "send empty password (only with --user)",
            needs="--user",
        ),
        Option(
            "-kt --kerberos",
            "kerberos",
            None,
            "read kerberos ticket from file f",
            argument="[f]ilename: string",
            conflicts="--user",
        ),
        Option(
            "--saml",
            "saml",
            None,
            "read SAML request from file f",
            argument="[f]ilename: string",
            conflicts="--user",
        ),
        Option(
            "--jwt",
            "jwt",
            None,
            "read JWT data from file f",
            argument="[f]ilename: string",
            conflicts="--user",
        ),
        Option("-rsp --pos-response", "positive_response", True, "expect positive response"),
    ),
)

TIMEOUT: Final = Option(
    "-to --timeout",
    "timeout",
    None,
    "timeout for connection requests",
    argument="[s]econds: integer (default: unlimited)",
    convert=integer(1, _LARGEST),
)
SOCKET_TIMEOUT: Final = Option(
    "-ts --socket-timeout",
    "socket_timeout",
    None,
    "timeout for network socket (0 for none)",
    argument="[s]econds: integer (default: 60)",
    convert=integer(0, _LARGEST),
)
ACSE_TIMEOUT: Final = Option(
    "-ta --acse-timeout",
    "acse_timeout",
    None,
    "timeout for ACSE messages",
    argument="[s]econds: integer (default: 30)",
    convert=integer(1, _LARGEST),
)
DIMSE_TIMEOUT: Final = Option(
    "-td --dimse-timeout",
    "dimse_timeout",
    None,
    "timeout for DIMSE messages",
    argument="[s]econds: integer (default: unlimited)",
    convert=integer(1, _LARGEST),
)
MAX_PDU: Final = Option(
    "-pdu --max-pdu",
    "max_pdu",
    None,
    f"set max receive pdu to n bytes (default: {DEFAULT_MAX_PDU})",
    argument="[n]umber of bytes: integer (4096 or more)",
    convert=integer(4096, _LARGEST),
)
MAX_SEND_PDU: Final = Option(
    "--max-send-pdu",
    "max_send_pdu",
    None,
    "restrict max send pdu to n bytes",
    argument="[n]umber of bytes: integer (4096 or more)",
    convert=integer(4096, _LARGEST),
)
REPEAT: Final = Option(
    "--repeat", "repeat", None, "repeat n times", argument="[n]umber: integer", convert=integer(1, _LARGEST)
)
ABORT: Final = Option("--abort", "abort", True, "abort association instead of releasing it")

_DEFAULT_SOCKET_TIMEOUT: Final = 60
_DEFAULT_ACSE_TIMEOUT: Final = 30


def seconds(options: Options, field: str) -> float | None:
    """A time-out; None for no limit."""
    defaults = {"socket_timeout": _DEFAULT_SOCKET_TIMEOUT, "acse_timeout": _DEFAULT_ACSE_TIMEOUT}
    return options.get(field, defaults.get(field)) or None


def max_pdu(options: Options) -> int:
    """The longest PDU that the peer may send."""
    return int(options.get("max_pdu", DEFAULT_MAX_PDU))


def peer(options: Options, parameters: int = 2) -> tuple[str, int]:
    """Host and port from the parameters.

    Raises:
        UsageError: there are fewer parameters, more than so many, or the port is none.
    """
    if len(options.parameters) < 2:
        raise UsageError(f"Missing parameter {('peer', 'port')[len(options.parameters)]}")
    if len(options.parameters) > parameters:
        raise UsageError("Too many arguments")
    return options.parameters[0], port(options.parameters[1], "port")


def port(text: str, name: str) -> int:
    """A TCP port.

    Raises:
        UsageError: it is none.
    """
    if not text.isascii() or not text.isdecimal() or not 1 <= int(text) <= 65535:
        raise UsageError(f"Invalid value for parameter {name} ({text})")
    return int(text)


def user_identity(options: Options) -> UserIdentity | None:
    """What `--user` and the like say of the user (PS3.7 D.3.3.7).

    Raises:
        UsageError: the options do not go together, or a file cannot be read.
    """
    from dicomkit.net.items import UserIdentity

    confirm = bool(options.get("positive_response"))
    if "user" in options:
        user = options["user"].encode()
        if "user_password" not in options:
            return UserIdentity(1, user, b"", confirm)
        return UserIdentity(2, user, options["user_password"].encode(), confirm)
    found = [(kind, field) for kind, field in ((3, "kerberos"), (4, "saml"), (5, "jwt")) if field in options]
    if not found:
        if confirm:
            raise UsageError("--pos-response only allowed with --user, --kerberos, --saml or --jwt")
        return None
    if len(found) > 1:
        raise UsageError(f"--{found[1][1]} not allowed with --{found[0][1]}")
    [(kind, field)] = found
    try:
        with open(options[field], "rb") as file:
            credential = file.read()
    except OSError as error:
        raise UsageError(f"--{field}: {options[field]}: {error.strerror}") from None
    if not 0 < len(credential) <= 0xFFFF:
        raise UsageError(f"--{field}: {options[field]}: {len(credential)} bytes; a user identity has 1 to 65535")
    return UserIdentity(kind, credential, b"", confirm)


def association_profile(options: Options, *, acceptor: bool = False) -> AssociationProfile | None:
    """The profile that `--config-file` names.

    Raises:
        UsageError: there is no such file or profile, or something is wrong with it.
    """
    if "config_file" not in options:
        return None
    from dicomkit.net.profile_file import read_profile

    path, name = options["config_file"]
    try:
        return read_profile(path, name, acceptor=acceptor)
    except ValueError as error:
        raise UsageError(str(error)) from None
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror or error}") from None


def connection(options: Options, calling: str, parameters: int = 2) -> dict[str, Any]:
    """The keyword arguments of `dicomkit.associate` that every tool has, without contexts and TLS.

    Args:
        options: what the command line says.
        calling: the tool's default for its own AE title.
        parameters: most parameters of the command line.

    Raises:
        UsageError: the peer cannot be told from the parameters.
    """
    host, number = peer(options, parameters)
    arguments: dict[str, Any] = {
        "host": host,
        "port": number,
        "called": options.get("called", "ANY-SCP"),
        "calling": options.get("calling", calling),
        "max_pdu_length": max_pdu(options),
        "max_send_pdu_length": options.get("max_send_pdu", 0),
        "connect_timeout": seconds(options, "timeout"),
        "acse_timeout": seconds(options, "acse_timeout"),
        "dimse_timeout": seconds(options, "dimse_timeout"),
        "idle_timeout": seconds(options, "socket_timeout"),
    }
    if options.get("ip"):
        arguments["host"] = _address(host, options["ip"])
        arguments["server_hostname"] = host
    return arguments


def _address(host: str, version: int) -> str:
    """An address of a host in one version of the Internet Protocol."""
    import socket

    family = socket.AF_INET if version == 4 else socket.AF_INET6
    try:
        return str(socket.getaddrinfo(host, None, family, socket.SOCK_STREAM)[0][4][0])
    except OSError as error:
        raise UsageError(f"{host} has no address of IPv{version}: {error.strerror}") from None
