"""The layout of one's own recordings: matching, targets, splits, and every fault."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from image_files import noise, write
from PIL import Image

from mdf.core.errors import DataError
from mdf.core.sample import Sample
from mdf.data.scan import Unreadable, read_each
from mdf.plugins.datasets.folder.dataset import Folder
from mdf.plugins.datasets.folder.frames import background_of

SIZE = (6, 8)


def opened(path: Path, **options: object) -> Folder:
    return Folder(Folder.Config(**options), str(path))


def make_folder(root: Path, scenes: tuple[str, ...] = ("room1", "room2", "room12"), frames: int = 4) -> Path:
    for number, scene in enumerate(scenes):
        write(root / "bg" / f"{scene}.jpg", np.full((*SIZE, 3), 40 * number))
        for frame in range(frames):
            name = f"{scene}_{frame}"
            write(root / "fg_bg" / f"{name}.png", noise(frame, *SIZE, 3))
            write(root / "mask" / f"{name}.bmp", 255 * (noise(frame + 99, *SIZE) > 127))
            write(root / "depth" / f"{name}.png", np.full(SIZE, 1000 * (frame + 1)), np.uint16)
    return root


def test_files_belong_together_by_name(tmp_path: Path) -> None:
    data = opened(make_folder(tmp_path))
    sample = data.sample(5)
    assert (sample.id, sample.scene) == ("room2_1", "room2")
    assert np.array_equal(sample.fg_bg.permute(1, 2, 0).numpy(), noise(1, *SIZE, 3))
    assert (sample.bg.float() - 40).abs().max() <= 2
    assert np.array_equal(sample.targets["mask"][0].numpy() == 1, noise(100, *SIZE) > 127)
    assert sample.targets["mask"].dtype == torch.uint8
    assert (sample.targets["depth"] == 2).all()
    assert all(v.all() and v.shape == (1, *SIZE) for v in sample.valid.values())
    assert (data.tasks, data.units, data.cached) == (("mask", "depth"), {"depth": "m"}, True)
    assert data.native_size(5) == SIZE
    assert data.read([1, 5]).targets["depth"].shape == (2, 1, *SIZE)


def test_the_depth_of_empty_scenes_is_known_where_there_is_a_file_of_each(tmp_path: Path) -> None:
    root = make_folder(tmp_path)
    before = opened(root)
    assert before.knows == ()
    assert before.known([0]) == {}
    for number, scene in enumerate(("room1", "room2", "room12")):
        write(root / "bg_depth" / f"{scene}.png", np.full(SIZE, 1000 * number), np.uint16)
    data = opened(root)
    found = data.known([8, 4, 0])["background_depth"]
    assert (data.knows, found.shape, found.dtype) == (("background_depth",), (3, 1, *SIZE), torch.float32)
    assert data.read_as()["bg_depth"] == ".png, levels up to 65535: level × 0.001 m; 0 and below invalid"
    assert found[:, 0, 0, 0].nan_to_num(-1).tolist() == [2, 1, -1]  # level 0 is no measurement
    assert data.fingerprint() != before.fingerprint()
    assert torch.equal(data.read([4]).targets["depth"], before.read([4]).targets["depth"])
    (root / "bg_depth" / "room2.png").unlink()
    with pytest.raises(DataError, match=r"room2\.jpg has no depth") as error:
        opened(root).sample(4)
    assert "bg_depth/" in error.value.hint


@pytest.mark.parametrize(
    ("name", "known", "expected"),
    [
        ("room12_0007", {"room1", "room12"}, "room12"),
        ("room11_0007", {"room1", "room2"}, None),
        ("kitchenette", {"kitchen", "room"}, None),
        ("kitchen/07", {"kitchen", "room"}, "kitchen"),
        ("a1", {"a", "b"}, "a"),
        ("a", {"a", "b"}, "a"),
        ("anything", {"empty"}, "empty"),
        ("anything", set(), None),
    ],
)
def test_a_background_serves_the_frames_whose_names_begin_as_its_own(
    name: str, known: set[str], expected: str | None
) -> None:
    assert background_of(name, known) == expected


@given(st.text("ab1_", min_size=1, max_size=8), st.sets(st.text("ab1_", min_size=1, max_size=5), min_size=2))
def test_the_longest_beginning_wins(name: str, known: set[str]) -> None:
    found = background_of(name, known)
    fitting = {k for k in known if name.startswith(k)}
    assert found is None or found in fitting
    assert (name in known) <= (found == name)


def test_three_backgrounds_are_split_by_scene_fewer_in_time(tmp_path: Path) -> None:
    data = opened(make_folder(tmp_path / "three"))
    splits = data.splits()
    scenes = [{data.sample(i).scene for i in part} for part in (splits.train, splits.val, splits.test)]
    assert splits.by == "scene"
    assert sorted(map(len, scenes)) == [1, 1, 1]
    assert len(set.union(*scenes)) == 3
    two = opened(make_folder(tmp_path / "two", ("a", "b"), 12), gap=1)
    assert two.splits().by == "time"
    ids = [[two.sample(i).id for i in part] for part in (two.splits().train, two.splits().test)]
    assert ids[0][0] == "a_0"
    assert ids[1][-1] == "b_11"


def test_targets_that_are_not_there_are_no_tasks(tmp_path: Path) -> None:
    shutil.rmtree(make_folder(tmp_path) / "mask")
    assert opened(tmp_path).tasks == ("depth",)
    shutil.rmtree(tmp_path / "depth")
    data = opened(tmp_path)
    assert (data.tasks, data.units, data.cached) == ((), {}, False)
    assert data.sample(0).targets == {}
    with pytest.raises(DataError, match="neither mask/ nor depth/") as error:
        data.splits()
    assert "predict" in error.value.hint


def test_a_table_says_what_belongs_together(tmp_path: Path) -> None:
    make_folder(tmp_path)
    rows = [
        "fg_bg,note, bg, depth",
        "fg_bg/room1_0.png,x,bg/room2.jpg,depth/room1_3.png",
        "fg_bg/room2_1.png,, bg/room2.jpg, depth/room1_1.png",
    ]
    (tmp_path / "pairs.csv").write_text("\n".join(rows))
    data = opened(tmp_path, gap=0)
    assert (len(data), data.tasks) == (2, ("depth",))
    assert (data.sample(0).scene, data.sample(0).targets["depth"].max()) == ("bg/room2", 4)


def test_relative_depth_and_masks_of_ones(tmp_path: Path) -> None:
    make_folder(tmp_path, ("a",), 3)
    for frame in range(3):
        write(tmp_path / "mask" / f"a_{frame}.bmp", np.eye(*SIZE))
        write(tmp_path / "depth" / f"a_{frame}.png", np.full(SIZE, 51))
    data = opened(tmp_path, depth_unit="relative", invert=True)
    assert data.units == {"depth": "relative"}
    assert data.sample(0).targets["mask"].sum() == 6
    assert torch.allclose(data.sample(0).targets["depth"], torch.tensor(0.8))


def test_the_fingerprint_follows_content_names_and_options_alone(tmp_path: Path) -> None:
    make_folder(tmp_path / "a")
    shutil.copytree(tmp_path / "a", tmp_path / "b")
    first = opened(tmp_path / "a").fingerprint()
    assert opened(tmp_path / "b").fingerprint() == first
    assert opened(tmp_path / "b", mask_threshold=3).fingerprint() != first
    write(tmp_path / "b" / "depth" / "room1_0.png", np.full(SIZE, 7), np.uint16)
    assert opened(tmp_path / "b").fingerprint() != first
    (tmp_path / "a" / "pairs.csv").write_text("fg_bg,bg\nfg_bg/room1_0.png,bg/room1.jpg")
    assert opened(tmp_path / "a").fingerprint() != first


def test_opening_decodes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_folder(tmp_path)
    monkeypatch.setattr(Image.Image, "load", lambda _: pytest.fail("pixels were decoded"))
    assert len(opened(tmp_path)) == 12


def pairs(text: str) -> Callable[[Path], object]:
    return lambda root: (root / "pairs.csv").write_text(text)


FAULTS: list[tuple[str, Callable[[Path], object]]] = [
    ("has no folder bg/", lambda root: shutil.rmtree(root / "bg")),
    ("has no folder fg_bg/", lambda root: shutil.rmtree(root / "fg_bg")),
    ("holds no frames", lambda root: [p.unlink() for p in (root / "fg_bg").iterdir()]),
    (r"room1_0\.png has no mask", lambda root: [p.unlink() for p in (root / "mask").iterdir()]),
    (r"room1_0\.png has no background", lambda root: (root / "bg").rename(root / "x") and (root / "bg").mkdir()),
    (r"room1\.jpg is 3×2 pixels, its frame", lambda root: all_of(root / "bg", noise(0, 2, 3, 3))),
    (r"room1_0\.png stores depth in 8 bit", lambda root: all_of(root / "depth", noise(0, *SIZE))),
    (r"pairs\.csv has no columns", pairs("a,b\n1,2")),
    (r"pairs\.csv has no columns", pairs("")),
    (r"pairs\.csv holds no frames", pairs("fg_bg,bg\n")),
    (r"line 2 of .*pairs\.csv names '\.\./secret\.png'", pairs("fg_bg,bg\n../secret.png,bg/room1.jpg")),
    (r"line 2 of .*gone\.png is missing", pairs("fg_bg,bg\nfg_bg/gone.png,bg/room1.jpg")),
    (r"line 2 of .* names ''", pairs("fg_bg,bg\nfg_bg/room1_0.png")),
    (r"pairs\.csv cannot be read", lambda root: (root / "pairs.csv").write_bytes(b"fg_bg,bg\n\xff\xfe,x")),
]


def all_of(folder: Path, pixels: np.ndarray) -> None:
    for path in folder.iterdir():
        write(path, pixels)


@pytest.mark.parametrize(("message", "break_it"), FAULTS, ids=[message for message, _ in FAULTS])
def test_a_fault_of_the_whole_folder_is_told_at_once(
    tmp_path: Path, message: str, break_it: Callable[[Path], object]
) -> None:
    break_it(make_folder(tmp_path))
    with pytest.raises(DataError, match=message) as error:
        opened(tmp_path)
    assert error.value.hint


ROOM1 = ["room1_0", "room1_1", "room1_2", "room1_3"]
BAD: list[tuple[str, list[str], Callable[[Path], object]]] = [
    (r"other_1\.png has no background", [], lambda root: write(root / "fg_bg" / "other_1.png", noise(0, *SIZE, 3))),
    (r"room1_2\.png has no mask", ["room1_2"], lambda root: (root / "mask" / "room1_2.bmp").unlink()),
    (r"room1_2\.png has no depth", ["room1_2"], lambda root: (root / "depth" / "room1_2.png").unlink()),
    (r"room1\.jpg is 3×2 pixels, its frame", ROOM1, lambda root: write(root / "bg" / "room1.jpg", noise(0, 2, 3, 3))),
    (r"room1_0\.bmp is 3×2 pixels", ["room1_0"], lambda root: write(root / "mask" / "room1_0.bmp", noise(0, 2, 3))),
    (
        r"room1_0\.png stores depth in 8 bit",
        ["room1_0"],
        lambda root: write(root / "depth" / "room1_0.png", noise(0, *SIZE)),
    ),
    (
        r"room1_0\.png cannot be read",
        ["room1_0"],
        lambda root: (root / "fg_bg" / "room1_0.png").write_bytes(b"\x89PNG"),
    ),
    (r"room1_0\.png cannot be read", ["room1_0"], lambda root: (root / "fg_bg" / "room1_0.png").write_bytes(b"")),
]


@pytest.mark.parametrize(("message", "lost", "break_it"), BAD, ids=[message for message, *_ in BAD])
def test_a_fault_of_some_frames_is_told_of_each_and_leaves_the_others(
    tmp_path: Path, message: str, lost: list[str], break_it: Callable[[Path], object]
) -> None:
    names = {sample.id for sample in read_all(opened(make_folder(tmp_path))) if isinstance(sample, Sample)}
    break_it(tmp_path)
    data = opened(tmp_path)
    found = read_all(data)
    bad = [sample for sample in found if isinstance(sample, Unreadable)]
    assert len(bad) >= max(1, len(lost))
    assert any(re.search(message, sample.reason) for sample in bad)
    assert all(sample.hint for sample in bad)
    assert {sample.id for sample in found if isinstance(sample, Sample)} == names - set(lost)
    unmatched = {sample.index for sample in bad if "has no" in sample.reason}
    assert not unmatched & {index for part in ("train", "val", "test") for index in data.splits().of(part)}


def test_masks_and_depths_of_frames_that_were_thinned_out_are_no_samples_but_told(tmp_path: Path) -> None:
    make_folder(tmp_path / "all")
    shutil.copytree(tmp_path / "all", tmp_path / "thin")
    assert opened(tmp_path / "all").unused_files() == []
    for kind in ("fg_bg", "mask", "depth"):
        for path in (tmp_path / "all" / kind).glob("*_3.*"):
            path.unlink()
    for path in (tmp_path / "thin" / "fg_bg").glob("*_3.*"):
        path.unlink()
    data, thin = opened(tmp_path / "all"), opened(tmp_path / "thin")
    assert (len(thin), thin.fingerprint(), thin.splits()) == (9, data.fingerprint(), data.splits())
    told = thin.unused_files()
    assert len(told) == 6
    assert "room1_3.bmp has no frame" in told[0]
    (tmp_path / "thin" / "pairs.csv").write_text("fg_bg,bg\nfg_bg/room1_0.png,bg/room1.jpg")
    assert opened(tmp_path / "thin").unused_files() == [], "a table says itself what belongs together"


def test_lines_of_a_table_that_cannot_be_meant_are_told_one_by_one(tmp_path: Path) -> None:
    make_folder(tmp_path)
    rows = ["fg_bg,bg", 2 * "fg_bg/room1_0.png,bg/room1.jpg\n" + "fg_bg/gone.png,bg/room1.jpg"]
    (tmp_path / "pairs.csv").write_text("\n".join(rows))
    sound, again, gone = read_all(opened(tmp_path))
    assert isinstance(sound, Sample)
    assert "line 3 of" in again.reason
    assert "a second time" in again.reason
    assert "line 4 of" in gone.reason


def test_one_camera_whose_first_frame_is_damaged_can_go_without_it(tmp_path: Path) -> None:
    make_folder(tmp_path, ("hall",), 12)
    (tmp_path / "fg_bg" / "hall_0.png").write_bytes(b"")
    assert [isinstance(sample, Unreadable) for sample in read_all(opened(tmp_path))] == [True] + 11 * [False]


def read_all(data: Folder) -> list[Sample | Unreadable]:
    return [sample for _, sample in read_each(data, range(len(data)))]


@pytest.mark.parametrize(("kind", "ending"), [("fg_bg", "png"), ("mask", "bmp"), ("depth", "png"), ("bg", "jpg")])
def test_a_file_cut_short_is_named_when_it_is_read(tmp_path: Path, kind: str, ending: str) -> None:
    root = make_folder(tmp_path)
    path = root / kind / f"room1{'' if kind == 'bg' else '_0'}.{ending}"
    write(path, noise(0, *SIZE), np.uint16 if kind == "depth" else np.uint8)
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 2 // 3])
    with pytest.raises(DataError, match=rf"{path.name} cannot be read as an image"):
        opened(root).sample(0)


def test_a_frame_of_another_size_than_its_mask_is_named_when_it_is_read(tmp_path: Path) -> None:
    root = make_folder(tmp_path)
    write(root / "mask" / "room1_3.bmp", noise(0, 3, 3))
    with pytest.raises(DataError, match=r"room1_3\.bmp is 3×3 pixels, its frame room1_3\.png 8×6"):
        opened(root).sample(3)


def test_too_few_frames_for_the_gap_say_how_many_are_needed(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"a has 4 frame\(s\); a split in time with gap 10 needs 23"):
        opened(make_folder(tmp_path, ("a",))).splits()
