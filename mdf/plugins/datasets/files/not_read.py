"""Formats of cameras and tools that are not read, each with advice how to convert it."""

from __future__ import annotations

ADVICE = {
    ".bag": "A RealSense or ROS recording: export it as 16-bit PNG, e.g. by `rs-convert -i X.bag -p frame`.",
    ".mcap": "A ROS 2 recording: export its depth images as 16-bit PNG.",
    ".mkv": "A recording (Azure Kinect keeps colour and depth as two tracks in one): export each track as images, "
    "depth as 16-bit PNG.",
    ".svo": "A ZED recording: export depth as 16-bit PNG or float TIFF with ZED's export tool.",
    ".svo2": "A ZED recording: export depth as 16-bit PNG or float TIFF with ZED's export tool.",
    ".r3d": "A Record3D recording: export it as EXR, or as RGBD images.",
    ".depth": "A compressed iPhone LiDAR map: export it as EXR, float TIFF or 16-bit PNG.",
    ".oni": "An OpenNI recording: export it as 16-bit PNG.",
    ".mat": "Save its array as NPY (float metres), or as 16-bit PNG of millimetres.",
    ".h5": "Save its array as NPY (float metres); bring distances along the ray to the viewing axis.",
    ".hdf5": "Save its array as NPY (float metres); bring distances along the ray to the viewing axis.",
    ".dpt": "A Sintel depth map: save its array as NPY or PFM.",
    ".flo": "An optical flow, no depth.",
    ".ply": "A point cloud: project it to the camera, and save that depth as NPY or 16-bit PNG.",
    ".pcd": "A point cloud: project it to the camera, and save that depth as NPY or 16-bit PNG.",
    ".bin": "Raw bytes without size and type: save them as NPY.",
    ".raw": "Raw bytes without size and type: save them as NPY, or as 16-bit PNG.",
    ".dng": "A camera's raw file: develop it to PNG or TIFF.",
    ".cr2": "A camera's raw file: develop it to PNG or TIFF.",
    ".nef": "A camera's raw file: develop it to PNG or TIFF.",
    ".arw": "A camera's raw file: develop it to PNG or TIFF.",
    ".svg": "A vector drawing: export it as PNG of the frame's size.",
    ".psd": "Export it as PNG.",
    ".xcf": "Export it as PNG.",
    ".jxl": "Convert it to PNG.",
    ".jp2": "Convert it to PNG.",
    ".hdr": "Convert it to EXR or float TIFF.",
    ".pkl": "Pickled files can run code and are never opened: save the array as NPY.",
    ".pt": "Pickled files can run code and are never opened: save the array as NPY.",
}


def advice_on(ending: str) -> str:
    """What to do with a file of this ending (lower case, with its dot); "" if there is no advice."""
    return ADVICE.get(ending, "")
