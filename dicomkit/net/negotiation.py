"""Association negotiation (PS3.8 9.3.2 and 9.3.3, PS3.7 annex D): proposing, answering, and what was agreed."""

from __future__ import annotations

from dicomkit.errors import NoPresentationContext
from dicomkit.media.file_meta import IMPLEMENTATION_CLASS_UID, IMPLEMENTATION_VERSION_NAME
from dicomkit.net.items import AcceptedContext, PresentationContext, RoleSelection, UserInformation
from dicomkit.net.pdu import APPLICATION_CONTEXT, AssociateAC, AssociateRJ, AssociateRQ
from dicomkit.standard.transfer_syntax import TransferSyntax
from dicomkit.standard.uid import UID

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
    from typing import Final, Literal, TypeAlias

    from dicomkit.net.items import UserIdentity

    #: SOP class (UID or keyword), with or without transfer syntaxes (UIDs or keywords), or a context as it is.
    ContextLike: TypeAlias = str | tuple[str, Sequence[str]] | PresentationContext

__all__ = ["DEFAULT_TRANSFER_SYNTAXES", "RESULTS", "Agreement", "Context", "Policy", "propose", "refusal", "uid_of"]

#: Proposed for a SOP class that is given alone: Explicit and Implicit VR Little Endian.
DEFAULT_TRANSFER_SYNTAXES: Final = ("1.2.840.10008.1.2.1", "1.2.840.10008.1.2")

MOST_CONTEXTS: Final = 128  # odd numbers of one byte

# Results of a presentation context (PS3.8 table 9-18).
ACCEPTANCE: Final = 0
ABSTRACT_SYNTAX_NOT_SUPPORTED: Final = 3
TRANSFER_SYNTAXES_NOT_SUPPORTED: Final = 4

# Result, source, reason of rejections (PS3.8 table 9-21).
APPLICATION_CONTEXT_NOT_SUPPORTED: Final = (1, 1, 2)
CALLING_AE_TITLE_NOT_RECOGNIZED: Final = (1, 1, 3)
CALLED_AE_TITLE_NOT_RECOGNIZED: Final = (1, 1, 7)
NO_REASON_GIVEN: Final = (1, 1, 1)


class Context:
    """An accepted presentation context.

    Attributes:
        id: odd, 1 to 255.
        abstract_syntax, transfer_syntax: UIDs.
        as_scu: whether this side may be the SCU in it, and send requests.
        as_scp: whether this side may be the SCP in it, and receive requests.
    """

    __slots__ = ("abstract_syntax", "as_scp", "as_scu", "id", "transfer_syntax")

    def __init__(self, id: int, abstract_syntax: str, transfer_syntax: str, as_scu: bool, as_scp: bool) -> None:
        self.id = id
        self.abstract_syntax = abstract_syntax
        self.transfer_syntax = transfer_syntax
        self.as_scu = as_scu
        self.as_scp = as_scp

    def __repr__(self) -> str:
        return f"<Context {self.id} {self.abstract_syntax} {self.transfer_syntax}>"


class Agreement:
    """What the two sides of an association have agreed on, as one of them sees it.

    Attributes:
        requestor: whether this side requested the association.
        request, answer: the PDUs.
        called_ae_title, calling_ae_title
        contexts: the accepted ones, by id.
        by_syntax: the accepted ones, by abstract syntax, in the order of the request.
        max_pdu_length: of what is sent to the peer; 0: no limit.
        window: most operations that this side may have outstanding, and that it must take; 0: any number.
        peer: the user information of the other side (implementation, identity or the response to it, ...).
    """

    def __init__(self, request: AssociateRQ, answer: AssociateAC, *, requestor: bool) -> None:
        self.requestor = requestor
        self.request = request
        self.answer = answer
        self.called_ae_title = request.called_ae_title
        self.calling_ae_title = request.calling_ae_title
        self.peer = (answer if requestor else request).user_information
        self.max_pdu_length = self.peer.max_pdu_length
        self.window = _window(request, answer, requestor)
        roles = _agreed_roles(request, answer)
        proposed = {context.id: context for context in request.presentation_contexts}
        self.contexts: dict[int, Context] = {}
        self.by_syntax: dict[str, list[Context]] = {}
        for result in answer.presentation_contexts:
            context = proposed.get(result.id)
            if result.result != ACCEPTANCE or context is None or result.transfer_syntax not in context.transfer_syntaxes:
                continue
            scu, scp = roles.get(context.abstract_syntax, (True, False))
            if not requestor:
                scu, scp = scp, scu
            accepted = Context(result.id, context.abstract_syntax, result.transfer_syntax, scu, scp)
            self.contexts[result.id] = accepted
            self.by_syntax.setdefault(context.abstract_syntax, []).append(accepted)

    def find(self, abstract_syntax: str, transfer_syntax: str | None = None, *, as_scp: bool = False) -> Context | None:
        """The first context of a SOP class, and transfer syntax, in which this side is SCU (or SCP)."""
        for context in self.by_syntax.get(abstract_syntax, ()):
            may = context.as_scp if as_scp else context.as_scu
            if may and (transfer_syntax is None or context.transfer_syntax == transfer_syntax):
                return context
        return None


def _agreed_roles(request: AssociateRQ, answer: AssociateAC) -> dict[str, tuple[bool, bool]]:
    """SOP class -> whether the requestor is SCU and SCP, where that was negotiated (PS3.7 D.3.3.4)."""
    if not request.user_information.roles or not answer.user_information.roles:
        return {}
    asked = {role.sop_class: role for role in request.user_information.roles}
    return {
        role.sop_class: (role.scu and asked[role.sop_class].scu, role.scp and asked[role.sop_class].scp)
        for role in answer.user_information.roles
        if role.sop_class in asked
    }


def _window(request: AssociateRQ, answer: AssociateAC, requestor: bool) -> tuple[int, int]:
    """PS3.7 D.3.3.3. In both PDUs, the numbers are those of the requestor."""
    asked = request.user_information.async_window
    given = answer.user_information.async_window
    if asked is None or given is None:
        return 1, 1
    invoked, performed = _fewer(asked[0], given[0]), _fewer(asked[1], given[1])
    return (invoked, performed) if requestor else (performed, invoked)


def _fewer(one: int, other: int) -> int:
    """The lower of two limits, where 0 is none."""
    return min(one, other) if one and other else one or other


# What a result means that is not acceptance (PS3.8 table 9-18).
RESULTS: Final = {
    1: "rejected by the peer's user",
    2: "rejected by the peer, no reason given",
    3: "abstract syntax not supported",
    4: "transfer syntaxes not supported",
}


def refusal(abstract_syntax: str, agreement: Agreement, peer: str = "") -> NoPresentationContext:
    """The error of an abstract syntax for which there is no presentation context to send requests in."""
    proposed = {each.id for each in agreement.request.presentation_contexts if each.abstract_syntax == abstract_syntax}
    results = {each.result for each in agreement.answer.presentation_contexts if each.id in proposed}
    if not proposed:
        text = "it was not proposed"
    elif ACCEPTANCE in results:
        text = "accepted in another role only" if abstract_syntax in agreement.by_syntax else "not accepted as proposed"
    else:
        text = ", ".join(RESULTS.get(result, f"result {result}") for result in sorted(results)) or "not answered"
    return NoPresentationContext(abstract_syntax, UID(abstract_syntax).name or abstract_syntax, text, peer)


def uid_of(name: str) -> str:
    """A UID as it is, or that of a keyword.

    Raises:
        ValueError: it is neither.
    """
    return str(name if name[:1].isdigit() else UID.from_keyword(name))


def syntax_uid(name: str) -> str:
    """The UID of a transfer syntax, given as it is or as keyword.

    Raises:
        ValueError: it is neither.
    """
    if name[:1].isdigit():
        return str(name)
    found = TransferSyntax.find(name)
    if found is None:
        raise ValueError(f"{name!r} is no transfer syntax")
    return str(found.uid)


def propose(
    contexts: Iterable[ContextLike],
    *,
    called: str = "ANY-SCP",
    calling: str = "DICOMKIT",
    roles: Mapping[str, tuple[bool, bool]] | None = None,
    max_pdu_length: int = 1 << 20,
    async_window: tuple[int, int] | None = None,
    user_identity: UserIdentity | None = None,
    extended: Mapping[str, bytes] | None = None,
) -> AssociateRQ:
    """The request for an association.

    Args:
        contexts: what it is for: SOP classes, each a UID or keyword, or (SOP class, transfer syntaxes), or a
            PresentationContext. Those without transfer syntaxes propose Explicit and Implicit VR Little Endian.
        called, calling: AE titles.
        roles: SOP class -> whether this side wants to be (SCU, SCP), where that is not SCU alone: for C-GET.
        max_pdu_length: of what the peer may send; 0: no limit.
        async_window: most operations that this side has outstanding, and that it performs, at a time; 0: any number. None:
            one and one.
        user_identity: who asks.
        extended: SOP class -> service-class application information.

    Raises:
        ValueError: no or more than 128 contexts, an AE title that is none, an unknown keyword.

    PS3.7 annex D, PS3.8 9.3.2.
    """
    proposed = tuple([_context(index * 2 + 1, each) for index, each in enumerate(contexts)])
    if not 0 < len(proposed) <= MOST_CONTEXTS:
        raise ValueError(f"an association has 1 to {MOST_CONTEXTS} presentation contexts, not {len(proposed)}")
    if len({context.id for context in proposed}) < len(proposed):
        raise ValueError("two presentation contexts have the same ID")
    for title in (called, calling):
        if not is_ae_title(title):
            raise ValueError(f"{title!r} is no AE title: 1 to 16 characters of ASCII")
    user_information = UserInformation(
        max_pdu_length=max_pdu_length,
        implementation_class_uid=IMPLEMENTATION_CLASS_UID,
        implementation_version_name=IMPLEMENTATION_VERSION_NAME,
        async_window=async_window,
        roles=tuple([RoleSelection(uid_of(name), scu, scp) for name, (scu, scp) in (roles or {}).items()]),
        extended=tuple([(uid_of(name), data) for name, data in (extended or {}).items()]),
        user_identity=user_identity,
    )
    return AssociateRQ(called, calling, APPLICATION_CONTEXT, proposed, user_information)


def is_ae_title(text: str) -> bool:
    """Whether a text can be an AE title (PS3.5 6.2, PS3.8 9.3.2)."""
    return 0 < len(text.strip(" ")) <= len(text) <= 16 and text.isascii() and text.isprintable() and "\\" not in text


def _context(id: int, given: ContextLike) -> PresentationContext:
    if isinstance(given, PresentationContext):
        return given
    if isinstance(given, str):
        return PresentationContext(id, uid_of(given), DEFAULT_TRANSFER_SYNTAXES)
    sop_class, syntaxes = given
    if isinstance(syntaxes, str):
        syntaxes = (syntaxes,)
    if not syntaxes:
        raise ValueError(f"{sop_class}: a presentation context needs a transfer syntax")
    return PresentationContext(id, uid_of(sop_class), tuple([syntax_uid(syntax) for syntax in syntaxes]))


class Policy:
    """What an acceptor accepts. It has no state: one serves all associations."""

    def __init__(
        self,
        supported: Mapping[str, Sequence[str] | None],
        *,
        called: Collection[str] | None = None,
        calling: Collection[str] | None = None,
        prefer: Literal["acceptor", "requestor"] = "acceptor",
        otherwise: Callable[[str], Sequence[str] | None] | None = None,
        roles: Callable[[str], tuple[bool, bool]] | None = None,
        max_pdu_length: int = 1 << 20,
        async_window: tuple[int, int] = (1, 1),
        identify: Callable[[UserIdentity, AssociateRQ], bool | bytes] | None = None,
        extended: Callable[[str, bytes], bytes | None] | None = None,
    ) -> None:
        """
        Args:
            supported: abstract syntax (UID) -> transfer syntaxes (UIDs) in the order of preference; None or none: any.
            called: AE titles that this application goes by; None: any.
            calling: AE titles that may ask; None: any.
            prefer: whose order of transfer syntaxes counts.
            otherwise: asked for an abstract syntax that is not in `supported`: its transfer syntaxes (none: any), or None
                to refuse it. For servers that take what they do not know.
            roles: for an abstract syntax, whether the requestor may be (SCU, SCP) where it asks by role selection. Without
                it, or if it has no answer, the default roles hold.
            max_pdu_length: of what the requestor may send; 0: no limit.
            async_window: most operations that this side has outstanding, and that it performs, at a time; 0: any number.
            identify: asked with a user identity and the request: False rejects the association; bytes are the server
                response (of types 3 to 5). Without it, an identity is not looked at, and none is confirmed.
            extended: asked with an abstract syntax and its service-class application information: the answer, or None.

        PS3.7 annex D, PS3.8 9.3.3.
        """
        self.supported = supported
        self.called = None if called is None else frozenset(title.strip(" ") for title in called)
        self.calling = None if calling is None else frozenset(title.strip(" ") for title in calling)
        self.prefer = prefer
        self.otherwise = otherwise
        self.roles = roles
        self.max_pdu_length = max_pdu_length
        self.async_window = async_window
        self.identify = identify
        self.extended = extended

    def negotiate(self, request: AssociateRQ) -> AssociateAC | AssociateRJ:
        """The answer to a request."""
        if request.application_context_name != APPLICATION_CONTEXT:
            return AssociateRJ(*APPLICATION_CONTEXT_NOT_SUPPORTED)
        if self.called is not None and request.called_ae_title.strip(" ") not in self.called:
            return AssociateRJ(*CALLED_AE_TITLE_NOT_RECOGNIZED)
        if self.calling is not None and request.calling_ae_title.strip(" ") not in self.calling:
            return AssociateRJ(*CALLING_AE_TITLE_NOT_RECOGNIZED)
        user = request.user_information
        confirmation: bool | bytes = False
        if user.user_identity is not None and self.identify is not None:
            confirmation = self.identify(user.user_identity, request)
            if confirmation is False:
                return AssociateRJ(*NO_REASON_GIVEN)
        contexts = tuple([self._result(context) for context in request.presentation_contexts])
        response = b"" if confirmation is True else confirmation or None
        asked = user.user_identity is not None and user.user_identity.response_requested
        answer = UserInformation(
            max_pdu_length=self.max_pdu_length,
            implementation_class_uid=IMPLEMENTATION_CLASS_UID,
            implementation_version_name=IMPLEMENTATION_VERSION_NAME,
            async_window=None if user.async_window is None else self._window(user.async_window),
            roles=self._roles(user.roles) if user.roles and self.roles is not None else (),
            extended=self._extended(user.extended) if user.extended and self.extended is not None else (),
            user_identity_response=response if asked else None,
        )
        return AssociateAC(
            request.called_ae_title, request.calling_ae_title, request.application_context_name, contexts, answer
        )

    def _result(self, context: PresentationContext) -> AcceptedContext:
        proposed = context.transfer_syntaxes
        first = proposed[0] if proposed else ""
        if context.abstract_syntax in self.supported:
            mine = self.supported[context.abstract_syntax] or ()
        else:
            found = None if self.otherwise is None else self.otherwise(context.abstract_syntax)
            if found is None:
                return AcceptedContext(context.id, ABSTRACT_SYNTAX_NOT_SUPPORTED, first)
            mine = found
        if not mine:
            chosen = first
        elif self.prefer == "acceptor":
            chosen = next((syntax for syntax in mine if syntax in proposed), "")
        else:
            chosen = next((syntax for syntax in proposed if syntax in mine), "")
        if not chosen:
            return AcceptedContext(context.id, TRANSFER_SYNTAXES_NOT_SUPPORTED, first)
        return AcceptedContext(context.id, ACCEPTANCE, chosen)

    def _window(self, asked: tuple[int, int]) -> tuple[int, int]:
        return _fewer(asked[0], self.async_window[1]), _fewer(asked[1], self.async_window[0])

    def _roles(self, asked: tuple[RoleSelection, ...]) -> tuple[RoleSelection, ...]:
        allowed = self.roles
        assert allowed is not None
        answers = []
        for role in asked:
            scu, scp = allowed(role.sop_class)
            answers.append(RoleSelection(role.sop_class, role.scu and scu, role.scp and scp))
        return tuple(answers)

    def _extended(self, asked: tuple[tuple[str, bytes], ...]) -> tuple[tuple[str, bytes], ...]:
        answer = self.extended
        assert answer is not None
        pairs = [(sop_class, answer(sop_class, data)) for sop_class, data in asked]
        return tuple([(sop_class, data) for sop_class, data in pairs if data is not None])
