"""OpenCV's KNN: samples of the background a pixel, foreground being what has too few of them near.

Source: Z. Zivkovic, F. van der Heijden, “Efficient adaptive density estimation per image pixel for the task of
background subtraction”, Pattern Recognition Letters 27(7), 2006.
"""

from __future__ import annotations

from typing import ClassVar

import cv2

from mdf.plugins.predictors.subtractor import Subtractor


class Knn(Subtractor):
    """KNN, shown the background until it holds enough samples of it.

    `threshold` is `dist2Threshold`: the squared distance in levels² within which a sample is near.
    """

    class Config(Subtractor.Config):
        """Options of KNN."""

    CANDIDATES: ClassVar[tuple[float, ...]] = (400, 800, 1600, 3200, 6400, 9600, 12800, 25600)
    showings: ClassVar[int] = 8

    def fresh(self, threshold: float) -> cv2.BackgroundSubtractor:
        """A subtractor that has seen nothing."""
        return cv2.createBackgroundSubtractorKNN(dist2Threshold=threshold, detectShadows=self.config.detect_shadows)
