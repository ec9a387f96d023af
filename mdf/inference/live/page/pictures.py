"""Pictures for the page: encoded when somebody looks, once for all who do, and at most ten times a second."""

from __future__ import annotations

import base64
import io
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from PIL import Image

from mdf.core.colour import colourise
from mdf.core.image import Pixels
from mdf.core.sink import View

Kind = Literal["picture", "depth"]
WIDTH, SNAPSHOT_WIDTH = 1280, 640
"""Pixels across a picture at most."""
QUALITY = 80
PERIOD = 0.1
"""Seconds between two pictures of a camera at least."""
NEAR_TO_FAR = "turbo_r"


@dataclass(frozen=True, slots=True)
class Encoded:
    """A view and its picture, a JPEG as data URL; "" where the view has none of this kind."""

    view: View
    picture: str


class Pictures:
    """The newest picture of each camera."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._made: dict[tuple[str, Kind], tuple[float, Encoded]] = {}

    def newest(self, view: View, kind: Kind) -> Encoded:
        """The picture of `view`, or one that is hardly older. Several callers share it."""
        with self._lock:
            made_at, known = self._made.get((view.camera, kind), (0.0, None))
            now = time.monotonic()
            if known is not None and (known.view is view or now - made_at < PERIOD):
                return known
            data = ENCODERS[kind](view)
            url = f"data:image/jpeg;base64,{base64.b64encode(data).decode()}" if data else ""
            encoded = Encoded(view, url)
            self._made[view.camera, kind] = now, encoded
            return encoded


def jpeg(pixels: Pixels, width: int) -> bytes:
    """H×W×3 uint8 as JPEG, at most `width` pixels wide."""
    file = io.BytesIO()
    Image.fromarray(shrunk(pixels, width)).save(file, "JPEG", quality=QUALITY)
    return file.getvalue()


def shrunk(pixels: Pixels, width: int) -> Pixels:
    """H×W×3 uint8, at most `width` pixels wide."""
    height, now = pixels.shape[:2]
    if now <= width:
        return pixels
    size = width, max(1, round(height * width / now))
    return np.asarray(Image.fromarray(pixels).resize(size, Image.Resampling.BILINEAR), dtype=np.uint8)


def _picture(view: View) -> bytes | None:
    return jpeg(view.pixels, WIDTH)


def _depth(view: View) -> bytes | None:
    if view.depth is None:
        return None
    coloured = colourise(torch.from_numpy(np.asarray(view.depth)), view.depth_limits, NEAR_TO_FAR)
    height, width = view.pixels.shape[:2]
    small = Image.fromarray(coloured.permute(1, 2, 0).numpy())
    return jpeg(np.asarray(small.resize((min(width, WIDTH), round(height * min(width, WIDTH) / width)))), WIDTH)


ENCODERS: dict[Kind, Callable[[View], bytes | None]] = {"picture": _picture, "depth": _depth}
