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
