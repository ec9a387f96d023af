"""Built-in schedules: their lines. Imports no component, so that naming one stays cheap."""

from mdf.core.hooks import hookimpl
from mdf.core.spec import Spec


@hookimpl
def mdf_schedules() -> list[Spec]:
    """Offer the built-in schedules."""
    return [
        Spec("joint", "mdf.plugins.schedules.joint:Joint", "All tasks from the first step to the last."),
    ]
