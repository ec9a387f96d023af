"""From what was asked to the cells: axes multiply, settings come last, equal cells are one, mistakes are told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mdf import api
from mdf.core.config import to_table
from mdf.core.errors import ConfigError, UnknownNameError
from mdf.study.request.labels import flatten, label_all


def losses(cells: list[Any]) -> list[dict[str, str]]:
    return [{task: str(loss) for task, loss in cell.loss.items()} for cell in cells]


def toml(folder: Path, text: str) -> Path:
    path = folder / "study.toml"
    path.write_text(text)
    return path


@pytest.mark.parametrize("written", ["absdiff", {"name": "absdiff", "threshold": 0.2}])
def test_a_predictors_own_config_is_one_cell(written: object) -> None:
    """As a result stores it: it runs again alone, without the standard study."""
    found = api.cells(config={"predictor": written})
    assert [cell.predictor and cell.predictor.name for cell in found] == ["absdiff"]


@pytest.mark.parametrize("axis", [{}, {"encoder": ["unet", "resnet18"]}, {"loss": ["l1", "mse"]}])
def test_a_predictor_set_by_its_key_is_one_cell_whatever_networks_are_named(axis: dict[str, Any]) -> None:
    assert label_all(api.cells(settings=["predictor=absdiff"], **axis)) == ["absdiff"]


@pytest.mark.parametrize("none", ["none", ["none"], []])
def test_no_predictor_is_written_in_three_ways(none: object) -> None:
    asked = {"encoder": "unet", "loss": "l1"}
    assert label_all(api.cells(predictor=none, **asked)) == ["unet · mask bce, depth l1"]  # type: ignore[arg-type]
    assert label_all(api.cells(config={"predictor": none}, **asked)) == ["unet · mask bce, depth l1"]


def test_predictors_are_listed_in_a_file_by_key_or_axis_and_a_flag_replaces_them() -> None:
    table = {"encoder": "unet", "loss": "l1"}
    for config in ({**table, "predictor": ["absdiff", "mog2"]}, {**table, "grid": {"predictor": ["absdiff", "mog2"]}}):
        assert label_all(api.cells(config=config))[1:] == ["absdiff", "mog2"]
        assert label_all(api.cells(config=config, predictor=["knn"]))[1:] == ["knn"]


def test_options_of_predictors_are_no_networks() -> None:
    cells = api.cells(
        config={"grid": {"predictor.threshold": [0.1, 0.2]}},
        settings=["predictor.blur=3"],
        encoder="unet",
        predictor=["absdiff"],
    )
    assert [cell.predictor and cell.predictor.options for cell in cells] == [
        None,
        {"threshold": 0.1, "blur": 3},
        {"threshold": 0.2, "blur": 3},
    ]


def test_nothing_asked_is_the_standard_study() -> None:
    cells = api.cells()
    assert label_all(cells) == [
        "unet · depth l1",
        "unet · depth mse",
        "resnet18 · depth l1",
        "resnet18 · depth mse",
        "absdiff",
        "mean-depth",
        "background-depth",
    ]
    assert all(str(cell.loss["mask"]) == "bce" for cell in cells)


def test_two_axes_of_two_are_four_cells_and_a_row_for_each_predictor() -> None:
    cells = api.cells(encoder=["unet", "resnet18"], loss=["l1", "mse"], predictor=["absdiff"])
    assert len(cells) == 5
    assert [cell.predictor is not None for cell in cells] == [False] * 4 + [True]


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("l1", {"mask": "bce", "depth": "l1"}),
        ("mask=l1", {"mask": "l1", "depth": "l1"}),
        ("mask=bce,depth=mse", {"mask": "bce", "depth": "mse"}),
        ("mask=bce+0.5*l1", {"mask": "bce+0.5*l1", "depth": "l1"}),
        ("0.3*mse+l1", {"mask": "bce", "depth": "0.3*mse+l1"}),
        ("bce", {"mask": "bce", "depth": "l1"}),
    ],
)
def test_a_loss_without_a_task_means_the_one_it_is_made_for(written: str, expected: dict[str, str]) -> None:
    assert losses(api.cells(encoder="unet", loss=written, predictor=[])) == [expected]


def test_l1_means_the_mask_where_only_the_mask_is_predicted() -> None:
    assert losses(api.cells(encoder="unet", loss="l1", heads="mask", predictor=[])) == [{"mask": "l1"}]


def test_equal_cells_are_one() -> None:
    assert len(api.cells(encoder=["unet", "unet"], loss=["l1", "depth=l1"], predictor=["absdiff", "absdiff"])) == 2


def test_settings_come_last_and_for_all() -> None:
    cells = api.cells(encoder=["unet", "resnet18"], predictor=[], steps=5, settings=["train.steps=9", "seed=4"])
    assert {(cell.train.steps, cell.seed) for cell in cells} == {(9, 4)}


def test_a_file_has_shared_keys_and_axes_and_flags_take_precedence(tmp_path: Path) -> None:
    path = toml(
        tmp_path, 'seed = 7\npredictor = []\n[train]\nlr = 0.1\n[grid]\nencoder = ["unet", "resnet18"]\nsteps = [5, 6]'
    )
    cells = api.cells(config=path)
    assert [(c.encoder.name, c.train.steps, c.seed, c.train.lr) for c in cells] == [
        ("unet", 5, 7, 0.1),
        ("unet", 6, 7, 0.1),
        ("resnet18", 5, 7, 0.1),
        ("resnet18", 6, 7, 0.1),
    ]
    flagged = api.cells(config=path, encoder="unet", seed=1)
    assert [(c.encoder.name, c.train.steps, c.seed) for c in flagged] == [("unet", 5, 1), ("unet", 6, 1)]


def test_a_list_outside_the_grid_is_a_value(tmp_path: Path) -> None:
    cells = api.cells(config=toml(tmp_path, 'size = [48, 64]\nencoder = "unet"\npredictor = []'))
    assert [cell.size for cell in cells] == [(48, 64)]


def test_axes_of_options_and_weights() -> None:
    cells = api.cells(
        config={"encoder": "unet", "grid": {"encoder.width": [4, 8], "loss.depth.weight": [0.5, 2.0]}}, predictor=[]
    )
    assert [(c.encoder.options["width"], c.loss["depth"].weight) for c in cells] == [(4, 0.5), (4, 2), (8, 0.5), (8, 2)]


@pytest.mark.parametrize("key", ["decoder.width", "fusion.x", "heads.depth.encoding", "teacher.weight"])
def test_an_axis_goes_through_options_of_what_is_not_named_or_named_in_short(key: str) -> None:
    found = api.cells(config={"encoder": "unet", "teacher": "some-run", "grid": {key: [3, 4]}}, predictor=[])
    assert [flatten(to_table(cell))[key] for cell in found] == [3, 4]


def test_options_in_a_file_are_those_of_the_default_component() -> None:
    (cell,) = api.cells(config={"decoder": {"width": 8}}, encoder="unet", predictor=[])
    assert (cell.decoder.name, cell.decoder.options) == ("unet", {"width": 8})


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        (["heads=mask"], {"mask": "bce"}),
        (["loss=mse"], {"mask": "bce", "depth": "mse"}),
        (["loss=mask=dice", "loss.depth=mse"], {"mask": "dice", "depth": "mse"}),
    ],
)
def test_heads_and_losses_can_be_set_as_their_flags_can(settings: list[str], expected: dict[str, str]) -> None:
    assert losses(api.cells(encoder="unet", predictor=[], settings=settings)) == [expected]


@pytest.mark.parametrize(("key", "name"), [("loss", "mse"), ("encoder", "resnet18")])
def test_a_loss_or_encoder_that_is_set_is_the_study_that_its_flag_is(key: str, name: str) -> None:
    """One network instead of the standard four, and the same rows of predictors."""
    assert api.cells(settings=[f"{key}={name}"]) == api.cells(**{key: name})  # type: ignore[arg-type]


@pytest.mark.parametrize("given", [{"loss": {"mask": None}}, {"grid": {"loss.mask": [None]}}])
def test_no_loss_where_the_head_has_a_default_is_told_as_what_it_is(given: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match=r"`loss\.mask` = None is not a loss") as caught:
        api.cells(config=given, encoder="unet", predictor=[])
    assert "leave it out" in caught.value.hint


def test_an_option_of_predictors_without_one_names_a_command_that_has_them() -> None:
    with pytest.raises(ConfigError, match="no predictor is compared") as caught:
        api.train(settings=["predictor.blur=3"])
    assert "`mdf benchmark --predictor NAME`" in caught.value.hint


def test_a_head_without_a_default_loss_needs_one_named_in_any_way(tmp_path: Path) -> None:
    plugin = tmp_path / "speed_head.py"
    plugin.write_text(SPEED)
    asked = {"encoder": "unet", "predictor": [], "heads": "mask,speed", "plugins": [str(plugin)]}
    with pytest.raises(ConfigError, match="has no default loss") as caught:
        api.cells(**asked)
    assert "`--loss speed=NAME`" in caught.value.hint
    for named in ({"loss": "speed=l1"}, {"settings": ["loss.speed=l1"]}, {"config": {"loss": {"speed": "l1"}}}):
        assert losses(api.cells(**asked, **named)) == [{"mask": "bce", "speed": "l1"}]  # type: ignore[arg-type]


SPEED = """
from mdf.core.hooks import hookimpl
from mdf.core.spec import Spec

@hookimpl
def mdf_heads():
    return [Spec("speed", "nowhere:Speed", "Metres a second.", tasks=("speed",))]
"""

MISTAKES: dict[str, tuple[dict[str, Any], str, str]] = {
    "unknown encoder": ({"encoder": "unte"}, "unte", "unet"),
    "unknown loss": ({"loss": "depth=l3"}, "l3", "mdf plugins list --kind loss"),
    "unknown data": ({"data": "scnes"}, "scnes", "scenes"),
    "unknown predictor": ({"predictor": ["absdif"]}, "absdif", "absdiff"),
    "unknown task of a loss": ({"loss": "msak=bce"}, "msak", "mask"),
    "a weight of an unknown task": ({"settings": ["loss.dpth.weight=1"]}, "`loss.dpth`", "mask, depth"),
    "an axis of an option of the data": ({"config": {"grid": {"data.seed": [1, 2]}}}, "`data.seed`", "eval_data"),
    "an option of heads set as a whole": ({"settings": ["heads=mask", "heads.mask.x=1"]}, "heads.mask.x", "a whole"),
    "an unknown logger": ({"loggers": ["mlflw"]}, "mlflw", "mlflow"),
    "options of an unknown logger": ({"settings": ["logger.mlflw.uri=x"]}, "mlflw", "mlflow"),
    "a loss of another task": ({"metrics": {"depth": ["iou"]}}, "iou", "mdf plugins list"),
    "a metric twice": (
        {"config": {"metrics": {"depth": ["rmse", {"name": "rmse", "alignment": "median"}]}}},
        "rmse",
        "a study of their own",
    ),
    "unknown key": ({"config": {"enocder": "unet"}}, "enocder", "encoder"),
    "unknown axis": ({"config": {"grid": {"lossx": ["l1"]}}}, "lossx", "loss"),
    "an axis that is no list": ({"config": {"grid": {"loss": "l1"}}}, "grid.loss", "["),
    "an empty axis": ({"config": {"grid": {"loss": []}}}, "grid.loss", "["),
    "a grid that is no table": ({"config": {"grid": 5}}, "grid", "[grid]"),
    "an empty loss": ({"config": {"loss": {"mask": ""}}}, "`` is not a sum of losses", "bce+0.5*l1"),
    "a loss that is a number": ({"config": {"loss": 5}}, "loss", "l1"),
    "a loss that is a list": ({"config": {"loss": ["l1", "mse"]}}, "loss", "grid"),
    "a predictor that is a number": ({"config": {"predictor": 5}}, "predictor", "["),
    "a file that is not there": ({"config": "no-such.toml"}, "no-such.toml", "--config"),
    "a setting without =": ({"settings": ["encoder.width"]}, "encoder.width", "--set"),
    "a setting of nothing": ({"settings": ["trian.lr=1"]}, "trian", "train"),
    "both budgets": ({"steps": 5, "epochs": 2}, "train", "docs"),
    "a size": ({"size": "3"}, "size", "height"),
    "a head without a default loss": ({"heads": "mask,speed"}, "speed", "mdf plugins list --kind head"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_every_mistake_is_one_line_and_a_cure(mistake: str) -> None:
    keys, named, cure = MISTAKES[mistake]
    with pytest.raises((ConfigError, UnknownNameError)) as caught:
        api.cells(**{"encoder": "unet", **keys})
    assert named in caught.value.message
    assert cure in caught.value.hint


def test_toml_that_is_none_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="is not TOML") as caught:
        api.cells(config=toml(tmp_path, "encoder = unet"))
    assert "line 1" in caught.value.message
