"""Built-in loggers: their lines. Imports no component, so that naming one stays cheap."""

from mdf.core.hooks import hookimpl
from mdf.core.spec import Spec


@hookimpl
def mdf_loggers() -> list[Spec]:
    """Offer the built-in loggers."""
    return [
        Spec(
            "tensorboard",
            "mdf.plugins.loggers.tensorboard:TensorBoard",
            "Event files in the study's folder, for TensorBoard.",
            extra="tensorboard",
        ),
        Spec(
            "mlflow",
            "mdf.plugins.loggers.mlflow:MLflow",
            "Runs on an MLflow server or in its local store.",
            extra="mlflow",
        ),
    ]
