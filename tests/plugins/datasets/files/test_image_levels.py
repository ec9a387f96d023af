"""Image files that are not what they should be."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image

from mdf.core.errors import DataError
from mdf.core.image import image_size, read_image
from mdf.plugins.datasets.composite.cutouts import has_alpha
from mdf.plugins.datasets.files.depth import largest_level, read_stored


def png_header(width: int, height: int) -> bytes:
    """A PNG that declares its size and holds next to nothing."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


@pytest.mark.parametrize("side", [9_000, 12_000, 60_000])
def test_a_decompression_bomb_is_refused_by_its_header(tmp_path: Path, side: int) -> None:
    bomb = tmp_path / "bomb.png"
    bomb.write_bytes(png_header(side, side))
    for call in (lambda: image_size(bomb), lambda: read_image(bomb, "L"), lambda: read_stored(bomb)):
        with pytest.raises(DataError, match=r"bomb\.png declares .* pixels; more than 64 megapixels") as error:
            call()
        assert error.value.hint


@pytest.mark.parametrize("ending", ["png", "jpg", "bmp", "webp"])
def test_a_file_cut_short_is_named(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"frame.{ending}"
    noise = np.random.default_rng(0).integers(0, 256, (40, 50, 3), dtype=np.uint8)
    Image.fromarray(noise).save(path)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(DataError, match=rf"frame\.{ending} cannot be read as an image") as error:
        read_image(path, "RGB")
    assert "cut short" in error.value.hint


@pytest.mark.parametrize("content", [b"", b"\x89PNG\r\n\x1a\n", b"GIF89a" + bytes(40), b"text"])
def test_what_is_no_image_is_named(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "frame.png"
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"frame\.png cannot be read as an image"):
        image_size(path)


def test_a_missing_file_and_another_size_are_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"gone\.png is missing"):
        image_size(tmp_path / "gone.png")
    Image.new("L", (5, 4)).save(tmp_path / "small.png")
    with pytest.raises(DataError, match=r"small\.png is 5×4 pixels, its frame 6×4"):
        read_image(tmp_path / "small.png", "L", (4, 6), "its frame")


def test_palettes_are_resolved(tmp_path: Path) -> None:
    image = Image.new("P", (3, 2), 0)
    image.putpalette([255, 255, 255, 0, 0, 0])
    image.save(tmp_path / "roi.bmp")
    assert (read_image(tmp_path / "roi.bmp", "L") == 255).all()


@pytest.mark.parametrize(("mode", "largest"), [("1", 1), ("L", 255), ("I;16", 65535)])
def test_levels_are_what_is_stored(tmp_path: Path, mode: str, largest: int) -> None:
    stored = np.array([[0, 1], [largest - 1, largest]])
    pixels = stored == largest if mode == "1" else stored.astype(np.uint8 if mode == "L" else np.uint16)
    path = tmp_path / "levels.png"
    Image.fromarray(pixels).save(path)
    found, _ = read_stored(path)
    assert np.issubdtype(found.values.dtype, np.integer)
    assert found.largest == largest_level(path) == largest
    assert found.values.tolist() == stored.tolist()


@pytest.mark.parametrize("kind", [np.bool_, np.uint8, np.uint16])
def test_levels_of_a_tiff_whose_0_is_white_are_as_it_stores_them(tmp_path: Path, kind: type) -> None:
    stored = np.array([[0, 1], [1, 0]]).astype(kind)
    tifffile.imwrite(tmp_path / "a.tif", stored, photometric="miniswhite")
    found, _ = read_stored(tmp_path / "a.tif")
    assert np.array_equal(found.values, stored)


@pytest.mark.parametrize("bits", [2, 4])
def test_levels_of_few_bits_are_as_the_file_stores_them(tmp_path: Path, bits: int) -> None:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 8 // bits, 1, bits, 0, 0, 0, 0)
    pixels = zlib.compress(b"\0" + bytes([0b00011011]))
    path = tmp_path / "a.png"
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b""))
    found, _ = read_stored(path)
    assert found.values.tolist() == ([[0, 1, 2, 3]] if bits == 2 else [[1, 11]])
    assert found.largest == largest_level(path) == 2**bits - 1


def test_transparency_is_known_by_the_header(tmp_path: Path) -> None:
    for mode, expected in (("RGBA", True), ("LA", True), ("RGB", False), ("L", False)):
        Image.new(mode, (2, 2)).save(tmp_path / "x.png")
        assert has_alpha(tmp_path / "x.png") == expected
    assert read_image(tmp_path / "x.png", "RGBA")[0, 0].tolist() == [0, 0, 0, 255]
