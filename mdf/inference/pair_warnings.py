"""Tells of frames that seem not to belong to their background: a line each, and of many one line together."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from mdf.core.progress import OnProgress, Warned
from mdf.core.task import Task
from mdf.inference.pair_fit import PairFit

TOLD = 3
"""How many frames get a line of their own."""
CURE = "its mask means little: take the background again from the same place, or choose the one that belongs to it"


class PairWarnings:
    """Collects the warnings of the frames of one background.

    Attributes:
        by_frame: the warning of each frame that has one, by the frame's name.
    """

    def __init__(self, on_progress: OnProgress) -> None:
        self.by_frame: dict[str, str] = {}
        self._on_progress = on_progress

    def add(self, frame: str, fit: PairFit) -> None:
        """Tell how `frame` fits, if it does not and few were told before."""
        if not fit.warning:
            return
        self.by_frame[frame] = fit.warning
        if len(self.by_frame) <= TOLD:
            self._on_progress(Warned(f"{frame}: {fit.warning}; {CURE}"))

    def end(self) -> None:
        """Tell how many more there were."""
        more = len(self.by_frame) - TOLD
        if more > 0:
            last = list(self.by_frame)[-1]
            self._on_progress(
                Warned(
                    f"{more} more frames do not fit their background, the last one {last}: see `fit` in the JSON files"
                )
            )


def foreground_share(tasks: Mapping[str, Task], values: Mapping[str, Tensor]) -> float | None:
    """The share of a frame that any task calls foreground, of its public values C×H×W; None where none tells it."""
    told = [where for name, task in tasks.items() if (where := task.foreground(values[name])) is not None]
    return float(torch.stack(told).any(0).float().mean()) if told else None
