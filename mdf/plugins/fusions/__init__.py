"""Registers the built-in fusions. Imports no component, so that looking one up stays fast."""

from mdf.core.hooks import hookimpl
from mdf.core.spec import Spec


@hookimpl
def mdf_fusions() -> list[Spec]:
    """Offer the built-in fusions."""
    return [
        Spec("early", "mdf.plugins.fusions.early:EarlyFusion", "Concatenates both images to six channels."),
        Spec(
            "aligned",
            "mdf.plugins.fusions.aligned:AlignedFusion",
            "Both images in the same light, with their difference and local correlation: ten channels.",
        ),
        Spec(
            "siamese-diff",
            "mdf.plugins.fusions.siamese:SiameseDiff",
            "One encoder for both images; takes the absolute difference of their features.",
        ),
        Spec(
            "siamese-concat",
            "mdf.plugins.fusions.siamese:SiameseConcat",
            "One encoder for both images; concatenates their features.",
        ),
        Spec(
            "frame-only",
            "mdf.plugins.fusions.frame_only:FrameOnly",
            "Uses the frame alone and ignores the background, like a monocular network.",
        ),
    ]
