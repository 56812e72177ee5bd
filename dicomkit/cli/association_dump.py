"""The parameters of an association as DCMTK's tools print them in debug mode."""

from __future__ import annotations

from dicomkit.standard.uid import UID

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final

    from dicomkit.net.items import PresentationContext, RoleSelection, UserInformation
    from dicomkit.net.pdu import AssociateAC, AssociateRQ

__all__ = ["association_lines"]

_RESULTS: Final = {
    0: "Accepted",
    1: "User Rejection",
    2: "No Reason",
    3: "Abstract Syntax Not Supported",
    4: "Transfer Syntaxes Not Supported",
}
_ROLES: Final = {(True, True): "SCP/SCU", (True, False): "SCU", (False, True): "SCP", (False, False): "Default"}
_IDENTITIES: Final = {1: "Username", 2: "Username/Password", 3: "Kerberos", 4: "SAML", 5: "JWT"}


def _name(uid: str) -> str:
    keyword = UID(uid).keyword
    return f"={keyword}" if keyword else uid


def association_lines(
    request: AssociateRQ, answer: AssociateAC | None = None, *, acceptor: AssociateAC | None = None
) -> list[str]:
    """The lines about a request, or about what was negotiated.

    Args:
        request: what was proposed.
        answer: what was accepted; None: only the request is to be shown.
        acceptor: this side's answer, where this side is the acceptor.
    """
    kind = "RQ" if answer is None else "AC"
    ours: UserInformation = request.user_information
    theirs = None if answer is None else answer.user_information
    if acceptor is not None:
        ours, theirs = acceptor.user_information, ours
    lines = [
        f"====================== BEGIN A-ASSOCIATE-{kind} =====================",
        f"Our Implementation Class UID:      {ours.implementation_class_uid}",
        f"Our Implementation Version Name:   {ours.implementation_version_name}",
        f"Their Implementation Class UID:    {'' if theirs is None else theirs.implementation_class_uid}",
        f"Their Implementation Version Name: {'' if theirs is None else theirs.implementation_version_name}",
        f"Application Context Name:    {request.application_context_name}",
        f"Calling Application Name:    {request.calling_ae_title}",
        f"Called Application Name:     {request.called_ae_title}",
        f"Responding Application Name: {request.called_ae_title}",
        f"Our Max PDU Receive Size:    {ours.max_pdu_length}",
        f"Their Max PDU Receive Size:  {0 if theirs is None else theirs.max_pdu_length}",
        "Presentation Contexts:",
    ]
    asked = request.user_information
    granted = None if answer is None else answer.user_information
    for context in request.presentation_contexts:
        lines += _context(context, asked, answer)
    lines += _extended("Requested", asked)
    lines += _extended("Accepted", granted)
    identity = asked.user_identity
    lines.append(
        "Requested User Identity Negotiation: none"
        if identity is None
        else f"Requested User Identity Negotiation: {_IDENTITIES.get(identity.type, identity.type)}"
    )
    response = None if granted is None else granted.user_identity_response
    lines.append(f"User Identity Negotiation Response:  {'none' if response is None else 'received'}")
    lines.append(f"======================= END A-ASSOCIATE-{kind} ======================")
    return lines


def _context(context: PresentationContext, ours: UserInformation, answer: AssociateAC | None) -> list[str]:
    results = {} if answer is None else {result.id: result for result in answer.presentation_contexts}
    result = results.get(context.id)
    state = "Proposed" if result is None else _RESULTS.get(result.result, "Unknown")
    lines = [
        f"  Context ID:        {context.id} ({state})",
        f"    Abstract Syntax: {_name(context.abstract_syntax)}",
        f"    Proposed SCP/SCU Role: {_role(context.abstract_syntax, ours.roles)}",
    ]
    if answer is None or result is None:
        lines.append("    Proposed Transfer Syntax(es):")
        lines += [f"      {_name(syntax)}" for syntax in context.transfer_syntaxes]
        return lines
    lines.append(f"    Accepted SCP/SCU Role: {_role(context.abstract_syntax, answer.user_information.roles)}")
    if result.accepted:
        lines.append(f"    Accepted Transfer Syntax: {_name(result.transfer_syntax)}")
    return lines


def _role(sop_class: str, roles: tuple[RoleSelection, ...]) -> str:
    for role in roles:
        if role.sop_class == sop_class:
            return _ROLES[role.scu, role.scp]
    return "Default"


def _extended(kind: str, information: UserInformation | None) -> list[str]:
    head = f"{kind} Extended Negotiation:".ljust(32)
    if information is None or not information.extended:
        return [f"{head}none"]
    lines = [head.rstrip()]
    for sop_class, data in information.extended:
        lines.append(f"  Abstract Syntax: {_name(sop_class)}")
        lines.append(f"    Service Class Application Information: {data.hex(' ')}")
    return lines
