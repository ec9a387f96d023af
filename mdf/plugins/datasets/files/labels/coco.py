"""COCO's annotation files: polygons, run lengths and boxes in JSON."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from mdf.plugins.datasets.files.labels.labelled import Drawn, LabelFile, LabelledImage, image_name
from mdf.plugins.datasets.files.labels.runs import coco_runs
from mdf.plugins.datasets.files.labels.shapes import Patch, Polygon

Side = Annotated[int, Field(gt=0, le=100_000)]


class _Loose(BaseModel):
    model_config = ConfigDict(extra="ignore")


class _Runs(_Loose):
    size: tuple[Side, Side]
    counts: list[int] | str


class _Annotation(_Loose):
    image_id: int | str
    category_id: int | str = 0
    segmentation: list[list[float]] | _Runs | None = None
    bbox: list[float] | None = None


class _Image(_Loose):
    id: int | str
    file_name: str
    height: Side | None = None
    width: Side | None = None


class _Category(_Loose):
    id: int | str
    name: str


class _File(_Loose):
    images: list[_Image]
    annotations: list[_Annotation]
    categories: list[_Category] = []


def is_coco(content: Mapping[str, Any]) -> bool:
    """Whether JSON looks like COCO's annotations."""
    return isinstance(content.get("images"), list) and isinstance(content.get("annotations"), list)


def read_coco(content: Mapping[str, Any]) -> LabelFile:
    """The labels of every image.

    Raises
        ValueError: the file is not a COCO file (errors of pydantic are also ValueErrors).
    """
    file = _File.model_validate(content)
    names = {category.id: category.name for category in file.categories}
    drawn: dict[int | str, list[Drawn]] = {image.id: [] for image in file.images}
    for number, annotation in enumerate(file.annotations):
        if annotation.image_id not in drawn:
            raise ValueError(f"annotation {number} is of image {annotation.image_id!r}, which the file does not list")
        category = names.get(annotation.category_id, str(annotation.category_id))
        drawn[annotation.image_id].extend(_shapes(annotation, category))
    images: dict[str, LabelledImage] = {}
    for image in file.images:
        size = (image.height, image.width) if image.height and image.width else None
        name = image_name(image.file_name)
        if name in images:
            raise ValueError(f"it lists {image.file_name} twice")
        images[name] = LabelledImage(size, drawn[image.id])
    used = {shape.category for shapes in drawn.values() for shape in shapes}
    return LabelFile("COCO", images, frozenset({*names.values(), *used}))


def _shapes(annotation: _Annotation, category: str) -> Iterator[Drawn]:
    found = annotation.segmentation
    if isinstance(found, _Runs):
        yield Drawn(category, Patch(coco_runs(found.counts, found.size)), "mask")
    elif found:
        for points in found:
            if len(points) < 6 or len(points) % 2:
                raise ValueError(f"a polygon of image {annotation.image_id!r} has {len(points)} numbers")
            yield Drawn(category, Polygon(tuple(zip(points[::2], points[1::2], strict=True))))
    else:
        yield Drawn(category, None, "bounding box" if annotation.bbox else "annotation")
