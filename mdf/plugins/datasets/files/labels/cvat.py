"""CVAT's `CVAT for images 1.1`: shapes in XML, read without entities or document types."""

from __future__ import annotations

from pathlib import Path
from xml.parsers import expat

import numpy as np

from mdf.plugins.datasets.files.labels.labelled import Drawn, LabelFile, LabelledImage, image_name
from mdf.plugins.datasets.files.labels.runs import flat_runs
from mdf.plugins.datasets.files.labels.shapes import Ellipse, Patch, Polygon, Shape, box

SHAPES = ("polygon", "box", "ellipse", "mask", "polyline", "points", "cuboid", "skeleton")


def read_cvat(path: Path) -> LabelFile:
    """The labels of every image.

    Raises
        ValueError: it is no such file, or damaged.
        OSError: it cannot be read.
    """
    reader = _Reader()
    parser = expat.ParserCreate()
    parser.StartElementHandler = reader.start
    parser.StartDoctypeDeclHandler = _refuse
    parser.EntityDeclHandler = _refuse
    with path.open("rb") as file:
        try:
            parser.ParseFile(file)
        except expat.ExpatError as error:
            raise ValueError(str(error)) from error
    images = {name: LabelledImage(size, drawn) for name, (size, drawn) in reader.images.items()}
    used = {shape.category for image in images.values() for shape in image.drawn}
    return LabelFile("CVAT", images, frozenset(used))


def _refuse(*_: object) -> None:
    raise ValueError("it declares a document type or entities, which are not read")


class _Reader:
    """Takes the elements as they come."""

    def __init__(self) -> None:
        self.images: dict[str, tuple[tuple[int, int], list[Drawn]]] = {}
        self.drawn: list[Drawn] | None = None
        self.depth = 0

    def start(self, tag: str, given: dict[str, str]) -> None:
        """The beginning of an element."""
        self.depth += 1
        if self.depth == 1 and tag != "annotations":
            raise ValueError(f"its first element is <{tag}>, not <annotations>")
        if tag == "track":
            raise ValueError(
                "it is `CVAT for video`, which numbers frames instead of naming them: export as `CVAT for images 1.1`"
            )
        try:
            if tag == "image":
                size = int(given["height"]), int(given["width"])
                self.drawn = []
                name = image_name(given["name"])
                if name in self.images:
                    raise ValueError(f"it lists {given['name']} twice")
                self.images[name] = size, self.drawn
            elif tag in SHAPES and self.drawn is not None:
                self.drawn.append(Drawn(given["label"], _shape(tag, given), tag))
        except KeyError as error:
            raise ValueError(f"a <{tag}> has no {error}") from error


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
