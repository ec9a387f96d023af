"""Depth that is coded in colours, as CARLA does."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from mdf.core.errors import DataError
from mdf.plugins.datasets.files.depth import DepthOptions, check_depth, read_depth
from mdf.plugins.datasets.files.depth_doubts import depth_doubts, depth_words

CODED = DepthOptions(depth_from="colours")


def carla(path: Path, numbers: np.ndarray, alpha: bool = True) -> Path:
    """By OpenCV, as CARLA's `save_to_disk` does: blue, green, red, alpha, the lowest bits in red."""
    bytes_ = [numbers >> 16, numbers >> 8, numbers, np.full_like(numbers, 255)]
    assert cv2.imwrite(str(path), np.dstack(bytes_[: 4 if alpha else 3]).astype(np.uint8))
    return path


@given(st.integers(0, 2**32 - 1), st.booleans())
def test_every_number_is_its_depth(seed: int, alpha: bool) -> None:
    numbers = np.random.default_rng(seed).integers(0, 2**24, (5, 7), np.int64)
    numbers[0, :2] = 0, 2**24 - 1
    with TemporaryDirectory() as folder:
        depth, valid = read_depth(carla(Path(folder) / "a.png", numbers, alpha), CODED, (5, 7), "its frame")
    assert np.array_equal(depth, (numbers * (1000 / (2**24 - 1))).astype(np.float32))
    assert np.array_equal(valid, numbers > 0)


def test_scale_inversion_and_invalid_values_apply(tmp_path: Path) -> None:
    numbers = np.array([[5, 2**24 - 1]])
    path = carla(tmp_path / "a.png", numbers)
    far = DepthOptions(depth_from="colours", depth_scale=2.0, invalid_value=2**24 - 1)
    depth, valid = read_depth(path, far, (1, 2), "it")
    assert (depth.tolist(), valid.tolist()) == ([[10, 0]], [[True, False]])
    depth, valid = read_depth(path, DepthOptions(depth_from="colours", depth_unit="relative"), (1, 2), "it")
    assert depth[0, 1] == 1
    assert valid.all()


def test_what_it_is_read_as_is_told(tmp_path: Path) -> None:
    path = carla(tmp_path / "a.png", np.full((4, 4), 2**24 - 1))
    assert depth_words(path, CODED).startswith(".png, 24-bit numbers in colours: level × 5.9604")
    (doubt,) = depth_doubts([path], CODED)
    assert "hold the largest level 16777215" in doubt.message


def test_what_is_not_coded_so_is_refused(tmp_path: Path) -> None:
    grey, deep, lossy, floats = (tmp_path / name for name in ("g.png", "d.png", "l.jpg", "f.npy"))
    Image.new("L", (4, 4)).save(grey)
    assert cv2.imwrite(str(deep), np.zeros((4, 4, 3), np.uint16))
    Image.new("RGB", (4, 4)).save(lossy)
    np.save(floats, np.zeros((4, 4)))
    for path in (grey, deep, lossy, floats):
        for call in (lambda p=path: check_depth(p, CODED), lambda p=path: read_depth(p, CODED, (4, 4), "it")):
            with pytest.raises(DataError, match=path.name) as error:
                call()
            assert "leave depth_from out" in error.value.hint.casefold()


def test_without_the_option_the_error_names_it(tmp_path: Path) -> None:
    for alpha in (False, True):
        path = carla(tmp_path / f"{alpha}.png", np.full((4, 4), 70_000), alpha)
        with pytest.raises(DataError) as error:
            check_depth(path, DepthOptions())
        assert "depth_from" in error.value.hint
    with pytest.raises(ValueError, match="neither rotated nor a disparity"):
        DepthOptions(depth_from="colours", rotated_bits=3)
