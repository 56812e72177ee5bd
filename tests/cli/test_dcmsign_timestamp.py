"""What dcmsign prints of time-stamps."""

from __future__ import annotations

import pytest

from dicomkit.cli.dcmsign_timestamp import authority_text


@pytest.mark.parametrize(
    ("kind", "encoding", "shown"),
    [
        ("dns_name", b"\x82\x0btsa.example", "DNS:tsa.example"),  # RFC 5280 4.2.1.6: [2] IA5String
        ("dns_name", b"\x82\x04\x1b[2J", "DNS:\\x1B[2J"),
        ("directory_name", bytes.fromhex("3010310e300c06035504030c0554696d6573"), "DirName:CN = Times"),
        ("dns_name", b"\x82", "DNS:<unreadable>"),
        ("dns_name", b"", "DNS:<unreadable>"),
        ("directory_name", b"\x30\x80", "DirName:<unreadable>"),
    ],
)
def test_authorities(kind: str, encoding: bytes, shown: str) -> None:
    assert authority_text(kind, encoding) == shown
