"""What the costs of a cell depend on, as a key: cells that differ in nothing of it are measured once. Torch-free."""

from __future__ import annotations

from mdf import __version__
from mdf.core.config import ExperimentConfig, to_table
from mdf.core.plain import Plain
from mdf.study.cell import Cell
from mdf.study.identity import digest

NETWORK = (
    *("encoder", "fusion", "decoder", "heads", "normalise", "enlarge_to", "balance", "size", "device", "precision"),
    "threads",
)
TRAIN = ("batch_size", "accumulate", "ema", "compile", "recompute")
PREDICTOR = ("predictor", "heads", "size", "threads")

COST_KINDS = ("encoder", "fusion", "decoder", "head", "balance", "predictor")
"""The kinds of components whose code decides costs."""
MEASURES = ("mdf.study.costs.measure", "mdf.study.plan.forecast_worker")
"""The modules that measure and forecast them."""


def cost_key(cell: Cell) -> str:
    """The key of `cell`: its architecture and its teacher, size and batch, and the machine. Seed, data, losses,
    schedule and budget have no part in it."""
    return digest([costly_part(cell.config), dict(cell.stamp), dict(cell.plugins), __version__, cell.costs_code])


def costly_part(config: ExperimentConfig) -> dict[str, Plain]:
    """The part of a config that decides its costs."""
    table = to_table(config)
    keys = NETWORK if config.predictor is None else PREDICTOR
    if config.model is not None:  # costs alone that predicting has
        return {**{key: table[key] for key in keys if key in table}, "trains": False}
    train = config.train.model_dump(mode="json", include=set(TRAIN), exclude_none=True)
    part: dict[str, Plain] = {**{key: table[key] for key in keys if key in table}, "train": train}
    if config.teacher is not None and config.predictor is None:  # its forward pass; its weight is a number
        part["teacher"] = {"run": config.teacher.run, "sha256": config.teacher.sha256}
    return part
