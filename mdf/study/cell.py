"""A cell of the grid as it will run. Torch-free: workers send it to a parent that stays light."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from mdf.core.config import ExperimentConfig

if TYPE_CHECKING:
    from mdf.data.scan import Unreadable


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell as it will run: every option of every component written out, tasks limited to those in the data.

    `left_out` says why it will not run; empty for those that will. `unreadable` holds the samples that it goes
    without, by data set; `leaks` what its splits share though they should not. `devices` are those that it may run on
    with the same result; `side_by_side` says how many such trials run at once unless it is said.
    """

    config: ExperimentConfig
    fingerprint: str
    split_by: str
    tasks: tuple[str, ...]
    stamp: Mapping[str, Any]
    plugins: Mapping[str, str]
    devices: tuple[str, ...]
    side_by_side: int
    left_out: str = ""
    unreadable: Mapping[str, Sequence[Unreadable]] = field(default_factory=dict)
    leaks: Sequence[str] = ()
