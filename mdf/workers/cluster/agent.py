"""The agent: an actor on a node that does jobs in worker processes there, as the driver's machine would. Torch-free.

A crash ends a job and not the agent. If the node is lost, agent and job are lost together, and the driver notices.
"""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import wait
from pathlib import Path
from typing import Any

from mdf.core.progress import Epoch, Progress, Warned
from mdf.core.shared.place import VARIABLE, SharedFile, fetch, shared_place
from mdf.runs.result import CHECKPOINT
from mdf.workers.child import Failed
from mdf.workers.cluster.connect import import_ray
from mdf.workers.cluster.messages import PIECE, Ended, Message, Pace
from mdf.workers.cluster.outbox import Outbox
from mdf.workers.cluster.parcels import Parcels
from mdf.workers.cluster.scratch import Scratch
from mdf.workers.executor import Travelling
from mdf.workers.job import Job
from mdf.workers.process import Worker, expect_training

SENDING = 0.25
"""The largest share of the driver's time that checkpoints of all trials take, once each agent has sent one; with a
shared place, of the agent's own time."""
PATIENCE = 2.0
"""Seconds that `listen` waits for something to tell: the driver asks again, and learns that the node is alive."""
LOG = "worker.log"


@dataclass(frozen=True, slots=True)
class Home:
    """What an agent takes over from the driver.

    Attributes:
        folder: the driver's working folder: relative paths of data begin there, if the node has it too.
        disabled: plugins that MDF_DISABLE_PLUGINS leaves out.
        shared: the address of the shared place, if there is one.
        sees_all: whether every GPU of the node is shown to the jobs, also those that Ray has not given to the agent.
    """

    folder: str
    disabled: str
    shared: str = ""
    sees_all: bool = False


@dataclass(frozen=True, slots=True)
class Order:
    """A job to do.

    Attributes:
        arguments: the first is the request.
        folder: the driver's folder of a trial; None of a job that leaves no files.
        checkpoint: a file to go on from: Ray's reference to its content, or where it is.
        stays: whether the worker process does later jobs too.
    """

    job: Job[*tuple[Any, ...], Any]
    arguments: tuple[Any, ...]
    folder: Path | None = None
    checkpoint: Any | SharedFile | None = None
    stays: bool = False


class Agent:
    """Does one job at a time. Each of its methods is called by the driver, one after the other."""

    def __init__(self, home: Home) -> None:
        with suppress(OSError):
            os.chdir(home.folder)
        os.environ |= {"MDF_DISABLE_PLUGINS": home.disabled, VARIABLE: home.shared}
        if not home.sees_all:
            expect_training()
        elif not os.environ.get("CUDA_VISIBLE_DEVICES"):
            os.environ.pop("CUDA_VISIBLE_DEVICES", None)
        self.scratch = Scratch()
        self._worker: Worker | None = None
        self._stays = False
        self._waiting: Iterator[Message] = iter(())
        self._outbox: Outbox | None = None
        self._told: deque[Progress] = deque()
        self._next_checkpoint = 0.0

    def start(self, order: Order, carried: Mapping[str, Any]) -> None:
        """Begin a job; the one before has ended. `carried` holds the content of the files that its request needs, as
        Ray's references, by the driver's path."""
        folder = self.scratch.new_folder(order.folder.name if order.folder else "job")
        places = self.scratch.carry(dict(zip(carried, import_ray().get(list(carried.values())), strict=True)))
        asked: Travelling = order.arguments[0]
        request = asked.relocated({**places, order.folder: folder} if order.folder else places)
        self._take_checkpoint(order.checkpoint, folder / CHECKPOINT)
        log = (folder if order.folder else self.scratch.folder) / LOG
        arguments = (request, *order.arguments[1:])
        self._outbox = Outbox(folder, log, self._parcels(order))
        self._waiting = iter(())
        if self._worker is not None and self._stays and not self._worker.is_closed:
            self._worker.ask(order.job, *arguments)
        else:
            self._worker = Worker(order.job, *arguments, log=log, stays=order.stays)
        self._stays, self._keeps_files = order.stays, order.folder is not None

    def _parcels(self, order: Order) -> Parcels | None:
        """What puts a trial's large files into the shared place, if there is one."""
        place = shared_place()
        if place is None or order.folder is None:
            return None
        return Parcels(place, order.folder.name, order.checkpoint if isinstance(order.checkpoint, SharedFile) else None)

    def _take_checkpoint(self, given: Any | SharedFile | None, path: Path) -> None:
        """Write the checkpoint to go on from. If it cannot be read, the trial begins from the start."""
        if given is None:
            return
        try:
            if isinstance(given, SharedFile):
                fetch(given, path)
            else:
                path.write_bytes(import_ray().get(given))
        except Exception as error:
            where = f" at {given.address}" if isinstance(given, SharedFile) else ""
            self._told.append(Warned(f"the checkpoint{where} cannot be read: {error}"))

    def listen(self, pace: Pace) -> list[Message]:
        """What the job has to tell; waits a little for it. Once something has come, it gathers more, as `pace` says.

        No answer holds more than a few pieces of files. Empty if there is nothing yet.
        """
        assert self._worker is not None
        assert self._outbox is not None
        told = self._taken()
        if told:
            return told
        worker = self._worker
        if not worker.listen(self._told.append):
            wait(worker.handles, PATIENCE)
            self._linger(pace.linger)
        messages: list[Message] = [*self._told]
        self._told.clear()
        if worker.has_ended:
            self._waiting = self._last_messages(worker, self._outbox)
        elif self._keeps_files and any(isinstance(message, Epoch) for message in messages):
            self._waiting = self._after_epoch(self._outbox, pace)
        return [*messages, *self._taken()]

    def _linger(self, seconds: float) -> None:
        """Gather what comes within `seconds`, unless the job ends."""
        assert self._worker is not None
        until = time.monotonic() + seconds
        while not self._worker.listen(self._told.append) and (left := until - time.monotonic()) > 0:
            wait(self._worker.handles, left)

    def _taken(self) -> list[Message]:
        """The next of the waiting messages: about one piece of a file at once."""
        taken: list[Message] = []
        size = 0
        for message in self._waiting:
            taken.append(message)
            size += len(getattr(message, "data", b""))
            if size >= PIECE:
                break
        return taken

    def _after_epoch(self, outbox: Outbox, pace: Pace) -> Iterator[Message]:
        """What was printed, and the checkpoint: seldom, if it takes long until the driver has it."""
        yield from outbox.printed()
        began = time.monotonic()
        if began >= self._next_checkpoint:
            yield from outbox.checkpoint()
            now = time.monotonic()
            senders = pace.trials if outbox.parcels is None else 1  # the driver's time is shared by all
            self._next_checkpoint = now + (now - began) * senders / SENDING

    def _last_messages(self, worker: Worker, outbox: Outbox) -> Iterator[Message]:
        """The files of the job and then its end, so that the driver has them when it learns of it."""
        end = worker.end()
        if isinstance(end, Failed) and end.error is None:
            worker.close()  # whatever made it fail cannot reach the next job
        yield from outbox.printed()
        if self._keeps_files:
            if not end.is_ok:
                yield from outbox.checkpoint()
            yield from outbox.results()
            if end.is_ok and outbox.parcels is not None:
                outbox.parcels.forget_checkpoints()
        self.scratch.remove(outbox.folder)
        yield Ended(end)
