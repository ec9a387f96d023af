"""What the costs of a cell depend on, as a key: cells that differ in nothing of it are measured once. Torch-free."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from mdf import __version__
from mdf.core.config import ExperimentConfig, to_table
from mdf.core.plain import Plain
from mdf.study.identity import code_hash, digest

if TYPE_CHECKING:
    from mdf.study.cell import Cell


class Subject(Protocol):
    """A trial, or a cell of a plan: what is measured or foreseen."""

    @property
    def id(self) -> str:
        """Tells it from the others."""

    @property
    def label(self) -> str:
        """What it is called."""

    @property
    def cell(self) -> Cell:
        """What would run."""


NETWORK = ("encoder", "fusion", "decoder", "heads", "normalise", "balance", "size", "device", "precision", "threads")
TRAIN = ("batch_size", "accumulate", "ema", "compile")
PREDICTOR = ("predictor", "heads", "size", "threads")


def cost_key(cell: Cell) -> str:
    """The key of `cell`: its architecture and its teacher, size and batch, and the machine. Seed, data, losses,
    schedule and budget have no part in it."""
    return digest([asked(cell.config), dict(cell.stamp), dict(cell.plugins), __version__, code_hash()])


def asked(config: ExperimentConfig) -> dict[str, Plain]:
    """The part of a config that decides its costs."""
    table = to_table(config)
    keys = NETWORK if config.predictor is None else PREDICTOR
    train = config.train.model_dump(mode="json", include=set(TRAIN), exclude_none=True)
    found: dict[str, Plain] = {**{key: table[key] for key in keys if key in table}, "train": train}
    if config.teacher is not None and config.predictor is None:  # its forward pass; its weight is a number
        found["teacher"] = {"run": config.teacher.run, "sha256": config.teacher.sha256}
    return found
