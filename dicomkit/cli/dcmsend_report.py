"""What dcmsend says about a transfer: the summary, and the report file."""

from __future__ import annotations

import os
from collections import Counter

from dicomkit.cli.requestor import status_text
from dicomkit.standard.uid import UID

TYPE_CHECKING = False
if TYPE_CHECKING:
    from datetime import datetime

    from dicomkit.net.send_report import Sent

__all__ = ["report_text", "summary_lines"]


def _kind(one: Sent) -> str:
    if one.status is None:
        return "no acceptable pres." if one.error is not None else "not sent"
    if one.status.is_failure:
        return "with status REFUSED" if one.status.text.startswith("refused") else "with status ERROR"
    return "with status WARNING" if one.status.is_warning else "with status SUCCESS"


def summary_lines(results: list[Sent], associations: int, contexts: int) -> list[str]:
    """The lines of the summary."""
    sent = Counter(_kind(each) for each in results if each.status is not None)
    missed = Counter(_kind(each) for each in results if each.status is None)
    lines = [
        "Status Summary",
        "--------------",
        f"Number of associations   : {associations}",
        f"Number of pres. contexts : {contexts}",
        f"Number of SOP instances  : {len(results)}",
    ]
    for title, counts in (("sent to the peer", sent), ("NOT sent to the peer", missed)):
        if counts:
            lines.append(f"- {title:<23}: {counts.total()}")
            lines += [f"  * {kind:<21}: {number}" for kind, number in counts.items()]
    return lines


def report_text(
    results: list[Sent], summary: list[str], *, peer: tuple[str, int], titles: tuple[str, str], now: datetime
) -> str:
    """The text of the report file."""
    lines = [
        "Detailed Report on the Transfer of Instances",
        "============================================",
        "",
        f"Communication Peer : {peer[0]}:{peer[1]}",
        f"AE Titles used     : {titles[0]} -> {titles[1]}",
        f"Current Date/Time  : {now:%Y-%m-%d %H:%M:%S}",
        "",
    ]
    for number, one in enumerate(results, 1):
        lines += [
            "",
            f"Number        : {number}",
            f"Filename      : {_source(one)}",
            f"SOP Instance  : {one.sop_instance_uid}",
            f"SOP Class     : {_named(one.sop_class_uid, UID(one.sop_class_uid).keyword)}",
            f"Original Xfer : {_named(one.transfer_syntax, UID(one.transfer_syntax).name)}",
        ]
        if one.size is not None:
            lines.append(f"Dataset Size  : {one.size} bytes")
        if one.status is None:
            lines += [f"Association   : {one.association or '<none>'}", f"Not sent      : {one.error or 'halted before'}"]
            continue
        lines += [
            f"Association   : {one.association}",
            f"Pres. Context : {one.context_id}",
            f"Network Xfer  : {_named(one.sent_as, UID(one.sent_as).name)}",
            f"DIMSE Status  : 0x{one.status.code:04x} ({status_text(one.status)})",
        ]
    return "\n".join([*lines, "", "", *summary, ""])


def _source(one: Sent) -> str:
    return os.fsdecode(one.source) if isinstance(one.source, (str, os.PathLike)) else repr(one.source)


def _named(uid: str, name: str) -> str:
    return f"{uid} = {name}" if name and name != uid else uid
