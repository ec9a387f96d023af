"""A real street, whose truth is known pixel by pixel: `baseline/highway` of CDnet 2014."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from scipy import ndimage

from mdf.core.background import usual

Pixels = np.ndarray[Any, np.dtype[np.uint8]]
Box = tuple[float, float, float, float]
RATE = 25.0
MOVING = 255
"""Level of what moves in the truth."""
LEAST = 0.001
"""Share of the picture that a vehicle must have in at least `FRAMES` frames to be a visit."""
FRAMES = 20


def frames(folder: Path) -> Iterator[Pixels]:
    """Its frames, H×W×3 uint8 RGB."""
    for path in sorted((folder / "input").glob("*.jpg")):
        yield cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2RGB)


def background(folder: Path) -> Pixels:
    """Its empty scene, estimated from all frames, as of a recording."""
    return usual(list(frames(folder))[::5])


def vehicles(folder: Path) -> list[dict[int, Box]]:
    """Where each vehicle is, by the number of the frame: regions of the truth that overlap from frame to frame."""
    known: list[dict[int, Box]] = []
    last: list[tuple[dict[int, Box], np.ndarray[Any, Any]]] = []
    for number, path in enumerate(sorted((folder / "groundtruth").glob("*.png"))):
        labels, count = ndimage.label(cv2.imread(str(path), cv2.IMREAD_GRAYSCALE) == MOVING)
        now = []
        for region in (labels == label for label in range(1, count + 1)):
            if region.mean() < LEAST:
                continue
            visit = next((visit for visit, before in last if (before & region).any()), None)
            if visit is None:
                visit = {}
                known.append(visit)
            visit[number] = _box(region)
            now.append((visit, region))
        last = now
    return [visit for visit in known if len(visit) >= FRAMES]


def _box(region: np.ndarray[Any, Any]) -> Box:
    rows, columns = np.flatnonzero(region.any(1)), np.flatnonzero(region.any(0))
    height, width = region.shape
    return columns[0] / width, rows[0] / height, (columns[-1] + 1) / width, (rows[-1] + 1) / height
