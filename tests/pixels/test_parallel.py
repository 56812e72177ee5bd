from __future__ import annotations

import threading

import pytest

from dicomkit.pixels.parallel import in_order, processors, run_parallel


@pytest.mark.parametrize("workers", [1, 2, 5, 100])
def test_all_are_done(workers: int) -> None:
    done: list[int] = []
    run_parallel(done.append, 50, workers)
    assert sorted(done) == list(range(50))
    run_parallel(done.append, 0, workers)
    assert list(in_order(lambda number: number * 2, 50, workers)) == list(range(0, 100, 2))
    assert list(in_order(str, 0, workers)) == []


@pytest.mark.parametrize("workers", [1, 4])
def test_the_first_error_counts(workers: int) -> None:
    def fail(number: int) -> None:
        if number >= 3:
            raise ValueError(number)

    with pytest.raises(ValueError, match=r"^3$"):
        run_parallel(fail, 20, workers)
    with pytest.raises(ValueError, match=r"^3$"):
        list(in_order(fail, 20, workers))


def test_few_results_wait() -> None:
    started: list[int] = []
    lock = threading.Lock()

    def work(number: int) -> int:
        with lock:
            started.append(number)
        return number

    results = in_order(work, 1000, 2)
    assert next(results) == 0
    assert len(started) <= 6
    results.close()  # type: ignore[attr-defined]  # it is a generator
    assert processors() >= 1
