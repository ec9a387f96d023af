"""Registers the built-in predictors. Imports no component, so that looking one up stays fast."""

from mdf.core.hooks import hookimpl
from mdf.core.spec import Spec


@hookimpl
def mdf_predictors() -> list[Spec]:
    """Offer the built-in predictors."""
    return [
        Spec(
            "absdiff",
            "mdf.plugins.predictors.absdiff:AbsDiff",
            "Absolute difference of both images, with Otsu's threshold.",
            tasks=("mask",),
        ),
        Spec(
            "mog2",
            "mdf.plugins.predictors.mog2:Mog2",
            "OpenCV's mixture of Gaussians; sees the background first.",
            tasks=("mask",),
            extra="opencv",
        ),
        Spec(
            "knn",
            "mdf.plugins.predictors.knn:Knn",
            "OpenCV's k nearest neighbours; sees the background first.",
            tasks=("mask",),
            extra="opencv",
        ),
        Spec(
            "mean-depth",
            "mdf.plugins.predictors.mean_depth:MeanDepth",
            "Each pixel's mean depth over the training frames, for every frame.",
            tasks=("depth",),
        ),
        Spec(
            "background-depth",
            "mdf.plugins.predictors.background_depth:BackgroundDepth",
            "The known depth of the empty scene, for data sets that have it.",
            tasks=("depth",),
            needs=("background_depth",),
        ),
    ]
