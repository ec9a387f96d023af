"""Registers the built-in heads. Imports no component, so that looking one up stays fast."""

from mdf.core.hooks import hookimpl
from mdf.core.spec import Spec


@hookimpl
def mdf_heads() -> list[Spec]:
    """Offer the built-in heads."""
    return [
        Spec(
            "mask",
            "mdf.plugins.heads.mask:MaskHead",
            "Foreground probability of every pixel.",
            tasks=("mask",),
            default_loss="bce",
            default_metrics=("iou", "iou-image", "fmeasure"),
        ),
        Spec(
            "depth",
            "mdf.plugins.heads.depth:DepthHead",
            "Depth of every pixel.",
            tasks=("depth",),
            default_loss="l1",
            default_metrics=("rmse",),
        ),
        Spec(
            "depth-laplace",
            "mdf.plugins.heads.depth_laplace:LaplaceDepthHead",
            "Depth of every pixel, with an uncertainty.",
            tasks=("depth",),
            default_loss="laplace-nll",
            default_metrics=("rmse", "ause", "coverage-gap-90"),
        ),
    ]
