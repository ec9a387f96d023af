"""Which loggers are asked for, and with which options."""

from __future__ import annotations

from typing import Any

import pytest

from mdf.core.errors import ConfigError, UnknownNameError
from mdf.registry import Catalog
from mdf.study.request.loggers import followers
from mdf.study.request.read import read_grid
from mdf.study.request.request import StudyRequest

CATALOG = Catalog.discover()


def read(table: dict[str, Any], *settings: str) -> tuple[Any, Any]:
    """What is asked of loggers, and the settings that are left for the cells."""
    grid = read_grid(StudyRequest(config=table, settings=settings, predictor=[]))
    assert "logger" not in grid.table
    return grid.loggers, grid.settings


def test_options_are_a_table_or_settings_and_never_in_a_cell() -> None:
    table = {"encoder": "unet", "logger": {"mlflow": {"uri": "a"}}}
    assert read(table) == ({"mlflow": {"uri": "a"}}, [])
    assert read(table, "logger.mlflow.uri=b", "encoder.width=8") == ({"mlflow": {"uri": "b"}}, ["encoder.width=8"])
    assert read({}, "logger.mlflow.uri=sqlite:///runs.db")[0] == {"mlflow": {"uri": "sqlite:///runs.db"}}
    assert table["logger"] == {"mlflow": {"uri": "a"}}, "a table that was given is not changed"


@pytest.mark.parametrize(
    ("table", "settings", "error"),
    [
        ({"logger": "mlflow"}, (), "`logger` = 'mlflow' is not a table of loggers"),
        ({}, ("logger=mlflow",), "`logger` = 'mlflow' is not a table of loggers"),
        ({"logger": {"mlflow": "a"}}, (), "`logger.mlflow` = 'a' is not a table of options"),
        ({"grid": {"logger": ["mlflow"]}}, (), "cannot be an axis"),
        ({"grid": {"logger": {"mlflow": {"uri": ["a", "b"]}}}}, (), "cannot be an axis"),
    ],
)
def test_what_is_no_table_of_options_is_told(table: dict[str, Any], settings: tuple[str, ...], error: str) -> None:
    with pytest.raises(ConfigError) as told:
        read(table, *settings)
    assert error in told.value.message
    assert "--set logger.mlflow.uri=" in told.value.hint


def test_one_logger_follows_once_however_it_is_written() -> None:
    pytest.importorskip("tensorboard")
    named = ["tensorboard", "mask-depth-framework/tensorboard", "tensorboard"]
    assert [one.plugin for one in followers(named, {"tensorboard": {}}, CATALOG)] == ["tensorboard"]
    assert [one.plugin for one in followers([], {"tensorboard": {}}, CATALOG)] == ["tensorboard"]


def test_a_wrong_option_names_its_key_and_the_way_to_its_schema() -> None:
    pytest.importorskip("mlflow")
    with pytest.raises(ConfigError) as told:
        followers(["mlflow"], {"mlflow": {"url": "a"}}, CATALOG)
    assert told.value.message == "logger `mlflow` has no option `logger.mlflow.url`"
    assert told.value.hint == "did you mean `uri`?; `mdf plugins show logger mlflow`"
    with pytest.raises(UnknownNameError, match="no logger is called `mlflo`"):
        followers([], {"mlflo": {}}, CATALOG)
