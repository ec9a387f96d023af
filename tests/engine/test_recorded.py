"""Whatever records a network, to compute it again elsewhere, records all of it, or refuses."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any

import pytest
import torch
from guided_model import guided_run
from torch import Tensor, nn

from mdf.core.config import validate
from mdf.core.recorded import is_recorded
from mdf.core.sample import Batch
from mdf.models import assemble
from mdf.registry import Catalog

Computed = Callable[[Tensor, Tensor], Sequence[Any]]
ODD, OTHER = (37, 51), (64, 96)
pytestmark = pytest.mark.filterwarnings("ignore")  # tracers warn about what they might record wrongly


class Both(nn.Module):
    """A network as its users wrap it: two images in, logits out."""

    def __init__(self, fusion: str, normalise: str) -> None:
        super().__init__()
        options = {"encoder": {"name": "unet", "width": 4, "depth": 3}, "fusion": fusion, "normalise": normalise}
        torch.manual_seed(0)
        self.model = assemble.model(
            validate(options, "a test"), ["mask", "depth"], Catalog.discover(), (0.4, 0.5, 0.6), (0.2, 0.25, 0.3)
        )
        for head in self.model.heads.values():  # as drawn, heads hardly change with the images
            for parameter in head.parameters():
                parameter.data.mul_(20)
        self.eval()

    def forward(self, bg: Tensor, frame: Tensor) -> tuple[Tensor, ...]:
        return tuple(self.model(Batch(("a",), ("a",), bg, frame)).values())


@pytest.fixture(scope="module", params=[("early", "pair"), ("siamese-diff", "dataset")], ids=["early", "siamese"])
def network(request: pytest.FixtureRequest) -> Both:
    return Both(*request.param)


def images(size: tuple[int, int], seed: int) -> tuple[Tensor, Tensor]:
    random = torch.Generator().manual_seed(seed)
    bg, frame = torch.randint(0, 256, (2, 1, 3, *size), generator=random, dtype=torch.uint8)
    return bg, frame


def assert_right(computed: Computed, network: Both, size: tuple[int, int]) -> None:
    """It gives the network's own logits, of other images than those it was recorded with."""
    with torch.no_grad():
        for seed in (1, 2):
            pair = images(size, seed)
            for found, logits in zip(computed(*pair), network(*pair), strict=True):
                torch.testing.assert_close(torch.as_tensor(found), logits, atol=1e-3, rtol=1e-4)


def test_a_trace_is_right_at_every_size(network: Both) -> None:
    traced = torch.jit.trace(network, images(OTHER, 0))
    assert_right(traced, network, OTHER)
    assert_right(traced, network, ODD)


def test_a_script_is_refused(network: Both) -> None:
    with pytest.raises((RuntimeError, ValueError)):
        torch.jit.script(network)


def test_an_exported_program_is_right_at_its_size_and_refuses_others(network: Both) -> None:
    program = torch.export.export(network, images(ODD, 0)).module()
    assert_right(program, network, ODD)
    with pytest.raises(AssertionError):
        program(*images(OTHER, 0))


def test_a_compiled_network_is_right(network: Both) -> None:
    compiled = torch.compile(network, backend="aot_eager")
    assert_right(compiled, network, ODD)
    assert_right(compiled, network, OTHER)


def test_a_graph_of_operations_is_right(network: Both) -> None:
    from torch.fx.experimental.proxy_tensor import make_fx

    with torch.no_grad():
        assert_right(make_fx(network)(*images(ODD, 0)), network, ODD)


@pytest.mark.parametrize("dynamo", [True, False])
def test_an_onnx_file_is_right(dynamo: bool, network: Both, tmp_path: Any) -> None:
    pytest.importorskip("onnxscript")
    runtime = pytest.importorskip("onnxruntime")
    path = tmp_path / "model.onnx"
    torch.onnx.export(network, images(ODD, 0), path, dynamo=dynamo, input_names=["bg", "frame"], verbose=False)
    session = runtime.InferenceSession(path, providers=["CPUExecutionProvider"])
    assert {port.name for port in session.get_inputs()} == {"bg", "frame"}
    assert_right(lambda bg, frame: session.run(None, {"bg": bg.numpy(), "frame": frame.numpy()}), network, ODD)


def test_openvinos_converter_is_right_or_refuses(network: Both) -> None:
    openvino = pytest.importorskip("openvino")
    try:
        converted = openvino.convert_model(network, example_input=images(ODD, 0))
    except Exception:  # one of OpenVINO's own, which names the operations that it cannot convert
        return
    compiled = openvino.compile_model(converted, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    assert_right(lambda *pair: list(compiled([x.numpy() for x in pair]).values()), network, ODD)


class Guided(nn.Module):
    """A network that reads the depth of the empty scene."""

    def __init__(self) -> None:
        super().__init__()
        self.model = guided_run(fusion="siamese-diff").model

    def forward(self, bg: Tensor, frame: Tensor, depth: Tensor) -> tuple[Tensor, ...]:
        return tuple(self.model.forward_frame(self.model.background(bg, depth=depth), frame).values())


def with_depth(size: tuple[int, int], seed: int) -> tuple[Tensor, Tensor, Tensor]:
    depth = torch.linspace(6, 2, size[0]).view(1, 1, -1, 1).repeat(1, 1, 1, size[1])
    depth[..., : 5 + seed, 4:30] = torch.nan
    return *images(size, seed), depth


@pytest.mark.parametrize(
    ("record", "sizes"),
    [
        (lambda network: torch.jit.trace(network, with_depth(OTHER, 0)), (ODD, OTHER)),
        (lambda network: torch.export.export(network, with_depth(ODD, 0)).module(), (ODD,)),
        (lambda network: torch.compile(network, backend="aot_eager"), (ODD,)),
    ],
    ids=["trace", "export", "compile"],
)
def test_a_guided_network_is_recorded_with_its_depth(record: Callable[[nn.Module], Any], sizes: Any) -> None:
    network = Guided()
    with torch.no_grad():
        recorded = record(network)
        for size in sizes:
            given = with_depth(size, 1)
            for others in (given, (*given[:2], torch.full_like(given[2], torch.nan))):
                for found, logits in zip(recorded(*others), network(*others), strict=True):
                    torch.testing.assert_close(found, logits, atol=1e-3, rtol=1e-4)


def test_scripts_and_openvinos_converter_refuse_a_guided_network_or_are_right() -> None:
    network, size = Guided(), ODD
    with pytest.raises((RuntimeError, ValueError)):
        torch.jit.script(network)
    openvino = pytest.importorskip("openvino")
    try:
        with torch.no_grad():
            converted = openvino.convert_model(network, example_input=with_depth(size, 0))
    except Exception:  # one of OpenVINO's own, which names the operations that it cannot convert
        return
    compiled = openvino.compile_model(converted, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    given = with_depth(size, 1)
    for others in (given, (*given[:2], torch.full_like(given[2], torch.nan))):
        with torch.no_grad():
            expected = network(*others)
        for found, logits in zip(compiled([x.numpy() for x in others]).values(), expected, strict=True):
            torch.testing.assert_close(torch.as_tensor(found), logits, atol=1e-3, rtol=1e-4)


def test_nothing_is_recorded_when_nothing_looks_on() -> None:
    seen = []

    def look(x: Tensor) -> Tensor:
        seen.append(is_recorded())
        return x * 2

    look(torch.ones(1))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.jit.trace(look, torch.ones(1), check_trace=False)
    assert seen == [False, True]
