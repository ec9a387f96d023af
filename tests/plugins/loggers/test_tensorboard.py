"""What TensorBoard itself reads back from the event files."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from followed import COSTS, study_in, tell

accumulator = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")


def read(folder: Path) -> Any:
    events = accumulator.EventAccumulator(str(folder))
    events.Reload()
    return events


@pytest.fixture
def runs(tmp_path: Path) -> dict[str, Path]:
    study = study_in(tmp_path / "study")
    tell("tensorboard", study)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["study"]
    return {path.name: path for path in (study.folder / "tensorboard").iterdir()}


def test_each_trial_and_the_report_is_a_run(runs: dict[str, Path]) -> None:
    assert sorted(runs) == ["evil-bbbbbb", "kept-cccccc", "report", "unet-l1-aaaaaa"]


def test_losses_scores_and_costs_are_scalars(runs: dict[str, Path]) -> None:
    events = read(runs["unet-l1-aaaaaa"])
    scalars = {tag: [(e.step, e.value) for e in events.Scalars(tag)] for tag in events.Tags()["scalars"]}
    nan = scalars["validation/mask/iou"].pop()
    assert nan[0] == 20
    assert nan[1] != nan[1]
    assert scalars == {
        "loss/mask": [(10, 0.5), (20, 0.25)],
        "validation/mask/iou": [(0, 0.0), (10, 0.5)],
        "validation/selection": [(0, 0.0), (10, pytest.approx(0.4)), (20, pytest.approx(0.7))],
        "test/mask/iou": [(20, 0.75)],
        "cost/parameters": [(20, COSTS["parameters"])],
    }


def test_the_config_is_text_and_hyperparameters(runs: dict[str, Path]) -> None:
    from tensorboard.plugins.hparams.plugin_data_pb2 import HParamsPluginData

    events = read(runs["unet-l1-aaaaaa"])
    text = events.Tensors("config")[0].tensor_proto.string_val[0].decode()
    assert "encoder.width = 8" in text
    content = events.SummaryMetadata("_hparams_/session_start_info").plugin_data.content
    hparams = HParamsPluginData.FromString(content).session_start_info.hparams
    assert hparams["train.lr"].number_value == 0.5
    assert hparams["size"].string_value == "[64, 48]"


def test_the_status_of_a_trial_is_logged(runs: dict[str, Path]) -> None:
    status = read(runs["evil-bbbbbb"]).Tensors("status")[0].tensor_proto.string_val[0]
    assert status == b"oom: too large"


def test_the_report_is_text_and_picture(runs: dict[str, Path]) -> None:
    events = read(runs["report"])
    assert b"0.750" in events.Tensors("report")[0].tensor_proto.string_val[0]
    (image,) = events.Images("report")
    assert (image.width, image.height) == (5, 3)


def test_logging_a_study_twice_duplicates_nothing(tmp_path: Path) -> None:
    study = study_in(tmp_path)
    for _ in range(2):
        tell("tensorboard", study)
    kept, trained = (read(tmp_path / "tensorboard" / name) for name in ("kept-cccccc", "unet-l1-aaaaaa"))
    assert len(kept.Scalars("test/mask/iou")) == len(trained.Scalars("test/mask/iou")) == 1


@pytest.mark.parametrize("logger", ["tensorboard", "mlflow"])
def test_loggers_do_not_import_torch(logger: str, tmp_path: Path) -> None:
    code = (
        f"import sys; from mdf.registry import Catalog; Catalog.discover().logger('{logger}', {{}})\n"
        "sys.exit('torch' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=True, timeout=120)
