"""Work on tensors of fixed shapes, recorded once as a CUDA graph and replayed: no kernel waits for its launch.

Only what the device does is recorded. What Python decides on the way (a size, a branch, a number that is no tensor)
stays as it was in the recording, so that work of another kind or size is recorded by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

WARM_UP = 3
"""Times that work is done as it is before it is recorded: kernels are chosen, and an optimiser makes its state."""
MOST = 16
"""Recordings that are kept; each holds the memory of its largest maps."""

Tensors = Sequence[Tensor]
Results = Mapping[str, Tensor]
Work = Callable[[Tensors], Results]


class Recorder(Protocol):
    """What records work on a device."""

    def beside(self, work: Callable[[], Results]) -> Results:
        """Do `work` as it is, in the place where it will be recorded; returns what it returns."""
        ...

    def record(self, work: Callable[[], Results]) -> tuple[Callable[[], None], Results]:
        """Record `work` without doing it: what does it, and the tensors that then hold its results."""
        ...


class CudaGraphs:
    """Records CUDA graphs, which share one pool of memory: no two are replayed at once."""

    def __init__(self, device: str) -> None:
        self.device = torch.device(device)
        self.stream = torch.cuda.Stream(self.device)  # type: ignore[no-untyped-call]
        self.pool = torch.cuda.graph_pool_handle()

    def beside(self, work: Callable[[], Results]) -> Results:
        """See `Recorder`."""
        current = torch.cuda.current_stream(self.device)
        self.stream.wait_stream(current)
        with torch.cuda.stream(self.stream):
            results = work()
        current.wait_stream(self.stream)
        return results

    def record(self, work: Callable[[], Results]) -> tuple[Callable[[], None], Results]:
        """See `Recorder`."""
        graph = torch.cuda.CUDAGraph()
        # a thread that reads ahead may pin memory meanwhile
        with torch.cuda.graph(graph, pool=self.pool, stream=self.stream, capture_error_mode="thread_local"):
            results = work()
        return graph.replay, results


@dataclass(frozen=True, slots=True)
class _Recording:
    inputs: Tensors
    replay: Callable[[], None]
    results: Results


class Replayed:
    """Does work as it is a few times, records it, and replays it from then on.

    Where it cannot be recorded, `warn` is told why in one line, once, and all work is done as it is.
    """

    def __init__(self, recorder: Recorder, warn: Callable[[str], None]) -> None:
        self.recorder: Recorder | None = recorder
        self.warn = warn
        self._done: dict[Hashable, int] = {}
        self._recordings: dict[Hashable, _Recording] = {}

    def __call__(self, kind: Hashable, inputs: Tensors, work: Work) -> Results:
        """`work(inputs)`. Work of one `kind` does the same whenever its inputs have the same shapes and types.

        The results are new tensors. What the work changes besides, such as weights, must be changed in place, and must
        not be replaced between two calls.
        """
        if self.recorder is None:
            return work(inputs)
        key = (kind, tuple((x.shape, x.stride(), x.dtype, x.device) for x in inputs))
        if key not in self._recordings:
            done = self._done[key] = self._done.get(key, 0) + 1
            if done <= WARM_UP or len(self._recordings) == MOST:
                return self.recorder.beside(lambda: work(inputs))
            recording = self._recorded(inputs, work)
            if recording is None:
                return work(inputs)
            self._recordings[key] = recording
        recording = self._recordings[key]
        for held, given in zip(recording.inputs, inputs, strict=True):
            held.copy_(given, non_blocking=True)
        recording.replay()
        return {name: x.clone() for name, x in recording.results.items()}

    def _recorded(self, inputs: Tensors, work: Work) -> _Recording | None:
        assert self.recorder is not None
        try:
            held = [x.clone() for x in inputs]
            return _Recording(held, *self.recorder.record(lambda: work(held)))
        except Exception as error:  # of any layer, and of a plugin's
            first = (str(error).splitlines() or [""])[0]
            self.warn(f"cannot be recorded as a CUDA graph, and is done as it is: {type(error).__name__}: {first}")
            self.recorder, self._recordings = None, {}
            return None


def is_recording() -> bool:
    """Whether a CUDA graph is being recorded in this thread."""
    return torch.cuda.is_available() and torch.cuda.is_current_stream_capturing()


def replayed_on(device: str, warn: Callable[[str], None]) -> Replayed | None:
    """What records work on `device`; None, and a line, where there are no CUDA graphs."""
    if torch.device(device).type == "cuda":
        return Replayed(CudaGraphs(device), warn)
    warn(f"needs a CUDA device for CUDA graphs, and is done as it is on `{device}`")
    return None
