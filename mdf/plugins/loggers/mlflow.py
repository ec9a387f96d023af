"""MLflow: each study is an experiment, each trial a run."""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import AbstractContextManager

from mlflow import MlflowClient
from mlflow.entities import Metric, Param
from pydantic import Field

from mdf.core.component import ComponentConfig
from mdf.core.hooks import hookimpl
from mdf.core.lifecycle import Study, StudyEnd, Trial, TrialEnd
from mdf.core.logger import Logger
from mdf.core.progress import Epoch
from mdf.plugins.loggers.answers import answering
from mdf.plugins.loggers.parameters import parameters

BATCH_SIZE = 100
"""Number of parameters that MLflow accepts in one request."""
TRIAL, STATUS, REASON = "mdf.trial", "mdf.status", "mdf.reason"


class MLflow(Logger):
    """Logs each trial's config as parameters, and its losses, scores and costs as metrics.

    `loss/…` and `validation/…` are logged by step, `test/…` and `cost/…` at the end of the trial. The report is the
    artifact of a separate run. MLflow's active run and experiment are not changed.
    """

    class Config(ComponentConfig):
        """Where MLflow stores its runs."""

        uri: str = Field("", description="tracking URI; empty: MLFLOW_TRACKING_URI, or else MLflow's default")

    def __init__(self, config: Config) -> None:
        super().__init__(config)
        self.client = MlflowClient(config.uri or None)
        self.experiment = ""
        self.runs: dict[str, str] = {}
        """MLflow's run of every trial that is running now, by trial id. Several trials may run at once."""

    @hookimpl
    def mdf_study_start(self, study: Study) -> None:
        """Get the study's experiment, or create it. Raises MdfError if the server does not answer."""
        with self._answering():
            existing = self.client.get_experiment_by_name(study.name)
            self.experiment = existing.experiment_id if existing else self.client.create_experiment(study.name)

    @hookimpl
    def mdf_trial_start(self, trial: Trial) -> None:
        """Start the trial's run with its config, unless the trial has an earlier result and a finished run."""
        with self._answering():
            if trial.kept and self._has_run(trial):
                return
            run = self.runs[trial.id] = self._start(trial.label, {TRIAL: trial.id})
            params = [Param(key, str(value)) for key, value in parameters(trial.config).items()]
            for first in range(0, len(params), BATCH_SIZE):
                self.client.log_batch(run, params=params[first : first + BATCH_SIZE])

    @hookimpl
    def mdf_epoch_end(self, trial: Trial, epoch: Epoch) -> None:
        """Log losses and validation scores."""
        run = self.runs[trial.id]
        with self._answering():
            self._metrics(run, epoch.losses, "loss", epoch.step)
            self._metrics(run, {**epoch.scores, "selection": epoch.selection}, "validation", epoch.step)

    @hookimpl
    def mdf_trial_end(self, trial: Trial, end: TrialEnd) -> None:
        """Log test scores and costs at the step of the chosen weights, and end the run."""
        run = self.runs.pop(trial.id, None)
        if run is None:
            return
        status = "KILLED" if end.status == "interrupted" else "FINISHED" if end.ok else "FAILED"
        with self._answering():
            self._metrics(run, end.scores, "test", end.best_step or 0)
            self._metrics(run, end.costs, "cost", end.best_step or 0)
            self.client.set_tag(run, STATUS, end.status)
            self.client.set_tag(run, REASON, end.reason)
            self.client.set_terminated(run, status)

    @hookimpl
    def mdf_study_end(self, end: StudyEnd) -> None:
        """Log the report's files as artifacts of a run called `report`."""
        with self._answering():
            run = self._start("report", {})
            for file in end.files:
                self.client.log_artifact(run, str(file))
            self.client.set_terminated(run, "FINISHED" if end.ok else "FAILED")

    def _answering(self) -> AbstractContextManager[None]:
        """Calls that end within seconds, so that a server which goes away does not hold up the study."""
        return answering(self.client.tracking_uri)

    def _start(self, name: str, tags: Mapping[str, str]) -> str:
        return str(self.client.create_run(self.experiment, run_name=name, tags=dict(tags)).info.run_id)

    def _has_run(self, trial: Trial) -> bool:
        query = f"tags.`{TRIAL}` = '{trial.id}' and attributes.status = 'FINISHED'"
        return len(self.client.search_runs([self.experiment], query, max_results=1)) > 0

    def _metrics(self, run: str, values: Mapping[str, float], group: str, step: int) -> None:
        if values:
            now = int(time.time() * 1000)
            metrics = [Metric(f"{group}/{key}", value, now, step) for key, value in values.items()]
            self.client.log_batch(run, metrics=metrics)
