"""What a schedule asks of an encoder that takes one size only is found out before anything is trained."""

from __future__ import annotations

import pytest
import torch

from mdf.core.config import ExperimentConfig
from mdf.core.errors import ConfigError
from mdf.engine.model import Model
from mdf.models import assemble
from mdf.registry import Catalog
from mdf.study.survey import check_sizes

CATALOG = Catalog.discover()


def composed(encoder: str, schedule: str) -> tuple[ExperimentConfig, Model]:
    """A config of 128 pixels, and its network on no device."""
    table = {"encoder": encoder, "schedule": schedule, "size": 128, "train": {"steps": 4}}
    config = ExperimentConfig.model_validate(table)
    with torch.device("meta"):
        return config, assemble.model(config, ["mask"], CATALOG, (0.5,) * 3, (0.2,) * 3)


@pytest.mark.parametrize(("encoder", "schedule"), [("timm:levit_128s", "joint"), ("unet", "progressive")])
def test_a_schedule_that_suits_its_encoder_passes(encoder: str, schedule: str) -> None:
    config, network = composed(encoder, schedule)
    check_sizes(config, CATALOG.create("schedule", schedule, {}), network)


def test_an_encoder_of_one_size_is_refused_to_a_schedule_of_two() -> None:
    config, network = composed("timm:levit_128s", "progressive")
    with pytest.raises(ConfigError, match=r"learns at 64x64 too.*timm:levit_128s.*128x128") as caught:
        check_sizes(config, CATALOG.create("schedule", "progressive", {}), network)
    assert "--schedule joint" in caught.value.hint


def test_a_teacher_of_one_size_is_refused_too() -> None:
    config, network = composed("unet", "progressive")
    with pytest.raises(ConfigError, match=r"learns at 64x64 too, and the teacher's encoder, built for 128x128"):
        check_sizes(
            config,
            CATALOG.create("schedule", "progressive", {}),
            network,
            teacher=composed("timm:levit_128s", "joint")[1],
        )


def test_a_schedule_without_a_plan_is_told() -> None:
    config, network = composed("unet", "progressive")
    small = config.model_copy(update={"size": (64, 64)})
    with pytest.raises(ConfigError, match="starts at 64 pixels, which is not smaller than the full size"):
        check_sizes(small, CATALOG.create("schedule", "progressive", {}), network)
