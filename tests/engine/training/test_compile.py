"""`train.compile`: a compiled network learns what the plain network learns, with each of torch's compiler backends."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from multiprocessing import get_context
from typing import Any

import pytest
import torch
from blobs import RUNTIME, blob_config, blob_parts
from small_models import small_model
from torch import nn
from torch._dynamo.utils import counters

from mdf.engine import flow
from mdf.engine.flow import Outcome
from mdf.engine.prepare import colours

CPP_COMPILER = next(filter(shutil.which, ("g++", "clang++")), None)


@pytest.fixture(autouse=True)
def fresh_compiler(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No test sees another one's compiled code. All images are normalised in the way that a compiler sees."""
    monkeypatch.setattr(colours, "_is_plain", lambda images: False)  # noqa: ARG005
    torch.compiler.reset()
    counters.clear()
    yield
    torch.compiler.reset()
    torch.use_deterministic_algorithms(False)


@pytest.fixture(scope="module")
def plain() -> Outcome:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(colours, "_is_plain", lambda images: False)  # noqa: ARG005
        return trained(compile=False)


def trained(**train: Any) -> Outcome:
    """Two steps of a very small network: two tasks with a branch each, and one level below full size."""
    parts = replace(blob_parts(), build_model=lambda mean, std: small_model(depth=1))  # noqa: ARG005
    return flow.run(parts, blob_config(steps=2, validations=1, **train), RUNTIME, lambda progress: None)  # noqa: ARG005


def with_backend(monkeypatch: pytest.MonkeyPatch, backend: str) -> list[nn.Module]:
    """From now on `compile` of a module uses this backend; the modules that it is called on."""
    compiled: list[nn.Module] = []
    compile_ = nn.Module.compile

    def patched(module: nn.Module, **options: Any) -> None:
        compiled.append(module)
        compile_(module, backend=backend, **options)

    monkeypatch.setattr(nn.Module, "compile", patched)
    return compiled


def assert_compiled_as_a_whole() -> None:
    assert counters["frames"]["ok"] == counters["frames"]["total"] > 0
    assert not counters["graph_break"]


def assert_learned_the_same(compiled: Outcome, plain: Outcome, tolerance: float) -> None:
    assert compiled.model is not None
    assert plain.model is not None
    pairs = zip(compiled.model.state_dict().items(), plain.model.state_dict().values(), strict=True)
    for (name, found), expected in pairs:
        torch.testing.assert_close(found, expected, rtol=tolerance, atol=tolerance, msg=name)
    selections = [[epoch.selection for epoch in outcome.history] for outcome in (compiled, plain)]
    assert selections[0] == pytest.approx(selections[1], rel=0, abs=100 * tolerance)


@pytest.mark.parametrize(("backend", "tolerance"), [("eager", 0.0), ("aot_eager", 1e-5)])
def test_a_captured_network_learns_the_same(
    monkeypatch: pytest.MonkeyPatch, plain: Outcome, backend: str, tolerance: float
) -> None:
    """`eager` runs the captured graph as it is; `aot_eager` also captures and decomposes the backward pass."""
    modules = with_backend(monkeypatch, backend)
    compiled = trained(compile=True)
    assert modules == [compiled.model]
    assert_compiled_as_a_whole()
    assert_learned_the_same(compiled, plain, tolerance)


def in_machine_code() -> Outcome:
    """The outcome with the backend that `train.compile` uses."""
    colours._is_plain = lambda images: False  # noqa: ARG005
    compiled = trained(compile=True)
    assert_compiled_as_a_whole()
    return compiled


@pytest.mark.slow
@pytest.mark.skipif(CPP_COMPILER is None, reason="inductor needs a C++ compiler")
def test_a_network_in_machine_code_learns_the_same(plain: Outcome) -> None:
    """In a process of its own, as a trial is: torch's compiler imports setuptools, which must come before distutils.

    The machine code is cached on disk, so only the first run is slow.
    """
    with ProcessPoolExecutor(1, get_context("spawn")) as process:
        compiled = process.submit(in_machine_code).result()
    assert_learned_the_same(compiled, plain, 1e-4)
