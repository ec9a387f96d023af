"""Whether a detection is only the empty scene itself: in another light, or moved a little. Torch-free."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import ndimage

from mdf.core.image import Pixels
from mdf.core.sink import Floats
from mdf.inference.live.objects.detect import Found
from mdf.inference.live.picture.morphology import Mask

WINDOW = 9
"""Pixels of a side of the square whose mean is taken off: what is left is the fine structure, without the light."""
REACH = 4
"""Pixels by which leaves move the scene at most."""
SHIFTS = tuple((down, right) for down in range(-REACH, REACH + 1) for right in range(-REACH, REACH + 1))
PIXELS = 1000
"""Pixels of a detection, spread over it, that are compared with the moved scene."""
INNER = 0.2
"""Share of a detection that must be away from its edge to speak for all of it."""
HERE = SHIFTS.index((0, 0))


@dataclass(frozen=True, slots=True)
class Likeness:
    """How much of a detection's fine structure is that of the empty scene.

    Attributes:
        area: the detection's pixels.
        shifts: correlation with the empty scene moved by each of `SHIFTS`, -1 to 1.
        rest: variance of what the unmoved scene in another light does not explain, in levels², away from the edge;
            None where the detection is too thin to tell.
        differences: mean square of what differs from the background moved by each of `SHIFTS`, in levels².
    """

    area: int
    shifts: Floats
    rest: float | None
    differences: Floats


def likeness(frame: Pixels, background: Pixels, piece: Found) -> Likeness:
    """Compare a detection's pixels in a frame h×w×3 uint8 with the background, h×w×3 uint8."""
    height, width = piece.mask.shape
    rows, columns = slice(piece.top, piece.top + height), slice(piece.left, piece.left + width)
    colours, inside = frame[rows, columns].astype(np.float32), piece.mask
    around = _surroundings(background, piece)
    fine, scene = _fine(colours, inside), around - _means(around)
    every = np.nonzero(inside)
    some = tuple(places[:: 1 + len(every[0]) // PIXELS] for places in every)
    shares, differences = np.zeros(len(SHIFTS), np.float32), np.zeros(len(SHIFTS), np.float32)
    for number, (down, right) in enumerate(SHIFTS):
        down_there, right_there = every if number == HERE else some
        there = down_there + REACH - down, right_there + REACH - right
        shares[number] = _correlation(fine[down_there, right_there], scene[there])
        differences[number] = ((colours[down_there, right_there] - around[there]) ** 2).mean()
    here = around[REACH : REACH + height, REACH : REACH + width]
    return Likeness(int(inside.sum()), shares, _rest(colours, here, inside), differences)


def _correlation(one: Floats, other: Floats) -> float:
    scale = float(np.linalg.norm(one) * np.linalg.norm(other))
    return float((one * other).sum()) / scale if scale > 1e-6 else 0.0


def _rest(frame: Floats, background: Floats, mask: Mask) -> float | None:
    """Light has edges where the detection has: they are left out."""
    inner = ndimage.binary_erosion(mask, np.ones((3, 3)), WINDOW // 2)
    if inner.sum() < INNER * mask.sum():
        return None
    seen, scene = (_fine(colours, mask)[inner] for colours in (frame, background))
    gain = float((seen * scene).sum()) / max(1e-6, float((scene**2).sum()))
    return float(((seen - gain * scene) ** 2).mean())


def noise(frame: Pixels, background: Pixels, foreground: Mask) -> float:
    """Variance of the camera's noise in levels², from the fine structure of what is not foreground."""
    difference = frame.astype(np.float32) - background
    rest = np.abs(difference - _means(difference))[~foreground]
    return float(1.4826 * np.median(rest)) ** 2 if len(rest) else 0.0


def _surroundings(background: Pixels, piece: Found) -> Floats:
    """The background around a detection, `REACH` wider on each side; beyond the picture's edge it is mirrored."""
    height, width = piece.mask.shape
    rows = np.arange(piece.top - REACH, piece.top + height + REACH)
    columns = np.arange(piece.left - REACH, piece.left + width + REACH)
    inside = (_mirrored(side, length) for side, length in zip((rows, columns), background.shape, strict=False))
    around: Floats = background[np.ix_(*inside)].astype(np.float32)
    return around


def _mirrored(places: np.ndarray[Any, Any], length: int) -> np.ndarray[Any, Any]:
    folded = np.abs(places)
    inside: np.ndarray[Any, Any] = np.minimum(folded, 2 * (length - 1) - folded).clip(0)
    return inside


def _means(colours: Floats) -> Floats:
    means: Floats = ndimage.uniform_filter(colours, (WINDOW, WINDOW, 1))
    return means


def _fine(colours: Floats, mask: Mask) -> Floats:
    """Colours without the mean of those of the mask that are near."""
    inside = mask.astype(np.float32)[..., None]
    near = ndimage.uniform_filter(colours * inside, (WINDOW, WINDOW, 1), mode="constant")
    share = ndimage.uniform_filter(inside, (WINDOW, WINDOW, 1), mode="constant")
    fine: Floats = colours - near / np.maximum(share, 1e-6)
    return fine
