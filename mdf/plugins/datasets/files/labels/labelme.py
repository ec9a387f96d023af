"""LabelMe's files: one JSON file per image."""

from __future__ import annotations

import base64
import io
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from pydantic import BaseModel, ConfigDict

from mdf.core.image import check_pixels
from mdf.plugins.datasets.files.labels.labelled import Drawn, LabelFile, LabelledImage
from mdf.plugins.datasets.files.labels.shapes import Ellipse, Flags, Patch, Polygon, Shape, box


class _Shape(BaseModel):
    model_config = ConfigDict(extra="ignore")
    label: str
    points: list[tuple[float, float]]
    shape_type: str = "polygon"
    mask: str | None = None


class _File(BaseModel):
    model_config = ConfigDict(extra="ignore")
    shapes: list[_Shape]
    imageHeight: int | None = None  # noqa: N815 - as the file calls it
    imageWidth: int | None = None  # noqa: N815


def is_labelme(content: Mapping[str, Any]) -> bool:
    """Whether JSON looks like LabelMe's."""
    return isinstance(content.get("shapes"), list) and ("imagePath" in content or "imageHeight" in content)


def read_labelme(content: Mapping[str, Any], name: str) -> LabelFile:
    """The labels of one image. `name` is the name of the file and of the image.

    Raises
        ValueError: the file is not a LabelMe file (errors of pydantic are also ValueErrors).
    """
    file = _File.model_validate(content)
    size = (file.imageHeight, file.imageWidth) if file.imageHeight and file.imageWidth else None
    drawn = [Drawn(shape.label, _shape(shape), shape.shape_type) for shape in file.shapes]
    categories = frozenset(shape.label for shape in file.shapes)
    return LabelFile("LabelMe", {name: LabelledImage(size, drawn)}, categories, alone=True)


def _shape(shape: _Shape) -> Shape | None:
    points = shape.points
    wanted = {"polygon": 3, "rotation": 3, "rectangle": 2, "circle": 2, "mask": 2}.get(shape.shape_type)
    if wanted is None:
        return None
    if len(points) < wanted:
        raise ValueError(f"a {shape.shape_type} `{shape.label}` has {len(points)} points")
    if shape.shape_type in ("polygon", "rotation"):  # a rotated box, as X-AnyLabeling writes it
        return Polygon(tuple(points))
    if shape.shape_type == "rectangle" and len(points) == 4:  # newer tools write all its corners
        return Polygon(tuple(points))
    (x1, y1), (x2, y2) = points[:2]
    if shape.shape_type == "circle":
        radius = math.hypot(x2 - x1, y2 - y1)
        return Ellipse((x1, y1), (radius, radius))
    if shape.shape_type == "rectangle":
        return box(min(x1, x2), min(y1, y2), max(x1, x2), max(y1, y2))
    if shape.mask is None:
        raise ValueError(f"a mask `{shape.label}` has no pixels")
    return Patch(_pixels(shape.label, shape.mask), (round(x1), round(y1)))


def _pixels(label: str, packed: str) -> Flags:
    """The pixels of a mask that is stored as PNG in base 64."""
    try:
        with Image.open(io.BytesIO(base64.b64decode(packed)), formats=("PNG",)) as image:
            check_pixels(Path(label), image)
            return np.asarray(image.convert("L")) > 0
    except Exception as error:  # decoders can raise almost any error on a damaged picture
        raise ValueError(f"the mask of a `{label}` is not a PNG ({error})") from error
