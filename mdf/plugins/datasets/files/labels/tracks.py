"""Objects that are labelled over the frames of a video, as in CVAT: a track lists its shape at some frames."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from mdf.plugins.datasets.files.labels.labelled import Drawn, LabelledImage, numbered_name
from mdf.plugins.datasets.files.labels.shapes import Ellipse, Polygon, Size


@dataclass(frozen=True, slots=True)
class Moment:
    """A track at one frame; `drawn` is None if the object is not visible."""

    frame: int
    drawn: Drawn | None


@dataclass(frozen=True, slots=True)
class Track:
    """One object over many frames."""

    label: str
    moments: list[Moment] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Video:
    """The number of frames of a video, and their (height, width) if it is known."""

    frames: int
    size: Size | None


def frames_of(tracks: Sequence[Track], video: Video) -> dict[str, LabelledImage]:
    """What is drawn on every frame of a video, by `numbered_name`.

    Between two frames that a track lists, a box moves evenly. After the last listed frame the shape does not change.

    Raises
        ValueError: a frame is beyond the video's end; a shape other than a box is not listed for every frame.
    """
    drawn: list[list[Drawn]] = [[] for _ in range(video.frames)]
    for track in tracks:
        for frame, shape in _shown(track, video.frames):
            drawn[frame].append(shape)
    return {numbered_name(number): LabelledImage(video.size, shapes) for number, shapes in enumerate(drawn)}


def _shown(track: Track, frames: int) -> Iterator[tuple[int, Drawn]]:
    """The frames in which an object is visible, with its shape in each."""
    moments = sorted(track.moments, key=lambda moment: moment.frame)
    if moments and not 0 <= moments[0].frame <= moments[-1].frame < frames:
        raise ValueError(f"a track `{track.label}` reaches frame {moments[-1].frame} of a video of {frames} frames")
    for now, then in zip(moments, [*moments[1:], Moment(frames, None)], strict=True):
        if now.frame == then.frame:
            raise ValueError(f"a track `{track.label}` has two shapes at frame {now.frame}")
        if now.drawn is None:
            continue
        for frame in range(now.frame, then.frame):
            yield frame, _between(now.drawn, then.drawn, (frame - now.frame) / (then.frame - now.frame))


def _between(now: Drawn, then: Drawn | None, share: float) -> Drawn:
    """The shape at a `share` of the way from one shape to the next; the same shape if none follows."""
    if not share or then is None or (isinstance(now.shape, Polygon | Ellipse) and now.shape == then.shape):
        return now
    if now.kind != "box" or then.kind != "box":
        raise ValueError(
            f"a track `{now.category}` does not list its {now.kind} at every frame, and only boxes move evenly between "
            "two: export from CVAT, which writes all of them"
        )
    assert isinstance(now.shape, Polygon)
    assert isinstance(then.shape, Polygon)
    pairs = zip(now.shape.points, then.shape.points, strict=True)
    corners = tuple((x1 + (x2 - x1) * share, y1 + (y2 - y1) * share) for (x1, y1), (x2, y2) in pairs)
    return Drawn(now.category, Polygon(corners), "box")
