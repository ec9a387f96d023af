"""Checks what a source promises: frames in order, or one clear error."""

from __future__ import annotations

from contextlib import chdir
from itertools import islice, pairwise
from tempfile import TemporaryDirectory

import numpy as np

from mdf.core.errors import MdfError
from mdf.core.grammar import Reference
from mdf.core.source import Source
from mdf.testing.compare import require
from mdf.testing.finding import SkippedError
from mdf.testing.subject import Subject

FRAMES = 3


def can_be_built(subject: Subject[Source]) -> None:
    """It is built from its options and an address, without opening it."""
    source = subject.create()
    require(isinstance(source.live, bool) and isinstance(source.returns, bool), "`live` and `returns` are bools")


def gives_frames_or_one_clear_error(subject: Subject[Source]) -> None:
    """Its first frames are H×W×3 uint8 of one size, with times that rise; or it raises an MdfError with a hint."""
    if Reference.parse(subject.reference).variant == "-":
        raise SkippedError("it reads standard input")
    with TemporaryDirectory() as folder, chdir(folder):
        try:
            frames = [(frame.pixels(), frame.seconds) for frame in islice(subject.create().frames(), FRAMES)]
        except MdfError as error:
            require(bool(error.message and error.hint), f"its error says not what to do: {error.message!r}")
            return
    for pixels, _ in frames:
        fits = isinstance(pixels, np.ndarray) and pixels.dtype == np.uint8 and pixels.ndim == 3 and pixels.shape[2] == 3
        require(fits, f"a frame is {getattr(pixels, 'shape', type(pixels))}, not H×W×3 uint8")
    require(len({pixels.shape for pixels, _ in frames}) <= 1, "its frames are of several sizes")
    times = [seconds for _, seconds in frames if seconds is not None]
    require(all(one < other for one, other in pairwise(times)), f"its times do not rise: {times}")


CHECKS = (can_be_built, gives_frames_or_one_clear_error)
