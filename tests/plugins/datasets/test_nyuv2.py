"""NYU Depth V2 in the forms in which it is found."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest
import torch
from image_files import noise, write

from mdf.core.errors import DataError
from mdf.data.scan import Unreadable, read_each
from mdf.plugins.datasets.nyuv2.dataset import NYUv2

HEIGHT, WIDTH = 5, 7
SCENES = ("kitchen_0001a", "kitchen_0001b", "office_0002", "den_0003", "den_0003")


def opened(path: Path, **options: object) -> NYUv2:
    return NYUv2(NYUv2.Config(**options), str(path))


def image(number: int) -> np.ndarray:
    return noise(number, HEIGHT, WIDTH, 3)


def make_labelled(path: Path) -> Path:
    """MATLAB's layout: the axes the other way round, names as references to UTF-16 numbers."""
    with h5py.File(path, "w") as file:
        file["images"] = np.stack([image(n).transpose(2, 1, 0) for n in range(5)])
        depth = np.arange(5 * HEIGHT * WIDTH, dtype=np.float32).reshape(5, HEIGHT, WIDTH)
        file["depths"] = depth.transpose(0, 2, 1) + 1
        file["rawDepths"] = depth.transpose(0, 2, 1)
        names = file.create_dataset("scenes", (1, 5), h5py.ref_dtype)
        for number, scene in enumerate(SCENES):
            text = file.create_dataset(f"#refs#/{number}", data=np.array([[ord(c)] for c in scene], np.uint16))
            names[0, number] = text.ref
    return path


def make_photos(root: Path) -> Path:
    for number, scene in enumerate(SCENES):
        write(root / scene / f"rgb_{number:05d}.png", image(number))
        write(root / scene / f"sync_depth_{number:05d}.png", np.full((HEIGHT, WIDTH), 1000 * number), np.uint16)
    return root


def test_the_labelled_file_is_turned_upright(tmp_path: Path) -> None:
    data = opened(make_labelled(tmp_path / "labeled.mat"))
    sample = data.sample(2)
    assert np.array_equal(sample.fg_bg.permute(1, 2, 0).numpy(), image(2))
    assert sample.targets["depth"][0, 1, 3] == 2 * HEIGHT * WIDTH + WIDTH + 3
    assert (sample.id, sample.scene) == ("office_0002/0002", "office_0002")
    assert data.native_size(2) == (HEIGHT, WIDTH)
    assert (data.tasks, data.units, len(data)) == (("depth",), {"depth": "m"}, 5)


def test_what_was_not_measured_is_invalid(tmp_path: Path) -> None:
    path = make_labelled(tmp_path / "labeled.mat")
    raw, filled = opened(path).sample(0), opened(path, depth="filled").sample(0)
    assert raw.valid["depth"].sum() == HEIGHT * WIDTH - 1
    assert not raw.valid["depth"][0, 0, 0]
    assert filled.valid["depth"].all()
    assert opened(path).fingerprint() != opened(path, depth="filled").fingerprint()


def test_there_is_no_background(tmp_path: Path) -> None:
    assert not opened(make_labelled(tmp_path / "labeled.mat")).sample(1).bg.any()


def test_parts_of_one_scene_stay_together(tmp_path: Path) -> None:
    for data in (opened(make_labelled(tmp_path / "labeled.mat")), opened(make_photos(tmp_path / "photos"))):
        splits = data.splits()
        scenes = [{data.sample(i).scene for i in part} for part in (splits.train, splits.val, splits.test)]
        assert splits.by == "scene"
        assert sorted(len(s) for s in scenes) == [1, 1, 1]
        assert set.union(*scenes) == {"kitchen_0001", "office_0002", "den_0003"}


def test_folders_of_scenes_and_folders_of_kinds(tmp_path: Path) -> None:
    scenes = opened(make_photos(tmp_path / "scenes"))
    for number in range(4):
        write(tmp_path / "kinds" / "color" / f"{number}.jpg", image(number))
        write(tmp_path / "kinds" / "depth" / f"{number}.png", np.full((HEIGHT, WIDTH), 500), np.uint16)
    kinds = opened(tmp_path / "kinds", gap=0, depth_scale=0.01)
    office = next(s for s in map(scenes.sample, range(5)) if s.scene == "office_0002")
    assert np.array_equal(office.fg_bg.permute(1, 2, 0).numpy(), image(2))
    assert torch.allclose(office.targets["depth"], torch.tensor(2.0))
    assert not next(s for s in map(scenes.sample, range(5)) if s.id.endswith("0000")).valid["depth"].any()
    assert torch.allclose(kinds.sample(1).targets["depth"], torch.tensor(5.0))
    assert kinds.splits().by == "time"


def replaced(name: str, value: object) -> Callable[[Path], object]:
    def break_it(path: Path) -> None:
        with h5py.File(path, "a") as file:
            del file[name]
            if value is not None:
                file[name] = value

    return break_it


FAULTS: list[tuple[str, Callable[[Path], object]]] = [
    ("is not a MATLAB 7.3 file", lambda path: path.write_bytes(b"MATLAB 5.0 MAT-file")),
    ("is not a MATLAB 7.3 file", lambda path: path.write_bytes(path.read_bytes()[:2000])),
    ("has no `images`", replaced("images", None)),
    ("has no `rawDepths`", replaced("rawDepths", h5py.ExternalLink("/etc/other.h5", "x"))),
    ("has no `rawDepths`", replaced("rawDepths", h5py.SoftLink("/depths"))),
    ("has no `rawDepths` of 3 axes", replaced("rawDepths", np.zeros(3))),
    ("of shape", replaced("rawDepths", np.zeros((5, 3, 3)))),
    ("names 3 scenes for 5", replaced("scenes", np.zeros((1, 3)))),
]


@pytest.mark.parametrize(("message", "break_it"), FAULTS)
def test_a_file_that_is_not_the_labelled_set_is_told(
    tmp_path: Path, message: str, break_it: Callable[[Path], object]
) -> None:
    path = make_labelled(tmp_path / "labeled.mat")
    break_it(path)
    with pytest.raises(DataError, match=message) as error:
        opened(path)
    assert error.value.hint


def test_an_array_kept_in_another_file_is_not_followed(tmp_path: Path) -> None:
    path = make_labelled(tmp_path / "labeled.mat")
    with h5py.File(path, "a") as file:
        del file["rawDepths"]
        layout = h5py.VirtualLayout((5, WIDTH, HEIGHT), np.float32)
        layout[:] = h5py.VirtualSource(tmp_path / "other.h5", "x", (5, WIDTH, HEIGHT))
        file.create_virtual_dataset("rawDepths", layout)
    with pytest.raises(DataError, match="has no `rawDepths` of 3 axes in itself"):
        opened(path)


PHOTO_FAULTS: list[tuple[str, Callable[[Path], object]]] = [
    ("holds no photographs", lambda root: [p.unlink() for p in root.rglob("rgb_*")]),
    (r"rgb_0000\d\.png has no depth", lambda root: [p.unlink() for p in root.rglob("sync_depth_*")]),
    ("has 8 bits", lambda root: [write(p, noise(0, HEIGHT, WIDTH)) for p in root.rglob("sync_depth_*")]),
    ("is 2×1 pixels", lambda root: [write(p, [[1, 2]], np.uint16) for p in root.rglob("sync_depth_*")]),
]


@pytest.mark.parametrize(("message", "break_it"), PHOTO_FAULTS)
def test_a_fault_in_a_folder_is_told_at_once(tmp_path: Path, message: str, break_it: Callable[[Path], object]) -> None:
    break_it(make_photos(tmp_path))
    with pytest.raises(DataError, match=message) as error:
        opened(tmp_path)
    assert error.value.hint


BAD_PHOTOS: list[tuple[str, Callable[[Path], object]]] = [
    (r"rgb_00002\.png has no depth", lambda path: path.unlink()),
    (r"sync_depth_00002\.png has 8 bits", lambda path: write(path, noise(0, HEIGHT, WIDTH))),
    (r"sync_depth_00002\.png is 2×1 pixels", lambda path: write(path, [[1, 2]], np.uint16)),
]


@pytest.mark.parametrize(("message", "break_it"), BAD_PHOTOS)
def test_a_fault_of_one_photograph_is_told_of_it_and_leaves_the_others(
    tmp_path: Path, message: str, break_it: Callable[[Path], object]
) -> None:
    before = opened(make_photos(tmp_path)).fingerprint()
    break_it(next(tmp_path.rglob("sync_depth_00002.png")))
    data = opened(tmp_path)
    bad = [s for _, s in read_each(data, range(len(data))) if isinstance(s, Unreadable)]
    assert [data._source.name(s.index) for s in bad] == ["office_0002/rgb_00002"]
    assert re.search(message, bad[0].reason)
    assert data.fingerprint() != before


@pytest.mark.parametrize("variant", ["", "/nowhere.mat"])
def test_a_path_that_is_none(variant: str) -> None:
    with pytest.raises(DataError, match="nyuv2") as error:
        NYUv2(NYUv2.Config(), variant)
    assert error.value.hint


def make_zip(root: Path) -> Path:
    """The layout of nyu_data.zip: a photograph X.jpg, and X.png whose 255 is 10 m."""
    for number, scene in enumerate(("basement_0001a_out", "den_0002_out", "hall_0003_out")):
        write(root / scene / "1.jpg", image(number))
        depth = np.full((HEIGHT, WIDTH), 51 * (number + 1))
        depth[0, 0] = 0
        write(root / scene / "1.png", depth)
    return root


def test_photographs_beside_depth_of_the_same_name_are_pairs(tmp_path: Path) -> None:
    data = opened(make_zip(tmp_path))
    assert [data.sample(i).scene for i in range(3)] == ["basement_0001", "den_0002", "hall_0003"]
    for number in range(3):
        depth, valid = data.sample(number).targets["depth"][0], data.sample(number).valid["depth"][0]
        assert torch.allclose(depth[valid], torch.tensor(2.0 * (number + 1)))
        assert valid.flatten().tolist() == [False] + [True] * (HEIGHT * WIDTH - 1)
    assert data.read_as()["depth"] == ".png, levels up to 255: level × 0.0392157 m; 0 and below invalid"
    write(tmp_path / "den_0002_out" / "1.png", np.full((HEIGHT, WIDTH), 4000), np.uint16)
    assert (opened(tmp_path).sample(1).targets["depth"] == 4).all(), "16 bits are millimetres"


def test_colours_beside_depths_are_pairs(tmp_path: Path) -> None:
    for number in range(3):
        write(tmp_path / f"{number:05d}_colors.png", image(number))
        write(tmp_path / f"{number:05d}_depth.png", np.full((HEIGHT, WIDTH), 1000 * number + 500), np.uint16)
    data = opened(tmp_path, gap=0)
    assert data.sample(1).targets["depth"].unique().tolist() == [1.5]
    assert np.array_equal(data.sample(1).fg_bg.permute(1, 2, 0).numpy(), image(1))


def test_two_files_that_may_both_be_the_depth_are_told_and_none_is_to_be_deleted(tmp_path: Path) -> None:
    make_zip(tmp_path)
    write(tmp_path / "den_0002_out" / "1.tif", np.full((HEIGHT, WIDTH), 4000), np.uint16)
    with pytest.raises(DataError, match="which is the photograph and which the depth") as error:
        opened(tmp_path)
    assert "remove" not in error.value.hint.lower()
    assert "keep" not in error.value.hint.lower()
    assert "X.jpg and X.png" in error.value.hint
