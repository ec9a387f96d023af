"""Mean angle between predicted and true normal."""

from typing import ClassVar

import torch
from torch import Tensor

from mdf.core.metric import Metric, Protocol


class MeanAngle(Metric):
    """The angle in degrees, averaged over all valid pixels of all images.

    Computed with the arc tangent of |a×b| and a·b. It is exact for small angles too; the arc cosine is not.
    """

    label: ClassVar[str] = "angle"
    protocol = Protocol("pooled over pixels", "lower", perfect=0.0, unit="°")

    def statistics(self, prediction: Tensor, target: Tensor, valid: Tensor) -> Tensor:
        """N×2: sum of angles in degrees, number of valid pixels."""
        a, b = prediction.double().where(valid, 0.0), target.double().where(valid, 0.0)
        angle = torch.atan2(torch.linalg.cross(a, b, dim=1).norm(dim=1), (a * b).sum(1)).rad2deg()
        return torch.stack([angle.flatten(1).sum(1), valid.flatten(1).sum(1)], dim=-1)

    def score(self, totals: Tensor) -> Tensor:
        """Their quotient: degrees, NaN where no pixel was valid."""
        angles, pixels = totals.unbind(-1)
        return angles / pixels
