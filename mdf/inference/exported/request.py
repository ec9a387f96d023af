"""What `mdf export` is asked, and what it answers. Torch-free."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from mdf.core.config import validate
from mdf.core.errors import ConfigError
from mdf.models.export.card import told_changes

ALLOWED_LOSS = 0.01
"""Share of each task's headline score that a reduced precision may cost by default."""

Status = Literal["ok", "failed", "not kept"]


@dataclass(frozen=True, slots=True)
class ExportRequest:
    """A run that is to be written for other runtimes.

    Attributes:
        run: the run's folder.
        formats: names of exporters; each gets a folder of its name in `out`.
        out: where the folders are written.
        size: of the network's images, instead of the run's own.
        any_size: whether the graphs take images of any size.
        int8: also try 8-bit integers.
        precision: in which the files are also computed, to judge what that costs; None = in float32 alone.
        max_loss: by score column (`mask/iou`) or name (`iou`), how much worse either may make it; empty = each task's
            headline score by `ALLOWED_LOSS` of itself.
        licence: under which the network may be used, as `model.json` and README tell it; "" = nobody says, or that of
            mdf for a network that comes with it.
        overwrite: replace folders that are there.
        threads: CPU threads that are timed; None = as `mdf.load` chooses.
        plugins: plugin files or modules to use beside the installed ones.
    """

    run: Path
    formats: tuple[str, ...]
    out: Path
    size: str | None = None
    any_size: bool = False
    int8: bool = False
    precision: str | None = None
    max_loss: Mapping[str, float] = field(default_factory=dict)
    licence: str = ""
    overwrite: bool = False
    threads: int | None = None
    plugins: tuple[str, ...] = ()

    @property
    def is_judged(self) -> bool:
        """Whether anything is judged by its scores, for which the run's data are needed."""
        return self.int8 or self.precision is not None

    def check(self) -> None:
        """Raise ConfigError where its parts do not go together."""
        if self.precision in ("auto", "fp32"):
            raise ConfigError(f"`--precision {self.precision}`: float32 is always checked", "leave it out")
        if self.precision is not None:
            validate({"precision": self.precision}, "`--precision`")
        if self.max_loss and not self.is_judged:
            message = "`--max-loss` says what 8-bit integers may cost, or another precision"
            raise ConfigError(message, "add `--int8` or `--precision bf16`")
        for score, loss in self.max_loss.items():
            if not (score and math.isfinite(loss) and loss >= 0):
                message = f"`--max-loss {score}={loss:g}` is no loss of a score"
                raise ConfigError(message, "write a score and a number from 0 on: `--max-loss iou=0.005`")
        if self.size is not None:
            validate({"size": self.size}, "`--size`")
        repeated = [name for name in self.formats if self.formats.count(name) > 1]
        if repeated:
            raise ConfigError(f"`--to {repeated[0]}` is given twice", "give it once")


def folders_of(out: Path, name: str) -> tuple[Path, Path]:
    """Where a format is written below `out`, and where its 8-bit integers are."""
    plain = name.replace("/", "-")
    return out / plain, out / f"{plain}-int8"


@dataclass(frozen=True, slots=True)
class ExportCosts:
    """What one frame costs in a process that does nothing else.

    Attributes:
        milliseconds: the median from a frame in bytes to its values, the background known.
        megabytes: the most memory that the process held, libraries included.
    """

    milliseconds: float
    megabytes: float


@dataclass(frozen=True, slots=True)
class ExportedFormat:
    """One row of the table.

    Attributes:
        format: the exporter; `precision` in which the file computes.
        status: `ok`; `failed`, for `reason`; or `not kept`: a reduced precision that costs too much, or 8-bit integers
            that are slower.
        folder: where the files lie; "" if they are not kept.
        difference: the largest difference of a logit from PyTorch's, at `sizes`; of a reduced precision it is no
            measure.
        sizes: (height, width) of the images that were compared.
        scores: of a reduced precision, by column the score on the test split; `changes` is how much worse than in
            float32.
        megabytes: size of its files.
        costs: None where they could not be measured.
    """

    format: str
    precision: str
    status: Status
    reason: str = ""
    folder: str = ""
    difference: float | None = None
    sizes: tuple[tuple[int, int], ...] = ()
    scores: Mapping[str, float] = field(default_factory=dict)
    changes: Mapping[str, float] = field(default_factory=dict)
    megabytes: float | None = None
    costs: ExportCosts | None = None

    @property
    def told_changes(self) -> str:
        """`changes` in words."""
        return told_changes(self.changes)


@dataclass(frozen=True, slots=True)
class ExportReport:
    """What `mdf export` has done.

    Attributes:
        run: the run's folder.
        size: (height, width) of the network's images, at which frames were timed.
        threads: CPU threads that were timed.
        torch: the costs of the run itself in PyTorch, in float32.
        torch_megabytes: size of the run's weights.
        formats: a row for each format and precision.
    """

    run: str
    size: tuple[int, int]
    threads: int
    torch: ExportCosts | None
    torch_megabytes: float
    formats: tuple[ExportedFormat, ...]

    @property
    def ok(self) -> bool:
        """Whether no format failed."""
        return all(row.status != "failed" for row in self.formats)
