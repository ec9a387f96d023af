"""One array of a cache, written sample after sample."""

from __future__ import annotations

import os
from pathlib import Path
from typing import BinaryIO, TypeAlias

import numpy as np
from numpy.typing import NDArray

from mdf.core.errors import DataError

Array: TypeAlias = NDArray[np.generic]
"""An array of whatever dtype the data set gives."""


class Column:
    """One `.npy` file, written sample after sample: a full disk is then an error, not a dead process.

    `what` names the array in messages, e.g. "the target of `depth`".
    """

    def __init__(self, path: Path, total: int, what: str) -> None:
        self.path, self.total, self.what = path, total, what
        self.form = ""
        self.file: BinaryIO | None = None

    def append(self, array: Array) -> None:
        """Write more samples, N×….

        Raises
            DataError: their dtype or channels are not those of the first samples.
            OSError: the disk is full.
        """
        form = f"{array.dtype.name} with {array.shape[1]} channel(s)"
        if self.file is None:
            self.form, self.file = form, self.path.open("wb")
            header = {"descr": array.dtype.str, "fortran_order": False, "shape": (self.total, *array.shape[1:])}
            np.lib.format.write_array_header_1_0(self.file, header)
        if form != self.form:
            raise DataError(
                f"{self.what} is {form} in some samples and {self.form} in others",
                "a data set gives every sample in one form: convert it where the data set reads it",
            )
        self.file.write(array.data)

    def close(self) -> None:
        """Write what is left to the disk; an error while filling may close it early."""
        if self.file is not None:
            with self.file:
                self.file.flush()
                os.fsync(self.file.fileno())
            self.file = None
