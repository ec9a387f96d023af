"""Which graphs a network becomes: of both images, and in two steps where that saves work."""

from __future__ import annotations

import pytest
import torch
from small_models import random_batch

from mdf.core.config import validate
from mdf.core.errors import ConfigError
from mdf.core.task import Task
from mdf.engine.model import Model
from mdf.models import assemble
from mdf.models.export.graphs import graphs_of, smallest_side
from mdf.registry import Catalog

SIZE = (24, 40)


def tasks() -> dict[str, Task]:
    catalog = Catalog.discover()
    found = {name: catalog.load("head", name).Task(catalog.config("head", name, {})) for name in ("mask", "depth")}
    found["depth"].configure({"scale": 5.0})
    return found


def network(fusion: str, enlarge_to: int = 0) -> Model:
    table = {"encoder": {"name": "unet", "width": 4, "depth": 3}, "fusion": fusion, "size": 32}
    config = validate({**table, "enlarge_to": enlarge_to}, "a test")
    torch.manual_seed(0)
    model = assemble.model(config, ["mask", "depth"], Catalog.discover(), (0.4, 0.5, 0.6), (0.2, 0.25, 0.3))
    return model.eval().requires_grad_(False)


@pytest.mark.parametrize("enlarge_to", [0, 80])
@pytest.mark.parametrize(
    ("fusion", "inputs", "names"),
    [
        ("early", ("bg", "frame"), ["model"]),
        ("siamese-diff", ("bg", "frame"), ["model", "background", "frame"]),
        ("frame-only", ("frame",), ["model"]),
    ],
)
def test_a_network_reads_what_it_needs_in_as_few_steps_as_pay(
    fusion: str, inputs: tuple[str, ...], names: list[str], enlarge_to: int
) -> None:
    model, batch = network(fusion, enlarge_to), random_batch(1, SIZE)
    graphs = graphs_of(model, tasks(), SIZE)
    assert [graph.name for graph in graphs] == names
    assert graphs[0].inputs == inputs
    assert graphs[0].outputs == ("mask", "depth", "mask/logits", "depth/logits")
    images = {"bg": batch.bg, "frame": batch.fg_bg}
    with torch.no_grad():
        found = graphs[0].program.module()(*(images[name] for name in inputs))
        logits = model(batch)
    torch.testing.assert_close(found[0], logits["mask"].sigmoid())
    torch.testing.assert_close(found[2], logits["mask"])
    if len(graphs) > 1:
        state = graphs[1].program.module()(batch.bg)
        assert len(state) == len(graphs[1].outputs)
        torch.testing.assert_close(graphs[2].program.module()(batch.fg_bg, *state)[3], logits["depth"])


def test_a_graph_of_any_size_pads_and_crops_inside() -> None:
    model = network("early")
    (graph,) = graphs_of(model, tasks(), None)
    program = graph.program.module()
    least = smallest_side(model)
    for size in ((least, least + 3), (32, 48), (37, 51)):
        batch = random_batch(1, size)
        with torch.no_grad():
            torch.testing.assert_close(program(batch.bg, batch.fg_bg)[3], model(batch)["depth"], atol=1e-4, rtol=1e-4)


def test_a_graph_of_any_size_takes_no_images_that_would_be_enlarged() -> None:
    model = network("early", enlarge_to=80)
    assert (smallest_side(model), model.enlargement((40, 41)), model.enlargement((41, 40))) == (41, 2, 2)
    (graph,) = graphs_of(model, tasks(), None)
    batch = random_batch(1, (41, 57))
    with torch.no_grad():
        found = graph.program.module()(batch.bg, batch.fg_bg)[3]
        torch.testing.assert_close(found, model(batch)["depth"], atol=1e-4, rtol=1e-4)


def test_a_network_of_one_size_takes_no_other() -> None:
    model = network("early")
    model.encoder.size = (32, 32)
    with pytest.raises(ConfigError, match="built for images of 32x32"):
        graphs_of(model, tasks(), None)
