"""The server: an SCP to embed in programs."""

from __future__ import annotations

from dicomkit.net.server.counters import Counters
from dicomkit.net.server.limits import Limits
from dicomkit.net.server.n_service import NService
from dicomkit.net.server.performed_procedure_step import ModalityPerformedProcedureStep
from dicomkit.net.server.query import Find
from dicomkit.net.server.request import Peer, Request
from dicomkit.net.server.retrieve import Get, Move
from dicomkit.net.server.server import Server
from dicomkit.net.server.service import Service
from dicomkit.net.server.storage import Storage
from dicomkit.net.server.storage_commitment import StorageCommitment
from dicomkit.net.server.store_to import StoreTo
from dicomkit.net.server.verification import Verification
from dicomkit.net.storage_names import FileNaming

__all__ = [
    "Counters",
    "FileNaming",
    "Find",
    "Get",
    "Limits",
    "ModalityPerformedProcedureStep",
    "Move",
    "NService",
    "Peer",
    "Request",
    "Server",
    "Service",
    "Storage",
    "StorageCommitment",
    "StoreTo",
    "Verification",
]
