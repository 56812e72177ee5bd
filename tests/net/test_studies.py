"""When a study is complete, in the words of storescp's manual page."""

from __future__ import annotations

from dicomkit.net.studies import Studies


def uids(studies: object) -> list[str]:
    return [study.uid for study in studies]  # type: ignore[attr-defined]  # a list of studies


def test_a_study_is_complete_when_another_comes() -> None:
    """ "a study is considered complete by storescp when an object belonging to a different study is received" """
    studies = Studies()
    made = []

    def arrived(uid: str, source: str = "a") -> list[str]:
        def folder() -> str:
            made.append(uid)
            return f"folder {len(made)}"

        return uids(studies.arrived(source, uid, 0.0, folder)[1])

    assert [arrived(uid) for uid in ("1", "1", "2", "2", "1", "3")] == [[], [], ["1"], [], ["2"], ["1"]]
    assert made == ["1", "2", "1", "3"]


def test_the_next_association_goes_on_with_a_study() -> None:
    """ "two consecutive network connections can transfer objects for the same study" """
    studies = Studies()
    first, _ = studies.arrived("a", "1", 0.0, lambda: "x")
    studies.association_ended("a")
    again, complete = studies.arrived("b", "1", 1.0, lambda: "y")
    assert again is first
    assert again.folder == "x"
    assert complete == []
    studies.association_ended("b")
    assert uids(studies.arrived("c", "2", 2.0, lambda: "z")[1]) == ["1"]


def test_associations_at_once() -> None:
    studies = Studies()
    studies.arrived("a", "1", 0.0, lambda: "x")
    assert studies.arrived("b", "2", 0.0, lambda: "y")[1] == []
    assert studies.arrived("a", "1", 0.0, lambda: "z")[0].folder == "x"
    assert studies.arrived("b", "1", 0.0, lambda: "z")[1][0].uid == "2"
    assert studies.arrived("a", "3", 0.0, lambda: "z")[1] == []  # b has it in hand
    studies.association_ended("b")
    assert uids(studies.arrived("a", "3", 0.0, lambda: "z")[1]) == ["1"]
    assert len(studies) == 1


def test_time_out() -> None:
    studies = Studies()
    studies.arrived("a", "1", 10.0, lambda: "x")
    studies.arrived("b", "2", 12.0, lambda: "y")
    assert studies.expired(9.9) == []
    assert uids(studies.expired(10.0)) == ["1"]
    assert uids(studies.expired(12.0)) == ["2"]
    assert studies.expired(99.0) == []


def test_files() -> None:
    studies = Studies()
    study, _ = studies.arrived("a", "1", 0.0, lambda: "x")
    study.files += ["CT.1", "CT.2"]
    assert studies.arrived("a", "2", 0.0, lambda: "y")[1][0].files == ["CT.1", "CT.2"]
