"""Frame N is the N-th that ffmpeg decodes, in every container and codec that Debian's ffmpeg can write."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from burnt import FRAMES, burn, check_frames, cut, glued, joined, needs_ffmpeg, number_in, seen_by_ffmpeg

from mdf.core.image import Pixels
from mdf.core.video import index

cv2 = pytest.importorskip("cv2")
pytestmark = [needs_ffmpeg, pytest.mark.slow]

H264 = "-c:v libx264 -preset veryfast -pix_fmt yuv420p"
X264 = {
    "groups of 1": f"{H264} -g 1",
    "groups of 12": f"{H264} -g 12 -bf 0",
    "B-frames": f"{H264} -g 12 -bf 2",
    "one group": f"{H264} -g 250 -bf 3",
    "open groups": f"{H264} -x264-params open-gop=1:keyint=12:bframes=3:b-pyramid=normal:scenecut=0",
    "renewed in parts": f"{H264} -x264-params intra-refresh=1:keyint=12:bframes=0:scenecut=0",
    "interlaced": f"{H264} -flags +ilme+ildct -x264-params tff=1:keyint=12:bframes=2",
}
H265 = "-c:v libx265 -preset ultrafast -pix_fmt yuv420p -x265-params log-level=none"
X265 = {
    "groups of 1": f"{H265}:keyint=1",
    "groups of 12": f"{H265}:keyint=12:bframes=0:open-gop=0",
    "B-frames": f"{H265}:keyint=12:bframes=3:open-gop=0",
    "one group": f"{H265}:keyint=250:bframes=4",
    "open groups": f"{H265}:keyint=12:bframes=3:open-gop=1:scenecut=0",
}
M2V = "-c:v mpeg2video -q:v 3 -pix_fmt yuv420p -sc_threshold 1000000000"
MPEG2 = {
    "groups of 1": f"{M2V} -g 1",
    "B-frames": f"{M2V} -g 12 -bf 2",
    "closed groups": f"{M2V} -g 12 -bf 2 -flags +cgop",
    "one group": f"{M2V} -g 250 -bf 2",
    "interlaced": f"{M2V} -g 12 -bf 2 -flags +ilme+ildct",
}
M4V = "-c:v mpeg4 -q:v 3 -pix_fmt yuv420p"
MPEG4 = {"plain": f"{M4V} -g 12", "B-frames": f"{M4V} -g 12 -bf 2", "one group": f"{M4V} -g 250 -bf 2"}
VPX = {
    "vp8": "-c:v libvpx -g 12 -auto-alt-ref 1 -lag-in-frames 16 -cpu-used 8 -deadline realtime",
    "vp9": "-c:v libvpx-vp9 -g 12 -auto-alt-ref 1 -lag-in-frames 16 -cpu-used 8",
    "av1": "-c:v libaom-av1 -cpu-used 8 -g 12 -usage realtime",
}
MJPEG = {"mjpeg": "-c:v mjpeg -q:v 2 -pix_fmt yuvj420p"}
WMV = {codec: f"-c:v {codec} -q:v 3 -g 12" for codec in ("wmv1", "wmv2", "msmpeg4v2", "msmpeg4")}
LOSSLESS = {codec: f"-c:v {codec}" for codec in ("ffv1", "huffyuv", "ffvhuff", "utvideo", "png", "zmbv")}
XVID = {"xvid": "-c:v libxvid -q:v 3 -g 12 -bf 2 -pix_fmt yuv420p"}

CONTAINERS = {
    "mp4": {"x264": X264, "x265": X265, "mpeg4": MPEG4, "vp": {k: v for k, v in VPX.items() if k != "vp8"}}
    | {"m": MJPEG},
    "mov": {"x264": X264, "x265": X265, "mpeg2": MPEG2, "mpeg4": MPEG4, "m": MJPEG}
    | {"studio": {"prores": "-c:v prores_ks -pix_fmt yuv422p10le", "rle": "-c:v qtrle"}},
    "3gp": {"x264": X264, "mpeg4": MPEG4},
    "mkv": {"x264": X264, "x265": X265, "mpeg2": MPEG2, "mpeg4": MPEG4, "vp": VPX, "m": MJPEG, "wmv": WMV},
    "webm": {"vp": VPX},
    "avi": {"x264": X264, "mpeg2": MPEG2, "mpeg4": MPEG4, "xvid": XVID, "m": MJPEG, "wmv": WMV, "lossless": LOSSLESS}
    | {"old": {"cinepak": "-c:v cinepak", "video1": "-c:v msvideo1", "flv1": "-c:v flv -q:v 3 -g 12"}},
    "ts": {"x264": X264, "x265": X265, "mpeg2": MPEG2, "mpeg4": MPEG4},
    "m2ts": {"x264": X264, "x265": X265},
    "mpg": {"mpeg2": MPEG2, "mpeg1": {"mpeg1": "-c:v mpeg1video -q:v 3 -g 12 -bf 2"}},
    "vob": {"mpeg2": MPEG2},
    "flv": {"x264": X264, "old": {"flv1": "-c:v flv -q:v 3 -g 12"}},
    "wmv": {"wmv": WMV},
    "asf": {"x264": {"B-frames": X264["B-frames"]}},
    "ogv": {"theora": {"theora": "-c:v libtheora -q:v 8 -g 12"}},
    "mxf": {"mpeg2": {"B-frames": MPEG2["B-frames"]}},
    "nut": {"x264": {"B-frames": X264["B-frames"]}},
    "ivf": {"vp": VPX},
    "h264": {"x264": X264},
    "h265": {"x265": X265},
    "m2v": {"mpeg2": MPEG2},
    "mjpeg": {"m": MJPEG},
}
CASES = [
    pytest.param(container, group, id=f"{container}-{group}")
    for container, groups in CONTAINERS.items()
    for group in groups
]
GLUED = {"ts", "m2ts", "mpg", "vob", "h264", "h265", "m2v", "mjpeg"}
RAW = {"h264", "h265", "m2v", "mjpeg"}
"""Streams without a container: they have no times by which they could be cut."""


def seen_by_opencv(path: Path) -> list[Pixels]:
    capture = cv2.VideoCapture(str(path))
    frames = []
    while capture.grab():
        frames.append(capture.retrieve()[1][..., ::-1])
    return frames


def seen(path: Path) -> list[Pixels]:
    """What ffmpeg's program shows. Where a join has broken a group of frames, some of its versions show frames out of
    order, or frames that were cut away; OpenCV's ffmpeg is another version, and then the one to compare with."""
    frames = seen_by_ffmpeg(path)
    numbers = [number_in(pixels) for pixels in frames]
    breaks = sum(after != before + 1 for before, after in pairwise(numbers))
    other = seen_by_opencv(path) if breaks > 3 or path.name.startswith("cut-") else []
    return other if other and len(other) != len(frames) else frames


@pytest.mark.parametrize("shortest", [10**9, 0], ids=["short", "long"])
@pytest.mark.parametrize(("container", "group"), CASES)
def test_every_frame(
    tmp_path: Path, container: str, group: str, shortest: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(index, "SHORT", shortest)
    for number, coding in enumerate(CONTAINERS[container][group].values()):
        path = burn(tmp_path / f"{number}.{container}", coding)
        frames = seen_by_ffmpeg(path)
        assert [number_in(pixels) for pixels in frames] == list(range(len(frames))), coding
        assert len(frames) >= FRAMES - 2  # libxvid does not write the last ones
        check_frames(path, frames)


@pytest.mark.parametrize(("container", "group"), CASES)
def test_cut_joined_and_glued(tmp_path: Path, container: str, group: str) -> None:
    for name, coding in CONTAINERS[container][group].items():
        if name in (
            "groups of 1",
            "one group",
            "av1",
        ):  # cutting is no trouble, or cuts nothing; ffmpeg 5 shows too much
            continue
        path = burn(tmp_path / f"{name.replace(' ', '-')}.{container}", coding)
        pieces = [path]
        if container not in RAW:
            pieces = [cut(path), path]
            check_frames(pieces[0], seen(pieces[0]))
        if container in GLUED:
            both = glued(path, pieces[0])
            check_frames(both, seen(both))
        if container not in RAW and (container, name) != ("mkv", "open groups"):  # which ffmpeg cannot join
            both = joined(*pieces, pieces[0])
            check_frames(both, seen(both))


def test_times_of_joined_recordings_run_on(tmp_path: Path) -> None:
    from mdf.core.video.frames import VideoFrames

    path = burn(tmp_path / "a.ts", X264["B-frames"])
    video = VideoFrames(glued(path, path))
    assert np.diff(video.times).max() <= 2 * np.diff(video.times).min()
