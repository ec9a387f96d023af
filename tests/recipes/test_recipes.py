"""Each recipe is a whole configuration: it names components that exist, and builds a network of a known size."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from mdf.core.config import ExperimentConfig, validate
from mdf.models import assemble
from mdf.registry import Catalog

RECIPES = Path(__file__).parents[2] / "recipes"
PATHS = sorted(RECIPES.glob("*.toml"))
LARGEST = 1_200_000


@pytest.fixture(params=PATHS, ids=lambda path: path.stem)
def config(request: pytest.FixtureRequest) -> ExperimentConfig:
    return validate(tomllib.loads(request.param.read_text(encoding="utf-8")), request.param.name)


def test_there_is_a_recipe_for_each_class_of_cost() -> None:
    assert {path.stem for path in PATHS} == {"mdf-base-start", "mdf-base-middle", "mdf-base", "mdf-small"}


def test_all_parts_of_a_training_build_the_same_network() -> None:
    parts = [
        validate(tomllib.loads((RECIPES / f"{name}.toml").read_text(encoding="utf-8")))
        for name in ("mdf-base-start", "mdf-base-middle", "mdf-base")
    ]
    first, *others = [(part.encoder, part.fusion, part.decoder, part.heads) for part in parts]
    assert others == [first, first]


def test_it_trains_on_drawn_data_alone(config: ExperimentConfig) -> None:
    assert {data.name for data in (config.data, *config.extra_train)} == {"scenes"}
    assert config.init is None


def test_its_network_has_mask_and_depth_and_is_small(config: ExperimentConfig) -> None:
    network = assemble.model(config, list(config.heads), Catalog.discover(()), (0.5,) * 3, (0.25,) * 3)
    assert network.tasks == ("mask", "depth")
    assert sum(p.numel() for p in network.parameters()) <= LARGEST


def test_a_scene_can_be_drawn_and_says_what_it_shows(config: ExperimentConfig) -> None:
    data = Catalog.discover(()).create("dataset", config.data.name, config.data.options)
    batch = data.read([0, 1])
    assert batch.size == tuple(config.data.options["size"])
    assert set(data.tasks) == {"mask", "depth"}


def test_its_schedule_shares_out_its_steps(config: ExperimentConfig) -> None:
    schedule = Catalog.discover(()).create("schedule", config.schedule.name, config.schedule.options)
    steps = config.train.steps or 0
    assert sum(p.steps for p in schedule.phases(steps, tuple(config.heads), config.image_size)) == steps > 0
