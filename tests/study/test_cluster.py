"""Studies on a real Ray cluster of several nodes on this machine: the same bytes as without one, whatever happens."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tiny_study import ROOT, SMALL, Diary, leftovers, study

from mdf.core.progress import Epoch, Progress, Stage
from mdf.runs.result import WEIGHTS

pytest.importorskip("ray", reason="the extra `ray` is not installed")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(os.name != "posix", reason="a cluster on one machine"),
    pytest.mark.filterwarnings("ignore"),  # what Ray and its children warn of is not ours
]

STORE = 80 * 2**20
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
    """A cluster: two nodes that compute alike, one with another plugin, one without the data."""

    cluster: Any
    alike: list[Any]


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
            sizes = {"num_cpus": 1, "num_gpus": 0, "memory": 2**31, "object_store_memory": STORE}
            cluster.add_node(**sizes, env_vars={"PYTHONPATH": f"{ROOT}{os.pathsep}{other}"})
            cluster.add_node(**sizes, env_vars={"MDF_TEST_POOR": "yes"})
            alike = [cluster.add_node(**sizes) for _ in range(2)]
            patch.setenv("RAY_ADDRESS", cluster.address)
            yield Nodes(cluster, alike)
        finally:
            cluster.shutdown()


class Killing(Diary):
    """Does something at the first epoch of a trial that has trained."""

    def __init__(self, action: Any) -> None:
        super().__init__()
        self.action = action

    def progress(self, progress: Progress, number: int = 0) -> None:
        super().progress(progress, number)
        if isinstance(progress, Epoch) and progress.number and self.action is not None:
            action, self.action = self.action, None
            action()


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
    asked = {"data": "at-home", "seed": [0, 1, 2, 3], "plugins": [str(plugin)]}
    on_cluster = study(tmp_path / "cluster", diary, executor="ray", **asked)
    assert_same(on_cluster, study(tmp_path / "local", **asked))
    told = "\n".join(diary.warnings)
    assert "left out: it has the plugins mdf-more 2.0, and this machine has none" in told
    assert "left out: there is no folder /data/scenes" in told
    assert len(diary.warnings) == 2
    assert not leftovers(tmp_path / "cluster")


def test_a_lost_node_loses_nothing(nodes: Nodes, tmp_path: Path) -> None:
    """The trial goes on elsewhere from the checkpoint that had arrived."""

    def lose() -> None:
        node = nodes.alike.pop()
        nodes.cluster.remove_node(node, allow_graceful=False)

    diary = Killing(lose)
    asked = {"seed": [0, 1], "steps": 30, "settings": [*SMALL, "train.validations=15"]}
    on_cluster = study(tmp_path / "cluster", diary, executor="ray", **asked)
    assert ("interrupted" in [status for _, status, _ in diary.finished]) is True
    assert any("was lost" in warning and "begins again" in warning for warning in diary.warnings)
    assert any(isinstance(event, Stage) and event.name.startswith("continuing from step") for event in diary.events)
    assert_same(on_cluster, study(tmp_path / "local", **asked))
