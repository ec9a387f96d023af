"""CDnet's layout as others ship it: other names, a clean background, no region of interest."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from cdnet_folder import HEIGHT, WIDTH, make_video
from PIL import Image

from mdf.core.errors import DataError
from mdf.plugins.datasets.cdnet.dataset import CDnet

SBI = Path(os.environ.get("MDF_TEST_DATA", Path(__file__).parents[4] / "shared" / "data")) / "sbi2015"


def opened(path: Path, **options: object) -> CDnet:
    return CDnet(CDnet.Config(**options), str(path))


def rename(folder: Path, pattern: str) -> None:
    """Gives each file `pattern`, in which `{}` is its number."""
    for path in sorted(folder.iterdir()):
        path.rename(folder / pattern.format(path.stem[2:]))


def empty_scene(path: Path, level: int = 99) -> Path:
    Image.fromarray(np.full((HEIGHT, WIDTH, 3), level, np.uint8)).save(path)
    return path


@pytest.mark.parametrize(
    ("frames", "truths"),
    [
        ("CaVignal_{}.png", "gt{}.png"),
        ("CaVignal_{}.PNG", "GT_CaVignal_{}.png"),
        ("{}.png", "{}.png"),
        ("cam2_{}_rgb.png", "cam2_{}_mask.png"),
    ],
)
def test_a_frame_and_its_truth_have_one_number(tmp_path: Path, frames: str, truths: str) -> None:
    video = make_video(tmp_path)
    rename(video / "input", frames)
    rename(video / "groundtruth", truths)
    data = opened(tmp_path)
    assert len(data) == 35
    assert [int(data.sample(i).fg_bg[0, 0, 0]) for i in (0, 20, 34)] == [6, 26, 40]  # frame n is of level n
    assert data.sample(0).id == f"baseline/tiny/{frames.format('000006').rpartition('.')[0]}"


@pytest.mark.parametrize("ending", ["bmp", "jpg", "jpeg", "webp"])
def test_frames_are_of_any_ending(tmp_path: Path, ending: str) -> None:
    video = make_video(tmp_path)
    for path in (video / "input").iterdir():
        with Image.open(path) as image:
            image.save(path.with_suffix(f".{ending}"))
        path.unlink()
    data = opened(tmp_path)
    assert abs(int(data.sample(0).fg_bg[0, 0, 0]) - 6) <= 1


def test_numbers_may_begin_at_zero(tmp_path: Path) -> None:
    video = make_video(tmp_path, frames=range(30), period=None)
    (video / "ROI.bmp").unlink()
    data = opened(tmp_path)
    assert (len(data), data.sample(0).id) == (30, "baseline/tiny/in000000")
    assert data.sample(0).valid["mask"].sum() == HEIGHT * WIDTH - 2  # nothing outside a region; labels 85 and 170


def test_files_of_cdnets_own_names_are_meant_where_there_are_others(tmp_path: Path) -> None:
    video = make_video(tmp_path)
    empty_scene(video / "input" / "preview7.png")
    (video / "groundtruth" / "readme.txt").write_text("no image")
    assert len(opened(tmp_path)) == 35


def test_two_kinds_of_names_are_refused(tmp_path: Path) -> None:
    video = make_video(tmp_path)
    rename(video / "input", "left{}.png")
    empty_scene(video / "input" / "right000001.png")
    with pytest.raises(DataError, match=r"several names: left000001\.png, right000001\.png") as error:
        opened(tmp_path)
    assert "in000001" in error.value.hint


@pytest.mark.parametrize("name", ["background.png", "Background.BMP", "background.jpg"])
def test_a_background_beside_the_frames_is_taken(tmp_path: Path, name: str) -> None:
    video = make_video(tmp_path)
    before = opened(tmp_path).fingerprint()
    image = empty_scene(video / name)
    data = opened(tmp_path)
    assert (data.sample(0).bg == 99).all()
    assert data.fingerprint() != before
    assert (opened(tmp_path, background="frames").sample(0).bg < 40).all()
    other = opened(tmp_path, background=str(empty_scene(tmp_path / "other.png", 7)))
    assert (other.sample(0).bg == 7).all()
    Image.new("RGB", (4, 4)).save(image)
    with pytest.raises(DataError, match=r"is 4×4 pixels"):
        opened(tmp_path)


def test_of_two_regions_the_lossless_one_is_taken(tmp_path: Path) -> None:
    video = make_video(tmp_path)
    Image.new("L", (WIDTH, HEIGHT), 0).save(video / "ROI.jpg")
    assert opened(tmp_path).sample(0).valid["mask"].sum() == HEIGHT * WIDTH - 3
    (video / "ROI.bmp").rename(video / "roi.png")
    assert opened(tmp_path).sample(0).valid["mask"].sum() == HEIGHT * WIDTH - 3


def test_a_coloured_truth_is_refused(tmp_path: Path) -> None:
    video = make_video(tmp_path)
    Image.new("RGB", (WIDTH, HEIGHT), (255, 0, 0)).save(video / "groundtruth" / "gt000006.png")
    with pytest.raises(DataError, match=r"gt000006\.png is in colours") as error:
        opened(tmp_path).sample(0)
    assert error.value.hint


@pytest.mark.skipif(not SBI.is_dir(), reason=f"no real frames: {SBI} is absent (MDF_TEST_DATA)")
def test_real_sequences_are_read_with_their_clean_backgrounds() -> None:
    data = opened(SBI)
    assert [video.scene for video in data.videos] == ["sbi/Board", "sbi/HighwayII", "sbi/IBMtest2"]
    assert len(data) == 90
    sample = data.sample(0)
    with Image.open(SBI / "dataset" / "sbi" / "Board" / "background.png") as image:
        assert np.array_equal(sample.bg.permute(1, 2, 0).numpy(), np.array(image))
    moving = (sample.targets["mask"] == 1) & sample.valid["mask"]
    still = (sample.targets["mask"] == 0) & sample.valid["mask"]
    difference = (sample.fg_bg.float() - sample.bg.float()).abs().amax(0, keepdim=True)
    assert difference[moving].median() > 3 * difference[still].median()
