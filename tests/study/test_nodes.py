"""The nodes that compute alike are used; each other one is named, with what differs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from tiny_study import Diary

from mdf.core.config import validate
from mdf.core.errors import DataError, MdfError
from mdf.core.progress import Progress
from mdf.core.shared.place import VARIABLE, SharedPlace
from mdf.study.node_look import NodeFacts, NodeRequest, look
from mdf.study.nodes import choose_nodes
from mdf.workers.local import LocalExecutor

STAMP = {"device": "cpu", "device_name": "EPYC", "torch": "2.14", "threads": 1}
CONFIG = validate({"data": {"name": "scenes", "train": 4, "val": 2, "test": 2, "size": 32}, "device": "cpu"})


def facts(
    fingerprint: str = "f", versions: Mapping[str, str] | None = None, free: float = 8.0, **stamp: Any
) -> NodeFacts:
    return NodeFacts([{**STAMP, **stamp}], [fingerprint], versions or {"timm": "1.0"}, free)


class FakeCluster(LocalExecutor):
    """Answers are given."""

    is_remote = True

    def __init__(self, **answers: NodeFacts | MdfError) -> None:
        super().__init__()
        self.answers, self.used = answers, list[str]()
        self.asked: list[NodeRequest] = []

    def ask_each(self, job: Any, request: Any) -> Any:  # noqa: ARG002
        self.asked.append(request)
        return self.answers

    def use_only(self, machines: Sequence[str]) -> None:
        self.used = list(machines)

    def welcome(self, job: Any, request: Any, judge: Any) -> None:  # noqa: ARG002
        self.judge = judge


@pytest.mark.parametrize(
    ("other", "why"),
    [
        (facts(torch="2.15"), "it has torch 2.15, and the nodes that are used have 2.14"),
        (facts(device_name="Xeon"), "it has device Xeon, and the nodes that are used have EPYC"),
        (facts(fingerprint="g"), "its data differ from those of the nodes that are used"),
        (facts(versions={"timm": "1.1", "av": "17"}), "it has av 17 instead of none, timm 1.1 instead of 1.0"),
        (DataError("there is no folder /data/set"), "there is no folder /data/set"),
    ],
)
def test_a_node_that_differs_is_named_and_left_out(other: NodeFacts | MdfError, why: str) -> None:
    cluster, diary = FakeCluster(b=facts(free=8.0), c=other, a=facts(free=4.0)), Diary()
    memory = choose_nodes(cluster, [CONFIG], [], diary)
    assert sorted(cluster.used) == ["a", "b"]
    assert memory.free == 4.0
    assert diary.warnings == [f"the node c is left out: {why}"]


def test_a_node_that_joins_later_is_used_if_it_computes_like_the_others() -> None:
    cluster, diary = FakeCluster(a=facts(), b=facts()), Diary()
    choose_nodes(cluster, [CONFIG], [], diary)
    assert cluster.judge("c", facts(free=2.0))
    assert not cluster.judge("d", facts(torch="2.15"))
    assert not cluster.judge("e", DataError("there is no folder /data/set"))
    assert diary.warnings == [
        "the node c has joined",
        "the node d has joined, and is left out: it has torch 2.15, and the nodes that are used have 2.14",
        "the node e has joined, and is left out: there is no folder /data/set",
    ]


def test_gpus_come_before_more_nodes_without() -> None:
    cluster = FakeCluster(a=facts(), b=facts(), c=facts(device="cuda"))
    choose_nodes(cluster, [CONFIG], [], Diary())
    assert cluster.used == ["c"]


def test_where_no_node_can_train_the_reason_is_an_error() -> None:
    cluster = FakeCluster(a=DataError("there is no folder /data/set", "copy it there"))
    with pytest.raises(MdfError, match="no node can train this: a: there is no folder /data/set") as caught:
        choose_nodes(cluster, [CONFIG], [], Diary())
    assert caught.value.hint == "copy it there"


def test_each_kind_of_data_and_machine_part_is_asked_for_once() -> None:
    configs = [CONFIG.model_copy(update={"seed": seed}) for seed in range(3)]
    other = CONFIG.model_copy(update={"threads": 2})
    cluster = FakeCluster(a=facts())
    choose_nodes(cluster, [*configs, other], [], Diary())
    assert [config.threads for config in cluster.asked[0].configs] == [None, 2]


def test_this_machine_is_asked_nothing() -> None:
    diary = Diary()
    choose_nodes(LocalExecutor(), [CONFIG], [], diary)
    assert diary.warnings == []


def test_a_look_tells_what_this_machine_has() -> None:
    def heard(_: Progress) -> None:
        raise AssertionError("nothing is decoded")

    found = look(heard, NodeRequest([CONFIG], []))
    assert found.stamps[0]["device"] == "cpu"
    assert found.fingerprints[0]
    assert {"numpy", "numba"} <= set(found.versions)


def test_a_node_that_does_not_reach_the_shared_place_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, str(tmp_path / "there"))
    mark = SharedPlace(str(tmp_path / "here")).leave_mark()
    with pytest.raises(MdfError, match="it sees another place under"):
        look(lambda _: None, NodeRequest([CONFIG], [], mark))


def test_a_request_can_be_moved_to_another_machine(tmp_path: Path) -> None:
    """Its plugin files and stored runs lie elsewhere there; modules and data do not move."""
    run, plugin = tmp_path / "runs" / "abc", tmp_path / "loss.py"
    teacher = {"run": "abc", "folder": str(run), "sha256": "1"}
    request = NodeRequest([validate({"teacher": teacher})], [str(plugin), "package.module"])
    assert request.carried() == [plugin, run / "config.toml", run / "model.json", run / "weights.safetensors"]
    moved = request.relocated({plugin: Path("/x/loss.py"), run: Path("/y")})
    assert moved.plugins == ["/x/loss.py", "package.module"]
    assert moved.configs[0].teacher is not None
    assert moved.configs[0].teacher.folder == "/y"
    assert moved.configs[0] != request.configs[0]
    assert moved.configs[0].model_dump() == request.configs[0].model_dump()
