"""What counts in a camera's picture, and when it is told: all that may change while it is watched. Torch-free."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mdf.core.errors import DataError
from mdf.core.image import read_image
from mdf.core.sink import ZoneShape
from mdf.inference.live.capture.child import scaled
from mdf.inference.live.objects.events import Events
from mdf.inference.live.picture.morphology import Mask
from mdf.inference.live.settings.settings import CameraSettings
from mdf.inference.live.settings.zones import Zone


@dataclass(frozen=True, slots=True)
class Rules:
    """The rules of one camera, ready for use.

    Attributes:
        settings: what is asked of the camera.
        zones: its zones.
        ignored: h×w bool at the network's size, where nothing counts.
    """

    settings: CameraSettings
    zones: Sequence[Zone]
    ignored: Mask

    @property
    def shapes(self) -> list[ZoneShape]:
        """The zones as they are drawn."""
        return [ZoneShape(zone.name, zone.corners) for zone in self.zones]


def rules_of(settings: CameraSettings, size: tuple[int, int], frame_size: tuple[int, int]) -> Rules:
    """The rules for a network that works at `size` and frames of `frame_size` (height, width).

    Raises
        ConfigError, DataError: a zone or a part to be ignored is wrong.
    """
    zones = [Zone.of(zone, shape) for zone, shape in settings.zones.items()]
    return Rules(settings, zones, ignored_part(settings.ignore, size, frame_size))


def change_times(events: Events, settings: CameraSettings) -> None:
    """Let events be told by these settings."""
    events.change(
        appear=settings.appear,
        cool_off=settings.cool_off,
        update=settings.update,
        crowd=settings.crowd,
        schedule=settings.schedule,
    )


def ignored_part(parts: Sequence[str], size: tuple[int, int], frame_size: tuple[int, int]) -> Mask:
    """Where nothing counts: h×w bool at the network's size, from boxes, polygons and images (light = ignored)."""
    ignored: Mask = np.zeros(size, bool)
    for part in parts:
        if set(part) <= set("0123456789.,; "):
            ignored |= Zone.of("ignore", part).mask(size)
        else:
            image = read_image(Path(part).expanduser(), "L", frame_size, "the camera's picture")
            ignored |= scaled(np.repeat(image[..., None], 3, 2), size)[..., 0] > 127
    if ignored.all():
        raise DataError("all of the picture is ignored", "leave a part of it that counts")
    return ignored
