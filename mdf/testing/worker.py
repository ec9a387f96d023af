"""A worker process like that of a trial: components must be built in it from class, config and arguments alone."""

from __future__ import annotations

import multiprocessing
import pickle
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, TypeAlias

from mdf.core.component import ComponentConfig
from mdf.registry import Catalog
from mdf.registry.discovery.guard import imported_file
from mdf.registry.reasons import describe
from mdf.testing.finding import FailedError

if TYPE_CHECKING:
    from mdf.registry.kinds import AnyComponent, Argument
    from mdf.testing.subject import AnySubject

PATIENCE = 300.0
"""Seconds that the process may take to answer."""


@dataclass(frozen=True)
class Order:
    """What is built in the worker: a component's class, config and arguments, and the catalog that finds it."""

    catalog: Catalog
    kind: str
    reference: str
    component_class: type[AnyComponent]
    config: ComponentConfig
    arguments: tuple[Argument, ...] = ()

    def build(self) -> AnyComponent:
        """The component. Raises TypeError where it is of another class than the one that was sent."""
        built = self.catalog.create(self.kind, self.reference, self.config, *self.arguments)
        if type(built) is not self.component_class:
            sent = self.component_class.__qualname__
            raise TypeError(f"the worker built a {type(built).__qualname__}, not the {sent} that was sent to it")
        return built


Answer: TypeAlias = dict[str, str]
Job: TypeAlias = "Callable[[Order, Sequence[int]], Answer]"


class Worker:
    """One process. It starts when it is first needed and ends with the `with` block."""

    def __init__(self) -> None:
        self._process: SpawnProcess | None = None
        self._connection: Connection | None = None

    def __enter__(self) -> Worker:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()

    def build(self, subject: AnySubject, *arguments: Argument) -> None:
        """Build the component there. Raises FailedError where that fails."""
        self._ask(_build, subject, arguments)

    def read(self, subject: AnySubject, indices: Sequence[int]) -> dict[str, str]:
        """A data set's `fingerprint` and its samples' digests as that process sees them. Raises FailedError where that
        fails."""
        return self._ask(_read, subject, (), indices)

    def _ask(
        self, job: Job, subject: AnySubject, arguments: tuple[Argument, ...], indices: Sequence[int] = ()
    ) -> Answer:
        order = Order(
            subject.catalog, subject.kind, subject.full_reference, subject.component_class, subject.config, arguments
        )
        try:
            sent = pickle.dumps(order)
        except Exception as error:  # whatever a third party's __reduce__ raises
            raise FailedError(f"class, config and arguments do not pickle: {describe(error)}") from error
        connection = self._connection or self._start()
        try:
            connection.send((job, sys.path, subject.offer.file, sent, list(indices)))
            if not connection.poll(PATIENCE):
                raise TimeoutError(f"nothing in {PATIENCE:g} seconds")
            answer, problem = connection.recv()
        except (OSError, EOFError) as error:  # TimeoutError is an OSError
            self._end()
            raise FailedError(f"the worker process died or did not answer: {describe(error)}") from error
        if problem:
            raise FailedError(f"in a worker process: {problem}")
        return dict(answer)

    def _start(self) -> Connection:
        context = multiprocessing.get_context("spawn")
        self._connection, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs,), daemon=True)
        self._process.start()
        theirs.close()
        return self._connection

    def _end(self) -> None:
        if self._connection is not None and self._process is not None:
            self._connection.close()
            self._process.kill()
            self._process.join()
            self._connection = self._process = None


def _serve(connection: Connection) -> None:
    """Runs in the worker: answers until nobody asks any more."""
    while True:
        try:
            question = connection.recv()
        except EOFError:
            return
        connection.send(_answer(*question))


def _answer(job: Job, path: list[str], file: str, sent: bytes, indices: list[int]) -> tuple[Answer, str]:
    """Runs in the worker: the answer, or what went wrong as text, because not every exception can be pickled."""
    sys.path[:] = path  # it may have grown since the process was started
    try:
        if file:  # a plugin that is one file holds the classes which are unpickled next
            imported_file(Path(file))
        return job(pickle.loads(sent), indices), ""
    except Exception as error:
        return {}, describe(error)


def _build(order: Order, indices: Sequence[int]) -> Answer:  # noqa: ARG001
    order.build()
    return {}


def _read(order: Order, indices: Sequence[int]) -> Answer:
    from mdf.core.dataset import Dataset
    from mdf.testing.digest import digests

    dataset = order.build()
    assert isinstance(dataset, Dataset)
    return {"fingerprint": dataset.fingerprint(), **digests(dataset, indices)}
