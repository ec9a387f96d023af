"""Samples drawn on one camera's empty frames: what stays empty is background, what is drawn is foreground."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from mdf.core.errors import DataError
from mdf.plugins.datasets.own_camera.dataset import OwnCamera
from mdf.plugins.datasets.own_camera.empties import find_empties, read_empties

SIZE = (48, 64)


def camera(folder: Path, count: int = 6, noise: float = 4.0, dark: int = 0) -> Path:
    """A background, and `count` frames with noise; a bright lamp is on in every second one."""
    random, shown = np.random.default_rng(0), np.full((*SIZE, 3), 120.0)
    folder.mkdir(exist_ok=True)
    Image.fromarray((shown - dark).astype(np.uint8)).save(folder / "background.png")
    for number in range(count):
        frame = shown + random.normal(0, noise, shown.shape)
        frame[:8, :8] += 100 * (number % 2)
        Image.fromarray(frame.clip(0, 255).astype(np.uint8)).save(folder / f"empty-{number}.png")
    return folder


def test_what_changes_between_empty_frames_is_background(tmp_path: Path) -> None:
    data = OwnCamera(OwnCamera.Config(empty=1.0, disturbed=0), str(camera(tmp_path)))
    batch = data.read(range(8))
    lamp = batch.fg_bg[..., :8, :8].float().mean((1, 2, 3)) > 170
    assert 0 < lamp.sum() < 8
    assert not batch.targets["mask"].any()
    assert (batch.bg == batch.bg[0]).all()


def test_what_is_drawn_is_foreground_and_shows(tmp_path: Path) -> None:
    data = OwnCamera(OwnCamera.Config(empty=0.0, disturbed=0), str(camera(tmp_path)))
    batch = data.read(range(12))
    mask = batch.targets["mask"][:, 0] > 0
    changed = (batch.fg_bg.int() - batch.bg.int()).abs().amax(1) > 25
    changed[:, :8, :8] = False
    assert (mask.flatten(1).any(1)).sum() >= 10  # a figure may find no place
    assert (changed & mask).sum() > 0.6 * mask.sum()
    assert (changed & ~mask).sum() < 0.3 * (changed & mask).sum()  # shadows, soft edges


def test_noise_and_exposure_are_measured(tmp_path: Path) -> None:
    empties = read_empties(find_empties(camera(tmp_path, count=8, noise=6.0)), SIZE)
    assert empties.noise == pytest.approx(6.0, rel=0.1)
    assert empties.exposure < 0.01


def test_validation_has_frames_of_its_own(tmp_path: Path) -> None:
    empties = read_empties(find_empties(camera(tmp_path, count=9)), SIZE)
    train, val = empties.of("train"), empties.of("val")
    assert (len(train), len(val)) == (6, 3)
    assert not any(np.array_equal(one, other) for one in train for other in val)


def test_one_image_is_enough(tmp_path: Path) -> None:
    Image.fromarray(np.full((*SIZE, 3), 120, np.uint8)).save(tmp_path / "empty.jpg")
    batch = OwnCamera(OwnCamera.Config(size=(24, 32)), str(tmp_path)).read(range(3))
    assert batch.bg.shape == (3, 3, 24, 32)
    assert batch.bg.dtype == torch.uint8


@pytest.mark.parametrize(("sizes", "told"), [((), "holds no images"), (((20, 20), (20, 30)), "b.png")])
def test_mistakes_are_told(tmp_path: Path, sizes: tuple[tuple[int, int], ...], told: str) -> None:
    for name, size in zip("ab", sizes, strict=False):
        Image.new("RGB", size).save(tmp_path / f"{name}.png")
    with pytest.raises(DataError, match=told):
        OwnCamera(OwnCamera.Config(), str(tmp_path))
