"""Questions to nodes: what is installed there, and whether a study can use them. Torch-free."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic

from mdf.core.errors import MdfError
from mdf.workers.cluster.nodes import Node, Share
from mdf.workers.cluster.probe import Facts, differences, probe
from mdf.workers.cluster.remote import RemoteJob
from mdf.workers.executor import Travelling
from mdf.workers.exit import WorkerError
from mdf.workers.job import Job, Result

if TYPE_CHECKING:
    from mdf.workers.cluster.executor import ClusterExecutor

NO_LOG = Path(os.devnull)


class Inquiry(Generic[Result]):
    """What `job` says on one node. A node with another mdf, other plugins or another Python gets no job."""

    def __init__(
        self,
        executor: ClusterExecutor,
        here: Facts,
        node: Node,
        job: Job[*tuple[Any, ...], Result],
        request: Travelling,
    ) -> None:
        """`here` is what is installed on the driver's machine."""
        self.executor, self.here, self.node, self.job, self.request = executor, here, node, job, request
        look = executor.ray.remote(probe())
        self._asked = look.options(**executor.on(node, Share()), max_retries=0).remote()
        self._remote: RemoteJob | None = None

    @property
    def reference(self) -> Any:
        """What `ray.wait` waits for."""
        return self._remote.reference if self._remote else self._asked

    def answer(self) -> Result | MdfError | None:
        """What the node says, or why it says nothing; None as long as it has not. Does not wait."""
        if self._remote is None:
            if not self.executor.ray.wait([self._asked], timeout=0)[0]:
                return None
            refusal = self._refusal()
            if refusal is not None:
                return refusal
            seat = self.executor.scout(self.node)
            self._remote = self.executor.begin(seat, self.job, (self.request,), NO_LOG, NO_LOG)
        if not self._remote.listen(lambda _: None):
            return None
        self._remote.close()
        try:
            return self._remote.result(self.job)
        except MdfError as error:
            return error
        except WorkerError as error:
            return MdfError(error.reason, error.log[-500:])

    def _refusal(self) -> MdfError | None:
        """Why the node cannot be used, as far as what is installed there decides."""
        ray = self.executor.ray
        try:
            different = differences(self.here, ray.get(self._asked))
        except ray.exceptions.RayError as error:
            return MdfError(f"it does not answer ({type(error).__name__})", "look at its logs")
        return MdfError("; ".join(different), "install the same there") if different else None


class Newcomers(Generic[Result]):
    """Asks nodes that join while a study runs, beside its trials."""

    def __init__(
        self, known: set[str], ask: Callable[[Node], Inquiry[Result]], judge: Callable[[str, Result | MdfError], bool]
    ) -> None:
        """`known` holds the ids of nodes that have been asked already; `judge(name, answer)` says if one is used."""
        self.known, self.ask, self.judge = set(known), ask, judge
        self._open: dict[Node, Inquiry[Result]] = {}

    @property
    def is_asking(self) -> bool:
        """Whether a node has been asked and has not answered yet."""
        return bool(self._open)

    def admitted(self, nodes: Iterable[Node]) -> Iterator[str]:
        """The ids of those among `nodes` that have answered since the last time, and are used from now on."""
        for node in nodes:
            if node.id not in self.known:
                self.known.add(node.id)
                self._open[node] = self.ask(node)
        for node, inquiry in list(self._open.items()):
            answer = inquiry.answer()
            if answer is not None:
                del self._open[node]
                if self.judge(node.name, answer):
                    yield node.id
