"""From a mask and a depth map to detections: connected regions, split where depth jumps. Torch-free."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from scipy import ndimage

from mdf.core.sink import Floats
from mdf.core.tracker import Box, Detection
from mdf.inference.live.objects.quantiles import median, quantile
from mdf.inference.live.picture.morphology import Mask, grown, shrunk

AROUND = np.ones((3, 3), bool)
JUMP = 0.22
"""Difference of ln depth between two parts from which they are two objects (one is a quarter farther)."""
PART = 0.15
"""Share of a region that each of its parts must have to be an object of its own."""
NEAR, NEAR_TALL = 0.04, 0.15
"""Gap, as a share of the picture's height or of their own, over which pieces one above the other are one object."""
BLUR = 2.0, 7.0
"""Pixels from the border of two parts between which their depths are compared."""
BESIDE = 0.6
"""Two parts are side by side if they share more of their rows than this, and less of their columns."""
ALIKE = 0.6
"""Difference of ln depth up to which pieces one above the other are one object."""
END = 0.2
"""Share of a piece whose depth is compared with that of the piece above or below."""
CORNERS = 24


@dataclass(frozen=True, slots=True)
class Found:
    """A detection with its pixels: those of `mask`, whose upper left one is at (`top`, `left`)."""

    detection: Detection
    top: int
    left: int
    mask: Mask

    @property
    def outline(self) -> tuple[tuple[float, float], ...]:
        """Its left edge from top to bottom and its right edge back, in pixels of the network's picture."""
        rows = np.flatnonzero(self.mask.any(1))
        rows = rows[np.unique(np.linspace(0, len(rows) - 1, CORNERS // 2).round().astype(int))]
        first = self.mask[rows].argmax(1) + self.left
        last = self.mask.shape[1] - self.mask[rows][:, ::-1].argmax(1) + self.left
        down = [(float(x), float(y + self.top)) for x, y in zip(first, rows, strict=True)]
        up = [(float(x), float(y + self.top + 1)) for x, y in zip(last[::-1], rows[::-1], strict=True)]
        return (*down, *up)


@dataclass(eq=False)  # masks cannot be compared by `==`
class _Piece:
    """A connected region of a picture with this depth, cut to its bounding box. What few pieces need is told late."""

    top: int
    left: int
    mask: Mask
    picture: Floats | None

    @cached_property
    def bottom(self) -> int:
        return self.top + int(self.mask.shape[0])

    @cached_property
    def right(self) -> int:
        return self.left + int(self.mask.shape[1])

    @cached_property
    def area(self) -> int:
        return int(np.count_nonzero(self.mask))

    @cached_property
    def depths(self) -> Floats:
        """All that are known."""
        return _inside(self.picture, self.top, self.left, self.mask)

    @cached_property
    def upper(self) -> float:
        """Median depth of its upper end."""
        return median(_inside(self.picture, self.top, self.left, self.mask[: self._end]))

    @cached_property
    def lower(self) -> float:
        """Median depth of its lower end."""
        return median(_inside(self.picture, self.bottom - self._end, self.left, self.mask[-self._end :]))

    @property
    def _end(self) -> int:
        return max(1, round(END * len(self.mask)))


def detect(foreground: Mask, probability: Floats, depth: Floats | None, smallest: float) -> list[Found]:
    """The objects of a frame.

    Reads
        foreground: h×w bool. probability, depth: h×w float32; depth is None where there is none.
        smallest: share of the picture that an object must have.
    """
    least = max(4.0, smallest * foreground.size)
    closed = shrunk(grown(foreground)) if foreground.any() else foreground
    pieces = _joined([p for region in _regions(closed, depth) for p in _split(region, least)], len(foreground))
    return [_found(piece, probability) for piece in pieces if piece.area >= least]


def _regions(mask: Mask, depth: Floats | None) -> Iterator[_Piece]:
    if not mask.any():
        return
    rows, columns = _bounds(mask)
    cut = mask[rows, columns]
    labels, count = ndimage.label(cut, AROUND)
    if count == 1:
        yield _Piece(rows.start, columns.start, cut, depth)
        return
    for number, (down, right) in enumerate(ndimage.find_objects(labels), 1):
        yield _Piece(rows.start + down.start, columns.start + right.start, labels[down, right] == number, depth)


def _bounds(mask: Mask) -> tuple[slice, slice]:
    """The rows and the columns that hold all of a mask."""
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    return slice(int(rows[0]), int(rows[-1]) + 1), slice(int(columns[0]), int(columns[-1]) + 1)


def _part(piece: _Piece, mask: Mask) -> _Piece:
    """The part of a piece that a mask of its size says."""
    rows, columns = _bounds(mask)
    return _Piece(piece.top + rows.start, piece.left + columns.start, mask[rows, columns], piece.picture)


def _inside(depth: Floats | None, top: int, left: int, mask: Mask) -> Floats:
    if depth is None:
        return np.zeros(0, np.float32)
    values = depth[top : top + mask.shape[0], left : left + mask.shape[1]][mask]
    is_known = _is_known(values)
    known: Floats = values if is_known.all() else values[is_known]
    return known


def _is_known(depths: Floats) -> Mask:
    known: Mask = np.isfinite(depths) & (depths > 0)
    return known


def _split(piece: _Piece, least: float) -> list[_Piece]:
    """A region in two, where its depths are of two distances with a jump between them; further where that is so again.

    The distances are told apart by Otsu's threshold of ln depth (N. Otsu, IEEE Trans. SMC 9, 1979). Parts one above the
    other stay together: the predicted depth of one person often differs from head to foot.
    """
    if piece.picture is None or piece.area < 2 * least or not len(piece.depths):
        return [piece]
    values = piece.picture[piece.top : piece.bottom, piece.left : piece.right]
    known = _is_known(values)
    logs = np.log((values if known.all() else np.where(known, values, np.float32(median(piece.depths)))).clip(1e-6))
    near = piece.mask & (logs <= _otsu(logs[piece.mask]))
    enough = max(least, PART * piece.area)
    parts = _largest_of((near, piece.mask & ~near), enough)
    if parts is None or not _side_by_side(*parts):
        return [piece]
    to_near, to_far = (ndimage.distance_transform_edt(~part) for part in parts)
    if _jump(logs, parts, to_near, to_far) < JUMP:
        return [piece]
    nearer = to_near <= to_far
    return [end for mask in (piece.mask & nearer, piece.mask & ~nearer) for end in _split(_part(piece, mask), least)]


def _largest_of(masks: tuple[Mask, Mask], enough: float) -> tuple[Mask, Mask] | None:
    """The largest connected part of each of two masks; None where one of them has less than `enough` pixels."""
    if any(np.count_nonzero(mask) < enough for mask in masks):
        return None
    near = _largest(masks[0])
    if np.count_nonzero(near) < enough:
        return None
    far = _largest(masks[1])
    return None if np.count_nonzero(far) < enough else (near, far)


def _side_by_side(one: Mask, other: Mask) -> bool:
    """Whether two parts stand beside each other, and not one above the other."""
    rows, columns = (_shared(np.any(one, axis), np.any(other, axis)) for axis in (1, 0))
    return rows >= BESIDE and columns <= BESIDE


def _shared(one: Any, other: Any) -> float:
    """Rows (or columns) that both have, as a share of the smaller one's."""
    return float((one & other).sum() / max(1, min(one.sum(), other.sum())))


def _jump(logs: Floats, parts: tuple[Mask, Mask], to_near: Floats, to_far: Floats) -> float:
    """By how much ln depth differs across the border of two parts, a little away from it: edges are blurred."""
    near, far = (
        logs[part & (away > BLUR[0]) & (away <= BLUR[1])] for part, away in zip(parts, (to_far, to_near), strict=True)
    )
    return float(np.median(far) - np.median(near)) if len(near) and len(far) else 0.0


def _largest(mask: Mask) -> Mask:
    """The largest connected part of a mask, without bridges one pixel wide."""
    labels, count = ndimage.label(grown(shrunk(mask)) & mask)
    if not count:
        return np.zeros_like(mask)
    largest: Mask = labels > 0 if count == 1 else labels == 1 + int(np.bincount(labels.ravel())[1:].argmax())
    return largest


def _otsu(values: np.ndarray[Any, Any]) -> float:
    edges = np.histogram_bin_edges(np.array([values.min(), values.max()]), 32)
    smaller = (int(np.count_nonzero(values < edge)) for edge in edges[1:-1])  # half of the time of `histogram`
    up_to = np.array([0, *smaller, len(values)])
    counts, below = np.diff(up_to), up_to[1:-1]
    sums = np.cumsum(counts * (edges[:-1] + edges[1:]) / 2)
    above, total = len(values) - below, sums[-1]
    ok = (below > 0) & (above > 0)
    between = np.where(ok, (total * below / (below + above) - sums[:-1]) ** 2 / np.maximum(below * above, 1), -1.0)
    return float(edges[1 + int(between.argmax())])


def _joined(pieces: list[_Piece], height: int) -> list[_Piece]:
    """Pieces one above the other, at one distance, are one object: a belt of the background's colour parts nobody."""
    done: list[_Piece] = []
    for piece in sorted(pieces, key=lambda p: p.top):
        mate = next((other for other in done if _belong(other, piece, NEAR * height)), None)
        if mate is None:
            done.append(piece)
            continue
        done.remove(mate)
        done.append(_union(mate, piece))
    return done


def _belong(upper: _Piece, lower: _Piece, gap: float) -> bool:
    overlap = min(upper.right, lower.right) - max(upper.left, lower.left)
    if overlap < 0.5 * min(upper.mask.shape[1], lower.mask.shape[1]):
        return False
    gap = max(gap, NEAR_TALL * (lower.bottom - upper.top))
    if not -gap <= lower.top - upper.bottom <= gap:
        return False
    return not abs(math.log(upper.lower / lower.upper)) >= ALIKE  # unknown depths do not keep them apart


def _union(one: _Piece, other: _Piece) -> _Piece:
    top, left = min(one.top, other.top), min(one.left, other.left)
    mask = np.zeros((max(one.bottom, other.bottom) - top, max(one.right, other.right) - left), bool)
    for piece in (one, other):
        mask[piece.top - top : piece.bottom - top, piece.left - left : piece.right - left] |= piece.mask
    return _Piece(top, left, mask, one.picture)


def _found(piece: _Piece, probability: Floats) -> Found:
    height, width = probability.shape
    box: Box = (piece.left / width, piece.top / height, piece.right / width, piece.bottom / height)
    low, middle, high = (quantile(piece.depths, share) for share in (0.16, 0.5, 0.84))
    sure = probability[piece.top : piece.bottom, piece.left : piece.right][piece.mask].mean()
    detection = Detection(box, piece.area / probability.size, middle, (high - low) / 2, float(sure))
    return Found(detection, piece.top, piece.left, piece.mask)
