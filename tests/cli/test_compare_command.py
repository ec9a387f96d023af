"""`mdf compare` as a user meets it: a study that ran, its pairs in words, JSON alone, one error for each mistake."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from simulated_study import World, write_trial

from mdf import api
from mdf.cli import main
from mdf.runs import result
from mdf.runs.studies import write_study

NOISE = {"seed_noise": 0.002, "image_noise": 0.02}


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A study `night` of three configurations of two seeds."""
    folder = tmp_path_factory.mktemp("runs")
    world = World(np.random.default_rng(1))
    trials = []
    for label, level in (("unet", 0.8), ("resnet18", 0.6), ("unet wide", 0.8)):
        counts = world.counts(level, 3, **NOISE)
        trials += [write_trial(folder / "night", world, label, s, {"mask/iou": counts[:, s]}) for s in range(3)]
    ids = {}
    for number, trial in enumerate(trials):
        place = Path(trial.folder).rename(folder / "night" / f"{number:012x}")
        ids[place.name] = trial.label
        result.commit(place, replace(trial, id=place.name, folder=str(place)))
    write_study(folder / "night", ids)
    return folder


def ran(capsys: pytest.CaptureFixture[str], *args: str) -> tuple[int, str, str]:
    code = main(["compare", *args])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def test_every_pair_is_told_in_words(capsys: pytest.CaptureFixture[str], runs: Path) -> None:
    code, out, _ = ran(capsys, "night", "--runs", str(runs))
    assert code == 0
    told = {tuple(line.split()[:3]) for line in out.splitlines()}
    assert ("unet", "better", "resnet18") in told
    assert any(
        line.startswith("unet ") and "cannot tell (" in line and "unet wide" in line for line in out.splitlines()
    )
    assert "on 60 test images in 20 scenes" in out
    assert "3 pairs (Holm)" in out


def test_one_pair_is_compared_alone(capsys: pytest.CaptureFixture[str], runs: Path) -> None:
    code, out, _ = ran(capsys, "latest", "resnet", "unet wide", "--runs", str(runs), "--json")
    (found,) = json.loads(out)["comparisons"]
    assert code == 0
    assert (found["a"], found["b"], found["words"]) == ("resnet18", "unet wide", "worse")
    assert found["low"] < found["difference"] < found["high"] < 0


def test_what_the_study_told_and_the_trials_without_a_result_are_told_again(runs: Path) -> None:
    ids = {f"{number:012x}": f"unet · seed {number}" for number in range(3)}
    write_study(runs / "cut", {**ids, "f" * 12: "unet · seed 3"}, ["mean-depth is left out: there is no depth"])
    os.utime(runs / "cut" / "study.json", (0, 0))  # it is not the latest
    found = api.compare("cut", runs=runs)
    assert not found.ok
    assert "mean-depth is left out: there is no depth" in found.notes
    told = "incomplete: 1 of 4 trials have no scores (1 has not ended); run the command again"
    assert told in found.notes
    assert found.incomplete == told


@pytest.mark.parametrize(
    ("args", "named"),
    [
        (["day"], "day"),
        (["night", "unet"], "two configurations"),
        (["night", "resnet18", "vgg"], "vgg"),
        (["night", "unet", "e"], "`e` matches 3 configurations"),
    ],
)
def test_a_mistake_is_one_error_with_its_cure(
    capsys: pytest.CaptureFixture[str], runs: Path, args: list[str], named: str
) -> None:
    code, out, errors = ran(capsys, *args, "--runs", str(runs))
    assert (code, out) != (0, "")
    assert named in errors
    assert "Traceback" not in errors
    assert "hint: " in errors
