"""Studies on a real Ray cluster of several nodes on this machine: the same bytes as without one, whatever happens."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tiny_study import ROOT, SMALL, Diary, command, leftovers, loss_plugin, started, study

from mdf.core.progress import Stage
from mdf.runs.listing import list_runs
from mdf.runs.result import CHECKPOINT, WEIGHTS

pytest.importorskip("ray", reason="the extra `ray` is not installed")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(os.name != "posix", reason="a cluster on one machine"),
    pytest.mark.filterwarnings("ignore"),  # what Ray and its children warn of is not ours
]

STORE = 80 * 2**20
SIZES = {"num_cpus": 1, "num_gpus": 0, "memory": 2**31, "object_store_memory": STORE}
PATIENCE = 240
PLUGIN = """
import os, time
from mdf.core.component import ComponentConfig
from mdf.core.hooks import hookimpl
from mdf.core.spec import Spec

@hookimpl
def mdf_datasets():
    return [Spec("at-home", f"{__name__}:AtHome", "Scenes that a poor node lacks.")]

@hookimpl
def mdf_losses():
    return [Spec("pauses", f"{__name__}:Pauses", "It stops in the sixth step while a file is there.", tasks=("depth",))]

def __getattr__(name):
    from mdf.core.errors import DataError
    from mdf.core.loss import Loss, valid_mean
    from mdf.plugins.datasets.scenes.dataset import Scenes

    class AtHome(Scenes):
        def __init__(self, *arguments):
            if os.environ.get("MDF_TEST_POOR"):
                raise DataError("there is no folder /data/scenes", "copy it there")
            super().__init__(*arguments)

    class Pauses(Loss):
        steps = 0
        class Config(ComponentConfig):
            "No options."
        def __call__(self, prediction, target, valid):
            self.steps += prediction.requires_grad
            while self.steps == 6 and os.path.exists("$GATE"):
                time.sleep(0.05)
            return valid_mean((prediction - target).abs(), valid)

    if name not in ("AtHome", "Pauses"):
        raise AttributeError(name)
    return {"AtHome": AtHome, "Pauses": Pauses}[name]
"""


@dataclass
class Nodes:
    """A cluster whose nodes are alike, and what trials with the loss `pauses` wait for.

    Attributes:
        gate: while this file is there, they stop after their second checkpoint.
        plugin: where that loss is.
    """

    cluster: Any
    alike: list[Any]
    gate: Path
    plugin: Path

    def lose(self, nodes: list[Any]) -> None:
        """These nodes are gone, the first of them last, and the trials on the others go on."""
        self.alike = [node for node in self.alike if node not in nodes]
        for node in sorted(nodes, key=lambda node: str(node.node_id), reverse=True):
            self.cluster.remove_node(node, allow_graceful=False)
        self.gate.unlink()

    def lose_first(self) -> None:
        """The node that gets the first trial of a study is gone."""
        self.lose([min(self.alike, key=lambda node: str(node.node_id))])

    def added(self, *environments: dict[str, str]) -> list[Any]:
        """A new node with each of these environments. Ray's own patience is too short for a busy machine."""
        nodes = [self.cluster.add_node(wait=False, **SIZES, env_vars=environ) for environ in environments]
        self.cluster.wait_for_nodes(PATIENCE)
        return nodes

    @contextmanager
    def others(self, folder: Path) -> Iterator[None]:
        """Two more nodes: one with another plugin, which is written to `folder`, and one that lacks data."""
        about = folder / "mdf_more-2.0.dist-info"
        about.mkdir(parents=True)
        (about / "METADATA").write_text("Metadata-Version: 2.1\nName: mdf-more\nVersion: 2.0\n")
        (about / "entry_points.txt").write_text("[mdf]\nmore = mdf_more\n")
        others = self.added({"PYTHONPATH": f"{ROOT}{os.pathsep}{folder}"}, {"MDF_TEST_POOR": "yes"})
        try:
            yield
        finally:
            for node in others:
                self.cluster.remove_node(node, allow_graceful=False)

    def pausing(self) -> dict[str, Any]:
        """A study of one trial, which does not end before the gate is removed."""
        self.gate.touch()
        settings = [*SMALL, "train.validations=4"]
        return {"steps": 8, "loss": "pauses", "plugins": [str(self.plugin)], "settings": settings}


@pytest.fixture(scope="module")
def nodes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nodes]:
    from ray.cluster_utils import Cluster

    folder = tmp_path_factory.mktemp("cluster")
    plugin = folder / "on_nodes.py"
    plugin.write_text(PLUGIN.replace("$GATE", str(folder / "gate")))  # local workers keep an older environment
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(ROOT))
        patch.setenv("RAY_worker_niceness", "0")  # Ray's own default lets a busy machine starve them
        cluster = Cluster(
            initialize_head=True,
            head_node_args={"num_cpus": 0, "object_store_memory": STORE, "include_dashboard": False},
        )
        try:
            patch.setenv("RAY_ADDRESS", cluster.address)
            nodes = Nodes(cluster, [], folder / "gate", plugin)
            nodes.alike = nodes.added({}, {})
            yield nodes
        finally:
            cluster.shutdown()


def wait_until(true: Callable[[], bool]) -> None:
    """Return when `true()` is."""
    until = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < until, "it took too long"
        time.sleep(0.05)


@contextmanager
def at_a_checkpoint(nodes: Nodes, runs: Path, action: Callable[[], None]) -> Iterator[None]:
    """Beside what is done inside, `action()` once a checkpoint has come to `runs`."""

    def wait_and_act() -> None:
        try:
            wait_until(lambda: bool(checkpoints_of(runs)))
            action()
        except BaseException:
            nodes.gate.unlink()  # so that the study ends
            raise

    with ThreadPoolExecutor() as pool:
        acted = pool.submit(wait_and_act)
        yield
        acted.result()


def checkpoints_of(runs: Path) -> list[Path]:
    """The checkpoints that have arrived, or are known to be in the shared place."""
    return list(runs.glob(f"*/*/{CHECKPOINT}*"))


def assert_same(one: Any, other: Any) -> None:
    """Two reports hold the same trials, to the byte."""
    assert [r.status for r in one.results] == ["ok"] * len(one.results), [r.reason for r in one.results]
    assert [r.id for r in one.results] == [r.id for r in other.results]
    for mine, its in zip(one.results, other.results, strict=True):
        assert mine.scores == its.scores
        assert {p.name for p in Path(mine.folder).iterdir()} == {p.name for p in Path(its.folder).iterdir()}
        assert (Path(mine.folder) / WEIGHTS).read_bytes() == (Path(its.folder) / WEIGHTS).read_bytes()


def continued(diary: Diary) -> bool:
    """Whether a trial went on from a checkpoint."""
    return any(isinstance(event, Stage) and event.name.startswith("continuing from step") for event in diary.events)


def test_a_study_equals_the_local_one_and_nodes_that_differ_are_named(nodes: Nodes, tmp_path: Path) -> None:
    diary = Diary()
    asked = {"data": "at-home", "seed": [*range(6)], "loss": ["l1", "mse"], "plugins": [str(nodes.plugin)]}
    with nodes.others(tmp_path / "other"):
        on_cluster = study(tmp_path / "cluster", diary, executor="ray", **{**asked, "costs": True})
    assert_same(on_cluster, study(tmp_path / "local", **asked))
    assert len(on_cluster.results) == 12
    assert {"parameters", "peak_memory", "latency_p50"} <= set(on_cluster.results[0].costs)
    told = "\n".join(diary.warnings)
    assert "left out: it has the plugins mdf-more 2.0, and this machine has none" in told
    assert "left out: there is no folder /data/scenes" in told
    assert len(diary.warnings) == 2
    assert not leftovers(tmp_path / "cluster")


def test_a_lost_node_loses_nothing(nodes: Nodes, tmp_path: Path) -> None:
    """The trial goes on elsewhere from the last checkpoint that had arrived."""
    runs, asked = tmp_path / "cluster", nodes.pausing()
    diary = Diary()
    with at_a_checkpoint(nodes, runs, nodes.lose_first):
        on_cluster = study(runs, diary, executor="ray", **asked)
    assert [status for _, status, _ in diary.finished] == ["interrupted", "ok"]
    assert any("was lost" in warning and "begins again" in warning for warning in diary.warnings)
    assert continued(diary)
    assert_same(on_cluster, study(tmp_path / "local", **asked))


def ctrl_c() -> None:
    """What the terminal does."""
    os.kill(os.getpid(), signal.SIGINT)


def test_ctrl_c_keeps_the_checkpoint_and_the_same_command_ends_the_study(nodes: Nodes, tmp_path: Path) -> None:
    """Here too: the executor changes nothing."""
    import ray

    runs, shared = tmp_path / "runs", tmp_path / "shared"
    asked = nodes.pausing()
    asked["settings"] += ["encoder.width=64"]  # files large enough for the shared place
    with at_a_checkpoint(nodes, runs, ctrl_c), pytest.raises(KeyboardInterrupt):
        study(runs, executor="ray", shared=str(shared), **asked)
    nodes.gate.unlink()
    assert not ray.is_initialized()
    assert [path.name for path in checkpoints_of(runs)] == [f"{CHECKPOINT}.shared"]
    assert list(shared.rglob(CHECKPOINT))
    assert [run.status for run in list_runs(runs).runs] == ["interrupted"]
    diary = Diary()
    again = study(runs, diary, **asked)
    assert continued(diary)
    assert [result.status for result in again.results] == ["ok"]


def test_a_driver_that_is_killed_goes_on_with_the_same_command(nodes: Nodes, tmp_path: Path) -> None:
    runs, asked = tmp_path / "runs", nodes.pausing()
    options = ["--executor", "ray", "--encoder", "unet", "--predictor", "none", "--steps", "8", "--loss", "pauses"]
    line = command(*options, runs=runs, plugins=(nodes.plugin,), settings=asked["settings"])
    driver = started(line, stdout=None, stderr=None)
    wait_until(lambda: bool(checkpoints_of(runs)))
    driver.kill()
    driver.wait(PATIENCE)
    nodes.gate.unlink()
    assert not list(runs.glob("*/*/result.json"))
    diary = Diary()
    report = study(runs, diary, executor="ray", **asked)
    assert continued(diary)
    assert [result.status for result in report.results] == ["ok"]


@pytest.mark.usefixtures("nodes")
def test_a_trial_that_takes_too_long_is_ended_there(tmp_path: Path) -> None:
    sys.modules.pop("ways_to_end", None)  # of another test in this process
    plugin = loss_plugin(tmp_path)
    (late,) = study(tmp_path / "runs", executor="ray", loss="waits", plugins=[str(plugin)], time_limit="2s").results
    assert late.status == "timeout"
    assert "2s" in late.reason
    assert not leftovers(tmp_path / "runs")


class Joined(Diary):
    """A node joins when the first trial begins."""

    def __init__(self, nodes: Nodes) -> None:
        super().__init__()
        self.nodes = nodes

    def began(self, label: str, number: int, total: int) -> None:
        if number and not self.started:
            self.nodes.alike += self.nodes.added({})
        super().began(label, number, total)


def test_a_node_that_joins_takes_over(nodes: Nodes, tmp_path: Path) -> None:
    runs, asked, before = tmp_path / "runs", nodes.pausing(), [*nodes.alike]
    diary = Joined(nodes)
    with at_a_checkpoint(nodes, runs, lambda: nodes.lose(before)):
        (result,) = study(runs, diary, executor="ray", **asked).results
    assert result.status == "ok", result.reason
    assert diary.finished[0][1] == "interrupted"
    assert any(warning.endswith("has joined") for warning in diary.warnings)
    assert continued(diary)
