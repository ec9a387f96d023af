"""IoU, RMSE and MAE of 10,000 pairs at 224×224, compared with torchmetrics; the scores must agree to 1e-6.

python benchmarks/metrics.py [--pairs 10000] [--size 224] [--rounds 3] [--out metrics.json]

Both get the same batch of 100 pairs again and again. mdf also keeps the statistics of every sample.
"""

from __future__ import annotations

import argparse
from functools import partial
from pathlib import Path

import torch
from side_by_side import print_races, race
from torchmetrics import MeanAbsoluteError, MeanSquaredError
from torchmetrics.classification import BinaryJaccardIndex

from mdf.registry import Catalog

BATCH = 100


def main() -> None:
    """Print the table; fails if the scores differ."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=10_000)
    parser.add_argument("--size", type=int, default=224)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    random = torch.Generator().manual_seed(0)
    shape = (BATCH, 1, options.size, options.size)
    probability, predicted, true = (torch.rand(shape, generator=random) for _ in range(3))
    mask = (torch.rand(shape, generator=random) > 0.7).float()
    labels, valid = mask.long(), torch.ones(shape, dtype=torch.bool)
    catalog = Catalog.discover([])
    ours = {name: catalog.create("metric", name, {}) for name in ("iou", "rmse", "mae")}

    def our_scores(turns: int) -> list[float]:
        kept: dict[str, list[torch.Tensor]] = {name: [] for name in ours}
        for _ in range(turns):
            for name, metric in ours.items():
                pair = (probability, mask) if name == "iou" else (predicted, true)
                kept[name].append(metric.statistics(*pair, valid))
        return [float(metric.score(torch.cat(kept[name]).sum(0))) for name, metric in ours.items()]

    def their_scores(turns: int) -> list[float]:
        jaccard, rmse, mae = BinaryJaccardIndex(), MeanSquaredError(squared=False), MeanAbsoluteError()
        for _ in range(turns):
            jaccard.update(probability, labels)
            rmse.update(predicted, true)
            mae.update(predicted, true)
        return [float(metric.compute()) for metric in (jaccard, rmse, mae)]

    torch.testing.assert_close(torch.tensor(our_scores(2)), torch.tensor(their_scores(2)), atol=1e-6, rtol=0)
    turns = options.pairs // BATCH
    lines = race(
        ("torchmetrics", partial(their_scores, turns)),
        {"mdf": (partial(our_scores, turns), 30.0)},
        options.rounds,
        warm_up=0,
    )
    print_races(
        "Metrics", {f"IoU + RMSE + MAE of {options.pairs} pairs at {options.size}×{options.size}": lines}, options.out
    )


if __name__ == "__main__":
    main()
