"""Two processes that share each batch make the steps of one that has all of it, to rounding."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from tiny_study import ROOT

from mdf.engine.training.team import ALONE, Processes

SCRIPT = Path(__file__).parents[2] / "training_together.py"
PATIENCE = 300
PIPE: dict[str, Any] = {"stderr": subprocess.PIPE, "text": True}
CLOSE = {"rtol": 1e-4, "atol": 1e-6}


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What two processes gave, and one alone."""
    file = tmp_path_factory.mktemp("together") / "found.pt"
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(SCRIPT.parent)]), "OMP_NUM_THREADS": "1"}
    processes = [
        subprocess.Popen([sys.executable, str(SCRIPT), str(rank), str(port), str(file)], env=environ, **PIPE)
        for rank in (0, 1)
    ]
    told = [process.communicate(timeout=PATIENCE)[1] for process in processes]
    assert [process.returncode for process in processes] == [0, 0], told
    return torch.load(file, weights_only=True)


@pytest.mark.slow
@pytest.mark.parametrize("norms", ["group", "frozen", "uneven", "average"])
def test_the_gradient_and_losses_are_those_of_the_whole_batch(found: dict[str, Any], norms: str) -> None:
    """Also where the batch does not divide evenly, is computed in parts, and valid pixels are spread unevenly."""
    together, alone = found[norms], found[f"{norms}, alone"]
    scale = alone["gradient"].abs().max()
    torch.testing.assert_close(together["gradient"] / scale, alone["gradient"] / scale, rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(together["losses"], alone["losses"], **CLOSE)
    torch.testing.assert_close(together["weights"], alone["weights"], rtol=1e-3, atol=1e-4)


@pytest.mark.slow
def test_out_of_memory_is_decided_together(found: dict[str, Any]) -> None:
    assert found["group"]["micro_batch"] == 2
    assert found["memory"]["micro_batch"] == 1
    assert len(found["memory"]["warnings"]) == 1
    assert "from step 2 on a batch of 2 is computed in parts of 1" in found["memory"]["warnings"][0]
    torch.testing.assert_close(found["memory"]["losses"], found["group"]["losses"], **CLOSE)


@pytest.mark.slow
def test_a_loss_that_is_not_finite_in_one_process_stops_all(found: dict[str, Any]) -> None:
    assert [told.split(" (")[0] for told in found["diverged"]] == ["3 the loss of `depth` is not finite at step 3"] * 2


@pytest.mark.slow
@pytest.mark.parametrize("case", ["noisy", "group"])
def test_going_on_with_as_many_gives_the_same_bytes(found: dict[str, Any], case: str) -> None:
    """Also where the network draws random numbers: those of each process depend on the step."""
    resumed = {"noisy": "noisy, resumed", "group": "from two to two"}[case]
    assert torch.equal(found[resumed]["weights"], found[case]["weights"])


@pytest.mark.slow
@pytest.mark.parametrize("case", ["from one to two", "from two to one"])
def test_going_on_with_another_number_gives_the_same_to_rounding(found: dict[str, Any], case: str) -> None:
    torch.testing.assert_close(found[case]["weights"], found["group, alone"]["weights"], rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize(("count", "samples"), [(2, 8), (3, 8), (4, 4), (3, 11)])
def test_every_sample_is_computed_by_one_process(count: int, samples: int) -> None:
    shares = []
    for rank in range(count):
        team = Processes.__new__(Processes)
        team.rank, team.count = rank, count
        shares.append(team.rows(samples))
    assert [row for share in shares for row in share] == list(range(samples))
    assert max(map(len, shares)) - min(map(len, shares)) <= 1


def test_one_process_alone_has_everything() -> None:
    assert list(ALONE.rows(3)) == [0, 1, 2]
    assert ALONE.tell({"a": 1.0}) == {"a": 1.0}
    assert not ALONE.all_agree(False)
