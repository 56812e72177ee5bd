"""Services, and which of them gets what."""

from __future__ import annotations

import pytest

from dicomkit.net.server import Find, Get, NService, Storage, Verification
from dicomkit.net.server.service import Service, transfer_syntaxes, uids
from dicomkit.net.server.services import Services
from tests.net.server.wire import CT, EXPLICIT, VERIFICATION

STUDY_ROOT_FIND = "1.2.840.10008.5.1.4.1.2.2.1"
PRIVATE = "1.2.3.4.5"


def nothing(request: object) -> None:
    return None


def test_names() -> None:
    assert uids(["CTImageStorage", "1.2.3"]) == [CT, "1.2.3"]
    assert uids("CTImageStorage") == [CT]
    assert transfer_syntaxes(["ExplicitVRLittleEndian", "1.2.3"]) == (EXPLICIT, "1.2.3")
    assert transfer_syntaxes("ExplicitVRLittleEndian") == (EXPLICIT,)
    with pytest.raises(ValueError, match="NoSuchStorage"):
        uids(["NoSuchStorage"])
    with pytest.raises(ValueError, match="no transfer syntax"):
        transfer_syntaxes(["CTImageStorage"])


def test_the_first_gets_it() -> None:
    first, second = Storage(None, sop_classes=["CTImageStorage"]), Storage(None)
    services = Services([first, second, Verification()])
    assert services.find(CT) is first
    assert services.find("1.2.840.10008.5.1.4.1.1.4") is second
    assert services.find(PRIVATE) is None
    assert services.otherwise(PRIVATE) is None
    assert services.supported[CT] == first.transfer_syntaxes


def test_transfer_syntaxes_for_each_class() -> None:
    storage = Storage(None, sop_classes={"CTImageStorage": ["JPEGBaseline8Bit"], PRIVATE: [EXPLICIT]})
    assert storage.sop_classes == {CT: ("1.2.840.10008.1.2.4.50",), PRIVATE: (EXPLICIT,)}


def test_promiscuous() -> None:
    """Unknown SOP classes are stored; those that are known to be of another service are not."""
    storage = Storage(None, sop_classes=["CTImageStorage"])
    services = Services([storage], promiscuous=True)
    assert services.find(PRIVATE) is storage
    assert services.otherwise(PRIVATE) == storage.transfer_syntaxes
    assert services.otherwise("1.2.840.10008.5.1.4.1.1.4") == storage.transfer_syntaxes
    assert services.otherwise(VERIFICATION) is None
    assert services.otherwise(STUDY_ROOT_FIND) is None
    assert services.roles(PRIVATE) == (True, False)
    assert Services([Verification()], promiscuous=True).otherwise(PRIVATE) is None


def test_roles() -> None:
    """Of the requestor: SCU of what is served, SCP of what C-GET sends and of events."""
    services = Services([Storage(None), Get(nothing), Find(nothing)])
    assert services.roles(CT) == (True, True)
    assert services.roles(STUDY_ROOT_FIND) == (True, False)
    assert Services([Get(nothing)]).roles(CT) == (False, True)
    assert Services([Get(nothing)]).find(CT) is None
    assert CT in Services([Get(nothing)]).supported
    events = NService(PRIVATE, n_event_report=nothing)
    assert Services([events]).roles(PRIVATE) == (False, True)
    assert Services([NService(PRIVATE, n_get=nothing, n_event_report=nothing)]).roles(PRIVATE) == (True, True)
    assert Services([Verification()]).roles(CT) == (False, False)


def test_a_bare_service() -> None:
    service = Service()
    assert service.sop_classes == {}
    assert service.roles(CT) == (False, False)
    with pytest.raises(NotImplementedError):
        service.receive(None)  # type: ignore[arg-type]  # it does not get so far
