"""OpenCV's MOG2: a mixture of Gaussians a pixel.

Source: Z. Zivkovic, “Improved adaptive Gaussian mixture model for background subtraction”, ICPR 2004.
"""

from __future__ import annotations

from typing import ClassVar

import cv2

from mdf.plugins.predictors.subtractor import Subtractor


class Mog2(Subtractor):
    """MOG2, shown the background once: its Gaussian then has OpenCV's initial variance of 15 levels².

    `threshold` is `varThreshold`: the squared distance from the mean in variances.
    """

    class Config(Subtractor.Config):
        """Options of MOG2."""

    CANDIDATES: ClassVar[tuple[float, ...]] = (16, 32, 64, 128, 256, 512, 1024, 2048)
    showings: ClassVar[int] = 1  # each further one narrows the Gaussian, as if the camera had no noise

    def fresh(self, threshold: float) -> cv2.BackgroundSubtractor:
        """A subtractor that has seen nothing."""
        return cv2.createBackgroundSubtractorMOG2(varThreshold=threshold, detectShadows=self.config.detect_shadows)
