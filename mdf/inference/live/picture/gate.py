"""The gate: decides by a cheap test which part of a frame the network has to see. Torch-free."""

from __future__ import annotations

from typing import Any

import numpy as np
from PIL import Image
from scipy import ndimage

from mdf.core.image import Pixels
from mdf.inference.live.network.region import Region, whole
from mdf.inference.live.picture.morphology import Mask, grown

BLOCK = 4
"""Pixels of a side of the blocks whose mean colours are compared, at the network's size."""
LEAST = 3.0
"""Levels by which a block must differ at least."""
SIGMAS = 7.0
"""By how many standard deviations of the camera's noise a block must differ."""
DEVIATIONS = 1.2
"""Standard deviations of a block's mean in a mean step of still blocks."""
MARGIN = 24
"""Pixels around what changed that the network sees too."""
PARTS = (3, 2, 1)
"""A region's height and its width are a third of the frame's, a half, or all of it: who stands is tall and narrow."""
LEAST_SIDE = 128
"""Pixels of a region's side at least: a network that sees less judges worse."""
MOST = 10.0
"""Most levels by which a block may differ unnoticed, however much it has changed without an object."""
ROOM = 1.25
"""A block may differ this many times as much as it last changed without an object."""
CALMS = 120.0
"""Half-life in seconds of that permission: a block that stays still this long may differ only half as much."""
REST = 150
"""Frames after which the whole frame is computed again, whatever changed."""
Blocks = np.ndarray[Any, np.dtype[np.int16]]
_Asked = tuple[np.ndarray[Any, np.dtype[np.int16]], Region]


def block_means(pixels: Pixels) -> Blocks:
    """Mean colours of blocks: h/4×w/4×3, rounded."""
    return np.asarray(Image.fromarray(pixels).reduce(BLOCK), dtype=np.int16)


def steps_of(blocks: Blocks, before: Blocks) -> np.ndarray[Any, np.dtype[np.int16]]:
    """By how much each block differs in the colour that differs most: h/4×w/4."""
    red, green, blue = (np.abs(blocks[..., c] - before[..., c]) for c in range(3))  # much faster than `max(2)`
    largest: np.ndarray[Any, np.dtype[np.int16]] = np.maximum(np.maximum(red, green), blue)
    return largest


class Gate:
    """Decides for each frame of one camera: nothing, a region, or the whole frame.

    Each block is compared with what it was when the network saw it last, so that slow changes add up until they are
    seen. The camera's noise is measured all the time, and for each block it is remembered by how much it changed where
    the network then saw nothing: compressed pictures jump with each key frame, edges more than walls.

    Attributes:
        computed: frames or regions that the network saw. skipped: frames of which it saw nothing.
        is_on: whether it decides; else the network sees every frame as a whole.
        pixels: share of the pixels of all frames that it saw, as a sum over frames.
    """

    def __init__(self, size: tuple[int, int], multiple: int, on: bool = True) -> None:
        self._size, self.is_on = size, on
        self._sizes = _sizes(size, multiple)
        self._seen: Blocks | None = None
        self._before: Blocks | None = None
        self._noise = 1.0
        self._allowed = np.zeros((-(-size[0] // BLOCK), -(-size[1] // BLOCK)), np.float32)
        self._asked: _Asked | None = None
        self._time = 0.0
        self._since = 0
        self.computed = self.skipped = 0
        self.pixels = 0.0

    def forget(self) -> None:
        """The next frame is computed as a whole: the background is another one."""
        self._seen = None

    def decide(self, blocks: Blocks, time: float) -> Region | None:
        """What the network has to see of the frame with these `block_means`; None = nothing."""
        self._allowed *= 0.5 ** (max(0.0, time - self._time) / CALMS)
        self._time, self._asked = time, None
        region = self._decide(blocks)
        self._before = blocks
        if region is None:
            self.skipped += 1
            return None
        self.computed += 1
        self.pixels += region.height * region.width / (self._size[0] * self._size[1])
        self._remember(blocks, region)
        return region

    def answered(self, foreground: Mask) -> None:
        """Take the mask h×w after the network saw what `decide` said: what changed far from it was no object."""
        if self._asked is None:
            return
        steps, region = self._asked
        near = grown(_any_in(foreground, steps.shape), MARGIN // BLOCK)
        rows, columns = (slice(part.start // BLOCK, -(-part.stop // BLOCK)) for part in (region.rows, region.columns))
        causeless = np.where(near, 0, ndimage.maximum_filter(steps, 3))[rows, columns]  # neighbours jump alike
        self._allowed[rows, columns] = np.maximum(self._allowed[rows, columns], np.minimum(ROOM * causeless, MOST))
        self._asked = None

    def _decide(self, blocks: Blocks) -> Region | None:
        self._since += 1
        if not self.is_on or self._seen is None or self._since >= REST:
            self._since = 0
            return whole(self._size)
        self._measure_noise(blocks)
        steps = steps_of(blocks, self._seen)
        changed = steps > np.maximum(max(LEAST, SIGMAS * self._noise), self._allowed)
        if not changed.any():
            return None
        region = self._around(changed)
        self._asked = steps, region
        return region

    def _measure_noise(self, blocks: Blocks) -> None:
        """The standard deviation of a block's mean over time, from the stillest three quarters of the blocks."""
        if self._before is None:
            return
        steps = sum(np.abs(blocks[..., c] - self._before[..., c]) for c in range(3)).ravel()
        count = max(1, len(steps) * 3 // 4)
        still = np.partition(steps, count - 1)[:count]
        self._noise += 0.05 * (DEVIATIONS * float(still.mean()) / 3 - self._noise)

    def _around(self, changed: np.ndarray[Any, np.dtype[np.bool_]]) -> Region:
        rows, columns = np.flatnonzero(changed.any(1)), np.flatnonzero(changed.any(0))
        top, bottom = max(0, rows[0] * BLOCK - MARGIN), min(self._size[0], (rows[-1] + 1) * BLOCK + MARGIN)
        left, right = max(0, columns[0] * BLOCK - MARGIN), min(self._size[1], (columns[-1] + 1) * BLOCK + MARGIN)
        for height, width in self._sizes:
            if height >= bottom - top and width >= right - left:
                return Region(
                    _start(top, bottom, height, self._size[0]), _start(left, right, width, self._size[1]), height, width
                )
        return whole(self._size)

    def _remember(self, blocks: Blocks, region: Region) -> None:
        if self._seen is None or region.is_whole(self._size):
            self._seen = blocks.copy()
            return
        rows = _blocks(region.top, region.height, self._size[0])
        columns = _blocks(region.left, region.width, self._size[1])
        self._seen[rows, columns] = blocks[rows, columns]


def _blocks(start: int, length: int, side: int) -> slice:
    """The blocks that lie in a stretch as a whole; the last one of a side may be cut."""
    end = start + length
    return slice(-(-start // BLOCK), -(-end // BLOCK) if end == side else end // BLOCK)


def _any_in(mask: Mask, shape: tuple[int, ...]) -> Mask:
    """Which blocks hold anything of a mask."""
    rows, columns = np.nonzero(mask)
    blocks: Mask = np.zeros(shape, bool)
    blocks[rows // BLOCK, columns // BLOCK] = True
    return blocks


def _sizes(size: tuple[int, int], multiple: int) -> list[tuple[int, int]]:
    """The sizes of regions, the smallest first."""
    heights, widths = ({_side(side, parts, multiple) for parts in PARTS} for side in size)
    return sorted(((h, w) for h in heights for w in widths), key=lambda one: (one[0] * one[1], one))


def _side(side: int, parts: int, multiple: int) -> int:
    return side if parts == 1 else min(side, int(-(-max(LEAST_SIDE, side / parts) // multiple) * multiple))


def _start(first: int, end: int, length: int, side: int) -> int:
    """Where a stretch of `length` begins that holds `first`…`end` near its middle, on whole steps of 16 pixels, so that
    few different ones occur."""
    middle = (first + end - length) // 2
    start = min(max(0, middle), side - length)
    snapped = start // 16 * 16
    return int(snapped if snapped + length >= end and snapped <= first else start)
