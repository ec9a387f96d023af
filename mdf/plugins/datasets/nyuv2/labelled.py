"""NYUv2's labelled set, a MATLAB 7.3 (HDF5) file. MATLAB's first axis is HDF5's last, so images are stored
transposed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from mdf.core.dataset import Doubt
from mdf.core.errors import DataError
from mdf.core.image import MAX_PIXELS, Pixels
from mdf.plugins.datasets.files.depth import Depth, Flags
from mdf.plugins.datasets.nyuv2.folder import scene_of

LARGEST_CHUNK = 2**30
"""Most bytes that one stored piece may unpack to."""


class LabelledFile:
    """`images` N×3×W×H uint8, a depth N×W×H in metres, and the `scenes`' names.

    Raises
        DataError: the file is not such a file. Links to other files are refused.
    """

    def __init__(self, path: Path, depth: str) -> None:
        self.path, self._depth = path, depth
        with self._opened() as file:
            shape = self._array(file, "images", 4).shape
            depth_shape = self._array(file, depth, 3).shape
            self._scenes = self._scene_names(file, shape[0])
        if shape[1] != 3 or (shape[0], *shape[2:]) != depth_shape or 0 in shape or shape[2] * shape[3] > MAX_PIXELS:
            raise self._broken(f"holds images of shape {shape} and `{depth}` of shape {depth_shape}")
        self._size = (int(shape[3]), int(shape[2]))

    def scenes(self) -> list[str]:
        """The scene of each photograph."""
        return self._scenes

    def name(self, index: int) -> str:
        """Scene and number."""
        return f"{self._scenes[index]}/{index:04d}"

    def size(self, index: int) -> tuple[int, int]:  # noqa: ARG002
        """(height, width)."""
        return self._size

    def read(self, index: int) -> tuple[Pixels, Depth, Flags]:
        """Photograph, depth and validity. Only positive finite numbers were measured."""
        with self._opened() as file:
            try:
                image = np.asarray(file["images"][index], dtype=np.uint8)
                depth = np.asarray(file[self._depth][index], dtype=np.float32).T
            except (OSError, RuntimeError, ValueError) as error:
                raise self._broken(f"cannot be read at photograph {index} ({error})") from error
        valid = np.isfinite(depth) & (depth > 0)
        return np.ascontiguousarray(image.transpose(2, 1, 0)), np.where(valid, depth, np.float32(0)), valid

    def files(self) -> Iterator[tuple[str, Path]]:
        """The file."""
        yield "labelled", self.path

    def doubts(self) -> Iterable[Doubt]:
        """None: the file's form is fixed."""
        return ()

    def words(self) -> str:
        """How the depths are read."""
        return f"`{self._depth}` of the labelled set, metres; 0 invalid"

    def _opened(self) -> h5py.File:
        try:
            return h5py.File(self.path, "r")
        except OSError as error:
            raise self._broken(f"is not a MATLAB 7.3 file ({error})") from error

    def _array(self, file: h5py.File, name: str, axes: int) -> Any:
        """An array that is stored in this file itself."""
        if not isinstance(file.get(name, getlink=True), h5py.HardLink):
            raise self._broken(f"has no `{name}`")
        array = file[name]
        if not isinstance(array, h5py.Dataset) or array.ndim != axes or array.is_virtual or array.external:
            raise self._broken(f"has no `{name}` of {axes} axes in itself")
        piece = int(np.prod(array.chunks or (1,), dtype=np.float64)) * array.dtype.itemsize
        if piece > LARGEST_CHUNK:
            raise self._broken(f"stores `{name}` in pieces of {piece} bytes")
        return array

    def _scene_names(self, file: h5py.File, count: int) -> list[str]:
        """The scene of each photograph. `scenes` is a cell array: references to texts as UTF-16 numbers."""
        cells = self._array(file, "scenes", 2)
        references = cells[()].ravel() if cells.dtype == h5py.ref_dtype and cells.size == count else []
        if len(references) != count:
            raise self._broken(f"names {cells.size} scenes for {count} photographs")
        try:
            return [scene_of("".join(map(chr, file[reference][()].ravel()))) for reference in references]
        except (ValueError, TypeError, OSError, AttributeError) as error:
            raise self._broken(f"has unreadable names of scenes ({error})") from error

    def _broken(self, what: str) -> DataError:
        return DataError(f"{self.path} {what}.", "Download nyu_depth_v2_labeled.mat (2.8 GB) again.")
