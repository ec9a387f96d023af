"""The processes of one trial that train together: started here, or by `torchrun`.

The first is the trial's worker. The others learn from it what to train, through torch's key-value store.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import torch
import torch.distributed as dist
from torch.distributed import PrefixStore, Store, TCPStore  # type: ignore[attr-defined]

from mdf.core.config import to_table, validate
from mdf.core.errors import ConfigError
from mdf.core.plain import Plain
from mdf.core.progress import OnProgress
from mdf.core.torchrun import by_torchrun
from mdf.data.open import check_unchanged, open_all
from mdf.engine import flow
from mdf.engine import runtime as machine
from mdf.engine.training.team import ALONE, Processes, Team
from mdf.models import assemble
from mdf.models.locate import PURPOSES
from mdf.models.teacher import teacher_of
from mdf.registry import Catalog
from mdf.study.trial.outcome import TrialRequest

if TYPE_CHECKING:
    from mdf.study.trial.other_process import OtherProcess

WAIT = timedelta(days=7)
"""How long a process waits for another: the first one scores alone, and may first decode the data."""
TO_CONNECT = timedelta(minutes=5)
"""How long a process tries to reach the store: if `torchrun` was killed, there is none."""
KEY = "mdf/training"


@dataclass(frozen=True, slots=True)
class Meeting:
    """Where a process finds the others: the store's address, its own place among `count`, and its device."""

    host: str
    port: int
    rank: int
    count: int
    device: str


OTHER_PROCESS = "mdf.study.trial.other_process"
"""Named and not imported: how processes are started decides no result, and is no part of a trial's id."""


def meeting_by_torchrun() -> Meeting | None:
    """The meeting that `torchrun` has arranged for this process; None if it was not started so."""
    started = by_torchrun()
    return None if started is None else Meeting(started.host, started.port, started.rank, started.count, "")


@contextmanager
def team_of(request: TrialRequest) -> Iterator[Team]:
    """The processes that train this trial, connected. They end with this block.

    Raises MdfError with the reason of another process, if that failed.
    """
    count = request.config.processes
    if count == 1:
        yield ALONE
        return
    meeting = meeting_by_torchrun()
    if meeting is not None:
        _check_count(meeting.count, count)
        with _joined(replace(meeting, device=request.devices[0]), _store(meeting), request):
            yield Processes(request.devices[0])
        return
    store = TCPStore("127.0.0.1", 0, count, is_master=True, wait_for_workers=False, timeout=WAIT)
    meetings = [Meeting("127.0.0.1", store.port, rank, count, device) for rank, device in enumerate(request.devices)]
    start: Callable[[Meeting, Path], OtherProcess] = import_module(OTHER_PROCESS).OtherProcess
    others: list[OtherProcess] = []
    try:
        others.extend(start(other, request.folder / f"process-{other.rank}.log") for other in meetings[1:])
        with _joined(meetings[0], store, request):
            yield Processes(request.devices[0])
    except Exception as error:
        raise next((reason for other in others if (reason := other.failure())), error) from error
    finally:
        for other in others:
            other.close()


def join(on_progress: OnProgress, meeting: Meeting) -> None:  # noqa: ARG001
    """Take part in the training that the first process of `meeting` names. Returns when that ends, or names none."""
    store = _store(meeting)
    store.wait([KEY], WAIT)
    told = json.loads(store.get(KEY))
    if told is None:
        return
    request = _request(told)
    config, catalog = request.config, Catalog.discover(request.plugins)
    meeting = replace(meeting, device=meeting.device or _local_device(config.device))
    runtime = replace(machine.resolve(config), device=meeting.device)
    with _joined(meeting, store, None):
        opened = open_all(config, catalog, _unheard)
        check_unchanged(opened, request.fingerprint, config)
        parts = replace(assemble.parts(config, catalog, opened.dataset), teacher=teacher_of(config, catalog))
        flow.take_part(parts, config, runtime, _unheard, Processes(meeting.device))


def join_by_torchrun(on_progress: OnProgress) -> None:
    """The same in a process that `torchrun` has started."""
    meeting = meeting_by_torchrun()
    assert meeting is not None
    join(on_progress, meeting)


def dismiss(on_progress: OnProgress) -> None:  # noqa: ARG001
    """Tell the other processes that `torchrun` started that there is nothing to train, or no more."""
    meeting = meeting_by_torchrun()
    if meeting is not None:
        with suppress(dist.DistNetworkError):  # torchrun was killed, and with it the others
            _store(meeting).compare_set(KEY, "", "null")


def _local_device(kind: str) -> str:
    """The device of a process that `torchrun` has started: each of a machine has its own."""
    started = by_torchrun()
    return f"cuda:{started.local_rank}" if kind == "cuda" and started is not None else kind


def _check_count(started: int, asked: int) -> None:
    if started != asked:
        raise ConfigError(
            f"`train.devices` = {asked}, and torchrun has started {started} processes", "leave `--devices` out"
        )


@contextmanager
def _joined(meeting: Meeting, store: Store, request: TrialRequest | None) -> Iterator[None]:
    """The default group of torch.distributed, among the processes of `meeting`. The first one tells what to train."""
    if request is not None:
        store.set(KEY, json.dumps(_told(request)))
    backend = "nccl" if meeting.device.startswith("cuda") else "gloo"
    if backend == "nccl":
        torch.cuda.set_device(meeting.device)
    group = PrefixStore("mdf/group", store)
    dist.init_process_group(backend, store=group, rank=meeting.rank, world_size=meeting.count, timeout=WAIT)
    try:
        yield
    finally:
        with suppress(RuntimeError):
            dist.destroy_process_group()


def _store(meeting: Meeting) -> Store:
    """torchrun's own store, which its agent or the first process keeps."""
    keeps = meeting.rank == 0 and os.environ.get("TORCHELASTIC_USE_AGENT_STORE") != "True"
    store = TCPStore(
        meeting.host, meeting.port, meeting.count, is_master=keeps, wait_for_workers=False, timeout=TO_CONNECT
    )
    store.set_timeout(WAIT)
    return store


def _told(request: TrialRequest) -> dict[str, Plain]:
    """What the other processes need to know, as plain data: nothing is unpickled that came over a network."""
    named = {key: run.folder for key in PURPOSES if (run := getattr(request.config, key)) is not None}
    return {
        "config": to_table(request.config),
        "plugins": list(request.plugins),
        "fingerprint": request.fingerprint,
        "folders": named,
    }


def _request(told: Mapping[str, Plain]) -> TrialRequest:
    config = validate(told["config"])  # type: ignore[arg-type]
    folders: Mapping[str, str] = told["folders"]  # type: ignore[assignment]
    moved = {key: getattr(config, key).model_copy(update={"folder": folder}) for key, folder in folders.items()}
    plugins: Sequence[str] = told["plugins"]  # type: ignore[assignment]
    config = config.model_copy(update=moved)
    return TrialRequest(config, plugins, Path(), {}, (), str(told["fingerprint"]))


def _unheard(progress: object) -> None:
    """What the other processes tell is the same as what the first one tells."""
