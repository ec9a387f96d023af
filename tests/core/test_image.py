"""Photos are turned as the camera was held; whatever is wrong with a file is one clear error."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mdf.core.errors import DataError
from mdf.core.image import MAX_PIXELS, read_image, upright

ORIENTATION = 0x0112


def gradient() -> np.ndarray:
    """Pixels in which every turn and mirror image differs."""
    pixels = np.zeros((6, 4, 3), np.uint8)
    pixels[..., 0] = np.arange(24).reshape(6, 4) * 10
    return pixels


@pytest.mark.parametrize(("orientation", "stored"), [(1, lambda x: x), (3, lambda x: x[::-1, ::-1]), (6, np.rot90)])
@pytest.mark.parametrize("ending", ["png", "webp"])
def test_a_photo_is_read_upright(tmp_path: Path, orientation: int, stored: object, ending: str) -> None:
    image = Image.fromarray(np.ascontiguousarray(stored(gradient())))  # type: ignore[operator]
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    path = tmp_path / f"photo.{ending}"
    image.save(path, exif=exif, lossless=True) if ending == "webp" else image.save(path, exif=exif)
    assert np.array_equal(read_image(path, "RGB"), gradient())
    with Image.open(path) as opened:
        assert np.array_equal(upright("it", opened), gradient())


@pytest.mark.parametrize("mode", ["L", "P", "RGBA", "CMYK", "1"])
def test_every_kind_of_image_becomes_rgb(tmp_path: Path, mode: str) -> None:
    path = tmp_path / ("a.jpg" if mode == "CMYK" else "a.png")
    Image.fromarray(gradient()).convert(mode).save(path)
    assert read_image(path, "RGB").shape == (6, 4, 3)


@pytest.mark.parametrize("kind", ["<u2", ">u2"])
def test_of_16_bits_the_upper_8_are_seen(tmp_path: Path, kind: str) -> None:
    grey = np.arange(24, dtype=np.uint8).reshape(6, 4) * 10
    image = Image.fromarray((grey.astype(np.uint16) * 257).astype(kind))
    image.save(path := tmp_path / "a.png")
    for pixels in (upright("it", image), read_image(path, "RGB")):
        assert np.array_equal(pixels, np.repeat(grey[..., None], 3, axis=2))


@pytest.mark.parametrize("kind", [np.int32, np.float32])
def test_levels_without_a_range_are_no_colours(kind: type) -> None:
    with pytest.raises(DataError, match="the frame is an image of 32-bit levels") as error:
        upright("the frame", Image.fromarray(np.full((6, 4), 7, kind)))
    assert "16 bit" in error.value.hint


def test_a_damaged_orientation_turns_nothing(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    Image.fromarray(gradient()).save(path, exif=b"Exif\x00\x00MM\x00*\xff\xff\xff\xff")
    assert np.array_equal(read_image(path, "RGB"), gradient())


def test_an_image_in_memory_may_be_no_larger_than_a_file() -> None:
    with pytest.raises(DataError, match="the frame declares"):
        upright("the frame", Image.new("1", (MAX_PIXELS // 1000 + 1, 1000)))
