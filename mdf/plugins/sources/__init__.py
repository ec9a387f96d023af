"""Registers the built-in sources. Imports no component, so that looking one up stays fast."""

from mdf.core.hooks import hookimpl
from mdf.core.spec import Spec


@hookimpl
def mdf_sources() -> list[Spec]:
    """Offer the built-in sources."""
    return [
        Spec(
            "file",
            "mdf.plugins.sources.file:VideoFile",
            "A video file, every frame of it.",
            variant="PATH",
            representatives=("clip.mp4",),
            addresses=("*",),
            extra="video",
        ),
        Spec(
            "images",
            "mdf.plugins.sources.images:Images",
            "The images of a folder or a glob, in the order of their numbers.",
            variant="FOLDER",
            representatives=("frames/",),
            addresses=("*/", "*[*]*", "*[?]*"),
        ),
        Spec(
            "device",
            "mdf.plugins.sources.device:Device",
            "A USB or other V4L2 camera: its number or its device file.",
            variant="DEVICE",
            representatives=("/dev/video99",),
            addresses=("[0-9]", "[0-9][0-9]", "/dev/*"),
            extra="video",
        ),
        Spec(
            "stream",
            "mdf.plugins.sources.stream:Stream",
            "A network camera: RTSP, RTSPS, HTTP (MJPEG or other), HLS.",
            variant="URL",
            representatives=("rtsp://127.0.0.1:9/stream",),
            addresses=("rtsp://*", "rtsps://*", "http://*", "https://*", "rtmp://*", "udp://*", "srt://*"),
            extra="video",
        ),
        Spec(
            "stdin",
            "mdf.plugins.sources.stdin:StandardInput",
            "Standard input: MJPEG or y4m, as ffmpeg writes it.",
            variant="-",
            representatives=("-",),
            addresses=("-",),
            extra="video",
        ),
    ]
