"""MLflow: an experiment a study, a run a trial."""

from __future__ import annotations

import time
from collections.abc import Mapping

from mlflow import MlflowClient
from mlflow.entities import Metric, Param
from pydantic import Field

from mdf.core.component import ComponentConfig
from mdf.core.hooks import hookimpl
from mdf.core.lifecycle import Study, StudyEnd, Trial, TrialEnd
from mdf.core.logger import Logger
from mdf.core.progress import Epoch
from mdf.plugins.loggers.answers import check_answers
from mdf.plugins.loggers.parameters import parameters

AT_ONCE = 100
"""Parameters that MLflow takes in one request."""
TRIAL, STATUS, REASON = "mdf.trial", "mdf.status", "mdf.reason"


class MLflow(Logger):
    """Config as parameters, `loss/…` and `validation/…` by step, `test/…` and `cost/…` at each trial's end.

    The report is the artifact of a run of its own. Nothing is set as MLflow's active run or experiment.
    """

    class Config(ComponentConfig):
        """Where MLflow keeps its runs."""

        uri: str = Field("", description="tracking URI; empty: MLFLOW_TRACKING_URI, else MLflow's own default")

    def __init__(self, config: Config) -> None:
        super().__init__(config)
        self.client = MlflowClient(config.uri or None)
        self.experiment = ""
        self.runs: dict[str, str] = {}
        """By trial, those that have begun and not ended: several trials may run at once."""

    @hookimpl
    def mdf_study_start(self, study: Study) -> None:
        """Find the study's experiment, or make it. Raises MdfError where the server does not answer."""
        check_answers(self.client.tracking_uri)
        found = self.client.get_experiment_by_name(study.name)
        self.experiment = found.experiment_id if found else self.client.create_experiment(study.name)

    @hookimpl
    def mdf_trial_start(self, trial: Trial) -> None:
        """Begin the trial's run with its config; one that was kept and has its run already is left alone."""
        if trial.kept and self._has_run(trial):
            return
        run = self.runs[trial.id] = self._start(trial.label, {TRIAL: trial.id})
        told = [Param(key, str(value)) for key, value in parameters(trial.config).items()]
        for first in range(0, len(told), AT_ONCE):
            self.client.log_batch(run, params=told[first : first + AT_ONCE])

    @hookimpl
    def mdf_epoch_end(self, trial: Trial, epoch: Epoch) -> None:
        """Losses and validation scores."""
        run = self.runs[trial.id]
        self._metrics(run, epoch.losses, "loss", epoch.step)
        self._metrics(run, {**epoch.scores, "selection": epoch.selection}, "validation", epoch.step)

    @hookimpl
    def mdf_trial_end(self, trial: Trial, end: TrialEnd) -> None:
        """Test scores and costs, at the step whose weights were chosen; then the run is over."""
        run = self.runs.pop(trial.id, None)
        if run is None:
            return
        self._metrics(run, end.scores, "test", end.best_step or 0)
        self._metrics(run, end.costs, "cost", end.best_step or 0)
        self.client.set_tag(run, STATUS, end.status)
        self.client.set_tag(run, REASON, end.reason)
        over = "KILLED" if end.status == "interrupted" else "FINISHED" if end.ok else "FAILED"
        self.client.set_terminated(run, over)

    @hookimpl
    def mdf_study_end(self, end: StudyEnd) -> None:
        """The report as artifacts of a run called `report`."""
        run = self._start("report", {})
        for file in end.files:
            self.client.log_artifact(run, str(file))
        self.client.set_terminated(run, "FINISHED" if end.ok else "FAILED")

    def _start(self, name: str, tags: Mapping[str, str]) -> str:
        return str(self.client.create_run(self.experiment, run_name=name, tags=dict(tags)).info.run_id)

    def _has_run(self, trial: Trial) -> bool:
        told = f"tags.`{TRIAL}` = '{trial.id}' and attributes.status = 'FINISHED'"
        return len(self.client.search_runs([self.experiment], told, max_results=1)) > 0

    def _metrics(self, run: str, values: Mapping[str, float], group: str, step: int) -> None:
        if values:
            now = int(time.time() * 1000)
            told = [Metric(f"{group}/{key}", value, now, step) for key, value in values.items()]
            self.client.log_batch(run, metrics=told)
