"""Where other applications are."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from dicomkit.net.server.destinations import find_destination


async def ask(title: str) -> tuple[str, int] | None:
    return ("192.0.2.1", 104) if title == "STORE" else None


BOOK = {"STORE": ("192.0.2.1", 104)}


@pytest.mark.parametrize("book", [BOOK, BOOK.get, ask])
def test_known_and_unknown(book: Any) -> None:
    with ThreadPoolExecutor(1) as executor:
        assert asyncio.run(find_destination(executor, book, "STORE")) == ("192.0.2.1", 104)
        assert asyncio.run(find_destination(executor, book, "OTHER")) is None


def test_no_book() -> None:
    with ThreadPoolExecutor(1) as executor:
        assert asyncio.run(find_destination(executor, None, "STORE")) is None
