"""Streams of real servers on loopback: killed, stalled, restarted, of another size, with a password."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import warnings
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from fractions import Fraction
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from live_cameras import PLUGIN, painted, visits, walker, wall
from PIL import Image

import mdf
from mdf.core.errors import DataError
from mdf.core.image import Pixels

pytestmark = pytest.mark.slow

av = pytest.importorskip("av", reason="streams need the extra `video`")
SERVER = Path(__file__).with_name("rtsp_server.py")
RATE = 15
QUICK = ["source.timeout=3", "learn=1s", "stall=3s"]


def python_with_gstreamer() -> str:
    """A Python that has GStreamer's RTSP server; the test is skipped where there is none."""
    for python in filter(None, (sys.executable, shutil.which("python3", path="/usr/bin"))):
        probe = "import gi; gi.require_version('GstRtspServer', '1.0'); from gi.repository import GstRtspServer"
        if subprocess.run([python, "-c", probe], capture_output=True).returncode == 0:
            return python
    pytest.skip(
        "no GStreamer RTSP server here (packages gir1.2-gst-rtsp-server-1.0, python3-gi, gstreamer1.0-plugins-*)"
    )


def story(size: tuple[int, int] = (96, 160)) -> list[Pixels]:
    """Two seconds of an empty scene, then somebody who walks through."""
    somebody = walker(-20, 1.8, top=size[0] // 3)
    empty = [painted(wall(size=size), [], 1.0, number) for number in range(2 * RATE)]
    return empty + [painted(wall(size=size), [somebody(number)], 1.0, number) for number in range(8 * RATE)]


def write_h264(path: Path, frames: Sequence[Pixels]) -> Path:
    if "libx264" not in av.codecs_available:
        pytest.skip("this PyAV has no libx264")
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=Fraction(RATE), options={"g": "15", "tune": "zerolatency"})
        stream.height, stream.width, stream.pix_fmt = *frames[0].shape[:2], "yuv420p"
        for frame in frames:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
        container.mux(stream.encode(None))
    return path


class RtspServer:
    """A server process that can be killed, stopped and started again at the same address."""

    def __init__(self, film: Path, secret: Sequence[str] = ()) -> None:
        self._python = python_with_gstreamer()
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.film, self._secret = film, secret
        self.start()

    @property
    def address(self) -> str:
        return f"rtsp://127.0.0.1:{self.port}/stream"

    def start(self) -> None:
        command = [self._python, str(SERVER), str(self.port), str(self.film), *self._secret]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == "listening\n"

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_h264(tmp_path_factory.mktemp("film") / "film.mp4", story())


@pytest.fixture
def served() -> Iterator[Callable[..., RtspServer]]:
    servers: list[RtspServer] = []

    def serve(*args: object) -> RtspServer:
        servers.append(RtspServer(*args))  # type: ignore[arg-type]
        return servers[-1]

    yield serve
    for server in servers:
        server.kill()


def watch(run: Path, address: str, **keys: object) -> mdf.api.Watching:
    return mdf.watch(run, address, plugins=[PLUGIN], settings=QUICK, **keys)


def check_phases(events: Sequence[mdf.api.Event]) -> None:
    """Every event begins once, and ends once."""
    assert len({(e.id, e.sequence) for e in events}) == len(events)
    begun, ended = (Counter(e.id for e in events if e.phase == phase) for phase in ("begin", "end"))
    assert begun == ended
    assert set(begun.values()) <= {1}


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_a_stream_that_is_killed_comes_back(
    served: Callable[..., RtspServer], film: Path, difference_run: Path, tmp_path: Path
) -> None:
    server = served(film)
    watching = watch(difference_run, server.address, events=str(tmp_path / "e.jsonl"))
    events, kills = [], 0
    for event in watching:
        events.append(event)
        if (event.kind, event.phase) == ("appeared", "begin") and kills < 3:
            kills += 1
            server.kill()
        elif (event.kind, event.phase) == ("camera lost", "begin"):
            server.start()
        elif len(visits(events)) == 4:
            watching.stop()
    check_phases(events)
    assert [e.reason for e in events if e.kind == "camera lost" and e.phase == "end"] == ["back"] * 3
    assert len(visits(events)) == 4
    assert all(earlier.time <= later.time for earlier, later in pairwise(events))
    (counts,) = watching.summary().values()
    assert counts["opened"] >= 4
    assert len((tmp_path / "e.jsonl").read_text().splitlines()) == len(events)


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_a_stream_that_stalls_is_opened_again(
    served: Callable[..., RtspServer], film: Path, difference_run: Path
) -> None:
    server = served(film)
    watching = watch(difference_run, server.address)
    events: list[mdf.api.Event] = []
    for event in watching:
        events.append(event)
        if (event.kind, event.phase) == ("appeared", "begin") and len(events) == 1:
            os.kill(server.process.pid, signal.SIGSTOP)
        elif (event.kind, event.phase) == ("camera lost", "begin"):
            os.kill(server.process.pid, signal.SIGCONT)
        elif (event.kind, event.phase) == ("camera lost", "end"):
            watching.stop()
    check_phases(events)
    assert [e.phase for e in events if e.kind == "camera lost"] == ["begin", "end"]


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_a_stream_of_another_size_is_learned_anew(
    served: Callable[..., RtspServer], film: Path, difference_run: Path, tmp_path: Path
) -> None:
    server = served(film)
    other = write_h264(tmp_path / "other.mp4", story((128, 192)))
    watching = watch(difference_run, server.address)
    events: list[mdf.api.Event] = []
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        for event in watching:
            events.append(event)
            if (event.kind, event.phase) == ("appeared", "begin") and len(visits(events)) == 1:
                server.kill()
                server.film = other
            elif (event.kind, event.phase) == ("camera lost", "begin"):
                server.start()
            elif len(visits(events)) == 2:
                watching.stop()
    check_phases(events)
    assert len(visits(events)) == 2
    assert any("changed its size from 160×96 to 192×128" in str(warning.message) for warning in warned)


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_damaged_packets_end_nothing(served: Callable[..., RtspServer], film: Path, difference_run: Path) -> None:
    """One byte in 50,000 is wrong: pictures are damaged or missing, and the camera is watched."""
    watching = watch(difference_run, served(film, ["--damaged"]).address)
    events: list[mdf.api.Event] = []
    for event in watching:
        events.append(event)
        if event.kind in ("appeared", "camera lost") and len(events) > 1:
            watching.stop()
    check_phases(events)
    assert visits(events)
    (counts,) = watching.summary().values()
    assert RATE < counts["frames"] < 40 * RATE


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_a_stream_that_changes_its_size_while_it_runs(difference_run: Path, tmp_path: Path) -> None:
    """Its background is learned anew, without a depth of another shape. A background that was given fits no longer, and
    that is said in one line."""
    frames = [*story()[: 4 * RATE], *story((128, 192))]
    np.save(tmp_path / "depth.npy", np.full((96, 160), 4.0))
    with mjpeg_server(frames) as address:
        watching = watch(difference_run, address, background_depth=str(tmp_path / "depth.npy"))
        with warnings.catch_warnings(record=True) as warned:
            warnings.simplefilter("always")
            for event in watching:
                if event.kind == "appeared" and event.time > 5:
                    watching.stop()
        said = "\n".join(str(warning.message) for warning in warned)
        assert "changed its size from 160×96 to 192×128" in said
        assert "depth is relative from now on" in said
        Image.fromarray(wall()).save(tmp_path / "empty.png")
        with pytest.raises(DataError, match="changed its size from 160×96 to 192×128") as caught:
            list(watch(difference_run, address, background=str(tmp_path / "empty.png")))
    assert "--background auto" in caught.value.hint


def test_refused_credentials_are_one_line_without_the_password(
    served: Callable[..., RtspServer], film: Path, difference_run: Path
) -> None:
    server = served(film, ("admin", "right"))
    address = server.address.replace("//", "//admin:wrong-secret@")
    with pytest.raises(DataError, match="refused the user name or the password") as caught:
        list(watch(difference_run, address))
    assert "wrong-secret" not in str(caught.value)
    assert f"rtsp://127.0.0.1:{server.port}/stream" in caught.value.message
    right = watch(difference_run, server.address.replace("//", "//admin:right@"))
    for _ in right:
        right.stop()
    assert next(iter(right.summary().values()))["frames"] > 0


def test_nobody_at_the_address(difference_run: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    for scheme in ("rtsp", "http"):
        with pytest.raises(DataError, match=rf"{scheme}://127.0.0.1:{port}/a cannot be opened"):
            list(watch(difference_run, f"{scheme}://user:secret@127.0.0.1:{port}/a"))


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_mjpeg_over_http(difference_run: Path) -> None:
    with mjpeg_server(story()) as address:
        watching = watch(difference_run, address)
        events = []
        for event in watching:
            events.append(event)
            if event.phase == "begin":
                watching.stop()
    check_phases(events)
    assert visits(events) == [1]


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_a_camera_that_is_not_there_yet_ends_no_other(difference_run: Path) -> None:
    events: list[mdf.api.Event] = []
    with mjpeg_server(story()) as yard, ExitStack() as later:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        cameras = {"yard": {"source": yard}, "door": {"source": f"http://user:secret@127.0.0.1:{port}/video"}}
        watching = mdf.watch(difference_run, config={"camera": cameras}, plugins=[PLUGIN], settings=QUICK)
        for event in watching:
            events.append(event)
            told = event.camera, event.kind, event.phase
            if told == ("yard", "appeared", "begin"):
                later.enter_context(mjpeg_server(story(), port))
            elif told == ("door", "camera lost", "end"):
                watching.stop()
    check_phases(events)
    lost = [event for event in events if event.camera == "door"]
    assert [(event.kind, event.phase, event.reason) for event in lost] == [
        ("camera lost", "begin", ""),
        ("camera lost", "end", "back"),
    ]
    assert "secret" not in repr(lost)
    assert 0 < lost[0].time < lost[1].time


class mjpeg_server:  # noqa: N801 - used as a context
    """Sends frames as multipart JPEG at `RATE` to each client, from the first one on."""

    def __init__(self, frames: Sequence[Pixels], port: int = 0) -> None:
        parts = []
        for frame in frames:
            file = BytesIO()
            Image.fromarray(frame).save(file, "JPEG", quality=92)
            data = file.getvalue()
            parts.append(b"--part\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n%s\r\n" % (len(data), data))
        ended = threading.Event()

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200)
                self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=part")
                self.end_headers()
                for part in parts:
                    try:
                        self.wfile.write(part)
                    except OSError:
                        return
                    if ended.wait(1 / RATE):
                        return

            def log_message(self, *_: object) -> None:
                pass

        self._ended, self._server = ended, ThreadingHTTPServer(("127.0.0.1", port), Handler)

    def __enter__(self) -> str:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{self._server.server_address[1]}/video"

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._server.shutdown()
        self._server.server_close()
