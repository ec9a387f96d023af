"""`background-depth` in a study: exact where nobody is, left out or refused where the data do not know it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from mdf import api
from mdf.core.errors import ConfigError
from mdf.core.progress import Warned
from mdf.data.open import open_all
from mdf.engine import flow
from mdf.engine import runtime as machine
from mdf.models import assemble
from mdf.registry import Catalog
from mdf.study.cell import Cell, SurveyRequest
from mdf.study.costs import measure
from mdf.study.costs.bench import bench
from mdf.study.request.read import read_grid
from mdf.study.request.request import StudyRequest
from mdf.study.survey import survey
from mdf.study.trial.trial import elsewhere

ASKED = {"encoder": "unet", "predictor": "background-depth", "device": "cpu"}
SCENES = ["data.train=10", "data.val=5", "data.test=10", "data.size=32", "size=16", "threads=1"]


def surveyed(strict: bool = True, **keys: Any) -> list[Cell]:
    configs = api.cells(config=ASKED, **keys)
    return survey(lambda _: None, SurveyRequest(configs, [], fill_cache=False, strict=strict))


def folder(root: Path) -> str:
    """Own recordings with depth, and without that of the empty scenes."""
    for scene in range(4):
        levels = np.full((12, 16), 1000 * (scene + 1), np.uint16)
        for name in (f"bg/room{scene}", f"fg_bg/room{scene}_0", f"depth/room{scene}_0"):
            path = root / f"{name}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(levels if name.startswith("depth") else (levels // 256).astype(np.uint8)).save(path)
    return f"folder:{root}"


def test_it_is_exact_at_the_native_size_wherever_nobody_is() -> None:
    (cell,) = surveyed(settings=SCENES)
    catalog = Catalog.discover()
    data = open_all(cell.config, catalog).dataset
    parts = assemble.parts(cell.config, catalog, data)
    found = flow.run(parts, cell.config, machine.resolve(cell.config), lambda _: None)
    truth, empty = data.read(data.splits().test), data.known(data.splits().test)["background_depth"]
    error = truth.targets["depth"] - empty
    assert (error[truth.targets["mask"] == 0] == 0).all()
    assert found.scores["depth/rmse"] == pytest.approx(float(error.double().square().mean().sqrt()), rel=1e-5)
    assert found.scores["depth/rmse"] > 0


def test_its_costs_are_measured_like_any_others() -> None:
    (cell,) = surveyed(settings=[*SCENES, "train.batch_size=3"])
    found = measure.speed(bench(cell.config, []))
    assert found["latency_p50"] > 0


def test_where_it_is_not_known_it_is_an_error_if_asked_for_and_else_left_out(tmp_path: Path) -> None:
    data = folder(tmp_path)
    with pytest.raises(ConfigError, match=r"`background_depth` of the empty scenes, which `folder:.*` does not have"):
        surveyed(data=data)
    (cell,) = surveyed(strict=False, data=data)
    assert "does not have" in cell.left_out


def test_only_predictors_that_were_named_are_asked_for() -> None:
    every: list[dict[str, Any]] = [{}, {"predictor": ["background-depth"]}, {"config": ASKED}]
    asked = [read_grid(StudyRequest.of(keys)).names_predictors for keys in every]
    assert asked == [False, True, True]


def test_other_data_that_do_not_know_it_are_told_and_not_scored(tmp_path: Path) -> None:
    (cell,) = surveyed(settings=SCENES, eval_data=[folder(tmp_path)])
    catalog = Catalog.discover()
    told: list[object] = []
    assert elsewhere(cell.config, catalog, open_all(cell.config, catalog), told.append) == {}
    assert [type(event) for event in told] == [Warned]
    network = cell.config.model_copy(update={"predictor": None})
    assert list(elsewhere(network, catalog, open_all(network, catalog), told.append)) == ["folder"]
