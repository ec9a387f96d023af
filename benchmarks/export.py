"""Whether every encoder with every fusion computes the same in every runtime: the largest difference of a logit.

python benchmarks/export.py [--encoders unet s2d …] [--fusions early …] [--formats onnx …] [--shipped] [--out FILE]

Networks are drawn at random: weights, statistics of batch norms, and heads whose logits reach about ±10. Each has three
heads: `mask`, `depth` and `depth-laplace`. Graphs take any size and are compared at three, two of them odd, in both
forms. Where torch cannot record a network for any size, three graphs of one size each are compared. `--shipped`
compares the models that come with mdf instead.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import torch

from mdf.core.config import validate
from mdf.core.errors import MdfError
from mdf.core.exporter import Graph
from mdf.engine import runtime as machine
from mdf.engine.fold_batch_norms import fold
from mdf.inference.exported.parity import ODD, Parity, check_parity
from mdf.models import assemble
from mdf.models.export.describe import card_of
from mdf.models.export.graphs import graphs_of
from mdf.models.locate import find_model, shipped_models
from mdf.models.restore import Restored, restore
from mdf.registry import Catalog

ENCODERS = (
    *("unet", "s2d", "resnet18", "timm:mobilenetv3_small_050", "timm:convnext_atto"),
    *("smp:mobilenet_v2", "smp:mit_b0"),
)
FUSIONS = ("early", "aligned", "siamese-diff", "siamese-concat", "frame-only")
HEADS = ("mask", "depth", "depth-laplace")
"""Each of a task of its own name: what is compared are layers, not training."""
FORMATS = ("onnx", "openvino")
SIDE = 96
SIZES = ((SIDE, SIDE), *((SIDE + down, SIDE - across) for down, across in ODD))
Recorded = tuple[Restored, list[Graph]]
Line = dict[str, str]


def main() -> None:
    """Print the table as Markdown, a line as soon as it is known."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--encoders", nargs="+", default=list(ENCODERS))
    parser.add_argument("--fusions", nargs="+", default=list(FUSIONS))
    parser.add_argument("--formats", nargs="+", default=list(FORMATS))
    parser.add_argument("--shipped", action="store_true", help="compare the models that come with mdf")
    parser.add_argument("--out", type=Path, help="JSON; networks that are in it already are not measured again")
    options = parser.parse_args()
    torch.set_num_threads(1)
    known = json.loads(options.out.read_text()) if options.out and options.out.exists() else []
    measured = {line["network"]: line for line in known}
    lines = shipped(options, measured) if options.shipped else drawn_networks(options, measured)
    for number, line in enumerate(lines):
        if number == 0:
            print("|", " | ".join(line), "|\n|" + "---|" * len(line), flush=True)
        print("|", " | ".join(line.values()), "|", flush=True)
        measured[line["network"]] = line
        if options.out:
            options.out.write_text(json.dumps(list(measured.values()), indent=1))


def shipped(options: argparse.Namespace, measured: Mapping[str, Line]) -> Iterator[Line]:
    """A line for each model that comes with mdf, at its own size and two odd ones."""
    for name in shipped_models():
        if f"`{name}`" in measured:
            yield measured[f"`{name}`"]
            continue
        run = restore(find_model(name, Path("runs")), device="cpu", precision="fp32")
        fold(run.model, run.config.image_size)
        yield {"network": f"`{name}`", **cells([(run, graphs_of(run.model, run.tasks, None))], options.formats)}


def drawn_networks(options: argparse.Namespace, measured: Mapping[str, Line]) -> Iterator[Line]:
    """A line for each encoder and fusion."""
    for encoder in options.encoders:
        for fusion in options.fusions:
            name = f"`{encoder}` · {fusion}"
            if name in measured:
                yield measured[name]
                continue
            started = time.perf_counter()
            try:
                own = cells(recorded(encoder, fusion), options.formats)
            except MdfError as error:
                own = {"graphs": "–", **dict.fromkeys(options.formats, error.message)}
            seconds = time.perf_counter() - started
            yield {"network": name, **own, "seconds": f"{seconds:.0f}"}


def recorded(encoder: str, fusion: str) -> list[Recorded]:
    """A network as graphs for any size; where torch cannot record these, as graphs of each of three sizes."""
    try:
        run = drawn(encoder, fusion, SIZES[0])
        return [(run, graphs_of(run.model, run.tasks, None))]
    except MdfError:
        runs = [drawn(encoder, fusion, size) for size in SIZES]
        return [(run, graphs_of(run.model, run.tasks, run.config.image_size)) for run in runs]


def cells(networks: list[Recorded], formats: Iterable[str]) -> Line:
    """The graphs in words, and for each runtime the largest difference of a logit, or what failed."""
    first = networks[0][1]
    sizes = "any size" if first[0].any_size else "one size each"
    line = {"graphs": f"{'joint' if len(first) == 1 else 'joint, two steps'}; {sizes}"}
    for name in formats:
        found = [parity_of(run, graphs, name) for run, graphs in networks]
        failures = [one.failure for one in found if one.failure]
        line[name] = failures[0] if failures else f"{max(one.difference for one in found):.0e}"
    return line


def parity_of(run: Restored, graphs: list[Graph], name: str) -> Parity:
    """What the check says of graphs written in one format."""
    catalog = Catalog.discover()
    exporter = catalog.create("exporter", name, {})
    with tempfile.TemporaryDirectory() as folder:
        try:
            for graph in graphs:
                exporter.write(graph, Path(folder))
            return check_parity(run, card_of(run, graphs, exporter, name, catalog), exporter, Path(folder))
        except MdfError as error:
            return Parity(float("inf"), (), error.message)


def drawn(encoder: str, fusion: str, size: tuple[int, int]) -> Restored:
    """A network drawn at random, ready for use."""
    heads, catalog = {head: head for head in HEADS}, Catalog.discover()
    table = {"encoder": encoder, "fusion": fusion, "heads": heads, "precision": "fp32", "device": "cpu"}
    config = validate({**table, "size": list(size)})
    torch.manual_seed(0)
    model = assemble.model(config, list(heads), catalog, (0.45, 0.42, 0.4), (0.26, 0.25, 0.27)).eval()
    for module in model.modules():
        if isinstance(module, torch.nn.BatchNorm2d) and module.running_mean is not None:
            module.running_mean.normal_(0, 0.1)
            module.running_var.uniform_(0.5, 1.5)
    tasks = {}
    for head in HEADS:
        tasks[head] = catalog.load("head", head).Task(catalog.config("head", head, {}))
        tasks[head].configure({} if head == "mask" else {"scale": 8.0})
    with torch.no_grad():
        for head_layers in model.heads.values():
            for parameter in head_layers.parameters():
                parameter.mul_(10)
    fold(model, config.image_size)
    return Restored(Path("drawn"), config, model, tasks, machine.resolve(config))


if __name__ == "__main__":
    main()
