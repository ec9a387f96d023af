"""Studies on a real Ray cluster of several nodes on this machine: the same bytes as without one, whatever happens."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tiny_study import ROOT, SMALL, Diary, command, leftovers, loss_plugin, started, study

from mdf.core.progress import Progress, Stage
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
POOR = """
import os
from mdf.core.component import ComponentConfig
from mdf.core.hooks import hookimpl
from mdf.core.spec import Spec

@hookimpl
def mdf_datasets():
    return [Spec("at-home", f"{__name__}:AtHome", "Scenes that a poor node lacks.")]

def __getattr__(name):
    if name != "AtHome":
        raise AttributeError(name)
    from mdf.core.errors import DataError
    from mdf.plugins.datasets.scenes.dataset import Scenes

    class AtHome(Scenes):
        def __init__(self, *arguments):
            if os.environ.get("MDF_TEST_POOR"):
                raise DataError("there is no folder /data/scenes", "copy it there")
            super().__init__(*arguments)
    return AtHome
"""


@dataclass
class Nodes:
    """A cluster: two nodes that are alike, one that lacks the data of a test, and one with another plugin.

    `usable` holds all but the last.
    """

    cluster: Any
    usable: list[Any]

    def lose_first(self) -> None:
        """The node that gets the first trial of a study is gone."""
        node = min(self.usable, key=lambda node: str(node.node_id))
        self.usable.remove(node)
        self.cluster.remove_node(node, allow_graceful=False)


@pytest.fixture(scope="module")
def nodes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nodes]:
    from ray.cluster_utils import Cluster

    other = tmp_path_factory.mktemp("other")
    (other / "mdf_more-2.0.dist-info").mkdir()
    (other / "mdf_more-2.0.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: mdf-more\nVersion: 2.0\n")
    (other / "mdf_more-2.0.dist-info" / "entry_points.txt").write_text("[mdf]\nmore = mdf_more\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(ROOT))
        patch.setenv("RAY_worker_niceness", "0")  # Ray's own default lets a busy machine starve them
        cluster = Cluster(
            initialize_head=True,
            head_node_args={"num_cpus": 0, "object_store_memory": STORE, "include_dashboard": False},
        )
        try:
            cluster.add_node(**SIZES, env_vars={"PYTHONPATH": f"{ROOT}{os.pathsep}{other}"})
            poor = cluster.add_node(**SIZES, env_vars={"MDF_TEST_POOR": "yes"})
            patch.setenv("RAY_ADDRESS", cluster.address)
            yield Nodes(cluster, [poor, *(cluster.add_node(**SIZES) for _ in range(2))])
        finally:
            cluster.shutdown()


class Acting(Diary):
    """Does something once, at the first progress at which `when` is true."""

    def __init__(self, when: Callable[[], bool], action: Callable[[], None]) -> None:
        super().__init__()
        self.when, self.action = when, action
        self.has_acted = False

    def progress(self, progress: Progress, number: int = 0) -> None:
        super().progress(progress, number)
        if not self.has_acted and self.when():
            self.has_acted = True
            self.action()


def wait_until(true: Callable[[], bool]) -> None:
    """Return when `true()` is."""
    until = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < until, "it took too long"
        time.sleep(0.05)


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


@pytest.mark.usefixtures("nodes")
def test_a_study_equals_the_local_one_and_nodes_that_differ_are_named(tmp_path: Path) -> None:
    plugin = tmp_path / "at_home.py"
    plugin.write_text(POOR)
    diary = Diary()
    asked = {"data": "at-home", "seed": [*range(6)], "loss": ["l1", "mse"], "plugins": [str(plugin)]}
    on_cluster = study(tmp_path / "cluster", diary, executor="ray", **{**asked, "costs": True})
    assert_same(on_cluster, study(tmp_path / "local", **asked))
    assert len(on_cluster.results) == 12
    assert {"parameters", "peak_memory", "latency_p50"} <= set(on_cluster.results[0].costs)
    told = "\n".join(diary.warnings)
    assert "left out: it has the plugins mdf-more 2.0, and this machine has none" in told
    assert "left out: there is no folder /data/scenes" in told
    assert len(diary.warnings) == 2
    assert not leftovers(tmp_path / "cluster")


LONG: dict[str, Any] = {"steps": 40, "settings": [*SMALL, "train.validations=20"]}


def test_a_lost_node_loses_nothing(nodes: Nodes, tmp_path: Path) -> None:
    """The trial goes on elsewhere from the last checkpoint that had arrived."""
    runs = tmp_path / "cluster"
    diary = Acting(lambda: bool(checkpoints_of(runs)), nodes.lose_first)
    on_cluster = study(runs, diary, executor="ray", **LONG)
    assert [status for _, status, _ in diary.finished] == ["interrupted", "ok"]
    assert any("was lost" in warning and "begins again" in warning for warning in diary.warnings)
    assert any(isinstance(event, Stage) and event.name.startswith("continuing from step") for event in diary.events)
    assert_same(on_cluster, study(tmp_path / "local", **LONG))


def raise_interrupt() -> None:
    """What Ctrl-C does."""
    raise KeyboardInterrupt


@pytest.mark.usefixtures("nodes")
def test_ctrl_c_keeps_the_checkpoint_and_the_same_command_ends_the_study(tmp_path: Path) -> None:
    """Here too: the executor changes nothing."""
    import ray

    runs, shared = tmp_path / "runs", tmp_path / "shared"
    large = {**LONG, "settings": [*LONG["settings"], "encoder.width=64"]}
    diary = Acting(lambda: bool(checkpoints_of(runs)), raise_interrupt)
    with pytest.raises(KeyboardInterrupt):
        study(runs, diary, executor="ray", shared=str(shared), **large)
    assert not ray.is_initialized()
    assert [path.name for path in checkpoints_of(runs)] == [f"{CHECKPOINT}.shared"]
    assert list(shared.rglob(CHECKPOINT))
    assert [run.status for run in list_runs(runs).runs] == ["interrupted"]
    # It begins again: a checkpoint that lies in the shared place is not yet taken up here.
    again = study(runs, Diary(), **large)
    assert [result.status for result in again.results] == ["ok"]


@pytest.mark.usefixtures("nodes")
def test_a_driver_that_is_killed_goes_on_with_the_same_command(tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    asked = ["--executor", "ray", "--encoder", "unet", "--predictor", "none", "--steps", "400", "--seed", "0"]
    driver = started(command(*asked, "--set", "train.validations=100", runs=runs), stdout=None, stderr=None)
    wait_until(lambda: bool(checkpoints_of(runs)))
    driver.kill()
    driver.wait(PATIENCE)
    assert not list(runs.glob("*/*/result.json"))
    diary = Diary()
    settings = [*SMALL, "train.validations=100"]
    report = study(runs, diary, executor="ray", steps=400, settings=settings)
    assert any(isinstance(event, Stage) and event.name.startswith("continuing from step") for event in diary.events)
    assert [result.status for result in report.results] == ["ok"]


@pytest.mark.usefixtures("nodes")
def test_a_trial_that_takes_too_long_is_ended_there(tmp_path: Path) -> None:
    sys.modules.pop("ways_to_end", None)  # of another test in this process
    plugin = loss_plugin(tmp_path)
    (late,) = study(tmp_path / "runs", executor="ray", loss="waits", plugins=[str(plugin)], time_limit="2s").results
    assert late.status == "timeout"
    assert "2s" in late.reason
    assert not leftovers(tmp_path / "runs")
