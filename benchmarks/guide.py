"""What the known depth of the empty scene brings: a network with it, without it, and with a wrong scale.

    python guide.py RUN                        a run trained on `scenes`, on its own test split
    python guide.py mdf-base --pairs FOLDER    a network on real RGB-D pairs, inside and outside of the mask, each pair

Every row is beside repeating the depth of the empty scene, on the same pixels.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor

from mdf.core.dataset import Dataset
from mdf.core.sample import BACKGROUND_DEPTH, Batch
from mdf.engine.evaluation import predictor_of
from mdf.engine.prepare.resize import resize
from mdf.models.locate import find_model
from mdf.models.restore import Restored, restore
from mdf.registry import Catalog

SCALES = {"exact": 1.0, "scale -20 %": 0.8, "scale +20 %": 1.2, "absent": None}


class Errors:
    """Sums of squared and relative errors of depth over pixels."""

    def __init__(self) -> None:
        self.squares = self.relative = 0.0
        self.pixels = 0

    def add(self, depth: Tensor, truth: Tensor, where: Tensor) -> None:
        """Count the pixels of `where`."""
        error = (depth - truth)[where].double()
        self.squares += float(error.square().sum())
        self.relative += float((error.abs() / truth[where]).sum())
        self.pixels += int(where.sum())

    def row(self) -> dict[str, float]:
        """RMSE in metres and AbsRel."""
        pixels = max(self.pixels, 1)
        return {"rmse": round((self.squares / pixels) ** 0.5, 4), "absrel": round(self.relative / pixels, 4)}


def batches(dataset: Dataset, indices: list[int]) -> Iterator[Batch]:
    """Samples with what is known of their empty scenes."""
    for start in range(0, len(indices), 10):
        chosen = indices[start : start + 10]
        yield replace(dataset.read(chosen), known=dataset.known(chosen))


def compare(run: Restored, dataset: Dataset, indices: list[int]) -> dict[str, dict[str, dict[str, float]]]:
    """Errors by what the network is told and by region."""
    predict = predictor_of(run.model, run.tasks, run.runtime)
    found: dict[str, dict[str, Errors]] = {}
    for batch in batches(dataset, indices):
        known = batch.known[BACKGROUND_DEPTH]
        truth, mask = batch.targets["depth"], batch.targets["mask"] > 0
        valid = batch.valid["depth"] & known.isfinite()
        regions = {"all": valid, "inside": valid & mask, "outside": valid & ~mask}
        small = resize(batch.without_truth(), run.config.image_size, {})
        for name, scale in SCALES.items():
            told = {} if scale is None else {BACKGROUND_DEPTH: known * scale}
            depth = predict(replace(small, known=told))["depth"]
            depth = run.tasks["depth"].resize_values(depth, batch.size)
            for region, where in regions.items():
                found.setdefault(name, {}).setdefault(region, Errors()).add(depth, truth, where)
        for region, where in regions.items():
            found.setdefault("repeated background", {}).setdefault(region, Errors()).add(known, truth, where)
    return {name: {region: errors.row() for region, errors in row.items()} for name, row in found.items()}


def main() -> None:
    """See the module."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run")
    parser.add_argument("--pairs", help="folder of `rgbd-pairs:`; each pair is a row")
    parser.add_argument("--runs", default="runs")
    parser.add_argument("--size")
    parser.add_argument("--out")
    given = parser.parse_args()
    torch.set_num_threads(1)
    run = restore(find_model(given.run, Path(given.runs)), size=given.size, precision="fp32").placed()
    catalog = Catalog.discover()
    if given.pairs:
        pairs: Dataset = catalog.create("dataset", f"rgbd-pairs:{given.pairs}", {})
        tables = {pairs.read([index]).ids[0]: compare(run, pairs, [index]) for index in range(len(pairs))}
    else:
        scenes: Dataset = catalog.create("dataset", run.config.data.name, run.config.data.options)
        tables = {run.config.data.name: compare(run, scenes, list(scenes.splits().test))}
    for title, table in tables.items():
        print(f"\n{title}\n{'':22}" + "".join(f"{region + ' RMSE':>16}{'AbsRel':>9}" for region in table["exact"]))
        for name, row in table.items():
            print(f"{name:22}" + "".join(f"{score['rmse']:16.3f}{score['absrel']:9.4f}" for score in row.values()))
    if given.out:
        Path(given.out).write_text(json.dumps(tables, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
