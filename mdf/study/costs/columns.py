"""The cost columns of a study's table, in order. Torch-free."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

MIB = 2**20


@dataclass(frozen=True, slots=True)
class CostColumn:
    """One cost.

    Attributes:
        key: its name in results and files.
        title: its heading, with the unit.
        direction: `higher` or `lower` is better.
        scale: a value is divided by it to have the title's unit.
        digits: digits after the point.
        main: whether the terminal's table shows it by default.
    """

    key: str
    title: str
    direction: str = "lower"
    scale: float = 1.0
    digits: int = 1
    main: bool = False

    def text(self, value: float) -> str:
        """A value as it is printed; infinite memory is `oom`."""
        return "oom" if value == float("inf") else f"{value / self.scale:.{self.digits}f}"


COST_COLUMNS = (
    CostColumn("parameters", "params [M]", scale=1e6, digits=2, main=True),
    CostColumn("gmacs", "GMACs", digits=2, main=True),
    CostColumn("peak_memory", "train memory [MiB]", scale=MIB, digits=0, main=True),
    CostColumn("inference_memory", "inference memory [MiB]", scale=MIB, digits=0),
    CostColumn("latency_p50", "latency p50 [ms]", scale=1e-3, main=True),
    CostColumn("latency_p95", "latency p95 [ms]", scale=1e-3),
    CostColumn("batch_latency_p50", "batch latency p50 [ms]", scale=1e-3),
    CostColumn("batch_latency_p95", "batch latency p95 [ms]", scale=1e-3),
    CostColumn("images_per_second", "images/s", "higher"),
    CostColumn("train_images_per_second", "train images/s", "higher"),
    CostColumn("loader_share", "loader share [%]", scale=0.01),
    CostColumn("train_seconds", "train s", main=True),
)
RUNTIME_COSTS = (
    CostColumn("frame_p50", "frame [ms]", scale=1e-3, main=True),
    CostColumn("process_memory", "process memory [MiB]", scale=MIB, digits=0, main=True),
)
"""What is measured in each runtime. Its key is `KEY@RUNTIME`."""
COSTS = {column.key: column for column in COST_COLUMNS}
_IN_RUNTIMES = {column.key: column for column in RUNTIME_COSTS}


def in_runtime(key: str, runtime: str) -> str:
    """The key of a cost in one runtime, which is named with its version.

    >>> in_runtime("frame_p50", "onnx 1.32.0")
    'frame_p50@onnx 1.32.0'
    """
    return f"{key}@{runtime}"


def cost_column(key: str) -> CostColumn | None:
    """The column of a cost, also of one in a runtime; None of a score.

    >>> cost_column("frame_p50@onnx 1.32.0").title
    'onnx 1.32.0: frame [ms]'
    """
    name, _, runtime = key.partition("@")
    column = _IN_RUNTIMES.get(name) if runtime else COSTS.get(name)
    return replace(column, key=key, title=f"{runtime}: {column.title}") if column and runtime else column


def columns_measured(keys: Iterable[str]) -> list[CostColumn]:
    """The columns of these costs, in order: runtimes last, as they are named first."""
    known = dict.fromkeys(keys)
    runtimes = dict.fromkeys(key.partition("@")[2] for key in known if "@" in key)
    wanted = [column.key for column in COST_COLUMNS]
    wanted += [in_runtime(column.key, runtime) for runtime in runtimes for column in RUNTIME_COSTS]
    return [column for key in wanted if key in known and (column := cost_column(key))]
