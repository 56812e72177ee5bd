"""Presentation contexts and associations for objects."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dicomkit.net.send_files import Candidate
from dicomkit.net.send_plan import contexts_for, plan

EXPLICIT = "1.2.840.10008.1.2.1"
IMPLICIT = "1.2.840.10008.1.2"
RLE = "1.2.840.10008.1.2.5"
JPEG = "1.2.840.10008.1.2.4.50"


@pytest.mark.parametrize(
    ("own", "transcode", "expected"),
    [
        ([EXPLICIT], "lossless", [(EXPLICIT,), (IMPLICIT,)]),
        ([EXPLICIT], "never", [(EXPLICIT,)]),
        ([IMPLICIT, EXPLICIT], "lossless", [(IMPLICIT,), (EXPLICIT,)]),
        ([RLE], "lossless", [(RLE,), (EXPLICIT, IMPLICIT)]),
        ([JPEG], "lossless", [(JPEG,)]),
        ([JPEG], "lossy", [(JPEG,), (EXPLICIT, IMPLICIT)]),
        ([JPEG, EXPLICIT], "lossless", [(JPEG,), (EXPLICIT,), (IMPLICIT,)]),
    ],
)
def test_contexts(own: list[str], transcode: Any, expected: list[tuple[str, ...]]) -> None:
    assert contexts_for("1.2.3", own, transcode) == [("1.2.3", syntaxes) for syntaxes in expected]


def test_one_batch_keeps_the_order() -> None:
    objects = [Candidate(str(i), f"1.2.{i % 3}", f"1.{i}", EXPLICIT, 10) for i in range(20)]
    [batch] = plan(objects, "lossless")
    assert batch.candidates == objects
    assert len(batch.contexts) == 6


@given(st.lists(st.tuples(st.integers(0, 99), st.integers(0, 300)), max_size=400), st.sampled_from(["never", "lossless"]))
def test_batches_are_complete_and_small(pairs: list[tuple[int, int]], transcode: Any) -> None:
    objects = [Candidate(str(i), f"1.2.{a}", f"1.{i}", f"1.3.{b}", None) for i, (a, b) in enumerate(pairs)]
    batches = plan(objects, transcode)
    assert sorted(each.source for batch in batches for each in batch.candidates) == sorted(str(i) for i in range(len(pairs)))
    for batch in batches:
        assert 0 < len(batch.contexts) <= 128
        proposed = {(sop_class, syntax) for sop_class, syntaxes in batch.contexts for syntax in syntaxes}
        assert {(each.sop_class_uid, each.transfer_syntax) for each in batch.candidates} <= proposed
