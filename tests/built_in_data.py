"""Where every built-in data set finds samples: real images, or small data sets of noise that are made here."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

REAL: dict[str, Callable[[Path], str]] = {
    "cdnet": lambda data: f"{data}/cdnet2014/dataset/baseline/highway",
    "rgbd-pairs": lambda data: f"{data}/rgbd_pairs",
    "composite": lambda data: f"{data}/rgbd_rooms,{data}/cutouts",
    "video": lambda data: f"{data}/surveillance_clip/one-by-one-person-detection.mp4",
}
"""Variants of data sets that read real images, in the folder of the tests' images."""

HEIGHT, WIDTH, SCENES, FRAMES = 12, 16, 6, 3


def data_reference(name: str, request: pytest.FixtureRequest) -> str:
    """The data set `name` with the variant that it is tested with. Skips the test where there are no real images."""
    if name in REAL:
        return f"{name}:{REAL[name](request.getfixturevalue('mdf_test_data'))}"
    return f"{name}:{MADE[name](request.getfixturevalue('tmp_path') / 'made')}"


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


def make_real(root: Path) -> Path:
    """Recordings of two layouts: own ones, and a video beside its empty scene."""
    make_folder(root / "own")
    video = root / "street"
    _write(video / "background.png", _noise(0, HEIGHT, WIDTH, 3))
    for frame in range(1, FRAMES + 1):
        _write(video / "input" / f"in{frame:06d}.png", _noise(frame, HEIGHT, WIDTH, 3))
        _write(
            video / "groundtruth" / f"gt{frame:06d}.png", 255 * (_noise(frame, HEIGHT, WIDTH) > 200).astype(np.uint8)
        )
    return root


def make_lasiesta(root: Path) -> Path:
    """Sequences: a folder of frames, and one of coloured labels beside it."""
    colours = np.array([(0, 0, 0), (255, 0, 0), (0, 255, 0), (255, 255, 0), (255, 255, 255), (128, 128, 128)], np.uint8)
    for scene in range(1, SCENES + 1):
        name = f"I_SI_{scene:02d}"
        for frame in range(1, FRAMES + 1):
            seed = 100 * scene + frame
            _write(root / name / name / f"{name}-{frame}.bmp", _noise(seed, HEIGHT, WIDTH, 3))
            _write(root / name / f"{name}-GT" / f"{name}-GT_{frame}.png", colours[_noise(seed, HEIGHT, WIDTH) % 6])
    return root


def make_own_camera(root: Path) -> Path:
    """Empty frames of one camera; one of them is the background."""
    for frame in range(4):
        name = f"empty{frame}.png" if frame else "background.png"
        _write(
            root / name, 100 + _noise(0, 2 * HEIGHT, 2 * WIDTH, 3) // 2 + _noise(frame, 2 * HEIGHT, 2 * WIDTH, 3) // 64
        )
    return root


def _noise(seed: int, *shape: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, shape, np.uint8)


def _write(path: Path, pixels: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)


MADE: dict[str, Callable[[Path], Path]] = {
    "folder": make_folder,
    "nyuv2": make_nyuv2,
    "own-camera": make_own_camera,
    "real": make_real,
    "lasiesta": make_lasiesta,
}
"""Variants of data sets that are made in an empty folder."""
