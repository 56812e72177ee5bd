"""From where peers may connect."""

from __future__ import annotations

import pytest

from dicomkit.net.server.access import Addresses


@pytest.mark.parametrize(
    ("allowed", "address", "may"),
    [
        (None, "192.0.2.7", True),
        ([], "192.0.2.7", False),
        (["192.0.2.7"], "192.0.2.7", True),
        (["192.0.2.7"], "192.0.2.8", False),
        ("10.0.0.0/8", "10.200.3.4", True),
        ("10.0.0.1/8", "11.0.0.1", False),
        (["10.0.0.0/8", "2001:db8::/32"], "2001:db8::5", True),
        (["10.0.0.0/8"], "::ffff:10.0.0.5", True),
        (["fe80::/10"], "fe80::1%eth0", True),
        (["10.0.0.0/8"], "", False),
        (["10.0.0.0/8"], "/tmp/socket", False),
        (lambda address: address.endswith("7"), "192.0.2.7", True),
        (lambda address: address.endswith("7"), "192.0.2.8", False),
    ],
)
def test_addresses(allowed: object, address: str, may: bool) -> None:
    assert Addresses(allowed).allows(address) is may  # type: ignore[arg-type]  # of several types


def test_no_address() -> None:
    with pytest.raises(ValueError, match="hospital"):
        Addresses(["hospital.example"])
