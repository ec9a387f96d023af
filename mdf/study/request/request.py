"""What a study is asked, by the command line or by keywords in Python. Torch-free."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Literal

from mdf.core.errors import ConfigError
from mdf.core.plain import Plain, Table
from mdf.core.shared.place import SharedPlace
from mdf.runs.attempts import FAILURES, SETTLED, read_statuses
from mdf.runs.find import RUNS
from mdf.workers.cluster.connect import check_address
from mdf.workers.open import LOCAL, TRIES
from mdf.workers.process import PATIENCE
from mdf.workers.time_limit import read_time_limit

Grouping = Literal["tag", "scene"]
"""What the samples of a data set are grouped by in a report."""

Keyword = Plain | Path
"""The value of a keyword: a key of an experiment config, or a field of `StudyRequest`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyRequest:
    """What a study compares, and how it runs.

    Attributes:
        keys: keys of an experiment config (`encoder`, `loss`, `data`, `size`, `steps`, …). A list of values is an axis
            of the grid. With neither encoder nor loss, the standard study runs.
        config: a TOML file, or its table, with shared keys and a `[grid]` table; `keys` take precedence.
        settings: overrides such as `"encoder.width=32"`, applied last.
        predictor: whole methods to compare with, `[]` for none; by default `absdiff`, `mean-depth` and
            `background-depth`, as far as they suit the data.
        model: trained networks to compare with, which are scored as they are: models that come with mdf, runs or packed
            files. With neither encoder nor loss, nothing is trained then.
        suite: a study that comes with mdf: `real` scores models and methods on every real scene below `data_root`. Its
            own keys are replaced by those of `config`, and those by `keys`. Without `model`, all models that come with
            mdf are scored.
        data_root: the folder of the suite's data.
        loggers: what else follows the study, such as `tensorboard` or `mlflow`. Their options are keys of the config
            (`logger={"mlflow": {"uri": "sqlite:///runs.db"}}`).
        plugins: plugin files or modules to use, besides the installed ones.
        runs: the folder of the results. A trial that has ended there is not run again.
        name: the study's name; by default a hash of its trials.
        workers: number of concurrent trials. By default one per GPU; on a CPU one per core, at most four; and fewer if
            they do not fit the memory together. No result depends on it.
        time_limit: the longest time of each trial, in seconds or as `"30m"`; after that it ends as `timeout`. Its
            forecast, each of its measured costs and its pictures may take as long, or 30 minutes without a limit.
        retry: statuses such as `"failed,oom"`: trials that ended so run again, in new folders. Other ended trials are
            kept; interrupted or killed ones continue.
        retry_hung: whether a forecast or cost that hung is tried again too; by default with `rerun`, and if `retry`
            holds `timeout`.
        rerun: whether every trial runs again; the old results are kept beside the new ones.
        costs: whether the costs of each configuration are measured after the trials, alone on the machine.
        runtimes: where else the costs of a frame are measured: `torch` or exporters, such as `openvino`.
        force: whether to train even what does not fit the memory according to the forecast.
        train_cost_only: whether to train configurations that by default only have their costs measured
            (`resnet18-fullres`).
        by_tag: whether the report also shows each headline score under every condition.
        by_scene: whether it also shows each headline score on other data for every scene, the mean over scenes with its
            interval, and the worst; a suite always does.
        allow_leaks: whether to continue if training and test share scenes, or backgrounds that look alike.
        pictures: whether the report's page compares the predictions of the trained models on the same test frames.
        executor: where trials run: `local`, `ray` (the Ray cluster of this machine) or `ray://HEAD:10001`. No result
            depends on it.
        shared: a folder that all nodes of the cluster see, or an address such as `s3://bucket/mdf`: large files and
            caches go there, and not through this machine.
        tries: how often a trial is begun at most if its node is lost.
    """

    keys: Mapping[str, Plain] = field(default_factory=dict)
    config: str | Path | Table | None = None
    settings: Sequence[str] = ()
    predictor: str | Sequence[str | Table] | None = None
    model: str | Sequence[str | Table] | None = None
    suite: str = ""
    data_root: str | Path = ""
    loggers: Sequence[str] = ()
    plugins: Sequence[str] = ()
    runs: str | Path = RUNS
    name: str = ""
    workers: int | None = None
    time_limit: float | str | None = None
    retry: str = ""
    retry_hung: bool | None = None
    rerun: bool = False
    costs: bool = True
    runtimes: Sequence[str] = ()
    force: bool = False
    train_cost_only: bool = False
    by_tag: bool = False
    by_scene: bool = False
    allow_leaks: bool = False
    pictures: bool = True
    executor: str = LOCAL
    shared: str = ""
    tries: int = TRIES

    @staticmethod
    def of(keywords: Mapping[str, Any], base: StudyRequest | None = None) -> StudyRequest:
        """`base` with `keywords`: names of fields set these, all others are keys of an experiment config."""
        request = base or StudyRequest()
        known = {one.name for one in fields(StudyRequest)}
        own = {key: value for key, value in keywords.items() if key in known}
        keys = {key: value for key, value in keywords.items() if key not in known}
        return replace(request, **{**own, "keys": {**request.keys, **own.get("keys", {}), **keys}})

    def check(self) -> None:
        """Raise ConfigError if a field that says how or where the study runs is wrong, such as `workers` of 0."""
        check_address(self.executor)
        if self.runtimes and not self.costs:
            raise ConfigError("`--runtime` names what costs are measured in", "leave out `--no-costs`, or `--runtime`")
        if self.shared:
            if self.executor == LOCAL:
                raise ConfigError(
                    "`--shared` is of no use on one machine", "give `--executor ray` too, or leave it out"
                )
            SharedPlace(self.shared).check_address()
        if self.workers is not None and self.workers < 1:
            raise ConfigError(
                f"`workers` = {self.workers}: a study needs at least 1", "leave it out, or give 1 or more"
            )
        if self.tries < 1:
            raise ConfigError(
                f"`tries` = {self.tries}: a trial is begun at least once", "leave it out, or give 1 or more"
            )
        _ = self.seconds, self.again

    @property
    def groupings(self) -> Sequence[Grouping]:
        """By what else the report shows headline scores."""
        shown: dict[Grouping, bool] = {"tag": self.by_tag, "scene": self.by_scene or bool(self.suite)}
        return [grouping for grouping, wanted in shown.items() if wanted]

    @property
    def seconds(self) -> float | None:
        """The time limit of each trial in seconds; None = no limit."""
        return read_time_limit(self.time_limit)

    @property
    def patience(self) -> float:
        """The time limit in seconds of a forecast, of each measured cost and of the pictures."""
        return self.seconds or PATIENCE

    @property
    def again(self) -> Collection[str]:
        """The statuses whose trials run again."""
        return SETTLED if self.rerun else read_statuses(self.retry, FAILURES) if self.retry else ()

    @property
    def hung_again(self) -> bool:
        """Whether a forecast or cost that hung is tried again."""
        return "timeout" in self.again if self.retry_hung is None else self.retry_hung
