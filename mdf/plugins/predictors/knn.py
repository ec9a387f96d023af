"""OpenCV's KNN: stores background samples of each pixel. A pixel with too few similar samples is foreground.

Source: Z. Zivkovic, F. van der Heijden, “Efficient adaptive density estimation per image pixel for the task of
background subtraction”, Pattern Recognition Letters 27(7), 2006.
"""

from __future__ import annotations

from typing import ClassVar

import cv2

from mdf.plugins.predictors.subtractor import Subtractor


class Knn(Subtractor):
    """KNN, which sees the background until it has enough samples of it.

    `threshold` is OpenCV's `dist2Threshold`: the largest squared distance, in levels², of a similar sample.
    """

    class Config(Subtractor.Config):
        """Options of KNN."""

    CANDIDATES: ClassVar[tuple[float, ...]] = (400, 800, 1600, 3200, 6400, 9600, 12800, 25600)
    background_repeats: ClassVar[int] = 8

    def new_subtractor(self, threshold: float) -> cv2.BackgroundSubtractor:
        """A new KNN subtractor."""
        return cv2.createBackgroundSubtractorKNN(dist2Threshold=threshold, detectShadows=self.config.detect_shadows)
