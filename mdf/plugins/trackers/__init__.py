"""Built-in trackers: their lines. Imports no component, so that naming one stays cheap."""

from mdf.core.hooks import hookimpl
from mdf.core.spec import Spec


@hookimpl
def mdf_trackers() -> list[Spec]:
    """Offer the built-in trackers."""
    return [
        Spec(
            "tensorboard",
            "mdf.plugins.trackers.tensorboard:TensorBoard",
            "Event files in the study's folder, for TensorBoard.",
            extra="tensorboard",
        ),
        Spec(
            "mlflow",
            "mdf.plugins.trackers.mlflow:MLflow",
            "Runs on an MLflow server or in its local store.",
            extra="mlflow",
        ),
    ]
