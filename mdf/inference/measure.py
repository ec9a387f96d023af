"""The things in a frame, measured: where they stand and how large they are. Torch-free."""

from __future__ import annotations

import math

import numpy as np

from mdf.core.errors import ConfigError
from mdf.inference.geometry.metric import check_metric
from mdf.inference.live.objects.detect import detect
from mdf.inference.results import MeasuredObject, Prediction

LONGEST = 320
"""Pixels of the longer side at which things are told apart, as `mdf watch` does at its network's size."""
SMALLEST = 0.0005
"""Share of the picture that a thing must have."""


def can_measure(prediction: Prediction) -> bool:
    """Whether things can be measured: there are metres, intrinsics and a mask."""
    return (
        prediction.units.get("depth") == "m"
        and prediction.intrinsics is not None
        and prediction.mask is not None
        and prediction.foreground is not None
    )


def measure_objects(prediction: Prediction) -> list[MeasuredObject]:
    """The things in front of the empty scene, in metres, the largest first.

    They are told apart as `mdf watch` does: connected regions, split where depth jumps. `prediction` is of one frame.

    Raises
        ConfigError: the depth is relative, the camera's intrinsics are unknown, or the model has no mask.
    """
    camera = check_metric(prediction.units, prediction.intrinsics)
    mask, depth, foreground = prediction.mask, prediction.depth, prediction.foreground
    if mask is None or depth is None or foreground is None or mask.ndim != 2:
        raise ConfigError("things are measured by the mask and the depth of one frame", "predict one frame, with both")
    step = max(1, round(max(mask.shape) / LONGEST))
    small = (slice(step // 2, None, step),) * 2
    found = [one.detection for one in detect(foreground[small], mask[small], np.asarray(depth[small]), SMALLEST)]
    objects = []
    for one in sorted(found, key=lambda one: -one.area):
        x, _, z = camera.position(one.foot, one.depth)
        width, height = camera.extent(one.box, one.depth)
        if math.isfinite(x + width + height):
            objects.append(MeasuredObject(one.box, one.depth, (x, z), (width, height), one.confidence))
    return objects
