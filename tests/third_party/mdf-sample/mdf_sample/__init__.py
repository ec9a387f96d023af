"""What this package offers to mdf. Imports no component: each class is imported when it is used."""

import csv

from mdf.core.hooks import hookimpl
from mdf.core.lifecycle import Study, Trial, TrialEnd
from mdf.core.spec import Spec


@hookimpl
def mdf_encoders() -> list[Spec]:
    """Offer the encoder."""
    return [Spec("ladder", "mdf_sample.encoder:Ladder", "Four strided convolutions.")]


@hookimpl
def mdf_heads() -> list[Spec]:
    """Offer the heads, and with them the tasks `normals` and `disparity`."""
    return [
        Spec(
            "normals",
            "mdf_sample.head:NormalsHead",
            "Direction that each pixel's surface faces.",
            tasks=("normals",),
            default_loss="cosine",
            default_metrics=("angle",),
        ),
        Spec(
            "disparity",
            "mdf_sample.disparity:DisparityHead",
            "How far each pixel moves between two eyes.",
            tasks=("disparity",),
            default_loss="l1",
            default_metrics=("mae",),
        ),
    ]


@hookimpl
def mdf_losses() -> list[Spec]:
    """Offer the loss."""
    return [Spec("cosine", "mdf_sample.loss:CosineLoss", "One less the cosine of the angle.", tasks=("normals",))]


@hookimpl
def mdf_metrics() -> list[Spec]:
    """Offer the metric."""
    return [Spec("angle", "mdf_sample.metric:MeanAngle", "Mean angle in degrees.", tasks=("normals",))]


@hookimpl
def mdf_predictors() -> list[Spec]:
    """Offer the predictor."""
    return [Spec("mean-normal", "mdf_sample.predictor:MeanNormal", "Each pixel's mean normal.", tasks=("normals",))]


@hookimpl
def mdf_exporters() -> list[Spec]:
    """Offer the exporter."""
    return [Spec("program", "mdf_sample.exporter:Program", "A program of torch.export.")]


@hookimpl
def mdf_datasets() -> list[Spec]:
    """Offer the data set."""
    return [Spec("planes", "mdf_sample.dataset:Planes", "A tilted card in front of a tilted wall.")]


@hookimpl
def mdf_trial_end(study: Study, trial: Trial, end: TrialEnd) -> None:
    """Add the trial to `scores.csv` in the study's folder, unless an earlier run did."""
    if trial.kept:
        return
    with (study.folder / "scores.csv").open("a", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([trial.label, key, f"{score:.6g}"] for key, score in end.scores.items())
