"""A recording of torch's operations on the CPU, in the place of a CUDA graph: it replays operations, and no Python."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from mdf.engine.replay import Results


class Seen(TorchDispatchMode):
    """Operations run below a mode, so that mdf's own compiled loops stand aside, as they do on a GPU."""

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        return func(*args, **(kwargs or {}))


@dataclass
class Tape(Seen):
    """What was done, to be done again on the same memory."""

    done: list[tuple[Any, Any, Any, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = func(*args, **(kwargs or {}))
        self.done.append((func, args, kwargs or {}, result))
        return result

    def play(self) -> None:
        """Do it again: every result gets its new numbers where it is."""
        with torch.inference_mode():
            for func, args, kwargs, result in self.done:
                again = func(*args, **kwargs)
                for old, new in zip(tree_leaves(result), tree_leaves(again), strict=True):
                    if isinstance(old, Tensor) and old.data_ptr() != new.data_ptr():
                        old.detach().copy_(new)


class TapeRecorder:
    """A `Recorder` on the CPU. Recording does the work, so that the first replay has nothing left to do."""

    def __init__(self) -> None:
        self.recorded, self.replays = 0, 0

    def beside(self, work: Callable[[], Results]) -> Results:
        with Seen():
            return work()

    def record(self, work: Callable[[], Results]) -> tuple[Callable[[], None], Mapping[str, Tensor]]:
        self.recorded += 1
        with Tape() as tape:
            results = work()
        fresh = [True]

        def replay() -> None:
            self.replays += 1
            if not fresh:
                tape.play()
            fresh.clear()

        return replay, results
