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
            "Absolute difference of the images, split by Otsu's threshold.",
            tasks=("mask",),
        ),
        Spec(
            "mog2",
            "mdf.plugins.predictors.mog2:Mog2",
            "OpenCV's mixture of Gaussians, shown the background first.",
            tasks=("mask",),
            extra="opencv",
        ),
        Spec(
            "knn",
            "mdf.plugins.predictors.knn:Knn",
            "OpenCV's nearest neighbours, shown the background first.",
            tasks=("mask",),
            extra="opencv",
        ),
        Spec(
            "mean-depth",
            "mdf.plugins.predictors.mean_depth:MeanDepth",
            "The mean depth of the training frames, everywhere.",
            tasks=("depth",),
        ),
        Spec(
            "background-depth",
            "mdf.plugins.predictors.background_depth:BackgroundDepth",
            "The depth of the empty scene, where the data know it.",
            tasks=("depth",),
            needs=("background_depth",),
        ),
    ]
