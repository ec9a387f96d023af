"""What a session asks of a network, wherever it runs: in PyTorch, or in the runtime that it was exported to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Generic, Protocol, TypeVar

import torch
from torch import Tensor

from mdf.core.sixteen_bit import Limits, limits_of
from mdf.core.task import Task, public_outputs
from mdf.engine.model import Background
from mdf.engine.prepare.guide import Guide
from mdf.engine.replay import Replayed
from mdf.models.restore import Restored

State = TypeVar("State")


class Network(Protocol, Generic[State]):
    """A trained network in use. Its images are uint8 of `size`.

    Attributes:
        folder: the run, or the exported folder, that it comes from.
        size: (height, width) that it works at.
        tasks: by name, in the order of its outputs.
        limits: the levels of images of more than 8 bits that become black and white; None = all of 16 bits.
        reads_depth: whether it reads the depth of the empty scene where that is known.
        guided: the tasks whose prediction follows that depth.
        region_multiple: what the sides of a part of an image must be multiples of; None = it takes whole images alone.
    """

    folder: Path
    size: tuple[int, int]
    tasks: Mapping[str, Task]
    limits: Limits | None
    reads_depth: bool
    guided: tuple[str, ...]
    region_multiple: int | None

    def background(self, images: Tensor, depth: Tensor | None = None) -> State:
        """What depends on empty scenes N×3×H×W alone.

        Only a network that `reads_depth` is given the `depth` of the scenes, N×1×H×W, NaN where it is not known.
        """
        ...

    def background_region(self, whole: State, part: Tensor, rows: slice, columns: slice) -> State:
        """What depends on a `part` N×3×h×w of the scenes of `whole` alone, which lies at these rows and columns.

        It is normalised like the whole of it. Asked only where there is a `region_multiple`.
        """
        ...

    def joined(self, backgrounds: Sequence[State]) -> State:
        """Backgrounds of one size as one, in order."""
        ...

    def values(self, background: State, frames: Tensor) -> dict[str, Tensor]:
        """What `public_outputs` gives of frames N×3×H×W, in front of one background or of N: N×C×H×W."""
        ...


class TorchNetwork:
    """A run's network in PyTorch."""

    def __init__(self, restored: Restored, replayed: Replayed | None = None) -> None:
        """`replayed` records what is done with frames, and replays it."""
        self.restored, self.replayed = restored, replayed
        self.folder = restored.folder
        self.size: tuple[int, int] = restored.config.image_size
        self.tasks: Mapping[str, Task] = restored.tasks
        self.limits: Limits | None = limits_of(restored.config.data.options)
        self.reads_depth = restored.model.guided
        self.guided = restored.model.guided_tasks
        self.region_multiple: int | None = restored.model.padded_size((1, 1))[0]

    def background(self, images: Tensor, depth: Tensor | None = None) -> Background:
        """See `Network`."""
        model, runtime = self.restored.model, self.restored.runtime
        with torch.inference_mode(), runtime.autocast():
            known = None if depth is None else depth.to(runtime.device)
            return model.background(images.to(runtime.device), depth=known)

    def background_region(self, whole: Background, part: Tensor, rows: slice, columns: slice) -> Background:
        """See `Network`."""
        model, runtime = self.restored.model, self.restored.runtime
        with torch.inference_mode(), runtime.autocast():
            return model.background_region(whole, part.to(runtime.device), rows, columns)

    def joined(self, backgrounds: Sequence[Background]) -> Background:
        """See `Network`."""
        if len(backgrounds) == 1:
            return backgrounds[0]
        depths = [one.guide.depth for one in backgrounds if one.guide is not None]
        return Background(
            torch.cat([one.mean for one in backgrounds]),
            torch.cat([one.std for one in backgrounds]),
            [torch.cat(maps) for maps in zip(*(one.maps for one in backgrounds), strict=True)],
            Guide.joined([one.guide for one in backgrounds], (depths[0].shape[-2], depths[0].shape[-1]))
            if depths
            else None,
            backgrounds[0].times,
        )

    def values(self, background: Background, frames: Tensor) -> dict[str, Tensor]:
        """See `Network`."""
        if self.replayed is None:
            return self._values(background, frames)

        def work(tensors: Sequence[Tensor]) -> dict[str, Tensor]:
            *known, shown = tensors
            return self._values(background.holding(known), shown)

        shown = frames.to(self.restored.runtime.device, non_blocking=True)
        return dict(self.replayed(background.guide is None, [*background.tensors, shown], work))

    def _values(self, background: Background, frames: Tensor) -> dict[str, Tensor]:
        runtime = self.restored.runtime
        maps = [x.expand(len(frames), *x.shape[1:]) for x in background.maps]
        each = replace(background, maps=maps)
        with torch.inference_mode():
            with runtime.autocast():
                logits = self.restored.model.forward_frame(each, frames.to(runtime.device))
            return public_outputs(self.tasks, logits)
