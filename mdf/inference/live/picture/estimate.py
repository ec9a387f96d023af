"""The empty scene of a recording, estimated from frames spread over it. Torch-free."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mdf.core.background import find_ghost, reduced, usual
from mdf.core.image import Pixels

ALIKE = 20
"""Levels (of the channel that differs most) up to which a pixel of two frames shows the same."""
TRIES = 3


def estimate_background(frames: Sequence[Pixels]) -> tuple[Pixels, float]:
    """The empty scene H×W×3 uint8 from frames of one size, and the share of it that still shows something else.

    It is the usual colour of each pixel, which is empty where the empty scene is seen more often than anything else.
    Where it shows somebody who stood there for long, the emptiest of the frames is taken instead, and each pixel
    becomes the mean of the frames that agree with it.
    """
    small = [reduced(frame) for frame in frames]
    best, least = usual(frames), 1.0
    candidate, left = best, list(range(len(frames)))
    for _ in range(TRIES):
        ghost = find_ghost(small, reduced(candidate))
        share = ghost.share if ghost is not None else 0.0
        if share < least:
            best, least = candidate, share
        if ghost is None or ghost.emptiest not in left:
            break
        left.remove(ghost.emptiest)
        candidate = agreeing(frames, frames[ghost.emptiest])
    return best, least


def agreeing(frames: Sequence[Pixels], start: Pixels) -> Pixels:
    """`start`, each pixel replaced by the mean of those frames that show the same there, in whatever light.

    The light of a frame is taken out by one gain for each colour.
    """
    shown = start.astype(np.float32)
    total = np.zeros_like(shown)
    count = np.zeros(shown.shape[:2], np.float32)
    for frame in frames:
        levels = frame.astype(np.float32)
        gain = np.median((shown + 1) / (levels + 1), axis=(0, 1))
        levels = levels * gain
        same = np.abs(levels - shown).max(-1) <= ALIKE
        total[same] += levels[same]
        count += same
    mean = total / np.maximum(count, 1)[..., None]
    found: Pixels = np.where(count[..., None] > 1, mean, shown).round().clip(0, 255).astype(np.uint8)
    return found
