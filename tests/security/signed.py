"""Signed data sets: taken apart to be tampered with, and what every verification must end in."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Any, TypeAlias

import dicomkit
from dicomkit import Dataset, SignatureError
from dicomkit.dataset.sequence import Sequence as Items
from dicomkit.security.signatures.report import SignatureReport
from tests.reference.encoding import EXPLICIT_LITTLE, Element, Item, Node, Sequence, file_bytes
from tests.security.pki import Identity

SECONDS = 2.0  # of processor time that a verification may take

MAC_PARAMETERS = 0x4FFE0001
SIGNATURES = 0xFFFAFFFA
MAC_ID = 0x04000005
MAC_SYNTAX = 0x04000010
MAC_ALGORITHM = 0x04000015
ELEMENTS_SIGNED = 0x04000020
SIGNATURE_UID = 0x04000100
SIGNATURE_TIME = 0x04000105
CERTIFICATE_TYPE = 0x04000110
CERTIFICATE = 0x04000115
SIGNATURE = 0x04000120
TIMESTAMP_TYPE = 0x04000305
TIMESTAMP = 0x04000310
PURPOSE = 0x04000401

Nodes: TypeAlias = tuple[Node, ...]
Change: TypeAlias = Callable[[Any], Iterable[Any]]  # from a node to the nodes in its place, or from an item to items


def sign(item: Dataset, identity: Identity, **options: Any) -> str:
    """Have somebody sign; returns the UID of the signature."""
    return dicomkit.sign(item, identity.key, identity.certificate, **options)


def unchanged(dataset: Dataset) -> Callable[[], bool]:
    """Whether a data set is what it was."""
    before = dataset.to_bytes(transfer_syntax=EXPLICIT_LITTLE, meta="new")
    return lambda: dataset.to_bytes(transfer_syntax=EXPLICIT_LITTLE, meta="new")[400:] == before[400:]


def nodes_of(dataset: Dataset) -> Nodes:
    """What a data set consists of when it is stored with native pixel data."""
    return _nodes(dicomkit.read(dataset.to_bytes(transfer_syntax=EXPLICIT_LITTLE, meta="new")))


def _nodes(item: Dataset) -> Nodes:
    return tuple(_node(element) for element in item)


def _node(element: Any) -> Node:
    if isinstance(element.value, Items):
        return Sequence(int(element.tag), tuple(Item(_nodes(item)) for item in element.value))
    return Element(int(element.tag), element.vr, element.raw)


def stored(nodes: Iterable[Node], transfer_syntax: str = EXPLICIT_LITTLE) -> bytes:
    """A file."""
    return file_bytes(nodes, transfer_syntax)


def edited(nodes: Nodes, path: tuple[int, ...], change: Change) -> Nodes:
    """The nodes with others in the place of one.

    Args:
        nodes: of a data set.
        path: tag, position of an item in it, tag and so on; it ends with a tag, or with a position.
        change: what is put there instead.
    """
    tag, *rest = path
    found = [node for node in nodes if node.tag == tag]
    assert found, f"{tag:08X} is not there"
    made: list[Node] = []
    for node in nodes:
        if node is not found[0]:
            made.append(node)
        elif not rest:
            made.extend(change(node))
        else:
            assert isinstance(node, Sequence)
            made.append(replace(node, items=_edited_items(node.items, tuple(rest), change)))
    return tuple(made)


def _edited_items(items: tuple[Item, ...], path: tuple[int, ...], change: Change) -> tuple[Item, ...]:
    position, *rest = path
    made: list[Item] = []
    for number, item in enumerate(items):
        if number != position:
            made.append(item)
        elif rest:
            made.append(replace(item, elements=edited(item.elements, tuple(rest), change)))
        else:
            made.extend(change(item))
    return tuple(made)


def node_at(nodes: Nodes, *path: int) -> Any:
    """A node, or an item: see `edited`."""
    found: list[Any] = []

    def keep(node: Any) -> list[Any]:
        found.append(node)
        return [node]

    edited(nodes, path, keep)
    return found[0]


def added(nodes: Iterable[Node], *more: Node) -> Nodes:
    """The nodes and more, in the order of their tags."""
    return tuple(sorted((*nodes, *more), key=lambda node: node.tag))


def with_value(value: bytes) -> Change:
    """Changes an element's value."""
    return lambda node: [replace(node, value=value)]


def with_vr(vr: str) -> Change:
    """Changes the VR of an element or sequence."""
    return lambda node: [replace(node, vr=vr)]


def twice(node: Any) -> list[Any]:
    return [node, node]


def nothing(node: Any) -> list[Any]:
    return []


def verdict(data: bytes | Dataset, trust: Any, **options: Any) -> SignatureReport:
    """The report, when everything in it was looked at and goes together; it may not take long."""
    began = time.process_time()
    report = dicomkit.verify(dicomkit.read(data) if isinstance(data, bytes) else data, trust, **options)
    examine(report)
    assert time.process_time() - began < SECONDS, f"{time.process_time() - began:.1f} s"
    return report


def examine(report: SignatureReport) -> None:
    """Look at all that a report says: a verdict has its reasons."""
    assert str(report)
    assert repr(report)
    for result in report:
        assert str(result)
        assert repr(result)
        assert result.valid == (result.intact and result.trusted and result.anchored)
        assert result.valid or result.problems, "not valid, without a reason"
        assert all(problem.code and str(problem).isprintable() for problem in result.problems), result.problems
        assert not set(result.covered) & set(result.outside)
        assert isinstance(result.profiles, tuple)
        assert isinstance(result.signer, str)
        if result.intact:
            assert result.uid
            assert result.mac
            assert result.key
            assert result.covered
            assert result.time is not None
            assert result.certificate is not None
            assert result.transfer_syntax.startswith("1.2.840.10008.1.2")
            assert result.signer.isprintable()
        else:
            assert "base_rsa" not in result.profiles or result.key
    try:
        report.require()
    except SignatureError as error:
        assert not report.valid
        assert str(error)
    else:
        assert report.valid


def codes(report: SignatureReport) -> set[str]:
    """The codes of all problems of a report."""
    return {problem.code for problem in _problems(report)}


def _problems(report: SignatureReport) -> Iterator[Any]:
    yield from report.problems
    for result in report:
        yield from result.problems
