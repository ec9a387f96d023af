"""The masks of a data set: decides once what they mean, and reads the mask of each frame."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path

from mdf.core.errors import DataError
from mdf.plugins.datasets.files.masks.census import mask_census
from mdf.plugins.datasets.files.masks.decide import decide
from mdf.plugins.datasets.files.masks.facts import MaskFacts
from mdf.plugins.datasets.files.masks.label_files import FOREGROUND, IGNORED, LABELS, describe, draw
from mdf.plugins.datasets.files.masks.meaning import Flags, Foreground, Labels, MaskMeaning
from mdf.plugins.datasets.files.masks.options import MaskOptions
from mdf.plugins.datasets.files.masks.picture import MaskPicture, read_picture
from mdf.plugins.datasets.files.truth import Header, placed


class Masks:
    """The masks of the frames in `files`, by the frame's name. `header` gives the header of a frame. `labels` gives its
    name in the label files, if that is different."""

    def __init__(
        self,
        files: Mapping[str, Path],
        options: MaskOptions,
        header: Callable[[str], Header],
        labels: Mapping[str, str] | None = None,
    ) -> None:
        self.files, self.options, self._header, self._labels = files, options, header, labels or {}

    @cached_property
    def facts(self) -> list[MaskFacts]:
        """The facts of each file. All files are read once."""
        names = dict.fromkeys(path for path in self.files.values() if _is_label(path))
        key = f"{self.options.mask_foreground} {self.options.mask_ignore} {self._labels}" if names else ""
        return mask_census(self.files, self._picture, key)

    @cached_property
    def meaning(self) -> MaskMeaning:
        """What the masks mean.

        Raises
            DataError: the files do not decide it, or one does not fit the others.
        """
        labels = list(dict.fromkeys(path for path in self.files.values() if _is_label(path)))
        if not labels:
            return decide(self.facts, self.options)
        if len(labels) < len(set(self.files.values())):
            picture = next(path for path in self.files.values() if not _is_label(path))
            raise DataError(f"Some masks are pictures ({picture}), others labels ({labels[0]}).", "Keep one kind.")
        words = describe(labels, self.options)
        return Labels("levels", frozenset({FOREGROUND}), frozenset({0}), frozenset({IGNORED}), words)

    def read(self, name: str, like: str) -> tuple[Foreground, Flags]:
        """Foreground (H×W uint8, 0 or 1) and validity (H×W bool) of a frame, as people see it.

        Raises
            DataError: the mask cannot be read, does not fit what the masks mean, or is not of the frame's size.
        """
        path, header = self.files[name], self._header(name)
        picture = self._picture(name, path)
        foreground, valid = self.meaning.read(picture, str(path))
        where = header, picture.tagged, self.options.mask_orientation, path, like
        return placed(foreground, *where), placed(valid, *where)

    def _picture(self, name: str, path: Path) -> MaskPicture:
        if _is_label(path):
            return draw(path, self._labels.get(name, name), self._header(name).size, self.options)
        return read_picture(path)


def _is_label(path: Path) -> bool:
    return path.suffix.lower() in LABELS
