"""CVAT for video: tracks over numbered frames."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from image_files import write

from mdf.core.errors import DataError
from mdf.plugins.datasets.files.labels.labelled import numbered_name
from mdf.plugins.datasets.files.masks.label_files import draw, read_labels
from mdf.plugins.datasets.files.masks.options import MaskOptions
from mdf.plugins.datasets.folder.dataset import Folder

SIZE = (20, 30)


def box(frame: int, left: float, outside: int = 0) -> str:
    return (
        f'<box frame="{frame}" outside="{outside}" occluded="0" keyframe="1" xtl="{left}" ytl="5" xbr="{left + 4}" '
        'ybr="9"><attribute name="colour">red</attribute></box>'
    )


def polygon(frame: int, left: int) -> str:
    return f'<polygon frame="{frame}" keyframe="1" points="{left},5;{left + 4},5;{left + 4},9;{left},9"/>'


def video(frames: int, *tracks: str, more: str = "<start_frame>0</start_frame><frame_filter></frame_filter>") -> str:
    size = f"<original_size><width>{SIZE[1]}</width><height>{SIZE[0]}</height></original_size>"
    labels = "<labels><label><name>size</name></label></labels>"
    task = f"<id>7</id><size>{frames}</size><mode>interpolation</mode>{more}{labels}{size}"
    shown = "".join(f'<track id="{n}" label="person">{track}</track>' for n, track in enumerate(tracks))
    return (
        f"<?xml version='1.0'?><annotations><version>1.1</version><meta><task>{task}</task></meta>{shown}</annotations>"
    )


def lefts(path: Path, frames: int) -> list[int | None]:
    """The first column of what is drawn on each frame."""
    found = []
    for number in range(frames):
        columns = np.flatnonzero(draw(path, numbered_name(number), SIZE, MaskOptions()).values.any(axis=0))
        found.append(int(columns[0]) if len(columns) else None)
    return found


def test_every_frame_of_a_track(tmp_path: Path) -> None:
    path = tmp_path / "annotations.xml"
    path.write_text(video(6, box(1, 3) + box(2, 4) + box(3, 9) + box(4, 9, outside=1)))
    assert lefts(path, 6) == [None, 3, 4, 9, None, None]


@given(st.integers(0, 10), st.integers(0, 10), st.integers(1, 4))
def test_a_box_moves_evenly_between_two_frames(
    tmp_path_factory: pytest.TempPathFactory, a: int, b: int, gap: int
) -> None:
    path = tmp_path_factory.mktemp("cvat") / "annotations.xml"
    path.write_text(video(gap + 3, box(1, a * gap) + box(1 + gap, b * gap)))
    moved = [a * gap + step * (b - a) for step in range(gap + 1)]
    assert lefts(path, gap + 3) == [
        None,
        *(left if left < SIZE[1] else None for left in moved),
        lefts(path, gap + 3)[-1],
    ]
    assert lefts(path, gap + 3)[-1] == (b * gap if b * gap < SIZE[1] else None), "it stays after its last frame"


def test_other_shapes_are_to_be_listed_for_every_frame(tmp_path: Path) -> None:
    path = tmp_path / "annotations.xml"
    path.write_text(video(4, polygon(0, 3) + polygon(1, 8)))
    assert lefts(path, 4) == [3, 8, 8, 8]
    path.write_text(video(4, polygon(0, 3) + polygon(2, 3)))
    assert lefts(path, 4) == [3, 3, 3, 3]
    path.write_text(video(5, polygon(0, 3) + polygon(2, 8)))
    with pytest.raises(DataError, match="does not list its polygon at every frame"):
        read_labels(path)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (video(2, box(2, 3)), "reaches frame 2 of a video of 2 frames"),
        (video(2, box(1, 3) + box(1, 4)), "two shapes at frame 1"),
        (video(2, box(0, 3), more="<start_frame>5</start_frame>"), "only part of a video"),
        (video(2, box(0, 3), more="<frame_filter>step=2</frame_filter>"), "only part of a video"),
        (video(2, "<box frame='0'/>"), "has no 'xtl'"),
    ],
)
def test_what_a_video_leaves_open_is_refused(tmp_path: Path, content: str, message: str) -> None:
    (tmp_path / "annotations.xml").write_text(content)
    with pytest.raises(DataError, match=message):
        read_labels(tmp_path / "annotations.xml")


def folder(root: Path, names: list[str], frames: int) -> Folder:
    for name in names:
        write(root / "fg_bg" / f"{name}.png", np.zeros((*SIZE, 3)))
    write(root / "bg" / "all.png", np.zeros((*SIZE, 3)))
    (root / "annotations.xml").write_text(video(frames, "".join(box(n, 2 + n) for n in range(frames))))
    return Folder(Folder.Config(), str(root))


@pytest.mark.parametrize("names", [["x_0001", "x_0002", "x_0003"], [numbered_name(n) for n in range(3)]])
def test_frames_are_numbered_in_their_order(tmp_path: Path, names: list[str]) -> None:
    data = folder(tmp_path, names, 3)
    for number in range(3):
        columns = np.flatnonzero(data.sample(number).targets["mask"][0].numpy().any(axis=0))
        assert columns[0] == 2 + number
    assert "CVAT (video) labels: person is foreground" in data.read_as()["mask"]


def test_some_frames_are_known_by_cvats_own_names(tmp_path: Path) -> None:
    data = folder(tmp_path, [numbered_name(0), numbered_name(4)], 6)
    columns = np.flatnonzero(data.sample(1).targets["mask"][0].numpy().any(axis=0))
    assert columns[0] == 6


@pytest.mark.parametrize("names", [["x_1", "x_2"], ["x_1", "x_2", "x_10"], ["frame_000001", "frame_000002"]])
def test_frames_whose_numbers_are_not_clear_are_refused(tmp_path: Path, names: list[str]) -> None:
    with pytest.raises(DataError, match="numbers 3 frames of a video and does not name them") as error:
        folder(tmp_path, names, 3)
    assert "CVAT for images" in error.value.hint
