"""Registers the built-in trackers. Imports no component, so that looking one up stays fast."""

from mdf.core.hooks import hookimpl
from mdf.core.spec import Spec


@hookimpl
def mdf_trackers() -> list[Spec]:
    """Offer the built-in trackers."""
    return [
        Spec(
            "kalman",
            "mdf.plugins.trackers.kalman:KalmanTracker",
            "Follows foot point, depth and size with a Kalman filter; depth keeps people apart who cross.",
        ),
        Spec(
            "trackers",
            "mdf.plugins.trackers.roboflow:RoboflowTracker",
            "SORT, OC-SORT, ByteTrack, BoT-SORT or C-BIoU of Roboflow's package `trackers`, without depth.",
            extra="trackers",
        ),
    ]
