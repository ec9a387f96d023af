"""Training steps of all kinds: with every loss, every balance, guided fusions and parts of a batch."""

from __future__ import annotations

from typing import Any

from mdf import api
from mdf.core.config import ExperimentConfig
from mdf.data.open import open_dataset
from mdf.engine.parts import Parts
from mdf.models import assemble
from mdf.registry import Catalog

SCENES = {"name": "scenes", "train": 8, "val": 2, "test": 2, "size": 32}
LOSSES = {
    "mask": ["bce", "dice", "tversky", "focal", "lovasz", "l1", "mse", "huber", "berhu", "gradient", "ssim"],
    "depth": ["l1", "mse", "huber", "berhu", "silog", "gradient", "ssim"],
}
PLAIN: dict[str, Any] = {
    "data": SCENES,
    "size": 32,
    "device": "cpu",
    "encoder": "unet",
    "loss": {"mask": "bce", "depth": "l1"},
}
WITHOUT_READS: list[dict[str, Any]] = [
    *({"loss": {"mask": loss}} for loss in LOSSES["mask"]),
    *({"loss": {"depth": loss}} for loss in LOSSES["depth"]),
    {"loss": {"depth": "laplace-nll"}, "heads": {"mask": "mask", "depth": "depth-laplace"}},
    {"balance": "dwa"},
    {"balance": "uncertainty"},
    {"encoder": "s2d", "fusion": "aligned"},
    {"encoder": "resnet18", "fusion": "siamese-diff"},
    {"train": {"ema": 0.9, "accumulate": 2}},
]


def parts_of(changes: dict[str, Any]) -> tuple[ExperimentConfig, Parts]:
    """The configuration with one of these `changes`, and its parts."""
    settings = {"steps": 2, "batch_size": 4, "validations": 1, **changes.get("train", {})}
    asked = {**PLAIN, **changes, "loss": {**PLAIN["loss"], **changes.get("loss", {})}, "train": settings}
    (config,) = api.cells(config=asked, predictor=[])
    catalog = Catalog.discover()
    return config, assemble.parts(config, catalog, open_dataset(config.data, catalog))
