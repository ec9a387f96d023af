"""Whether a detection is only the empty scene itself: in another light, or moved a little. Torch-free."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from mdf.core.image import Pixels
from mdf.core.sink import Floats
from mdf.inference.live.objects.detect import Found
from mdf.inference.live.objects.quantiles import median
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
Whole = np.ndarray[Any, np.dtype[np.integer[Any]]]


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
    inside, (height, width) = piece.mask, piece.mask.shape
    rows, columns = slice(piece.top, piece.top + height), slice(piece.left, piece.left + width)
    colours, around = _planes(frame[rows, columns]), _planes(_surroundings(background, piece))
    near, known = (_window_sums(x, "constant") for x in (colours * inside, inside.view(np.uint8)))
    fine = _less(colours, np.divide(near, np.maximum(known, 1), dtype=np.float32))
    fine *= inside
    scene = _less(around, np.divide(_window_sums(around, "symmetric"), WINDOW**2, dtype=np.float32))
    here = slice(None), slice(REACH, REACH + height), slice(REACH, REACH + width)
    behind, structure = around[here], scene[here]
    area, places = int(np.count_nonzero(inside)), np.flatnonzero(inside)
    shares, differences = _moved(colours, fine, around, scene, places[:: 1 + area // PIXELS])
    shares[HERE] = _correlation(_dot(fine, structure), _dot(fine, fine), _dot(structure * inside, structure))
    apart = _less(colours, behind.astype(np.float32))
    apart *= inside
    differences[HERE] = _dot(apart, apart) / (3 * area)
    return Likeness(area, shares, _rest(fine, structure, known == WINDOW**2, area), differences)


def _moved(colours: Pixels, fine: Floats, around: Pixels, scene: Floats, places: Whole) -> tuple[Floats, Floats]:
    """Correlation and mean square difference of some pixels with the scene moved by each of `SHIFTS`.

    `places` are the pixels' places in the flat plane of `colours` 3×h×w and of its fine structure; the scene reaches
    `REACH` farther on each side.
    """
    height, width = around.shape[1:]
    down, right = np.divmod(places, colours.shape[2])
    there = (down + REACH) * width + right + REACH
    steps = np.array([step_down * width + step_right for step_down, step_right in SHIFTS])
    planes = height * width * np.arange(3)
    moved = (there + planes[:, None]).ravel() - steps[:, None]
    seen, structure = (x.reshape(3, -1)[:, places].ravel() for x in (colours.astype(np.float32), fine))
    scenes = scene.ravel()[moved]
    both, squares = np.einsum("sp,p->s", scenes, structure), np.einsum("sp,sp->s", scenes, scenes)
    shares = _correlation(both, structure @ structure, squares)
    apart = around.ravel()[moved] - seen
    return shares, np.einsum("sp,sp->s", apart, apart) / np.float32(len(seen))


def _correlation(both: Any, one: Any, other: Any) -> Any:
    """Correlation from the sum of products and the sums of squares; 0 where there is no structure."""
    scale = np.sqrt(one * other)
    return np.where(scale > 1e-6, both / np.maximum(scale, 1e-6), 0.0)


def _dot(one: Floats, other: Floats) -> float:
    """Sum of products, 3×h×w each: row by row, so that no digits are lost."""
    return float(np.einsum("chw,chw->ch", one, other).sum(dtype=np.float64))


def _rest(fine: Floats, structure: Floats, inner: Mask, area: int) -> float | None:
    """Light has edges where the detection has: they are left out."""
    count = int(np.count_nonzero(inner))
    if count < INNER * area:
        return None
    seen, scene = fine * inner, structure * inner
    gain = _dot(seen, scene) / max(1e-6, _dot(scene, scene))
    scene *= np.float32(gain)
    seen -= scene
    return _dot(seen, seen) / (3 * count)


def _less(levels: Pixels, means: Floats) -> Floats:
    """The levels without the means, which it overwrites: large arrays cost more to get than to fill."""
    return np.subtract(levels, means, out=means)


def noise(frame: Pixels, background: Pixels, foreground: Mask) -> float:
    """Variance of the camera's noise in levels², from the fine structure of what is not foreground."""
    difference = frame.astype(np.int16) - background
    wide = np.pad(difference, ((WINDOW // 2,) * 2, (WINDOW // 2,) * 2, (0, 0)), "symmetric")
    rest = np.abs(difference - _nine(_nine(wide, 0), 1) / np.float32(WINDOW**2))
    values = rest.reshape(len(rest), -1)[np.repeat(~foreground, 3, 1)]  # many times faster than to choose triples
    return (1.4826 * median(values)) ** 2 if len(values) else 0.0


def _planes(pixels: Pixels) -> Pixels:
    """h×w×3 → 3×h×w: masks then meet long rows, which is several times faster."""
    return np.ascontiguousarray(pixels.transpose(2, 0, 1))


def _surroundings(background: Pixels, piece: Found) -> Pixels:
    """The background around a detection, `REACH` wider on each side; beyond the picture's edge it is mirrored."""
    spans = zip((piece.top, piece.left), piece.mask.shape, background.shape, strict=False)
    wanted = [(first - REACH, first + length + REACH, side) for first, length, side in spans]
    rows, columns = (slice(max(0, first), min(last, side)) for first, last, side in wanted)
    beyond = [(max(0, -first), max(0, last - side)) for first, last, side in wanted]
    return np.pad(background[rows, columns], [*beyond, (0, 0)], "reflect")


def _window_sums(values: Pixels, beyond: Literal["constant", "symmetric"]) -> Whole:
    """Sums over squares of `WINDOW` pixels, of planes …×h×w uint8; beyond the edge is nothing, or it is mirrored."""
    half = WINDOW // 2
    edges = [(0, 0)] * (values.ndim - 2) + [(half, half)] * 2
    return _nine(_nine(np.pad(values, edges, beyond).astype(np.uint16), -2), -1)


def _nine(values: Whole, axis: int) -> Whole:
    """Sums of nine neighbours (`WINDOW`) along an axis, by doubling: exact, and a tenth of the time of a filter."""
    one = np.moveaxis(values, axis, 0)
    two = one[:-1] + one[1:]
    four = two[:-2] + two[2:]
    eight = four[:-4] + four[4:]
    return np.moveaxis(eight[:-1] + one[WINDOW - 1 :], 0, axis)
