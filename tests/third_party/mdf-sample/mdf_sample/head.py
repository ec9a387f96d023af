"""The task `normals` and its head: which way the surface at each pixel faces."""

from typing import ClassVar

import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn import functional as F

from mdf.core.component import ComponentConfig
from mdf.core.errors import DataError
from mdf.core.head import Head
from mdf.core.summary import count_pixels
from mdf.core.task import Task

TOLERANCE = 1e-3


class NormalsTask(Task):
    """Unit vectors in the camera's axes: x to the right, y down, z away from the camera.

    Public and scaled values are the same. A fraction is a coordinate scaled from −1…1 to 0…1.
    """

    name = "normals"
    channels = 3

    def check_values(self, values: Tensor, unit: str) -> None:  # noqa: ARG002
        """A direction is a vector of length 1."""
        wrong = (values.norm(dim=0, keepdim=True) - 1).abs() > TOLERANCE
        if wrong.any():
            raise DataError(f"{count_pixels(wrong)} not of length 1", "divide each vector by its length")

    def values(self, logits: Tensor) -> Tensor:
        """Unit vectors N×3×H×W."""
        return F.normalize(2 * logits.float().sigmoid() - 1, dim=1)

    def scaled(self, target: Tensor) -> Tensor:
        """The target as float32."""
        return target.float()

    def fraction(self, target: Tensor) -> Tensor:
        """What the logits' sigmoid should be."""
        return (target.float() + 1) / 2

    def public(self, values: Tensor) -> Tensor:
        """The values themselves."""
        return values

    def resize_values(self, values: Tensor, size: tuple[int, int]) -> Tensor:
        """Predicted vectors at another size, of length 1 again."""
        return F.normalize(super().resize_values(values, size), dim=1)

    def flip(self, target: Tensor) -> Tensor:
        """Mirrors left and right. A surface that faced right then faces left, so x changes its sign."""
        return super().flip(target) * target.new_tensor([-1, 1, 1])[:, None, None]

    def limits(self, target: Tensor, valid: Tensor) -> tuple[float, float]:  # noqa: ARG002
        """Coordinates are always drawn from −1 to 1."""
        return -1.0, 1.0

    def draw(self, values: Tensor, valid: Tensor, limits: tuple[float, float]) -> Tensor:
        """x, y and z as red, green and blue; invalid pixels black."""
        low, high = limits
        colours = ((values.float() - low) / (high - low) * 255).nan_to_num(0.0).round().clamp(0, 255)
        return colours.where(valid, 0.0).to(torch.uint8)


class NormalsHead(Head):
    """Two convolutions to three logits.

    Reads
        features: N×`channels`×H×W float.
    Returns
        logits: N×3×H×W; `NormalsTask` says which vector they mean.
    """

    class Config(ComponentConfig):
        """How wide it is."""

        width: int = Field(16, ge=1, description="channels between its two convolutions")

    Task: ClassVar[type[Task]] = NormalsTask

    def __init__(self, config: Config, channels: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(channels, config.width, 3, padding=1), nn.ReLU(), nn.Conv2d(config.width, 3, 1)
        )

    def forward(self, features: Tensor) -> Tensor:
        """The logits."""
        logits: Tensor = self.layers(features)
        return logits
