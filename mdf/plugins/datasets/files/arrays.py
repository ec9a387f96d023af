"""NumPy files with one number per pixel. The size is checked before the array is read, and nothing is unpickled."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from mdf.core.errors import DataError
from mdf.core.image import MAX_PIXELS, too_large

ARRAYS = (".npy", ".npz")
"""Endings of NumPy files."""


def array_size(path: Path) -> tuple[int, int]:
    """(height, width) from the file's header.

    Raises
        DataError: the file is missing or damaged, holds several arrays, or has no array with one number per pixel.
    """
    with _opened(path) as file:
        return _map_shape(path, *_header(path, file))


def array_type(path: Path) -> np.dtype[Any]:
    """The type of its numbers, from the file's header. Raises as `array_size`."""
    with _opened(path) as file:
        return _header(path, file)[1]


def read_array(path: Path) -> NDArray[Any]:
    """The array, H×W of its own type (bool, whole numbers or floats); other axes of length 1 are removed.

    Raises
        DataError: as `array_size`.
    """
    with _opened(path) as file:
        shape, kind = _header(path, file)
        size = _map_shape(path, shape, kind)
    with _opened(path) as file:
        try:
            array = np.lib.format.read_array(file, allow_pickle=False, max_header_size=10_000)
        except Exception as error:
            raise _damaged(path, error) from error
    return array.reshape(size)


def _opened(path: Path) -> IO[bytes]:
    try:
        if path.suffix.lower() == ".npy":
            return path.open("rb")
        archive = zipfile.ZipFile(path)
    except FileNotFoundError as error:
        raise DataError(f"{path} is missing.", "Restore the file or check the path.") from error
    except Exception as error:
        raise _damaged(path, error) from error
    names = [name for name in archive.namelist() if name.endswith(".npy")]
    if len(names) != 1:
        raise DataError(
            f"{path} holds {len(names)} arrays ({', '.join(n.removesuffix('.npy') for n in names[:4])}).",
            "Save the array that you need as its own NPY file.",
        )
    return archive.open(names[0])


def _header(path: Path, file: IO[bytes]) -> tuple[tuple[int, ...], np.dtype[Any]]:
    try:
        version = np.lib.format.read_magic(file)
        readers: dict[tuple[int, int], Callable[..., Any]] = {
            (1, 0): np.lib.format.read_array_header_1_0,
            (2, 0): np.lib.format.read_array_header_2_0,
        }
        shape, _, kind = readers[version](file, max_header_size=10_000)
    except Exception as error:
        raise _damaged(path, error) from error
    return shape, kind


def _map_shape(path: Path, shape: tuple[int, ...], kind: np.dtype[Any]) -> tuple[int, int]:
    axes = list(shape)
    while len(axes) > 2 and 1 in (axes[0], axes[-1]):
        axes.pop(-1 if axes[-1] == 1 else 0)
    if kind.kind not in "biuf" or len(axes) != 2:
        raise DataError(
            f"{path} holds an array of shape {shape} and type {kind}; mdf reads one number per pixel, height × width.",
            "Save that map alone, as numbers.",
        )
    if axes[0] * axes[1] > MAX_PIXELS:
        raise too_large(path, f"{axes[1]}×{axes[0]}")
    return axes[0], axes[1]


def _damaged(path: Path, error: Exception) -> DataError:
    reason = str(error) or type(error).__name__
    return DataError(f"{path} cannot be read as a NumPy array ({reason}).", "Save it again by numpy.save.")
