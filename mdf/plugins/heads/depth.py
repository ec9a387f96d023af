"""The depth head: how far away each pixel is, measured along the viewing axis."""

from __future__ import annotations

import math
from typing import ClassVar, Literal

import torch
from pydantic import Field, model_validator
from torch import Tensor, nn

from mdf.core.colour import colourise
from mdf.core.component import ComponentConfig
from mdf.core.errors import DataError
from mdf.core.head import AnyTask, Head
from mdf.core.summary import count_pixels
from mdf.core.task import Task

HEADROOM = 1.25
"""Largest scaled depth that can be predicted. The scale is a percentile, so some true depths are larger than 1."""
NEAR = 0.01 * HEADROOM
"""Smallest scaled depth of the `log` and `inverse` encodings, which need a limit above 0."""
NEAREST = 1e-6
"""Smallest scaled depth of the `linear` encoding. Keeps depth above 0 when the sigmoid underflows."""
PERCENTILE = 0.99
MEASURED_VALUES = 4_000_000
"""Maximum number of depths for the percentile. Of more depths, only every k-th is used."""
STRIPE = 4
SHARE_AT_FIRST = -2.0
"""Logit of the share of a step that an untrained guided head takes."""
LEAST_FRACTION = 1e-5
"""Distance from 0 and 1 of the fractions of a guided prediction, so that their logits are finite."""


class DepthHeadConfig(ComponentConfig):
    """Options of the depth head. Its task reads them too."""

    kernel_size: Literal[1, 3] = Field(3, description="Kernel size of the convolution, in pixels.")
    encoding: Literal["linear", "log", "inverse"] = Field(
        "linear", description="The quantity that is linear in sigmoid(logits): depth, its logarithm or its inverse."
    )


class GuidedDepthConfig(DepthHeadConfig):
    """Options of the depth head that can follow the known depth of the empty scene."""

    guided: bool = Field(False, description="Start from the depth of the empty scene where it is known.")

    @model_validator(mode="after")
    def _logarithmic(self) -> GuidedDepthConfig:
        if self.guided and self.encoding != "log":
            raise ValueError('`guided` needs `encoding = "log"`, in which a factor of the depth is a distance')
        return self


class DepthTask(Task):
    """Depth in the data set's unit.

    Its constant `scale` is the 99th percentile of the valid training depth, in that unit. Scaled depth is depth
    divided by `scale`. With u = sigmoid(logits), far = `HEADROOM` and near = `NEAR`, scaled depth is
    `linear`: far·u; `log`: near·(far/near)^u; `inverse`: 1 / ((1−u)/near + u/far).
    """

    name = "depth"
    unit = "m"
    config: DepthHeadConfig

    @property
    def scale(self) -> float:
        """The scale, in the data set's unit; 1 before `configure` is called."""
        return self.constants.get("scale", 1.0)

    def check_values(self, values: Tensor, unit: str) -> None:
        """Distances are above 0; relative ones may be 0."""
        relative = unit == "relative"
        wrong = (values < 0) if relative else (values <= 0)
        if wrong.any():
            raise DataError(
                f"{count_pixels(wrong)} {'below 0' if relative else 'at or below 0'} (the smallest value is "
                f"{values.min().item():g})",
                "mark pixels without a measurement invalid (`invalid_value`), or correct the scale",
            )

    def measure(self, target: Tensor, valid: Tensor) -> dict[str, float]:
        """The `scale` of these training targets; 1 if no pixel is valid or all depths are 0."""
        depth = target[valid.expand_as(target)]
        depth = depth[depth.isfinite()]
        step = math.ceil(depth.numel() / MEASURED_VALUES)
        if step > 1:
            depth = depth[::step]
        scale = float(torch.quantile(depth.double(), PERCENTILE)) if depth.numel() else 1.0
        return {"scale": scale if scale > 0 else 1.0}

    def values(self, logits: Tensor) -> Tensor:
        """Scaled depth in (0, `HEADROOM`], float32."""
        fraction = logits.float().sigmoid()
        if self.config.encoding == "log":
            return HEADROOM * torch.exp((1.0 - fraction) * math.log(NEAR / HEADROOM))
        if self.config.encoding == "inverse":
            return 1.0 / ((1.0 - fraction) / NEAR + fraction / HEADROOM)
        return HEADROOM * fraction.clamp(min=NEAREST / HEADROOM)  # in this order, autograd stores only `fraction`

    def fraction(self, target: Tensor) -> Tensor:
        """The u that the encoding maps to `target`; 0 for nearer and 1 for farther depths than it can express."""
        depth = self.scaled(target).clamp(min=0.0)
        if self.config.encoding == "log":
            fraction = 1.0 - torch.log(depth / HEADROOM) / math.log(NEAR / HEADROOM)
        elif self.config.encoding == "inverse":
            fraction = (1.0 / NEAR - 1.0 / depth) / (1.0 / NEAR - 1.0 / HEADROOM)
        else:
            fraction = depth / HEADROOM
        return fraction.clamp(0.0, 1.0)

    def scaled(self, target: Tensor) -> Tensor:
        """Depth in the data set's unit → depth divided by the scale, float32."""
        return target.float() / self.scale

    def public(self, values: Tensor) -> Tensor:
        """Scaled depth → depth in the data set's unit."""
        return values * self.scale

    def draw(self, values: Tensor, valid: Tensor, limits: tuple[float, float]) -> Tensor:
        """Colours from near (`limits[0]`) to far (`limits[1]`). Invalid pixels get grey stripes."""
        rows, columns = (torch.arange(side, device=values.device) for side in values.shape[-2:])
        stripes = (rows[:, None] + columns) // STRIPE % 2 == 0
        hatch = torch.where(stripes, 96, 144).to(torch.uint8)
        return colourise(values[:1], limits).where(valid, hatch)


class DepthHead(Head):
    """One convolution to one logit.

    If `guided`, it gives three numbers: the logit, a step from the depth of the empty scene, and how much of that step
    is taken. Where the depth d of the empty scene is known, the prediction is d·exp(share·step), whatever the unit and
    the scale of d; elsewhere it is that of the logit.

    Reads
        features: N×`channels`×H×W float.
    Returns
        logits: N×1×H×W, if `guided` N×3×H×W; `DepthTask.values` turns the first into scaled depth.
    """

    class Config(GuidedDepthConfig):
        """Options of the depth head."""

    Task: ClassVar[type[Task]] = DepthTask

    def __init__(self, config: Config, channels: int) -> None:
        super().__init__()
        self.guided = config.guided
        outputs = 3 if self.guided else 1
        self.convolution = nn.Conv2d(channels, outputs, config.kernel_size, padding=config.kernel_size // 2)
        if self.guided:
            with torch.no_grad():  # at first nothing has moved
                assert self.convolution.bias is not None
                self.convolution.bias[2] = SHARE_AT_FIRST

    @classmethod
    def is_guided(cls, config: Config) -> bool:
        """Its option."""
        return config.guided

    def forward(self, features: Tensor) -> Tensor:
        """The logits."""
        logits: Tensor = self.convolution(features)
        return logits

    def follow(self, raw: Tensor, depth: Tensor | None, task: AnyTask | None) -> Tensor:
        """See `Head.follow`."""
        own, step, share = raw[:, 0:1], raw[:, 1:2], raw[:, 2:3]
        if depth is None:
            return own
        assert task is not None
        known = ~depth.isnan()
        fraction = task.fraction(depth.where(known, 1.0)) + share.sigmoid() * step
        return torch.where(known, fraction.clamp(LEAST_FRACTION, 1 - LEAST_FRACTION).logit(), own)
