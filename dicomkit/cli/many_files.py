"""One piece of work on each of many files, in several processes where that is quicker.

Processes are forked, which takes a millisecond: they have all that the command has imported and compiled. They take the
numbers of their next files from a pipe, and send back what they counted and logged, which is logged in the order of the
files. Few files, or quick ones, are worked on without: the first ones show how long it takes. So are all where there is
no fork.
"""

from __future__ import annotations

import os
import sys
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Final, NoReturn, TypeVar

    from dicomkit.cli.log import Log

    T = TypeVar("T")

__all__ = ["run_many"]

#: Seconds of work after which processes are worth their start.
_WORTHWHILE: Final = 0.005
#: Parts of the work for each process: so many that all end at about the same time.
_PARTS: Final = 16
#: Bytes of a number in a pipe.
_NUMBER: Final = 4


def run_many(work: Callable[[T], int], jobs: Sequence[T], log: Log) -> int:
    """Do some work on each of many files.

    A job that raises counts as one error and does not stop the others.

    Args:
        work: is given a job, logs what it has to say, and returns the number of errors. It may run in another process.
        jobs: what is to be worked on; `str()` of a job names it in the log.
        log: what `work` logs to.

    Returns:
        The number of errors.
    """
    run = _Run(work, jobs, log)
    if len(jobs) == 1:
        return run.one(0)
    try:
        processes = _processors()
        stop = time.monotonic() + _WORTHWHILE if processes > 1 else float("inf")
        done = run.serial(stop)
        if done < len(jobs):
            run.parallel(done, min(processes, len(jobs) - done))
    finally:
        run.progress.hide()
    return run.errors


def _processors() -> int:
    """How many processes to use: 1 where fork is not to be had, or not safe."""
    threading = sys.modules.get("threading")
    if not hasattr(os, "fork") or (threading is not None and threading.active_count() > 1):
        return 1
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class _Run:
    """The state of `run_many`."""

    def __init__(self, work: Callable[[T], int], jobs: Sequence[T], log: Log) -> None:
        from dicomkit.cli.progress import Progress

        self.work: Callable[[T], int] = work
        self.jobs = jobs
        self.log = log
        self.errors = 0
        self.file = log.file or sys.stderr
        shown = self.file.isatty() and log.shows("fatal") and not log.shows("info")
        self.progress = Progress(len(jobs), self.file if shown else None)

    def one(self, number: int) -> int:
        """Work on one job."""
        job = self.jobs[number]
        try:
            return self.work(job)
        except Exception as error:  # a fault of this program must not stop the other files either
            self.log.error(f"{job}: {type(error).__name__}: {error}")
            return 1

    def serial(self, stop: float) -> int:
        """Work on jobs until a time. Returns how many."""
        for number in range(len(self.jobs)):
            if time.monotonic() > stop:
                return number
            errors, text = self.logged(range(number, number + 1))
            self.report(errors, text)
            self.progress.show(number + 1)
        return len(self.jobs)

    def logged(self, numbers: range) -> tuple[int, str]:
        """Work on some jobs. Returns the number of errors and what was logged."""
        from io import StringIO

        self.log.file = StringIO()
        try:
            return sum([self.one(number) for number in numbers]), self.log.file.getvalue()
        finally:
            self.log.file = self.file

    def report(self, errors: int, text: str) -> None:
        """Count, and log at last."""
        self.errors += errors
        if text:
            self.progress.hide()
            self.file.write(text)

    def parallel(self, start: int, processes: int) -> None:
        """Work on the jobs from number `start` in processes."""
        size = max(1, (len(self.jobs) - start) // (processes * _PARTS))
        parts = [range(at, min(at + size, len(self.jobs))) for at in range(start, len(self.jobs), size)]
        queue, numbers = os.pipe()
        # All numbers fit into the pipe: there are 17 a process at the most, and a pipe holds thousands.
        os.write(numbers, b"".join([number.to_bytes(_NUMBER, "little") for number in range(len(parts))]))
        os.close(numbers)
        for stream in (sys.stdout, sys.stderr, self.file):
            stream.flush()
        workers: dict[int, int] = {}  # pipe of its results -> process
        try:
            for _ in range(processes):
                results, sink = os.pipe()
                process = os.fork()
                if process == 0:
                    self.labour(parts, queue, sink)
                os.close(sink)
                workers[results] = process
            self.collect(parts, workers)
        except BaseException:
            import signal

            for process in workers.values():
                os.kill(process, signal.SIGINT)  # so that it removes what it has half written
            raise
        finally:
            os.close(queue)
            for results, process in workers.items():
                os.close(results)
                os.waitpid(process, 0)

    def labour(self, parts: list[range], queue: int, sink: int) -> NoReturn:
        """What a process does."""
        import marshal

        code = 1
        try:
            while number := os.read(queue, _NUMBER):
                part = int.from_bytes(number, "little")
                message = marshal.dumps((part, *self.logged(parts[part])))
                data = memoryview(len(message).to_bytes(_NUMBER, "little") + message)
                while data:
                    data = data[os.write(sink, data) :]
            code = 0
        finally:
            os._exit(code)  # whatever happens, the caller must not go on in two processes

    def collect(self, parts: list[range], workers: dict[int, int]) -> None:
        """Take what the processes send until all have ended."""
        import marshal
        import select

        received = dict.fromkeys(workers, b"")
        waiting: dict[int, tuple[int, str]] = {}
        reported = 0
        done = parts[0].start
        poll = select.poll()
        for results in workers:
            poll.register(results, select.POLLIN)
        while received:
            for results, _ in poll.poll():
                data = os.read(results, 1 << 16)
                if not data:
                    poll.unregister(results)
                    del received[results]
                    continue
                data = received[results] + data
                while len(data) >= _NUMBER:
                    end = _NUMBER + int.from_bytes(data[:_NUMBER], "little")
                    if len(data) < end:
                        break
                    part, errors, text = marshal.loads(data[_NUMBER:end])
                    waiting[part] = (errors, text)
                    done += len(parts[part])
                    data = data[end:]
                received[results] = data
            while reported in waiting:
                self.report(*waiting.pop(reported))
                reported += 1
            self.progress.show(done)
        for number in range(reported, len(parts)):
            if number in waiting:
                self.report(*waiting[number])
            else:
                first, last = self.jobs[parts[number].start], self.jobs[parts[number].stop - 1]
                self.log.error(f"the process that worked on {first} to {last} has ended; not all of them are done")
                self.errors += len(parts[number])
