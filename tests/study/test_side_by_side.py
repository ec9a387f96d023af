"""Trials side by side: really at once, each with its own story, the same results in the same order as one by one."""

from __future__ import annotations

from pathlib import Path

import pytest
from tiny_study import Diary, loss_plugin, study

from mdf.core.errors import ConfigError
from mdf.core.progress import Epoch, Progress

MEETS = """
import os, time
from pathlib import Path
from mdf.core.component import ComponentConfig
from mdf.core.hooks import hookimpl
from mdf.core.spec import Spec

@hookimpl
def mdf_losses():
    return [Spec("meets", f"{__name__}:Meets", "It goes on once another trial is there too.", tasks=("depth",))]

def __getattr__(name):
    if name != "Meets":
        raise AttributeError(name)
    from mdf.core.loss import Loss, valid_mean

    class Meets(Loss):
        class Config(ComponentConfig):
            "No options."
        def __call__(self, prediction, target, valid):
            place = Path(__file__).parent
            (place / f"{os.getpid()}.here").touch()
            until = time.monotonic() + 100
            while len(list(place.glob("*.here"))) < 2:
                assert time.monotonic() < until, "nobody came"
                time.sleep(0.02)
            return valid_mean((prediction - target).abs(), valid)
    return Meets
"""


class Listening(Diary):
    """Remembers which trial told what."""

    def __init__(self) -> None:
        super().__init__()
        self.told: dict[int, list[Progress]] = {}

    def progress(self, progress: Progress, number: int = 0) -> None:
        self.told.setdefault(number, []).append(progress)


def test_two_trials_run_at_once_and_end_as_they_do_one_by_one(tmp_path: Path) -> None:
    plugin = tmp_path / "meeting.py"
    plugin.write_text(MEETS)
    diary = Listening()
    asked = {"loss": "meets", "seed": [0, 1], "plugins": [str(plugin)]}
    together = study(tmp_path / "together", diary, workers=2, **asked)
    assert [r.status for r in together.results] == ["ok", "ok"]
    assert [r.label for r in together.results] == diary.started
    for number in (1, 2):
        assert [e.step for e in diary.told[number] if isinstance(e, Epoch)] == [0, 1, 2]

    alone = study(tmp_path / "alone", workers=1, **asked)  # the two that met are still remembered
    assert [r.id for r in alone.results] == [r.id for r in together.results]
    for one, other in zip(alone.results, together.results, strict=True):
        assert one.scores == other.scores
        weights = [(Path(r.folder) / "weights.safetensors").read_bytes() for r in (one, other)]
        assert weights[0] == weights[1]


def test_a_trial_that_takes_too_long_is_a_row_and_is_run_again(tmp_path: Path) -> None:
    asked = {"loss": "waits", "plugins": [str(loss_plugin(tmp_path, "slow_ones"))]}
    (late,) = study(tmp_path / "runs", time_limit="1.5s", **asked).results
    assert late.status == "timeout"
    assert "1.5s" in late.reason
    assert "--time-limit" in late.hint


@pytest.mark.parametrize(
    ("wrong", "named"), [({"workers": 0}, "workers"), ({"time_limit": "soon"}, "soon"), ({"time_limit": 0}, "0")]
)
def test_a_mistake_is_told_before_anything_runs(tmp_path: Path, wrong: dict[str, object], named: str) -> None:
    with pytest.raises(ConfigError, match=named):
        study(tmp_path / "runs", **wrong)
    assert not (tmp_path / "runs").exists()
