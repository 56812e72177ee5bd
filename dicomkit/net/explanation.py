"""What a negotiation came to, item by item, in words: for finding out why a device and an application do not get on.

for line in explain(association.agreement.request, association.agreement.answer):
    print(line)
"""

from __future__ import annotations

from dicomkit.errors import AssociationAborted, AssociationRejected, ConnectError, ProtocolError, Timeout
from dicomkit.standard.uid import UID

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final

    from dicomkit.errors import NetworkError
    from dicomkit.net.items import PresentationContext, UserInformation
    from dicomkit.net.pdu import AssociateAC, AssociateRQ

__all__ = ["explain", "explain_failure"]

#: Result of a presentation context (PS3.8 table 9-18) -> what it is called, and what it mostly comes from.
_RESULTS: Final = {
    1: ("rejected by the user", "the application knows it, and does not want it from this peer or now"),
    2: ("rejected, no reason given", "the peer's software refuses it without saying why"),
    3: ("abstract syntax not supported", "the peer does not provide this SOP class, or not to this AE title"),
    4: ("transfer syntaxes not supported", "the peer provides the SOP class in none of the proposed transfer syntaxes"),
}

#: Source and reason of a rejection (PS3.8 table 9-21) -> what to do about it.
_ADVICE: Final = {
    (1, 1): "the peer does not say why; its log may",
    (1, 2): "the peer is no DICOM application",
    (1, 3): "the peer does not know our AE title: give the one that is configured there (-aet), or have it added there",
    (1, 7): "the peer goes by another AE title: give that (-aec)",
    (2, 2): "the peer speaks another version of the upper layer protocol",
    (3, 1): "the peer has too much to do: try again later",
    (3, 2): "the peer has as many associations as it takes: try again later",
}

_IDENTITIES: Final = {
    1: "user name",
    2: "user name and passcode",
    3: "Kerberos service ticket",
    4: "SAML assertion",
    5: "JSON web token",
}


def _named(uid: str) -> str:
    name = UID(uid).name
    return f"{name} ({uid})" if name else uid or "nothing"


def _roles(scu: bool, scp: bool) -> str:
    return {(True, True): "SCU and SCP", (True, False): "SCU", (False, True): "SCP", (False, False): "neither"}[scu, scp]


def explain(request: AssociateRQ, answer: AssociateAC) -> list[str]:
    """The lines about an association that was accepted, as the requestor sees it.

    PS3.8 9.3.2 and 9.3.3, PS3.7 annex D.
    """
    accepted = sum(result.accepted for result in answer.presentation_contexts)
    return [
        "Association: accepted",
        f"  called AE title    {request.called_ae_title}",
        f"  calling AE title   {request.calling_ae_title}",
        f"Presentation contexts: {len(request.presentation_contexts)} proposed, {accepted} accepted",
        *[line for context in request.presentation_contexts for line in _context(context, answer)],
        "User information",
        *_user_information(request.user_information, answer.user_information),
    ]


def _context(context: PresentationContext, answer: AssociateAC) -> list[str]:
    head = f"  {context.id:>3}  {_named(context.abstract_syntax)}"
    proposed = [f"         proposed  {_named(syntax)}" for syntax in context.transfer_syntaxes]
    results = [result for result in answer.presentation_contexts if result.id == context.id]
    if not results:
        return [head, *proposed, "         ignored   the peer does not answer to it, which PS3.8 9.3.3.2 demands"]
    result = results[0]
    if not result.accepted:
        name, meaning = _RESULTS.get(result.result, (f"result {result.result}", "PS3.8 does not define it"))
        return [head, *proposed, f"         refused   {name}: {meaning}"]
    chosen = f"         accepted  {_named(result.transfer_syntax)}"
    if result.transfer_syntax not in context.transfer_syntaxes:
        chosen += ", which was not proposed: the context cannot be used"
    return [head, *proposed, chosen]


def _user_information(ours: UserInformation, theirs: UserInformation) -> list[str]:
    lines = [
        f"  maximum length     we take {_length(ours.max_pdu_length)}, the peer takes {_length(theirs.max_pdu_length)}",
        f"  implementation     {theirs.implementation_class_uid or 'no class UID, which PS3.7 D.3.3.2 demands'}"
        f"{f', {theirs.implementation_version_name}' if theirs.implementation_version_name else ''}",
    ]
    if ours.async_window is None:
        lines.append("  operations at once 1 (an asynchronous operations window was not proposed)")
    else:
        given = "not answered: 1" if theirs.async_window is None else f"accepted {_window(theirs.async_window)}"
        lines.append(f"  operations at once proposed {_window(ours.async_window)}; {given}")
    agreed = {role.sop_class: role for role in theirs.roles}
    for role in ours.roles:
        answer = agreed.get(role.sop_class)
        given = "not answered: SCU" if answer is None else f"accepted {_roles(answer.scu, answer.scp)}"
        lines.append(f"  our role           {_named(role.sop_class)}: proposed {_roles(role.scu, role.scp)}; {given}")
    answers = dict(theirs.extended)
    for sop_class, data in ours.extended:
        given = answers[sop_class].hex() if sop_class in answers else "not answered"
        lines.append(f"  extended           {_named(sop_class)}: proposed {data.hex()}; {given}")
    if ours.user_identity is not None:
        kind = _IDENTITIES.get(ours.user_identity.type, f"type {ours.user_identity.type}")
        if not ours.user_identity.response_requested:
            given = "no confirmation was asked for"
        else:
            given = "not confirmed" if theirs.user_identity_response is None else "confirmed"
        lines.append(f"  user identity      {kind}: {given}")
    return lines


def _length(octets: int) -> str:
    return f"PDUs of {octets} bytes" if octets else "PDUs of any length"


def _window(window: tuple[int, int]) -> str:
    invoked, performed = [str(number) if number else "any number" for number in window]
    return f"{invoked} invoked, {performed} performed"


def explain_failure(error: NetworkError) -> list[str]:
    """The lines about an association that did not come about."""
    if isinstance(error, AssociationRejected):
        result = {1: "permanently", 2: "for now"}.get(error.result, f"with result {error.result}")
        source = {1: "application", 2: "upper layer (ACSE)", 3: "upper layer (presentation)"}.get(error.source, "peer")
        advice = _ADVICE.get((error.source, error.reason))
        return [
            "Association: rejected",
            f"  how                {result}, by the {source}",
            f"  why                {error.text}",
            *([f"  that means         {advice}"] if advice else []),
        ]
    if isinstance(error, AssociationAborted):
        return [
            "Association: aborted",
            f"  by                 {'upper layer' if error.source else 'application'} of the peer",
            f"  why                {error.text or 'no reason given'}",
            "  that means         the peer could not make sense of the request, or does not want connections from here",
        ]
    kind, advice = "failed", ""
    if isinstance(error, ConnectError):
        kind, advice = "no connection", "nothing has been said yet: this is about addresses, firewalls or TLS"
    elif isinstance(error, Timeout):
        kind, advice = "no answer", "a firewall, a peer that waits for TLS, or no DICOM application"
    elif isinstance(error, ProtocolError):
        kind, advice = "not understood", "the peer does not speak DICOM, or expects TLS"
    return [f"Association: {kind}", f"  why                {error}", *([f"  that means         {advice}"] if advice else [])]
