"""Images as users have them, a path, a photo or an array, made the tensors that networks read."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from mdf.core.errors import DataError
from mdf.core.image import read_image, upright
from mdf.core.sixteen_bit import Limits

ImageLike = str | os.PathLike[str] | Image.Image | NDArray[np.uint8] | Tensor
"""A file's path; a Pillow image; H×W×3 uint8 RGB; or a tensor 3×H×W or N×3×H×W, uint8 or float 0–1."""

FORMS = "give a path, a Pillow image, an array H×W×3 uint8, or a tensor 3×H×W or N×3×H×W (uint8, or float 0 to 1)"


def to_tensor(image: ImageLike, what: str, limits: Limits | None = None) -> Tensor:
    """3×H×W (of a tensor with four dimensions N×3×H×W) uint8 RGB; `what` names it in errors.

    A tensor stays on its device, everything else is on the CPU. Photos are turned as the camera was held (EXIF).
    `limits` are the levels of images of more than 8 bits that become black and white, as the run stores them; None =
    all of 16 bits.

    Raises
        DataError: a file that cannot be read; a shape, type or range that no image has.
    """
    if isinstance(image, Tensor):
        return _from_tensor(image, what)
    if isinstance(image, np.ndarray):
        return _from_array(image, what)
    if isinstance(image, Image.Image):
        return _channels_first(upright(what, image, limits))
    if isinstance(image, (str, os.PathLike)):
        return _channels_first(read_image(Path(image), "RGB", limits=limits))
    raise DataError(f"{what} is a {type(image).__name__}", FORMS)


def _from_array(array: NDArray[np.uint8], what: str) -> Tensor:
    if array.ndim != 3 or array.shape[2] != 3 or not array.size or array.dtype != np.uint8:
        raise DataError(f"{what} is an array of shape {array.shape} and type {array.dtype}", FORMS)
    return _channels_first(array)


def _channels_first(pixels: NDArray[np.uint8]) -> Tensor:
    return torch.from_numpy(pixels.transpose(2, 0, 1).copy())


def _from_tensor(tensor: Tensor, what: str) -> Tensor:
    if tensor.ndim not in (3, 4) or tensor.shape[-3] != 3 or not tensor.numel():
        raise DataError(f"{what} is a tensor of shape {tuple(tensor.shape)}", FORMS)
    if tensor.dtype == torch.uint8:
        return tensor.detach()
    if not tensor.is_floating_point():
        raise DataError(f"{what} is a tensor of type {str(tensor.dtype).removeprefix('torch.')}", FORMS)
    values = tensor.detach().float()
    low, high = float(values.min()), float(values.max())
    if not (low >= 0 and high <= 1):  # false for NaN too
        raise DataError(f"{what} is a float tensor of values from {low:g} to {high:g}", FORMS)
    return (values * 255).round().to(torch.uint8)
