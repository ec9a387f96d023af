"""SMP's encoders: six channels, odd sizes, pretrained files; levels without channels are left out."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from segmentation_models_pytorch.encoders import get_encoder

from mdf.core.errors import ConfigError, UnknownNameError
from mdf.engine.model import pad_to_multiple
from mdf.plugins.encoders.smp_encoder import SmpEncoder

MEMBERS = {"resnet18": (2, 4, 8, 16, 32), "mit_b0": (4, 8, 16, 32), "mobilenet_v2": (2, 4, 8, 16, 32)}


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("name", MEMBERS)
def test_odd_sizes_work_and_maps_have_the_declared_shapes(name: str) -> None:
    encoder = SmpEncoder(SmpEncoder.Config(), 6, name).eval()
    images = pad_to_multiple(torch.rand(1, 6, 97, 131), encoder.features.multiple)
    with torch.inference_mode():
        maps = encoder(images)
    assert encoder.features.strides == MEMBERS[name]
    assert [tuple(m.shape) for m in maps] == encoder.features.shapes(1, *images.shape[-2:])


def test_an_output_stride_is_reached_by_dilation_or_refused() -> None:
    config = SmpEncoder.adapt_config(SmpEncoder.Config(), "resnet18", (64, 64), 16)
    assert SmpEncoder(config, 3, "resnet18").features.strides[-1] == 16
    with pytest.raises(ConfigError, match="output stride of 16"):
        SmpEncoder(SmpEncoder.adapt_config(SmpEncoder.Config(), "vgg11", (64, 64), 16), 3, "vgg11")


@pytest.mark.parametrize(("name", "close"), [("resnet19", "smp:resnet18"), ("tu-resnet18", "timm:resnet18")])
def test_the_error_for_an_unknown_encoder_names_the_closest(name: str, close: str) -> None:
    with pytest.raises(UnknownNameError) as error:
        SmpEncoder(SmpEncoder.Config(), 3, name)
    assert close in error.value.hint


def test_weights_come_from_a_local_file(tmp_path: Path) -> None:
    donor = get_encoder("resnet18", 3, 5, None)
    path = tmp_path / "model.safetensors"
    save_file(donor.state_dict(), path)
    config = SmpEncoder.adapt_config(SmpEncoder.Config(weights=str(path)), "resnet18", (64, 64), None)
    assert config.sha256 is not None
    first = donor.conv1.weight
    three, six = (SmpEncoder(config, channels, "resnet18").body.conv1.weight for channels in (3, 6))
    assert torch.equal(three, first)
    assert torch.allclose(six, torch.cat([first, first], dim=1) / 2)
    save_file({"layer": torch.zeros(2)}, path)
    with pytest.raises(ConfigError, match="does not fit"):
        SmpEncoder(SmpEncoder.Config(weights=str(path)), 3, "resnet18")
