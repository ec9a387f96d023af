"""Built-in data sets: their lines. Imports no component, so that naming one stays cheap."""

from mdf.core.hooks import hookimpl
from mdf.core.spec import Spec


@hookimpl
def mdf_datasets() -> list[Spec]:
    """Offer the built-in data sets."""
    return [
        Spec(
            "scenes",
            "mdf.plugins.datasets.scenes:Scenes",
            "Drawn scenes with exact masks and depth; needs no download.",
        ),
        Spec(
            "cdnet",
            "mdf.plugins.datasets.cdnet.dataset:CDnet",
            "A folder laid out as CDnet 2014: real videos with masks.",
            variant="PATH",
        ),
        Spec(
            "folder",
            "mdf.plugins.datasets.folder.dataset:Folder",
            "Your own image pairs in bg/ fg_bg/ mask/ depth/, matched by name.",
            variant="PATH",
        ),
        Spec(
            "rgbd-pairs",
            "mdf.plugins.datasets.rgbd_pairs.dataset:RgbdPairs",
            "Colour and depth of empty and occupied scenes; masks from the depths.",
            variant="PATH",
        ),
        Spec(
            "composite",
            "mdf.plugins.datasets.composite:Composite",
            "Cut-outs pasted on backgrounds, with depth where these have it.",
            variant="BACKGROUNDS,CUTOUTS",
        ),
        Spec(
            "nyuv2",
            "mdf.plugins.datasets.nyuv2.dataset:NYUv2",
            "NYU Depth V2: indoor photographs with depth, no background.",
            variant="PATH",
            extra="nyuv2",
        ),
        Spec(
            "video",
            "mdf.plugins.datasets.video:VideoFile",
            "A video of a fixed camera, to look at and predict on.",
            variant="PATH",
            recordings=("*",),
            extra="video",
        ),
    ]
