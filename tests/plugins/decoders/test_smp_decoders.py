"""SMP's decoders keep mdf's contract, compute what SMP computes, and refuse pyramids that they do not accept."""

from __future__ import annotations

import pytest
import segmentation_models_pytorch as smp
import torch

from mdf.core.config import ExperimentConfig
from mdf.core.errors import ConfigError
from mdf.core.features import FeatureSpec
from mdf.models import assemble
from mdf.plugins.decoders.smp import SMPDecoder
from mdf.plugins.decoders.smp_plans import PLANNERS
from mdf.registry import Catalog
from mdf.testing import assert_conforms

TASKS = ("mask", "depth")
CLASSIC = FeatureSpec((8, 12, 16, 24, 32), (2, 4, 8, 16, 32), 32)
FROM_4 = FeatureSpec((8, 12, 16, 24), (4, 8, 16, 32), 32)
DILATED = FeatureSpec((8, 12, 16, 24, 32), (2, 4, 8, 16, 16), 16)
PLAIN_VIT = FeatureSpec((16,) * 4, (16,) * 4, 16, tokens=1)
TO_16 = FeatureSpec((4, 8, 12, 16, 24), (1, 2, 4, 8, 16), 16)
COARSE = FeatureSpec((8, 12, 16), (16, 32, 64), 64)
WITH_GAPS = FeatureSpec((8, 12, 16), (2, 8, 32), 32)
PATCH_14 = FeatureSpec((16,) * 4, (14,) * 4, 14)


def build(variant: str, features: FeatureSpec, **options: object) -> SMPDecoder:
    return SMPDecoder(SMPDecoder.Config(width=64, **options), features, TASKS, variant)


def test_one_decoder_for_each_task_keeps_the_contract_too() -> None:
    assert_conforms("decoder", "smp:segformer", {"width": 64, "shared": False})


TAKEN = {
    "unet": (CLASSIC, FROM_4, TO_16, COARSE, WITH_GAPS),
    "unetplusplus": (CLASSIC, FROM_4, TO_16),
    "fpn": (CLASSIC, FROM_4, TO_16),
    "deeplabv3plus": (DILATED, TO_16),
    "dpt": (CLASSIC, FROM_4, TO_16, PLAIN_VIT),
    "segformer": (CLASSIC, FROM_4, TO_16),
    "upernet": (CLASSIC, FROM_4, TO_16),
}


@pytest.mark.parametrize("variant", PLANNERS)
@pytest.mark.parametrize(
    "features",
    [CLASSIC, FROM_4, DILATED, PLAIN_VIT, TO_16, COARSE, WITH_GAPS, PATCH_14],
    ids=lambda f: str(f.strides),
)
def test_a_pyramid_is_accepted_or_the_error_names_pairs_that_work(variant: str, features: FeatureSpec) -> None:
    if features in TAKEN[variant]:
        decoder = build(variant, features).eval()
        side = 2 * max(features.multiple, decoder.multiple)
        with torch.inference_mode():
            found = decoder([torch.rand(shape) for shape in features.shapes(1, side, side)], TASKS)
        assert {x.shape for x in found.values()} == {
            (1, decoder.channels, side // decoder.stride, side // decoder.stride)
        }
        return
    with pytest.raises(ConfigError) as refusal:
        build(variant, features)
    assert f"smp:{variant}" in refusal.value.message
    assert ", ".join(map(str, features.strides)) in refusal.value.message
    named = {name for name in PLANNERS if f"`smp:{name}`" in refusal.value.hint}
    assert named == {name for name, pyramids in TAKEN.items() if features in pyramids}


@pytest.mark.parametrize(
    ("variant", "model"), [("unet", smp.Unet), ("fpn", smp.FPN), ("upernet", smp.UPerNet), ("segformer", smp.Segformer)]
)
def test_outputs_equal_those_of_smp(variant: str, model: type[torch.nn.Module]) -> None:
    whole = model("resnet18", encoder_weights=None, in_channels=3).eval()
    channels = tuple(whole.encoder.out_channels[1:])
    ours = SMPDecoder(SMPDecoder.Config(), FeatureSpec(channels, (2, 4, 8, 16, 32), 32), ("mask",), variant).eval()
    assert ours.shared is not None
    ours.shared.decoder.load_state_dict(whole.decoder.state_dict())
    with torch.inference_mode():
        maps = whole.encoder(torch.rand(1, 3, 64, 64))
        assert torch.equal(ours(maps[1:], ("mask",))["mask"], whole.decoder(list(maps)))


def test_tasks_share_a_decoder_or_have_one_each() -> None:
    maps = [torch.rand(shape) for shape in FROM_4.shapes(2, 64, 64)]
    with torch.inference_mode():
        assert torch.equal(*build("segformer", FROM_4).eval()(maps, TASKS).values())
        own = build("segformer", FROM_4, shared=False).eval()
        assert not torch.equal(*own(maps, TASKS).values())
    assert sum(p.numel() for p in own.parameters()) == 2 * sum(
        p.numel() for p in build("segformer", FROM_4).parameters()
    )


@pytest.mark.parametrize("variant", ["deeplabv3plus", "upernet"])
def test_a_batch_of_one_is_refused_only_in_training(variant: str) -> None:
    decoder = build(variant, TO_16)
    maps = [torch.rand(shape) for shape in TO_16.shapes(1, 32, 32)]
    with pytest.raises(ConfigError, match="batch of one") as refusal:
        decoder.train()(maps, TASKS)
    assert "batch_size" in refusal.value.hint
    assert "train.accumulate" in refusal.value.hint
    assert set(decoder.eval()(maps, TASKS)) == set(TASKS)


def test_the_error_for_an_unknown_decoder_names_similar_ones() -> None:
    with pytest.raises(ConfigError, match="smp:unett") as refusal:
        build("unett", CLASSIC)
    assert "`unet`" in refusal.value.hint


def test_a_whole_model_pads_for_its_decoder() -> None:
    """97×131 is no multiple of what DPT needs."""
    config = ExperimentConfig(encoder={"name": "unet", "width": 4}, decoder={"name": "smp:dpt", "width": 64})
    model = assemble.model(config, TASKS, Catalog.discover(), (0.5,) * 3, (0.25,) * 3).eval()
    images = torch.zeros(1, 3, 97, 131, dtype=torch.uint8)
    with torch.inference_mode():
        logits = model.forward_frame(model.background(images), images)
    assert {x.shape for x in logits.values()} == {(1, 1, 97, 131)}
