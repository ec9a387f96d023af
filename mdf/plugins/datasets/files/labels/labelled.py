"""Label files as one thing, whichever tool wrote them: the shapes of each image, by its name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from unicodedata import normalize

from mdf.core.errors import DataError
from mdf.plugins.datasets.files.labels.shapes import Shape, Size


@dataclass(frozen=True, slots=True)
class Drawn:
    """A shape with its category; `shape` is None where it has no area (a point, a line), `kind` says what it is."""

    category: str
    shape: Shape | None
    kind: str = "polygon"


@dataclass(frozen=True, slots=True)
class LabelledImage:
    """What was drawn on one image.

    Attributes:
        size: (height, width) that the label file gives it; None where it does not say.
        drawn: the shapes.
    """

    size: Size | None
    drawn: Sequence[Drawn]


@dataclass(frozen=True, slots=True)
class LabelFile:
    """What a label file holds.

    Attributes:
        tool: the tool that wrote it.
        images: its images by name without the ending; where `frames` is given, by `numbered_name`.
        categories: all its categories.
        alone: whether it is of one frame, the one that it is called as.
        frames: how many frames it numbers instead of naming them; None where it names them.
    """

    tool: str
    images: Mapping[str, LabelledImage]
    categories: frozenset[str]
    alone: bool = False
    frames: int | None = None

    def find(self, name: str) -> LabelledImage | None:
        """The image of a frame: the one of its name, or of a name that ends as its own does, or the other way round.

        Raises
            DataError: several images of the file could be meant.
        """
        if name in self.images:
            return self.images[name]
        alike = [known for known in self.images if are_related(known, name)]
        if len(alike) > 1:
            raise DataError(
                f"The label file names several images that could be {name}: {', '.join(alike[:3])}.",
                "Give each image a name of its own, or labels with paths as the frames have them.",
            )
        return self.images[alike[0]] if alike else None


def are_related(one: str, other: str) -> bool:
    """Whether two paths may be of one image: they are equal, or one ends as the other is.

    >>> are_related("images/cam1/0001", "cam1/0001"), are_related("cam2/0001", "cam1/0001")
    (True, False)
    """
    return f"/{one}".endswith(f"/{other}") or f"/{other}".endswith(f"/{one}")


def numbered_name(number: int) -> str:
    """What a frame is called of which only the number is known: as CVAT calls the frames that it exports."""
    return f"frame_{number:06d}"


def image_name(written: str) -> str:
    """The path that a label file gives an image, without its ending, as names of frames are written."""
    path = PurePosixPath(normalize("NFC", written.replace("\\", "/")))
    return path.with_suffix("").as_posix() if path.name else written
