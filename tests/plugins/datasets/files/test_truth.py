"""Masks and depth maps are turned with their photos; what sizes do not show is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from image_files import write
from PIL import Image

from mdf.core.errors import DataError
from mdf.core.orientation import TAG, turned
from mdf.plugins.datasets.files.truth import Header, placed, refuse_unclear
from mdf.plugins.datasets.folder.dataset import Folder

SQUARE, TALL = (24, 24), (32, 20)
BACK = {1: 1, 2: 2, 3: 3, 4: 4, 5: 5, 6: 8, 7: 7, 8: 6}
"""The orientation that undoes each."""


def scene(size: tuple[int, int]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Background and frame as people see them, and the mask: a box in one corner."""
    bg = np.random.default_rng(0).integers(60, 200, (*size, 3), np.uint8)
    mask = np.zeros(size, bool)
    mask[2:9, 3:8] = True
    frame = bg.copy()
    frame[mask] = (250, 20, 20)
    return bg, frame, mask


def photo(path: Path, pixels: np.ndarray, orientation: int) -> None:
    """Stored as a camera that is turned stores it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    exif = Image.Exif()
    exif[TAG] = orientation
    Image.fromarray(np.ascontiguousarray(turned(pixels, BACK[orientation]))).save(path, exif=exif)


def made(root: Path, size: tuple[int, int], orientation: int, stored: bool, tagged: bool = False) -> Path:
    bg, frame, mask = scene(size)
    for number in range(3):
        photo(root / "bg" / f"room{number}.png", bg, orientation)
        photo(root / "fg_bg" / f"room{number}_0.png", frame, orientation)
        truth = turned(mask, BACK[orientation]) if stored or tagged else mask
        exif = Image.Exif()
        if tagged:
            exif[TAG] = orientation
        (root / "mask").mkdir(exist_ok=True)
        Image.fromarray(truth.astype(np.uint8) * 255).save(root / "mask" / f"room{number}_0.png", exif=exif)
        depth = write(root / "depth" / f"room{number}_0.png", np.where(truth, 1500, 3000), np.uint16)
        if tagged:
            Image.open(depth).save(depth, exif=exif)
    return root


def opened(root: Path, **options: object) -> Folder:
    return Folder(Folder.Config(**options), str(root))


def errors(data: Folder) -> list[str]:
    return [doubt.message for doubt in data.doubts() if doubt.level == "error"]


@pytest.mark.parametrize("stored", [False, True])
@pytest.mark.parametrize("orientation", [1, 5, 6, 7, 8])
def test_sizes_show_whether_a_mask_was_stored_as_its_photo(tmp_path: Path, orientation: int, stored: bool) -> None:
    data = opened(made(tmp_path, TALL, orientation, stored))
    bg, frame, mask = scene(TALL)
    sample = data.sample(0)
    assert data.native_size(0) == TALL
    assert np.array_equal(sample.bg.permute(1, 2, 0).numpy(), bg)
    assert np.array_equal(sample.fg_bg.permute(1, 2, 0).numpy(), frame)
    assert np.array_equal(sample.targets["mask"][0].numpy(), mask)
    assert np.array_equal(sample.targets["depth"][0].numpy(), np.where(mask, np.float32(1.5), np.float32(3)))
    assert errors(data) == []


UNCLEAR = [(SQUARE, orientation) for orientation in range(2, 9)] + [(TALL, 2), (TALL, 3), (TALL, 4)]


@pytest.mark.parametrize(("size", "orientation"), UNCLEAR)
def test_what_sizes_do_not_show_is_refused_until_it_is_declared(
    tmp_path: Path, size: tuple[int, int], orientation: int
) -> None:
    _, _, mask = scene(size)
    for stored in (False, True):
        root = made(tmp_path / str(stored), size, orientation, stored)
        told = errors(opened(root))
        assert len(told) == 2
        assert f"orientation {orientation}" in told[0]
        assert "mask (room0_0.png)" in told[0]
        way = "stored" if stored else "upright"
        data = opened(root, mask_orientation=way, depth_orientation=way)
        assert errors(data) == []
        assert np.array_equal(data.sample(1).targets["mask"][0].numpy(), mask)
        assert np.array_equal(data.sample(1).targets["depth"][0].numpy() < 2, mask)


@pytest.mark.parametrize(("size", "orientation"), UNCLEAR)
def test_a_mask_with_a_tag_of_its_own_leaves_nothing_open(
    tmp_path: Path, size: tuple[int, int], orientation: int
) -> None:
    data = opened(made(tmp_path, size, orientation, stored=True, tagged=True))
    assert errors(data) == []
    assert np.array_equal(data.sample(0).targets["mask"][0].numpy(), scene(size)[2])
    declared = opened(data.root, mask_orientation="stored", depth_orientation="stored").sample(0)
    assert np.array_equal(declared.targets["mask"][0].numpy(), scene(size)[2]), "it is turned once, by its own tag"
    assert np.array_equal(declared.targets["depth"][0].numpy() < 2, scene(size)[2])


def test_the_doubt_names_the_option_and_how_many(tmp_path: Path) -> None:
    doubt = opened(made(tmp_path, SQUARE, 6, stored=False)).doubts()[0]
    assert "3 photos" in doubt.message
    assert "mask_orientation" in doubt.hint


@given(st.integers(1, 8), st.integers(2, 9), st.integers(2, 9))
def test_a_truth_is_placed_upright_or_refused(orientation: int, height: int, width: int) -> None:
    values = np.arange(height * width).reshape(height, width)
    header = Header((height, width), orientation)
    as_stored = np.ascontiguousarray(turned(values, BACK[orientation]))
    assert np.array_equal(placed(as_stored, header, False, "stored", Path("m"), "it"), values)
    assert np.array_equal(placed(values, header, False, "upright", Path("m"), "it"), values)
    if header.sizes_tell:
        assert np.array_equal(placed(as_stored, header, False, None, Path("m"), "it"), values)
    with pytest.raises(DataError, match="pixels, it"):
        placed(np.zeros((height + 20, width)), header, False, None, Path("m"), "it")


def test_data_sets_without_the_option_refuse_it_when_they_read(tmp_path: Path) -> None:
    path = write(tmp_path / "depth.png", np.ones(SQUARE), np.uint16)
    with pytest.raises(DataError, match="sizes do not show") as error:
        refuse_unclear(Header(SQUARE, 3), path, "depth", "")
    assert "without the tag" in error.value.hint
    refuse_unclear(Header(SQUARE, 1), path, "depth", "")
