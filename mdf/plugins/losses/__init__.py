"""Built-in losses: their lines. Imports no component, so that naming one stays cheap."""

from mdf.core.hooks import hookimpl
from mdf.core.spec import Spec

HOME = "mdf.plugins.losses"


@hookimpl
def mdf_losses() -> list[Spec]:
    """Offer the built-in losses."""
    return [
        Spec(name, f"{HOME}.{target}", summary, tasks=tasks, any_task=len(tasks) > 1)
        for name, target, summary, tasks in (
            ("bce", "bce:BCELoss", "Binary cross-entropy of logits.", ("mask", "depth")),
            ("dice", "dice:DiceLoss", "One minus the Dice coefficient of probabilities.", ("mask",)),
            ("tversky", "tversky:TverskyLoss", "Dice with other weights for misses than for false alarms.", ("mask",)),
            ("focal", "focal:FocalLoss", "Cross-entropy that looks away from what is sure.", ("mask",)),
            ("lovasz", "lovasz:LovaszLoss", "Lovász hinge, a convex stand-in for one minus IoU.", ("mask",)),
            ("l1", "l1:L1Loss", "Mean absolute error.", ("depth", "mask")),
            ("mse", "mse:MSELoss", "Mean squared error.", ("depth", "mask")),
            ("huber", "huber:HuberLoss", "Squared near the truth, absolute away from it.", ("depth", "mask")),
            ("berhu", "berhu:BerHuLoss", "Absolute near the truth, squared away from it.", ("depth", "mask")),
            ("laplace-nll", "laplace:LaplaceNLL", "Error, and how unsure the head was of it.", ("depth",)),
            ("silog", "silog:SILogLoss", "Scale-invariant squared error of the logarithm.", ("depth",)),
            (
                "gradient",
                "gradient:GradientLoss",
                "Error of edges at several scales; add it to another.",
                ("depth", "mask"),
            ),
            ("ssim", "ssim:SSIMLoss", "One minus structural similarity.", ("depth", "mask")),
        )
    ]
