"""The hooks a plugin may implement. Torch-free: a plugin's registration module imports this and `Spec`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pluggy

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mdf.core.lifecycle import Study, StudyEnd, Trial, TrialEnd
    from mdf.core.progress import Epoch
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

    @hookspec
    def mdf_balances(self) -> Iterable[Spec]:
        """Offer balances (`mdf.core.balance.Balance`): how much each task's loss counts."""
        raise NotImplementedError

    @hookspec
    def mdf_loggers(self) -> Iterable[Spec]:
        """Offer loggers (`mdf.core.logger.Logger`): followers of a study that are asked for by name."""
        raise NotImplementedError


class LifeCycle:
    """How a study goes on. Called in the process that the user started, never in a worker; none returns anything.

    A hook may name only those arguments that it needs. One that fails is told in one warning, and its plugin
    hears no more of this study; the study itself goes on.
    """

    @hookspec
    def mdf_study_start(self, study: Study) -> None:
        """The trials are known and checked, the first has not begun."""

    @hookspec
    def mdf_trial_start(self, study: Study, trial: Trial) -> None:
        """A trial begins, or (`trial.kept`) has its result from an earlier run."""

    @hookspec
    def mdf_epoch_end(self, study: Study, trial: Trial, epoch: Epoch) -> None:
        """The running trial has scored its validation split; epoch 0 is the untrained model."""

    @hookspec
    def mdf_trial_end(self, study: Study, trial: Trial, end: TrialEnd) -> None:
        """A trial has ended, well or not, and its result is on disk. Follows every `mdf_trial_start`."""

    @hookspec
    def mdf_study_end(self, study: Study, end: StudyEnd) -> None:
        """Every trial has ended and the report is written. Not called where the study was interrupted."""


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
    "balance": "mdf_balances",
    "logger": "mdf_loggers",
}

LIFE_CYCLE_HOOKS = ("mdf_study_start", "mdf_trial_start", "mdf_epoch_end", "mdf_trial_end", "mdf_study_end")
