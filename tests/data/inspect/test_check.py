"""`mdf data check` finds every planted fault, names it with its cure, and finds nothing where nothing is wrong."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from faulty_set import SIDE, cut_short, make_folder
from PIL import Image

from mdf.core.config import Component
from mdf.core.progress import Progress, Stage
from mdf.data.inspect.check import check
from mdf.data.inspect.results import DataCheck


def checked(name: str, plugins: list[str] | None = None, **options: object) -> DataCheck:
    return check(lambda _: None, Component(name=name, options=options), plugins or [])


def faulty(plugin: str, fault: str, **options: object) -> DataCheck:
    return checked("faulty", [plugin], fault=fault, **options)


def test_nothing_is_found_where_nothing_is_wrong(tmp_path: Path) -> None:
    found = checked(f"folder:{make_folder(tmp_path)}")
    assert (found.findings, found.samples, found.read, found.backgrounds) == ((), 20, 20, 5)


def test_every_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    root = make_folder(tmp_path)
    cut = [cut_short(root / "fg_bg" / f"{name}.jpg") for name in ("room1_002", "room3_001")]
    wrong = root / "mask" / "room2_003.png"
    Image.fromarray(np.zeros((SIDE - 4, SIDE), np.uint8)).save(wrong)
    found = checked(f"folder:{root}")
    assert (found.errors, found.warnings, found.read) == (3, 0, 17)
    messages = [finding.what for finding in found.findings]
    assert [str(path) in what for path, what in zip([cut[0], wrong, cut[1]], messages, strict=True)] == [True] * 3
    assert all(finding.cure for finding in found.findings)


def test_a_mask_without_a_frame_is_told_and_stops_nothing(tmp_path: Path) -> None:
    root = make_folder(tmp_path)
    (root / "fg_bg" / "room1_002.jpg").unlink()
    found = checked(f"folder:{root}")
    assert (found.errors, found.samples, found.read) == (0, 19, 19)
    (finding,) = found.findings
    assert (finding.level, finding.kind) == ("warning", "unused file")
    assert "room1_002.png has no frame" in finding.what
    assert "remove it" in finding.cure


def test_a_sample_that_was_saved_once_more_is_found_though_its_bytes_differ(tmp_path: Path) -> None:
    root = make_folder(tmp_path)
    frame = Image.open(root / "fg_bg" / "room0_001.jpg")
    frame.save(root / "fg_bg" / "room0_009.jpg", quality=70)
    frame.point(lambda level: level * 0.9).save(root / "fg_bg" / "room1_009.png")
    for name in ("room0_009", "room1_009"):
        shutil.copy(root / "mask" / "room0_001.png", root / "mask" / f"{name}.png")
    Image.open(root / "fg_bg" / "room2_000.jpg").save(root / "fg_bg" / "room3_009.jpg", quality=70)  # another truth
    shutil.copy(root / "mask" / "room3_000.png", root / "mask" / "room3_009.png")
    (finding,) = checked(f"folder:{root}").findings
    assert finding.kind == "near-duplicate"
    assert "3 samples" in finding.what
    assert all(f"room{name}" in finding.what for name in ("0_001", "0_009", "1_009"))
    assert finding.level == "error", "rooms 0 and 1 are in different splits"


@pytest.mark.parametrize(
    ("fault", "options", "level", "kind", "told"),
    [
        ("raises", {}, "error", "unreadable", "sample 2 cannot be read (KeyError"),
        ("no size", {}, "error", "unreadable", "sample 4 cannot be read (OSError: header is gone)"),
        ("size", {}, "error", "unreadable", "its target `depth` is 20×32 pixels, its images 32×32"),
        (
            "levels",
            {},
            "error",
            "value",
            "mask: 1 valid pixel is neither 0 nor 1 (the largest value is 255)",
        ),
        ("zero", {}, "error", "value", "sample `sample-1`: depth: 1 valid pixel is at or below 0"),
        ("nan", {}, "error", "value", "`sample-1`: depth: 2 valid pixels are NaN or infinite"),
        (
            "negative",
            {"unit": "relative"},
            "error",
            "value",
            "1 valid pixel is below 0 (the smallest value is -1)",
        ),
        ("unknown", {}, "warning", "no valid pixel", "1 of 9 samples have no valid depth pixel: `sample-1`"),
        ("copy", {}, "warning", "duplicate", "2 samples have identical images: `sample-3` (train), `sample-4`"),
        ("copy in test", {}, "error", "duplicate", "`sample-3` (train), `sample-7` (test)"),
        ("copy in test", {"by": "time"}, "warning", "duplicate", "`sample-3` (train), `sample-7` (test)"),
        ("shared scene", {}, "error", "leak", "scene `room-0` is in train and test"),
        ("shared scene", {"by": "time"}, "warning", "split in time", "scores are scene-specific"),
        ("twin rooms", {}, "error", "leak", "nearly the same background: `room-0` (train), `room-8` (test)"),
        ("twin rooms", {"by": "time"}, "warning", "leak", "`room-0` (train), `room-8` (test)"),
        ("twin rooms in train", {}, "warning", "near-duplicate background", "`room-0` (train), `room-3` (train)"),
        ("listed twice", {}, "error", "leak", "the splits list 1 samples twice"),
        ("empty split", {}, "error", "empty split", "no sample is in the val split"),
    ],
    ids=lambda value: value if isinstance(value, str) and len(value) < 20 else "",
)
def test_a_fault_is_told(plugin: str, fault: str, options: dict[str, str], level: str, kind: str, told: str) -> None:
    found = faulty(plugin, fault, **options)
    first = found.findings[0]
    assert (first.level, first.kind) == (level, kind)
    assert told in first.what
    assert found.errors == (0 if level == "warning" else sum(f.level == "error" for f in found.findings))


@pytest.mark.parametrize(
    ("fault", "options"),
    [("", {}), ("zero", {"unit": "relative"}), ("empty", {}), ("flat", {})],
    ids=["nothing", "relative depth may be 0", "an empty mask is no fault", "black backgrounds show no place"],
)
def test_what_is_no_fault_is_not_told(plugin: str, fault: str, options: dict[str, str]) -> None:
    assert faulty(plugin, fault, **options).findings == ()


def test_targets_that_show_nothing_are_counted_by_task(plugin: str) -> None:
    assert faulty(plugin, "empty").empty == {"mask": 1}


def test_errors_stand_before_warnings(plugin: str) -> None:
    found = faulty(plugin, "shared scene")
    levels = [finding.level for finding in found.findings]
    assert levels == sorted(levels)  # "error" < "warning"


def test_progress_tells_how_many_and_how_fast(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mdf.data.inspect.check.PROGRESS_EVERY", -1.0)
    events: list[Progress] = []
    check(events.append, Component(name=f"folder:{make_folder(tmp_path)}"), [])
    told = [event for event in events if isinstance(event, Stage) and event.total]
    assert [event.done for event in told] == list(range(1, 21))
    assert "samples/s" in told[-1].name


def test_scenes_have_no_faults() -> None:
    assert checked("scenes", train=40, val=10, test=15, size=48).findings == ()


def test_a_recording_split_in_time_is_a_warning(mdf_test_data: Path) -> None:
    found = checked(f"cdnet:{mdf_test_data / 'cdnet2014' / 'dataset'}")
    assert (found.errors, [f.kind for f in found.findings]) == (0, ["split in time"])


def test_a_video_has_no_splits_to_share(mdf_test_data: Path) -> None:
    pytest.importorskip("av")
    clip = mdf_test_data / "surveillance_clip" / "one-by-one-person-detection.mp4"
    found = checked(f"video:{clip}", fps=0.2)
    assert (found.errors, found.findings[0].kind) == (0, "no splits")


def test_frames_of_one_room_as_scenes_of_their_own_are_a_leak(mdf_test_data: Path) -> None:
    name = f"composite:{mdf_test_data / 'rgbd_rooms'},{mdf_test_data / 'cutouts'}"
    found = checked(name, train=6, val=3, test=3)
    assert [(f.level, f.kind) for f in found.findings if f.kind == "leak"] == [("error", "leak")]
