"""What a worker does, by name: the parent need not import it. Torch-free."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Generic, TypeVar, TypeVarTuple, Unpack

from mdf.core.progress import OnProgress

Arguments = TypeVarTuple("Arguments")
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Job(Generic[*Arguments, Result]):
    """A function that workers run: it gets a progress callback, then arguments of these types.

    `function` is its name, `package.module:function`. Arguments and result are pickled.
    """

    function: str

    def load(self) -> Callable[[OnProgress, Unpack[Arguments]], Result]:
        """The function itself; imports its module."""
        module, _, name = self.function.partition(":")
        function: Callable[[OnProgress, Unpack[Arguments]], Result] = getattr(import_module(module), name)
        return function
