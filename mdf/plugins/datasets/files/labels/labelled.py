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
    """A label file: what tool's it is, its images by name without the ending, and all its categories."""

    tool: str
    images: Mapping[str, LabelledImage]
    categories: frozenset[str]

    def find(self, name: str) -> LabelledImage | None:
        """The image of a frame: its path without the ending, or, where one alone is called so, the end of that path.

        Raises
            DataError: several images of the file could be meant.
        """
        if name in self.images:
            return self.images[name]
        last = name.rpartition("/")[2]
        alike = [known for known in self.images if known.rpartition("/")[2] == last]
        if len(alike) > 1:
            alike = [known for known in alike if known.endswith(f"/{name}") or name.endswith(f"/{known}")]
            if len(alike) != 1:
                raise DataError(
                    f"The label file names several images called {last}, and none with the path {name}.",
                    "Give each image a name of its own, or labels with paths as the frames have them.",
                )
        return self.images[alike[0]] if alike else None


def image_name(written: str) -> str:
    """The path that a label file gives an image, without its ending, as names of frames are written."""
    path = PurePosixPath(normalize("NFC", written.replace("\\", "/")))
    return path.with_suffix("").as_posix() if path.name else written
