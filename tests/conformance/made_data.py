"""Small data sets in the layouts of `folder` and `nyuv2`, of noise."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

HEIGHT, WIDTH, SCENES, FRAMES = 12, 16, 6, 3


def make_folder(root: Path) -> Path:
    """Own recordings: bg/ bg_depth/ fg_bg/ mask/ depth/, matched by name."""
    for scene in range(SCENES):
        _write(root / "bg" / f"room{scene}.png", _noise(scene, HEIGHT, WIDTH, 3))
        _write(root / "bg_depth" / f"room{scene}.png", 10 * _noise(scene, HEIGHT, WIDTH).astype(np.uint16))
        for frame in range(FRAMES):
            name, seed = f"room{scene}_{frame}.png", 100 * scene + frame
            _write(root / "fg_bg" / name, _noise(seed, HEIGHT, WIDTH, 3))
            _write(root / "mask" / name, 255 * (_noise(seed, HEIGHT, WIDTH) > 200).astype(np.uint8))
            _write(root / "depth" / name, 10 * _noise(seed, HEIGHT, WIDTH).astype(np.uint16))
    return root


def make_nyuv2(root: Path) -> Path:
    """Photographs with depth, a folder a scene."""
    for scene in range(SCENES):
        for frame in range(FRAMES):
            name, seed = f"{frame:05d}.png", 100 * scene + frame
            _write(root / f"office_{scene:04d}" / f"rgb_{name}", _noise(seed, HEIGHT, WIDTH, 3))
            depth = 10 * _noise(seed, HEIGHT, WIDTH).astype(np.uint16)
            _write(root / f"office_{scene:04d}" / f"sync_depth_{name}", depth)
    return root


def _noise(seed: int, *shape: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, shape, np.uint8)


def _write(path: Path, pixels: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)
