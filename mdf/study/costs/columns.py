"""The cost columns of a study's table, in order. Torch-free."""

from __future__ import annotations

from dataclasses import dataclass

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
COSTS = {column.key: column for column in COST_COLUMNS}
