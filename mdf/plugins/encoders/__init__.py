"""Registers the built-in encoders. Imports no component, so that looking one up stays fast."""

from mdf.core.hooks import hookimpl
from mdf.core.spec import Spec


@hookimpl
def mdf_encoders() -> list[Spec]:
    """Offer the built-in encoders."""
    return [
        Spec(
            "unet",
            "mdf.plugins.encoders.unet:UNetEncoder",
            "Plain convolution stages as in U-Net, trained from scratch.",
        ),
        Spec(
            "resnet18",
            "mdf.plugins.encoders.resnet18:ResNet18Encoder",
            "ResNet-18, a small residual network, trained from scratch.",
        ),
        Spec(
            "resnet18-fullres",
            "mdf.plugins.encoders.resnet18_fullres:ResNet18FullResEncoder",
            "ResNet-18 with all strides set to 1. Shows the cost of full-size maps; trained only on request.",
            cost_only=True,
        ),
        Spec(
            "s2d",
            "mdf.plugins.encoders.s2d:S2DEncoder",
            "Fast: moves 4×4 pixels into channels, then a small U-Net path. For frames from about 112×112.",
        ),
        Spec(
            "s2d-small",
            "mdf.plugins.encoders.s2d:S2DSmallEncoder",
            "`s2d` at half the cost.",
        ),
        Spec(
            "s2d-detail",
            "mdf.plugins.encoders.s2d:S2DDetailEncoder",
            "`s2d` plus a narrow full-size path, for object borders and thin structures.",
        ),
        Spec(
            "timm",
            "mdf.plugins.encoders.timm_encoder:TimmEncoder",
            "Any timm model that gives feature maps, e.g. `timm:mobilenetv3_small_100`.",
            variant="MODEL",
            representatives=(
                *("mobilenetv3_small_050", "test_convnext", "test_vit", "efficientvit_b0", "edgenext_xx_small"),
                *("test_mambaout", "test_maxvit", "levit_128s"),  # the first gives NHWC maps, the others take one size
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
