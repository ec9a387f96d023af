"""The network that a config asks for is composed as a whole: what one part does not read reaches no other."""

from __future__ import annotations

from typing import get_args

import pytest
import torch

from mdf.core.config import ExperimentConfig
from mdf.core.errors import ConfigError
from mdf.core.sample import Batch
from mdf.models import assemble
from mdf.registry import Catalog

CATALOG = Catalog.discover()
STATISTICS = (0.4, 0.5, 0.6), (0.2, 0.25, 0.3)
MODES = sorted(set(get_args(ExperimentConfig.model_fields["normalise"].annotation)) - {"encoder"})


def images(seed: int) -> torch.Tensor:
    random = torch.Generator().manual_seed(seed)
    return torch.randint(0, 256, (1, 3, 16, 16), generator=random, dtype=torch.uint8)


@pytest.mark.parametrize("normalise", MODES)
def test_a_network_without_a_background_is_the_same_in_front_of_any(normalise: str) -> None:
    """No statistics of it come in by the way, whatever the normalisation; with another fusion it matters."""
    for fusion, matters in (("frame-only", False), ("early", True)):
        encoder = {"name": "unet", "width": 4, "depth": 2}
        config = ExperimentConfig.model_validate({"encoder": encoder, "fusion": fusion, "normalise": normalise})
        network = assemble.model(config, ["mask"], CATALOG, *STATISTICS).eval()
        found = [network(Batch(("a",), ("s",), images(bg) // (bg + 1), images(9), {}, {}))["mask"] for bg in range(2)]
        assert torch.equal(*found) is not matters


def test_an_encoder_of_one_size_cannot_read_enlarged_images(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(CATALOG.load("encoder", "unet"), "size", (64, 64))
    config = ExperimentConfig.model_validate({"encoder": "unet", "size": 64, "enlarge_to": 224})
    with pytest.raises(ConfigError, match="the encoder `unet` is built for one size"):
        assemble.model(config, ["mask"], CATALOG, *STATISTICS)
