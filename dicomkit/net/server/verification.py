"""Verification: C-ECHO (PS3.4 annex A)."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from dicomkit.net.server.service import NATIVE, Service

if TYPE_CHECKING:
    from dicomkit.net.server.request import Request

__all__ = ["Verification"]

C_ECHO: Final = 0x0030
SUCCESS: Final = 0x0000
UNRECOGNIZED_OPERATION: Final = 0x0211


class Verification(Service):
    """Answers C-ECHO."""

    sop_classes = MappingProxyType({"1.2.840.10008.1.1": NATIVE})

    def receive(self, request: Request) -> None:
        right = request.message.command_field == C_ECHO
        request.dialogue.finish(request, SUCCESS if right else UNRECOGNIZED_OPERATION)
