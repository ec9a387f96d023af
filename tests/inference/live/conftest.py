"""A run whose network finds what differs."""

from __future__ import annotations

from pathlib import Path

import pytest
from live_cameras import HEIGHT, PLUGIN, WIDTH

import mdf

TINY = ["data.train=8", "data.val=4", "data.test=4", "data.size=32", "threads=1", "precision=fp32"]
NETWORK = ["encoder=difference", "decoder=as-it-is", "heads.mask=differs", "heads.depth=redness", "normalise=dataset"]


@pytest.fixture(scope="session")
def difference_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run whose network needs no training."""
    runs = tmp_path_factory.mktemp("difference-runs")
    report = mdf.benchmark(
        predictor=[],
        steps=1,
        settings=[*TINY, *NETWORK, f"size=[{HEIGHT},{WIDTH}]"],
        loss="mask=bce,depth=l1",
        runs=runs,
        plugins=[PLUGIN],
        costs=False,
        pictures=False,
        force=True,
    )
    assert report.ok, [row.reason for row in report.results]
    return next(runs.glob("*/*/weights.safetensors")).parent
