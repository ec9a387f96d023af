"""Real servers on loopback that can be killed and started again at the same address."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
from pathlib import Path
from typing import Self

SERVER = Path(__file__).parents[1] / "inference/live/rtsp_server.py"


class MissingProgramError(Exception):
    """A program that a part needs is not here."""


def free_port() -> int:
    """A port of loopback that nobody listens at."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class RtspServer:
    """GStreamer's RTSP server; each client sees the film from its start."""

    def __init__(self, film: Path) -> None:
        self._python, self._film, self.port = python_with_gstreamer(), film, free_port()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    @property
    def address(self) -> str:
        """Where it listens."""
        return f"rtsp://127.0.0.1:{self.port}/stream"

    def start(self) -> None:
        """Start it; it listens then."""
        command = [self._python, str(SERVER), str(self.port), str(self._film)]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        assert self._process.stdout is not None
        if self._process.stdout.readline() != "listening\n":
            raise MissingProgramError("GStreamer's RTSP server does not start")

    def kill(self) -> None:
        """End it at once."""
        self._process.kill()
        self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()


def python_with_gstreamer() -> str:
    """A Python that has GStreamer's RTSP server. Raises MissingProgramError."""
    probe = "import gi; gi.require_version('GstRtspServer', '1.0'); from gi.repository import GstRtspServer"
    for python in filter(None, (sys.executable, shutil.which("python3", path="/usr/bin"))):
        if subprocess.run([python, "-c", probe], capture_output=True, check=False).returncode == 0:
            return python
    raise MissingProgramError(
        "no GStreamer RTSP server (gir1.2-gst-rtsp-server-1.0, python3-gi, gstreamer1.0-plugins-*)"
    )
