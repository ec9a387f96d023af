"""A command line, a file or a call in old words is one clear message that names the new word."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mdf import api
from mdf.cli import main
from mdf.core.errors import ConfigError


@pytest.mark.parametrize(
    ("words", "new"),
    [
        (["benchmark", "--twins"], "`--single-task`"),
        (["benchmark", "--tracker", "mlflow"], "`--logger`"),
        (["train", "--tracker", "mlflow"], "`--logger`"),
        (["benchmark", "--set", "tracker.mlflow.uri=sqlite:///runs.db"], "`logger.mlflow.uri`"),
        (["plan", "--set", "twins=true"], "`single_task`"),
        (["plugins", "show", "tracker", "mlflow"], "there is a logger of that name"),
    ],
)
def test_an_old_word_on_the_command_line(words: list[str], new: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words) == 2
    lines = capsys.readouterr().err.splitlines()
    assert [line.partition(":")[0] for line in lines] == ["error", "hint"]
    assert new in lines[1]


@pytest.mark.parametrize(
    ("config", "new"),
    [
        ("twins = true\n", "single_task"),
        ('[tracker.mlflow]\nuri = "sqlite:///runs.db"\n', "logger.mlflow"),
        ('[grid]\ntracker.mlflow.uri = ["a", "b"]\n', "logger.mlflow.uri"),
    ],
)
def test_an_old_key_of_a_stored_file(tmp_path: Path, config: str, new: str) -> None:
    path = tmp_path / "study.toml"
    path.write_text(config)
    with pytest.raises(ConfigError, match=r"the key `(tracker|twins)` is called `(logger|single_task)` now") as caught:
        api.cells(config=path)
    assert new.partition(".")[0] in caught.value.hint


@pytest.mark.parametrize(("keywords", "new"), [({"trackers": ["mlflow"]}, "loggers"), ({"twins": True}, "single_task")])
def test_an_old_keyword_in_python(keywords: dict[str, Any], new: str) -> None:
    with pytest.raises(ConfigError, match=f"is called `{new}` now"):
        api.cells(**keywords)


def test_loggers_offered_as_trackers_are_no_trackers(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "old_hook.py"
    path.write_text(
        "from mdf import Spec, hookimpl\n\n@hookimpl\ndef mdf_trackers():\n"
        "    return [Spec('old', 'mdf.plugins.loggers.tensorboard:TensorBoard', 'A logger of old.')]\n"
    )
    assert main(["-p", str(path), "plugins", "show", "tracker", "old"]) == 1
    assert "is not a subclass of mdf.core.tracker.Tracker" in capsys.readouterr().err
