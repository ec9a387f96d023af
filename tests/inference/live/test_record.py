"""`record` and `snapshots` of a whole run: the clips and the pictures belong to its events."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from live_cameras import PLUGIN, painted, walker, wall
from PIL import Image
from test_streams import RtspServer

import mdf
from mdf.core.video.clip import ClipFile
from mdf.plugins.sources.stream import Stream

av = pytest.importorskip("av", reason="clips need the extra `video`")
RATE = 10


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """H.264 in which somebody walks through from 4 s on, for 5 s."""
    if "libx264" not in av.codecs_available:
        pytest.skip("this PyAV has no libx264")
    path = tmp_path_factory.mktemp("film") / "film.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=Fraction(RATE), options={"g": "10", "preset": "ultrafast"})
        stream.height, stream.width, stream.pix_fmt = 96, 160, "yuv420p"
        for number in range(150):
            boxes = [walker(-14, 3.5)(number - 40)] if 40 <= number < 90 else []
            frame = painted(wall(), boxes, 1.0, number)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
        container.mux(stream.encode(None))
    return path


def packets(path: Path) -> list[bytes]:
    with av.open(str(path)) as container:
        return [bytes(packet) for packet in container.demux(video=0) if packet.size]


def test_clips_and_snapshots_bear_the_ids_of_their_events(film: Path, difference_run: Path, tmp_path: Path) -> None:
    keys = {"record": str(tmp_path / "clips"), "snapshots": str(tmp_path / "shots"), "background": "first"}
    settings = ["sink.clips.before=2", "sink.clips.after=1", "cool_off=1s"]
    events = list(mdf.watch(difference_run, film, plugins=[PLUGIN], settings=settings, **keys))
    begin, end = (next(e for e in events if e.phase == phase) for phase in ("begin", "end"))
    (clip,), (shot,) = ((tmp_path / name).glob("film/*/*") for name in ("clips", "shots"))
    assert clip.name.endswith(f"Z_{begin.id}.mp4")
    assert shot.name.endswith(f"Z_{begin.id}.jpg")
    own, source = packets(clip), packets(film)
    first = source.index(own[0])
    assert own == source[first : first + len(own)]
    assert begin.time - 3.1 <= first / RATE <= begin.time - 2
    assert (first + len(own)) / RATE == pytest.approx(end.time + 1, abs=0.4)
    assert begin.object is not None
    left, top, right, bottom = begin.object.box
    with Image.open(shot) as image:
        assert image.size == (160, 96)
        inside = np.asarray(image)[int(top * 96) + 8 : int(bottom * 96) - 5, int(left * 160) + 4 : int(right * 160) - 3]
    assert inside[..., 1].mean() > inside[..., 2].mean() + 60  # somebody is green, the wall is not


@pytest.mark.filterwarnings("ignore:new settings")
def test_recording_can_begin_while_watching(film: Path, difference_run: Path, tmp_path: Path) -> None:
    config = tmp_path / "yard.toml"
    asked = f'run = "{difference_run}"\nsource = "{film}"\nbackground = "first"\nupdate = "300ms"\n'
    config.write_text(asked)
    watching = mdf.watch(config=config, plugins=[PLUGIN])
    for event in watching:
        if event.phase == "begin":
            config.write_text(asked + f'record = "{tmp_path / "clips"}"\n')
            watching.reload()
    (clip,) = (tmp_path / "clips").glob("film/*/*")
    with av.open(str(clip)) as container:
        assert len(list(container.decode(video=0))) > 20


def test_a_stream_is_copied_as_the_camera_codes_it(film: Path, tmp_path: Path) -> None:
    server = RtspServer(film)
    try:
        source = Stream(Stream.Config(), server.address)
        source.records = True
        coded = [frame.coded for frame, _ in zip(source.frames(), range(25), strict=False)]
    finally:
        server.kill()
    streams = [one.stream for one in coded if one is not None and one.stream is not None]
    clip = ClipFile(tmp_path / f"clip{ClipFile.ending(streams[0])}", streams[0])
    copied = [packet for one in coded if one is not None for packet in one.packets]
    for packet in copied:
        clip.add(packet)
    clip.finish()
    assert len(streams) == 1
    assert copied[0].is_key
    own, source_packets = packets(clip.path), packets(film)
    assert len(own) == len(copied) >= 24
    first = next(index for index, data in enumerate(source_packets) if data.endswith(own[0][-500:]))
    slices = [data[-min(len(data), 100) :] for data in source_packets[first : first + len(own)]]
    assert all(data.endswith(end) for data, end in zip(own, slices, strict=True))  # headers may be repeated before them
    with av.open(str(clip.path)) as container:
        assert len(list(container.decode(video=0))) == len(own)
