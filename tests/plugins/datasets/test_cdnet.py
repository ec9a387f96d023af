"""CDnet's layout: labels, splits, background and fingerprint, on made folders and on real frames."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from cdnet_folder import HEIGHT, WIDTH, make_video
from PIL import Image
from pydantic import ValidationError

from mdf.plugins.datasets.cdnet.dataset import CDnet

REAL = Path(os.environ.get("MDF_TEST_DATA", Path(__file__).parents[4] / "shared" / "data")) / "cdnet2014"
real_frames = pytest.mark.skipif(not REAL.is_dir(), reason=f"no real frames: {REAL} is absent (MDF_TEST_DATA)")


def opened(path: Path, **options: object) -> CDnet:
    return CDnet(CDnet.Config(**options), str(path))


def test_labels_mean_what_the_data_set_says(tmp_path: Path) -> None:
    make_video(tmp_path)
    sample = opened(tmp_path).sample(0)
    assert sample.targets["mask"].dtype == torch.uint8
    assert sample.targets["mask"][0, 0, :6].tolist() == [0, 0, 0, 0, 1, 0]
    assert sample.valid["mask"][0, 0, :6].tolist() == [True, True, False, False, True, True]
    assert not sample.valid["mask"][0, -1, -1]  # outside ROI.bmp
    assert sample.valid["mask"].sum() == HEIGHT * WIDTH - 3


def test_the_region_is_what_is_brighter_than_half(tmp_path: Path) -> None:
    folder = make_video(tmp_path)
    region = np.full((HEIGHT, WIDTH), 255, np.uint8)
    region[1, :2] = 127, 128
    Image.fromarray(region).save(folder / "ROI.bmp")
    assert opened(tmp_path).sample(0).valid["mask"][0, 1, :3].tolist() == [False, True, True]


def test_samples_are_the_frames_inside_the_temporal_region(tmp_path: Path) -> None:
    make_video(tmp_path)
    data = opened(tmp_path, gap=2)
    assert len(data) == 35
    first, last = data.sample(0), data.sample(34)
    assert (first.id, last.id) == ("baseline/tiny/in000006", "baseline/tiny/in000040")
    assert (first.scene, first.tags) == ("baseline/tiny", {"baseline"})
    assert (first.fg_bg == 6).all()
    assert first.fg_bg.shape == (3, HEIGHT, WIDTH)
    assert data.native_size(0) == (HEIGHT, WIDTH)
    assert (data.tasks, data.units, data.cached) == (("mask",), {}, True)


def test_frames_whose_truth_is_withheld_are_no_samples(tmp_path: Path) -> None:
    video = make_video(tmp_path)
    for number in range(30, 41):
        (video / "groundtruth" / f"gt{number:06d}.png").unlink()
    assert len(opened(tmp_path, gap=2)) == 24


def test_any_of_the_three_folders_gives_the_same_data(tmp_path: Path) -> None:
    video = make_video(tmp_path / "dataset")
    sets = [opened(path) for path in (tmp_path, tmp_path / "dataset", video.parent, video)]
    assert len({data.fingerprint() for data in sets}) == 1
    assert len({data.sample(3).id for data in sets}) == 1


def test_one_video_is_split_in_time_and_its_background_is_of_the_training_block(tmp_path: Path) -> None:
    make_video(tmp_path)
    data = opened(tmp_path, gap=3)
    splits = data.splits()
    assert splits.by == "time"
    numbers = [[int(data.sample(i).id[-6:]) for i in splits.of(name)] for name in ("train", "val", "test")]
    assert [(part[0], part[-1]) for part in numbers] == [(6, 23), (27, 30), (34, 40)]
    # Frames 1 to 23: those before the temporal region serve the background, later ones never do.
    assert (data.sample(34).bg <= 23).all()
    assert (opened(tmp_path, gap=3, background_frames=1).sample(0).bg == 1).all()


def test_changing_a_test_frame_leaves_the_background_alone(tmp_path: Path) -> None:
    video = make_video(tmp_path)
    before = opened(tmp_path, gap=3).sample(0).bg
    for number in range(24, 41):
        frame = video / "input" / f"in{number:06d}.png"
        Image.fromarray(np.full((HEIGHT, WIDTH, 3), 250, np.uint8)).save(frame)
    assert torch.equal(opened(tmp_path, gap=3).sample(0).bg, before)


@pytest.mark.parametrize(("videos", "by"), [(2, "time"), (3, "scene"), (7, "scene")])
def test_three_videos_or_more_share_no_scene_between_splits(tmp_path: Path, videos: int, by: str) -> None:
    for number in range(videos):
        make_video(tmp_path, f"category{number % 2}/video{number}", range(1, 13), "5 12")
    data = opened(tmp_path, gap=1)
    splits = data.splits()
    parts = [set(splits.train), set(splits.val), set(splits.test)]
    scenes = [{data.sample(i).scene for i in part} for part in parts]
    assert splits.by == by
    assert not (parts[0] & parts[1] | parts[0] & parts[2] | parts[1] & parts[2])
    if by == "scene":
        assert set.union(*parts) == set(range(len(data)))
        assert sum(len(s) for s in scenes) == videos
    else:
        assert all(len(s) == videos for s in scenes)


def test_split_by_scene_takes_the_frames_before_the_scored_ones_for_background(tmp_path: Path) -> None:
    for number in range(3):
        make_video(tmp_path, f"baseline/video{number}", range(1, 13), "6 12")
    assert (opened(tmp_path, background_frames=1).sample(0).bg == 1).all()
    assert (opened(tmp_path, background_frames=5).sample(0).bg <= 5).all()
    assert len({int(opened(tmp_path, background_frames=n).sample(0).bg[0, 0, 0]) for n in (5, 6)}) == 2  # 6: of all 12


def test_filters_choose_videos(tmp_path: Path) -> None:
    for scene in ("baseline/highway", "baseline/office", "shadow/bungalows"):
        make_video(tmp_path, scene, range(1, 13), None)
    for wanted, count in ((("highway",), 1), (("baseline/*",), 2), (("shadow/bungalows", "office"), 2), ((), 3)):
        assert len(opened(tmp_path, videos=wanted, gap=1).videos) == count


def test_a_given_image_is_the_background(tmp_path: Path) -> None:
    make_video(tmp_path / "data")
    empty = np.random.default_rng(0).integers(0, 256, (HEIGHT, WIDTH, 3), dtype=np.uint8)
    Image.fromarray(empty).save(tmp_path / "empty.png")
    data = opened(tmp_path / "data", background=str(tmp_path / "empty.png"))
    assert np.array_equal(data.sample(7).bg.permute(1, 2, 0).numpy(), empty)
    assert data.fingerprint() != opened(tmp_path / "data").fingerprint()


def test_the_fingerprint_changes_with_content_options_and_names_and_with_nothing_else(tmp_path: Path) -> None:
    video = make_video(tmp_path / "a")
    shutil.copytree(tmp_path / "a", tmp_path / "b")
    first = opened(tmp_path / "a").fingerprint()
    assert opened(tmp_path / "b").fingerprint() == first
    assert opened(tmp_path / "a", videos=("tiny",)).fingerprint() == first
    assert opened(tmp_path / "a", gap=4).fingerprint() != first
    truth = video / "groundtruth" / "gt000020.png"
    Image.fromarray(np.zeros((HEIGHT, WIDTH), np.uint8)).save(truth)
    assert opened(tmp_path / "a").fingerprint() != first
    (tmp_path / "b" / "baseline").rename(tmp_path / "b" / "shadow")
    assert opened(tmp_path / "b").fingerprint() != first


def test_constructing_decodes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_video(tmp_path)
    monkeypatch.setattr(Image.Image, "load", lambda _: pytest.fail("pixels were decoded"))
    assert len(opened(tmp_path)) == 35


def test_shares_must_leave_something_to_train_on() -> None:
    with pytest.raises(ValidationError, match="something is left to train on"):
        CDnet.Config(val_share=0.5, test_share=0.5)


@real_frames
def test_real_frames_are_read_as_the_data_set_describes_them() -> None:
    data = opened(REAL)
    splits = data.splits()
    assert len(data) == 120
    assert [len(part) for part in (splits.train, splits.val, splits.test)] == [60, 15, 25]
    batch = data.read(splits.test)
    assert batch.ids[0] == "baseline/highway/in000565"
    assert batch.fg_bg.shape == (25, 3, 240, 320)
    valid = batch.valid["mask"]
    for i in range(len(batch)):  # an independent reading of one label file each
        truth = np.array(Image.open(next(REAL.rglob(f"gt{batch.ids[i][-6:]}.png"))))
        assert np.array_equal(valid[i, 0].numpy(), ~np.isin(truth, (85, 170)))
        assert np.array_equal(batch.targets["mask"][i, 0].numpy() == 1, truth == 255)
    again = data.read([splits.test[3]])
    assert torch.equal(again.fg_bg[0], batch.fg_bg[3])
    assert torch.equal(again.bg[0], opened(REAL).sample(0).bg)


@real_frames
def test_the_real_background_is_an_empty_road() -> None:
    """Where nothing moves, frames look like the background; where something moves, they do not."""
    data = opened(REAL)
    batch = data.read(data.splits().test)
    difference = (batch.fg_bg.float() - batch.bg.float()).abs().amax(1, keepdim=True)
    valid, moving = batch.valid["mask"], batch.targets["mask"] == 1
    assert difference[valid & ~moving].median() <= 5
    assert difference[valid & moving].median() >= 40
