"""RGB-D pairs: masks from depths, intrinsics, and every fault."""

from __future__ import annotations

import pickle
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from image_files import DATA, needs, noise, write

from mdf.core.errors import DataError
from mdf.core.sample import Sample
from mdf.data.scan import read_each
from mdf.plugins.datasets.rgbd_pairs.dataset import RgbdPairs

EMPTY = [[10000, 10000, 10000, 0, 10000]]
FULL = [[10000, 9901, 9899, 5000, 0]]


def opened(path: Path, **options: object) -> RgbdPairs:
    return RgbdPairs(RgbdPairs.Config(**options), str(path))


def make_pairs(root: Path) -> Path:
    for bg, frame in (("a_background-0", "a_input-0"), ("b-background", "b-image"), ("c/background", "c/frame")):
        for name, depth in ((bg, EMPTY), (frame, FULL)):
            write(root / f"{name}.color.png", noise(len(name), 1, 5, 3))
            write(root / f"{name}.depth.png", depth, np.uint16)
    (root / "a_camera-0.intrinsics.txt").write_text(" 6.0e+02 0 3.2e2\n 0 600 240\n 0 0 1\n\n")
    (root / "b-camera-intrinsics.txt").write_text("1 2 3 4 5 6 7 8 9")
    return root


def test_what_is_nearer_by_more_than_the_threshold_is_foreground(tmp_path: Path) -> None:
    data = opened(make_pairs(tmp_path))
    sample = data.sample(0)
    assert (sample.id, sample.scene) == ("a_background-0", "a_background-0")
    assert sample.targets["mask"][0, 0].tolist() == [0, 0, 1, 0, 0]
    assert sample.valid["mask"][0, 0].tolist() == [True, True, True, False, False]
    assert sample.targets["depth"][0, 0].tolist() == pytest.approx([1, 0.9901, 0.9899, 0.5, 0])
    assert sample.valid["depth"][0, 0].tolist() == [True, True, True, True, False]
    assert opened(tmp_path, threshold=0.005).sample(0).targets["mask"].sum() == 2
    assert data.read_as()["mask"] == "nearer than the empty scene by more than 0.01 m"
    assert (data.tasks, data.units) == (("mask", "depth"), {"depth": "m"})


def test_what_was_seen_of_files_is_forgotten_when_they_are_opened_anew(tmp_path: Path) -> None:
    before = opened(make_pairs(tmp_path))
    assert before.native_size(0) == (1, 5)
    for path in tmp_path.rglob("*.color.png"):
        write(path, noise(1, 3, 4, 3))
    for path in tmp_path.rglob("*.depth.png"):
        write(path, np.full((3, 4), 9), np.uint16)
    assert opened(tmp_path).native_size(0) == (3, 4)
    assert pickle.loads(pickle.dumps(before)).native_size(0) == (3, 4)


def test_the_depth_of_the_empty_scene_is_known_where_it_was_measured(tmp_path: Path) -> None:
    data = opened(make_pairs(tmp_path))
    found = data.known([0, 2])["background_depth"]
    assert (data.knows, found.shape) == (("background_depth",), (2, 1, 1, 5))
    assert found[1, 0, 0].nan_to_num(-1).tolist() == [1, 1, 1, -1, 1]


def test_the_patterns_of_names_and_the_camera(tmp_path: Path) -> None:
    data = opened(make_pairs(tmp_path))
    assert [pair.fg_bg.name for pair in data.pairs] == ["a_input-0.color.png", "b-image.color.png", "frame.color.png"]
    assert torch.equal(data.intrinsics(0), torch.tensor([[600, 0, 320], [0, 600, 240], [0, 0, 1]]).double())
    assert data.intrinsics(1)[1].tolist() == [4, 5, 6]
    with pytest.raises(DataError, match="has no intrinsics") as error:
        data.intrinsics(2)
    assert "camera.intrinsics.txt" in error.value.hint


@pytest.mark.parametrize("text", ["1 2 3", "a b c d e f g h i", "1 2 3 4 5 6 7 8 nan"])
def test_a_camera_that_is_no_matrix_is_named(tmp_path: Path, text: str) -> None:
    (make_pairs(tmp_path) / "b-camera-intrinsics.txt").write_text(text)
    with pytest.raises(DataError, match=r"b-camera-intrinsics\.txt"):
        opened(tmp_path).intrinsics(1)


def test_each_pair_is_a_scene_and_three_are_enough(tmp_path: Path) -> None:
    splits = opened(make_pairs(tmp_path)).splits()
    assert sorted([*splits.train, *splits.val, *splits.test]) == [0, 1, 2]
    assert splits.by == "scene"
    shutil.rmtree(tmp_path / "c")
    with pytest.raises(DataError, match="cannot be split by scene"):
        opened(tmp_path).splits()


def test_the_fingerprint_follows_content_and_options(tmp_path: Path) -> None:
    shutil.copytree(make_pairs(tmp_path / "a"), tmp_path / "b")
    first = opened(tmp_path / "a").fingerprint()
    assert opened(tmp_path / "b").fingerprint() == first
    assert opened(tmp_path / "b", threshold=0.02).fingerprint() != first
    write(tmp_path / "b" / "b-image.depth.png", EMPTY, np.uint16)
    assert opened(tmp_path / "b").fingerprint() != first


FAULTS: list[tuple[str, Callable[[Path], object]]] = [
    ("has no occupied scene", lambda root: (root / "b-image.color.png").unlink()),
    ("has 2 occupied scenes", lambda root: shutil.copy(root / "b-image.color.png", root / "b-frame.color.png")),
    (r"b-image\.depth\.png is missing", lambda root: (root / "b-image.depth.png").unlink()),
    (r"b-image\.depth\.png is 2×1 pixels", lambda root: write(root / "b-image.depth.png", [[1, 2]], np.uint16)),
    (r"b-image\.depth\.png has 8 bits", lambda root: write(root / "b-image.depth.png", [[1, 2, 3, 4, 5]])),
    (r"b-image\.depth\.png cannot be read", lambda root: (root / "b-image.depth.png").write_bytes(b"")),
]


@pytest.mark.parametrize(("message", "break_it"), FAULTS, ids=[message for message, _ in FAULTS])
def test_a_fault_of_a_pair_is_told_of_it_and_leaves_the_others(
    tmp_path: Path, message: str, break_it: Callable[[Path], object]
) -> None:
    before = opened(make_pairs(tmp_path)).fingerprint()
    break_it(tmp_path)
    data = opened(tmp_path)
    one, bad, other = (sample for _, sample in read_each(data, range(3)))
    assert isinstance(one, Sample)
    assert isinstance(other, Sample)
    assert re.search(message, bad.reason)
    assert bad.hint
    assert data.fingerprint() != before


def test_a_folder_without_any_pair_is_told_at_once(tmp_path: Path) -> None:
    make_pairs(tmp_path)
    for path in tmp_path.rglob("*.depth.png"):
        write(path, [[1, 2, 3, 4, 5]])
    with pytest.raises(DataError, match=r"\.depth\.png has 8 bits"):
        opened(tmp_path)
    for path in tmp_path.rglob("*background*.color.png"):
        path.unlink()
    with pytest.raises(DataError, match="holds no pair"):
        opened(tmp_path)


@needs("rgbd_pairs")
def test_real_pairs_show_what_lies_in_the_tote() -> None:
    data = opened(DATA / "rgbd_pairs")
    batch = data.read(range(3))
    assert batch.fg_bg.shape == (3, 3, 480, 640)
    depth, valid = batch.targets["depth"], batch.valid["depth"]
    assert 0.4 < depth[valid].median() < 0.8
    share = [float(m[v].float().mean()) for m, v in zip(batch.targets["mask"], batch.valid["mask"], strict=True)]
    assert share[0] < 0.2
    assert share[1] < 0.2
    assert 0.3 < share[2] < 0.8  # the full tote
    # A thing that stands out 3 cm or more also looks different.
    change = (batch.fg_bg.float() - batch.bg.float()).abs().amax(1, keepdim=True)
    mask = (batch.targets["mask"] == 1) & batch.valid["mask"]
    assert change[mask].median() > 3 * change[batch.valid["mask"] & ~mask].median()
    assert data.intrinsics(2)[0, 0] == pytest.approx(616.521545)
