"""Registers the built-in schedules. Imports no component, so that looking one up stays fast."""

from mdf.core.hooks import hookimpl
from mdf.core.spec import Spec


@hookimpl
def mdf_schedules() -> list[Spec]:
    """Offer the built-in schedules."""
    return [
        Spec(
            "alternate",
            "mdf.plugins.schedules.alternate:Alternate",
            "Tasks take turns; the other tasks' own layers are frozen.",
        ),
        Spec(
            "progressive",
            "mdf.plugins.schedules.progressive:Progressive",
            "Trains on small images first, then at full size.",
        ),
        Spec(
            "multi-scale",
            "mdf.plugins.schedules.multi_scale:MultiScale",
            "Trains at several image sizes in turn, for a network that is used at any size.",
        ),
        Spec("joint", "mdf.plugins.schedules.joint:Joint", "All tasks learn together, in every step."),
    ]
