"""The empty scene, estimated from frames in which something may move, and checked for what stood still in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from mdf.core.image import Pixels
from mdf.core.spread import spread

ALIKE = 8
"""Levels, of the colour that differs most, up to which two frames show the same surface."""
CANDIDATES = 24
"""The most frames whose colours are tried."""


def usual(frames: Sequence[Pixels]) -> Pixels:
    """The colour that each pixel shows most often in frames H×W×3 uint8.

    A pixel of a frame is seconded by all frames that show about the same there; the one with the most seconds wins, and
    their mean is the result. A median fails where objects are seen half the time.
    """
    planes = [np.ascontiguousarray(np.moveaxis(frame, -1, 0)) for frame in frames]  # fast: pixels lie beside each other
    best, most = planes[0], np.zeros(planes[0].shape[1:], np.uint16)
    for index in spread(len(planes), CANDIDATES):
        seconds = np.zeros_like(most)
        for plane in planes:
            seconds += _alike(plane, planes[index])
        better = seconds > most
        best, most = np.where(better, planes[index], best), np.where(better, seconds, most)
    total = np.zeros(best.shape, np.uint32)
    for plane in planes:
        total += plane * _alike(plane, best)
    return np.moveaxis(np.rint(total / most).astype(np.uint8), 0, -1).copy()


def _alike(planes: Pixels, others: Pixels) -> Mask:
    """Where two images 3×H×W show the same: H×W bool."""
    red, green, blue = np.maximum(planes, others) - np.minimum(planes, others)
    alike: Mask = np.maximum(np.maximum(red, green), blue) <= ALIKE
    return alike


LOOKED_AT = 160
"""Pixels of the longer side of what is looked at: a mean over blocks, which hides noise."""
SAME, DIFFERENT = 12, 25
"""Levels (of the channel that differs most) up to which two colours are one, and from which they are two."""
SEEN = 0.12
"""Share of the frames in which another colour must have been seen, alike, to be believed: three of 25."""
AREA = 0.002
"""Share of the picture that a patch must have."""
OUTLINE = 0.3
"""Share of a patch's border that must be an outline, more than `SAME` levels steeper than in the other image."""
CLEARER = 1.5
"""How many times more of a border must be an outline in one image than in the other: backgrounds have edges too."""
Levels = NDArray[np.int16]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Ghost:
    """What a background shows beside the empty scene.

    Attributes:
        share: of the picture, 0–1.
        emptiest: which of the frames it was estimated from has the least in it.
    """

    share: float
    emptiest: int


def reduced(frame: Pixels) -> Pixels:
    """H×W×3 uint8 at the size that is looked at."""
    factor = max(1, round(max(frame.shape[:2]) / LOOKED_AT))
    return np.asarray(Image.fromarray(frame).reduce(factor))


def find_ghost(frames: Sequence[Pixels], background: Pixels) -> Ghost | None:
    """The ghost in `background`, estimated from `frames`, all of them `reduced`; None where it looks empty.

    Where a frame differs from the background one of the two shows an object, and it is the one that has an outline
    there: steep steps of colour along the patch's border where the other has none. Of patches in which it is the
    background only those count whose colours in the frame were seen alike in several others. By contrast along the
    border surveillance tells removed from abandoned objects: J. C. San Miguel, J. M. Martínez, “Robust unattended and
    stolen object detection by fusing simple detectors”, AVSS 2008.
    """
    shown = background.astype(np.int16)
    stack = np.stack([_in_light_of(shown, frame) for frame in frames])
    ghosts = np.zeros((len(stack), *shown.shape[:2]), bool)
    objects = np.zeros(len(stack))
    for number, frame in enumerate(stack):
        patches, count = ndimage.label(ndimage.binary_opening(_distance(frame, shown) > DIFFERENT))
        for patch in (patches == label for label in range(1, count + 1)):
            if patch.mean() >= AREA and stands_out(patch, shown, frame) and _is_seen_often(patch, frame, stack):
                ghosts[number] |= patch
            else:
                objects[number] += patch.mean()
    found = ghosts.any(0)
    if not found.any():
        return None
    return Ghost(float(found.mean()), int(np.argmax(ghosts.mean((1, 2)) - objects)))


def _in_light_of(shown: Levels, frame: Pixels) -> Levels:
    """The frame, each channel as bright as that of `shown`: cameras change their exposure."""
    gain = np.median((shown + 1.0) / (frame + 1.0), axis=(0, 1))
    levels: Levels = (frame * gain).clip(0, 255).astype(np.int16)
    return levels


def stands_out(patch: Mask, shown: Levels, frame: Levels) -> bool:
    """Whether the border of a patch h×w bool is an outline in `shown`, and rather there than in `frame`, h×w×3 int16
    both."""
    before, after = (_steps(patch, colours) for colours in (shown, frame))
    in_shown, in_frame = (before > after + SAME).mean(), (after > before + SAME).mean()
    return bool(in_shown > OUTLINE and in_shown > CLEARER * in_frame)


def _steps(patch: Mask, colours: Levels) -> Levels:
    """The step of colour at each place of the patch's border, across it."""
    steps = [np.abs(np.diff(colours, axis=axis)).max(-1)[np.diff(patch, axis=axis)] for axis in (0, 1)]
    return np.concatenate(steps)


def _is_seen_often(patch: Mask, frame: Levels, stack: Levels) -> bool:
    """Whether enough frames show half of the patch or more in the colours of `frame`."""
    alike = [(_distance(one[patch], frame[patch]) <= SAME).mean() >= 0.5 for one in stack]
    return int(sum(alike)) >= max(2, SEEN * len(stack))


def _distance(one: Levels, another: Levels) -> Any:
    return np.abs(one - another).max(-1)
