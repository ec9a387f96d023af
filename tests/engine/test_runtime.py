"""Where a trial runs is decided by what the machine has, and told where it has not."""

from __future__ import annotations

import random

import pytest
import torch

from mdf.core.config import validate
from mdf.core.errors import ConfigError
from mdf.engine.runtime import prepare, resolve


def test_what_is_asked_for_is_taken() -> None:
    runtime = resolve(validate({"device": "cpu", "precision": "fp32", "threads": 1}))
    assert (runtime.device, runtime.precision, runtime.threads) == ("cpu", "fp32", 1)


def test_auto_is_the_same_every_time() -> None:
    assert resolve(validate({})) == resolve(validate({}))
    assert resolve(validate({})).threads >= 1


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has CUDA")
@pytest.mark.parametrize("device", ["cuda", "cuda:0"])
def test_a_device_that_is_not_there_is_told_with_those_that_are(device: str) -> None:
    with pytest.raises(ConfigError, match=f"`{device}` is not on this machine") as caught:
        resolve(validate({"device": device}))
    assert "cpu" in caught.value.hint


def test_the_stamp_tells_machine_and_versions() -> None:
    stamp = resolve(validate({"device": "cpu"})).stamp()
    assert {"device", "precision", "threads", "channels_last", "device_name", "cuda_toolkit", "torch", "python"} <= set(
        stamp
    )
    assert stamp["torch"] == torch.__version__
    assert stamp["device_name"]


def test_preparing_sets_the_random_state() -> None:
    runtime = resolve(validate({"device": "cpu", "threads": 1}))
    draws = []
    for _ in range(2):
        torch.rand(random.randint(1, 9))
        prepare(runtime, 5)
        draws.append(torch.rand(4))
    torch.use_deterministic_algorithms(False)
    assert torch.equal(*draws)


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_autocast_runs_matrix_work_in_the_asked_precision(precision: str) -> None:
    runtime = resolve(validate({"device": "cpu", "precision": precision}))
    with runtime.autocast():
        product = torch.rand(4, 4) @ torch.rand(4, 4)
    assert product.dtype == {"fp32": torch.float32, "bf16": torch.bfloat16}[precision]
