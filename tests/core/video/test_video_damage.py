"""Damaged videos: what a plain decode gives, always the same bytes, and the damage told."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from burnt import FRAMES, burn, needs_ffmpeg, number_in, seen_by_ffmpeg

from mdf.core.video.frames import VideoFrames

pytestmark = needs_ffmpeg
X264 = "-c:v libx264 -preset veryfast -pix_fmt yuv420p -g 12 -bf 2"


def damage(path: Path, kind: str) -> None:
    content = bytearray(path.read_bytes())
    if kind == "cut short":
        del content[len(content) * 2 // 3 :]
    elif kind == "overwritten":
        content[len(content) // 2 : len(content) // 2 + 600] = bytes(600)
    elif kind == "packets lost":
        lost = np.random.default_rng(3).random(len(content) // 188) < 0.02
        kept = [content[i * 188 : (i + 1) * 188] for i in range(len(lost)) if not lost[i]]
        content = bytearray().join(kept)
    elif kind == "begun in the middle":
        del content[: len(content) // 3]
    path.write_bytes(content)


@pytest.mark.parametrize(
    ("name", "coding", "kind"),
    [
        ("a.ts", X264, "cut short"),
        ("a.ts", X264, "overwritten"),
        ("a.ts", X264, "packets lost"),
        ("a.ts", X264, "begun in the middle"),
        ("a.mpg", "-c:v mpeg2video -q:v 3 -g 12 -bf 2", "overwritten"),
        ("mpeg4.ts", "-c:v mpeg4 -q:v 3 -g 12 -bf 2", "begun in the middle"),
        ("a.mkv", X264, "cut short"),
        ("a.mkv", X264, "overwritten"),
        ("a.avi", X264, "cut short"),
        ("a.h264", X264, "overwritten"),
        ("a.flv", X264, "cut short"),
    ],
)
def test_it_is_read_as_ffmpeg_reads_it(tmp_path: Path, name: str, coding: str, kind: str) -> None:
    path = burn(tmp_path / name, coding)
    damage(path, kind)
    video, again = VideoFrames(path), VideoFrames(path)
    seen = [number_in(pixels) for pixels in seen_by_ffmpeg(path)]
    straight = [video.frame(number) for number in range(len(video))]
    assert 0 < len(video) <= FRAMES
    assert abs(len(video) - len(seen)) <= 1
    alike = sum(number_in(pixels) == number for pixels, number in zip(straight, seen, strict=False))
    assert alike >= len(seen) - 6  # what is guessed in place of lost parts is not the same in all versions of ffmpeg
    for number in np.random.default_rng(0).integers(0, len(video), 6):
        assert np.array_equal(again.frame(int(number)), straight[number])


def test_what_is_missing_is_counted(tmp_path: Path) -> None:
    path = burn(tmp_path / "a.mkv", X264)
    assert (VideoFrames(path).failures, VideoFrames(path).damaged) == (0, 0)
    damage(path, "overwritten")
    video = VideoFrames(path)
    assert video.failures + video.damaged > 0
