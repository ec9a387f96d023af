"""The mask head: which pixels show an object in front of the background."""

from __future__ import annotations

import math
from typing import ClassVar, Literal

import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn import functional as F

from mdf.core.component import ComponentConfig
from mdf.core.errors import DataError
from mdf.core.head import Head
from mdf.core.levels import Levels
from mdf.core.summary import TargetSummary, count_pixels
from mdf.core.task import Task
from mdf.plugins.heads.calibration import best_threshold, fitted_temperature, logit_counts
from mdf.plugins.heads.edges import looked_at, with_edges
from mdf.plugins.heads.waving import without_waving

FOREGROUND = 0.5
"""Probability from which a pixel is called foreground, where the model has no threshold of its own."""
ENLARGED = 1.5
"""How many times the network's size a frame, as it is looked at, must have in each direction to tell of edges."""
INVALID_TINT = (88, 96, 128)
PRIOR = 0.1
"""Foreground probability of an untrained head. Foreground is rare, and a low start speeds up training (Lin et al. 2017,
arXiv:1708.02002, section 4.1)."""


class MaskHeadConfig(ComponentConfig):
    """Options of the mask head. Its task reads them too."""

    kernel_size: Literal[1, 3] = Field(3, description="Kernel size of the convolution, in pixels.")
    edge: int = Field(
        0,
        ge=0,
        le=8,
        description="Pixels by which foreground is widened where temperature and threshold are fitted. People who "
        "label photos count the blurred edge of an object as a part of it; drawn data do not.",
    )
    waving: bool = Field(
        False,
        description="Leave out of the mask what moves within the colours of the background: leaves and water.",
    )


class MaskTask(Task):
    """Foreground probability. Public values, scaled values and fractions are all the same number, 0–1.

    Its calibration is a temperature, which the logits are divided by in use, and the threshold from which a probability
    is called foreground.
    """

    name = "mask"
    calibrates = True
    target_dtype = torch.uint8

    def check_values(self, values: Tensor, unit: str) -> None:  # noqa: ARG002
        """A target is 1 for the foreground and 0 for the rest."""
        wrong = (values != 0) & (values != 1)
        if wrong.any():
            raise DataError(
                f"{count_pixels(wrong)} neither 0 nor 1 (the largest value is {values.max().item():g})",
                "a mask is 1 for the foreground and 0 for the rest: compare with a threshold where it is read",
            )

    def summarise(self, values: Tensor) -> TargetSummary:
        """The share of foreground in percent."""
        share = 100 * float((values == 1).float().mean())
        return TargetSummary(share, share, share, measures="foreground", unit="%", empty=share == 0)

    def values(self, logits: Tensor) -> Tensor:
        """Probability of foreground: sigmoid in float32."""
        return logits.float().sigmoid()

    def scaled(self, target: Tensor) -> Tensor:
        """The target as float32."""
        return target.float()

    def fraction(self, target: Tensor) -> Tensor:
        """The target as float32."""
        return target.float()

    def public(self, values: Tensor) -> Tensor:
        """The values themselves."""
        return values

    def calibration_counts(self, values: Tensor, target: Tensor, valid: Tensor) -> Tensor:
        """How many pixels of the background and of the foreground, widened by `edge`, have each logit: see
        `calibration`."""
        edge: int = getattr(self.config, "edge", 0)  # other heads of this task may not have it
        wide = F.max_pool2d(target.float() * valid, 2 * edge + 1, stride=1, padding=edge) if edge else target
        return logit_counts(values, wide, valid)

    def fitted_calibration(self, counts: Tensor) -> dict[str, float]:
        """The temperature, and the threshold of the probability that it gives; nothing without both kinds of pixel.

        Of values that the temperature has changed already, it is kept, and the threshold is theirs.
        """
        background, foreground = counts.chunk(2)
        if not background.sum() or not foreground.sum():
            return {}
        if (used := self.calibration.get("temperature")) is not None:
            return {"temperature": used, "threshold": best_threshold(background, foreground, 1.0)}
        temperature = fitted_temperature(background, foreground)
        threshold = best_threshold(background, foreground, temperature)
        return {"temperature": temperature, "threshold": threshold}

    def calibrated(self, logits: Tensor) -> Tensor:
        """The logits divided by the temperature, in float32."""
        temperature = self.calibration.get("temperature", 1.0)
        return logits if temperature == 1.0 else logits.float() / temperature

    @property
    def threshold(self) -> float:
        """Probability from which a pixel is called foreground: the model's own, else `FOREGROUND`."""
        return self.calibration.get("threshold", FOREGROUND)

    def decided(self, values: Tensor) -> Tensor:
        """1 where the probability is at least the threshold, else 0."""
        return (values >= self.threshold).float()

    def resize(self, target: Tensor, valid: Tensor, size: tuple[int, int]) -> tuple[Tensor, Tensor]:
        """Target and validity at another size, N×1×H×W each.

        Smaller: a pixel is valid if at least half of its area was valid, and foreground if at least half of that
        valid area was foreground. Nearest-pixel sampling would keep or lose thin objects by chance. Larger along at
        least one side: nearest pixels.
        """
        height, width = target.shape[-2:]
        if (height, width) == tuple(size) or size[0] > height or size[1] > width:
            return super().resize(target, valid, size)
        valid_share = F.interpolate(valid.float(), size=size, mode="area")
        foreground = F.interpolate((target.float() >= 0.5).float() * valid, size=size, mode="area")
        small_valid = valid_share >= 0.5 - 1e-4
        return ((foreground >= 0.5 * valid_share - 1e-4) & small_valid).to(target.dtype), small_valid

    def at_frame(self, values: Tensor, bg: Tensor, frame: Tensor) -> Tensor:
        """Values at the frames' size, without what `waving` leaves out; where that size is `ENLARGED` times as large,
        with the edges that the frames have.

        A large frame is looked at in a smaller size, and that counts: the network's own edges may be the finer ones.
        """
        if getattr(self.config, "waving", False):
            values = without_waving(values.float(), bg, frame)
        height, width = looked_at((frame.shape[-2], frame.shape[-1]))
        if min(height / values.shape[-2], width / values.shape[-1]) < ENLARGED:
            return super().at_frame(values, bg, frame)
        return with_edges(values.float(), bg, frame)

    def limits(self, target: Tensor, valid: Tensor) -> tuple[float, float]:  # noqa: ARG002
        """Always 0 and 1."""
        return 0.0, 1.0

    def draw(self, values: Tensor, valid: Tensor, limits: tuple[float, float]) -> Tensor:
        """Foreground white, background black, probabilities in between grey. Invalid pixels are bluish grey."""
        low, high = limits
        fraction = (values[:1].float() - low) / max(high - low, torch.finfo(torch.float32).tiny)
        grey = (fraction.nan_to_num(0.0).clamp(0.0, 1.0) * 255.0).round()
        tint = grey.new_tensor(INVALID_TINT)[:, None, None]
        return grey.expand(3, -1, -1).where(valid, tint).to(torch.uint8)

    def foreground(self, values: Tensor) -> Tensor:
        """Pixels whose probability is at least the threshold."""
        return values >= self.threshold

    def levels(self, spread: bool = False) -> Levels | None:
        """Probabilities take 8 bits: level = 255 × probability."""
        if spread:
            return super().levels(spread)
        return Levels(self.name, "probability of foreground", self.unit, 8, 1 / 255, 0.0)


class MaskHead(Head):
    """One convolution to one logit.

    Reads
        features: N×`channels`×H×W float.
    Returns
        logits: N×1×H×W; their sigmoid is the probability of foreground.
    """

    class Config(MaskHeadConfig):
        """Options of the mask head."""

    Task: ClassVar[type[Task]] = MaskTask

    def __init__(self, config: Config, channels: int) -> None:
        super().__init__()
        self.convolution = nn.Conv2d(channels, 1, config.kernel_size, padding=config.kernel_size // 2)
        assert self.convolution.bias is not None
        nn.init.constant_(self.convolution.bias, math.log(PRIOR / (1 - PRIOR)))

    def forward(self, features: Tensor) -> Tensor:
        """The logits."""
        logits: Tensor = self.convolution(features)
        return logits
