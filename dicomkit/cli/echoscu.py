"""`dicomkit echoscu`: ask whether a peer is there (C-ECHO), as DCMTK's echoscu does; and why it does not get on with us."""

from __future__ import annotations

from dicomkit.cli.echoscu_options import GROUPS, PARAMETERS
from dicomkit.cli.net_options import association_profile, connection, user_identity
from dicomkit.cli.requestor import NotAssociated, close, failed, open_association
from dicomkit.cli.tls_options import client_tls, list_ciphers, write_seed
from dicomkit.errors import DimseError, NetworkError, NoPresentationContext

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import IO, Any, Final

    from dicomkit.cli.log import Log
    from dicomkit.cli.options import Options
    from dicomkit.net.association import Association

__all__ = ["ALONE", "GROUPS", "PARAMETERS", "run"]

#: Options that need no peer.
ALONE: Final = ("list_ciphers", "verify_certificate", "is_root_certificate")

CODES: Final = {"failed": 1, "certificate": 22, "aborted": 70}

VERIFICATION: Final = "1.2.840.10008.1.1"
DEFAULT_TRANSFER_SYNTAX: Final = "1.2.840.10008.1.2"
FIRST_TRANSFER_SYNTAXES: Final = (DEFAULT_TRANSFER_SYNTAX, "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.2")


def run(options: Options, out: IO[bytes], log: Log) -> int:
    """Carry out what the command line says. Returns the exit code."""
    if options.get("list_ciphers"):
        list_ciphers(out)
        return 0
    if "verify_certificate" in options or "is_root_certificate" in options:
        return _check_certificate(options, out, log)
    arguments = connection(options, "ECHOSCU")
    arguments["tls"] = client_tls(options, log, GROUPS[-1])
    arguments["user_identity"] = user_identity(options)
    arguments.update(_proposal(options))
    explain = options.get("explain", False)
    try:
        association = open_association(arguments, log)
    except NotAssociated as problem:
        if explain and problem.error is not None:
            from dicomkit.net.explanation import explain_failure

            _print(out, explain_failure(problem.error))
        return CODES["failed"]
    if explain:
        from dicomkit.net.explanation import explain as lines

        _print(out, lines(association.agreement.request, association.agreement.answer))
    code = _echo(association, options, out, log)
    write_seed(options, log)
    return code


def _proposal(options: Options) -> dict[str, Any]:
    """What is proposed."""
    from dicomkit.net.items import PresentationContext

    syntaxes = _transfer_syntaxes(options.get("propose_ts", 1))
    contexts: list[tuple[str, tuple[str, ...]]] = [(VERIFICATION, syntaxes)] * options.get("propose_pc", 1)
    proposal: dict[str, Any] = {}
    profile = association_profile(options)
    if profile is not None:
        others = [context for context in profile.presentation_contexts if context[0] != VERIFICATION]
        contexts = [*contexts, *others][:128]
        proposal["roles"] = {role.sop_class: (role.scu, role.scp) for role in profile.roles}
        proposal["extended"] = dict(profile.extended)
    proposal["contexts"] = [
        PresentationContext(2 * number + 1, uid, wanted) for number, (uid, wanted) in enumerate(contexts)
    ]
    return proposal


def _transfer_syntaxes(number: int) -> tuple[str, ...]:
    if number <= len(FIRST_TRANSFER_SYNTAXES):
        return FIRST_TRANSFER_SYNTAXES[:number]
    from dicomkit.standard.transfer_syntax import TransferSyntax

    known = [str(syntax.uid) for syntax in TransferSyntax.all()]
    return (*FIRST_TRANSFER_SYNTAXES, *[uid for uid in known if uid not in FIRST_TRANSFER_SYNTAXES])[:number]


def _echo(association: Association, options: Options, out: IO[bytes], log: Log) -> int:
    """Ask as often as wanted, and close the association."""
    code = 0
    for number in range(1, options.get("repeat", 1) + 1):
        log.info(f"Sending Echo Request (MsgID {number})")
        try:
            status = association.echo()
        except DimseError as error:
            log.error(f"Received Echo Response ({error})")
            code = CODES["failed"]
            continue
        except NoPresentationContext as error:
            log.fatal(f"No Acceptable Presentation Contexts: {error}")
            code = CODES["failed"]
            break
        except NetworkError as error:
            failed(association, error, "Echo SCU", log)
            return CODES["aborted"]
        log.info(f"Received Echo Response ({status.text.capitalize()})")
    if options.get("explain"):
        _print(out, ["C-ECHO: success" if not code else "C-ECHO: failed"])
    return code if close(association, options, log) else CODES["failed"]


def _print(out: IO[bytes], lines: list[str]) -> None:
    out.write("".join([f"{line}\n" for line in lines]).encode())


def _check_certificate(options: Options, out: IO[bytes], log: Log) -> int:
    """`--verify-cert` and `--is-root-cert`: nothing goes over the network."""
    from dicomkit.security.certificate_check import is_root, rejection

    if "verify_certificate" in options:
        name: str = options["verify_certificate"]
        options.setdefault("tls", True)
        context = client_tls(options, log, GROUPS[-1])
        assert context is not None
        reason = rejection(context, name)
        outcome = f"failed: {reason}" if reason else "passed."
        _print(out, [f"Verification of certificate '{name}' {outcome}"])
        return CODES["certificate"] if reason else 0
    name = options["is_root_certificate"]
    good = is_root(name)
    _print(out, [f"Certificate '{name}' is {'' if good else 'not '}a valid, self-signed root CA."])
    return 0 if good else CODES["certificate"]
