"""What of a folder's files may be meant otherwise is told; frames of 16 bits by a declared range."""

from __future__ import annotations

import os
from pathlib import Path

import cv2
import numpy as np
import pytest
import tifffile
from image_files import noise, write

from mdf.core.errors import DataError
from mdf.data.wrappers import Subset
from mdf.plugins.datasets.folder.dataset import Folder

SIZE = (12, 16)


def opened(path: Path, **options: object) -> Folder:
    return Folder(Folder.Config(**options), str(path))


def made(root: Path, masks: list[np.ndarray]) -> Path:
    for number, mask in enumerate(masks):
        write(root / "bg" / f"room{number}.png", noise(number, *SIZE, 3))
        write(root / "fg_bg" / f"room{number}_0.png", noise(number + 50, *SIZE, 3))
        write(root / "mask" / f"room{number}_0.png", mask)
    return root


def boxes(value: int = 255) -> list[np.ndarray]:
    masks = np.zeros((4, *SIZE), np.uint8)
    for number in range(4):
        masks[number, 2:7, 1 + number : 9] = value
    return list(masks)


def doubts(data: Folder) -> list[tuple[str, str]]:
    return [(doubt.level, doubt.message) for doubt in data.doubts()]


def test_masks_that_are_in_order_are_not_doubted(tmp_path: Path) -> None:
    data = opened(made(tmp_path, boxes()))
    assert doubts(data) == []
    assert data.read_as() == {"frames": ".png", "mask": "levels 0 and 255: 255 is foreground"}
    assert Subset(data, [0]).read_as() == data.read_as()


@pytest.mark.parametrize(
    ("masks", "level", "message"),
    [
        ([0 * m for m in boxes()], "warning", "all 4 masks are empty"),
        ([0 * m + 255 for m in boxes()], "warning", "all 4 masks are foreground everywhere"),
        ([boxes()[0]] * 4, "warning", "all 4 masks are identical"),
        ([255 - m for m in boxes()], "warning", "foreground in 83% of the frame or more"),
        ([np.where(m, 255, 128) for m in boxes()], "error", "do not say"),
    ],
    ids=["empty", "full", "equal", "inverted", "open"],
)
def test_masks_that_are_strange_are_told(tmp_path: Path, masks: list[np.ndarray], level: str, message: str) -> None:
    data = opened(made(tmp_path, masks))
    assert any(found == level and message in told for found, told in doubts(data))
    assert Subset(data, [0]).doubts() == data.doubts()


def thermal(root: Path) -> Path:
    """Frames of 48 levels of 65536."""
    made(root, boxes())
    for path in (*(root / "fg_bg").iterdir(), *(root / "bg").iterdir()):
        levels = 3000 + np.random.default_rng(len(path.name)).integers(0, 48, SIZE).astype(np.uint16)
        assert cv2.imwrite(str(path), levels)
    return root


def pgm(path: Path, levels: np.ndarray, maximum: int) -> None:
    head = f"P5\n{levels.shape[1]} {levels.shape[0]}\n{maximum}\n".encode()
    path.write_bytes(head + levels.astype(">u2").tobytes())


def test_a_pgm_of_12_bits_uses_all_of_them(tmp_path: Path) -> None:
    root = made(tmp_path, boxes())
    levels = np.random.default_rng(0).integers(0, 4096, SIZE).astype(np.uint16)
    for number in range(4):
        for path in (root / "bg" / f"room{number}.pgm", root / "fg_bg" / f"room{number}_0.pgm"):
            path.with_suffix(".png").unlink()
            pgm(path, np.roll(levels, number), 4095)
    assert doubts(opened(root)) == []
    declared = opened(root, frame_range=[0, 4095])
    assert abs(declared.sample(1).fg_bg.int() - opened(root).sample(1).fg_bg.int()).max() <= 1
    assert "levels (used: " in opened(root).read_as()["frames"]


def test_frames_and_backgrounds_of_other_bits_are_told(tmp_path: Path) -> None:
    root = thermal(tmp_path)
    for path in (root / "bg").iterdir():
        write(path, noise(3, *SIZE, 3))
    told = [(level, message) for level, message in doubts(opened(root)) if "differ in their bits" in message]
    assert [level for level, _ in told] == ["warning"]
    assert "4 frames" in told[0][1]
    refused = [
        level for level, text in doubts(opened(root, frame_range="percentile")) if "differ in their bits" in text
    ]
    assert refused == ["error"]


def test_frames_without_a_number_are_no_crash(tmp_path: Path) -> None:
    root = made(tmp_path, boxes())
    for path in [*(root / "bg").iterdir(), *(root / "fg_bg").iterdir()]:
        tifffile.imwrite(path.with_suffix(".tif"), np.full(SIZE, np.nan, np.float32))
        path.unlink()
    assert opened(root, frame_range="percentile").frame_range() is None


def test_few_levels_that_remain_are_told(tmp_path: Path) -> None:
    data = opened(thermal(tmp_path))
    (level, message) = doubts(data)[0]
    assert (level, "of 48 levels 1 remain" in message or "of 48 levels 2 remain" in message) == ("warning", True)
    assert "percentile" in data.doubts()[0].hint
    assert data.frame_range() is None


def test_a_percentile_is_the_range_that_it_comes_to(tmp_path: Path) -> None:
    root = thermal(tmp_path)
    data = opened(root, frame_range="percentile")
    assert data.frame_range() == (3000, 3047)
    assert doubts(data) == []
    assert "3000 to 3047 as black to white" in data.read_as()["frames"]
    frame = data.sample(0).fg_bg
    assert len(frame.unique()) > 40
    same = opened(root, frame_range=[3000, 3047])
    assert same.fingerprint() == data.fingerprint(), "a run that stores the range has the same data"
    assert (same.sample(0).fg_bg == frame).all()
    assert opened(root).fingerprint() != data.fingerprint()


def test_a_range_must_ascend() -> None:
    with pytest.raises(ValueError, match="from 9 to 3 is not a range"):
        Folder.Config(frame_range=[9, 3])


@pytest.mark.parametrize("ending", ["tif", "gif", "bmp", "ppm", "webp", "avif"])
def test_frames_in_other_formats_are_read(tmp_path: Path, ending: str) -> None:
    root = made(tmp_path, boxes())
    for path in list((root / "fg_bg").iterdir()):
        pixels = cv2.imread(str(path))
        path.unlink()
        write(path.with_suffix(f".{ending}"), pixels[..., ::-1])
    assert opened(root).sample(0).fg_bg.shape == (3, *SIZE)


def test_a_file_whose_ending_is_not_read_is_named_with_what_to_do(tmp_path: Path) -> None:
    root = made(tmp_path, boxes())
    (root / "mask" / "room1_0.png").rename(root / "mask" / "room1_0.svg")
    with pytest.raises(DataError, match=r"room1_0\.svg is there, and \.svg is not read here") as error:
        opened(root).sample(1)
    assert "export it as PNG" in error.value.hint
    for path in list((root / "fg_bg").iterdir()):
        path.rename(path.with_suffix(".dng"))
    with pytest.raises(DataError, match=r"holds no frames that are read: .*\.dng is there") as error:
        opened(root)
    assert "develop it" in error.value.hint


def test_a_mask_of_other_case_is_named(tmp_path: Path) -> None:
    root = made(tmp_path, boxes())
    (root / "mask" / "room1_0.png").rename(root / "mask" / "Room1_0.png")
    with pytest.raises(DataError, match=r"Room1_0\.png is there; capital and small letters differ"):
        opened(root).sample(1)


@pytest.mark.parametrize("ending", [".bag", ".mkv", ".svo2", ".mat", ".h5", ".r3d", ".xyz"])
def test_recordings_of_depth_sensors_are_refused_by_name(tmp_path: Path, ending: str) -> None:
    root = made(tmp_path, boxes())
    (root / "depth").mkdir()
    for number in range(4):
        (root / "depth" / f"room{number}_0{ending}").write_bytes(b"x")
    with pytest.raises(DataError, match=rf"has no depth: .*{ending} is not read here") as error:
        opened(root)
    assert any(word in error.value.hint for word in ("PNG", "NPY", "EXR", ".tif"))


def test_folders_that_are_links_are_followed_and_loops_are_not(tmp_path: Path) -> None:
    made(tmp_path / "there", boxes())
    (tmp_path / "here").mkdir()
    for kind in ("bg", "fg_bg", "mask"):
        (tmp_path / "here" / kind).symlink_to(tmp_path / "there" / kind)
    (tmp_path / "there" / "mask" / "again").symlink_to(tmp_path / "there" / "mask")
    (tmp_path / "there" / "fg_bg" / "up").symlink_to(tmp_path / "there" / "fg_bg" / "..")
    os.symlink(tmp_path / "nowhere", tmp_path / "there" / "bg" / "gone.png")
    data = opened(tmp_path / "here")
    assert [data.sample(i).id for i in range(4)] == [f"room{n}_0" for n in range(4)]


def test_names_are_one_whatever_their_unicode_form(tmp_path: Path) -> None:
    root = made(tmp_path, boxes())
    (root / "fg_bg" / "room1_0.png").rename(root / "fg_bg" / "room1_Su\u0308d.png")
    (root / "mask" / "room1_0.png").rename(root / "mask" / "room1_S\u00fcd.png")
    assert opened(root).sample(3).id == "room1_S\u00fcd" or opened(root).sample(1).id == "room1_S\u00fcd"
