"""Pictures of one place are recognised under other light, noise and compression; other places are not."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
import torch
from faulty_set import room
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from mdf.data.backgrounds.similarity import group_same_places, hashes, thumbnail

NOISE = np.random.default_rng(3).normal(0, 8, (32, 32, 3))


def thumb(picture: np.ndarray) -> np.ndarray:
    found = thumbnail(torch.from_numpy(np.ascontiguousarray(picture)).permute(2, 0, 1))
    assert found is not None
    return found


def compressed(picture: np.ndarray) -> np.ndarray:
    file = BytesIO()
    Image.fromarray(picture).save(file, format="JPEG", quality=40)
    return np.array(Image.open(file))


CHANGES: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "darker": lambda p: (p * 0.6).astype(np.uint8),
    "less contrast": lambda p: (p * 0.5 + 60).astype(np.uint8),
    "noise": lambda p: (p + NOISE).clip(0, 255).astype(np.uint8),
    "compressed": compressed,
    "larger": lambda p: np.array(Image.fromarray(p).resize((96, 64))),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
@given(seed=st.integers(0, 10_000))
def test_a_place_is_recognised(change: Callable[[np.ndarray], np.ndarray], seed: int) -> None:
    picture = room(seed)
    assert group_same_places(np.stack([thumb(picture), thumb(change(picture))])) == [0, 0]


def test_other_places_are_told_apart() -> None:
    pictures = np.stack([thumb(room(seed)) for seed in range(300)])
    assert group_same_places(pictures) == list(range(300))


def test_copies_far_apart_are_put_together() -> None:
    order = [5, 1, 2, 5, 3, 1]
    assert group_same_places(np.stack([thumb(room(seed)) for seed in order])) == [0, 1, 2, 0, 4, 1]


@pytest.mark.parametrize("level", [0, 128, 255])
def test_a_flat_picture_shows_no_place(level: int) -> None:
    assert thumbnail(torch.full((3, 40, 50), level, dtype=torch.uint8)) is None


def test_the_hash_has_half_of_its_bits_set() -> None:
    codes = hashes(np.stack([thumb(room(seed)) for seed in range(20)]))
    assert codes.dtype == np.uint64
    assert set(np.bitwise_count(codes).tolist()) <= {31, 32}


def test_one_camera_hours_of_frames_apart(mdf_test_data: Path) -> None:
    names = sorted((mdf_test_data / "cdnet2014/dataset/baseline/highway/input").iterdir())
    pictures = [np.array(Image.open(names[i])) for i in (0, 60, 119)]
    assert group_same_places(np.stack([thumb(p) for p in pictures])) == [0, 0, 0]
