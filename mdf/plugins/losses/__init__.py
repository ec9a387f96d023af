"""Registers the built-in losses. Imports no component, so that looking one up stays fast."""

from mdf.core.hooks import hookimpl
from mdf.core.spec import Spec

PACKAGE = "mdf.plugins.losses"


@hookimpl
def mdf_losses() -> list[Spec]:
    """Offer the built-in losses."""
    return [
        Spec(name, f"{PACKAGE}.{target}", summary, tasks=tasks, any_task=len(tasks) > 1)
        for name, target, summary, tasks in (
            ("bce", "bce:BCELoss", "Binary cross-entropy of the logits.", ("mask", "depth")),
            ("dice", "dice:DiceLoss", "1 − Dice coefficient of the probabilities.", ("mask",)),
            ("tversky", "tversky:TverskyLoss", "Dice with separate weights for misses and false alarms.", ("mask",)),
            ("focal", "focal:FocalLoss", "Cross-entropy with low weight on pixels that are already right.", ("mask",)),
            ("lovasz", "lovasz:LovaszLoss", "Lovász hinge, a convex replacement for 1 − IoU.", ("mask",)),
            ("l1", "l1:L1Loss", "Mean absolute error.", ("depth", "mask")),
            ("mse", "mse:MSELoss", "Mean squared error.", ("depth", "mask")),
            ("huber", "huber:HuberLoss", "Huber loss: squared for small errors, then linear.", ("depth", "mask")),
            (
                "berhu",
                "berhu:BerHuLoss",
                "Reverse Huber: linear for small errors, then squared.",
                ("depth", "mask"),
            ),
            ("laplace-nll", "laplace:LaplaceNLL", "Laplace log-likelihood of depth with uncertainty.", ("depth",)),
            ("silog", "silog:SILogLoss", "Scale-invariant squared error of the logarithm.", ("depth",)),
            (
                "gradient",
                "gradient:GradientLoss",
                "Error of the gradients (edges) at several scales; add it to another loss.",
                ("depth", "mask"),
            ),
            ("ssim", "ssim:SSIMLoss", "1 − structural similarity.", ("depth", "mask")),
        )
    ]
