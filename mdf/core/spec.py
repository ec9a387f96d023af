"""`Spec`: the torch-free line with which a plugin offers a component, and the kinds there are."""

from __future__ import annotations

from dataclasses import dataclass

KINDS = (
    "encoder",
    "fusion",
    "decoder",
    "head",
    "predictor",
    "loss",
    "metric",
    "dataset",
    "schedule",
    "balance",
    "logger",
)


@dataclass(frozen=True, slots=True)
class Spec:
    """One component on offer: all that naming and pairing need, and nothing that must be imported.

    Attributes:
        name: how users call it, e.g. `l1` (lower case, digits, `-`, `_`).
        target: where the class lives, `package.module:Class`; imported only when it is used.
        summary: one sentence for listings.
        tasks: the tasks it is for, the one that its bare name means first; empty = any task.
        needs: (predictors) what the data set must know of its empty scenes (`Dataset.knows`), e.g. `background_depth`.
        any_task: (losses, metrics) it works for every other task too, though its bare name means one of `tasks`.
        variant: what stands after the colon, e.g. `PATH` or `MODEL`; empty = it takes none.
        representatives: (families) variants that stand for all of them where the contract is checked.
        default_loss: (heads) the loss of its task when none is named.
        default_metrics: (heads) the metrics of its task, the headline score first.
        extra: the optional extra of its distribution that it needs, named when that is missing.
        recordings: (data sets that are a `Recording`) endings of the files that it plays, e.g. `.bag`; `*` = any file
            that no other one plays.
        cost_only: (encoders, decoders) so dear that by default its rows hold measured costs and no scores.
    """

    name: str
    target: str
    summary: str
    tasks: tuple[str, ...] = ()
    variant: str = ""
    default_loss: str = ""
    default_metrics: tuple[str, ...] = ()
    extra: str = ""
    cost_only: bool = False
    any_task: bool = False
    representatives: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    recordings: tuple[str, ...] = ()

    def suits(self, task: str) -> bool:
        """Whether it may be used for `task`."""
        return not self.tasks or self.any_task or task in self.tasks

    @property
    def tasks_told(self) -> str:
        """Its tasks as listings show them."""
        return ", ".join([*self.tasks, *(["any"] if self.any_task or not self.tasks else [])])
