"""`real:`: every scene below a folder, whatever its layout, as the data set of that layout reads it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from built_in_data import make_folder, make_real
from cdnet_folder import make_video

from mdf.core.errors import DataError
from mdf.core.splits import SplitOptions, split_samples
from mdf.plugins.datasets.cdnet.dataset import CDnet
from mdf.plugins.datasets.real.dataset import RealScenes
from mdf.plugins.datasets.real.find import short_names


def opened(root: Path, **options: object) -> RealScenes:
    return RealScenes(RealScenes.Config(**options), str(root))


def scenes(data: RealScenes) -> dict[str, int]:
    """How many samples each scene has."""
    found: dict[str, int] = {}
    for index in range(len(data)):
        (name,) = data.read([index]).scenes
        found[name] = found.get(name, 0) + 1
    return found


def test_it_finds_every_layout_and_each_background_is_a_scene(tmp_path: Path) -> None:
    data = opened(make_real(tmp_path))
    assert scenes(data) == {**{f"own/room{number}": 3 for number in range(6)}, "street": 3}
    assert data.splits().train == []
    assert list(data.splits().test) == list(range(len(data)))
    assert data.tasks == ("mask",)
    assert set(data.read([0]).targets) == {"mask"}  # the depth of `own` is left out: `street` has none


def test_a_video_is_read_as_cdnet_reads_it(tmp_path: Path) -> None:
    folder = make_video(tmp_path)
    data, video = opened(tmp_path), CDnet(CDnet.Config(split="none"), str(folder))
    here, there = data.read(range(len(data))), video.read(range(len(video)))
    for mine, its in ((here.bg, there.bg), (here.fg_bg, there.fg_bg), (here.targets["mask"], there.targets["mask"])):
        assert torch.equal(mine, its)
    assert torch.equal(here.valid["mask"], there.valid["mask"])
    assert set(here.scenes) == {"tiny"}
    assert here.ids[0] == "tiny/in000006"
    assert here.tags[0] == {"baseline"}


def test_a_background_is_estimated_from_what_comes_before_or_from_all(tmp_path: Path) -> None:
    make_video(tmp_path / "early", period="31 40")
    make_video(tmp_path / "late", frames=range(100, 141), period="106 140")
    data = opened(tmp_path, background_frames=20)
    backgrounds = {name: int(data.read([i]).bg[0, 0, 0, 0]) for i, name in ((0, "early"), (len(data) - 1, "late"))}
    assert backgrounds["early"] <= 30  # of frames 1 to 30, and an object may be in those that are scored
    assert backgrounds["late"] >= 100


def test_samples_of_one_size_are_read_in_any_order_across_scenes(tmp_path: Path) -> None:
    data = opened(make_real(tmp_path))
    order = [len(data) - 1, 0, 7, len(data) - 2]
    batch = data.read(order)
    for position, index in enumerate(order):
        alone = data.read([index])
        assert batch.ids[position] == alone.ids[0]
        assert torch.equal(batch.fg_bg[position], alone.fg_bg[0])


def test_names_are_as_short_as_they_tell_scenes_apart() -> None:
    assert short_names([Path("/a/baseline/highway"), Path("/a/shadow/cubicle")]) == ["highway", "cubicle"]
    assert short_names([Path("/a/x/office"), Path("/a/y/office")]) == ["x/office", "y/office"]


def test_scenes_are_chosen_by_pattern(tmp_path: Path) -> None:
    root = make_real(tmp_path)
    assert set(scenes(opened(root, scenes=("str*",)))) == {"street"}
    with pytest.raises(DataError, match="no scene is called 'streat'"):
        opened(root, scenes=("streat",))


def test_a_scene_that_cannot_be_read_is_named_and_the_others_stay(tmp_path: Path) -> None:
    make_real(tmp_path)
    broken = make_video(tmp_path, "night/alley")
    (broken / "input" / "in000010.png").unlink()
    maskless = make_folder(tmp_path / "maskless")
    for path in (maskless / "mask").iterdir():
        path.unlink()
    (maskless / "mask").rmdir()
    data = opened(tmp_path)
    assert "street" in scenes(data)
    told = {doubt.message.split(" is left out")[0]: doubt for doubt in data.doubts() if "left out" in doubt.message}
    assert set(told) == {"the scene alley", "the scene maskless"}
    assert "gt000010.png has no frame" in told["the scene alley"].message
    assert all(doubt.level == "warning" for doubt in told.values())


def test_without_any_scene_it_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="holds no scene that can be read, neither"):
        opened(tmp_path)
    with pytest.raises(DataError, match="there is no folder"):
        opened(tmp_path / "gone")


def test_what_it_is_made_of_is_its_fingerprint(tmp_path: Path) -> None:
    root = make_real(tmp_path)
    before = opened(root).fingerprint()
    assert opened(root).fingerprint() == before
    assert opened(root, scenes=("street",)).fingerprint() != before
    image = root / "street/groundtruth/gt000001.png"
    image.write_bytes((root / "street/groundtruth/gt000002.png").read_bytes())
    assert opened(root).fingerprint() != before


def test_no_split_means_that_all_are_for_testing() -> None:
    splits = split_samples(["a", None, "b"], SplitOptions(split="none"), "made")
    assert (splits.train, splits.val, splits.test) == ([], [], [0, 2])


def test_the_real_scenes_are_those_of_the_folder(mdf_test_data: Path) -> None:
    data = opened(mdf_test_data)
    assert dict(data.read_as())["scenes"] == "4: highway, Board, HighwayII, IBMtest2"
    assert len(data) == 120 + 3 * 30
    sizes = {data.native_size(index) for index in range(0, len(data), 15)}
    assert sizes == {(240, 320), (164, 200)}
    assert np.unique(data.read([0]).targets["mask"].numpy()).tolist() == [0, 1]
