"""The command beside a configuration runs the same cells again, and no others."""

from __future__ import annotations

import shlex
from pathlib import Path

from mdf import api
from mdf.core.config import ExperimentConfig, to_table
from mdf.report.page.configurations import Configuration, configurations_of
from mdf.report.report import StudyReport
from mdf.runs.result import TrialResult


def report_on(configs: list[ExperimentConfig]) -> StudyReport:
    """A study whose trials have these configs."""
    results = [
        TrialResult(id=f"id{n}", label=f"cell {n}", status="ok", config=to_table(config))
        for n, config in enumerate(configs)
    ]
    return StudyReport(Path("runs/study"), results)


def again(given: Configuration, folder: Path) -> list[ExperimentConfig]:
    """The cells that a page's command runs, after its configuration was saved under the name in the command."""
    (folder / given.file).write_text(given.toml, encoding="utf-8")
    words = shlex.split(given.command)
    assert words[words.index("benchmark") :][:2] == ["benchmark", "--config"]
    options = words[words.index("--config") :]
    pairs = list(zip(options[::2], options[1::2], strict=True))
    seeds = [int(value) for name, value in pairs if name == "--seed"]
    predictor = [] if ("--predictor", "none") in pairs else None
    return api.cells(config=folder / pairs[0][1], predictor=predictor, seed=seeds or None)


def test_each_row_runs_its_own_cells(tmp_path: Path) -> None:
    asked = api.cells(
        encoder=["unet", "resnet18"],
        loss=["mask=bce,depth=l1", "mask=bce,depth=0.5*l1+mse"],
        seed=[0, 3],
        predictor=["absdiff"],
        settings=["encoder.width=8", "data.size=32", "train.lr=0.0035"],
    )
    report = report_on(asked)
    cells = [cell for given in configurations_of(report, []) for cell in again(given, tmp_path)]
    assert sorted(map(str, map(to_table, cells))) == sorted(map(str, map(to_table, asked)))
    assert len(report.rows) == 5


def test_the_command_names_the_plugins_of_the_study() -> None:
    given = configurations_of(report_on(api.cells(encoder="unet", loss="l1", predictor=[])), ["my plugin.py"])
    assert shlex.split(given[0].command)[:3] == ["mdf", "-p", "my plugin.py"]
