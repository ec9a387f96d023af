"""Life-cycle hooks follow a study event by event, and cannot touch it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mdf.core.lifecycle import Study, Trial, read_only
from mdf.core.progress import Epoch, Stage, Step, Warned
from mdf.registry import Fault, Listener
from mdf.registry.origin import Origin
from mdf.registry.reasons import fault_of
from mdf.runs.result import TrialResult
from mdf.study.followed import Followed


class Watcher:
    """Remembers what it was told."""

    def __init__(self) -> None:
        self.told: list[Any] = []
        self.warnings: list[str] = []

    def began(self, label: str, number: int, total: int) -> None:
        self.told.append((label, number, total))

    def progress(self, progress: object, number: int = 0) -> None:  # noqa: ARG002
        self.told.append(progress)

    def ended(self, result: TrialResult, kept: bool) -> None:
        self.told.append((result.id, kept))

    def warned(self, message: str) -> None:
        self.warnings.append(message)


class Ear(Listener):
    """A listener that remembers, and fails at one hook."""

    def __init__(self, fails_at: str = "") -> None:
        super().__init__("ear", "mdf-ear", "2.0", None)  # type: ignore[arg-type]
        object.__setattr__(self, "fails_at", fails_at)
        object.__setattr__(self, "heard", [])

    def call(self, hook: str, **told: Any) -> Fault | None:
        self.heard.append((hook, told))  # type: ignore[attr-defined]
        if hook == self.fails_at:  # type: ignore[attr-defined]
            return fault_of(Origin("ear", "mdf-ear", "2.0"), "hook", ValueError("deaf"))
        return None


def study() -> Study:
    trials = tuple(
        Trial(key, f"label {key}", number, 2, read_only({"size": [64, 64]}), Path(key))
        for number, key in enumerate("ab", start=1)
    )
    return Study("s", Path("s"), trials)


def result(key: str, status: str = "ok") -> TrialResult:
    return TrialResult(key, f"label {key}", status, {}, scores={"mask/iou": 0.5})


def follow(ear: Ear, watcher: Watcher) -> list[str]:
    followed = Followed(study(), [ear], watcher)
    followed.start()
    followed.ended(result("a"), kept=True)
    followed.began("label b", 2, 2)
    for event in (Stage("measuring"), Epoch(0, 0), Step(1, 2, {"mask": 0.1}), Epoch(1, 2, {"mask": 0.1})):
        followed.progress(event, 2)
    followed.ended(result("b", "failed"), kept=False)
    followed.end(ok=False, files=[Path("report.json")])
    return [hook.removeprefix("mdf_") for hook, _ in ear.heard]  # type: ignore[attr-defined]


STORY = ["study_start", "trial_start", "trial_end", "trial_start", "epoch_end", "epoch_end", "trial_end", "study_end"]


def test_hooks_are_called_in_the_order_of_the_story() -> None:
    ear, watcher = Ear(), Watcher()
    assert follow(ear, watcher) == STORY
    assert len(watcher.told) == 7
    told = [arguments for _, arguments in ear.heard]  # type: ignore[attr-defined]
    assert all(arguments["study"].name == "s" for arguments in told)
    assert [told[i]["trial"].kept for i in (1, 2, 3)] == [True, True, False]
    assert [told[i]["trial"].id for i in (1, 2, 3, 6)] == ["a", "a", "b", "b"]
    assert [told[i]["epoch"].number for i in (4, 5)] == [0, 1]
    assert (told[2]["end"].ok, told[6]["end"].status) == (True, "failed")
    assert told[7]["end"].files == (Path("report.json"),)


@pytest.mark.parametrize("hook", sorted(set(STORY)))
def test_one_that_fails_is_one_warning_and_hears_no_more(hook: str) -> None:
    ear, watcher, other = Ear(f"mdf_{hook}"), Watcher(), Ear()
    assert follow(ear, watcher) == STORY[: STORY.index(hook) + 1]
    (warning,) = watcher.warnings
    assert warning.startswith(f"plugin `ear` (mdf-ear 2.0): `mdf_{hook}` failed: ValueError: deaf")
    assert follow(other, watcher) == STORY
    assert len(watcher.told) == 14


def test_what_they_are_told_cannot_be_changed() -> None:
    trial = study().trials[0]
    with pytest.raises(TypeError):
        trial.config["size"] = 1  # type: ignore[index]
    assert trial.config["size"] == (64, 64)
    with pytest.raises(AttributeError):
        trial.label = "x"  # type: ignore[misc]


def test_what_a_training_warns_of_is_told_with_its_trial() -> None:
    watcher = Watcher()
    followed = Followed(study(), [Ear()], watcher)
    followed.progress(Warned("out of memory with 8 samples at once"), 2)
    assert watcher.warnings == ["label b: out of memory with 8 samples at once"]
