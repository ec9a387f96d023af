"""A trial's last steps: what goes wrong while pictures are drawn does not cost its scores."""

# ruff: noqa: ARG002 - the contract names the arguments
from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from blobs import blob_parts

from mdf.core.config import validate
from mdf.core.progress import Progress, Warned
from mdf.core.sample import Batch
from mdf.data.open import open_dataset
from mdf.engine import runtime as machine
from mdf.engine.flow import Outcome
from mdf.engine.scoring import SampleStatistics
from mdf.models import assemble
from mdf.plugins.predictors.absdiff import AbsDiff
from mdf.registry import Catalog
from mdf.study.trial import gallery
from mdf.study.trial.trial import _draw


def test_a_task_that_cannot_be_drawn_is_a_warning(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    catalog = Catalog.discover()
    data = {"name": "scenes", "train": 4, "val": 2, "test": 2, "size": 32}
    config = validate({"data": data, "predictor": "absdiff", "size": 32, "device": "cpu", "loss": {"mask": "bce"}})
    config = config.model_copy(update={"heads": {"mask": config.heads["mask"]}})
    parts = assemble.parts(config, catalog, open_dataset(config.data, catalog))
    assert parts.predictor is not None
    parts.predictor.fit(lambda: iter([parts.dataset.read([0, 1])]))
    outcome = Outcome({}, SampleStatistics(), {}, [], None, None, {})
    runtime, events = machine.resolve(config), list[Progress]()
    arguments: tuple[Any, ...] = (tmp_path, config, parts, outcome, runtime, events.append)
    _draw(*arguments)
    assert (tmp_path / gallery.SHEET).is_file()
    assert events == []

    class Undrawable(type(parts.tasks["mask"])):  # type: ignore[misc]
        """A third party's."""

        def draw(self, values: torch.Tensor, valid: torch.Tensor, limits: tuple[float, float]) -> torch.Tensor:
            raise ZeroDivisionError("no scale")

    broken = Undrawable(parts.tasks["mask"].config)
    _draw(tmp_path, config, replace(parts, tasks={"mask": broken}), outcome, runtime, events.append)
    assert events == [Warned("its gallery could not be drawn: ZeroDivisionError: no scale")]
    assert "no scale" in capsys.readouterr().err  # the whole story is in the log


def test_a_network_draws_a_shaking_camera_as_it_is_scored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The empty scene is moved along before it is seen; a method without a network sees it as it is."""
    parts = blob_parts()
    dark = torch.zeros(1, dtype=torch.uint8)
    monkeypatch.setattr(gallery, "steadied", lambda batch: replace(batch, bg=dark.expand_as(batch.bg)))
    seen: list[torch.Tensor] = []

    def predict(batch: Batch) -> dict[str, torch.Tensor]:
        seen.append(batch.bg)
        return {"mask": torch.zeros(len(batch), 1, *batch.size)}

    gallery.write(tmp_path, parts, (16, 16), predict, "cpu")
    gallery.write(tmp_path, replace(parts, predictor=AbsDiff(AbsDiff.Config())), (16, 16), predict, "cpu")
    network, method = seen
    assert not network.any()
    assert method.any()
