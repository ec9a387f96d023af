"""Built-in data sets: their lines. Imports no component, so that naming one stays cheap."""

from mdf.core.hooks import hookimpl
from mdf.core.spec import Spec


@hookimpl
def mdf_datasets() -> list[Spec]:
    """Offer the built-in data sets."""
    return [
        Spec(
            "scenes",
            "mdf.plugins.datasets.scenes:Scenes",
            "Drawn scenes with exact masks and depth; needs no download.",
        ),
        Spec(
            "cdnet",
            "mdf.plugins.datasets.cdnet:CDnet",
            "A folder laid out as CDnet 2014: real videos with masks.",
            variant="PATH",
        ),
    ]
