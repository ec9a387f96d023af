"""Built-in encoders: their lines. Imports no component, so that naming one stays cheap."""

from mdf.core.hooks import hookimpl
from mdf.core.spec import Spec


@hookimpl
def mdf_encoders() -> list[Spec]:
    """Offer the built-in encoders."""
    return [
        Spec(
            "unet",
            "mdf.plugins.encoders.unet:UNetEncoder",
            "Plain convolution stages, as in U-Net; trained from scratch.",
        ),
        Spec(
            "resnet18",
            "mdf.plugins.encoders.resnet18:ResNet18Encoder",
            "ResNet-18, the small residual network.",
        ),
    ]
