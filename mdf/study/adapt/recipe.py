"""The configuration of an adaptation: the network's own, with what it learns from its camera. Torch-free."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from pathlib import Path

from mdf.core.config import Component, ExperimentConfig, StoredRun, Train
from mdf.models.locate import located, reference_of
from mdf.study.adapt.request import AdaptRequest

RECIPE = Path(__file__).parent / "recipe.toml"
EMPTY_FRAMES = "empty"
"""The folder of the empty frames in the run's own."""
FOLDER = "{empty}"
"""What stands in the recipe for it."""
SMALLER = 2
"""Images are learned from at the network's size divided by this."""
JUDGED_ON = 24
"""Samples with figures that networks are judged on, and half as many without."""


def adapted_config(
    request: AdaptRequest, before: ExperimentConfig, empty: Path, view: Sequence[float] | None = None
) -> ExperimentConfig:
    """What is trained: the network of `before` goes on, with the camera's empty frames in the folder `empty`, what it
    was trained on, and the labelled frames of `request`. `view` are the camera's intrinsics, if they are known, as
    shares of the picture."""
    recipe = tomllib.loads(RECIPE.read_text(encoding="utf-8"))
    steps = {} if request.steps is None else {"steps": request.steps}
    labelled = () if request.data is None else (request.data,)
    config = before.model_copy(
        update={
            "data": _camera(recipe["data"], empty, _smaller(before.image_size), view),
            "extra_train": (before.data, *labelled),
            "eval_data": (),
            "init": StoredRun(run=reference_of(request.model)),
            "teacher": None,
            "schedule": Component.model_validate(recipe["schedule"]),
            "train": Train(**{**recipe["train"], **steps}),
            "seed": request.seed,
            "device": request.device,
            "threads": request.threads,
        }
    )
    return located(config, request.model.parent)


def exam_components(config: ExperimentConfig) -> tuple[Component, Component]:
    """What networks are judged on, at the size that they work at: drawn figures, and empty frames."""

    def exam(samples: int, empty: float) -> Component:
        options = {**config.data.options, "size": list(config.image_size), "val": samples, "empty": empty}
        return Component(name=config.data.name, options=options)

    return exam(JUDGED_ON, 0.0), exam(JUDGED_ON // 2, 1.0)


def moved(config: ExperimentConfig, empty: Path) -> ExperimentConfig:
    """The same where the empty frames lie in the folder `empty`."""
    name = config.data.name.partition(":")[0]
    return config.model_copy(update={"data": config.data.model_copy(update={"name": f"{name}:{empty}"})})


def _camera(recipe: dict[str, object], empty: Path, size: tuple[int, int], view: Sequence[float] | None) -> Component:
    table = {**recipe, "name": str(recipe["name"]).replace(FOLDER, str(empty)), "size": list(size)}
    return Component.model_validate(table if view is None else {**table, "intrinsics": list(view)})


def _smaller(size: tuple[int, int]) -> tuple[int, int]:
    return max(16, size[0] // SMALLER), max(16, size[1] // SMALLER)
