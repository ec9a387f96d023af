"""A worker process, as trials have one: components must be built in it from class, config and arguments alone."""

from __future__ import annotations

import multiprocessing
import pickle
import sys
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from types import TracebackType
from typing import TYPE_CHECKING, Any

from mdf.registry import Catalog
from mdf.registry.reasons import describe
from mdf.testing.finding import FailedError

if TYPE_CHECKING:
    from mdf.core.component import ComponentConfig
    from mdf.testing.subject import Subject

PATIENCE = 300.0
"""Seconds that the process may take to answer."""


class Worker:
    """One process, started when it is first needed and ended with the `with` block."""

    def __init__(self) -> None:
        self._process: SpawnProcess | None = None
        self._connection: Connection | None = None

    def __enter__(self) -> Worker:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()

    def build(self, subject: Subject, *arguments: object) -> str:
        """Build it there; gives `package.module:Class` of what was built. Raises FailedError where that fails."""
        return str(self._ask(_build, subject, *arguments))

    def read(self, subject: Subject, indices: Sequence[int]) -> dict[str, str]:
        """A data set's fingerprint and its samples' digests as that process sees them."""
        found: dict[str, str] = self._ask(_read, subject, list(indices))
        return found

    def _ask(self, task: Callable[..., Any], subject: Subject, *arguments: object) -> Any:
        try:
            component = pickle.dumps((subject.catalog, subject.found_class, subject.config, arguments))
        except Exception as error:  # whatever a third party's __reduce__ raises
            raise FailedError(f"class, config and arguments do not pickle: {describe(error)}") from error
        connection = self._connection or self._start()
        try:
            connection.send((task, sys.path, subject.kind, subject.full_reference, component))
            if not connection.poll(PATIENCE):
                raise TimeoutError(f"nothing in {PATIENCE:g} seconds")
            found, problem = connection.recv()
        except (OSError, EOFError) as error:  # TimeoutError is an OSError
            self._end()
            raise FailedError(f"the worker process died or did not answer: {describe(error)}") from error
        if problem:
            raise FailedError(f"in a worker process: {problem}")
        return found

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
        connection.send(_guarded(*question))


def _guarded(task: Callable[..., Any], path: list[str], kind: str, reference: str, component: bytes) -> tuple[Any, str]:
    """Runs in the worker: an answer, or what went wrong (exceptions of third parties may not pickle).

    The catalog is unpickled first: it loads plugins that are files, where their classes then are found.
    """
    sys.path[:] = path  # it may have grown since the process was started
    try:
        catalog, found_class, config, arguments = pickle.loads(component)
        return task(catalog, kind, reference, found_class, config, *arguments), ""
    except Exception as error:
        return None, describe(error)


def _build(
    catalog: Catalog, kind: str, reference: str, found_class: type, config: ComponentConfig, *arguments: object
) -> str:
    built = catalog.create(kind, reference, config, *arguments)
    if type(built) is not found_class:
        raise TypeError(
            f"the worker built a {type(built).__qualname__}, not the {found_class.__qualname__} it was sent"
        )
    return f"{found_class.__module__}:{found_class.__qualname__}"


def _read(
    catalog: Catalog, kind: str, reference: str, found_class: type, config: ComponentConfig, indices: list[int]
) -> dict[str, str]:
    from mdf.testing.digest import digests

    dataset = _made(catalog, kind, reference, found_class, config)
    return {"fingerprint": dataset.fingerprint(), **digests(dataset, indices)}


def _made(
    catalog: Catalog, kind: str, reference: str, found_class: type, config: ComponentConfig, *arguments: object
) -> Any:
    built = catalog.create(kind, reference, config, *arguments)
    if type(built) is not found_class:
        raise TypeError(f"it builds a {type(built).__qualname__}, not the {found_class.__qualname__} it was sent")
    return built
