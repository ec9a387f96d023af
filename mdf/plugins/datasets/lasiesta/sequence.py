"""One sequence of LASIESTA: frames in `I_SI_01/`, labels in colours in `I_SI_01-GT/` beside it."""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mdf.core.errors import DataError
from mdf.core.image import Pixels, check_size, image_size, read_image
from mdf.core.names import suggest
from mdf.plugins.datasets.cdnet.numbered import numbered
from mdf.plugins.datasets.cdnet.recording import SAME_VIDEO, Flags, Video
from mdf.plugins.datasets.files.images import entries

LABELS = ("-GT", "_GT")
"""What follows a sequence's name in that of the folder of its labels."""
LEVELS = 3
"""Folders below the given path in which sequences are looked for, unless it is one itself."""
BACKGROUND = (0, 0, 0)
OBJECTS = ((255, 0, 0), (0, 255, 0), (255, 255, 0), (255, 255, 255))
"""Moving objects 1 to 3, and objects that moved and now stand still."""
UNCERTAIN = (128, 128, 128)
MOVING_CAMERA = ("I_MC", "O_MC", "I_SM", "O_SM")
"""Categories whose camera moves, really or simulated: they have no empty scene."""


class Sequence(Video):
    """The files of a sequence; see `Video`."""

    @property
    def category(self) -> str:
        """The beginning of its name, such as `I_SI`: indoors or outdoors, and the kind of sequence."""
        return self.folder.name.rpartition("_")[0] or self.folder.name

    @property
    def scene(self) -> str:
        """Its name."""
        return self.folder.name

    @property
    def root(self) -> Path:
        """The folder that holds frames and labels."""
        return self.folder.parent

    def truth(self, number: int) -> tuple[Pixels, Flags]:
        """Foreground (H×W uint8, 0 or 1) and validity (H×W bool) of a frame, by colour.

        Raises
            DataError: a pixel has a colour that LASIESTA does not define.
        """
        path = self.truths[number]
        colours = _codes(read_image(path, "RGB", self.size, SAME_VIDEO))
        objects = np.isin(colours, [_code(colour) for colour in OBJECTS])
        uncertain = colours == _code(UNCERTAIN)
        strange = ~(objects | uncertain | (colours == _code(BACKGROUND)))
        if strange.any():
            raise DataError(
                f"{path} holds colours that LASIESTA does not define: #{int(colours[strange][0]):06x} at "
                f"{int(strange.sum())} pixels.",
                "Labels are black, red, green, yellow, white and grey (128); they must not be resized or stored as "
                "JPEG.",
            )
        return objects.astype(np.uint8), ~uncertain


def labels_of(folder: Path) -> Path | None:
    """The folder of the labels of the frames in `folder`; None if that is no sequence."""
    beside = (folder.parent / f"{folder.name}{ending}" for ending in LABELS)
    return next((labels for labels in beside if labels.is_dir()), None)


def find_sequences(path: Path, wanted: tuple[str, ...]) -> list[Path]:
    """The folders of frames: `path` itself, or all below it, or those of them whose names match a pattern of `wanted`.

    Without patterns those of moving cameras are left out.

    Raises
        DataError: there is none, a folder cannot be listed, two sequences have one name, or a pattern names none.
    """
    root = path.resolve()
    found: dict[str, Path] = {}
    for folder in [root] if labels_of(root) is not None else sorted(_sequences(root, LEVELS)):
        other = found.setdefault(folder.name, folder)
        if other != folder:
            raise DataError(f"lasiesta: {other} and {folder} have one name.", "Give the path that holds one of them.")
    for pattern in wanted:
        if not any(fnmatchcase(name, pattern) for name in found):
            raise DataError(f"lasiesta: no sequence is called {pattern!r}.", suggest(pattern, found))
    fixed = [folder for name, folder in found.items() if not name.startswith(MOVING_CAMERA)]
    named = [folder for name, folder in found.items() if any(fnmatchcase(name, pattern) for pattern in wanted)]
    chosen = named if wanted else fixed
    if not chosen:
        raise DataError(
            f"lasiesta: {path} holds no sequence of a fixed camera: no folder I_SI_01 beside an I_SI_01-GT.",
            "Extract LASIESTA's archives there; each holds the two folders.",
        )
    return chosen


def open_sequence(folder: Path) -> Sequence:
    """List a sequence and check that its parts fit together.

    Raises
        DataError: it has no frame with labels, labels have no frame, or a file cannot be read.
    """
    labels = labels_of(folder)
    inputs, truths = numbered(folder, f"{folder.name}-"), numbered(labels, f"{labels.name}_") if labels else {}
    missing = [path for number, path in truths.items() if number not in inputs]
    if not truths or missing:
        which = f"{missing[0]} has no frame" if missing else "it has no labels"
        raise DataError(
            f"lasiesta: {folder}: {which}.", f"Frames are {folder.name}-1.bmp, labels {folder.name}-GT_1.png."
        )
    size = image_size(next(iter(inputs.values())))
    check_size(next(iter(truths.values())), size, SAME_VIDEO)
    return Sequence(folder, size, inputs, truths)


def _sequences(folder: Path, levels: int) -> Iterator[Path]:
    for entry in entries(folder):
        inner = folder / entry.name
        if not entry.is_dir() or entry.name.endswith(LABELS):
            continue
        if labels_of(inner) is not None:
            yield inner
        elif levels:
            yield from _sequences(inner, levels - 1)


def _codes(colours: Pixels) -> NDArray[np.int64]:
    codes: NDArray[np.int64] = colours.astype(np.int64) @ np.array([65536, 256, 1])
    return codes


def _code(colour: tuple[int, int, int]) -> int:
    red, green, blue = colour
    return 65536 * red + 256 * green + blue
