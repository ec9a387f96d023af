"""One video of CDnet's layout: `input/in000001.jpg`, `groundtruth/gt000001.png`, ROI.bmp, temporalROI.txt.

Other data sets in this layout have frames with other names, a clean background beside `input/`, or no region of
interest.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mdf.core.background import usual
from mdf.core.errors import DataError
from mdf.core.image import Pixels, check_size, image_size, read_image
from mdf.core.image_formats import ENDINGS
from mdf.plugins.datasets.cdnet.numbered import numbered, single

Flags = np.ndarray[Any, np.dtype[np.bool_]]

PERIOD = "temporalROI.txt"
SAME_VIDEO = "the first frame of its video"

BACKGROUND, FOREGROUND, INVALID, UNKNOWN = range(4)
MEANING = np.full(256, UNKNOWN, dtype=np.uint8)
MEANING[[0, 50]] = BACKGROUND  # static, hard shadow
MEANING[[85, 170]] = INVALID  # outside the region of interest, unknown motion
MEANING[255] = FOREGROUND  # moving


@dataclass(frozen=True, slots=True)
class Video:
    """The files of a video folder. Only headers of images have been read.

    Attributes:
        folder: its path.
        size: (height, width) of its frames.
        inputs: every frame by its number, in order.
        truths: the ground truth of each frame that is scored, by number, in order.
        region_file: the spatial region of interest; without it every pixel counts.
        background_file: the image of the empty scene that comes with the video, if one does.
    """

    folder: Path
    size: tuple[int, int]
    inputs: dict[int, Path]
    truths: dict[int, Path]
    region_file: Path | None = None
    background_file: Path | None = None

    @property
    def category(self) -> str:
        """Its condition, e.g. `baseline` or `shadow`: the parent of its folder."""
        return self.folder.parent.name

    @property
    def scene(self) -> str:
        """`category/video`."""
        return f"{self.category}/{self.folder.name}"

    @property
    def root(self) -> Path:
        """The folder that holds all its files."""
        return self.folder

    @property
    def period_file(self) -> Path:
        """The file with the first and last scored frame. If it is absent, every frame with a ground truth is scored."""
        return self.folder / PERIOD

    def region(self) -> Flags:
        """H×W bool: inside the region of interest."""
        if self.region_file is None:
            return np.ones(self.size, dtype=np.bool_)
        return read_image(self.region_file, "L", self.size, SAME_VIDEO) > 127

    def frame(self, number: int) -> Pixels:
        """A frame, H×W×3 uint8 RGB."""
        return read_image(self.inputs[number], "RGB", self.size, SAME_VIDEO)

    def usual(self, numbers: Sequence[int]) -> Pixels:
        """The colour that each pixel shows most often in these frames, H×W×3 uint8."""
        return usual([self.frame(number) for number in numbers])

    def truth(self, number: int) -> tuple[Pixels, Flags]:
        """Foreground (H×W uint8, 0 or 1) and validity by label (H×W bool) of a scored frame.

        Raises
            DataError: a pixel has a colour, or does not have one of the five labels.
        """
        path = self.truths[number]
        colours = read_image(path, "RGB", self.size, SAME_VIDEO)
        labels = colours[..., 0]
        if (colours != labels[..., None]).any():
            raise DataError(
                f"{path} is in colours: CDnet's labels are levels of grey.",
                "Convert it to the levels 0, 50, 85, 170 and 255.",
            )
        meaning = MEANING[labels]
        if (meaning == UNKNOWN).any():
            strange = np.unique(labels[meaning == UNKNOWN])[:5].tolist()
            raise DataError(
                f"{path} holds labels that CDnet does not define: {strange}.",
                "Labels are 0, 50, 85, 170 and 255; a ground truth must not be resized or stored as JPEG.",
            )
        return (meaning == FOREGROUND).astype(np.uint8), meaning != INVALID


def open_video(folder: Path) -> Video:
    """List a video folder and check that its parts fit together.

    Raises
        DataError: there are no frames, a ground truth has no frame, there is nothing to score, or a file cannot be
            read.
    """
    inputs = numbered(folder / "input", "in")
    truths = numbered(folder / "groundtruth", "gt")
    if not inputs:
        raise DataError(
            f"cdnet: {folder / 'input'} holds no frames.",
            f"Frames are named in000001.jpg or NAME_000001.png, and so on ({', '.join(ENDINGS)}).",
        )
    for number, path in truths.items():
        if number not in inputs:
            raise DataError(
                f"cdnet: {path} has no frame: {folder / 'input'} holds no frame {number}.",
                "Restore the frame, or remove the ground truth.",
            )
    size = image_size(next(iter(inputs.values())))
    first, last = _period(folder / PERIOD)
    scored = {number: path for number, path in truths.items() if first <= number <= last}
    if not scored:
        raise DataError(
            f"cdnet: {folder} has no ground truth to score: {len(truths)} files, frames {first}–{last} asked for.",
            f"Check groundtruth/ (gt000001.png and so on) and {PERIOD}.",
        )
    video = Video(folder, size, inputs, scored, single(folder, "roi"), single(folder, "background"))
    for file in filter(None, [next(iter(scored.values())), video.region_file, video.background_file]):
        check_size(file, size, SAME_VIDEO)
    return video


def _period(path: Path) -> tuple[int, float]:
    """First and last frame number that are scored."""
    if not path.exists():
        return 0, float("inf")
    words = _text(path).split()
    if len(words) != 2 or not all(word.isdecimal() for word in words) or int(words[0]) > int(words[1]):
        raise DataError(
            f"{path} should hold the first and last scored frame, e.g. “470 1700”: it says {' '.join(words)[:80]!r}.",
            "Restore the file; without it every frame that has a ground truth is scored.",
        )
    return int(words[0]), int(words[1])


def _text(path: Path) -> str:
    try:
        return path.read_text(errors="replace")
    except OSError as error:
        raise DataError(f"{path} cannot be read ({error.strerror or error}).", "Check its permissions.") from error
