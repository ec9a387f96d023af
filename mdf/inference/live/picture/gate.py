"""The gate: decides by a cheap test which part of a frame the network has to see. Torch-free."""

from __future__ import annotations

from typing import Any

import numpy as np
from PIL import Image

from mdf.core.image import Pixels
from mdf.inference.live.region import Region, whole

BLOCK = 4
"""Pixels of a side of the blocks whose mean colours are compared, at the network's size."""
LEAST = 3.0
"""Levels by which a block must differ at least."""
SIGMAS = 7.0
"""By how many standard deviations of the camera's noise a block must differ."""
DEVIATIONS = 1.2
"""Standard deviations of a block's mean in a mean step of still blocks."""
MARGIN = 16
"""Pixels around what changed that the network sees too."""
PARTS = (3, 2)
"""Regions are a third of each side, a half, or the whole frame."""
LEAST_SIDE = 96
"""Pixels of a region's side at least: a network that sees less judges worse."""
REST = 150
"""Frames after which the whole frame is computed again, whatever changed."""
Blocks = np.ndarray[Any, np.dtype[np.int16]]


def block_means(pixels: Pixels) -> Blocks:
    """Mean colours of blocks: h/4×w/4×3, rounded."""
    return np.asarray(Image.fromarray(pixels).reduce(BLOCK), dtype=np.int16)


class Gate:
    """Decides for each frame of one camera: nothing, a region, or the whole frame.

    Each block is compared with what it was when the network saw it last, so that slow changes add up until they are
    seen. The camera's noise is measured all the time.

    Attributes:
        computed: frames or regions that the network saw. skipped: frames of which it saw nothing.
        is_on: whether it decides; else the network sees every frame as a whole.
        pixels: share of the pixels of all frames that it saw, as a sum over frames.
    """

    def __init__(self, size: tuple[int, int], multiple: int, on: bool = True) -> None:
        self._size, self.is_on = size, on
        self._sizes = sorted({_part(size, parts, multiple) for parts in PARTS} | {size})
        self._seen: Blocks | None = None
        self._before: Blocks | None = None
        self._noise = 1.0
        self._since = 0
        self.computed = self.skipped = 0
        self.pixels = 0.0

    def forget(self) -> None:
        """The next frame is computed as a whole: the background is another one."""
        self._seen = None

    def decide(self, blocks: Blocks) -> Region | None:
        """What the network has to see of the frame with these `block_means`; None = nothing."""
        region = self._decide(blocks)
        self._before = blocks
        if region is None:
            self.skipped += 1
            return None
        self.computed += 1
        self.pixels += region.height * region.width / (self._size[0] * self._size[1])
        self._remember(blocks, region)
        return region

    def _decide(self, blocks: Blocks) -> Region | None:
        self._since += 1
        if not self.is_on or self._seen is None or self._since >= REST:
            self._since = 0
            return whole(self._size)
        self._measure_noise(blocks)
        changed = np.abs(blocks - self._seen).max(2) > max(LEAST, SIGMAS * self._noise)
        if not changed.any():
            return None
        return self._around(changed)

    def _measure_noise(self, blocks: Blocks) -> None:
        """The standard deviation of a block's mean over time, from the stillest three quarters of the blocks."""
        if self._before is None:
            return
        steps = np.sort(np.abs(blocks - self._before).mean(2), axis=None)
        still = steps[: max(1, len(steps) * 3 // 4)]
        self._noise += 0.05 * (DEVIATIONS * float(still.mean()) - self._noise)

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


def _part(size: tuple[int, int], parts: int, multiple: int) -> tuple[int, int]:
    height, width = (min(side, -(-max(LEAST_SIDE, side / parts) // multiple) * multiple) for side in size)
    return int(height), int(width)


def _start(first: int, end: int, length: int, side: int) -> int:
    """Where a stretch of `length` begins that holds `first`…`end` near its middle, on whole steps of 16 pixels, so that
    few different ones occur."""
    middle = (first + end - length) // 2
    start = min(max(0, middle), side - length)
    snapped = start // 16 * 16
    return int(snapped if snapped + length >= end and snapped <= first else start)
