"""Threads of a network in use: few for little work, and the process is left as it was."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import cast

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from trained_run import runs, trained  # noqa: F401

import mdf
from mdf.core.errors import MdfError
from mdf.core.sample import Batch
from mdf.engine.model import Model
from mdf.inference.threads import MACS_PER_THREAD, cpu_threads, macs_of, threads_for


@pytest.fixture
def four_threads() -> object:
    """PyTorch works with four threads in this test."""
    before = torch.get_num_threads()
    torch.set_num_threads(4)
    yield
    torch.set_num_threads(before)


def in_new_thread(work: Callable[[], int]) -> int:
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(work).result()


@pytest.mark.usefixtures("four_threads")
@pytest.mark.parametrize(("threads", "expected"), [(0.0, 1), (0.1, 1), (1.9, 1), (2.0, 2), (3.9, 3), (100.0, 4)])
def test_threads_follow_the_work_up_to_those_of_the_process(threads: float, expected: int) -> None:
    assert threads_for(threads * MACS_PER_THREAD) == expected


def test_multiply_accumulates_are_those_of_convolutions_and_linear_layers() -> None:
    layers = nn.Sequential(
        nn.Conv2d(3, 8, 3, padding=1, groups=1),  # 3·9·8 at each of 4×6 places
        nn.Conv2d(8, 8, 3, padding=1, groups=4),  # 2·9·8
        nn.ConvTranspose2d(8, 4, 2, stride=2),  # 8·4·4 at each place that is read
        nn.Flatten(),
        nn.Linear(4 * 8 * 12, 5),
    )

    class Network(nn.Module):
        """The layers, for the frame alone."""

        def __init__(self) -> None:
            super().__init__()
            self.layers = layers

        def forward(self, batch: Batch) -> Tensor:
            output: Tensor = self.layers(batch.fg_bg.float())
            return output

    macs = macs_of(cast(Model, Network()), (4, 6))
    assert macs == 24 * (3 * 9 * 8 + 2 * 9 * 8 + 8 * 4 * 4) + 4 * 8 * 12 * 5
    assert not any(layer._forward_hooks for layer in layers.modules())


@pytest.mark.usefixtures("four_threads")
def test_other_threads_are_left_alone() -> None:
    """`torch.set_num_threads` would give its number to the new one for good."""
    ready, go = threading.Event(), threading.Event()

    def old() -> int:
        assert torch.get_num_threads() == 4
        ready.set()
        go.wait()
        return torch.get_num_threads()

    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(old)
        ready.wait()
        with cpu_threads(1):
            assert torch.get_num_threads() == 1
            assert in_new_thread(torch.get_num_threads) == 4
            go.set()
            assert waiting.result() == 4
    assert torch.get_num_threads() == 4


@pytest.mark.usefixtures("four_threads")
def test_the_number_is_put_back_whatever_happens() -> None:
    def nested() -> None:
        with cpu_threads(2), cpu_threads(1):
            assert torch.get_num_threads() == 1
            raise RuntimeError("inside")

    with pytest.raises(RuntimeError, match="inside"):
        nested()
    assert torch.get_num_threads() == 4

    def in_a_new_thread() -> int:
        with cpu_threads(1):
            assert torch.get_num_threads() == 1
        return torch.get_num_threads()

    assert in_new_thread(in_a_new_thread) == 4


@pytest.mark.usefixtures("four_threads")
def test_a_small_network_works_with_one_thread_unless_asked_otherwise(
    runs: Path,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen = []
    bg, frame = np.random.default_rng(0).integers(0, 256, (2, 40, 50, 3), np.uint8)
    for asked, expected in ((None, 1), (3, 3)):
        model = mdf.load(runs=runs, device="cpu", threads=asked)
        assert model.threads == expected
        encoder = model.restored.model.encoder
        compute = encoder.forward
        monkeypatch.setattr(encoder, "forward", lambda x, run=compute: seen.append(torch.get_num_threads()) or run(x))
        model.predict(bg, frame)
    assert seen == [1, 3]
    assert torch.get_num_threads() == 4


def test_no_threads_at_all_are_refused(runs: Path) -> None:  # noqa: F811
    with pytest.raises(MdfError, match="`threads`"):
        mdf.load(runs=runs, threads=0)
