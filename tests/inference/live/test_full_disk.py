"""A disk that is full, a real one: recording stops, watching does not, and what was written before is whole."""

from __future__ import annotations

import json
import subprocess
import warnings
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from live_cameras import PLUGIN, painted, visits, walker, wall, write_video

import mdf
from mdf.inference.live.delivery import deliver

RATE = 10


@pytest.fixture(scope="module")
def noisy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Somebody comes again and again, with so much noise that a video of them is large: more of it would all be
    foreground to this network, and so one visit."""
    somebody = walker(-20, 7)
    frames = [painted(wall(), [somebody(n % 60 - 20)], noise=2.5, seed=n) for n in range(320)]
    return write_video(tmp_path_factory.mktemp("noisy") / "noisy.mkv", frames, RATE)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Callable[[str], Path]]:
    """Mounts a file system of so many bytes."""
    mounted: list[Path] = []

    def mount(size: str) -> Path:
        folder = tmp_path / f"disk-{size}"
        folder.mkdir()
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)], capture_output=True)
        if done.returncode:
            pytest.skip("mounting a small disk needs root")
        mounted.append(folder)
        return folder

    yield mount
    for folder in mounted:
        subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk_stops_recording_not_watching(
    noisy: Path, difference_run: Path, small_disk: Callable[[str], Path], tmp_path: Path
) -> None:
    """What lies on the disk can be played; the events, on another disk, are all there."""
    av = pytest.importorskip("av")
    keys = {"plugins": [PLUGIN], "background": "first"}
    video = small_disk("200k") / "seen.mp4"
    lines = tmp_path / "events.jsonl"
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        told = list(mdf.watch(difference_run, noisy, out=str(video), events=str(lines), **keys))
    said = [str(one.message) for one in warned]
    assert len(said) == len(set(said))
    assert said[0].endswith("seen.mp4: the disk is full; watching goes on, and it is tried again")
    assert said[-1].endswith("frames were dropped")
    assert [(e.id, e.phase) for e in told] == [
        (line["id"], line["phase"]) for line in map(json.loads, lines.read_text().splitlines())
    ]
    assert visits(told) == [1, 2, 3, 4, 5]
    played = 0
    with av.open(str(video)) as container, suppress(av.FFmpegError):  # the last frame may be cut
        for _ in container.decode(video=0):
            played += 1
    assert played > 10


def test_events_on_a_full_disk_are_whole_lines(
    noisy: Path, difference_run: Path, small_disk: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deliver, "DOWN_PATIENCE", 0.2)
    file = small_disk("4k") / "events.jsonl"
    watching = mdf.watch(difference_run, noisy, plugins=[PLUGIN], background="first", events=str(file), update="500ms")
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        told = [(e.id, e.sequence) for e in watching]
    down, lost = (str(one.message) for one in warned)
    assert "events.jsonl: cannot write " in down
    assert down.endswith("; watching goes on, and it is tried again")
    assert lost.endswith("phases of events were not delivered")
    written = file.read_text()
    assert written.endswith("\n")
    kept = [(line["id"], line["sequence"]) for line in map(json.loads, written.splitlines())]
    assert 0 < len(kept) < len(told)
    assert kept == told[: len(kept)]
