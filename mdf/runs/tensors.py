"""Writes tensors to a file that is whole or not there."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import save_file
from torch import Tensor

from mdf.core.errors import StorageError
from mdf.core.files import CURE, whole


def write_tensors(path: Path, tensors: Mapping[str, Tensor], about: Mapping[str, str] | None = None) -> None:
    """Write tensors as safetensors, with `about` in the header.

    The tensors must be on the CPU, contiguous, and each in its own memory (`own`). Raises StorageError if the disk does
    not allow it.
    """
    with whole(path) as beside:
        try:
            save_file(dict(tensors), beside, None if about is None else dict(about))
        except SafetensorError as error:  # it raises this for an OSError
            raise StorageError(f"cannot write {path}: {error}", CURE) from error


def own(tensor: Tensor) -> Tensor:
    """The values on the CPU, in memory that no other tensor shares."""
    return tensor.detach().to("cpu", copy=True, memory_format=torch.contiguous_format)
