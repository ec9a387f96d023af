"""Folding batch norms away changes no answer, whatever the network, and leaves the trained one as it was."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy

import pytest
import torch
from small_models import random_batch, small_model
from torch import Tensor, nn
from torch.nn.utils import parametrizations, spectral_norm

from mdf.core.encoder import Encoder
from mdf.core.features import FeatureSpec
from mdf.core.sample import Batch
from mdf.engine.fold_batch_norms import fold
from mdf.engine.model import Model
from mdf.models import assemble
from mdf.registry import Catalog
from mdf.study.request.resolve import resolve

SIZE = (64, 64)
NETWORKS = [
    {"encoder": "unet"},
    {"encoder": "s2d"},
    {"encoder": "s2d-detail", "fusion": "siamese-diff"},
    {"encoder": "timm:resnet10t", "fusion": "siamese-concat"},
    {"encoder": "smp:resnet18", "decoder": "smp:unetplusplus"},
    {"encoder": "smp:mobilenet_v2", "decoder": "smp:fpn"},
    {"encoder": "timm:mobilenetv3_small_050", "fusion": "frame-only"},
    {"encoder": "timm:test_vit", "decoder": "smp:dpt"},
]


def lived_in(model: Model, batch: Batch) -> Model:
    """The model with batch norms that hold the statistics of `batch`, and scales and offsets that have learned; it
    works in float64, so that no rounding hides a mistake."""
    model.double().encoder.register_forward_pre_hook(lambda _, images: images[0].double())
    random = torch.Generator().manual_seed(1)
    for norm in (m for m in model.modules() if isinstance(m, nn.BatchNorm2d)):
        norm.momentum = 1.0
        with torch.no_grad():
            norm.weight.copy_(0.5 + torch.rand(norm.num_features, generator=random))
            norm.bias.copy_(torch.randn(norm.num_features, generator=random) * 0.2)
    with torch.no_grad():
        model.train()(batch)
    return model.eval()


def norms(model: nn.Module) -> int:
    return sum(isinstance(m, nn.BatchNorm2d) for m in model.modules())


def same(found: dict[str, Tensor], expected: dict[str, Tensor]) -> None:
    assert found.keys() == expected.keys()
    for task, logits in expected.items():
        assert (found[task] - logits).abs().max() <= 1e-6 * max(1.0, float(logits.abs().max())), task


@pytest.mark.parametrize("keys", NETWORKS, ids=lambda keys: "-".join(keys.values()))
def test_logits_stay_what_they_were_and_norms_are_gone(keys: dict[str, str]) -> None:
    catalog = Catalog.discover([])
    config = resolve({**keys, "size": 64, "device": "cpu"}, [], catalog)
    torch.manual_seed(0)
    model = assemble.model(config, ("mask", "depth"), catalog, (0.45,) * 3, (0.25,) * 3)
    ready, batch = fold(deepcopy(lived_in(model, random_batch(2, SIZE))), SIZE), random_batch(2, SIZE, seed=3)
    with torch.no_grad():
        same(ready(batch), model(batch))
    assert norms(ready) <= 0.2 * norms(model)  # a few stand before their convolution, or after a sum


def test_one_task_is_computed_alone() -> None:
    ready, batch = fold(lived_in(small_model(), random_batch()), (32, 32)), random_batch()
    with torch.no_grad():
        alone, both = ready(batch, {"depth"}), ready(batch)
    assert set(alone) == {"depth"}
    assert torch.equal(alone["depth"], both["depth"])


class Peeking(Encoder):
    """Looks at what lies between convolution and batch norm."""

    def __init__(self) -> None:
        super().__init__()
        self.convolution, self.norm = nn.Conv2d(6, 8, 3, padding=1, bias=False), nn.BatchNorm2d(8)
        self.features = FeatureSpec((8,), (1,), multiple=1)

    def forward(self, images: Tensor) -> list[Tensor]:
        between = self.convolution(images)
        return [self.norm(between) + between]


class Shared(Peeking):
    """One convolution, two batch norms."""

    def __init__(self) -> None:
        super().__init__()
        self.other = nn.BatchNorm2d(8)

    def forward(self, images: Tensor) -> list[Tensor]:
        return [self.norm(self.convolution(images)) + self.other(self.convolution(-images))]


class Changed(Peeking):
    """Changes what the convolution wrote before the batch norm reads it."""

    def forward(self, images: Tensor) -> list[Tensor]:
        return [self.norm(self.convolution(images).relu_())]


@pytest.mark.parametrize("kind", [Peeking, Shared, Changed])
def test_what_cannot_be_folded_is_left(kind: type[Encoder]) -> None:
    from mdf.plugins.decoders.unet import UNetDecoder
    from mdf.plugins.fusions.early import EarlyFusion

    torch.manual_seed(0)
    whole, encoder = small_model(), kind()
    fusion = EarlyFusion(EarlyFusion.Config(), encoder.features)
    decoder = UNetDecoder(UNetDecoder.Config(), fusion.features, ("mask", "depth"))
    heads = {t: type(h)(type(h).Config(), decoder.channels) for t, h in whole.heads.items()}
    batch = random_batch()
    model = lived_in(Model(encoder, fusion, decoder, heads, whole.normalise), batch)
    ready = fold(deepcopy(model), (32, 32))
    with torch.no_grad():
        same(ready(batch), model(batch))
    assert ready.state_dict().keys() >= model.encoder.state_dict(prefix="encoder.").keys()


@pytest.mark.parametrize("norm", [parametrizations.weight_norm, spectral_norm], ids=["parametrised", "hooked"])
def test_a_kernel_that_is_computed_from_others_is_left(norm: Callable[[nn.Module], nn.Module]) -> None:
    model, batch = small_model(), random_batch()
    computed = [m for m in model.modules() if isinstance(m, nn.Conv2d)][:2]
    for convolution in computed:
        norm(convolution)
    model = lived_in(model, batch)
    with torch.no_grad():
        expected = model(batch)
        same(fold(model, (32, 32))(batch), expected)
    assert norms(model) == len(computed)  # the others are folded
