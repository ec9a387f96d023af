"""Masks and depths as files."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import numpy as np
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from pydantic import Field

from mdf.core.component import ComponentConfig
from mdf.core.files import whole
from mdf.core.levels import Levels, levels_between
from mdf.core.sink import Floats, Sink, View


class Maps(Sink):
    """Writes `CAMERA-000123-mask.png` (level = 255 × probability) and `CAMERA-000123-depth.png` (16 bits) of frame 123
    into a folder, at the network's size. The text chunk `mdf` of each file says what its levels mean."""

    wants_views = True

    class Config(ComponentConfig):
        """Which frames."""

        every: int = Field(1, ge=1, description="One of so many frames is written.")

    config: Config

    def __init__(self, config: Config, target: str) -> None:
        super().__init__(config, target)
        self._folder = Path(target).expanduser()
        self._folder.mkdir(parents=True, exist_ok=True)

    def view(self, view: View) -> None:
        """Write the maps of a frame."""
        if view.number % self.config.every:
            return
        name = f"{view.camera}-{view.number:06d}"
        if view.mask is not None:
            self._write(f"{name}-mask.png", view.mask, Levels("mask", "probability of foreground", "", 8, 1 / 255, 0.0))
        if view.depth is not None:
            low, high = 0.0, max(float(np.nanmax(view.depth)), 1e-6)
            self._write(f"{name}-depth.png", view.depth, levels_between("depth", "depth", view.depth_unit, low, high))

    def _write(self, name: str, values: Floats, levels: Levels) -> None:
        info = PngInfo()
        info.add_text("mdf", json.dumps(asdict(levels)))
        with whole(self._folder / name) as beside:
            Image.fromarray(levels.encode(values)).save(beside, format="PNG", pnginfo=info)
