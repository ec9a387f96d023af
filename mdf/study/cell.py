"""A cell of the grid as it will run. Torch-free: workers send it to a parent that stays light."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from mdf.core.config import ExperimentConfig
from mdf.study import travel

if TYPE_CHECKING:
    from mdf.data.scan import Unreadable
    from mdf.engine.runtime import Stamp


@dataclass(frozen=True, slots=True)
class Cell:
    """A configuration as it will run, and all that its trial's id is made of.

    Attributes:
        config: every option of every component written out, the tasks limited to those in the data.
        fingerprint: a hash of what decides the samples and splits.
        split_by: `scene`, or `time`.
        tasks: the tasks that are trained or predicted.
        stamp: the environment.
        plugins: the versions of libraries and third parties' packages that it computes with.
        code: a hash of the code of mdf that its trial can run.
        costs_code: the same of the code that decides its costs.
        devices: where it may run with the same result.
        side_by_side: how many such trials run at once by default.
        left_out: why it will not run; empty for those that will.
        unreadable: the samples that are left out, by data set.
        leaks: what its splits share though they should not, and what a network that is trained already may have seen.
    """

    config: ExperimentConfig
    fingerprint: str
    split_by: str
    tasks: tuple[str, ...]
    stamp: Stamp
    plugins: Mapping[str, str]
    code: str
    costs_code: str
    devices: tuple[str, ...]
    side_by_side: int
    left_out: str = ""
    unreadable: Mapping[str, Sequence[Unreadable]] = field(default_factory=dict)
    leaks: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class LabelledCell:
    """A cell of a study.

    Attributes:
        id: distinguishes it from the study's other cells.
        label: what users call it.
    """

    id: str
    label: str
    cell: Cell


@dataclass(frozen=True, slots=True)
class SurveyRequest:
    """What `mdf.study.survey.survey` is asked.

    Attributes:
        fill_cache: whether to decode the data too, and to search their splits for what they must not share.
        allow_leaks: whether training and test may share scenes, or backgrounds that look alike.
        strict: whether a predictor that needs what the data do not know is an error, instead of left out.
    """

    configs: Sequence[ExperimentConfig]
    plugins: Sequence[str]
    fill_cache: bool
    allow_leaks: bool = False
    strict: bool = False

    def carried(self) -> Sequence[Path]:
        """The files that a machine without this disk needs."""
        return travel.carried(self.configs, self.plugins)

    def relocated(self, places: Mapping[Path, Path]) -> SurveyRequest:
        """The same request where its files lie elsewhere."""
        return replace(
            self,
            configs=[travel.relocated_config(config, places) for config in self.configs],
            plugins=travel.relocated_plugins(self.plugins, places),
        )
