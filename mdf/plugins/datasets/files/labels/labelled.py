"""A common form for the label files of all tools: the shapes of each image, by its name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from unicodedata import normalize

from mdf.core.errors import DataError
from mdf.plugins.datasets.files.labels.shapes import Shape, Size


@dataclass(frozen=True, slots=True)
class Drawn:
    """A shape with its category; `shape` is None if it has no area (a point, a line); `kind` says what it is."""

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
        images: its images by name without the ending; by `numbered_name` if `frames` is given.
        categories: all its categories.
        alone: whether it is for one frame, the one with the same name.
        frames: the number of frames if the file numbers them; None if it names them.
    """

    tool: str
    images: Mapping[str, LabelledImage]
    categories: frozenset[str]
    alone: bool = False
    frames: int | None = None

    def find(self, name: str) -> LabelledImage | None:
        """The image of a frame: the one with the frame's name, or a related name: see `are_related`.

        Raises
            DataError: several images of the file fit.
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
    """Whether two paths can name the same image: they are equal, or one is the end of the other.

    >>> are_related("images/cam1/0001", "cam1/0001"), are_related("cam2/0001", "cam1/0001")
    (True, False)
    """
    return f"/{one}".endswith(f"/{other}") or f"/{other}".endswith(f"/{one}")


def numbered_name(number: int) -> str:
    """The name of a frame of which only the number is known. CVAT exports frames with these names."""
    return f"frame_{number:06d}"


def image_name(written: str) -> str:
    """The path of an image in a label file, without its ending, in the form of frame names."""
    path = PurePosixPath(normalize("NFC", written.replace("\\", "/")))
    return path.with_suffix("").as_posix() if path.name else written
