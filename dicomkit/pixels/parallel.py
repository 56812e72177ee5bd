"""Work on frames in several threads: kernels and codecs run without the GIL."""

from __future__ import annotations

import os
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from threading import Lock, Thread
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Result = TypeVar("Result")

__all__ = ["in_order", "processors", "run_parallel"]


def processors() -> int:
    """How many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def run_parallel(work: Callable[[int], None], count: int, workers: int) -> None:
    """Call `work` with 0 to count - 1, in several threads.

    Raises: what `work` raised, for the smallest number it did so; numbers behind it may be left out.
    """
    workers = min(workers, count)
    if workers <= 1:
        for number in range(count):
            work(number)
        return
    numbers = iter(range(count))
    lock = Lock()
    failed: list[tuple[int, BaseException]] = []

    def run() -> None:
        while not failed:
            with lock:
                number = next(numbers, None)
            if number is None:
                return
            try:
                work(number)
            except BaseException as error:
                failed.append((number, error))
                return

    threads = [Thread(target=run, daemon=True) for _ in range(workers - 1)]
    for thread in threads:
        thread.start()
    run()
    for thread in threads:
        thread.join()
    if failed:
        raise min(failed, key=lambda one: one[0])[1]


def in_order(work: Callable[[int], Result], count: int, workers: int) -> Iterator[Result]:
    """Results of `work` for 0 to count - 1, in order, of several threads, with few of them waiting to be taken."""
    if min(workers, count) <= 1:
        yield from map(work, range(count))
        return
    with ThreadPoolExecutor(workers) as pool:
        waiting = deque(pool.submit(work, number) for number in range(min(2 * workers, count)))
        for number in range(len(waiting), count + len(waiting)):
            result = waiting.popleft().result()
            if number < count:
                waiting.append(pool.submit(work, number))
            yield result
