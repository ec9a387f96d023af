"""Registers the built-in metrics. Imports no component, so that looking one up stays fast."""

from mdf.core.hooks import hookimpl
from mdf.core.spec import Spec

PACKAGE = "mdf.plugins.metrics"


@hookimpl
def mdf_metrics() -> list[Spec]:
    """Offer the built-in metrics."""
    return [
        *_specs(
            "mask",
            ("iou", "iou:IoU", "Intersection over union, pooled over all pixels."),
            ("iou-image", "iou:MeanIoU", "Intersection over union, mean over images."),
            ("fmeasure", "fmeasure:FMeasure", "F-measure: harmonic mean of precision and recall."),
            ("dice-image", "fmeasure:MeanDice", "Dice coefficient, mean over images."),
            ("precision", "rates:Precision", "Share of the predicted foreground that is right."),
            ("recall", "rates:Recall", "Share of the true foreground that is found."),
            ("specificity", "rates:Specificity", "Share of the true background that is predicted as background."),
            ("fpr", "rates:FalsePositiveRate", "Share of the true background that is predicted as foreground."),
            ("fnr", "rates:FalseNegativeRate", "Share of the true foreground that is missed."),
            ("pwc", "rates:WrongPixels", "Percentage of wrong pixels."),
            ("boundary-f", "boundary:BoundaryF", "F-measure of contours within a few pixels, mean over images."),
            ("ece", "calibration:ECE", "Expected calibration error of the probability."),
            ("ap", "average_precision:AveragePrecision", "Average precision over all thresholds."),
        ),
        *_specs(
            "depth",
            ("rmse", "absolute:RMSE", "Root mean squared error."),
            ("mae", "absolute:MAE", "Mean absolute error."),
            any_task=True,
        ),
        *_specs(
            "depth",
            ("rmse-mask", "parts:ForegroundRMSE", "Root mean squared error inside the true mask."),
            ("rmse-border", "parts:BorderRMSE", "Root mean squared error along the border of the true mask."),
            ("absrel", "relative:AbsRel", "Mean absolute error relative to the truth."),
            ("sqrel", "relative:SqRel", "Mean squared error relative to the truth."),
            ("delta1", "relative:Delta1", "Share of pixels within a factor of 1.25."),
            ("delta2", "relative:Delta2", "Share of pixels within a factor of 1.25²."),
            ("delta3", "relative:Delta3", "Share of pixels within a factor of 1.25³."),
            ("ause", "sparsification:AUSE", "Whether the uncertain pixels are the wrong ones."),
            (
                "coverage-gap-50",
                "coverage:CoverageGap50",
                "Whether 50 % of the truth is inside the 50 % intervals.",
            ),
            (
                "coverage-gap-90",
                "coverage:CoverageGap90",
                "Whether 90 % of the truth is inside the 90 % intervals.",
            ),
            ("rmse-log", "logarithmic:RMSELog", "Root mean squared error of the logarithm."),
            ("log10", "logarithmic:Log10", "Mean absolute error of the decimal logarithm."),
            ("silog", "logarithmic:SILog", "Scale-invariant error of the logarithm, as KITTI reports it."),
            ("si-variance", "logarithmic:SIVariance", "Scale-invariant variance of the logarithm (Eigen et al.)."),
        ),
    ]


def _specs(task: str, *rows: tuple[str, str, str], any_task: bool = False) -> list[Spec]:
    """One spec for every (name, module:Class, summary)."""
    return [
        Spec(name, f"{PACKAGE}.{target}", summary, tasks=(task,), any_task=any_task) for name, target, summary in rows
    ]
