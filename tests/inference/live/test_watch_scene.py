"""What happens to the whole picture: light is switched, a camera is covered or moved; and standard input."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from live_cameras import PLUGIN, painted, visits, walker, wall, write_video

import mdf
from mdf.core.image import Pixels
from mdf.engine.prepare.shift import Shift, moved

RATE = 10


def events_of(run: Path, folder: Path, frames: Sequence[Pixels], **keys: object) -> list[mdf.api.Event]:
    film = write_video(folder / "film.mkv", frames, RATE)
    return list(mdf.watch(run, film, plugins=[PLUGIN], background="first", **keys))


def of_camera(events: Sequence[mdf.api.Event]) -> list[tuple[str, str]]:
    return [(e.kind, e.phase) for e in events if e.object is None]


def grainy(pixels: Pixels, seed: int) -> Pixels:
    return painted(pixels, [], noise=1.5, seed=seed)


@pytest.mark.parametrize("factor", [0.5, 1.6])
def test_a_light_switch_is_no_visit_and_soon_over(difference_run: Path, tmp_path: Path, factor: float) -> None:
    bright, somebody = wall(), walker(-20, 3.5)
    other = (bright * factor).clip(0, 255).astype(np.uint8)
    frames = [grainy(bright, n) for n in range(30)] + [grainy(other, n) for n in range(60)]
    frames += [painted(other, [somebody(n)], 1.5, n) for n in range(100)]
    events = events_of(difference_run, tmp_path, frames)
    assert of_camera(events) == [("light changed", "begin"), ("light changed", "end")]
    begun, ended = (e.time for e in events if e.kind == "light changed")
    assert begun == pytest.approx(3.0, abs=0.2)
    assert ended - begun < 10
    assert visits(events) == [1]
    assert next(e.time for e in events if e.kind == "appeared") > 9


def test_a_covered_camera_is_one_event_and_no_visit(difference_run: Path, tmp_path: Path) -> None:
    dark = np.full_like(wall(), 12)
    frames = [grainy(wall() if not 30 <= n < 90 else dark, n) for n in range(160)]
    events = events_of(difference_run, tmp_path, frames)
    assert of_camera(events) == [("camera covered", "begin"), ("camera covered", "end")]
    assert not visits(events)


def test_a_camera_that_was_moved_a_little_is_corrected(difference_run: Path, tmp_path: Path) -> None:
    shifted, somebody = moved(wall(), Shift(5, 3, 0)), walker(-20, 3.5)
    frames = [grainy(wall(), n) for n in range(30)] + [grainy(shifted, n) for n in range(80)]
    frames += [painted(shifted, [somebody(n)], 1.5, n) for n in range(60)]
    events = events_of(difference_run, tmp_path, frames)
    told = next(e for e in events if e.kind == "camera moved")
    assert told.details["right"] == pytest.approx(5 / 160, abs=0.01)
    assert told.details["down"] == pytest.approx(3 / 96, abs=0.01)
    last = [e for e in events if e.kind == "appeared" and e.phase == "begin"][-1]
    assert last.time > 11
    assert last.object is not None
    assert last.object.area == pytest.approx(14 * 50 / (96 * 160), rel=0.3)


def test_standard_input_is_read_to_its_end(difference_run: Path, tmp_path: Path) -> None:
    somebody = walker(-20, 3.5)
    frames = [painted(wall(), [somebody(n - 20)] if n >= 20 else [], 1.0, n) for n in range(120)]
    film = write_video(tmp_path / "film.mkv", frames, RATE)
    piped = tmp_path / "film.y4m"
    av = pytest.importorskip("av")
    with av.open(str(film)) as source, av.open(str(piped), "w", format="yuv4mpegpipe") as out:
        stream = out.add_stream("wrapped_avframe", rate=RATE)
        stream.width, stream.height, stream.pix_fmt = 160, 96, "yuv444p"
        for frame in source.decode(video=0):
            out.mux(stream.encode(frame.reformat(format="yuv444p")))
    command = [sys.executable, "-m", "mdf", "-p", PLUGIN, "watch", str(difference_run), "-", "--background", "first"]
    environ = os.environ | {"PYTHONPATH": str(Path(mdf.__file__).parents[1])}
    with piped.open("rb") as file:
        done = subprocess.run([*command, "--json"], stdin=file, capture_output=True, text=True, env=environ)
    assert done.returncode == 0, done.stderr
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert [(line["kind"], line["phase"]) for line in lines] == [("appeared", "begin"), ("appeared", "end")]
    assert "120 frames" in done.stderr
