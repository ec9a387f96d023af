"""One array of a cache, written sample after sample."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


class Column:
    """One `.npy` file, written sample after sample: a full disk is then an error, not a dead process."""

    def __init__(self, path: Path, total: int) -> None:
        self.path, self.total = path, total
        self.dtype: np.dtype[Any] | None = None
        self.file: BinaryIO | None = None

    def append(self, array: Array) -> None:
        """Write some samples more, N×…; where their dtype is wider than the file's, that is made wider first."""
        if self.file is None or self.dtype is None:
            self._start(array.dtype, array.shape[1:])
        elif array.dtype != self.dtype:
            wider = np.promote_types(array.dtype, self.dtype)
            if wider != self.dtype:
                self._widen(wider, array.shape[1:])
            array = array.astype(wider)
        assert self.file is not None
        self.file.write(array.data)

    def _start(self, dtype: np.dtype[Any], shape: tuple[int, ...]) -> None:
        self.dtype, self.file = dtype, self.path.open("wb")
        header = {"descr": dtype.str, "fortran_order": False, "shape": (self.total, *shape)}
        np.lib.format.write_array_header_1_0(self.file, header)

    def _widen(self, dtype: np.dtype[Any], shape: tuple[int, ...]) -> None:
        """Start again in a wider dtype with what has been written so far."""
        self.close()
        narrow = self.path.rename(self.path.with_suffix(".narrow"))
        with narrow.open("rb") as old:
            np.lib.format.read_magic(old)
            np.lib.format.read_array_header_1_0(old)
            before = self.dtype
            self._start(dtype, shape)
            assert self.file is not None
            assert before is not None
            while block := old.read(2**24):
                self.file.write(np.frombuffer(block, before).astype(dtype).data)
        narrow.unlink()

    def close(self) -> None:
        """Write what is left to the disk; an error while filling may close it early."""
        if self.file is not None:
            with self.file:
                self.file.flush()
                os.fsync(self.file.fileno())
            self.file = None
