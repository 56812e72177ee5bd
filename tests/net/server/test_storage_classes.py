"""Which SOP classes are stored by C-STORE: compared with pynetdicom's list."""

from __future__ import annotations

import pytest

from dicomkit.net.server.storage_classes import is_storage_class, storage_classes, storage_syntaxes


def test_pynetdicom_agrees() -> None:
    contexts = pytest.importorskip("pynetdicom.presentation")
    theirs = {context.abstract_syntax for context in contexts.AllStoragePresentationContexts}
    assert theirs <= storage_classes()
    assert not {"1.2.840.10008.1.1", "1.2.840.10008.1.20.1", "1.2.840.10008.1.3.10"} & storage_classes()


def test_services_are_none() -> None:
    presentation = pytest.importorskip("pynetdicom.presentation")
    for name in (
        "QueryRetrievePresentationContexts",
        "BasicWorklistManagementPresentationContexts",
        "ModalityPerformedPresentationContexts",
        "StorageCommitmentPresentationContexts",
        "UnifiedProcedurePresentationContexts",
        "PrintManagementPresentationContexts",
        "VerificationPresentationContexts",
    ):
        for context in getattr(presentation, name):
            assert not is_storage_class(context.abstract_syntax)


def test_transfer_syntaxes() -> None:
    syntaxes = storage_syntaxes()
    assert syntaxes[0] == "1.2.840.10008.1.2.1"
    assert syntaxes[-2:] == ("1.2.840.10008.1.2", "1.2.840.10008.1.2.2")
    assert len(set(syntaxes)) == len(syntaxes)
    assert {"1.2.840.10008.1.2.4.70", "1.2.840.10008.1.2.4.201", "1.2.840.10008.1.2.1.99"} <= {*syntaxes}
    assert not any(uid.startswith("1.2.840.10008.1.2.7.") for uid in syntaxes)  # real-time flows (PS3.22)
