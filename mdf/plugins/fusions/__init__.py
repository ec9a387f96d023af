"""Built-in fusions: their lines. Imports no component, so that naming one stays cheap."""

from mdf.core.hooks import hookimpl
from mdf.core.spec import Spec


@hookimpl
def mdf_fusions() -> list[Spec]:
    """Offer the built-in fusions."""
    return [
        Spec("early", "mdf.plugins.fusions.early:EarlyFusion", "Both images as one of six channels."),
        Spec(
            "siamese-diff",
            "mdf.plugins.fusions.siamese:SiameseDiff",
            "One encoder for both images; the absolute difference of their features.",
        ),
        Spec(
            "siamese-concat",
            "mdf.plugins.fusions.siamese:SiameseConcat",
            "One encoder for both images; their features side by side.",
        ),
        Spec(
            "frame-only",
            "mdf.plugins.fusions.frame_only:FrameOnly",
            "The frame without its background: what a monocular network makes of it.",
        ),
    ]
