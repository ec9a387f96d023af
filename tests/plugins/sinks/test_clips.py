"""Clips: which packets are in them, read back with PyAV; a disk that fills; what is kept."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from told_events import eventually, told

from mdf.core.footage import Coded, CodedStream, Footage
from mdf.core.image import Pixels
from mdf.inference.live.delivery import outage
from mdf.inference.live.delivery.deliver import Delivery
from mdf.plugins.sinks.dated import DatedConfig, DatedFolder

av = pytest.importorskip("av", reason="clips need the extra `video`")

from mdf.core.video.coded import FileCopy, FrameCoder  # noqa: E402
from mdf.plugins.sinks.clips import Clips  # noqa: E402

RATE = 10
SECONDS = 30


def frames(count: int) -> list[Pixels]:
    """Noise that is not easy to compress, each frame another level."""
    rng = np.random.default_rng(0)
    noise = rng.integers(0, 60, (8, 96, 160, 3), np.uint8)
    return [noise[number % 8] + np.uint8(number % 190) for number in range(count)]


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Half a minute of H.264 with B-frames and a key frame each second."""
    if "libx264" not in av.codecs_available:
        pytest.skip("this PyAV has no libx264")
    path = tmp_path_factory.mktemp("film") / "film.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream(
            "libx264", rate=Fraction(RATE), options={"g": "10", "preset": "ultrafast", "bf": "2"}
        )
        stream.height, stream.width, stream.pix_fmt = 96, 160, "yuv420p"
        for frame in frames(SECONDS * RATE):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
        container.mux(stream.encode(None))
    return path


def packets(path: Path) -> list[tuple[float, bytes]]:
    """When each packet is shown, and its bytes."""
    with av.open(str(path)) as container:
        return [(float(p.pts * p.time_base), bytes(p)) for p in container.demux(video=0) if p.size]


def decoded(path: Path) -> list[Pixels]:
    with av.open(str(path)) as container:
        return [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]


def clips(folder: Path) -> list[Path]:
    return sorted(folder.glob("*/*/*"))


class Player:
    """Plays a film to a sink as a camera would, with events at their times."""

    def __init__(self, delivery: Delivery, film: Path) -> None:
        self.delivery, self._copy = delivery, FileCopy(film, 0)
        self._stream: CodedStream | None = None
        self.number = 0

    def play(self, until: float) -> None:
        while self.number / RATE < until:
            self.send(self._copy.until(self.number / RATE))
            self.number += 1

    def send(self, coded: Coded) -> None:
        self._stream = coded.stream or self._stream
        assert self._stream is not None
        seconds = self.number / RATE
        self.delivery.offer(Footage("yard", seconds, 1_000_000 + seconds, self._stream, coded.packets), wait=True)

    def event(self, number: int, phase: str) -> None:
        self.delivery.event(replace(told(number), phase=phase, sequence=int(phase == "end"), time=self.number / RATE))  # type: ignore[arg-type]


def player(film: Path, folder: Path, **options: object) -> Player:
    return Player(Delivery("clips", Clips(Clips.Config(**{"spare": 0, **options}), str(folder))), film)  # type: ignore[arg-type]


def test_a_clip_holds_the_packets_of_the_source_from_before_an_event_until_after_it(film: Path, tmp_path: Path) -> None:
    one = player(film, tmp_path, before=3, after=2)
    one.play(8.5)
    one.event(1, "begin")
    one.play(12)
    one.event(1, "end")
    one.play(20.5)
    one.event(2, "begin")
    one.play(22)
    one.event(3, "begin")  # two that overlap share a clip
    one.event(2, "end")
    one.play(23)
    one.event(3, "end")
    one.play(30)
    one.delivery.close()
    source, files = packets(film), clips(tmp_path)
    assert [file.name for file in files] == ["134645Z_yard-a-000001.mp4", "134657Z_yard-a-000002.mp4"]
    for file, start, end in zip(files, (5, 17), (14, 25), strict=True):
        own = [data for _, data in packets(file)]
        first = [data for _, data in source].index(own[0])
        assert own == [data for _, data in source[first : first + len(own)]]  # copied, not encoded again
        assert source[first][0] - source[0][0] == start
        assert start + len(own) / RATE == pytest.approx(end, abs=0.45)
        assert len(decoded(file)) == len(own)
    probe = (
        subprocess.run(
            ["ffprobe", "-v", "error", "-show_entries", "format=duration", "-of", "csv=p=0", str(files[0])],
            capture_output=True,
            text=True,
        )
        if shutil.which("ffprobe")
        else None
    )
    assert probe is None or float(probe.stdout) == pytest.approx(9, abs=0.4)
    assert one.delivery.take_messages() == []


def test_a_long_event_is_cut_into_files_that_miss_nothing(film: Path, tmp_path: Path) -> None:
    one = player(film, tmp_path, before=1, longest=4)
    one.play(5)
    one.event(1, "begin")
    one.play(20)
    one.delivery.close()
    files = sorted(clips(tmp_path), key=lambda file: (len(file.name), file.name))
    assert len(files) == 4
    together = [data for file in files for _, data in packets(file)]
    source = [data for _, data in packets(film)]
    start = source.index(together[0])
    assert together == source[start : start + len(together)]
    assert len(together) >= 155


def test_after_a_hole_a_clip_goes_on_with_a_key_frame(film: Path, tmp_path: Path) -> None:
    one = player(film, tmp_path, before=1, after=1)
    one.event(1, "begin")
    one.play(5)
    one._copy.until(6.4)  # these are lost
    one.number = 64
    one.play(10)
    one.delivery.close()
    (file,) = clips(tmp_path)
    own = packets(file)
    source = [data for _, data in packets(film)]
    after = own[next(index for index, (_, data) in enumerate(own) if data == source[70]) :]
    assert [data for _, data in after] == source[70 : 70 + len(after)]
    before = [data for _, data in own[: -len(after)]]
    assert 50 <= len(before) < 55
    assert before == source[: len(before)]


def test_another_stream_begins_another_clip(film: Path, tmp_path: Path) -> None:
    one = player(film, tmp_path, before=1)
    one.event(1, "begin")
    one.play(5)
    one._copy = FileCopy(film, 0)  # the camera was opened again
    one.play(8)
    one.delivery.close()
    assert [len(packets(file)) > 20 for file in clips(tmp_path)] == [True, True]


def test_frames_without_coded_pictures_are_encoded_once(film: Path, tmp_path: Path) -> None:
    one = player(film, tmp_path, before=1)
    coder = FrameCoder((96, 160))
    pixels = [np.full((96, 160, 3), 20 + 2 * number, np.uint8) for number in range(60)]
    one.event(1, "begin")
    for number, frame in enumerate(pixels):
        one.number = number
        one.send(coder.add(frame, number / RATE))
    one.delivery.close()
    (file,) = clips(tmp_path)
    shown = decoded(file)
    assert 55 <= len(shown) <= 60
    assert [round(float(frame.mean())) for frame in shown[:3]] == pytest.approx([20, 22, 24], abs=2)
    assert packets(file)[5][0] == pytest.approx(0.5, abs=0.01)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of one megabyte."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(disk)], capture_output=True)
    if mounted.returncode:
        pytest.skip("mounting a small disk is not allowed here")
    yield disk
    subprocess.run(["umount", "-l", str(disk)], check=True)


@pytest.mark.parametrize("spare", [0.0, 0.05])
def test_a_full_disk_stops_recording_until_there_is_room(
    spare: float, small_disk: Path, film: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outage, "LONGEST_PAUSE", 0.1)
    ballast = small_disk / "ballast"
    ballast.write_bytes(bytes(2**20 - 150_000))
    folder = small_disk / "clips"
    one = player(film, folder, before=1, spare=spare)
    one.event(1, "begin")
    one.play(15)
    lines: list[str] = []
    assert eventually(lambda: bool(lines.extend(one.delivery.take_messages()) or lines))
    assert lines[0] == f"clips: cannot write to {folder}: the disk is full; watching goes on, and it is tried again"
    assert len(lines) == 1 or not spare  # without spare room it begins, and fails, as soon as there is a little
    ballast.unlink()
    before = one.number
    while not one.delivery.works and one.number < 290:
        one.play((one.number + 5) / RATE)
        time.sleep(0.05)
    one.play(30)
    one.delivery.close()
    lines = one.delivery.take_messages()
    assert any(line.startswith("clips: works again") for line in lines)
    assert "frames were not recorded" in lines[-1]
    first, *_, last = clips(folder)
    assert len(decoded(first)) >= 10  # what was written before can be played
    assert len(decoded(last)) >= (300 - before) // 2
    assert one.delivery.dropped[Footage] > 0


def test_the_oldest_files_go_first_and_others_stay(tmp_path: Path) -> None:
    day = tmp_path / "yard" / "2026-01-01"
    day.mkdir(parents=True)
    names = [f"{number:06d}Z_yard-1-{number:06d}.mp4" for number in range(6)]
    for number, name in enumerate([*names, "holiday.mp4"]):
        (day / name).write_bytes(bytes(100))
        moment = time.time() - (40 - number if number < 2 else 10 - number) * 86400
        os.utime(day / name, (moment, moment))
    folder = DatedFolder(str(tmp_path), DatedConfig(days=30, gigabytes=300e-9))
    folder.tidy(open_files=[day / names[2]])
    assert sorted(one.name for one in day.iterdir()) == [names[2], *names[4:], "holiday.mp4"]


def test_file_copy_gives_each_packet_once(film: Path) -> None:
    copy = FileCopy(film, 0)
    taken = [packet for number in range(SECONDS * RATE) for packet in copy.until(number / RATE).packets]
    assert [packet.data for packet in taken] == [data for _, data in packets(film)]
