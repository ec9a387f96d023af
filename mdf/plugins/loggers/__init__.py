"""Registers the built-in loggers. Imports no component, so that looking one up stays fast."""

from mdf.core.hooks import hookimpl
from mdf.core.spec import Spec


@hookimpl
def mdf_loggers() -> list[Spec]:
    """Offer the built-in loggers."""
    return [
        Spec(
            "tensorboard",
            "mdf.plugins.loggers.tensorboard:TensorBoard",
            "Writes TensorBoard event files into the study's folder.",
            extra="tensorboard",
        ),
        Spec(
            "mlflow",
            "mdf.plugins.loggers.mlflow:MLflow",
            "Writes runs to an MLflow server or to MLflow's local store.",
            extra="mlflow",
        ),
    ]
