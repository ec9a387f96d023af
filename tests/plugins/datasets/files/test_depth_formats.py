"""Depth in every format that people have, written by the format's own library, comes back number by number."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import cv2
import imageio.v3 as iio
import numpy as np
import pytest
import tifffile
from hypothesis import given, settings
from hypothesis import strategies as st
from image_files import write
from PIL import Image

from mdf.core.errors import DataError
from mdf.plugins.datasets.files.depth import DepthOptions, check_depth, read_depth, read_metres
from mdf.plugins.datasets.files.depth_doubts import depth_doubts, depth_words

Writer = Callable[[Path, np.ndarray], None]


def exr(kind: type, channel: str = "Z") -> Writer:
    import OpenEXR

    def save(path: Path, depth: np.ndarray) -> None:
        header = {"compression": OpenEXR.ZIP_COMPRESSION, "type": OpenEXR.scanlineimage}
        OpenEXR.File(header, {channel: depth.astype(kind)}).write(str(path))

    return save


def cv2_write(path: Path, depth: np.ndarray) -> None:
    assert cv2.imwrite(str(path), depth)


def exr_parts(path: Path, depth: np.ndarray) -> None:
    import OpenEXR

    def header(name: str) -> dict[str, object]:
        return {"name": name, "compression": OpenEXR.ZIP_COMPRESSION, "type": OpenEXR.scanlineimage}

    beauty = OpenEXR.Part(header("rgb"), {"RGB": np.ones((*depth.shape, 3), np.float32)})
    OpenEXR.File([beauty, OpenEXR.Part(header("depth"), {"Z": depth})]).write(str(path))


def archive(path: Path, depth: np.ndarray) -> None:
    np.savez_compressed(path, depth=depth)


FLOATS: dict[str, tuple[str, Writer]] = {
    "TIFF by tifffile": ("tif", tifffile.imwrite),
    "deflated TIFF": ("tiff", lambda path, d: tifffile.imwrite(path, d, compression="zlib")),
    "tiled TIFF": ("tif", lambda path, d: tifffile.imwrite(path, d, tile=(16, 16))),
    "TIFF by OpenCV": ("tiff", cv2_write),
    "TIFF by Pillow": ("tif", lambda path, d: Image.fromarray(d).save(path)),
    "TIFF by imageio": ("tif", iio.imwrite),
    "NPY": ("npy", np.save),
    "NPY with a channel": ("npy", lambda path, d: np.save(path, d[..., None])),
    "NPY of 64 bits": ("npy", lambda path, d: np.save(path, d.astype(np.float64))),
    "NPY, column by column": ("npy", lambda path, d: np.save(path, np.asfortranarray(d))),
    "NPZ": ("npz", archive),
    "PFM": ("pfm", cv2_write),
    "EXR": ("exr", exr(np.float32)),
    "EXR of several parts": ("exr", exr_parts),
    "Blender's EXR": ("exr", exr(np.float32, "ViewLayer.Depth.Z")),
}
LEVELS: dict[str, tuple[str, Writer]] = {
    "PNG by OpenCV": ("png", cv2_write),
    "PNG by imageio": ("png", iio.imwrite),
    "PNG by Pillow": ("png", lambda path, d: Image.fromarray(d).save(path)),
    "TIFF": ("tif", tifffile.imwrite),
    "TIFF, big end first": ("tif", lambda path, d: tifffile.imwrite(path, d, byteorder=">")),
    "LZW TIFF": ("tif", lambda path, d: cv2.imwrite(str(path), d, [cv2.IMWRITE_TIFF_COMPRESSION, 5])),
    "TIFF whose 0 is white": ("tif", lambda path, d: tifffile.imwrite(path, d, photometric="miniswhite")),
    "PGM": ("pgm", cv2_write),
    "NPY": ("npy", np.save),
}


def saved(folder: str, kind: tuple[str, Writer], values: np.ndarray) -> Path:
    path = Path(folder) / f"depth.{kind[0]}"
    kind[1](path, values)
    return path


def read(path: Path, size: tuple[int, int], **options: object) -> tuple[np.ndarray, np.ndarray]:
    depth, valid = read_depth(path, DepthOptions(**options), size, "its frame")
    assert (depth.dtype, valid.dtype) == (np.float32, np.bool_)
    assert not depth[~valid].any()
    return depth, valid


sizes = st.tuples(st.integers(1, 20), st.integers(2, 20))


@pytest.mark.parametrize("kind", FLOATS)
@settings(max_examples=8)
@given(sizes, st.integers(0, 2**32 - 1))
def test_floats_are_metres_to_the_last_bit(kind: str, size: tuple[int, int], seed: int) -> None:
    random = np.random.default_rng(seed)
    metres = random.uniform(0.1, 80, size).astype(np.float32)
    invalid = random.random(size) < 0.2
    stored = np.where(invalid, random.choice([np.nan, np.inf, -np.inf, 0, -1, 1e10], size), metres).astype(np.float32)
    with TemporaryDirectory() as folder:
        depth, valid = read(saved(folder, FLOATS[kind], stored), size)
    assert np.array_equal(valid, ~invalid)
    assert np.array_equal(depth[valid], metres[valid])


@pytest.mark.parametrize("kind", LEVELS)
@settings(max_examples=8)
@given(sizes, st.integers(0, 2**32 - 1))
def test_levels_are_millimetres_to_the_last_one(kind: str, size: tuple[int, int], seed: int) -> None:
    levels = np.random.default_rng(seed).integers(0, 65536, size, np.uint16)
    with TemporaryDirectory() as folder:
        path = saved(folder, LEVELS[kind], levels)
        depth, valid = read(path, size)
        assert np.array_equal(depth, (levels / 1000).astype(np.float32))
        assert np.array_equal(valid, levels > 0)
        invalid = int(levels.flat[0])
        assert np.array_equal(read(path, size, invalid_value=invalid)[1], (levels > 0) & (levels != invalid))
        far, measured = read(path, size, invert=True)
        assert np.array_equal(measured, (levels > 0) & (levels < 65535)), "0 is no measurement, however levels run"
        assert np.array_equal(far[measured], ((65535.0 - levels[measured]) / 1000).astype(np.float32))
        relative, all_valid = read(path, size, depth_unit="relative", invert=True)
        assert np.allclose(relative, (65535 - levels.astype(float)) / 65535, atol=1e-7)
        assert all_valid.all()


@given(st.integers(0, 2**32 - 1), st.floats(0.01, 0.6), st.floats(100, 2000))
def test_disparities_become_metres(seed: int, baseline: float, focal: float) -> None:
    stored = np.random.default_rng(seed).integers(0, 65536, (4, 6), np.uint16)
    with TemporaryDirectory() as folder:
        path = saved(folder, LEVELS["PNG by OpenCV"], stored)
        depth, valid = read(path, (4, 6), baseline=baseline, focal=focal, depth_scale=1 / 256)  # KITTI's
    assert np.array_equal(valid, stored > 0)
    assert np.allclose(depth[valid], baseline * focal / (stored[valid] / 256), rtol=1e-6)


@given(st.lists(st.integers(1, 65535), min_size=2, max_size=40))
def test_rotated_bits_of_sun_rgbd(millimetres: list[int]) -> None:
    levels = np.array([millimetres], np.uint16)
    stored = levels << 3 | levels >> 13  # as SUN RGB-D's toolbox undoes it
    with TemporaryDirectory() as folder:
        path = saved(folder, LEVELS["PNG by OpenCV"], stored)
        depth, _ = read(path, levels.shape, rotated_bits=3)
    assert np.array_equal(depth, (levels / 1000).astype(np.float32))


def test_half_floats_that_reach_their_end_are_infinite(tmp_path: Path) -> None:
    exr(np.float16)(path := tmp_path / "a.exr", np.array([[1.5, 65504.0, np.inf]], np.float16))
    depth, valid = read(path, (1, 3))
    assert (depth.tolist(), valid.tolist()) == ([[1.5, 0, 0]], [[True, False, False]])


def test_a_pgm_of_its_own_range_keeps_its_levels(tmp_path: Path) -> None:
    levels = np.array([[0, 1500, 4095]], np.uint16)
    (tmp_path / "a.pgm").write_bytes(b"P5 3 1 4095\n" + levels.astype(">u2").tobytes())
    assert np.array_equal(read(tmp_path / "a.pgm", (1, 3))[0], (levels / 1000).astype(np.float32))


def png_16_bit_colours(path: Path) -> None:
    assert cv2.imwrite(str(path), np.full((2, 3, 3), 3000, np.uint16))


def several(path: Path) -> None:
    np.savez(path, depth=np.ones((2, 3)), mask=np.ones((2, 3)))


def exr_of_colours(path: Path) -> None:
    import OpenEXR

    pixels = np.random.default_rng(0).random((2, 3, 3), np.float32)
    OpenEXR.File({"compression": OpenEXR.ZIP_COMPRESSION, "type": OpenEXR.scanlineimage}, {"RGB": pixels}).write(
        str(path)
    )


def huge_array(path: Path) -> None:
    header = b"{'descr': '<f4', 'fortran_order': False, 'shape': (100000, 100000), }"
    header += b" " * (-(len(header) + 11) % 64) + b"\n"
    path.write_bytes(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header)


REFUSED: dict[str, tuple[str, Callable[[Path], object], str]] = {
    "16-bit colours": ("a.png", png_16_bit_colours, "16-bit RGB image"),
    "colours": ("a.png", lambda p: write(p, np.arange(18).reshape(2, 3, 3)), "a colour image"),
    "8 bits": ("a.png", lambda p: write(p, np.ones((2, 3))), "8 bits: the file does not say how many metres"),
    "64-bit TIFF": ("a.tif", lambda p: tifffile.imwrite(p, np.ones((2, 3))), "TIFF of numbers that are not read"),
    "32-bit whole numbers": ("a.npy", lambda p: np.save(p, np.ones((2, 3), np.int32)), "32-bit whole numbers"),
    "true and false": ("a.npy", lambda p: np.save(p, np.ones((2, 3), bool)), "true and false"),
    "objects": ("a.npy", lambda p: np.save(p, np.array([[{}, {}]]), allow_pickle=True), "type object"),
    "three axes": ("a.npy", lambda p: np.save(p, np.ones((2, 3, 3))), r"shape \(2, 3, 3\)"),
    "several arrays": ("a.npz", several, r"holds 2 arrays \(depth, mask\)"),
    "a huge array": ("a.npy", huge_array, "more than 64 megapixels"),
    "no array": ("a.npy", lambda p: p.write_bytes(b"x"), "cannot be read as a NumPy array"),
    "no archive": ("a.npz", lambda p: p.write_bytes(b"x"), "cannot be read as a NumPy array"),
    "EXR of colours": ("a.exr", exr_of_colours, "channels R, G, B"),
    "no EXR": ("a.exr", lambda p: p.write_bytes(b"v/1\x01" + bytes(40)), "cannot be read as an EXR file"),
    "a missing array": ("a.npy", lambda p: None, "is missing"),  # noqa: ARG005
    "a missing EXR": ("a.exr", lambda p: None, "is missing"),  # noqa: ARG005
}


@pytest.mark.parametrize(("name", "save", "message"), REFUSED.values(), ids=REFUSED)
def test_what_is_no_depth_is_refused_by_name(
    tmp_path: Path, name: str, save: Callable[[Path], object], message: str
) -> None:
    save(tmp_path / name)
    with pytest.raises(DataError, match=message) as error:
        read(tmp_path / name, (2, 3))
    assert name in error.value.message
    assert error.value.hint


def test_without_its_library_an_exr_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    exr(np.float32)(tmp_path / "a.exr", np.ones((2, 3), np.float32))
    monkeypatch.setitem(__import__("sys").modules, "OpenEXR", None)
    with pytest.raises(DataError, match="OpenEXR is not installed") as error:
        read(tmp_path / "a.exr", (2, 3))
    assert "mask-depth-framework[exr]" in error.value.hint


def test_32_bit_numbers_with_a_scale_are_read(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.array([[0, 1500, -1, 100_000]], np.int32))
    depth, valid = read(tmp_path / "a.npy", (1, 4), depth_scale=0.001)
    assert valid.tolist() == [[False, True, False, True]]
    assert depth.tolist() == [[0, 1.5, 0, 100]]


def test_headers_show_what_cannot_be_meant(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.ones((2, 3), np.float32))
    with pytest.raises(DataError, match="without a largest one"):
        check_depth(tmp_path / "a.npy", DepthOptions(invert=True))
    for wrong in ({"baseline": 0.5}, {"baseline": 0.5, "focal": 700, "invert": True}):
        with pytest.raises(ValueError, match="disparity"):
            DepthOptions(**wrong)


def test_a_sensors_depth_is_of_16_bits_or_floats(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.full((2, 3), 2.5, np.float32))
    depth, _ = read_metres(tmp_path / "a.npy", 0.0001, (2, 3), "it")
    assert (depth == 2.5).all(), "floats are metres, whatever a level is"
    write(tmp_path / "b.png", [[5]])
    with pytest.raises(DataError, match="8 bit"):
        read_metres(tmp_path / "b.png", 0.0001, (1, 1), "it")


def doubts(files: list[Path], **options: object) -> str:
    return " / ".join(doubt.message for doubt in depth_doubts(files, DepthOptions(**options)))


def test_saturated_levels_are_doubted_until_they_are_declared(tmp_path: Path) -> None:
    files = [write(tmp_path / f"{n}.png", [[0, 1500, 65535 if n else 9]], np.uint16) for n in range(3)]
    assert "2 of 3 depth maps hold the largest level 65535 (1.png)" in doubts(files)
    assert doubts(files, invalid_value=[65535]) == ""
    assert doubts(files, depth_unit="relative") == ""


def test_metres_of_thousands_are_doubted(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.full((2, 3), 1800, np.float32))
    assert "a.npy: 1800 m" in doubts([tmp_path / "a.npy"])
    assert doubts([tmp_path / "a.npy"], depth_scale=0.001) == ""


def test_levels_that_are_all_multiples_of_8_are_doubted(tmp_path: Path) -> None:
    levels = (np.arange(1, 101, dtype=np.uint16) * 8).reshape(10, 10)
    path = write(tmp_path / "a.png", levels, np.uint16)
    assert "multiples of 8" in doubts([path])
    assert doubts([path], rotated_bits=3) == ""
    assert doubts([write(tmp_path / "b.png", levels + 1, np.uint16)]) == ""


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({}, ".png, levels up to 65535: level × 0.001 m; 0 and below invalid"),
        ({"invalid_value": 65535}, "65535, 0 and below invalid"),
        ({"depth_unit": "relative", "invert": True}, "(65535 - level) × 1.5259e-05 (relative)"),
        ({"baseline": 0.5, "focal": 700, "depth_scale": 0.25}, "0.5 m × 700 px / (0.25 × disparity) m"),
    ],
)
def test_words_tell_what_depth_is_read_as(tmp_path: Path, options: dict[str, object], words: str) -> None:
    path = write(tmp_path / "a.png", [[1]], np.uint16)
    assert words in depth_words(path, DepthOptions(**options))
