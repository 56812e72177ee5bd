"""What peers of the soak say: the PDUs of an honest conversation, and what can be made of them."""

from __future__ import annotations

from random import Random
from typing import Any

import dicomkit
from dicomkit.net.items import UserIdentity
from dicomkit.net.messages import Message
from dicomkit.net.negotiation import propose
from tests.net.server.wire import CT, VERIFICATION, p_data

MR = "1.2.840.10008.5.1.4.1.1.4"
FIND = "1.2.840.10008.5.1.4.1.2.2.1"
MOVE = "1.2.840.10008.5.1.4.1.2.2.2"
GET = "1.2.840.10008.5.1.4.1.2.2.3"
MPPS = "1.2.840.10008.3.1.2.3.3"
SOP_CLASSES = (VERIFICATION, CT, FIND, GET, MOVE, MR, MPPS)
ID = {sop_class: index * 2 + 1 for index, sop_class in enumerate(SOP_CLASSES)}
ROLES = {CT: (True, True)}


def request(identity: UserIdentity | None = None, called: str = "SOAK") -> bytes:
    return propose(SOP_CLASSES, called=called, calling="PEER", roles=ROLES, user_identity=identity).encode()


def command(name: str, sop_class: str, *, has_data: bool = False, **elements: Any) -> bytes:
    """A command set."""
    elements = {"message_id": 7, "affected_sop_class_uid": sop_class, **elements}
    return Message.make(name, ID[sop_class], has_data=has_data, **elements).encode()


def store_command(instance: str = "1.2.3", sop_class: str = CT) -> bytes:
    return command("C-STORE-RQ", sop_class, has_data=True, priority=0, affected_sop_instance_uid=instance)


def data(sop_class: str, content: bytes) -> bytes:
    """A data set, whole."""
    return p_data(ID[sop_class], 2, content)


def query(name: str, sop_class: str, patient: str = "", **elements: Any) -> bytes:
    identifier = dicomkit.Dataset(QueryRetrieveLevel="STUDY", PatientID=patient).to_bytes(meta="none")
    message = command(name, sop_class, has_data=True, priority=0, **elements)
    return p_data(ID[sop_class], 3, message) + data(sop_class, identifier)


REQUEST = request()
REQUEST_WITH_IDENTITY = request(UserIdentity(2, b"doe", b"secret", True))
REQUEST_OF_NOBODY = request(UserIdentity(2, b"nobody", b"", True))
REQUEST_FOR_OTHERS = request(called="OTHER")
RELEASE = bytes.fromhex("05 00 00000004 00000000")
RELEASED = bytes.fromhex("06 00 00000004 00000000")
ABORT = bytes.fromhex("07 00 00000004 00000000")
IDENTIFIER = dicomkit.Dataset(QueryRetrieveLevel="STUDY", PatientID="").to_bytes(meta="none")
OBJECT = dicomkit.Dataset(SOPClassUID=CT, SOPInstanceUID="1.2.3", PixelData=bytes(2000)).to_bytes(meta="none")
STEP = dicomkit.Dataset(PerformedProcedureStepStatus="IN PROGRESS").to_bytes(meta="none")

ECHO = p_data(ID[VERIFICATION], 3, command("C-ECHO-RQ", VERIFICATION))
STORE_COMMAND = p_data(ID[CT], 3, store_command())
STORE = STORE_COMMAND + data(CT, OBJECT)
QUERY = query("C-FIND-RQ", FIND)
RETRIEVAL = query("C-GET-RQ", GET)
RETRIEVAL_OF_MUCH = query("C-GET-RQ", GET, "MUCH")
MOVE_TO_HOSTILE = query("C-MOVE-RQ", MOVE, move_destination="HOSTILE")
MOVE_TO_NOBODY = query("C-MOVE-RQ", MOVE, move_destination="NOBODY")

#: One PDU a row.
CONVERSATION = (REQUEST, ECHO, STORE_COMMAND, data(CT, OBJECT), QUERY, RELEASE)

# State of the server (PS3.8 9.2.1) -> the request that leads there (b"": none), and what is said once that was answered.
STATES = {
    "2": (b"", b""),
    "2, half a request": (b"", REQUEST[:100]),
    "3": (b"", REQUEST_WITH_IDENTITY),
    "3, and more": (b"", REQUEST + ECHO),
    "6": (REQUEST, b""),
    "6, half a command": (REQUEST, STORE_COMMAND[:40]),
    "6, half an object": (REQUEST, STORE_COMMAND + p_data(ID[CT], 0, bytes(70_000))),
    "6, half an object for a handler": (REQUEST, p_data(ID[MR], 3, store_command(sop_class=MR)) + p_data(ID[MR], 0, OBJECT)),
    "6, after some messages": (REQUEST_WITH_IDENTITY, ECHO + STORE),
    "6, finding": (REQUEST, QUERY),
    "6, storing sub-operations": (REQUEST, RETRIEVAL),
    "6, moving": (REQUEST, MOVE_TO_HOSTILE),
    "8": (REQUEST, QUERY + RELEASE),
    "8, with sub-operations": (REQUEST, RETRIEVAL + RELEASE),
    "13, released": (REQUEST, RELEASE),
    "13, rejected": (b"", REQUEST_FOR_OTHERS),
    "13, aborted": (REQUEST, ABORT),
}

# What other programs say to a port that they take for theirs.
STRANGERS = {
    "http": b"GET / HTTP/1.1\r\nHost: x\r\nUser-Agent: probe\r\n\r\n",
    "http 2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes(9),
    "ssh": b"SSH-2.0-OpenSSH_9.6\r\n",
    "tls": bytes.fromhex("16030100f1010000ed0303") + bytes(231),
    "smb": b"\0\0\0\x85\xffSMBr" + bytes(128),
    "rdp": bytes.fromhex("030000130ee000000000000100080003000000"),
    "hl7": b"\x0bMSH|^~\\&|A|B|C|D|20261122||ADT^A01|1|P|2.5\r\x1c\r",
    "sip": b"OPTIONS sip:x SIP/2.0\r\nVia: SIP/2.0/TCP x\r\n\r\n",
    "shell": b"() { :;}; $(touch /tmp/x); `touch /tmp/x`\n",
    "zeros": bytes(5000),
    "ones": b"\xff" * 5000,
}

# Peers may call themselves and their objects what they like.
NAMES = (
    "../../x", "/etc/passwd", "..\\..\\x", "C:\\x", "\\\\host\\x", "$(touch x)", "`touch x`", "a;b|c&d", "1.2.3\0/../x", ".",
    "..", "~/x", "-rf", "%s%n", "\n\r", "x" * 300, "con", "{0}", "'\" OR 1=1", "1.2.3 ", "\xff\xfe",
)  # fmt: skip


def entitled(title: str) -> bytes:
    """A request with an AE title of the peer's that is none (PS3.8 9.3.2: bytes 27 to 42 of the PDU)."""
    return REQUEST[:26] + title.encode("latin-1")[:16].ljust(16) + REQUEST[42:]


def lying(random: Random) -> list[bytes]:
    """A conversation in which a length is another, PDU by PDU."""
    pdus = list(CONVERSATION)
    at = random.randrange(len(pdus))
    pdu = bytearray(pdus[at])
    if at == 0 and random.random() < 0.6:  # a length of an item: two bytes
        place = random.randrange(74, len(pdu) - 1)
        pdu[place : place + 2] = random.choice((0, 1, 3, 0x7FFF, 0xFFFF, random.randrange(1 << 16))).to_bytes(2, "big")
    else:  # of a PDU, or of the value in it
        place = 2 if at in (0, len(pdus) - 1) or random.random() < 0.5 else 6
        length = int.from_bytes(pdu[place : place + 4], "big")
        lies = (0, 1, length - 1, length + 1, length + 50, 2 * length, 1 << 20, 1 << 30, 0x7FFFFFFF, 0xFFFFFFFF)
        pdu[place : place + 4] = random.choice(lies).to_bytes(4, "big")
    pdus[at] = bytes(pdu)
    return pdus


def mutated(random: Random) -> list[bytes]:
    """A conversation with some other bytes, PDU by PDU."""
    pdus = [bytearray(pdu) for pdu in CONVERSATION]
    for _ in range(random.randrange(1, 6)):
        pdu = random.choice(pdus)
        pdu[random.randrange(len(pdu))] = random.randrange(256)
    return [bytes(pdu) for pdu in pdus]


def bad_command(random: Random) -> bytes:
    """A message whose command set lacks elements, or has short, long, wrong or unknown ones."""
    source, sop_class = random.choice(COMMANDS)
    elements = _elements(source)
    for tag in list(elements):
        chance = random.random()
        if chance < 0.15:
            del elements[tag]
        elif chance < 0.3:
            elements[tag] = random.choice((b"", b"\1", elements[tag][:-1], bytes(4), bytes(300), elements[tag] * 2))
    if random.random() < 0.2:
        elements[random.randrange(1 << 16)] = random.randbytes(random.randrange(8))
    rows = list(elements.items())
    if random.random() < 0.2:
        random.shuffle(rows)
    said = bytearray()
    for tag, value in rows:
        length = len(value) if random.random() < 0.95 else random.choice((0, 1, len(value) + 2, 0xFFFF, 0xFFFFFFFF))
        said += b"\0\0" + tag.to_bytes(2, "little") + length.to_bytes(4, "little") + value
    if random.random() < 0.3:
        said = said[: random.randrange(len(said) + 1)]
    context = ID[sop_class] if random.random() < 0.9 else random.randrange(256)
    message = p_data(context, 3, bytes(said))
    return message + (p_data(context, 2, random.choice((OBJECT, IDENTIFIER, STEP, b"", bytes(100)))))


def _elements(command: bytes) -> dict[int, bytes]:
    """Element number -> value of a command set that is right."""
    found: dict[int, bytes] = {}
    at = 0
    while at < len(command):
        length = int.from_bytes(command[at + 4 : at + 8], "little")
        found[int.from_bytes(command[at + 2 : at + 4], "little")] = command[at + 8 : at + 8 + length]
        at += 8 + length
    return found


COMMANDS = (
    (command("C-ECHO-RQ", VERIFICATION), VERIFICATION),
    (store_command(), CT),
    (store_command(sop_class=MR), MR),
    (command("C-FIND-RQ", FIND, has_data=True, priority=0), FIND),
    (command("C-GET-RQ", GET, has_data=True, priority=0), GET),
    (command("C-MOVE-RQ", MOVE, has_data=True, priority=0, move_destination="NOBODY"), MOVE),
    (command("N-CREATE-RQ", MPPS, has_data=True, affected_sop_instance_uid="1.2.3"), MPPS),
    (Message.make("C-CANCEL-RQ", message_id_being_responded_to=7).encode(), FIND),
    (Message.make("C-STORE-RSP", message_id_being_responded_to=7, status=0).encode(), CT),
)
