"""Built-in losses: their lines. Imports no component, so that naming one stays cheap."""

from mdf.core.hooks import hookimpl
from mdf.core.spec import Spec


@hookimpl
def mdf_losses() -> list[Spec]:
    """Offer the built-in losses."""
    return [
        Spec(
            "bce",
            "mdf.plugins.losses.bce:BCELoss",
            "Binary cross-entropy of logits.",
            tasks=("mask", "depth"),
        ),
        Spec("l1", "mdf.plugins.losses.l1:L1Loss", "Mean absolute error.", tasks=("depth", "mask")),
        Spec("mse", "mdf.plugins.losses.mse:MSELoss", "Mean squared error.", tasks=("depth", "mask")),
    ]
