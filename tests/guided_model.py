"""An untrained network that reads the depth of the empty scene, and such a depth."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from mdf.core.config import Component, ExperimentConfig
from mdf.engine.runtime import resolve
from mdf.inference.session import LoadedModel
from mdf.models import assemble
from mdf.models.restore import Restored
from mdf.registry import Catalog

SIZE = (48, 64)


def ground(height: int = 60, width: int = 80) -> np.ndarray:
    """From 2 m at the bottom to 6 m at the top."""
    return np.repeat(np.linspace(6, 2, height, dtype=np.float32)[:, None], width, axis=1)


def guided_model(guided: bool = True, head: bool | None = None) -> LoadedModel:
    return LoadedModel.prepare(guided_run(guided, head=head), 1)


def guided_run(guided: bool = True, fusion: str = "aligned", head: bool | None = None) -> Restored:
    """With a fusion other than `aligned`, only the head of depth reads the known depth. `head` tells whether it does;
    by default as `guided`."""
    options = {"guided": guided} if fusion == "aligned" else {}
    config = ExperimentConfig(
        encoder=Component(name="unet", options={"width": 4, "finest": 4, "depth": 3, "max_width": 16}),
        fusion=Component(name=fusion, options=options),
        heads={
            "mask": Component(name="mask"),
            "depth": Component(name="depth", options={"encoding": "log", "guided": guided if head is None else head}),
        },
        size=SIZE,
        device="cpu",
        precision="fp32",
        threads=1,
    )
    torch.manual_seed(0)
    catalog = Catalog.discover()
    tasks = {
        name: catalog.load("head", name).Task(catalog.config("head", name, config.heads[name].options))
        for name in config.heads
    }
    tasks["depth"].configure({"scale": 10.0})
    model = assemble.model(config, list(tasks), catalog, (0.5,) * 3, (0.25,) * 3, tasks)
    return Restored(Path("made-here"), config, model.eval(), tasks, resolve(config))
