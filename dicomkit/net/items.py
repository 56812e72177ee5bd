"""What A-ASSOCIATE PDUs carry: presentation contexts and user information (PS3.8 9.3.2 and annex D, PS3.7 annex D.3.3)."""

from __future__ import annotations

from operator import itemgetter

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, ClassVar, Self

__all__ = [
    "AcceptedContext",
    "CommonExtendedNegotiation",
    "PresentationContext",
    "Record",
    "RoleSelection",
    "UserIdentity",
    "UserInformation",
]


class Record(tuple[object, ...]):
    """A value with named fields that does not change: a tuple, which differs from other tuples.

    As a named tuple, whose module alone takes longer to import than all of these.
    """

    __match_args__: ClassVar[tuple[str, ...]] = ()
    __slots__ = ()

    def __init_subclass__(cls) -> None:
        for number, name in enumerate(cls.__match_args__):
            setattr(cls, name, property(itemgetter(number)))

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and tuple.__eq__(self, other)

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return hash((type(self), tuple(self)))

    def __bool__(self) -> bool:
        return True

    def __repr__(self) -> str:
        fields = [f"{name}={value!r}" for name, value in zip(self.__match_args__, self, strict=True)]
        return f"{type(self).__name__}({', '.join(fields)})"

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), tuple(self)


class PresentationContext(Record):
    """A proposed presentation context: an abstract syntax, and the transfer syntaxes that it may be sent in.

    Attributes:
        id: odd, 1 to 255.
        abstract_syntax: SOP class UID.
        transfer_syntaxes: UIDs.
    """

    __match_args__ = ("id", "abstract_syntax", "transfer_syntaxes")
    __slots__ = ()
    id: int
    abstract_syntax: str
    transfer_syntaxes: tuple[str, ...]

    def __new__(cls, id: int, abstract_syntax: str, transfer_syntaxes: tuple[str, ...]) -> Self:
        return tuple.__new__(cls, (id, abstract_syntax, transfer_syntaxes))


class AcceptedContext(Record):
    """The answer to a proposed presentation context.

    Attributes:
        id: of the context that it answers.
        result: 0 acceptance, 1 user rejection, 2 no reason (provider rejection), 3 abstract syntax not supported,
            4 transfer syntaxes not supported (PS3.8 table 9-18).
        transfer_syntax: the UID that was chosen; of no meaning unless accepted.
    """

    __match_args__ = ("id", "result", "transfer_syntax")
    __slots__ = ()
    id: int
    result: int
    transfer_syntax: str

    def __new__(cls, id: int, result: int, transfer_syntax: str = "") -> Self:
        return tuple.__new__(cls, (id, result, transfer_syntax))

    @property
    def accepted(self) -> bool:
        """Whether data can be sent in it."""
        return self.result == 0


class RoleSelection(Record):
    """SCP/SCU role selection for a SOP class: the roles of the requestor that are proposed, or accepted (PS3.7 D.3.3.4)."""

    __match_args__ = ("sop_class", "scu", "scp")
    __slots__ = ()
    sop_class: str
    scu: bool
    scp: bool

    def __new__(cls, sop_class: str, scu: bool, scp: bool) -> Self:
        return tuple.__new__(cls, (sop_class, scu, scp))


class CommonExtendedNegotiation(Record):
    """SOP class common extended negotiation: the service class of a SOP class, and what it is a special case of.

    PS3.7 D.3.3.6.
    """

    __match_args__ = ("sop_class", "service_class", "related_general_sop_classes")
    __slots__ = ()
    sop_class: str
    service_class: str
    related_general_sop_classes: tuple[str, ...]

    def __new__(cls, sop_class: str, service_class: str, related_general_sop_classes: tuple[str, ...] = ()) -> Self:
        return tuple.__new__(cls, (sop_class, service_class, related_general_sop_classes))


class UserIdentity(Record):
    """Who asks for the association (PS3.7 D.3.3.7).

    Attributes:
        type: 1 user name, 2 user name and passcode, 3 Kerberos service ticket, 4 SAML assertion, 5 JSON web token.
        primary: user name in UTF-8, ticket, assertion or token.
        secondary: the passcode in UTF-8 if the type is 2, else empty.
        response_requested: whether the acceptor shall confirm it.
    """

    __match_args__ = ("type", "primary", "secondary", "response_requested")
    __slots__ = ()
    type: int
    primary: bytes
    secondary: bytes
    response_requested: bool

    def __new__(cls, type: int, primary: bytes, secondary: bytes = b"", response_requested: bool = False) -> Self:
        return tuple.__new__(cls, (type, primary, secondary, response_requested))

    def __repr__(self) -> str:
        # what it holds are credentials, which must not get into logs
        return f"UserIdentity(type={self.type}, response_requested={self.response_requested})"


class UserInformation(Record):
    """The user information of an association.

    Attributes:
        max_pdu_length: longest PDU-length of P-DATA-TF PDUs that the sender takes; 0 for any.
        implementation_class_uid, implementation_version_name: the software of the sender.
        async_window: operations invoked and performed at once, 0 for any number; None: one and one.
        roles: role selections.
        extended: (SOP class UID, service class application information) pairs.
        common_extended: in a request only.
        user_identity: in a request only.
        user_identity_response: in an acceptance only; None where the identity was not to be confirmed.
        unknown: (type, content) of sub-items of other types.
    """

    __match_args__ = (
        "max_pdu_length",
        "implementation_class_uid",
        "implementation_version_name",
        "async_window",
        "roles",
        "extended",
        "common_extended",
        "user_identity",
        "user_identity_response",
        "unknown",
    )
    __slots__ = ()
    max_pdu_length: int
    implementation_class_uid: str
    implementation_version_name: str
    async_window: tuple[int, int] | None
    roles: tuple[RoleSelection, ...]
    extended: tuple[tuple[str, bytes], ...]
    common_extended: tuple[CommonExtendedNegotiation, ...]
    user_identity: UserIdentity | None
    user_identity_response: bytes | None
    unknown: tuple[tuple[int, bytes], ...]

    def __new__(
        cls,
        max_pdu_length: int = 0,
        implementation_class_uid: str = "",
        implementation_version_name: str = "",
        async_window: tuple[int, int] | None = None,
        roles: tuple[RoleSelection, ...] = (),
        extended: tuple[tuple[str, bytes], ...] = (),
        common_extended: tuple[CommonExtendedNegotiation, ...] = (),
        user_identity: UserIdentity | None = None,
        user_identity_response: bytes | None = None,
        unknown: tuple[tuple[int, bytes], ...] = (),
    ) -> Self:
        fields = (
            max_pdu_length,
            implementation_class_uid,
            implementation_version_name,
            async_window,
            roles,
            extended,
            common_extended,
            user_identity,
            user_identity_response,
            unknown,
        )
        return tuple.__new__(cls, fields)

    @classmethod
    def from_tuple(cls, fields: tuple[Any, ...]) -> UserInformation:
        """From plain tuples, as `dicomkit._ext.pdu.decode_associate` gives them."""
        length, class_uid, version_name, window, roles, extended, common, identity, response, unknown = fields
        return cls(
            length,
            class_uid,
            version_name,
            window,
            tuple([RoleSelection(*role) for role in roles]) if roles else (),
            extended,
            tuple([CommonExtendedNegotiation(*one) for one in common]) if common else (),
            None if identity is None else UserIdentity(*identity),
            response,
            unknown,
        )
