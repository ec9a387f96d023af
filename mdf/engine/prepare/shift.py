"""How far a camera was moved: shift and rotation between its background and a frame. Torch-free.

Each tile of the picture tells its own shift by phase correlation (C. D. Kuglin, D. C. Hines, “The phase correlation
image alignment method”, 1975); shift and rotation are fitted to those tiles that tell it clearly.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import fft, ndimage

from mdf.core.image import Pixels

TILES = 3
CLEAR = 0.12
"""Height of the correlation's peak (1 = the tiles are equal) from which a tile's shift is believed."""
ENOUGH = 4
"""Tiles that must tell their shift."""
AGREED = 1.5
"""Pixels by which a tile may differ from the fit."""
Floats = np.ndarray[Any, np.dtype[Any]]
Depths = np.ndarray[Any, np.dtype[np.float32]]


@dataclass(frozen=True, slots=True)
class Shift:
    """What was found: the shift in pixels of the pictures that were compared, and the rotation in degrees.

    A point of the background at (x, y) from the picture's middle is now at R(x, y) + (`right`, `down`), where R turns
    by `degrees` clockwise.
    """

    right: float
    down: float
    degrees: float

    @property
    def largest(self) -> float:
        """The larger part of the shift in pixels."""
        return max(abs(self.right), abs(self.down))


class ShiftFinder:
    """Finds the shift of frames against one background; what depends on that alone is computed once."""

    def __init__(self, background: Pixels) -> None:
        self._tiles = [(place, _Tile.of(tile)) for place, tile in _tiles(_edges(background))]

    def __call__(self, frame: Pixels) -> Shift | None:
        """The shift of `frame`, h×w×3 uint8; None where too few tiles tell one."""
        places, shifts = [], []
        for (place, before), (_, tile) in zip(self._tiles, _tiles(_edges(frame)), strict=True):
            found = _tile_shift(before, _Tile.of(tile))
            if found is not None:
                places.append(place)
                shifts.append(found)
        return _fit(np.array(places), np.array(shifts)) if len(shifts) >= ENOUGH else None


@dataclass(frozen=True, slots=True)
class _Tile:
    """A part of the edges of a picture: its spectrum, and how much its edges differ."""

    spectrum: Any
    deviation: float
    size: tuple[int, int]

    @classmethod
    def of(cls, edges: Floats) -> _Tile:
        height, width = edges.shape
        window = np.outer(np.hanning(height), np.hanning(width)).astype(np.float32)
        return cls(fft.rfft2((edges - edges.mean()) * window), float(edges.std()), (height, width))


def _tiles(edges: Floats) -> Iterator[tuple[tuple[float, float], Floats]]:
    """The parts of a picture, each with the place of its middle, counted from the picture's."""
    height, width = edges.shape
    for row in range(TILES):
        for column in range(TILES):
            rows = slice(row * height // TILES, (row + 1) * height // TILES)
            columns = slice(column * width // TILES, (column + 1) * width // TILES)
            place = (columns.start + columns.stop - width) / 2, (rows.start + rows.stop - height) / 2
            yield place, edges[rows, columns]


def moved(pixels: Pixels, shift: Shift) -> Pixels:
    """A background as the camera sees it after the shift: h×w×3 uint8; edges are repeated where nothing is known."""
    turn, offset = _back(shift, (pixels.shape[0], pixels.shape[1]))
    layers = [
        ndimage.affine_transform(pixels[..., c].astype(np.float32), turn, offset, order=1, mode="nearest")
        for c in range(3)
    ]
    return np.stack(layers, -1).round().clip(0, 255).astype(np.uint8)


def moved_depth(depth: Depths, shift: Shift) -> Depths:
    """A depth map h×w as the camera sees it after the shift: by the nearest pixel, NaN where nothing is known."""
    turn, offset = _back(shift, (depth.shape[0], depth.shape[1]))
    found: Depths = ndimage.affine_transform(depth, turn, offset, order=0, mode="constant", cval=np.nan)
    return found


def _back(shift: Shift, size: tuple[int, int]) -> tuple[Floats, Floats]:
    """From rows and columns of the picture after a shift to those before it: a matrix, and an offset."""
    angle = np.radians(shift.degrees)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    centre = (np.array(size) - 1) / 2
    return turn, centre - turn @ (centre + np.array([shift.down, shift.right]))


def _edges(pixels: Pixels) -> Floats:
    """Steepness of the brightness: light changes it less than the brightness itself."""
    grey = pixels.astype(np.float32) @ np.full(3, 1 / 3, np.float32)
    steep = np.hypot(ndimage.sobel(grey, 0), ndimage.sobel(grey, 1))
    edges: Floats = np.minimum(steep, np.quantile(steep[::2, ::2], 0.98) + np.float32(1e-6))
    return edges


def _tile_shift(before: _Tile, after: _Tile) -> tuple[float, float] | None:
    """(right, down) of one tile; None where it is flat or not clear."""
    if min(before.deviation, after.deviation) < 2.0:
        return None
    product = after.spectrum * before.spectrum.conj()
    surface: Floats = fft.irfft2(product / (np.abs(product) + np.float32(1e-9)), before.size)
    peak = np.unravel_index(int(surface.argmax()), surface.shape)
    around = sum(
        surface[(peak[0] + i) % surface.shape[0], (peak[1] + j) % surface.shape[1]]
        for i in (-1, 0, 1)
        for j in (-1, 0, 1)
    )
    if around < CLEAR:
        return None
    down, right = (_fine(surface, peak, axis) for axis in (0, 1))
    return right, down


def _fine(surface: Floats, peak: tuple[Any, ...], axis: int) -> float:
    """The peak's place along an axis, between pixels, by the parabola through its neighbours."""
    side = surface.shape[axis]
    line = [
        surface[tuple((p + (step if a == axis else 0)) % surface.shape[a] for a, p in enumerate(peak))]
        for step in (-1, 0, 1)
    ]
    bend = line[0] - 2 * line[1] + line[2]
    place = float(peak[axis]) + (float((line[0] - line[2]) / (2 * bend)) if bend < 0 else 0.0)
    return place - side if place > side / 2 else place


def _fit(places: Floats, shifts: Floats) -> Shift | None:
    """Shift and rotation that most tiles agree on."""
    chosen = np.abs(shifts - np.median(shifts, axis=0)).max(1) <= np.maximum(AGREED, 0.05 * np.abs(places).max(1))
    if chosen.sum() < ENOUGH:
        return None
    for _ in range(2):
        where, by = places[chosen], shifts[chosen]
        centre, mean = where.mean(0), by.mean(0)
        spread = ((where - centre) ** 2).sum()
        cross = ((where - centre)[:, 0] * (by - mean)[:, 1] - (where - centre)[:, 1] * (by - mean)[:, 0]).sum()
        angle = cross / spread if spread else 0.0
        base = mean - angle * np.array([-centre[1], centre[0]])
        errors = np.abs(base + angle * np.stack([-places[:, 1], places[:, 0]], 1) - shifts).max(1)
        chosen = errors <= AGREED
        if chosen.sum() < ENOUGH:
            return None
    return Shift(float(base[0]), float(base[1]), float(np.degrees(angle)))
