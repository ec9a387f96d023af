"""Frames that do not belong to their background are noticed, and told; those that do never are."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from scipy import ndimage
from tiny_study import Diary
from torch import Tensor
from trained_run import runs, trained  # noqa: F401 - fixtures

import mdf
from mdf import api
from mdf.core.image import read_image
from mdf.inference.pair_fit import SAME_VIEW, PairChecker

SIZE = (120, 160)


def scene(seed: int, size: tuple[int, int] = SIZE) -> np.ndarray:
    """A photograph-like image: noise at every scale."""
    random = np.random.default_rng(seed)
    layers = [ndimage.gaussian_filter(random.normal(size=(*size, 3)), (s, s, 0)) * s for s in (1, 2, 5, 15)]
    image = sum(layers)
    return (128 + 45 * image / image.std()).clip(0, 255).astype(np.uint8)


def tensor(image: np.ndarray) -> Tensor:
    return torch.from_numpy(image.copy()).permute(2, 0, 1)


def with_object(image: np.ndarray, share: float) -> np.ndarray:
    """The image with another one in front of its middle, on `share` of its area."""
    height, width = (round(side * share**0.5) for side in image.shape[:2])
    top, left = (image.shape[0] - height) // 2, (image.shape[1] - width) // 2
    seen = image.copy()
    seen[top : top + height, left : left + width] = scene(99)[:height, :width]
    return seen


@pytest.mark.parametrize("share", [0.0, 0.1, 0.6])
def test_an_object_however_large_is_no_other_view(share: float) -> None:
    fit = PairChecker(tensor(scene(0)))(tensor(with_object(scene(0), share)))
    assert fit.warning == ""
    assert fit.structure == pytest.approx(1 - share, abs=0.15)
    assert fit.contrast == pytest.approx(1, abs=0.05)


def test_another_scene_is_another_view() -> None:
    fit = PairChecker(tensor(scene(0)))(tensor(scene(1)))
    assert fit.structure is not None
    assert fit.structure < SAME_VIEW
    assert fit.warning.startswith("another view than the background")


@pytest.mark.parametrize(("right", "down"), [(16, 0), (0, -15), (-8, 14)])
def test_a_camera_that_has_moved_is_told_with_how_far(right: int, down: int) -> None:
    whole = scene(0, (180, 220))
    seen = whole[30 - down : 150 - down, 30 - right : 190 - right]
    fit = PairChecker(tensor(whole[30:150, 30:190]))(tensor(seen))
    assert fit.moved == pytest.approx((right, down), abs=1)
    assert "moved" in fit.warning


@pytest.mark.parametrize(("right", "down"), [(6, 0), (-8, 9)])
def test_a_motion_that_sessions_take_out_is_written_down_and_no_warning(right: int, down: int) -> None:
    whole = scene(0, (360, 440))
    seen = whole[60 - 2 * down : 300 - 2 * down, 60 - 2 * right : 380 - 2 * right]
    checker = PairChecker(tensor(whole[60:300, 60:380]))
    near = checker(tensor(whole[60 - down : 300 - down, 60 - right : 380 - right]))
    assert (near.warning, near.moved) == ("", (right, down))
    assert near.structure is not None
    assert near.structure > 0.8
    assert checker(tensor(whole[60 - down : 300 - down, 60 - right : 380 - right]), foreground=0.95).warning
    far = checker(tensor(seen))
    assert ("moved" in far.warning) == (max(abs(right), abs(down)) > 6)


def test_shake_and_light_that_can_be_taken_out_are_no_reason() -> None:
    whole = scene(0, (180, 220)).astype(np.float32)
    checker = PairChecker(tensor(whole[30:150, 30:190].astype(np.uint8)))
    for seen in (whole[29:149, 31:191], whole[30:150, 30:190] * 0.5 + 20, 255 - (255 - whole[30:150, 30:190]) * 0.6):
        assert checker(tensor(seen.clip(0, 255).astype(np.uint8))).warning == ""


def test_light_beyond_that_a_dark_lens_and_a_mask_of_all_are_told() -> None:
    checker, seen = PairChecker(tensor(scene(0))), scene(0).astype(np.float32)
    assert "contrast is 0.1" in checker(tensor((seen * 0.1 + 100).astype(np.uint8))).warning
    assert checker(tensor(np.full((*SIZE, 3), 3, np.uint8))).warning.endswith("dark all over")
    assert checker(tensor(scene(0)), foreground=0.95).warning == "95% of it is called foreground"
    assert checker(tensor(scene(0)), foreground=0.6).warning == ""


def test_of_a_blank_wall_nothing_is_said() -> None:
    wall = np.full((*SIZE, 3), 120, np.uint8)
    fit = PairChecker(tensor(wall))(tensor(with_object(wall, 0.2)))
    assert fit.structure is None
    assert fit.warning == ""
    tiny = PairChecker(torch.zeros(3, 5, 200, dtype=torch.uint8))
    assert tiny(torch.zeros(3, 5, 200, dtype=torch.uint8)).structure is None


def real_pairs(data: Path) -> Iterator[tuple[str, np.ndarray, list[np.ndarray]]]:
    """Name, background and some frames of each real scene with a background of its own."""
    for folder in sorted((data / "sbi2015/dataset/sbi").iterdir()):
        frames = [read_image(path, "RGB") for path in sorted((folder / "input").iterdir())[::4]]
        yield folder.name, read_image(folder / "background.png", "RGB"), frames
    highway = sorted((data / "cdnet2014/dataset/baseline/highway/input").iterdir())
    frames = [read_image(path, "RGB") for path in highway]
    yield "highway", np.median(np.stack(frames[::3]), 0).astype(np.uint8), frames[::12]
    tote = data / "rgbd_pairs"
    for bg, frame in (("background-0", "input-0"), ("background-1", "input-1")):
        images = [read_image(tote / f"pjg_{name}.color.png", "RGB") for name in (bg, frame)]
        yield frame, images[0], images[1:]


def test_no_real_pair_warns_and_every_pair_of_two_scenes_does(mdf_test_data: Path) -> None:
    pairs = list(real_pairs(mdf_test_data))
    for name, bg, frames in pairs:
        checker = PairChecker(tensor(bg))
        assert [fit for fit in map(checker, map(tensor, frames)) if fit.warning] == [], name
        for other, elsewhere, _ in pairs:
            if other != name:
                resized = Image.fromarray(elsewhere).resize(bg.shape[1::-1])
                wrong = PairChecker(tensor(np.asarray(resized)))
                assert all(wrong(tensor(frame)).warning for frame in frames), f"{name} before {other}"


def saved(path: Path, image: np.ndarray) -> Path:
    Image.fromarray(image).save(path)
    return path


def test_predict_tells_a_line_each_sums_up_many_and_writes_it_down(tmp_path: Path, trained: Path) -> None:  # noqa: F811
    bg = saved(tmp_path / "bg.png", scene(0))
    good = saved(tmp_path / "good.png", with_object(scene(0), 0.1))
    wrong = [saved(tmp_path / f"wrong{i}.png", scene(10 + i)) for i in range(5)]
    diary = Diary()
    written = api.predict_files(trained, [good, *wrong], tmp_path / "out", background=bg, observer=diary)
    assert list(written.warnings) == [str(path) for path in wrong]
    assert [warning.split(":")[0] for warning in diary.warnings[:3]] == [str(path) for path in wrong[:3]]
    assert diary.warnings[3].startswith("2 more frames do not fit their background")
    assert len(diary.warnings) == 4
    fits = [json.loads((tmp_path / "out" / f"{path.stem}.json").read_text())["fit"] for path in (good, wrong[0])]
    assert fits[0]["warning"] == ""
    assert fits[0]["structure"] > 0.7
    assert fits[1]["warning"].startswith("another view")


def test_a_session_says_it_too(trained: Path) -> None:  # noqa: F811
    session = mdf.load(trained).open(scene(0))
    assert session.check(scene(0)).warning == ""
    assert "another view" in session.check(scene(3)).warning
