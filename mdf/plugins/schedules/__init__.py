"""Built-in schedules: their lines. Imports no component, so that naming one stays cheap."""

from mdf.core.hooks import hookimpl
from mdf.core.spec import Spec


@hookimpl
def mdf_schedules() -> list[Spec]:
    """Offer the built-in schedules."""
    return [
        Spec(
            "alternate", "mdf.plugins.schedules.alternate:Alternate", "Tasks in turns, the others' own layers frozen."
        ),
        Spec(
            "progressive",
            "mdf.plugins.schedules.progressive:Progressive",
            "Small images first, then the full size.",
        ),
        Spec("joint", "mdf.plugins.schedules.joint:Joint", "All tasks from the first step to the last."),
    ]
