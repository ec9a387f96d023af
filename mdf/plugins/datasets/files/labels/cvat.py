"""CVAT's XML, `CVAT for images 1.1` and `CVAT for video 1.1`, read without entities or document types."""

from __future__ import annotations

from pathlib import Path
from xml.parsers import expat

import numpy as np

from mdf.plugins.datasets.files.labels.labelled import Drawn, LabelFile, LabelledImage, image_name
from mdf.plugins.datasets.files.labels.runs import flat_runs
from mdf.plugins.datasets.files.labels.shapes import Ellipse, Patch, Polygon, Shape, Size, box
from mdf.plugins.datasets.files.labels.tracks import Moment, Track, Video, frames_of

SHAPES = ("polygon", "box", "ellipse", "mask", "polyline", "points", "cuboid", "skeleton")


def read_cvat(path: Path) -> LabelFile:
    """The labels of every image, or of every frame of a video.

    Raises
        ValueError: the file is not a CVAT file, or is damaged; a track does not define its shape between two of its
            frames.
        OSError: it cannot be read.
    """
    reader = _Reader()
    parser = expat.ParserCreate()
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.text
    parser.StartDoctypeDeclHandler = _refuse
    parser.EntityDeclHandler = _refuse
    with path.open("rb") as file:
        try:
            parser.ParseFile(file)
        except expat.ExpatError as error:
            raise ValueError(str(error)) from error
    return reader.labels()


def _refuse(*_: object) -> None:
    raise ValueError("it declares a document type or entities, which are not read")


class _Reader:
    """Handles the elements in the order of the file."""

    def __init__(self) -> None:
        self.images: dict[str, tuple[Size, list[Drawn]]] = {}
        self.drawn: list[Drawn] | None = None
        self.tracks: list[Track] = []
        self.track: Track | None = None
        self.place: list[str] = []
        self.said: dict[str, str] = {}

    def start(self, tag: str, given: dict[str, str]) -> None:
        """The beginning of an element."""
        if not self.place and tag != "annotations":
            raise ValueError(f"its first element is <{tag}>, not <annotations>")
        self.place.append(tag)
        try:
            if tag == "image":
                size = int(given["height"]), int(given["width"])
                self.drawn = []
                name = image_name(given["name"])
                if name in self.images:
                    raise ValueError(f"it lists {given['name']} twice")
                self.images[name] = size, self.drawn
            elif tag == "track":
                self.track = Track(given["label"])
                self.tracks.append(self.track)
            elif tag in SHAPES and self.track is not None and self.place[-2] == "track":
                shape = None if given.get("outside", "0") == "1" else Drawn(self.track.label, _shape(tag, given), tag)
                self.track.moments.append(Moment(int(given["frame"]), shape))
            elif tag in SHAPES and self.drawn is not None:
                self.drawn.append(Drawn(given["label"], _shape(tag, given), tag))
        except KeyError as error:
            raise ValueError(f"a <{tag}> has no {error}") from error

    def end(self, tag: str) -> None:
        """The end of an element."""
        self.place.pop()
        if tag == "track":
            self.track = None

    def text(self, text: str) -> None:
        """Text in an element. Text about the task is stored, e.g. as `original_size/width`."""
        if self.place[1:2] == ["meta"] and len(self.place) > 3:
            name = "/".join(self.place[3:])
            self.said[name] = (self.said.get(name, "") + text).strip()

    def labels(self) -> LabelFile:
        """All of it."""
        used = {shape.category for _, drawn in self.images.values() for shape in drawn}
        if not self.tracks:
            images = {name: LabelledImage(size, drawn) for name, (size, drawn) in self.images.items()}
            if not images and self.said.get("mode") == "interpolation":
                return self._video()
            return LabelFile("CVAT", images, frozenset(used))
        if self.images:
            raise ValueError("it holds both images and tracks")
        return self._video()

    def _video(self) -> LabelFile:
        number = {name: int(self.said.get(name) or 0) for name in ("size", "start_frame")}
        size = tuple(int(self.said.get(f"original_size/{side}") or 0) for side in ("height", "width"))
        if number["start_frame"] or self.said.get("frame_filter"):
            raise ValueError(
                "it covers only part of a video (start_frame, frame_filter), and its frame numbers do not say which "
                "part: export as `CVAT for images 1.1`"
            )
        video = Video(number["size"], (size[0], size[1]) if all(size) else None)
        return LabelFile(
            "CVAT (video)", frames_of(self.tracks, video), frozenset(t.label for t in self.tracks), frames=video.frames
        )


def _shape(tag: str, given: dict[str, str]) -> Shape | None:
    def number(name: str, default: str | None = None) -> float:
        return float(given[name] if default is None else given.get(name, default))

    if tag == "polygon":
        return Polygon(tuple((float(x), float(y)) for x, y in (p.split(",") for p in given["points"].split(";"))))
    if tag == "box":
        return box(number("xtl"), number("ytl"), number("xbr"), number("ybr"), number("rotation", "0"))
    if tag == "ellipse":
        return Ellipse((number("cx"), number("cy")), (number("rx"), number("ry")), number("rotation", "0"))
    if tag == "mask":
        height, width = int(given["height"]), int(given["width"])
        counts = np.array([int(count) for count in given["rle"].split(",")])
        return Patch(flat_runs(counts, height * width).reshape(height, width), (int(given["left"]), int(given["top"])))
    return None
