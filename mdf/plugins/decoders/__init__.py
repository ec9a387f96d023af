"""Registers the built-in decoders. Imports no component, so that looking one up stays fast."""

from mdf.core.hooks import hookimpl
from mdf.core.spec import Spec


@hookimpl
def mdf_decoders() -> list[Spec]:
    """Offer the built-in decoders."""
    return [
        Spec(
            "unet",
            "mdf.plugins.decoders.unet:UNetDecoder",
            "Upsampling stages with skip connections, as in U-Net.",
        ),
        Spec(
            "smp",
            "mdf.plugins.decoders.smp:SMPDecoder",
            "Decoders of segmentation_models.pytorch: unet, unetplusplus, fpn, deeplabv3plus, dpt, segformer, upernet.",
            variant="NAME",
            representatives=("unet", "unetplusplus", "fpn", "deeplabv3plus", "dpt", "segformer", "upernet"),
        ),
    ]
