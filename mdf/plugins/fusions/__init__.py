"""Built-in fusions: their lines. Imports no component, so that naming one stays cheap."""

from mdf.core.hooks import hookimpl
from mdf.core.spec import Spec


@hookimpl
def mdf_fusions() -> list[Spec]:
    """Offer the built-in fusions."""
    return [
        Spec("early", "mdf.plugins.fusions.early:EarlyFusion", "Both images as one of six channels."),
    ]
