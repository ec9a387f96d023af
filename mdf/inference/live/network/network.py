"""The network as live cameras use it: regions of frames of several cameras, computed together."""

from __future__ import annotations

from collections import OrderedDict, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from mdf.core.errors import ConfigError
from mdf.core.image import Pixels
from mdf.core.sink import Floats
from mdf.core.task import Task
from mdf.engine.evaluation import guided_range
from mdf.engine.prepare.guide import Guidance, guidance
from mdf.inference.live.network.region import Region
from mdf.inference.session import LoadedModel
from mdf.inference.threads import cpu_threads

State = Any
"""What a network knows of an empty scene; it alone looks into it."""
REGIONS_KEPT = 32
"""Regions of a background that are remembered."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the network says of a region.

    Attributes:
        probability: h×w float32, 0–1.
        foreground: h×w bool.
        depth: h×w float32, in metres where the depth of the empty scene guided it, else in the network's unit; None
            where it predicts none.
    """

    probability: Floats
    foreground: np.ndarray[tuple[int, int], np.dtype[np.bool_]]
    depth: Floats | None


class EmptyScene:
    """The background of one camera, as the network needs it, as a whole and by regions.

    Attributes:
        guidance: by its known depth; None where none is known, or the network reads none.
    """

    def __init__(self, network: LiveNetwork, pixels: Pixels, depth: Floats | None = None) -> None:
        self._network = network
        self._image = tensor([pixels])
        self.guidance = network.guidance(depth)
        self._whole = network.background(self._image, None if self.guidance is None else self.guidance.small)
        self._regions: OrderedDict[Region, State] = OrderedDict()

    def part(self, region: Region) -> Tensor:
        """The region of the background, 1×3×h×w uint8."""
        return self._image[..., region.rows, region.columns]

    def of(self, region: Region) -> State:
        """What depends on the region of the background alone."""
        if region.is_whole(self._network.size):
            return self._whole
        if region not in self._regions:
            self._regions[region] = self._network.background_region(self._whole, self.part(region), region)
            while len(self._regions) > REGIONS_KEPT:
                self._regions.popitem(last=False)
        self._regions.move_to_end(region)
        return self._regions[region]


@dataclass(frozen=True, slots=True)
class Question:
    """A region of one frame (h×w×3 uint8, all of the frame) in front of its empty scene."""

    scene: EmptyScene
    frame: Pixels
    region: Region


class LiveNetwork:
    """A trained network that answers questions of several cameras at once.

    Attributes:
        size: (height, width) that it works at.
        multiple: what the sides of regions must be multiples of; where it takes no regions, the longer side of a frame.
        reads_depth: whether it reads the depth of the empty scene where that is known.
        guided: whether its predicted depth follows that one, and is in metres then.
    """

    def __init__(self, model: LoadedModel) -> None:
        self._network, self._threads = model.network, model.threads
        self._tasks = model.tasks
        self.size = model.size
        self.multiple = model.network.region_multiple or max(model.size)
        self._mask, self._depth = _roles(model.tasks, model.folder.name)
        self.reads_depth = model.network.reads_depth
        self.guided = self._depth in model.network.guided

    def empty_scene(self, pixels: Pixels, depth: Floats | None = None) -> EmptyScene:
        """The background h×w×3 uint8, at the network's size, and its known depth h×w in metres, NaN = unknown.

        Only a network that `reads_depth` is given the depth.
        """
        return EmptyScene(self, pixels, depth)

    def guidance(self, depth: Floats | None) -> Guidance | None:
        """The guidance by a depth h×w in metres; None where the network reads none."""
        if depth is None or not self.reads_depth:
            return None
        limits = guided_range(self._tasks, self._network.guided)
        return guidance(torch.from_numpy(depth)[None, None], self.size, limits)

    def background(self, image: Tensor, depth: Tensor | None = None) -> State:
        """See `Network.background`."""
        with cpu_threads(self._threads):
            return self._network.background(image, depth)

    def background_region(self, whole: State, part: Tensor, region: Region) -> State:
        """See `Network.background_region`."""
        with cpu_threads(self._threads):
            return self._network.background_region(whole, part, region.rows, region.columns)

    def answer(self, questions: Sequence[Question]) -> list[Answer]:
        """The answers, in order. Regions of one size are computed together."""
        groups: dict[tuple[int, int], list[int]] = defaultdict(list)
        for number, question in enumerate(questions):
            groups[question.region.size].append(number)
        answers: dict[int, Answer] = {}
        for numbers in groups.values():
            answers.update(zip(numbers, self._together([questions[n] for n in numbers]), strict=True))
        return [answers[number] for number in range(len(questions))]

    def _together(self, questions: Sequence[Question]) -> list[Answer]:
        frames = tensor([question.frame[question.region.rows, question.region.columns] for question in questions])
        backgrounds = [question.scene.of(question.region) for question in questions]
        with cpu_threads(self._threads), torch.inference_mode():
            found = self._network.values(self._network.joined(backgrounds), frames)
            values = {key: x.float().cpu() for key, x in found.items()}
            scenes = torch.cat([question.scene.part(question.region) for question in questions])
            values[self._mask] = self._tasks[self._mask].at_frame(values[self._mask], scenes, frames)
            return [self._answer({key: x[i] for key, x in values.items()}, q) for i, q in enumerate(questions)]

    def _answer(self, values: dict[str, Tensor], question: Question) -> Answer:
        probability = values[self._mask]
        foreground = self._tasks[self._mask].foreground(probability)
        assert foreground is not None
        depth = values[self._depth] if self._depth else None
        if depth is not None and self.guided and question.scene.guidance is not None:
            part = question.scene.guidance.part(question.region.rows, question.region.columns)
            depth = part.sharpened(depth[None])[0]
        return Answer(probability[0].numpy(), foreground[0].numpy(), None if depth is None else depth[0].numpy())


def tensor(crops: Sequence[Pixels]) -> Tensor:
    """Crops h×w×3 uint8 of one size → N×3×h×w."""
    return torch.from_numpy(np.stack(crops)).permute(0, 3, 1, 2).contiguous()


def _roles(tasks: Mapping[str, Task], run: str) -> tuple[str, str]:
    """The task that tells the foreground, and the first other one of a single channel ("" = none)."""
    empty = {name: task.foreground(torch.zeros(task.channels, 1, 1)) for name, task in tasks.items()}
    masks = [name for name, where in empty.items() if where is not None]
    if not masks:
        raise ConfigError(f"the run {run} predicts no mask, and so tells nothing apart", "train one with a mask")
    depths = [name for name, where in empty.items() if where is None and tasks[name].channels == 1]
    return masks[0], depths[0] if depths else ""
