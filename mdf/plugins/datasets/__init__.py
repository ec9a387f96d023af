"""Registers the built-in data sets. Imports no component, so that looking one up stays fast."""

from mdf.core.hooks import hookimpl
from mdf.core.spec import Spec


@hookimpl
def mdf_datasets() -> list[Spec]:
    """Offer the built-in data sets."""
    return [
        Spec(
            "scenes",
            "mdf.plugins.datasets.scenes:Scenes",
            "Computer-generated scenes with exact masks and depth; needs no download.",
        ),
        Spec(
            "cdnet",
            "mdf.plugins.datasets.cdnet.dataset:CDnet",
            "CDnet 2014, or a folder with its layout: real videos with masks.",
            variant="PATH",
        ),
        Spec(
            "lasiesta",
            "mdf.plugins.datasets.lasiesta.dataset:Lasiesta",
            "LASIESTA: real indoor and outdoor videos with masks, in coloured labels.",
            variant="PATH",
        ),
        Spec(
            "folder",
            "mdf.plugins.datasets.folder.dataset:Folder",
            "Your own image pairs in bg/, fg_bg/, mask/ and depth/, matched by file name.",
            variant="PATH",
        ),
        Spec(
            "real",
            "mdf.plugins.datasets.real.dataset:RealScenes",
            "Every real scene below a folder, in the layout of `cdnet`, `lasiesta` or `folder`, to score on.",
            variant="PATH",
        ),
        Spec(
            "rgbd-pairs",
            "mdf.plugins.datasets.rgbd_pairs.dataset:RgbdPairs",
            "RGB-D images of empty and occupied scenes; masks are computed from the depths.",
            variant="PATH",
        ),
        Spec(
            "composite",
            "mdf.plugins.datasets.composite:Composite",
            "Cut-outs pasted on backgrounds; has depth if the backgrounds have it.",
            variant="BACKGROUNDS,CUTOUTS",
        ),
        Spec(
            "own-camera",
            "mdf.plugins.datasets.own_camera.dataset:OwnCamera",
            "Drawn figures on one camera's empty frames; depth if the scene's is known. What `mdf adapt` learns from.",
            variant="FOLDER",
        ),
        Spec(
            "nyuv2",
            "mdf.plugins.datasets.nyuv2.dataset:NYUv2",
            "NYU Depth V2: indoor photographs with depth, without backgrounds.",
            variant="PATH",
            extra="nyuv2",
        ),
        Spec(
            "video",
            "mdf.plugins.datasets.video:VideoFile",
            "A video of a fixed camera, for viewing and predicting.",
            variant="PATH",
            recordings=("*",),
            extra="video",
        ),
    ]
