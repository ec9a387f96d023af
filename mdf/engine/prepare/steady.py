"""A camera that shakes: the empty scene is moved to where the camera looks in a frame, before both are compared."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from mdf.core.image import Pixels
from mdf.core.sample import BACKGROUND_DEPTH, Batch
from mdf.engine.prepare.resize import resize_images
from mdf.engine.prepare.shift import Shift, ShiftFinder, moved, moved_depth

LEAST_SIDE = 96
"""Pictures with a shorter side are left as they are: their parts are too small to tell a shift."""
LOOKED_AT = 320
"""Pixels of the longer side in which shifts are looked for."""
LEAST = 0.75
"""Smallest shift in pixels that is taken out. Networks see past a smaller one."""
LARGEST = 12.0
"""Largest one. A camera that was moved farther shows another scene."""
CLEARER = 0.8
"""To what share the difference of both pictures, as the median over them, must fall."""


class Steadier:
    """Finds how frames are shifted against their empty scenes, N×3×H×W uint8, or 1×3×H×W for all frames.

    Attributes:
        size: (height, width) in which it looks; shifts are in pixels of this size.
    """

    def __init__(self, scenes: Tensor) -> None:
        self._scenes = scenes
        self.size = _looked_at((scenes.shape[-2], scenes.shape[-1]))

    def __call__(self, frames: Tensor) -> list[Shift | None]:
        """The shifts of frames N×3×H×W uint8 that are to be taken out; None where the camera stands still."""
        if min(self.size) < LEAST_SIDE:
            return [None] * len(frames)
        small, each = resize_images(frames, self.size), self._each
        return [each[0 if len(each) == 1 else i](frame) for i, frame in enumerate(small)]

    @cached_property
    def _each(self) -> list[_OneScene]:
        """One for each scene; equal ones in a row share it."""
        each: list[_OneScene] = []
        small = resize_images(self._scenes, self.size)
        for i, scene in enumerate(small):
            each.append(each[-1] if i and torch.equal(scene, small[i - 1]) else _OneScene(scene))
        return each


class _OneScene:
    """Finds the shift of frames of its size against one scene 3×h×w uint8."""

    def __init__(self, scene: Tensor) -> None:
        self._shown = _pixels(scene)
        self._finder = ShiftFinder(self._shown)

    def __call__(self, frame: Tensor) -> Shift | None:
        pixels = _pixels(frame)
        shift = self._finder(pixels)
        if shift is None or not LEAST <= shift.largest <= LARGEST:
            return None
        before, after = (_difference(scene, pixels) for scene in (self._shown, moved(self._shown, shift)))
        return shift if after <= CLEARER * before else None


def steadied(batch: Batch) -> Batch:
    """The batch, each `bg` moved along with its frame where the camera was.

    What is known of the depth of an empty scene, at any size, moves with it.
    """
    if batch.bg.dtype != torch.uint8:
        return batch
    steadier = Steadier(batch.bg)
    shifts = steadier(batch.fg_bg)
    if not any(shifts):
        return batch
    known = dict(batch.known)
    if BACKGROUND_DEPTH in known:
        known[BACKGROUND_DEPTH] = moved_depths(known[BACKGROUND_DEPTH], shifts, steadier.size)
    return replace(batch, bg=moved_scenes(batch.bg, shifts, steadier.size), known=known)


def moved_scenes(scenes: Tensor, shifts: Sequence[Shift | None], size: tuple[int, int]) -> Tensor:
    """Scenes N×3×H×W uint8 (or one, for all shifts) moved by shifts in pixels of `size`. Edges are repeated."""

    def move(scene: Tensor, shift: Shift) -> Tensor:
        return torch.from_numpy(moved(_pixels(scene), shift)).permute(2, 0, 1)

    return _each_moved(scenes, shifts, size, move)


def moved_depths(depths: Tensor, shifts: Sequence[Shift | None], size: tuple[int, int]) -> Tensor:
    """Depths N×1×H×W float32 (or one, for all shifts) moved by shifts in pixels of `size`: see `moved_depth`."""

    def move(depth: Tensor, shift: Shift) -> Tensor:
        return torch.from_numpy(moved_depth(depth[0].cpu().numpy(), shift))[None]

    return _each_moved(depths, shifts, size, move)


def _each_moved(
    maps: Tensor,
    shifts: Sequence[Shift | None],
    size: tuple[int, int],
    move: Callable[[Tensor, Shift], Tensor],
) -> Tensor:
    """Each of N (or one, for all shifts) moved by its shift in pixels of `size`."""
    rows, columns = maps.shape[-2] / size[0], maps.shape[-1] / size[1]

    def at_size(shift: Shift) -> Shift:
        return Shift(columns * shift.right, rows * shift.down, shift.degrees)

    each = maps.expand(len(shifts), -1, -1, -1)
    pairs = zip(each, shifts, strict=True)
    return torch.stack([one if shift is None else move(one, at_size(shift)).to(one.device) for one, shift in pairs])


def _looked_at(size: tuple[int, int]) -> tuple[int, int]:
    """The size in which shifts are looked for in pictures of `size`."""
    shrink = min(1.0, LOOKED_AT / max(size))
    return round(shrink * size[0]), round(shrink * size[1])


def _pixels(image: Tensor) -> Pixels:
    return np.ascontiguousarray(image.cpu().permute(1, 2, 0).numpy())


def _difference(scene: Pixels, frame: Pixels) -> float:
    """The median over the picture of how much both differ, beside how much they do everywhere, in levels."""
    difference = frame[::2, ::2].astype(np.float32) - scene[::2, ::2]
    return float(np.median(np.abs(difference - np.median(difference, axis=(0, 1))).mean(2)))
