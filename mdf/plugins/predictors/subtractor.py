"""The base of OpenCV's background subtractors: they see the empty scene first, then one frame."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterator, Sequence
from typing import ClassVar

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import Field
from torch import Tensor

from mdf.core.component import ComponentConfig
from mdf.core.image import Pixels
from mdf.core.predictor import Predictor
from mdf.core.sample import Batch

FOREGROUND = 255
"""OpenCV's label for foreground. A shadow is 127, background 0."""

FIT_SAMPLES = 8
"""Number of samples of each training batch that are used to fit the threshold."""

Mask = NDArray[np.bool_]


class Subtractor(Predictor):
    """Segments every sample with a new subtractor, so that no frame learns from another.

    The subtractor sees the background `background_repeats` times, and then the frame with learning rate 0. Shadows
    count as background.

    OpenCV's default thresholds assume noise that was learned from many frames, but here there is only one background.
    So the threshold is fitted, unless it is set: of all `CANDIDATES` (OpenCV's default is the first), it is the one
    with the best F-measure over all valid pixels of some training samples.
    """

    class Config(ComponentConfig):
        """Options of a background subtractor."""

        threshold: float | None = Field(
            None,
            gt=0,
            description="Squared distance from which a pixel is foreground; None = fit on training data.",
        )
        detect_shadows: bool = Field(True, description="Detect shadows and count them as background.")

    CANDIDATES: ClassVar[tuple[float, ...]]
    background_repeats: ClassVar[int]
    config: Config

    def __init__(self, config: Config) -> None:
        super().__init__(config)
        self.threshold = config.threshold or self.CANDIDATES[0]

    @abstractmethod
    def new_subtractor(self, threshold: float) -> cv2.BackgroundSubtractor:
        """A subtractor that has seen no image yet."""

    def fit(self, train: Callable[[], Iterator[Batch]]) -> None:
        """Choose the threshold, unless the config sets it."""
        if self.config.threshold is not None:
            return
        counts = np.zeros((len(self.CANDIDATES), 2))
        for batch in train():
            samples = batch.select(range(min(FIT_SAMPLES, len(batch))))
            valid = samples.valid["mask"].cpu().numpy()
            truth = (samples.targets["mask"].cpu().numpy() > 0.5) & valid
            for row, threshold in zip(counts, self.CANDIDATES, strict=True):
                predicted = self._masks(samples, threshold) & valid
                row += (predicted & truth).sum(), predicted.sum() + truth.sum()
        self.threshold = _best(self.CANDIDATES, counts)

    def predict(self, batch: Batch) -> dict[str, Tensor]:
        """`mask`: N×1×H×W float32, 0 or 1."""
        return {"mask": torch.from_numpy(self._masks(batch, self.threshold)).float().to(batch.bg.device)}

    def _masks(self, batch: Batch, threshold: float) -> Mask:
        """N×1×H×W."""
        pairs = zip(_pixels(batch.bg), _pixels(batch.fg_bg), strict=True)
        return np.stack([self._mask(bg, frame, threshold) for bg, frame in pairs])[:, None]

    def _mask(self, bg: Pixels, frame: Pixels, threshold: float) -> Mask:
        """H×W."""
        subtractor = self.new_subtractor(threshold)
        for _ in range(self.background_repeats):
            subtractor.apply(bg)
        mask: Mask = subtractor.apply(frame, learningRate=0) == FOREGROUND
        return mask


def _best(candidates: Sequence[float], counts: NDArray[np.float64]) -> float:
    """The candidate with the best F-measure 2·TP / (predicted + true); the first one if several are equally good."""
    measures = 2 * counts[:, 0] / np.maximum(counts[:, 1], 1)
    return candidates[int(measures.argmax())]


def _pixels(images: Tensor) -> Pixels:
    """N×3×H×W uint8 (stored images) or float 0–1 (augmented images) → N×H×W×3 uint8."""
    levels = (images * 255.0).round().to(torch.uint8) if images.is_floating_point() else images
    return np.ascontiguousarray(levels.cpu().permute(0, 2, 3, 1).numpy())
