"""The survey does nothing twice: networks are composed once, and options are validated once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

import pytest
from tiny_study import SCENES

from mdf import api
from mdf.core.component import ComponentConfig
from mdf.core.config import ExperimentConfig
from mdf.engine.model import Model
from mdf.models import assemble
from mdf.registry import Offer, component
from mdf.study.cell import SurveyRequest
from mdf.study.survey import survey

SETTINGS = [*SCENES, "encoder.depth=2", "threads=1", "train.validations=2", 'device="cpu"']


def test_the_survey_composes_each_network_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Before the data are decoded, and not again afterwards."""
    composed: list[str] = []
    compose = assemble.model

    def noted(config: ExperimentConfig, *arguments: Any) -> Model:
        composed.append(str(config.loss["depth"]))
        return compose(config, *arguments)

    monkeypatch.setattr(assemble, "model", noted)
    configs = api.cells(encoder="unet", loss=["l1", "mse"], predictor=[], settings=SETTINGS)
    cells = survey(lambda _: None, SurveyRequest(configs, [], fill_cache=True))
    assert len(cells) == 2
    assert composed == ["l1", "mse"]


def test_options_of_cells_are_validated_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of each component, however many cells have the same."""
    validated: Counter[tuple[str, str]] = Counter()
    validate = component.validate

    def noted(offer: Offer, options: Mapping[str, object], where: str) -> ComponentConfig:
        validated[f"{offer.kind} {offer.full_name}", repr(sorted(options.items()))] += 1
        return validate(offer, options, where)

    monkeypatch.setattr(component, "validate", noted)
    configs = api.cells(encoder="unet", loss=["l1", "mse"], predictor=["absdiff"], settings=SETTINGS)
    survey(lambda _: None, SurveyRequest(configs, [], fill_cache=True))
    assert len(validated) > 10
    assert set(validated.values()) == {1}
