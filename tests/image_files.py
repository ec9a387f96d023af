"""Tiny images for made data sets."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

DATA = Path(os.environ.get("MDF_TEST_DATA", Path(__file__).parents[2] / "shared" / "data"))


def needs(name: str) -> pytest.MarkDecorator:
    """Skips where the folder of real data is absent."""
    return pytest.mark.skipif(not (DATA / name).exists(), reason=f"no real data: {DATA / name} (MDF_TEST_DATA)")


def write(path: Path, pixels: object, dtype: type = np.uint8) -> Path:
    """An image of these pixels, its folders made; the ending says the format."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.asarray(pixels, dtype)).save(path)
    return path


def noise(seed: int, *shape: int) -> np.ndarray:
    """Random levels."""
    return np.random.default_rng(seed).integers(0, 256, shape, np.uint8)


def in_room(number: int, size: tuple[int, int]) -> np.ndarray:
    """H×W×3 uint8: one and the same room of noise, and with a `number` above 0 something in a quarter of it."""
    room = noise(0, *size, 3)
    height, width = size[0] // 2, size[1] // 2
    top, left = number * 3 % (size[0] - height), number * 5 % (size[1] - width)
    if number:
        room[top : top + height, left : left + width] = noise(number, height, width, 3)
    return room
