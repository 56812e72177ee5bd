"""hosts.allow and hosts.deny, by the text of hosts_access(5)."""

from __future__ import annotations

from pathlib import Path

import pytest

from dicomkit.cli.host_access import HostAccess


@pytest.mark.parametrize(
    ("allow", "deny", "address", "expected"),
    [
        ("", "", "192.0.2.7", True),
        ("", "ALL: ALL", "192.0.2.7", False),
        ("storescp: 192.0.2.", "ALL: ALL", "192.0.2.7", True),
        ("storescp: 192.0.2.", "ALL: ALL", "192.0.3.7", False),
        ("sshd: 192.0.2.", "ALL: ALL", "192.0.2.7", False),
        ("storescp: 192.0.2.0/255.255.255.0", "ALL: ALL", "192.0.2.7", True),
        ("storescp, sshd: 10.0.0.1 192.0.2.0/24", "ALL: ALL", "192.0.2.7", True),
        ("ALL: [2001:db8::]/32", "ALL: ALL", "2001:db8::1", True),
        ("ALL: [2001:db8::]/32: allow", "ALL: ALL", "2001:db9::1", False),
        ("", "ALL EXCEPT storescp: ALL", "192.0.2.7", True),
        ("storescp: ALL EXCEPT 192.0.2.7", "ALL: ALL", "192.0.2.7", False),
        ("storescp: ALL EXCEPT 192.0.2.7", "ALL: ALL", "192.0.2.8", True),
        ("# storescp: ALL\nstorescp: 10. \\\n 192.0.2.", "ALL: ALL", "192.0.2.7", True),
        ("storescp: 192.0.2.7", "ALL: ALL", "::ffff:192.0.2.7", True),
        ("storescp: nonsense..name/33", "storescp: ALL", "192.0.2.7", False),
    ],
)
def test_rules(tmp_path: Path, allow: str, deny: str, address: str, expected: bool) -> None:
    (tmp_path / "allow").write_text(allow)
    (tmp_path / "deny").write_text(deny)
    assert HostAccess("storescp", str(tmp_path / "allow"), str(tmp_path / "deny")).allows(address) is expected


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    """None means no rules; one that is there and cannot be read lets nobody in."""
    assert HostAccess("storescp", str(tmp_path / "none"), str(tmp_path / "none")).allows("192.0.2.7")
    assert not HostAccess("storescp", str(tmp_path / "none"), str(tmp_path)).allows("192.0.2.7")
