"""Losses and metrics with one defect each."""

from __future__ import annotations

from typing import ClassVar

import torch
from planted_anywhere import MainOnly, Unbuildable
from pydantic import ConfigDict, Field, field_validator
from torch import Tensor

from mdf.core.component import ComponentConfig
from mdf.core.loss import Loss, valid_mean
from mdf.core.metric import Metric, Protocol


class GoodLoss(Loss):
    """Mean squared error of values."""

    def __call__(self, prediction: Tensor, target: Tensor, valid: Tensor) -> Tensor:
        return valid_mean((prediction.where(valid, 0.0) - target.where(valid, 0.0)).square(), valid)


class UnclearLoss(GoodLoss):
    reads: ClassVar = "both"


class MainOnlyLoss(MainOnly, GoodLoss):
    pass


class DriftingConfigLoss(GoodLoss):
    """Its options change a little each time that they are read."""

    class Config(ComponentConfig):
        width: float = Field(1.0, description="in percent when given")

        @field_validator("width")
        @classmethod
        def _percent(cls, value: float) -> float:
            return value / 100


class LaxConfigLoss(GoodLoss):
    class Config(ComponentConfig):
        model_config = ConfigDict(extra="ignore")


class PerSampleLoss(GoodLoss):
    def __call__(self, prediction: Tensor, target: Tensor, valid: Tensor) -> Tensor:
        return super().__call__(prediction, target, valid).expand(len(prediction))


class HalfLoss(GoodLoss):
    """Of predictions in half precision it is of half precision too."""

    def __call__(self, prediction: Tensor, target: Tensor, valid: Tensor) -> Tensor:
        return super().__call__(prediction, target, valid).to(prediction.dtype)


class EmptyMeanLoss(GoodLoss):
    def __call__(self, prediction: Tensor, target: Tensor, valid: Tensor) -> Tensor:
        return (prediction - target)[valid].square().mean()


class SampleMeanLoss(GoodLoss):
    def __call__(self, prediction: Tensor, target: Tensor, valid: Tensor) -> Tensor:
        error = (prediction.where(valid, 0.0) - target.where(valid, 0.0)).square()
        return (error.flatten(1).sum(1) / valid.flatten(1).sum(1)).mean()


class EveryPixelLoss(GoodLoss):
    def __call__(self, prediction: Tensor, target: Tensor, valid: Tensor) -> Tensor:
        return (prediction - target).square().mean() * valid.any()


class MaskedLateLoss(GoodLoss):
    """NaN under an invalid pixel reaches the gradient."""

    def __call__(self, prediction: Tensor, target: Tensor, valid: Tensor) -> Tensor:
        return valid_mean((prediction - target).square(), valid)


class FlatLoss(GoodLoss):
    def __call__(self, prediction: Tensor, target: Tensor, valid: Tensor) -> Tensor:
        return super().__call__(prediction.sign(), target, valid)


class PerverseLoss(GoodLoss):
    def __call__(self, prediction: Tensor, target: Tensor, valid: Tensor) -> Tensor:
        return -super().__call__(prediction, target, valid)


class OrderedLoss(GoodLoss):
    def __call__(self, prediction: Tensor, target: Tensor, valid: Tensor) -> Tensor:
        return super().__call__(prediction[:1], target[:1], valid[:1]) + 0 * prediction.where(valid, 0.0).sum()


class ExponentialLoss(GoodLoss):
    def __call__(self, prediction: Tensor, target: Tensor, valid: Tensor) -> Tensor:
        return super().__call__((prediction.where(valid, 0.0) * 80.0).exp(), (target * 80.0).exp(), valid)


class InPlaceLoss(GoodLoss):
    def __call__(self, prediction: Tensor, target: Tensor, valid: Tensor) -> Tensor:
        target.masked_fill_(~valid, 0.0).mul_(0.5)
        return super().__call__(prediction, target * 2.0, valid)


class GoodMetric(Metric):
    """Mean absolute error."""

    label: ClassVar[str] = "MAE"
    protocol = Protocol("pooled over pixels", "lower", perfect=0.0)

    def statistics(self, prediction: Tensor, target: Tensor, valid: Tensor) -> Tensor:
        difference = prediction.where(valid, 0.0).double() - target.where(valid, 0.0).double()
        return torch.stack([difference.abs().flatten(1).sum(1), valid.flatten(1).sum(1)], -1)

    def score(self, totals: Tensor) -> Tensor:
        return totals[..., 0] / totals[..., 1]


class UnbuildableMetric(Unbuildable, GoodMetric):
    pass


class MainOnlyMetric(MainOnly, GoodMetric):
    pass


class UnstatedMetric(GoodMetric):
    protocol = Protocol("", "lower", perfect=0.0)


class SingleMetric(GoodMetric):
    def statistics(self, prediction: Tensor, target: Tensor, valid: Tensor) -> Tensor:
        return super().statistics(prediction, target, valid).float()


class RelativeMetric(GoodMetric):
    def statistics(self, prediction: Tensor, target: Tensor, valid: Tensor) -> Tensor:
        found = super().statistics(prediction, target, valid)
        return found / torch.stack([found[:, 0].max().clamp(min=1e-9), torch.ones(()).double()])


class ZeroMetric(GoodMetric):
    def score(self, totals: Tensor) -> Tensor:
        return super().score(totals).nan_to_num(0.0)


class EveryPixelMetric(GoodMetric):
    def statistics(self, prediction: Tensor, target: Tensor, valid: Tensor) -> Tensor:
        everywhere = valid.flatten(1).any(1).view(-1, 1, 1, 1).expand_as(valid)
        return super().statistics(prediction, target, everywhere)


class MisjudgedMetric(GoodMetric):
    protocol = Protocol("pooled over pixels", "lower", perfect=1.0)


class PerverseMetric(GoodMetric):
    protocol = Protocol("pooled over pixels", "higher", perfect=0.0)


class SingleScoreMetric(GoodMetric):
    def score(self, totals: Tensor) -> Tensor:
        totals = totals if totals.ndim == 1 else totals.flatten(0, -2)[0]
        return totals[0] / totals[1]


class InPlaceMetric(GoodMetric):
    def statistics(self, prediction: Tensor, target: Tensor, valid: Tensor) -> Tensor:
        return super().statistics(prediction.clamp_(0.5, 4.0), target, valid)
