"""Real servers on loopback that can be killed and started again at the same address."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Self

RTSP = Path(__file__).parents[1] / "inference/live/rtsp_server.py"
HOOK = Path(__file__).with_name("hook_server.py")


class MissingProgramError(Exception):
    """A program that a part needs is not here."""


def free_port() -> int:
    """A port of loopback that nobody listens at."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Server:
    """A program that listens at a port of loopback until it is killed."""

    def __init__(self, command: Sequence[str], port: int) -> None:
        self._command, self.port = command, port

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def start(self) -> None:
        """Start it, and wait until it listens."""
        nowhere = subprocess.DEVNULL
        self._process = subprocess.Popen(self._command, stdout=nowhere, stderr=nowhere)
        while not self._listens():
            if self._process.poll() is not None:
                raise MissingProgramError(f"{self._command[0]} ended with {self._process.returncode}")
            time.sleep(0.05)

    def _listens(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def kill(self) -> None:
        """End it at once."""
        self._process.kill()
        self._process.wait()


def rtsp_server(film: Path) -> Server:
    """GStreamer's RTSP server; each client sees the film from its start. Raises MissingProgramError."""
    port = free_port()
    return Server([python_with_gstreamer(), str(RTSP), str(port), str(film)], port)


def broker(folder: Path) -> Server:
    """mosquitto, which keeps what it took when it is killed. Raises MissingProgramError."""
    program = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin")
    if program is None or shutil.which("mosquitto_sub") is None:
        raise MissingProgramError("no MQTT broker here (packages mosquitto, mosquitto-clients)")
    port, config = free_port(), folder / "broker.conf"
    kept = f"persistence true\npersistence_location {folder}/\nautosave_interval 1\nautosave_on_changes true\n"
    config.write_text(f"listener {port} 127.0.0.1\nallow_anonymous true\nuser root\n{kept}")
    return Server([program, "-c", str(config)], port)


def hook(file: Path) -> Server:
    """A web hook that adds what it is sent to a file."""
    port = free_port()
    return Server([sys.executable, str(HOOK), str(port), str(file)], port)


@contextmanager
def subscriber(port: int, topic: str, file: Path) -> Iterator[None]:
    """mosquitto's own client writes what is published below a topic into a file, over broken connections too."""
    command = ["mosquitto_sub", "-h", "127.0.0.1", "-p", str(port), "-c", "-i", "soak", "-q", "1", "-t", topic]
    with file.open("w") as out, subprocess.Popen(command, stdout=out, stderr=subprocess.DEVNULL) as client:
        try:
            yield
        finally:
            client.terminate()


def python_with_gstreamer() -> str:
    """A Python that has GStreamer's RTSP server. Raises MissingProgramError."""
    probe = "import gi; gi.require_version('GstRtspServer', '1.0'); from gi.repository import GstRtspServer"
    for python in filter(None, (sys.executable, shutil.which("python3", path="/usr/bin"))):
        if subprocess.run([python, "-c", probe], capture_output=True, check=False).returncode == 0:
            return python
    raise MissingProgramError(
        "no GStreamer RTSP server (gir1.2-gst-rtsp-server-1.0, python3-gi, gstreamer1.0-plugins-*)"
    )
