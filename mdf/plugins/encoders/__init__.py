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
        Spec(
            "resnet18-fullres",
            "mdf.plugins.encoders.resnet18_fullres:ResNet18FullResEncoder",
            "ResNet-18 with every stride 1: shows what full-size maps cost, and is trained only on request.",
            cost_only=True,
        ),
        Spec(
            "s2d",
            "mdf.plugins.encoders.s2d:S2DEncoder",
            "Fast: a small UNet path on 4×4 pixels as channels. For frames of about 112×112 or more.",
        ),
        Spec(
            "s2d-small",
            "mdf.plugins.encoders.s2d:S2DSmallEncoder",
            "`s2d` at half its cost.",
        ),
        Spec(
            "s2d-detail",
            "mdf.plugins.encoders.s2d:S2DDetailEncoder",
            "`s2d` with a narrow path at full size, for borders and thin structures.",
        ),
        Spec(
            "timm",
            "mdf.plugins.encoders.timm_encoder:TimmEncoder",
            "Any model of timm that gives feature maps, e.g. `timm:mobilenetv3_small_100`.",
            variant="MODEL",
            representatives=(
                *("mobilenetv3_small_050", "test_convnext", "test_vit", "efficientvit_b0", "edgenext_xx_small"),
                *("test_mambaout", "test_maxvit", "levit_128s"),  # maps in NHWC; built for one size
            ),
        ),
        Spec(
            "smp",
            "mdf.plugins.encoders.smp_encoder:SmpEncoder",
            "Any encoder of segmentation_models.pytorch, e.g. `smp:mit_b0`.",
            variant="ENCODER",
            representatives=("mit_b0", "mobilenet_v2", "resnet18", "efficientnet-b0"),
        ),
    ]
