"""Built-in predictors: their lines. Imports no component, so that naming one stays cheap."""

from mdf.core.hooks import hookimpl
from mdf.core.spec import Spec


@hookimpl
def mdf_predictors() -> list[Spec]:
    """Offer the built-in predictors."""
    return [
        Spec(
            "absdiff",
            "mdf.plugins.predictors.absdiff:AbsDiff",
            "Absolute difference of the images against a fitted threshold.",
            tasks=("mask",),
        ),
        Spec(
            "mean-depth",
            "mdf.plugins.predictors.mean_depth:MeanDepth",
            "The mean depth of the training frames, everywhere.",
            tasks=("depth",),
        ),
    ]
