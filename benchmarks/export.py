"""Whether every encoder with every fusion computes the same in every runtime: the largest difference of a logit.

python benchmarks/export.py [--encoders unet s2d …] [--fusions early …] [--formats onnx openvino] [--out export.json]

Networks are drawn at random: weights, statistics of batch norms, and heads whose logits reach about ±10, for a mask and
a depth with its expected error. Graphs take any size and are compared at three, two of them odd, in both forms.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from pathlib import Path

import torch

from mdf.core.config import validate
from mdf.core.errors import MdfError
from mdf.engine import runtime as machine
from mdf.engine.fold_batch_norms import fold
from mdf.inference.exported.parity import check_parity
from mdf.models import assemble
from mdf.models.export.describe import card_of
from mdf.models.export.graphs import graphs_of
from mdf.models.restore import Restored
from mdf.registry import Catalog

ENCODERS = (
    *("unet", "s2d", "resnet18", "timm:mobilenetv3_small_050", "timm:convnext_atto"),
    *("smp:mobilenet_v2", "smp:mit_b0"),
)
FUSIONS = ("early", "siamese-diff", "siamese-concat", "frame-only")
HEADS = {"mask": "mask", "depth": "depth-laplace"}
SIZE = 96


def main() -> None:
    """Print the table as Markdown, a line as soon as it is known."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--encoders", nargs="+", default=list(ENCODERS))
    parser.add_argument("--fusions", nargs="+", default=list(FUSIONS))
    parser.add_argument("--formats", nargs="+", default=["onnx", "openvino"])
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    torch.set_num_threads(1)
    print(f"| network | {' | '.join(options.formats)} | forms | seconds |")
    print("|---|" + "---|" * (len(options.formats) + 2), flush=True)
    found = []
    for encoder in options.encoders:
        for fusion in options.fusions:
            found.append(line(encoder, fusion, options.formats))
            cells = " | ".join(str(found[-1][name]) for name in (*options.formats, "forms", "seconds"))
            print(f"| `{encoder}` · {fusion} | {cells} |", flush=True)
    if options.out:
        options.out.write_text(json.dumps(found, indent=1))


def line(encoder: str, fusion: str, formats: list[str]) -> dict[str, str | int]:
    """One network in every format."""
    catalog, started = Catalog.discover(), time.perf_counter()
    cells: dict[str, str | int] = {"encoder": encoder, "fusion": fusion, "forms": "–"}
    try:
        run = drawn(encoder, fusion, catalog)
        graphs = graphs_of(run.model, run.tasks, None)
        cells["forms"] = "joint" if len(graphs) == 1 else "joint, two steps"
    except MdfError as error:
        return {**cells, **dict.fromkeys(formats, error.message), "seconds": round(time.perf_counter() - started)}
    for name in formats:
        exporter = catalog.create("exporter", name, {})
        with tempfile.TemporaryDirectory() as folder:
            try:
                for graph in graphs:
                    exporter.write(graph, Path(folder))
                parity = check_parity(run, card_of(run, graphs, exporter, name, catalog), exporter, Path(folder))
                cells[name] = parity.failure or f"{parity.difference:.0e}"
            except MdfError as error:
                cells[name] = error.message
    return {**cells, "seconds": round(time.perf_counter() - started)}


def drawn(encoder: str, fusion: str, catalog: Catalog) -> Restored:
    """A network drawn at random, ready for use."""
    table = {"encoder": encoder, "fusion": fusion, "heads": HEADS, "size": SIZE, "precision": "fp32", "device": "cpu"}
    config = validate(table)
    torch.manual_seed(0)
    model = assemble.model(config, list(HEADS), catalog, (0.45, 0.42, 0.4), (0.26, 0.25, 0.27)).eval()
    for module in model.modules():
        if isinstance(module, torch.nn.BatchNorm2d) and module.running_mean is not None:
            module.running_mean.normal_(0, 0.1)
            module.running_var.uniform_(0.5, 1.5)
    tasks = {}
    for name, head in HEADS.items():
        tasks[name] = catalog.load("head", head).Task(catalog.config("head", head, {}))
        tasks[name].configure({"scale": 8.0} if name == "depth" else {})
    with torch.no_grad():
        for head_layers in model.heads.values():
            for parameter in head_layers.parameters():
                parameter.mul_(10)
    fold(model, config.image_size)
    return Restored(Path("drawn"), config, model, tasks, machine.resolve(config))


if __name__ == "__main__":
    main()
