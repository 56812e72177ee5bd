"""Negotiation: what is proposed, what a policy answers, what both sides make of it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dicomkit.errors import NoPresentationContext
from dicomkit.net.negotiation import Agreement, Policy, is_ae_title, propose, refusal
from dicomkit.net.pdu import (
    AcceptedContext,
    AssociateAC,
    AssociateRJ,
    AssociateRQ,
    PresentationContext,
    RoleSelection,
    UserIdentity,
    UserInformation,
)

VERIFICATION = "1.2.840.10008.1.1"
CT = "1.2.840.10008.5.1.4.1.1.2"
MR = "1.2.840.10008.5.1.4.1.1.4"
GET = "1.2.840.10008.5.1.4.1.2.2.3"
IMPLICIT, EXPLICIT, BIG = "1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.2"
JPEG = "1.2.840.10008.1.2.4.50"


def accepted(policy: Policy, request: AssociateRQ) -> AssociateAC:
    answer = policy.negotiate(request)
    assert isinstance(answer, AssociateAC)
    return answer


def both(policy: Policy, request: AssociateRQ) -> tuple[Agreement, Agreement]:
    """What requestor and acceptor make of an answer."""
    answer = accepted(policy, request)
    return Agreement(request, answer, requestor=True), Agreement(request, answer, requestor=False)


# -- proposing


def test_what_is_proposed() -> None:
    request = propose(
        ["Verification", CT, (MR, ["JPEGBaseline8Bit", EXPLICIT]), (GET, EXPLICIT)],
        called="PACS",
        calling="ME",
        roles={"CTImageStorage": (False, True)},
        max_pdu_length=16384,
        async_window=(5, 1),
        extended={"CTImageStorage": b"\1"},
    )
    assert (request.called_ae_title, request.calling_ae_title) == ("PACS", "ME")
    assert request.application_context_name == "1.2.840.10008.3.1.1.1"  # PS3.7 A.2.1
    assert request.presentation_contexts == (
        PresentationContext(1, VERIFICATION, (EXPLICIT, IMPLICIT)),
        PresentationContext(3, CT, (EXPLICIT, IMPLICIT)),
        PresentationContext(5, MR, (JPEG, EXPLICIT)),
        PresentationContext(7, GET, (EXPLICIT,)),
    )
    user = request.user_information
    assert (user.max_pdu_length, user.async_window) == (16384, (5, 1))
    assert user.roles == (RoleSelection(CT, False, True),)
    assert user.extended == ((CT, b"\1"),)
    assert user.implementation_class_uid.startswith("2.25.")
    assert len(user.implementation_version_name) <= 16


def test_contexts_as_they_are() -> None:
    given_ones = [PresentationContext(9, CT, (JPEG,)), PresentationContext(1, MR, (IMPLICIT,))]
    assert propose(given_ones).presentation_contexts == tuple(given_ones)


@pytest.mark.parametrize(
    "arguments",
    [
        {"contexts": []},
        {"contexts": [CT] * 129},
        {"contexts": ["NoSuchClass"]},
        {"contexts": [(CT, ["NoSuchSyntax"])]},
        {"contexts": [(CT, [])]},
        {"contexts": [(CT, ["CTImageStorage"])]},
        {"contexts": [PresentationContext(3, CT, (JPEG,)), MR]},
        {"contexts": [CT], "called": ""},
        {"contexts": [CT], "called": "SEVENTEEN LETTERS"},
        {"contexts": [CT], "calling": "Ö"},
    ],
)
def test_what_cannot_be_proposed(arguments: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        propose(**arguments)


def test_128_contexts() -> None:
    contexts = propose([CT] * 128).presentation_contexts
    assert [context.id for context in contexts] == list(range(1, 256, 2))


@pytest.mark.parametrize(
    ("text", "expected"),
    [("A", True), ("A" * 16, True), (" A B ", True), ("", False), ("  ", False), ("A" * 17, False), ("A\\B", False),
     ("A\nB", False), ("É", False)],
)  # fmt: skip
def test_ae_titles(text: str, expected: bool) -> None:
    assert is_ae_title(text) is expected


# -- answering


def test_contexts() -> None:
    policy = Policy({CT: (IMPLICIT, EXPLICIT), MR: None, VERIFICATION: (IMPLICIT,)})
    answer = accepted(policy, propose([(CT, [EXPLICIT, IMPLICIT]), (MR, [JPEG, EXPLICIT]), (CT, [JPEG]), (GET, [IMPLICIT])]))
    assert answer.presentation_contexts == (
        AcceptedContext(1, 0, IMPLICIT),  # the acceptor's order
        AcceptedContext(3, 0, JPEG),  # any: the first proposed
        AcceptedContext(5, 4, JPEG),  # transfer syntaxes not supported
        AcceptedContext(7, 3, IMPLICIT),  # abstract syntax not supported
    )


def test_the_order_of_the_requestor() -> None:
    policy = Policy({CT: (IMPLICIT, EXPLICIT)}, prefer="requestor")
    answer = accepted(policy, propose([(CT, [JPEG, EXPLICIT, IMPLICIT])]))
    assert answer.presentation_contexts == (AcceptedContext(1, 0, EXPLICIT),)


def test_what_is_not_in_the_table() -> None:
    policy = Policy({}, otherwise=lambda uid: {CT: (EXPLICIT,), MR: ()}.get(uid))
    answer = accepted(policy, propose([CT, MR, GET]))
    assert answer.presentation_contexts == (
        AcceptedContext(1, 0, EXPLICIT),
        AcceptedContext(3, 0, EXPLICIT),
        AcceptedContext(5, 3, EXPLICIT),
    )


def test_a_context_without_transfer_syntaxes() -> None:
    request = propose([PresentationContext(1, CT, ()), PresentationContext(3, MR, ())])
    answer = accepted(Policy({CT: None, MR: (IMPLICIT,)}), request)
    assert [context.result for context in answer.presentation_contexts] == [4, 4]


@pytest.mark.parametrize(
    ("policy", "called", "calling", "rejection"),
    [  # PS3.8 table 9-21
        (Policy({}, called=["PACS"]), "PACS", "ME", None),
        (Policy({}, called=["PACS"]), " PACS ", "ME", None),
        (Policy({}, called=["PACS"]), "OTHER", "ME", (1, 1, 7)),
        (Policy({}, calling=["ME", "YOU"]), "PACS", "YOU", None),
        (Policy({}, calling=["ME", "YOU"]), "PACS", "THEY", (1, 1, 3)),
        (Policy({}, called=[]), "PACS", "THEY", (1, 1, 7)),
    ],
)
def test_titles(policy: Policy, called: str, calling: str, rejection: tuple[int, int, int] | None) -> None:
    answer = policy.negotiate(propose([CT], called=called, calling=calling))
    if rejection is None:
        assert isinstance(answer, AssociateAC)
        assert (answer.called_ae_title, answer.calling_ae_title) == (called, calling)  # PS3.8 9.3.3: as they were
    else:
        assert answer == AssociateRJ(*rejection)


def test_another_application_context() -> None:
    request = propose([CT])
    other = AssociateRQ("A", "B", "1.2.3", request.presentation_contexts, request.user_information)
    assert Policy({CT: None}).negotiate(other) == AssociateRJ(1, 1, 2)


# -- user identity


def identity(kind: int = 2, *, asked: bool = True) -> AssociateRQ:
    return propose([CT], user_identity=UserIdentity(kind, b"doe", b"secret", asked))


def test_identity() -> None:
    seen = []

    def identify(user: UserIdentity, request: AssociateRQ) -> bool | bytes:
        seen.append((user.primary, user.secondary, request.calling_ae_title))
        return user.secondary == b"secret"

    policy = Policy({CT: None}, identify=identify)
    assert accepted(policy, identity()).user_information.user_identity_response == b""
    assert accepted(policy, identity(asked=False)).user_information.user_identity_response is None
    assert seen == [(b"doe", b"secret", "DICOMKIT")] * 2
    assert accepted(policy, propose([CT])).user_information.user_identity_response is None
    wrong = propose([CT], user_identity=UserIdentity(2, b"doe", b"guess"))
    assert isinstance(policy.negotiate(wrong), AssociateRJ)


def test_identity_with_a_response() -> None:
    policy = Policy({CT: None}, identify=lambda user, request: b"ticket")
    assert accepted(policy, identity(3)).user_information.user_identity_response == b"ticket"


def test_nobody_looks_at_the_identity() -> None:
    assert accepted(Policy({CT: None}), identity()).user_information.user_identity_response is None


# -- what was agreed


def test_agreement() -> None:
    policy = Policy({CT: (IMPLICIT,), MR: (EXPLICIT,)}, max_pdu_length=32768)
    requestor, acceptor = both(
        policy, propose([CT, GET, MR, (CT, [JPEG, IMPLICIT])], called="A", calling="B", max_pdu_length=9999)
    )
    for side in (requestor, acceptor):
        assert [*side.contexts] == [1, 5, 7]
        assert {uid: [context.id for context in contexts] for uid, contexts in side.by_syntax.items()} == {
            CT: [1, 7],
            MR: [5],
        }
        assert (side.called_ae_title, side.calling_ae_title) == ("A", "B")
        assert side.window == (1, 1)
    assert requestor.max_pdu_length == 32768
    assert acceptor.max_pdu_length == 9999
    found = requestor.find(MR)
    assert found is not None
    assert (found.id, found.transfer_syntax) == (5, EXPLICIT)
    assert requestor.find(MR, IMPLICIT) is None
    assert requestor.find(MR, as_scp=True) is None
    assert acceptor.find(MR) is None
    assert acceptor.find(MR, EXPLICIT, as_scp=True) is not None
    assert requestor.find(GET) is None


def test_answers_that_make_no_sense() -> None:
    request = propose([CT, MR, GET])
    contexts = (
        AcceptedContext(1, 0, JPEG),  # was not proposed
        AcceptedContext(9, 0, EXPLICIT),  # neither was the context
        AcceptedContext(3, 9, EXPLICIT),  # no such result
    )
    answer = AssociateAC("A", "B", "1.2.840.10008.3.1.1.1", contexts, UserInformation())
    assert Agreement(request, answer, requestor=True).contexts == {}


# PS3.7 D.3.3.4: what the requestor asks for, what the acceptor allows -> roles of the requestor
@pytest.mark.parametrize(
    ("asked", "allowed", "roles"),
    [
        (None, (True, True), (True, False)),
        ((True, True), None, (True, False)),
        ((True, True), (True, True), (True, True)),
        ((False, True), (True, True), (False, True)),
        ((True, True), (False, True), (False, True)),
        ((True, True), (True, False), (True, False)),
        ((True, False), (True, True), (True, False)),
        ((False, True), (True, False), (False, False)),
    ],
)
def test_roles(asked: tuple[bool, bool] | None, allowed: tuple[bool, bool] | None, roles: tuple[bool, bool]) -> None:
    policy = Policy({CT: None}, roles=None if allowed is None else lambda uid: allowed)
    requestor, acceptor = both(policy, propose([CT], roles=None if asked is None else {CT: asked}))
    one, other = requestor.contexts[1], acceptor.contexts[1]
    assert (one.as_scu, one.as_scp) == roles
    assert (other.as_scp, other.as_scu) == roles


# PS3.7 D.3.3.3: asked for, allowed by the acceptor (invoked, performed by it) -> window of the requestor
@pytest.mark.parametrize(
    ("asked", "allowed", "window"),
    [
        (None, (0, 0), (1, 1)),
        ((5, 3), (1, 1), (1, 1)),
        ((5, 3), (2, 4), (4, 2)),
        ((0, 0), (2, 4), (4, 2)),
        ((5, 3), (0, 0), (5, 3)),
        ((0, 0), (0, 0), (0, 0)),
    ],
)
def test_window(asked: tuple[int, int] | None, allowed: tuple[int, int], window: tuple[int, int]) -> None:
    requestor, acceptor = both(Policy({CT: None}, async_window=allowed), propose([CT], async_window=asked))
    assert requestor.window == window
    assert acceptor.window == (window[1], window[0])


def test_extended() -> None:
    policy = Policy({CT: None}, extended=lambda uid, data: data[:1] if uid == CT else None)
    answer = accepted(policy, propose([CT, MR], extended={CT: b"\1\1", MR: b"\1"}))
    assert answer.user_information.extended == ((CT, b"\1"),)


@pytest.mark.parametrize(
    ("sop_class", "policy", "text"),
    [
        (CT, Policy({}), "abstract syntax not supported"),
        (CT, Policy({CT: (JPEG,)}), "transfer syntaxes not supported"),
        (GET, Policy({}), "it was not proposed"),
        (MR, Policy({MR: None}, roles=lambda uid: (False, True)), "in another role only"),
    ],
)
def test_why_there_is_no_context(sop_class: str, policy: Policy, text: str) -> None:
    agreement, _ = both(policy, propose([CT, MR], roles={MR: (True, True)}))
    error = refusal(sop_class, agreement, "pacs:104")
    assert isinstance(error, NoPresentationContext)
    assert text in str(error)
    assert str(error).startswith("pacs:104: no presentation context for ")


uids = st.sampled_from([CT, MR, GET, VERIFICATION])
syntaxes = st.lists(st.sampled_from([IMPLICIT, EXPLICIT, BIG, JPEG]), min_size=1, unique=True)


@given(
    st.lists(st.tuples(uids, syntaxes), min_size=1, max_size=20),
    st.dictionaries(uids, st.one_of(st.none(), syntaxes)),
    st.sampled_from(["acceptor", "requestor"]),
)
def test_an_accepted_context_is_one_that_both_sides_know(
    proposed: list[tuple[str, list[str]]], supported: dict[str, list[str] | None], prefer: Any
) -> None:
    policy = Policy(supported, prefer=prefer)
    request = propose(proposed)
    answer = accepted(policy, request)
    assert [context.id for context in answer.presentation_contexts] == [c.id for c in request.presentation_contexts]
    for (uid, asked), result in zip(proposed, answer.presentation_contexts, strict=True):
        common = [syntax for syntax in asked if uid in supported and syntax in (supported[uid] or asked)]
        assert result.accepted == bool(common)
        if common:
            assert result.transfer_syntax in common
            if prefer == "requestor":
                assert result.transfer_syntax == common[0]
