"""The capture process: reads one source, and sends a frame each time that its parent asks for one. Torch-free."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections import deque
from contextlib import suppress
from dataclasses import replace
from multiprocessing.connection import Connection
from typing import Any

import numpy as np
from PIL import Image

from mdf.core.address import shown
from mdf.core.errors import ConfigError, MdfError, SourceError
from mdf.core.image import Pixels
from mdf.core.source import Source, SourceFrame
from mdf.inference.live.capture.messages import Closed, Opened, Reading, Shot, Wanted
from mdf.inference.live.capture.recorder import Recorder
from mdf.registry import Catalog, hand_over
from mdf.registry.reasons import describe

AHEAD = 4
"""Frames of a source that is not live that are read before they are asked for."""


class Mailbox:
    """Frames that wait to be sent: the newest one of a live source, else a few, for which the reader waits."""

    def __init__(self, live: bool) -> None:
        self._live = live
        self._items: deque[Any] = deque()
        self._changed = threading.Condition()

    def put(self, item: object) -> None:
        """Add an item; of a live source a frame that waits is passed over."""
        with self._changed:
            if self._live and not isinstance(item, Closed):
                self._items.clear()
            elif not self._live:
                self._changed.wait_for(lambda: len(self._items) < AHEAD)
            self._items.append(item)
            self._changed.notify_all()

    def take(self) -> Any:
        """The next item; waits for one."""
        with self._changed:
            self._changed.wait_for(lambda: self._items)
            item = self._items.popleft()
            self._changed.notify_all()
            return item


def capture(connection: Connection, reading: Reading, stdin: Any) -> None:
    """Read `reading` until it ends, the parent closes the connection, or the parent kills this process.

    Everything that libraries print is thrown away: it may hold the address with its password.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides what Ctrl-C means
    _throw_output_away()
    if stdin is not None:
        os.dup2(stdin.detach(), 0)
        sys.stdin = os.fdopen(0)
    with suppress(EOFError, OSError):  # the parent is gone, or wants no more
        _serve(connection, reading)
    os._exit(0)  # a library that hangs must not keep this process alive


def _serve(connection: Connection, reading: Reading) -> None:
    try:
        hand_over(reading.discovery)
        source = Catalog.discover(reading.plugins).create("source", reading.source, reading.options)
    except MdfError as error:
        connection.send(_closed(error))
        return
    connection.send(Opened(source.live, source.returns))
    mailbox, recorder = Mailbox(source.live), Recorder()
    wanted: Wanted = connection.recv()
    source.records = recorder.is_on = wanted.coded
    threading.Thread(target=_read, args=(source, mailbox, reading, recorder), daemon=True).start()
    while True:
        item = mailbox.take()
        try:
            message = _shot(reading, recorder, *item) if isinstance(item, tuple) else item
        except Exception as error:
            message = _closed(error)
        if isinstance(message, Shot) and not wanted.native:
            message = replace(message, native=None)
        connection.send(message)
        if isinstance(message, Closed):
            return
        wanted = connection.recv()
        recorder.is_on = wanted.coded


def _read(source: Source, mailbox: Mailbox, reading: Reading, recorder: Recorder) -> None:
    """Fill the mailbox. Frames that all are wanted are converted here, while the parent computes."""
    try:
        for number, frame in enumerate(source.frames()):
            arrived = time.monotonic()
            item = (number, recorder.add(frame, arrived), arrived, time.time())
            mailbox.put(item if source.live else _shot(reading, recorder, *item))
        mailbox.put(Closed())
    except Exception as error:
        mailbox.put(_closed(error))


def _shot(reading: Reading, recorder: Recorder, number: int, frame: SourceFrame, arrived: float, wall: float) -> Shot:
    pixels = frame.pixels()
    size, small = (pixels.shape[0], pixels.shape[1]), scaled(pixels, reading.size)
    return Shot(number, frame.seconds, arrived, wall, size, small, pixels, recorder.take())


def scaled(pixels: Pixels, size: tuple[int, int]) -> Pixels:
    """H×W×3 uint8 at `size` (height, width): antialiased bilinear, within a level of what networks are trained on."""
    if pixels.shape[:2] == size:
        return pixels
    small = Image.fromarray(pixels).resize((size[1], size[0]), Image.Resampling.BILINEAR)
    return np.asarray(small, dtype=np.uint8)


def _closed(error: BaseException) -> Closed:
    if isinstance(error, MdfError):
        final = not isinstance(error, SourceError)
        return Closed(True, final, shown(error.message), shown(error.hint), isinstance(error, ConfigError))
    return Closed(True, False, f"reading it failed: {shown(describe(error))}")


def _throw_output_away() -> None:
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    os.close(nowhere)
