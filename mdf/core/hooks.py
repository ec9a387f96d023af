"""The hooks that a plugin may implement. Torch-free: a plugin's registration module imports this and `Spec`."""

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
    """One hook for each kind of component. A hook returns the `Spec` of every component that the plugin offers.

    Hooks must not import torch.
    """

    @hookspec
    def mdf_encoders(self) -> Iterable[Spec]:
        """Offer encoders (`mdf.core.encoder.Encoder`), which turn images into a feature pyramid."""
        raise NotImplementedError

    @hookspec
    def mdf_fusions(self) -> Iterable[Spec]:
        """Offer fusions (`mdf.core.fusion.Fusion`), which combine background and frame."""
        raise NotImplementedError

    @hookspec
    def mdf_decoders(self) -> Iterable[Spec]:
        """Offer decoders (`mdf.core.decoder.Decoder`), which turn a feature pyramid into one map for each task."""
        raise NotImplementedError

    @hookspec
    def mdf_heads(self) -> Iterable[Spec]:
        """Offer heads (`mdf.core.head.Head`), which turn a task's map into logits."""
        raise NotImplementedError

    @hookspec
    def mdf_predictors(self) -> Iterable[Spec]:
        """Offer predictors (`mdf.core.predictor.Predictor`), complete methods that replace the network."""
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
        """Offer schedules (`mdf.core.schedule.Schedule`), which say which tasks learn when, and at which image size."""
        raise NotImplementedError

    @hookspec
    def mdf_balances(self) -> Iterable[Spec]:
        """Offer balances (`mdf.core.balance.Balance`), which weight the losses of several tasks."""
        raise NotImplementedError

    @hookspec
    def mdf_loggers(self) -> Iterable[Spec]:
        """Offer loggers (`mdf.core.logger.Logger`), which follow a study when the user asks for them."""
        raise NotImplementedError

    @hookspec
    def mdf_sources(self) -> Iterable[Spec]:
        """Offer sources (`mdf.core.source.Source`), which give the frames of a camera or a file to watch."""
        raise NotImplementedError

    @hookspec
    def mdf_trackers(self) -> Iterable[Spec]:
        """Offer trackers (`mdf.core.tracker.Tracker`), which give moving objects an identity over frames."""
        raise NotImplementedError

    @hookspec
    def mdf_sinks(self) -> Iterable[Spec]:
        """Offer sinks (`mdf.core.sink.Sink`), which take the events and pictures of watching."""
        raise NotImplementedError

    @hookspec
    def mdf_exporters(self) -> Iterable[Spec]:
        """Offer exporters (`mdf.core.exporter.Exporter`), which write trained networks for other runtimes."""
        raise NotImplementedError


class LifeCycle:
    """The progress of a study. These hooks run in the process that the user started, never in a worker.

    They return nothing. A hook may leave out arguments that it does not need. If a hook fails, mdf prints one warning
    and calls no more hooks of this plugin during the study. The study continues.
    """

    @hookspec
    def mdf_study_start(self, study: Study) -> None:
        """The trials are known and checked. None has started."""

    @hookspec
    def mdf_trial_start(self, study: Study, trial: Trial) -> None:
        """A trial starts. If `trial.kept` is set, its result exists already and it does not run again."""

    @hookspec
    def mdf_epoch_end(self, study: Study, trial: Trial, epoch: Epoch) -> None:
        """A running trial has scored the validation split. Epoch 0 is the untrained model."""

    @hookspec
    def mdf_trial_end(self, study: Study, trial: Trial, end: TrialEnd) -> None:
        """A trial has ended, successfully or not, and its result is on disk. Follows every `mdf_trial_start`."""

    @hookspec
    def mdf_study_end(self, study: Study, end: StudyEnd) -> None:
        """All trials have ended and the report is written. Not called if the study is interrupted."""


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
    "source": "mdf_sources",
    "tracker": "mdf_trackers",
    "sink": "mdf_sinks",
    "exporter": "mdf_exporters",
}

LIFE_CYCLE_HOOKS = ("mdf_study_start", "mdf_trial_start", "mdf_epoch_end", "mdf_trial_end", "mdf_study_end")
