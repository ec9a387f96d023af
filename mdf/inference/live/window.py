"""Windows that show what is watched, one for each camera. Torch-free."""

from __future__ import annotations

import importlib
import multiprocessing as mp
import os
import signal
import sys
from contextlib import suppress
from multiprocessing.connection import Connection

from mdf.core.annotate import annotate
from mdf.core.component import ComponentConfig
from mdf.core.errors import MdfError
from mdf.core.processes import starting
from mdf.core.sink import Sink, View

WIDEST = 1280
"""Pixels of a window's width at first, at most."""
CLOSING_KEYS = 27, ord("q")
"""Escape and q close the windows."""


def why_no_window() -> str:
    """Why no window can be opened here, in a few words; "" where one can."""
    if sys.platform == "linux" and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        return "there is no display"
    try:
        cv2 = importlib.import_module("cv2")
    except ImportError:
        return "OpenCV is not installed"
    return "" if cv2.currentUIFramework() else "this OpenCV has no windows (it is `opencv-python-headless`)"


class Window(Sink):
    """Shows annotated frames. A process of its own draws them: window systems want its first thread, and one that
    fails must not end watching."""

    wants_views = True

    def __init__(self) -> None:
        super().__init__(ComponentConfig(), "window")
        context = mp.get_context("spawn")
        theirs, self._connection = context.Pipe(duplex=False)
        with starting():
            self._process = context.Process(target=_draw, args=(theirs,), daemon=True)
            self._process.start()
        theirs.close()

    def view(self, view: View) -> None:
        """Show a frame. Raises MdfError where the user has closed the windows."""
        try:
            self._connection.send(view)
        except OSError:
            raise MdfError("it was closed") from None

    def close(self) -> None:
        """Close the windows."""
        self._connection.close()
        self._process.join(5)
        self._process.kill()
        self._process.join()


def _draw(connection: Connection) -> None:
    """Draw what arrives until the parent closes the connection or the user closes a window."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    cv2 = importlib.import_module("cv2")
    cameras: set[str] = set()
    with suppress(EOFError, OSError):
        while not any(cv2.getWindowProperty(name, cv2.WND_PROP_VISIBLE) < 1 for name in cameras):
            if connection.poll(0.02):
                view: View = connection.recv()
                if view.camera not in cameras:
                    _open(view)
                    cameras.add(view.camera)
                cv2.imshow(view.camera, annotate(view)[..., ::-1].copy())
            if cv2.waitKey(1) in CLOSING_KEYS:
                return


def _open(view: View) -> None:
    cv2 = importlib.import_module("cv2")
    height, width = view.pixels.shape[:2]
    shown = min(width, WIDEST)
    cv2.namedWindow(view.camera, cv2.WINDOW_NORMAL | cv2.WINDOW_KEEPRATIO)
    cv2.resizeWindow(view.camera, shown, round(height * shown / width))
