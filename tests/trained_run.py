"""A run trained for four steps, made once a session: its numbers mean nothing, its files are those of any run."""

from __future__ import annotations

from pathlib import Path

import pytest

import mdf

TINY = ["data.train=20", "data.val=5", "data.test=5", "data.size=32", "encoder.width=8", "threads=1", "precision=fp32"]
QUICK = {"costs": False, "force": True}
"""No measured costs, and no memory foreseen: each takes seconds."""


@pytest.fixture(scope="session")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of runs: one network, and a method without one that ended after it."""
    folder = tmp_path_factory.getbasetemp() / "trained-runs"
    if not folder.is_dir():
        report = mdf.benchmark(
            encoder="unet", loss="l1", predictor=["absdiff"], steps=4, settings=TINY, runs=folder, **QUICK
        )
        assert report.ok
    return folder


@pytest.fixture(scope="session")
def trained(runs: Path) -> Path:
    """The run that left a network."""
    return next(runs.glob("*/*/weights.safetensors")).parent


@pytest.fixture(scope="session")
def method(runs: Path) -> Path:
    """The run that left none."""
    return next(path.parent for path in runs.glob("*/*/result.json") if not (path.parent / "model.json").exists())
