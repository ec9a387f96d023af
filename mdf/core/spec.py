"""`Spec`: a plugin's entry for one component; and the list of kinds. Torch-free."""

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
    "source",
    "tracker",
    "sink",
    "exporter",
)


@dataclass(frozen=True, slots=True)
class Spec:
    """One component that a plugin offers. It describes the component without importing it.

    Attributes:
        name: the name for users, e.g. `l1` (lower case letters, digits, `-`, `_`).
        target: the class, as `package.module:Class`. It is imported only when it is used.
        summary: one sentence for listings.
        tasks: the tasks that it is for; empty = any task. If a user names it without a task, the first one is meant.
        variant: what users write after the colon, e.g. `PATH` or `MODEL`; empty = nothing.
        default_loss: (heads) the task's loss when the user names none.
        default_metrics: (heads) the task's metrics when the user names none, the headline score first.
        extra: the optional extra of its distribution that it needs. Error messages name it when it is missing.
        recordings: (data sets that are a `Recording`) file endings that it plays, e.g. `.bag`; `*` = any file that no
            other data set plays.
        addresses: (sources, sinks) shell patterns of the addresses that it reads or writes, in lower case, e.g.
            `rtsp://*` or `*.jsonl`; a folder ends with `/`, and `*` = any address that no other one takes.
        cost_only: (encoders, decoders) too expensive to train by default: its rows have costs but no scores.
        any_task: (losses, metrics) works for all other tasks too. Without a task, `tasks[0]` is still meant.
        representatives: (families) variants that are used to check the contract of the whole family.
        needs: (predictors) entries of `Dataset.knows` that the data set must have, e.g. `background_depth`.
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
    addresses: tuple[str, ...] = ()

    def suits(self, task: str) -> bool:
        """Whether it can be used for `task`."""
        return not self.tasks or self.any_task or task in self.tasks

    @property
    def tasks_label(self) -> str:
        """Its tasks, in the form that listings show."""
        return ", ".join([*self.tasks, *(["any"] if self.any_task or not self.tasks else [])])
