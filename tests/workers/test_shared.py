"""One process for several jobs; after one that crashed, hung or failed each job has a process of its own."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from mdf.core.errors import DataError
from mdf.core.progress import Stage, Warned
from mdf.workers.exit import WorkerError
from mdf.workers.job import Job
from mdf.workers.shared import SharedWorker

HERE = __name__


def own_process(on_progress: object, number: int) -> tuple[int, int]:  # noqa: ARG001
    return number, os.getpid()


def tells(on_progress: object) -> None:
    assert callable(on_progress)
    on_progress(Stage("half way"))


def refuses(on_progress: object) -> None:  # noqa: ARG001
    raise DataError("the lens is dirty", "clean it")


def crashes(on_progress: object) -> None:  # noqa: ARG001
    os._exit(3)


def hangs(on_progress: object) -> None:  # noqa: ARG001
    time.sleep(100)


def raises(on_progress: object) -> None:  # noqa: ARG001
    raise KeyError("no such thing")


@pytest.fixture
def worker(tmp_path: Path) -> Iterator[SharedWorker]:
    with SharedWorker(tmp_path / "log") as shared:
        yield shared


def process_of(worker: SharedWorker, number: int = 0) -> int:
    answer, process = worker.run(Job(f"{HERE}:own_process"), number, on_progress=lambda _: None)
    assert answer == number
    return int(process)


def test_jobs_share_a_process_of_their_own(worker: SharedWorker) -> None:
    first = process_of(worker, 1)
    assert process_of(worker, 2) == first != os.getpid()


def test_progress_and_mdf_errors_pass_and_the_process_stays(worker: SharedWorker) -> None:
    first = process_of(worker)
    events: list[object] = []
    worker.run(Job(f"{HERE}:tells"), on_progress=events.append)
    assert [event for event in events if not isinstance(event, Warned)] == [Stage("half way")]
    with pytest.raises(DataError, match="the lens is dirty"):
        worker.run(Job(f"{HERE}:refuses"), on_progress=events.append)
    assert process_of(worker) == first


@pytest.mark.parametrize(
    ("job", "status", "reason"),
    [
        ("crashes", "failed", "exit code 3"),
        ("hangs", "timeout", "its time limit, 0.5s"),
        ("raises", "failed", "KeyErr"),
    ],
)
def test_after_a_crash_a_hang_or_a_bug_each_job_has_its_own(
    worker: SharedWorker, job: str, status: str, reason: str
) -> None:
    first = process_of(worker)
    with pytest.raises(WorkerError, match=reason) as caught:
        worker.run(Job(f"{HERE}:{job}"), on_progress=lambda _: None, time_limit=0.5)
    assert caught.value.status == status
    assert len({first, process_of(worker), process_of(worker)}) == 3


def test_a_worker_that_died_between_two_jobs_is_told_with_its_reason(worker: SharedWorker) -> None:
    os.kill(process_of(worker), 9)
    with pytest.raises(WorkerError, match="SIGKILL"):
        worker.run(Job(f"{HERE}:own_process"), 1, on_progress=lambda _: None)
    assert process_of(worker)


def test_the_process_has_ended_with_the_context(tmp_path: Path) -> None:
    with SharedWorker(tmp_path / "log") as shared:
        process = process_of(shared)
    with pytest.raises(ProcessLookupError):
        os.kill(process, 0)
