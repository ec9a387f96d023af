"""Levels of more than 8 bits survive, and become 8 by a declared rule."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import cv2
import numpy as np
import pytest
import tifffile
from hypothesis import given, settings
from hypothesis import strategies as st

from mdf.core.errors import DataError
from mdf.core.image import open_image, read_image
from mdf.core.sixteen_bit import as_bytes, deep_colours, is_deep, limits_of


def levels(seed: int, *shape: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 65536, shape, np.uint16)


@settings(max_examples=20)
@given(st.integers(0, 2**32 - 1), st.sampled_from(["png", "tif", "lzw.tif"]), st.sampled_from([3, 4]))
def test_every_bit_of_16_bit_colours_is_read(seed: int, ending: str, channels: int) -> None:
    pixels = levels(seed, 7, 9, channels)
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"a.{ending}"
        flags = [cv2.IMWRITE_TIFF_COMPRESSION, 5 if ending == "lzw.tif" else 1] if "tif" in ending else []
        assert cv2.imwrite(str(path), pixels, flags)
        with open_image(path) as image, open_image(path) as again:
            assert is_deep(image)
            found = deep_colours(image, again)
    assert found is not None
    assert np.array_equal(found[..., :3], pixels[..., 2::-1])  # OpenCV's order is blue, green, red


@pytest.mark.parametrize("ending", ["png", "tif", "pgm"])
def test_48_levels_stay_48(tmp_path: Path, ending: str) -> None:
    stored = (3000 + np.arange(48, dtype=np.uint16)).reshape(6, 8)
    path = tmp_path / f"thermal.{ending}"
    assert cv2.imwrite(str(path), stored)
    assert len(np.unique(read_image(path, "RGB"))) <= 2, "all of 16 bits"
    narrow = read_image(path, "RGB", limits=(3000, 3047))
    assert len(np.unique(narrow)) == 48
    assert (narrow.min(), narrow.max(), narrow.shape) == (0, 255, (6, 8, 3))
    assert np.array_equal(narrow[..., 0], np.rint(np.arange(48) / 47 * 255).reshape(6, 8))


def test_colours_of_a_narrow_range_are_spread(tmp_path: Path) -> None:
    stored = 1000 + levels(3, 5, 6, 3) % 100
    assert cv2.imwrite(str(tmp_path / "a.png"), stored)
    found = read_image(tmp_path / "a.png", "RGB", limits=(1000, 1099))
    assert np.array_equal(found, np.rint((stored[..., ::-1] - 1000.0) / 99 * 255))


@pytest.mark.parametrize("maximum", [1023, 4095, 65535])
@pytest.mark.parametrize("kind", ["P5", "P6"])
def test_limits_of_a_pnm_are_levels_as_it_stores_them(tmp_path: Path, kind: str, maximum: int) -> None:
    stored = (np.random.default_rng(5).integers(0, 1024, (6, 8, 3 if kind == "P6" else 1))).astype(np.uint16)
    path = tmp_path / "a.pnm"
    path.write_bytes(f"{kind}\n# 12 bits\n8 6\n{maximum}\n".encode() + stored.astype(">u2").tobytes())
    found = read_image(path, "RGB", limits=(100, 900))
    expected = np.rint(np.clip((stored.astype(np.float32) - 100) / 800, 0, 1) * 255)
    assert np.array_equal(found, np.broadcast_to(expected, (6, 8, 3)))
    whole = read_image(path, "RGB").astype(int)
    assert np.abs(whole - stored * (255 / maximum)).max() <= 1, "all of its own range"


def test_images_of_8_bits_have_no_other_range(tmp_path: Path) -> None:
    stored = np.arange(24, dtype=np.uint8).reshape(4, 6)
    assert cv2.imwrite(str(tmp_path / "a.png"), stored)
    assert np.array_equal(read_image(tmp_path / "a.png", "RGB", limits=(10, 12))[..., 0], stored)


def test_what_lies_beyond_the_limits_is_black_or_white() -> None:
    assert as_bytes(np.array([0, 99, 100, 150, 200, 201, 65535]), (100, 200)).tolist() == [0, 0, 0, 128, 255, 255, 255]
    assert as_bytes(np.array([0, 255, 256, 65535], np.uint16), None).tolist() == [0, 0, 1, 255]
    assert as_bytes(np.array([np.nan, 5.0, np.inf]), (0, 10)).tolist() == [0, 128, 255]


def test_floats_need_limits(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "a.tif", np.linspace(20, 30, 24, dtype=np.float32).reshape(4, 6))
    with pytest.raises(DataError, match="32-bit levels") as error:
        read_image(tmp_path / "a.tif", "RGB")
    assert "frame_range" in error.value.hint
    assert read_image(tmp_path / "a.tif", "RGB", limits=(20, 30))[-1, -1].tolist() == [255] * 3


def test_a_tiff_whose_zero_is_white_is_seen_so(tmp_path: Path) -> None:
    stored = np.array([[0, 65535]], np.uint16)
    tifffile.imwrite(tmp_path / "a.tif", stored, photometric="miniswhite")
    assert read_image(tmp_path / "a.tif", "RGB")[0, :, 0].tolist() == [255, 0]


def test_a_run_stores_its_limits_among_the_options_of_its_data() -> None:
    assert limits_of({"frame_range": [3000, 3047]}) == (3000, 3047)
    assert limits_of({"frame_range": "full"}) is None
    assert limits_of({}) is None


@pytest.mark.parametrize("ending", ["gif", "tif", "webp", "png"])
def test_several_pictures_in_a_file_are_refused(tmp_path: Path, ending: str) -> None:
    from PIL import Image

    frames = [Image.fromarray(np.full((8, 8, 3), 80 * n, np.uint8)) for n in range(3)]
    frames[0].save(tmp_path / f"a.{ending}", save_all=True, append_images=frames[1:])
    with pytest.raises(DataError, match="holds 3 pictures") as error:
        open_image(tmp_path / f"a.{ending}")
    assert error.value.hint
