"""What sinks are shown of a frame."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mdf.core.event import TrackedObject
from mdf.core.sink import View, ZoneShape
from mdf.inference.live.capture.feed import Arrived
from mdf.inference.live.objects.scale import Scale
from mdf.inference.live.picture.latest import Latest
from mdf.inference.live.picture.scene import Scene


def make_view(
    camera: str,
    frame: Arrived,
    scene: Scene,
    latest: Latest | None,
    scale: Scale,
    objects: Sequence[TrackedObject],
    zones: Sequence[ZoneShape],
) -> View:
    """The view of a frame that came with its own pixels; `latest` is None while there is no background that fits."""
    assert frame.native is not None
    mask = None if latest is None else latest.probability.copy()
    depth = None if latest is None or latest.depth is None else (latest.depth * scale.factor).astype(np.float32)
    near, far = scene.depth_limits
    return View(
        camera=camera,
        number=frame.number,
        time=frame.time,
        wall=frame.wall,
        pixels=frame.native,
        mask=mask,
        depth=depth,
        depth_unit=scale.unit,
        depth_limits=(near * scale.factor, far * scale.factor),
        objects=tuple(objects),
        zones=zones,
        state=scene.state,
        health=scene.health,
    )
