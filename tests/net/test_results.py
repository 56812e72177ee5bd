"""What operations give back."""

from __future__ import annotations

from dicomkit.net.messages import Message
from dicomkit.net.results import EventReport, Reply, Retrieval, Stored
from dicomkit.net.status import Status


def test_stored() -> None:
    assert Stored("a.dcm", Status(0, "C-STORE"), None).is_stored
    assert Stored("a.dcm", Status(0xB000, "C-STORE"), None).is_stored
    assert not Stored("a.dcm", Status(0xA700, "C-STORE"), None).is_stored
    failed = Stored("a.dcm", None, OSError("gone"))
    assert not failed.is_stored
    assert repr(failed) == "<Stored 'a.dcm': gone>"


def test_retrieval() -> None:
    retrieval = Retrieval(Status(0xFF00, "C-MOVE"), 3, 2, 1, 0)
    assert retrieval.failed_sop_instance_uids == ()
    assert "2 completed, 1 failed, 0 with warnings, 3 remaining" in repr(retrieval)


def test_reply() -> None:
    message = Message.make("N-CREATE-RSP", affected_sop_instance_uid="1.2.3", status=0)
    reply = Reply(Status.of(message), None, message)
    assert reply.sop_instance_uid == "1.2.3"
    assert repr(reply) == "<Reply 0000H: success>"


def test_event_report() -> None:
    assert repr(EventReport("1.2", "1.2.3", 1, None)) == "<EventReport 1 of 1.2.3>"
