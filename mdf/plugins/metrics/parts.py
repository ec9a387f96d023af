"""RMSE of parts of the image: inside the true foreground, and along its border."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field
from torch import Tensor

from mdf.plugins.metrics.absolute import RMSE
from mdf.plugins.metrics.contour import contour, near
from mdf.plugins.metrics.difference import DifferenceConfig


class ForegroundRMSE(RMSE):
    """RMSE over the pixels of the true foreground."""

    label: ClassVar[str] = "RMSE in the mask"
    within: ClassVar[str] = "mask"
    where: ClassVar[str] = "of the true foreground"

    def region(self, truth: Tensor, valid: Tensor) -> Tensor:  # noqa: ARG002
        """The true foreground."""
        return truth >= 0.5


class BorderRMSE(RMSE):
    """RMSE over the pixels on both sides of the true foreground's contour, where depth changes abruptly."""

    class Config(DifferenceConfig):
        """Options of the border RMSE."""

        width: int = Field(3, ge=0, le=50, description="Largest distance to the contour, in pixels, that counts.")

    config: Config
    label: ClassVar[str] = "RMSE on the border"
    within: ClassVar[str] = "mask"

    def __init__(self, config: Config) -> None:
        self.where = f"at most {config.width} px from the true contour"  # type: ignore[misc]
        super().__init__(config)

    def region(self, truth: Tensor, valid: Tensor) -> Tensor:
        """The pixels at most `width` pixels from the true contour."""
        return near(contour(truth >= 0.5, valid), self.config.width)
