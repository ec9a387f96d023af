"""What OpenCV's background subtractors have in common: shown the empty scene first, then one frame."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterator, Sequence
from typing import Any, ClassVar

import cv2
import numpy as np
import torch
from pydantic import Field
from torch import Tensor

from mdf.core.component import ComponentConfig
from mdf.core.predictor import Predictor
from mdf.core.sample import Batch

FOREGROUND = 255
"""OpenCV's label of what moved; 127 is a shadow, 0 background."""

FITTED_ON = 8
"""Samples of each training batch that the threshold is fitted on."""

Pixels = np.ndarray[Any, np.dtype[np.uint8]]


class Subtractor(Predictor):
    """Each sample has a subtractor of its own, so that no frame learns from another: it is shown the background
    `showings` times, then the frame with learning rate 0. Shadows are background.

    OpenCV's default thresholds stand for the noise that a subtractor has learned from a history of frames; one
    background has none. So the threshold is, unless it is given, the one of `CANDIDATES` (OpenCV's default first)
    whose masks of training samples have the best F-measure over all their valid pixels.
    """

    class Config(ComponentConfig):
        """Options of a background subtractor."""

        threshold: float | None = Field(
            None, gt=0, description="Squared distance from the background that is foreground; None = fitted."
        )
        detect_shadows: bool = Field(True, description="Look for shadows, which are then background.")

    CANDIDATES: ClassVar[tuple[float, ...]]
    showings: ClassVar[int]
    config: Config

    def __init__(self, config: Config) -> None:
        super().__init__(config)
        self.threshold = config.threshold or self.CANDIDATES[0]

    @abstractmethod
    def fresh(self, threshold: float) -> cv2.BackgroundSubtractor:
        """A subtractor that has seen nothing."""

    def fit(self, train: Callable[[], Iterator[Batch]]) -> None:
        """Choose the threshold, unless it is given."""
        if self.config.threshold is not None:
            return
        counts = np.zeros((len(self.CANDIDATES), 2))
        for batch in train():
            few = batch.select(range(min(FITTED_ON, len(batch))))
            valid = few.valid["mask"].cpu().numpy()
            truth = (few.targets["mask"].cpu().numpy() > 0.5) & valid
            for row, threshold in zip(counts, self.CANDIDATES, strict=True):
                found = self._masks(few, threshold) & valid
                row += (found & truth).sum(), found.sum() + truth.sum()
        self.threshold = _best(self.CANDIDATES, counts)

    def predict(self, batch: Batch) -> dict[str, Tensor]:
        """`mask`: N×1×H×W float32, 0 or 1."""
        return {"mask": torch.from_numpy(self._masks(batch, self.threshold)).float().to(batch.bg.device)}

    def _masks(self, batch: Batch, threshold: float) -> np.ndarray[Any, np.dtype[np.bool_]]:
        pairs = zip(_pixels(batch.bg), _pixels(batch.fg_bg), strict=True)
        return np.stack([self._mask(bg, frame, threshold) for bg, frame in pairs])[:, None]

    def _mask(self, bg: Pixels, frame: Pixels, threshold: float) -> np.ndarray[Any, np.dtype[np.bool_]]:
        subtractor = self.fresh(threshold)
        for _ in range(self.showings):
            subtractor.apply(bg)
        moved: np.ndarray[Any, np.dtype[np.bool_]] = subtractor.apply(frame, learningRate=0) == FOREGROUND
        return moved


def _best(candidates: Sequence[float], counts: np.ndarray[Any, Any]) -> float:
    """The candidate of the best F-measure 2·TP / (found + true); the first of equally good ones."""
    measures = 2 * counts[:, 0] / np.maximum(counts[:, 1], 1)
    return candidates[int(measures.argmax())]


def _pixels(images: Tensor) -> Pixels:
    """N×3×H×W, uint8 as stored or float 0–1 as augmented → N×H×W×3 uint8."""
    levels = (images * 255.0).round().to(torch.uint8) if images.is_floating_point() else images
    return np.ascontiguousarray(levels.cpu().permute(0, 2, 3, 1).numpy())
