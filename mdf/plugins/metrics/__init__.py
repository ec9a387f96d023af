"""Built-in metrics: their lines. Imports no component, so that naming one stays cheap."""

from mdf.core.hooks import hookimpl
from mdf.core.spec import Spec


@hookimpl
def mdf_metrics() -> list[Spec]:
    """Offer the built-in metrics."""
    return [
        Spec(
            "iou",
            "mdf.plugins.metrics.iou:IoU",
            "Intersection over union, pooled over all pixels.",
            tasks=("mask",),
        ),
        Spec(
            "iou-image",
            "mdf.plugins.metrics.iou:MeanIoU",
            "Intersection over union, mean over images.",
            tasks=("mask",),
        ),
        Spec(
            "fmeasure",
            "mdf.plugins.metrics.fmeasure:FMeasure",
            "F-measure: harmonic mean of precision and recall.",
            tasks=("mask",),
        ),
        Spec("rmse", "mdf.plugins.metrics.rmse:RMSE", "Root mean squared error.", tasks=("depth",)),
    ]
