"""The executor of a Ray cluster: each trial is done by an agent on a node that has room for it. Torch-free.

The driver chooses the node, and Ray counts what is used there. Agents stay for the next trial of the same size: a
process that has loaded torch is ready.
"""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any

from mdf.core.errors import MdfError
from mdf.core.shared.place import SharedFile, SharedPlace
from mdf.core.shared.pointer import pointed_at
from mdf.runs.result import CHECKPOINT
from mdf.workers.cluster.agent import Agent, Home, Order
from mdf.workers.cluster.connect import said
from mdf.workers.cluster.helper import RemoteHelper
from mdf.workers.cluster.inquiry import Inquiry, Newcomers
from mdf.workers.cluster.messages import Pace
from mdf.workers.cluster.nodes import Node, Share, nodes_of
from mdf.workers.cluster.probe import probe
from mdf.workers.cluster.remote import Release, RemoteJob
from mdf.workers.executor import Needs, PlacedRequest, Request, RunningJob, Travelling
from mdf.workers.job import Job, Result

LOOK_AGAIN = 5.0
"""Seconds after which the cluster is asked again which nodes live."""
REST = 30.0
"""Seconds in which nothing begins on a node that was lost: so long it may take Ray to notice that it is."""
WITHOUT_NODES = 60.0
"""Seconds that a study waits when every node is lost."""
CALLS_PER_SECOND = 100.0
"""About as many answers of agents, all together, are read in a second."""
NO_HEAD = "look there with `ray status`; once the cluster runs again, the same command goes on"
NO_NODE = "start nodes with `ray start --address=HEAD:6379`, and run the same command again: it goes on"


@dataclass(slots=True, eq=False)
class Seat:
    """A running agent: its share of its node, and what it is called by. `is_free`: it has no job."""

    node: Node
    share: Share
    agent: Any
    is_free: bool = False


@dataclass(slots=True)
class _Cluster:
    """What is known of the nodes: those that live, and when they were asked for."""

    nodes: list[Node] = field(default_factory=list)
    asked: float = -math.inf
    seen: float = field(default_factory=time.monotonic)


class ClusterExecutor:
    """Does jobs on the nodes of a Ray cluster. A context that leaves no agent running."""

    is_remote = True

    def __init__(self, ray: Any, shared: SharedPlace | None = None, tries: int = 1) -> None:
        """`ray` is connected. Large files go to the `shared` place, if there is one. A trial whose node is
        lost is begun `tries` times at most."""
        self.ray, self.shared, self.tries = ray, shared, tries
        self._cluster = _Cluster()
        self._chosen: set[str] | None = None
        self._known: set[str] = set()
        self._newcomers: Newcomers[Any] | None = None
        self._seats: list[Seat] = []
        self._content: dict[str, Any] = {}
        self._lost: dict[Path, set[str]] = {}
        self._rests: dict[str, float] = {}

    def nodes(self) -> list[Node]:
        """The nodes that live and are used."""
        known = self._cluster
        now = time.monotonic()
        if now - known.asked > LOOK_AGAIN:
            known.nodes, known.asked = self._listed(), now
            if self._newcomers is not None and self._chosen is not None:
                self._chosen |= set(self._newcomers.admitted(known.nodes))
        used = self._usable()
        if used or (self._newcomers is not None and self._newcomers.is_asking):
            known.seen = now
        elif (self._chosen is None and not known.nodes) or now - known.seen > WITHOUT_NODES:  # one may rest
            raise MdfError("no node of the cluster can be used" if self._chosen else "the cluster has no node", NO_NODE)
        return used

    def _listed(self) -> list[Node]:
        """What the head says. Raises MdfError if it is lost: Ray's client then raises whatever its channel does."""
        try:
            return nodes_of(self.ray.nodes())
        except Exception as error:
            why = f"{type(error).__name__}: {said(error)}"
            raise MdfError(f"the head of the cluster does not answer: {why}", NO_HEAD) from error

    def _usable(self) -> list[Node]:
        """The same, as far as is known now."""
        chosen = [node for node in self._cluster.nodes if self._chosen is None or node.id in self._chosen]
        return [node for node in chosen if self._rests.get(node.id, 0.0) <= time.monotonic()]

    def forget(self) -> None:
        """Ask the cluster again which nodes live, the next time."""
        self._cluster.asked = -math.inf

    def helper(self, log: Path, alone: bool = False) -> RemoteHelper:
        """Jobs beside the trials, on one of the largest nodes."""
        return RemoteHelper(self, log, alone)

    def ask_each(self, job: Job[Request, Result], request: Request) -> Mapping[str, Result | MdfError]:
        """What `job` says on every node. A node with another mdf, other plugins or another Python gets no job."""
        here, nodes = probe()(), self.nodes()
        self._known = {node.id for node in nodes}
        inquiries = {node.name: Inquiry(self, here, node, job, request) for node in nodes}
        answers: dict[str, Result | MdfError] = {}
        while waiting := {name: inquiry for name, inquiry in inquiries.items() if name not in answers}:
            self.ray.wait([inquiry.reference for inquiry in waiting.values()], num_returns=1, timeout=LOOK_AGAIN)
            answers |= {name: answer for name, one in waiting.items() if (answer := one.answer()) is not None}
        return answers

    def use_only(self, machines: Sequence[str]) -> None:
        """Only these nodes are used from now on."""
        self._chosen = {node.id for node in self.nodes() if node.name in machines}

    def welcome(
        self, job: Job[Request, Result], request: Request, judge: Callable[[str, Result | MdfError], bool]
    ) -> None:
        """Ask nodes that join later the same, and use those that `judge` takes."""
        self._newcomers = Newcomers(self._known, lambda node: Inquiry(self, probe()(), node, job, request), judge)

    def has_room(self, needs: Needs) -> bool:
        """Whether a node has room for one more trial."""
        return self._roomy(needs, self.nodes()) is not None

    def start(
        self, job: Job[PlacedRequest, Result], request: PlacedRequest, needs: Needs, folder: Path, log: Path
    ) -> RemoteJob:
        """Start a trial on the node with the most room, one where it was not lost before if there is one."""
        found = self._roomy(needs, self._usable(), self._lost.get(folder, set()))
        assert found is not None, "`has_room` was not asked"
        node, share = found
        seat = self._free_seat(node, share) or self.seat(node, share)
        log.touch()
        content = self._checkpoint(folder / CHECKPOINT)
        kind = needs.kind
        devices = [f"cuda:{index}" if kind == "cuda" else kind for index in range(needs.processes)]
        return self.begin(seat, job, (request.on(devices),), folder, log, trial=True, checkpoint=content)

    def wait(self, jobs: Sequence[RunningJob], longest: float) -> None:
        """Wait until an agent answers."""
        references = [job.reference for job in jobs if isinstance(job, RemoteJob) and not job.has_ended]
        if references:
            self.ray.wait(references, num_returns=1, timeout=None if longest == math.inf else longest)
        else:
            time.sleep(min(longest, 1.0))

    def on(self, node: Node, share: Share) -> dict[str, Any]:
        """Ray's options for work on `node` that takes `share`."""
        from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

        return {
            "num_cpus": share.cpus,
            "num_gpus": share.gpus,
            "memory": int(share.memory) or None,
            "scheduling_strategy": NodeAffinitySchedulingStrategy(node.id, soft=False),
        }

    def scout(self, node: Node) -> Seat:
        """An agent that takes nothing of its node and sees all of it; one that is free, if there is one."""
        return self._free_seat(node, Share()) or self.seat(node, Share(), sees_all=True)

    def seat(self, node: Node, share: Share, sees_all: bool = False) -> Seat:
        """A new agent on `node`. Free ones of another size make room for it."""
        for idle in [seat for seat in self._seats if seat.is_free and seat.node.id == node.id]:
            if not (self._used(node, with_free=True) + share).fits(node.whole):
                self.leave(idle)
        home = Home(
            folder=os.getcwd(),
            disabled=os.environ.get("MDF_DISABLE_PLUGINS", ""),
            shared=self.shared.address if self.shared else "",
            sees_all=sees_all,
        )
        options = {**self.on(node, share), "max_restarts": 0, "max_task_retries": 0}
        made = Seat(node, share, self.ray.remote(Agent).options(**options).remote(home))
        self._seats.append(made)
        return made

    def begin(
        self,
        seat: Seat,
        job: Job[*tuple[Any, ...], Any],
        arguments: tuple[Any, ...],
        folder: Path,
        log: Path,
        trial: bool = False,
        checkpoint: Any | SharedFile | None = None,
    ) -> RemoteJob:
        """Let the agent of `seat` do a job; files of a `trial` come to `folder`."""
        request: Travelling = arguments[0]
        carried = {str(path): self._put(path) for path in request.carried()}
        order = Order(job, arguments, folder if trial else None, checkpoint, stays=not trial)
        seat.is_free = False
        started = seat.agent.start.remote(order, carried)
        closed = partial(self._closed, seat, folder)
        return RemoteJob(self.ray, seat.agent, started, seat.node.name, folder, log, self._pace, closed)

    def leave(self, seat: Seat) -> None:
        """End an agent, whatever it does."""
        if seat in self._seats:
            self._seats.remove(seat)
        self.ray.kill(seat.agent, no_restart=True)

    def _closed(self, seat: Seat, folder: Path, end: Release) -> None:
        seat.is_free = end == "free"
        if end != "free":
            self.leave(seat)
        if end == "lost":
            self._lost.setdefault(folder, set()).add(seat.node.id)
            self._rests[seat.node.id] = time.monotonic() + REST
            self._cluster.seen = time.monotonic()  # it was there until now, whoever looked last
            self.forget()

    def _roomy(
        self, needs: Needs, nodes: Sequence[Node], avoided: set[str] | frozenset[str] = frozenset()
    ) -> tuple[Node, Share] | None:
        """The node with the most cores left after one more such trial, and the trial's share of it."""
        able = [(node, share) for node in nodes if (share := node.share_of(needs)).fits(node.whole)]
        if not able and nodes:
            raise MdfError(f"no node that is used has {needs.processes} GPUs, which a trial needs", "use fewer devices")
        fitting = []
        for node, share in able:
            used = self._used(node)
            if (used + share).fits(node.whole):
                fitting.append((node.id in avoided, used.cpus - node.whole.cpus, node.id, node, share))
        return min(fitting, key=lambda one: one[:3])[3:] if fitting else None

    def _used(self, node: Node, with_free: bool = False) -> Share:
        """What trials, and helpers, take of a node; free agents, which give way, do so only `with_free`."""
        total = Share()
        for seat in self._seats:
            if seat.node.id == node.id and (with_free or not seat.is_free):
                total += seat.share
        return total

    def _free_seat(self, node: Node, share: Share) -> Seat | None:
        return next((s for s in self._seats if s.is_free and s.node.id == node.id and s.share == share), None)

    def _put(self, path: Path) -> Any:
        """The content of a file in the cluster's memory: it travels to each node once."""
        key = f"{path} {path.stat().st_mtime_ns}"
        if key not in self._content:
            self._content[key] = self.ray.put(path.read_bytes())
        return self._content[key]

    def _checkpoint(self, path: Path) -> Any | SharedFile | None:
        """What a trial goes on from: where it is, or its content in the cluster's memory: Ray's client warns of large
        arguments."""
        file = pointed_at(path)
        return file or (self.ray.put(path.read_bytes()) if path.is_file() else None)

    def _pace(self) -> Pace:
        """Agents gather longer, and send checkpoints less often, the more there are: this process must keep up."""
        running = sum(not seat.is_free for seat in self._seats)
        return Pace(max(0.2, running / CALLS_PER_SECOND), running)

    def __enter__(self) -> ClusterExecutor:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for seat in list(self._seats):
            self.leave(seat)
        self.ray.shutdown()
