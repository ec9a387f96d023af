"""Image files that are not what they should be."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mdf.core.errors import DataError
from mdf.plugins.datasets.image_file import image_size, read_image


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
    for call in (lambda: image_size(bomb), lambda: read_image(bomb, "L", (side, side))):
        with pytest.raises(DataError, match=r"bomb\.png declares .* pixels; more than 64 megapixels") as error:
            call()
        assert error.value.hint


@pytest.mark.parametrize("ending", ["png", "jpg", "bmp"])
def test_a_file_cut_short_is_named(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"frame.{ending}"
    noise = np.random.default_rng(0).integers(0, 256, (40, 50, 3), dtype=np.uint8)
    Image.fromarray(noise).save(path)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    assert image_size(path) == (40, 50)
    with pytest.raises(DataError, match=rf"frame\.{ending} cannot be read as an image") as error:
        read_image(path, "RGB", (40, 50))
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
    with pytest.raises(DataError, match=r"small\.png is 5×4 pixels, the first frame of its video 6×4"):
        read_image(tmp_path / "small.png", "L", (4, 6))


def test_palettes_are_resolved(tmp_path: Path) -> None:
    image = Image.new("P", (3, 2), 0)
    image.putpalette([255, 255, 255, 0, 0, 0])
    image.save(tmp_path / "roi.bmp")
    assert (read_image(tmp_path / "roi.bmp", "L", (2, 3)) == 255).all()
