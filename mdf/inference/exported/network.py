"""An exported folder as a network in use: its graphs run in their own runtime, one frame after the other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from mdf.core.config import validate
from mdf.core.errors import ConfigError
from mdf.core.exporter import Array, Arrays, Exporter, Run
from mdf.core.sixteen_bit import Limits
from mdf.core.task import Task, output_keys
from mdf.models.export.card import (
    BG,
    BG_DEPTH,
    FRAME,
    JOINT,
    LOGITS,
    OF_BACKGROUND,
    OF_FRAME,
    Card,
    ExportedTask,
    read_card,
)
from mdf.registry import Catalog

State = list[dict[str, Array]]
"""Of each empty scene, what the frame's graph is given beside the frame."""


class ExportedNetwork:
    """See `mdf.inference.network.Network`.

    Where there are graphs of two steps they are used: what depends on the empty scene is computed once.
    """

    def __init__(
        self,
        folder: Path,
        card: Card,
        exporter: Exporter,
        tasks: Mapping[str, Task],
        size: tuple[int, int],
        threads: int,
        precision: str = "fp32",
    ) -> None:
        self.folder = folder
        self.card = card
        self.size = size
        self.tasks: Mapping[str, Task] = tasks
        self.limits: Limits | None = card.frame_range
        self.reads_depth = any(BG_DEPTH in graph.inputs for graph in card.graphs.values())
        self.guided = tuple(name for name, task in card.tasks.items() if task.guided)
        self.region_multiple: int | None = None  # a graph normalises a part of a scene by itself, not like the whole
        steps = OF_BACKGROUND in card.graphs

        def opened(name: str) -> Run:
            return exporter.open_in(precision, folder, name, threads)

        self._first: Run | None = opened(OF_BACKGROUND) if steps else None
        self._of_background = card.graphs[OF_BACKGROUND if steps else JOINT]
        self._of_frame = card.graphs[OF_FRAME if steps else JOINT]
        self._second: Run = opened(OF_FRAME if steps else JOINT)

    @classmethod
    def read(
        cls, folder: Path, plugins: Sequence[str], size: str | None, threads: int, precision: str = "fp32"
    ) -> ExportedNetwork:
        """The network of an exported folder. Raises as `mdf.inference.session.load_from`."""
        card = read_card(folder)
        catalog = Catalog.discover(plugins)
        exporter: Exporter = catalog.create("exporter", card.exporter, {})
        if not exporter.loads_safely:
            raise ConfigError(
                f"the files of {folder} may run code when they are opened, so mdf does not open them",
                "name the run itself, or export it to another format",
            )
        if precision not in exporter.precisions:
            raise ConfigError(
                f"{folder} is an exported network, which runs in its own precision: {card.exporter} has no {precision}",
                "leave out `--precision`, or name the run itself",
            )
        tasks = {name: task_of(task, catalog) for name, task in card.tasks.items()}
        return cls(folder, card, exporter, tasks, _size(card, size, folder), threads, precision)

    def background(self, images: Tensor, depth: Tensor | None = None) -> State:
        """See `Network`."""
        arrays: State = [{BG: image} for image in _arrays(images)]
        if depth is not None:
            arrays = [{**one, BG_DEPTH: known} for one, known in zip(arrays, _arrays(depth), strict=True)]
        first = self._first
        return arrays if first is None else [first(self._of_background.fed(inputs)) for inputs in arrays]

    def background_region(self, whole: State, part: Tensor, rows: slice, columns: slice) -> State:
        """See `Network`. It has no `region_multiple`, so nobody asks."""
        raise NotImplementedError("a graph takes whole images alone")

    def joined(self, backgrounds: Sequence[State]) -> State:
        """See `Network`."""
        return [state for background in backgrounds for state in background]

    def values(self, background: State, frames: Tensor) -> dict[str, Tensor]:
        """See `Network`."""
        one = len(background) == 1
        images = _arrays(frames)
        found = [self.answer(background[0 if one else i], image) for i, image in enumerate(images)]
        keys = output_keys(self.tasks)
        values = {key: _joined(found, key) for key in keys}
        for name in self.guided:  # the graph's own values are in the unit of its `bg_depth`
            task = self.tasks[name]
            values[name] = task.public(task.values(task.calibrated(_joined(found, name + LOGITS))))
        return values

    def answer(self, state: Arrays, frame: Array) -> dict[str, Array]:
        """Every output of one frame 1×3×H×W uint8, `TASK/logits` among them."""
        return self._second(self._of_frame.fed({**state, FRAME: frame}))


def task_of(stored: ExportedTask, catalog: Catalog) -> Task:
    """The task of an exported network."""
    head, config = catalog.load("head", stored.head), catalog.config("head", stored.head, stored.options)
    task: Task = head.Task(config)
    task.unit = stored.unit
    task.configure(stored.constants)
    task.calibrate(stored.calibration)
    return task


def _joined(outputs: Sequence[Arrays], key: str) -> Tensor:
    return torch.from_numpy(np.concatenate([one[key] for one in outputs]))


def _arrays(images: Tensor) -> list[Array]:
    return [image[None].contiguous().numpy() for image in images.cpu()]


def _size(card: Card, asked: str | None, folder: Path) -> tuple[int, int]:
    if asked is None:
        return card.size
    size = validate({"size": asked}, "`--size`").image_size
    if size != card.size and not card.any_size:
        height, width = card.size
        raise ConfigError(
            f"{folder} was exported for {height}x{width} alone",
            "leave out `--size`, or export the run with `--dynamic`",
        )
    if min(size) < card.smallest_side:
        raise ConfigError(f"{folder} takes no sides below {card.smallest_side}", "choose a larger `--size`")
    return size
