"""Whether two pictures show the same place: a 64-bit hash of their low frequencies, confirmed by correlation.

The hash has one bit for each of the 8×8 lowest coefficients of the cosine transform (DCT-II) of the picture in grey
at 32×32: whether it is above their median. Source: C. Zauner, “Implementation and Benchmarking of Perceptual Image
Hash Functions”, 2010, section 3.2.1.

Brightness, contrast, noise, compression and a shift of a few pixels change few bits; another room changes about half.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

SIDE, FREQUENCIES = 32, 8
FLAT = 2.0
"""A grey picture whose standard deviation is below this many levels shows nothing that tells one place from another."""
MAX_BITS = 12
"""Bits that may differ: a quick choice of the pairs that are worth comparing."""
SAME_PLACE = 0.97
"""Least correlation of two 32×32 pictures of one place. Of the 179 700 pairs of 600 rooms of `scenes` none reaches it
(0.964 at most); one camera's pictures, hours of frames apart, brighter, darker or with noise, stay above 0.98."""
SAME_PICTURE = 0.999

LUMA = (0.299, 0.587, 0.114)  # ITU-R BT.601

Thumbnail: TypeAlias = NDArray[np.uint8]


def thumbnail(image: Tensor) -> Thumbnail | None:
    """A picture 3×H×W uint8 in grey at 32×32, uint8; None where it is flat."""
    grey = (image.float() * torch.tensor(LUMA).view(3, 1, 1)).sum(0)
    small = F.interpolate(grey[None, None], size=(SIDE, SIDE), mode="bilinear", antialias=True, align_corners=False)
    return None if float(small.std()) < FLAT else small[0, 0].round().to(torch.uint8).numpy()


def hashes(thumbnails: NDArray[np.uint8]) -> NDArray[np.uint64]:
    """The 64-bit hash of each of N×32×32 thumbnails."""
    position = np.arange(SIDE)
    waves = np.cos(np.pi * (2 * position[None] + 1) * position[:FREQUENCIES, None] / (2 * SIDE))
    low = (waves @ thumbnails.astype(np.float64) @ waves.T).reshape(len(thumbnails), FREQUENCIES * FREQUENCIES)
    bits = low > np.median(low[:, 1:], axis=1, keepdims=True)  # the first is the mean brightness
    packed: NDArray[np.uint64] = np.packbits(bits, axis=1).view(np.uint64)[:, 0]
    return packed


def group_same_places(thumbnails: NDArray[np.uint8]) -> list[int]:
    """For each of N×32×32 thumbnails the number of the first that shows the same place.

    Likeness is passed on: if A is like B and B like C, all three are one place.
    """
    codes, pictures = hashes(thumbnails), _standardised(thumbnails)
    first = list(range(len(codes)))
    leaders = np.zeros(len(codes), np.int64)
    count = 0
    for number in range(len(codes)):
        differing = np.bitwise_count(codes[leaders[:count]] ^ codes[number])
        near = leaders[:count][differing <= MAX_BITS]
        likeness = pictures[near] @ pictures[number]
        for other in near[likeness >= SAME_PLACE].tolist():
            one, two = _root(first, other), _root(first, number)
            first[max(one, two)] = min(one, two)
        if not bool((likeness >= SAME_PICTURE).any()):  # else it finds nothing that its leader does not find
            leaders[count] = number
            count += 1
    return [_root(first, number) for number in range(len(first))]


def _root(first: list[int], number: int) -> int:
    while first[number] != number:
        first[number] = first[first[number]]
        number = first[number]
    return number


def _standardised(thumbnails: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Rows of zero mean and unit length, so that their products are correlations."""
    rows = thumbnails.reshape(len(thumbnails), -1).astype(np.float32)
    rows -= rows.mean(1, keepdims=True)
    rows /= np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-6)
    return rows
