"""What is doubtful about images of more than 8 bits that are predicted on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from torch import Tensor

from mdf.core.image import open_image
from mdf.core.sixteen_bit import Limits, is_deep

FEW = 16
"""So many of 256 levels are few: all that 12 bits leave of a camera's 16."""


def bits_warnings(background: Path, bg: Tensor, frames: Sequence[Path], limits: Limits | None) -> Iterator[str]:
    """One line each: images of other bits than their background, `bg`, and levels that are lost.

    Raises
        DataError: an image cannot be opened.
    """
    other = [frame for frame in frames if _is_deep(frame) != _is_deep(background)]
    if other:
        yield (
            f"{len(other)} of {len(frames)} images have other bits than their background ({other[0]}: more than 8 on "
            "one side alone), so equal levels can mean different brightness: give both with the same number of bits"
        )
    if limits is None and _is_deep(background) and (remaining := len(np.unique(bg.numpy()))) <= FEW:
        yield (
            f"{background} has more than 8 bits, of which the upper 8 are read, as in training: {remaining} levels "
            "remain; train with `--set data.frame_range=percentile`, and predictions use that range too"
        )


def _is_deep(path: Path) -> bool:
    with open_image(path) as image:
        return is_deep(image)
