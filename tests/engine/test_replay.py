"""Recorded steps and frames equal those that are done as they are; what cannot be recorded is done as it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest
import torch
from blobs import RUNTIME, Blobs, blob_config, blob_parts
from guided_model import SIZE, guided_run
from tape import Seen, TapeRecorder
from torch import Tensor

from mdf.core.progress import Progress, Warned
from mdf.engine import flow
from mdf.engine.replay import MOST, WARM_UP, Replayed, Results, replayed_on
from mdf.engine.training import train
from mdf.inference.network import TorchNetwork
from mdf.plugins.balances.uncertainty import Uncertainty
from mdf.plugins.schedules.alternate import Alternate

SETTINGS = ({}, {"ema": 0.9, "accumulate": 2}, {"clip": 0.01})


def weights(
    monkeypatch: pytest.MonkeyPatch, recorder: TapeRecorder | None, steps: int, **changes: Any
) -> dict[str, Tensor]:
    """The weights after a training of `steps`, recorded by `recorder` or done as they are."""

    def chosen(_: str, warn: Callable[[str], None]) -> Replayed | None:
        return None if recorder is None else Replayed(recorder, warn)

    monkeypatch.setattr(train, "replayed_on", chosen)
    torch.manual_seed(0)
    told: list[Progress] = []
    parts = blob_parts(Blobs((24, 4, 4)), schedule=changes.pop("schedule", None))
    assert parts.objective is not None
    parts.objective.balance = Uncertainty(Uncertainty.Config(), tuple(parts.tasks))
    with Seen():
        outcome = flow.run(parts, blob_config(steps, graphs=True, **changes), RUNTIME, told.append)
    assert outcome.model is not None
    assert not [x for x in told if isinstance(x, Warned)]
    return outcome.model.state_dict() | parts.objective.balance.state_dict()


@pytest.mark.parametrize("changes", SETTINGS, ids=str)
def test_recorded_steps_leave_the_same_weights(changes: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """Bit for bit, while the learning rate rises and falls."""
    recorder = TapeRecorder()
    recorded = weights(monkeypatch, recorder, 14, **changes)
    plain = weights(monkeypatch, None, 14, **changes)
    assert (recorder.recorded, recorder.replays) == (1, 14 - WARM_UP)
    assert all(torch.equal(plain[key], recorded[key]) for key in plain | recorded)


def test_turns_are_recorded_by_themselves(monkeypatch: pytest.MonkeyPatch) -> None:
    """Frozen layers stay unchanged in a recording too."""
    recorder = TapeRecorder()
    turns = Alternate(Alternate.Config(phase=5))
    recorded = weights(monkeypatch, recorder, 20, schedule=turns)
    plain = weights(monkeypatch, None, 20, schedule=turns)
    assert (recorder.recorded, recorder.replays) == (2, 20 - 2 * WARM_UP)
    assert all(torch.equal(plain[key], recorded[key]) for key in plain | recorded)


@pytest.mark.parametrize("known", [False, True], ids=["no depth", "known depth"])
def test_recorded_frames_have_the_same_values(known: bool) -> None:
    """In front of each background, also of one that came after the recording."""
    recorder = TapeRecorder()
    run = guided_run()
    plain, recorded = TorchNetwork(run), TorchNetwork(run, Replayed(recorder, pytest.fail))
    random = torch.Generator().manual_seed(0)
    depth = torch.linspace(2, 6, SIZE[0] * SIZE[1]).view(1, 1, *SIZE) if known else None
    for number in range(WARM_UP + 3):
        bg, frame = torch.randint(0, 256, (2, 1, 3, *SIZE), dtype=torch.uint8, generator=random)
        scene = None if depth is None else depth + number
        with Seen():
            state = plain.background(bg, scene)
            expected, found = plain.values(state, frame), recorded.values(state, frame)
        assert expected.keys() == found.keys()
        assert all(torch.equal(expected[name], found[name]) for name in expected)
    assert recorder.recorded == 1


class Counted:
    """A recorder that keeps what it was given, and fails if it is told to."""

    def __init__(self, fails: bool = False) -> None:
        self.fails, self.recorded = fails, 0

    def beside(self, work: Callable[[], Results]) -> Results:
        return work()

    def record(self, work: Callable[[], Results]) -> tuple[Callable[[], None], Results]:
        if self.fails:
            raise RuntimeError("operation not permitted when stream is capturing\nand a page of advice")
        self.recorded += 1
        results = dict(work())

        def replay() -> None:
            for name, value in work().items():
                results[name].copy_(value)

        return replay, results


def doubled(tensors: Sequence[Tensor]) -> Mapping[str, Tensor]:
    return {"sum": sum(tensors, torch.zeros(())) * 2}


def test_each_kind_and_shape_is_recorded_by_itself_and_every_result_is_new() -> None:
    recorder = Counted()
    work = Replayed(recorder, pytest.fail)
    for number in range(WARM_UP + 3):
        for kind, shape in (("a", (2,)), ("b", (2,)), ("a", (3,))):
            ones = torch.full(shape, float(number))
            first, second = work(kind, [ones, ones], doubled), work(kind, [ones, ones + 1], doubled)
            assert torch.equal(first["sum"], 4 * ones)
            assert torch.equal(second["sum"], 4 * ones + 2)
    assert recorder.recorded == 3


def test_no_more_are_recorded_than_memory_is_meant_for() -> None:
    recorder = Counted()
    work = Replayed(recorder, pytest.fail)
    for width in range(1, MOST + 3):
        for number in range(WARM_UP + 2):
            assert work("", [torch.full((width,), number)], doubled)["sum"].tolist() == [2 * number] * width
    assert recorder.recorded == MOST


def test_what_cannot_be_recorded_is_done_as_it_is_and_told_once() -> None:
    told: list[str] = []
    work = Replayed(Counted(fails=True), told.append)
    for number in range(2 * WARM_UP):
        assert work("", [torch.tensor(number)], doubled)["sum"] == 2 * number
    (line,) = told
    assert line.endswith("RuntimeError: operation not permitted when stream is capturing")


def test_a_cpu_has_no_graphs_and_says_so() -> None:
    told: list[Progress] = []
    flow.run(blob_parts(), blob_config(2, graphs=True), RUNTIME, told.append)
    (line,) = (x.message for x in told if isinstance(x, Warned))
    assert (
        line
        == "`train.graphs = true`: a training step needs a CUDA device for CUDA graphs, and is done as it is on `cpu`"
    )
    assert replayed_on("cpu", told.append) is None
