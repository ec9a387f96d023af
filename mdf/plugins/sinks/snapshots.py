"""Pictures of events."""

from __future__ import annotations

from PIL import Image
from pydantic import Field

from mdf.core.annotate import annotate
from mdf.core.event import Event
from mdf.core.files import whole
from mdf.core.sink import Sink, View
from mdf.plugins.sinks.dated import DatedConfig, DatedFolder

LATE = 1.0
"""Seconds between an event and the frame that is saved at most. Where frames were dropped, no picture is better than a
wrong one."""


class Snapshots(Sink):
    """Saves a JPEG of the frame in which an event begins, with outlines, numbers and distances."""

    wants_views = True

    class Config(DatedConfig):
        """What is saved, and how long it is kept."""

        overlay: bool = Field(True, description="Whether outlines and words are drawn.")
        quality: int = Field(85, ge=1, le=95, description="Quality of the JPEG.")

    config: Config

    def __init__(self, config: Config, target: str) -> None:
        super().__init__(config, target)
        self._folder = DatedFolder(target, config)
        self._views: dict[str, View] = {}

    def view(self, view: View) -> None:
        """Keep it until the next one comes."""
        self._views[view.camera] = view

    def event(self, event: Event) -> None:
        """Save the frame of an event that begins."""
        view = self._views.get(event.camera)
        if view is None or event.phase != "begin" or event.kind not in self.config.kinds:
            return
        if event.time - view.time > LATE:
            return
        self._folder.tidy()
        self._folder.check_space()
        pixels = annotate(view) if self.config.overlay else view.pixels
        with whole(self._folder.path(event, event.wall, ".jpg")) as beside:
            Image.fromarray(pixels).save(beside, "JPEG", quality=self.config.quality)
