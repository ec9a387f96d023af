"""Which node does what: counted by the driver, so that Ray never has to wait."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from mdf.core.errors import MdfError
from mdf.workers.cluster import executor as module
from mdf.workers.cluster.executor import ClusterExecutor, Seat
from mdf.workers.cluster.inquiry import Newcomers
from mdf.workers.cluster.nodes import Node, Share
from mdf.workers.executor import Needs

ONE = Needs(("cpu",), threads=1)
TWO = Needs(("cpu",), threads=2)


class FakeRay:
    """Two nodes of two cores; actors are names."""

    def __init__(self) -> None:
        self.alive = {"a": True, "b": True}
        self.killed: list[Any] = []
        self.is_shut = False

    def nodes(self) -> list[dict[str, Any]]:
        return [
            {"NodeID": n, "Alive": alive, "NodeManagerAddress": n, "Resources": {"CPU": 2.0, "memory": 8.0}}
            for n, alive in self.alive.items()
        ]

    def remote(self, _: type) -> Any:
        return SimpleNamespace(options=lambda **options: SimpleNamespace(remote=lambda _: options))

    def kill(self, actor: Any, no_restart: bool) -> None:
        assert no_restart
        self.killed.append(actor)

    def shutdown(self) -> None:
        self.is_shut = True


@pytest.fixture(autouse=True)
def _ray_is_not_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    strategies: Any = ModuleType("ray.util.scheduling_strategies")
    strategies.NodeAffinitySchedulingStrategy = lambda node, soft: (node, soft)
    for name in ("ray", "ray.util"):
        monkeypatch.setitem(sys.modules, name, ModuleType(name))
    monkeypatch.setitem(sys.modules, "ray.util.scheduling_strategies", strategies)
    monkeypatch.setattr(module, "LOOK_AGAIN", -1.0)


def taken(executor: ClusterExecutor, needs: Needs) -> Seat:
    """A seat for a trial, as `start` finds it."""
    found = executor._roomy(needs, executor.nodes())
    assert found is not None
    node, share = found
    seat = executor._free_seat(node, share) or executor.seat(node, share)
    seat.is_free = False
    return seat


def test_trials_are_spread_and_stop_where_there_is_no_room() -> None:
    with ClusterExecutor(FakeRay()) as executor:
        assert [taken(executor, ONE).node.id for _ in range(4)] == ["a", "b", "a", "b"]
        assert not executor.has_room(ONE)


def test_a_head_that_is_lost_is_one_clear_error(monkeypatch: pytest.MonkeyPatch) -> None:
    ray = FakeRay()

    def nodes() -> None:
        raise ValueError("Cannot invoke RPC on closed channel!")

    with ClusterExecutor(ray) as executor:
        monkeypatch.setattr(ray, "nodes", nodes)
        with pytest.raises(
            MdfError, match="the head of the cluster does not answer: ValueError: Cannot invoke"
        ) as caught:
            executor.has_room(ONE)
    assert "the same command goes on" in caught.value.hint


def test_a_trial_that_no_node_can_ever_hold_is_an_error() -> None:
    with ClusterExecutor(FakeRay()) as executor, pytest.raises(MdfError, match="no node that is used has 2 GPUs"):
        executor.has_room(Needs(("cuda:0",), processes=2))


def test_an_agent_does_the_next_trial_of_its_size_and_gives_way_to_another() -> None:
    ray = FakeRay()
    with ClusterExecutor(ray) as executor:
        first = taken(executor, ONE)
        executor._closed(first, Path("x"), "free")
        assert taken(executor, ONE) is first
        executor._closed(first, Path("x"), "free")
        assert executor.has_room(TWO)
        assert taken(executor, TWO).share == Share(2.0)
        assert ray.killed == [first.agent]


def test_a_trial_avoids_the_node_where_it_was_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "REST", -1.0)
    with ClusterExecutor(FakeRay()) as executor:
        seat = taken(executor, ONE)
        executor._closed(seat, Path("trial"), "lost")
        found = executor._roomy(ONE, executor.nodes(), executor._lost[Path("trial")])
        assert found is not None
        assert (seat.node.id, found[0].id) == ("a", "b")


def test_nothing_begins_on_a_lost_node_until_ray_has_had_time_to_notice() -> None:
    """A try that begins there is lost at once, and a trial has few of them."""
    with ClusterExecutor(FakeRay()) as executor:
        first, second = taken(executor, TWO), taken(executor, TWO)
        executor._closed(first, Path("trial"), "lost")
        assert not executor.has_room(TWO)
        executor._closed(second, Path("other"), "running")  # it took too long: the node is there
        assert taken(executor, TWO).node.id == "b"


def test_only_chosen_nodes_are_used_and_lost_ones_are_not() -> None:
    ray = FakeRay()
    with ClusterExecutor(ray) as executor:
        executor.use_only(["b"])
        assert [node.id for node in executor.nodes()] == ["b"]
        ray.alive["b"] = False
        assert not executor.has_room(ONE)


def test_when_every_node_is_lost_for_long_the_study_stops_with_a_clear_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "WITHOUT_NODES", -1.0)
    ray = FakeRay()
    with ClusterExecutor(ray) as executor:
        executor.use_only(["a", "b"])
        ray.alive = {"a": False, "b": False}
        with pytest.raises(MdfError, match="no node of the cluster can be used"):
            executor.has_room(ONE)
    assert ray.is_shut


def test_a_node_that_is_lost_after_hours_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """While all trials run, nobody looks at the nodes."""
    ray = FakeRay()
    ray.alive = {"a": True}
    with ClusterExecutor(ray) as executor:
        executor.use_only(["a"])
        seat = taken(executor, ONE)
        executor._cluster.seen -= 3600.0
        executor._closed(seat, Path("trial"), "lost")
        assert not executor.has_room(ONE)
        monkeypatch.setattr(module, "WITHOUT_NODES", -1.0)
        with pytest.raises(MdfError, match="no node of the cluster can be used"):
            executor.has_room(ONE)


class Answer:
    """An inquiry whose answer comes at the second look."""

    def __init__(self, node: Node) -> None:
        self.node, self.looks = node, 0

    def answer(self) -> str | None:
        self.looks += 1
        return f"facts of {self.node.id}" if self.looks > 1 else None


def test_a_node_that_joins_is_asked_once_and_used_when_it_suits() -> None:
    ray = FakeRay()
    ray.alive = {"a": True}
    asked: list[str] = []

    def ask(node: Node) -> Any:
        asked.append(node.id)
        return Answer(node)

    with ClusterExecutor(ray) as executor:
        executor.use_only(["a"])
        executor._newcomers = Newcomers({"a"}, ask, lambda _, answer: answer == "facts of c")
        assert [node.id for node in executor.nodes()] == ["a"]
        ray.alive |= {"b": True, "c": True}
        assert [node.id for node in executor.nodes()] == ["a"]  # nobody waits for the answer
        assert [node.id for node in executor.nodes()] == ["a", "c"]
        assert [node.id for node in executor.nodes()] == ["a", "c"]
    assert asked == ["b", "c"]
