"""Studies on a real Ray cluster of several nodes on this machine: the same bytes as without one, whatever happens."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from pausing import CHECKPOINTS, PATIENCE, STEPS, wait_until
from ray_nodes import Nodes, ray_nodes
from tiny_study import ROOT, SCENES, Diary, command, leftovers, loss_plugin, started, study

from mdf.core.progress import Stage
from mdf.core.shared.place import SharedPlace
from mdf.core.shared.pointer import fetched
from mdf.report.report import StudyReport
from mdf.runs.listing import list_runs
from mdf.runs.result import CHECKPOINT, WEIGHTS, TrialResult

pytest.importorskip("ray", reason="the extra `ray` is not installed")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(os.name != "posix", reason="a cluster on one machine"),
    pytest.mark.filterwarnings("ignore"),  # what Ray and its children warn of is not ours
]

SETTINGS = [*SCENES, "encoder.width=24", "encoder.depth=2", "threads=1", CHECKPOINTS, 'device="cpu"']


@pytest.fixture(scope="module")
def nodes() -> Iterator[Nodes]:
    with ray_nodes() as nodes:
        yield nodes


def asked(nodes: Nodes, **keys: Any) -> dict[str, Any]:
    """A study whose trials pause while the gate is closed; of one trial unless `keys` say otherwise."""
    plugins = [str(nodes.gate.plugin)]
    return {"data": "at-home", "loss": "pauses", "steps": STEPS, "settings": SETTINGS, "plugins": plugins, **keys}


def line(nodes: Nodes, runs: Path, *options: str) -> list[str]:
    """The same study of one trial as a command."""
    cell = ["--data", "at-home", "--loss", "pauses", "--steps", str(STEPS), "--encoder", "unet", "--predictor", "none"]
    return command(*cell, *options, runs=runs, plugins=(nodes.gate.plugin,), settings=SETTINGS)


@pytest.fixture(scope="module")
def local(nodes: Nodes, tmp_path_factory: pytest.TempPathFactory) -> StudyReport:
    """Twelve trials on this machine."""
    return study(tmp_path_factory.mktemp("local"), **twelve(nodes))


def twelve(nodes: Nodes) -> dict[str, Any]:
    """The study of twelve trials; the trial of the other tests is one of them."""
    return asked(nodes, loss=["pauses", "pauses-too"], seed=[*range(6)])


def checkpoints_of(runs: Path) -> list[Path]:
    """The checkpoints that have arrived, or are known to be in the shared place."""
    return list(runs.glob(f"*/*/{CHECKPOINT}*"))


def continued(diary: Diary) -> int:
    """How many trials went on from a checkpoint."""
    return diary.events.count(Stage(f"continuing from step {STEPS // 2}"))


def assert_same(some: list[TrialResult], all_of_them: list[TrialResult]) -> None:
    """Trials that are among others: with the same scores and files, to the byte."""
    assert [r.status for r in some] == ["ok"] * len(some), [r.reason for r in some]
    known = {result.id: result for result in all_of_them}
    for mine in some:
        its = known[mine.id]
        assert mine.scores == its.scores
        assert files_of(mine) == files_of(its)
        assert (Path(mine.folder) / WEIGHTS).read_bytes() == (Path(its.folder) / WEIGHTS).read_bytes()


def files_of(result: TrialResult) -> set[str]:
    """The files of a run."""
    return {path.name for path in Path(result.folder).iterdir()}


def assert_whole(shared: Path) -> None:
    """Every file lies in a group, and each group that is `done` holds the files that were put."""
    place = SharedPlace(str(shared))
    groups = [done.parent for done in shared.rglob("done")]
    assert groups
    for group in groups:
        assert place.fetch(group.relative_to(shared).as_posix(), shared.parent / "copies")
    files = [path for path in shared.rglob("*") if path.is_file()]
    assert {path.parent for path in files} == set(groups)
    assert not leftovers(shared)


@contextmanager
def beside(action: Callable[[], None], nodes: Nodes) -> Iterator[None]:
    """`action()` beside what is done in this block, whose trials pause until it has ended."""
    nodes.gate.close()

    def act() -> None:
        try:
            action()
        finally:
            nodes.gate.open()  # so that the study ends

    with ThreadPoolExecutor(1) as pool:
        acting = pool.submit(act)
        yield
        acting.result()


def strange_environment(folder: Path) -> dict[str, str]:
    """That of a node with another plugin, which is written to `folder`."""
    about = folder / "mdf_more-2.0.dist-info"
    about.mkdir(parents=True)
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: mdf-more\nVersion: 2.0\n")
    (about / "entry_points.txt").write_text("[mdf]\nmore = mdf_more\n")
    return {"PYTHONPATH": f"{ROOT}{os.pathsep}{folder}"}


class Growing(Diary):
    """A node joins when the first trial begins."""

    def __init__(self, nodes: Nodes) -> None:
        super().__init__()
        self.nodes = nodes

    def began(self, label: str, number: int, total: int) -> None:
        if number and not self.started:
            self.nodes.alike += self.nodes.add({})  # here: Ray wants the main thread
        super().began(label, number, total)


def test_ctrl_c_leaves_whole_files_in_the_shared_place_and_other_executors_go_on(
    nodes: Nodes, tmp_path: Path, local: StudyReport
) -> None:
    """Once, to the whole group, amid two trials: one goes on here, the other one from a machine that is no node.

    The first test: later ones have one node, which does one trial at once.
    """
    runs, shared = tmp_path / "runs", tmp_path / "shared"
    nodes.gate.close()
    seeds = ["--seed", "0", "--seed", "1"]
    driver = started(line(nodes, runs, "--executor", "ray", "--shared", str(shared), *seeds))
    try:
        wait_until(lambda: len(checkpoints_of(runs)) == 2 or driver.poll() is not None)
        os.killpg(driver.pid, signal.SIGINT)
        _, told = driver.communicate(timeout=PATIENCE)
    finally:
        driver.kill()
        driver.wait(PATIENCE)
        nodes.gate.open()
    assert driver.returncode == 130, told
    assert told.splitlines()[-1] == "interrupted"
    assert [run.status for run in list_runs(runs).runs] == ["interrupted"] * 2
    assert [path.name for path in checkpoints_of(runs)] == [f"{CHECKPOINT}.shared"] * 2
    assert_whole(shared)
    here, elsewhere = Diary(), Diary()
    study(runs, here, **asked(nodes, seed=0))
    again = study(runs, elsewhere, executor=nodes.client, shared=str(shared), **asked(nodes, seed=[0, 1]))
    assert continued(here) == continued(elsewhere) == 1
    assert [kept for _, _, kept in elsewhere.finished] == [True, False]
    for result in again.results:
        fetched(Path(result.folder) / WEIGHTS)
    assert_same(again.results, local.results)
    assert_whole(shared)


def test_a_study_equals_the_local_one_whatever_becomes_of_the_nodes(
    nodes: Nodes, tmp_path: Path, local: StudyReport
) -> None:
    """Nodes that differ are left out by name. In the middle one joins, and the others that were used are lost."""
    runs, first = tmp_path / "cluster", [*nodes.alike]
    diary = Growing(nodes)
    others = nodes.add(strange_environment(tmp_path / "other"), {"MDF_TEST_POOR": "yes"})

    def exchange() -> None:
        wait_until(lambda: len(checkpoints_of(runs)) == len(nodes.alike) > len(first))
        nodes.lose(first)
        wait_until(lambda: len(diary.finished) == len(first))

    with beside(exchange, nodes):
        on_cluster = study(runs, diary, executor="ray", **{**twelve(nodes), "costs": True})
    nodes.lose(others)
    assert len(on_cluster.results) == 12
    assert_same(on_cluster.results, local.results)
    assert [status for _, status, _ in diary.finished] == ["interrupted"] * 2 + ["ok"] * 12
    assert continued(diary) == 2
    assert {"parameters", "peak_memory", "latency_p50"} <= set(on_cluster.results[0].costs)
    told = "\n".join(diary.warnings)
    assert told.count("left out: it has the plugins mdf-more 2.0, and this machine has none") == 1
    assert told.count("left out: there is no folder /data/scenes") == 1
    assert told.count("has joined") == 1
    assert told.count("was lost") == told.count("begins again elsewhere") == 2
    assert len(diary.warnings) == 5
    assert not leftovers(runs)


def test_without_the_token_nobody_is_let_in(nodes: Nodes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One line and its cure, at once: Ray itself tries for half a minute, and says nothing of a token."""
    reason = "the token is missing or wrong"
    for executor, name, value in [
        ("ray", "RAY_AUTH_TOKEN", "another token"),
        (nodes.client, "RAY_AUTH_TOKEN", "another token"),
        (nodes.client, "RAY_AUTH_MODE", "disabled"),
    ]:
        with monkeypatch.context() as patch:
            patch.setenv(name, value)
            refused = started(line(nodes, tmp_path, "--executor", executor))
        printed, told = refused.communicate(timeout=PATIENCE)
        error, cure = told.splitlines()
        place = executor if executor != "ray" else nodes.cluster.address
        assert error == f"error: the Ray cluster at `{place}` lets nobody in without its token: {reason}"
        assert "RAY_AUTH_TOKEN, or in the file ~/.ray/auth_token" in cure
        assert (refused.returncode, printed) == (1, "")


def test_a_driver_that_is_killed_goes_on_with_the_same_command(
    nodes: Nodes, tmp_path: Path, local: StudyReport
) -> None:
    runs = tmp_path / "runs"
    nodes.gate.close()
    driver = started(line(nodes, runs, "--executor", "ray"), stdout=None, stderr=None)
    try:
        wait_until(lambda: checkpoints_of(runs) or driver.poll() is not None)
    finally:
        driver.kill()
        driver.wait(PATIENCE)
        nodes.gate.open()
    assert checkpoints_of(runs)
    assert not list(runs.glob("*/*/result.json"))
    diary = Diary()
    again = study(runs, diary, executor="ray", **asked(nodes))
    assert continued(diary) == 1
    assert_same(again.results, local.results)


@pytest.mark.usefixtures("nodes")
def test_a_trial_that_takes_too_long_is_ended_there(tmp_path: Path) -> None:
    plugin = loss_plugin(tmp_path)
    (late,) = study(tmp_path / "runs", executor="ray", loss="waits", plugins=[str(plugin)], time_limit="2s").results
    assert late.status == "timeout"
    assert "2s" in late.reason
    assert not leftovers(tmp_path / "runs")
