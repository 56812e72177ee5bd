"""What A-ASSOCIATE PDUs carry: presentation contexts and user information (PS3.8 9.3.2 and annex D, PS3.7 annex D.3.3)."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, ClassVar

__all__ = [
    "AcceptedContext",
    "CommonExtendedNegotiation",
    "PresentationContext",
    "Record",
    "RoleSelection",
    "UserIdentity",
    "UserInformation",
]


class Record:
    """A value with named fields that does not change.

    As a frozen dataclass, whose module alone takes longer to import than all of these.
    """

    __match_args__: ClassVar[tuple[str, ...]] = ()
    __slots__ = ()
    _setters: ClassVar[tuple[Callable[[Record, object], None], ...]] = ()

    def __init_subclass__(cls) -> None:
        # what the slots have, once for all: a PDU may have hundreds of items
        cls._setters = tuple([getattr(cls, name).__set__ for name in cls.__match_args__])

    def _freeze(self, *values: object) -> None:
        """Set the fields, in the order of `__match_args__`."""
        for put, value in zip(self._setters, values, strict=True):
            put(self, value)

    def as_tuple(self) -> tuple[Any, ...]:
        """The fields, in the order in which they are given."""
        return tuple([getattr(self, name) for name in self.__match_args__])

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"{type(self).__name__} does not change: {name} cannot be set")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"{type(self).__name__} does not change: {name} cannot be deleted")

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and isinstance(other, Record) and self.as_tuple() == other.as_tuple()

    def __hash__(self) -> int:
        return hash((type(self), self.as_tuple()))

    def __repr__(self) -> str:
        fields = [f"{name}={value!r}" for name, value in zip(self.__match_args__, self.as_tuple(), strict=True)]
        return f"{type(self).__name__}({', '.join(fields)})"

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), self.as_tuple()


class PresentationContext(Record):
    """A proposed presentation context: an abstract syntax, and the transfer syntaxes that it may be sent in.

    Attributes:
        id: odd, 1 to 255.
        abstract_syntax: SOP class UID.
        transfer_syntaxes: UIDs.
    """

    __match_args__ = ("id", "abstract_syntax", "transfer_syntaxes")
    __slots__ = __match_args__
    id: int
    abstract_syntax: str
    transfer_syntaxes: tuple[str, ...]

    def __init__(self, id: int, abstract_syntax: str, transfer_syntaxes: tuple[str, ...]) -> None:
        self._freeze(id, abstract_syntax, transfer_syntaxes)


class AcceptedContext(Record):
    """The answer to a proposed presentation context.

    Attributes:
        id: of the context that it answers.
        result: 0 acceptance, 1 user rejection, 2 no reason (provider rejection), 3 abstract syntax not supported,
            4 transfer syntaxes not supported (PS3.8 table 9-18).
        transfer_syntax: the UID that was chosen; of no meaning unless accepted.
    """

    __match_args__ = ("id", "result", "transfer_syntax")
    __slots__ = __match_args__
    id: int
    result: int
    transfer_syntax: str

    def __init__(self, id: int, result: int, transfer_syntax: str = "") -> None:
        self._freeze(id, result, transfer_syntax)

    @property
    def accepted(self) -> bool:
        """Whether data can be sent in it."""
        return self.result == 0


class RoleSelection(Record):
    """SCP/SCU role selection for a SOP class: the roles of the requestor that are proposed, or accepted (PS3.7 D.3.3.4)."""

    __match_args__ = ("sop_class", "scu", "scp")
    __slots__ = __match_args__
    sop_class: str
    scu: bool
    scp: bool

    def __init__(self, sop_class: str, scu: bool, scp: bool) -> None:
        self._freeze(sop_class, scu, scp)


class CommonExtendedNegotiation(Record):
    """SOP class common extended negotiation: the service class of a SOP class, and what it is a special case of.

    PS3.7 D.3.3.6.
    """

    __match_args__ = ("sop_class", "service_class", "related_general_sop_classes")
    __slots__ = __match_args__
    sop_class: str
    service_class: str
    related_general_sop_classes: tuple[str, ...]

    def __init__(self, sop_class: str, service_class: str, related_general_sop_classes: tuple[str, ...] = ()) -> None:
        self._freeze(sop_class, service_class, related_general_sop_classes)


class UserIdentity(Record):
    """Who asks for the association (PS3.7 D.3.3.7).

    Attributes:
        type: 1 user name, 2 user name and passcode, 3 Kerberos service ticket, 4 SAML assertion, 5 JSON web token.
        primary: user name in UTF-8, ticket, assertion or token.
        secondary: the passcode in UTF-8 if the type is 2, else empty.
        response_requested: whether the acceptor shall confirm it.
    """

    __match_args__ = ("type", "primary", "secondary", "response_requested")
    __slots__ = __match_args__
    type: int
    primary: bytes
    secondary: bytes
    response_requested: bool

    def __init__(self, type: int, primary: bytes, secondary: bytes = b"", response_requested: bool = False) -> None:
        self._freeze(type, primary, secondary, response_requested)

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
    __slots__ = __match_args__
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

    def __init__(
        self,
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
    ) -> None:
        self._freeze(
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

    def to_tuple(self) -> tuple[Any, ...]:
        """As plain tuples, in the form of `dicomkit._ext.pdu.encode_associate`."""
        identity = self.user_identity
        return (
            self.max_pdu_length,
            self.implementation_class_uid,
            self.implementation_version_name,
            self.async_window,
            tuple([role.as_tuple() for role in self.roles]),
            self.extended,
            tuple([common.as_tuple() for common in self.common_extended]),
            None if identity is None else identity.as_tuple(),
            self.user_identity_response,
            self.unknown,
        )

    @classmethod
    def from_tuple(cls, fields: tuple[Any, ...]) -> UserInformation:
        """Inverse of `to_tuple`."""
        length, class_uid, version_name, window, roles, extended, common, identity, response, unknown = fields
        return cls(
            length,
            class_uid,
            version_name,
            window,
            tuple([RoleSelection(*role) for role in roles]),
            extended,
            tuple([CommonExtendedNegotiation(*one) for one in common]),
            None if identity is None else UserIdentity(*identity),
            response,
            unknown,
        )
