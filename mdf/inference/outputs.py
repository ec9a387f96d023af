"""Predictions as pictures and files."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from torch import Tensor

from mdf.core.files import whole
from mdf.core.task import SPREAD, Task, public_outputs

SATURATED = 100.0
"""A logit whose sigmoid is 1 in float32, and 0 with the other sign."""
MILLIMETRE = 0.001


@dataclass(frozen=True, slots=True)
class Levels:
    """value = `offset` + level × `scale`, in `unit`; levels have 8 or 16 `bits`."""

    task: str
    meaning: str
    unit: str
    bits: int
    scale: float
    offset: float

    def encode(self, values: NDArray[np.float32]) -> NDArray[np.uint8] | NDArray[np.uint16]:
        """Values H×W as levels, the nearest one each."""
        levels = np.rint((values.astype(np.float64) - self.offset) / self.scale).clip(0, 2**self.bits - 1)
        return levels.astype(np.uint8) if self.bits == 8 else levels.astype(np.uint16)

    def to_dict(self) -> dict[str, object]:
        """As written beside the images."""
        return asdict(self)


def levels_of(task: Task, key: str) -> Levels | None:
    """How the values of `task`, or its `TASK/spread`, are stored; None for those of several channels.

    Probabilities take 8 bits, everything else 16: whole millimetres where the range in metres allows it, else that
    range cut into 65535 steps.
    """
    spread = key.endswith(SPREAD)
    if (task.spread_channels if spread else task.channels) != 1:
        return None
    low, high = value_range(task, key)
    meaning = f"expected absolute error of {task.name}" if spread else task.name
    if key == "mask":
        return Levels(key, "probability of foreground", task.unit, 8, 1 / 255, 0.0)
    if task.unit == "m" and low >= 0 and high <= 65535 * MILLIMETRE:
        return Levels(key, meaning, task.unit, 16, MILLIMETRE, 0.0)
    offset = min(low, 0.0)
    return Levels(key, meaning, task.unit, 16, (high - offset) / 65535 or 1.0, offset)


def value_range(task: Task, key: str) -> tuple[float, float]:
    """The least and the greatest that `task` can predict as `key` of `public_outputs`."""
    shape = (1, task.channels + task.spread_channels, 1, 1)
    extremes = [{task.name: torch.full(shape, end)} for end in (-SATURATED, SATURATED)]
    ends = [float(public_outputs({task.name: task}, logits)[key].flatten()[0]) for logits in extremes]
    return min(ends), max(ends)


def write_levels(path: Path, values: NDArray[np.float32], levels: Levels, scratch: Path) -> None:
    """Write values H×W as a grey PNG, whose text chunk `mdf` says what its levels mean."""
    info = PngInfo()
    info.add_text("mdf", json.dumps(levels.to_dict()))
    with whole(path, scratch) as beside:
        Image.fromarray(levels.encode(values)).save(beside, format="PNG", pnginfo=info)


def write_picture(path: Path, pixels: NDArray[np.uint8], scratch: Path) -> None:
    """Write H×W×3 uint8 RGB as a PNG."""
    with whole(path, scratch) as beside:
        Image.fromarray(pixels).save(beside, format="PNG")


def write_array(path: Path, values: NDArray[np.float32], scratch: Path) -> None:
    """Write values C×H×W float32 as an `.npy` file."""
    with whole(path, scratch) as beside, beside.open("wb") as file:
        np.save(file, values, allow_pickle=False)


OPACITY = 0.65
THRESHOLD = 0.5
COLOUR = (255, 96, 0)
"""Of the foreground where no depth gives one."""


class Drawing:
    """Draws the predictions of one camera on fixed scales, those of its empty scene, so that colours keep still.

    Reads
        empty: what the model predicts of the empty scene itself: 1×C×H×W each, of `public_outputs`.
    """

    def __init__(self, tasks: Mapping[str, Task], empty: Mapping[str, Tensor]) -> None:
        self._tasks = {key: tasks[key.removesuffix(SPREAD)] for key in empty}
        there = {key: torch.ones_like(values[0, :1], dtype=torch.bool) for key, values in empty.items()}
        self.limits = {key: task.limits(empty[key][0], there[key]) for key, task in self._tasks.items()}

    def map(self, key: str, values: Tensor) -> Tensor:
        """3×H×W uint8 of C×H×W: a task's public values, or their spread."""
        there = torch.ones_like(values[:1], dtype=torch.bool)
        return self._tasks[key].draw(values, there, self.limits[key])

    def overlay(self, frame: Tensor, values: Mapping[str, Tensor], depth: Tensor | None = None) -> Tensor:
        """`frame` 3×H×W uint8, its foreground (probability from 0.5 on) tinted by how far away it is.

        Without a mask all of it is. `depth` is the drawn depth, where there is one already.
        """
        if depth is None and "depth" in values:
            depth = self.map("depth", values["depth"])
        tint = torch.tensor(COLOUR).view(3, 1, 1) if depth is None else depth
        share = OPACITY * (values["mask"] >= THRESHOLD).float() if "mask" in values else torch.tensor(OPACITY)
        mixed = frame.float() * (1 - share) + tint.float() * share
        return mixed.round().clamp(0, 255).to(torch.uint8)
