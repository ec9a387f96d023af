"""The hooks a plugin may implement. Torch-free: a plugin's registration module imports this and `Spec`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pluggy

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mdf.core.spec import Spec

PROJECT = "mdf"
hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


class Registration:
    """One hook a kind. Each returns the `Spec` lines of the components offered; none may import torch."""

    @hookspec
    def mdf_encoders(self) -> Iterable[Spec]:
        """Offer encoders (`mdf.core.encoder.Encoder`): images to a feature pyramid."""
        raise NotImplementedError

    @hookspec
    def mdf_fusions(self) -> Iterable[Spec]:
        """Offer fusions (`mdf.core.fusion.Fusion`): how background and frame meet."""
        raise NotImplementedError

    @hookspec
    def mdf_decoders(self) -> Iterable[Spec]:
        """Offer decoders (`mdf.core.decoder.Decoder`): feature pyramid to one map a task."""
        raise NotImplementedError

    @hookspec
    def mdf_heads(self) -> Iterable[Spec]:
        """Offer heads (`mdf.core.head.Head`), each with its task: map to logits."""
        raise NotImplementedError

    @hookspec
    def mdf_predictors(self) -> Iterable[Spec]:
        """Offer predictors (`mdf.core.predictor.Predictor`): whole methods that need no network of ours."""
        raise NotImplementedError

    @hookspec
    def mdf_losses(self) -> Iterable[Spec]:
        """Offer losses (`mdf.core.loss.Loss`)."""
        raise NotImplementedError

    @hookspec
    def mdf_metrics(self) -> Iterable[Spec]:
        """Offer metrics (`mdf.core.metric.Metric`)."""
        raise NotImplementedError

    @hookspec
    def mdf_datasets(self) -> Iterable[Spec]:
        """Offer data sets (`mdf.core.dataset.Dataset`)."""
        raise NotImplementedError

    @hookspec
    def mdf_schedules(self) -> Iterable[Spec]:
        """Offer schedules (`mdf.core.schedule.Schedule`): who learns when, and at which size."""
        raise NotImplementedError


REGISTRATION_HOOKS = {
    "encoder": "mdf_encoders",
    "fusion": "mdf_fusions",
    "decoder": "mdf_decoders",
    "head": "mdf_heads",
    "predictor": "mdf_predictors",
    "loss": "mdf_losses",
    "metric": "mdf_metrics",
    "dataset": "mdf_datasets",
    "schedule": "mdf_schedules",
}
