"""Empty frames: found where nobody is, whatever flickers; doubted where somebody is; refused where there are none."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mdf.core.errors import DataError
from mdf.core.image import Pixels
from mdf.core.progress import Progress, Warned
from mdf.study.adapt.frames import Masks, cleared, emptiest, flickering, from_images

SIZE = (20, 30)


def quiet(_: Progress) -> None:
    """Nobody listens."""


def differs(background: Pixels, frames: Sequence[Pixels]) -> Masks:
    return np.stack([np.abs(frame.astype(int) - background).max(-1) > 20 for frame in frames])


def photo(path: Path, level: int = 100, somebody: bool = False, size: tuple[int, int] = SIZE) -> Path:
    pixels = np.full((*size, 3), level, np.uint8)
    if somebody:
        pixels[5:15, 5:10] = 255
    Image.fromarray(pixels).save(path)
    return path


def clip_masks() -> Masks:
    """30 frames: leaves come and go in a corner, somebody walks through half of them, somebody sits in a third."""
    masks = np.zeros((30, *SIZE), bool)
    masks[:, :4, :4] = np.random.default_rng(0).random((30, 1, 1)) < 0.5
    for number in range(15):
        masks[number, 5:15, number : number + 5] = True
    masks[15:25, 5:15, 20:26] = True
    return masks


def test_empty_frames_are_those_where_nobody_is() -> None:
    assert sorted(emptiest(clip_masks())) == [25, 26, 27, 28, 29]


def test_leaves_flicker_and_people_do_not() -> None:
    found = flickering(clip_masks())
    assert found[:4, :4].all()
    assert not found[5:].any()


def test_of_a_clip_that_is_never_empty_no_frame_is_taken() -> None:
    masks = np.zeros((30, *SIZE), bool)
    masks[:, 5:15, 5:15] = True
    assert emptiest(masks) == []


def test_what_is_found_in_an_empty_frame_is_cleared() -> None:
    background, frame = np.full((*SIZE, 3), 100, np.uint8), np.full((*SIZE, 3), 104, np.uint8)
    frame[10:12, 10:12] = 255
    found = (frame == 255).all(-1)
    clear = cleared(frame, found, background)
    assert clear.max() == 104
    assert (clear[0, 0] == 104).all()  # elsewhere the frame is as it was
    assert cleared(frame, np.zeros(SIZE, bool), background) is frame


def test_the_median_of_given_images_is_the_background(tmp_path: Path) -> None:
    paths = [photo(tmp_path / f"{level}.png", level) for level in (90, 100, 101)]
    frames = from_images(paths, (10, 15), differs, quiet)
    assert (frames.background == 100).all()
    assert frames.background.shape == (10, 15, 3)
    assert len(frames.empty) == 3


def test_one_image_is_the_background_alone(tmp_path: Path) -> None:
    frames = from_images([photo(tmp_path / "empty.png")], SIZE, differs, quiet)
    assert not frames.empty


def test_an_image_with_somebody_in_it_is_doubted(tmp_path: Path) -> None:
    told: list[Progress] = []
    paths = [photo(tmp_path / f"{n}.png", somebody=n == 2) for n in range(4)]
    from_images(paths, SIZE, differs, told.append)
    (warning,) = told
    assert isinstance(warning, Warned)
    assert warning.message.startswith(f"{paths[2]}: 8% of it differs")


def test_images_of_two_sizes_are_refused(tmp_path: Path) -> None:
    paths = [photo(tmp_path / "a.png"), photo(tmp_path / "b.png", size=(30, 30))]
    with pytest.raises(DataError, match=r"b\.png") as told:
        from_images(paths, SIZE, differs, quiet)
    assert "a.png" in str(told.value)
