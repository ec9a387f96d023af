"""The composed model: fusion · encoder → decoder → heads, with its normalisation and its padding."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from mdf.core.decoder import Decoder
from mdf.core.encoder import Encoder
from mdf.core.fusion import GUIDE_CHANNELS, Fusion
from mdf.core.head import Head
from mdf.core.sample import BACKGROUND_DEPTH, Batch
from mdf.core.task import Task
from mdf.engine.prepare.guide import Guide, read_guide
from mdf.engine.prepare.normalise import Normalise

MOST_TIMES = 3
"""How many times small images are enlarged at most: more adds no detail, and large objects lose their context."""


@dataclass(frozen=True, slots=True)
class Background:
    """All that a model computes from empty scenes alone: each tensor has N, or 1, in front.

    `guide` is their known depth; None where none is known, or none is read. The maps are those of images that were
    enlarged `times` times.
    """

    mean: Tensor
    std: Tensor
    maps: list[Tensor]
    guide: Guide | None = None
    times: int = 1

    @property
    def tensors(self) -> list[Tensor]:
        """Its tensors: the statistics, the maps, and those of the guide."""
        guide = [] if self.guide is None else [self.guide.depth, self.guide.channels]
        return [self.mean, self.std, *self.maps, *guide]

    def holding(self, tensors: Sequence[Tensor]) -> Background:
        """The same with other `tensors`, in the order of its own."""
        mean, std, *others = tensors
        count = len(self.maps)
        guide = None if self.guide is None else Guide(*others[count:])
        return Background(mean, std, others[:count], guide, self.times)


class Model(nn.Module):
    """One encoder, one fusion, one decoder and a head for each task.

    Reads
        batch: `bg` and `fg_bg` N×3×H×W, uint8 or float 0–1, of any size; a `guided` model also reads the
            `background_depth` that is `known`, if it is.
        tasks: which tasks to compute; None = all. The branches of others are not run.
    Returns
        logits by task: N×C×H×W float32, at the batch's own size.
    """

    def __init__(
        self,
        encoder: Encoder,
        fusion: Fusion,
        decoder: Decoder,
        heads: Mapping[str, Head],
        normalise: Normalise,
        tasks: Mapping[str, Task] | None = None,
        enlarge_to: int = 0,
    ) -> None:
        """`tasks` are those of the heads; guided heads ask for theirs where a depth is known. `enlarge_to`: see
        `enlargement`."""
        super().__init__()
        self.enlarge_to = enlarge_to
        self.guided = fusion.guided or any(head.guided for head in heads.values())
        self._tasks = dict(tasks or {})
        self.normalise = normalise
        self.encoder = encoder
        self.fusion = fusion
        self.decoder = decoder
        self.heads = nn.ModuleDict(heads)

    @property
    def tasks(self) -> tuple[str, ...]:
        """The tasks it predicts."""
        return tuple(self.heads)

    @property
    def guided_tasks(self) -> tuple[str, ...]:
        """The tasks whose prediction follows the known depth of the empty scene."""
        return tuple(task for task, head in self.heads.items() if isinstance(head, Head) and head.guided)

    def forward(self, batch: Batch, tasks: Collection[str] | None = None) -> dict[str, Tensor]:
        """Enlarge and pad inside, crop and shrink outside."""
        bg_jitter, frame_jitter = (None, None) if batch.jitter is None else batch.jitter.unbind(1)
        background = self.background(batch.bg, bg_jitter, batch.known.get(BACKGROUND_DEPTH))
        return self.forward_frame(background, batch.fg_bg, tasks, frame_jitter)

    def background(self, bg: Tensor, jitter: Tensor | None = None, depth: Tensor | None = None) -> Background:
        """What `forward_frame` needs of empty scenes; for a fixed camera it is computed once.

        A `guided` model reads their known `depth`, N×1×H×W, NaN where it is not known; None = nowhere.
        """
        normalised, mean, std = self.normalise.background(bg, jitter)
        guide = read_guide(depth) if self.guided and depth is not None else None
        times = self.enlargement((bg.shape[-2], bg.shape[-1]))
        maps = self.fusion.background(self.encoder, self._read(self._guided(normalised, guide), times))
        return Background(mean, std, maps, guide, times)

    def background_region(self, whole: Background, part: Tensor, rows: slice, columns: slice) -> Background:
        """What `forward_frame` needs of a part N×3×H×W of the empty scene, which lies at these rows and columns of it.

        It is normalised and enlarged like the whole of it, and guided by the same depth.
        """
        normalised = self.normalise.frames(part, whole.mean, whole.std)
        guide = None if whole.guide is None else whole.guide.part(rows, columns)
        maps = self.fusion.background(self.encoder, self._read(self._guided(normalised, guide), whole.times))
        return Background(whole.mean, whole.std, maps, guide, whole.times)

    def _guided(self, normalised: Tensor, guide: Guide | None) -> Tensor:
        """Empty scenes as the fusion reads them: of a guided one with the channels of their depth."""
        if not self.fusion.guided:
            return normalised
        nothing = normalised.new_zeros(len(normalised), GUIDE_CHANNELS, *normalised.shape[-2:])
        return torch.cat([normalised, nothing if guide is None else guide.channels], dim=1)

    def forward_frame(
        self,
        background: Background,
        fg_bg: Tensor,
        tasks: Collection[str] | None = None,
        jitter: Tensor | None = None,
    ) -> dict[str, Tensor]:
        """The logits of frames N×3×H×W in front of N backgrounds of their size, as `forward` gives them."""
        wanted = self.tasks if tasks is None else tuple(t for t in self.tasks if t in tasks)
        height, width, times = *fg_bg.shape[-2:], background.times
        maps = self.decoder.one_by_one(self._pyramid(background, fg_bg, jitter), wanted)
        depth = None if background.guide is None else background.guide.depth
        del background  # with the frames, the largest tensors of a small network: heads and losses run without them
        logits = {task: self.heads[task](own).float() for task, own in maps}
        large = {task: enlarge(x, self.decoder.stride) for task, x in logits.items()}
        raw = {task: crop(shrink(x, times), height, width) for task, x in large.items()}
        return {task: self._followed(task, x, depth) for task, x in raw.items()}

    def _followed(self, task: str, raw: Tensor, depth: Tensor | None) -> Tensor:
        head = self.heads[task]
        assert isinstance(head, Head)
        return head.follow(raw, depth, self._tasks.get(task)) if head.guided else raw

    def _pyramid(self, background: Background, fg_bg: Tensor, jitter: Tensor | None) -> list[Tensor]:
        normalised = self.normalise.frames(fg_bg, background.mean, background.std, jitter)
        frames = self._read(normalised, background.times)
        maps: list[Tensor] = self.fusion(self.encoder, background.maps, frames)
        return maps

    def own_layers(self, task: str) -> list[nn.Module]:
        """The layers that exist for `task` alone: its decoder branch and its head."""
        return [self.decoder.branches[task], self.heads[task]]

    def enlargement(self, size: tuple[int, int]) -> int:
        """How many times images of `size` (height, width) are enlarged before the encoder reads them.

        In use it is as often as keeps the shorter side within `enlarge_to`, up to `MOST_TIMES`: the first layers are
        too coarse for small images (decision 69). In training, and in a graph that takes any size, it is 1.
        """
        is_known = isinstance(size[0], int) and isinstance(size[1], int)
        return 1 if self.training or not is_known else times_enlarged(size, self.enlarge_to)

    def padded_size(self, size: tuple[int, int]) -> tuple[int, int]:
        """What the encoder is given of images of `size` (height, width), where they are not enlarged."""
        return size[0] + -size[0] % self._multiple, size[1] + -size[1] % self._multiple

    @property
    def _multiple(self) -> int:
        return math.lcm(self.encoder.features.multiple, self.decoder.multiple)

    def _read(self, normalised: Tensor, times: int) -> Tensor:
        """What the encoder is given of normalised images. A guide says where it is known: it is not smoothed."""
        if times > 1:
            colours, guide = normalised[:, :3], normalised[:, 3:]
            large = enlarge(colours, times, "bicubic")
            normalised = torch.cat([large, enlarge(guide, times, "nearest")], dim=1) if guide.shape[1] else large
        return self._layout(pad_to_multiple(normalised, self._multiple))

    def _layout(self, images: Tensor) -> Tensor:
        weight = next((p for p in self.encoder.parameters() if p.dim() == 4), None)
        last = weight is not None and weight.is_contiguous(memory_format=torch.channels_last) and weight.shape[1] > 1
        return images.contiguous(memory_format=torch.channels_last) if last else images


def pad_to_multiple(images: Tensor, multiple: int) -> Tensor:
    """N×C×H×W with its right and bottom edges repeated until both sides are multiples of `multiple`.

    Where torch records the size itself, for images of any size, pixels are gathered by index: a recorded `pad` would
    be that of one size. The sizes are then written so that torch sees that they are multiples.
    """
    height, width = images.shape[-2:]
    rows, columns = ((side + multiple - 1) // multiple * multiple for side in (height, width))
    if isinstance(height, int):
        right, bottom = columns - width, rows - height
        return F.pad(images, (0, right, 0, bottom), mode="replicate") if right or bottom else images
    down, across = (
        torch.arange(padded, device=images.device).clamp(max=side - 1)
        for padded, side in ((rows, height), (columns, width))
    )
    return images.index_select(2, down).index_select(3, across)


def crop(maps: Tensor, height: int, width: int) -> Tensor:
    """The upper left `height`×`width` pixels of N×C×H×W. By index where torch records the size, as when padding."""
    if isinstance(height, int):
        return maps[..., :height, :width]
    rows, columns = (torch.arange(side, device=maps.device) for side in (height, width))
    return maps.index_select(2, rows).index_select(3, columns)


def times_enlarged(size: tuple[int, int], enlarge_to: int) -> int:
    """How many times images of `size` are enlarged by a network in use: see `Model.enlargement`."""
    return min(MOST_TIMES, max(1, enlarge_to // min(size)))


def enlarge(maps: Tensor, times: int, mode: Literal["nearest", "bilinear", "bicubic"] = "bilinear") -> Tensor:
    """Maps N×C×H×W, such as the logits of a decoder that ends at a stride, at `times` times their size."""
    if times == 1:
        return maps
    return F.interpolate(maps, scale_factor=float(times), mode=mode, align_corners=None if mode == "nearest" else False)


def shrink(maps: Tensor, times: int) -> Tensor:
    """Maps N×C×H×W at the `times`th part of their size, each the mean of `times`×`times` pixels. What is left
    over at the edge falls off."""
    return maps if times == 1 else F.avg_pool2d(maps, times)
