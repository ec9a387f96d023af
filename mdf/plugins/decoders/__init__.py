"""Built-in decoders: their lines. Imports no component, so that naming one stays cheap."""

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
            "SMP's unet, unetplusplus, fpn, deeplabv3plus, dpt, segformer and upernet.",
            variant="NAME",
            representatives=("unet", "unetplusplus", "fpn", "deeplabv3plus", "dpt", "segformer", "upernet"),
        ),
    ]
