"""C-ECHO."""

from __future__ import annotations

from dicomkit.net.association import associate
from tests.net.server.wire import Connect, Listen


def test_echo(listen: Listen) -> None:
    server = listen()
    with associate("127.0.0.1", server.port, contexts=["Verification"]) as association:
        for _ in range(3):
            assert association.echo().is_success
    assert server.counters.messages == 3


def test_anything_else_is_refused(listen: Listen, wire: Connect) -> None:
    peer = wire(listen())
    peer.associate()
    peer.command("C-STORE-RQ", has_data=True, message_id=1, affected_sop_class_uid="1.2.840.10008.1.1", priority=0)
    peer.data(b"anything")
    assert peer.response().status == 0x0211  # unrecognized operation
    peer.command("C-ECHO-RQ", message_id=2, affected_sop_class_uid="1.2.840.10008.1.1")
    response = peer.response()
    assert (response.name, response.message_id_being_responded_to, response.status) == ("C-ECHO-RSP", 2, 0)
    assert response.affected_sop_class_uid == "1.2.840.10008.1.1"
    peer.release()
