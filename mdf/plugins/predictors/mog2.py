"""OpenCV's MOG2: models each pixel as a mixture of Gaussians.

Source: Z. Zivkovic, “Improved adaptive Gaussian mixture model for background subtraction”, ICPR 2004.
"""

from __future__ import annotations

from typing import ClassVar

import cv2

from mdf.plugins.predictors.subtractor import Subtractor


class Mog2(Subtractor):
    """MOG2, which sees the background once. Its Gaussian then has OpenCV's initial variance of 15 levels².

    `threshold` is OpenCV's `varThreshold`: the squared distance from the mean, in variances, from which a pixel is
    foreground.
    """

    class Config(Subtractor.Config):
        """Options of MOG2."""

    CANDIDATES: ClassVar[tuple[float, ...]] = (16, 32, 64, 128, 256, 512, 1024, 2048)
    background_repeats: ClassVar[int] = 1  # more would narrow the Gaussian, as if the camera had no noise

    def new_subtractor(self, threshold: float) -> cv2.BackgroundSubtractor:
        """A new MOG2 subtractor."""
        return cv2.createBackgroundSubtractorMOG2(varThreshold=threshold, detectShadows=self.config.detect_shadows)
