"""Every EXIF orientation, against Pillow's own turning; sizes from headers; what is no tag."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageOps

from mdf.core.image import image_size, read_image
from mdf.core.orientation import TAG, orientation_of, tag_of, turned

ENDINGS = ("jpg", "png", "webp", "tif", "avif")


def exif(orientation: int) -> Image.Exif:
    block = Image.Exif()
    block[TAG] = orientation
    return block


@given(st.integers(1, 8), st.integers(1, 5), st.integers(1, 5), st.sampled_from([(), (3,)]))
def test_pixels_are_turned_as_pillow_turns_them(orientation: int, height: int, width: int, channels: tuple) -> None:
    pixels = np.arange(height * width * (channels or (1,))[0], dtype=np.uint8).reshape(height, width, *channels)
    image = Image.fromarray(pixels)
    image.getexif()[TAG] = orientation
    assert np.array_equal(turned(pixels, orientation), np.asarray(ImageOps.exif_transpose(image)))


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_photo_is_read_as_people_see_it(tmp_path: Path, orientation: int, ending: str) -> None:
    stored = np.zeros((24, 40, 3), np.uint8)
    stored[:12, :20] = (250, 30, 20)  # one corner: every turn and mirror image moves it
    Image.fromarray(stored).save(tmp_path / f"photo.{ending}", exif=exif(orientation), quality=95)
    with Image.open(tmp_path / f"photo.{ending}") as image:
        image.load()
        seen = ImageOps.exif_transpose(image) if ending != "tif" else image  # Pillow has turned a TIFF
        expected = np.asarray(seen.convert("RGB"))
    pixels = read_image(tmp_path / f"photo.{ending}", "RGB")
    assert np.array_equal(pixels, expected)
    assert image_size(tmp_path / f"photo.{ending}") == pixels.shape[:2]
    assert pixels.shape[:2] == ((40, 24) if orientation >= 5 else (24, 40))
    corner = turned(stored, orientation)[..., 0] > 128
    assert ((pixels[..., 0] > 128) == corner).mean() > 0.97


def test_heic_is_turned_by_its_library(tmp_path: Path) -> None:
    pillow_heif = pytest.importorskip("pillow_heif")
    stored = np.zeros((64, 96, 3), np.uint8)
    stored[:32, :48] = (250, 30, 20)
    pillow_heif.register_heif_opener()
    Image.fromarray(stored).save(tmp_path / "photo.heic", quality=95)
    pixels = read_image(tmp_path / "photo.heic", "RGB")
    assert np.abs(pixels.astype(int) - stored).mean() < 3


def test_a_tag_behind_the_pixels_of_a_png_counts(tmp_path: Path) -> None:
    path = tmp_path / "late.png"
    Image.fromarray(np.zeros((4, 6), np.uint8)).save(path, exif=exif(6))
    content = path.read_bytes()
    start = content.index(b"eXIf") - 4
    end = start + 12 + int.from_bytes(content[start : start + 4], "big")
    tail = content.index(b"IEND") - 4
    path.write_bytes(content[:start] + content[end:tail] + content[start:end] + content[tail:])
    assert image_size(path) == (6, 4)


@pytest.mark.parametrize("orientation", [0, 9, 77])
def test_an_orientation_that_is_none_turns_nothing(tmp_path: Path, orientation: int) -> None:
    Image.fromarray(np.zeros((4, 6), np.uint8)).save(tmp_path / "a.jpg", exif=exif(orientation))
    with Image.open(tmp_path / "a.jpg") as image:
        assert (tag_of(image), orientation_of(image)) == (1, 1)
