"""timm's models: any size, any number of input channels, with or without weights; one-line errors for the rest."""

from __future__ import annotations

from pathlib import Path

import pytest
import timm
import torch
from safetensors.torch import save_file

from mdf.core.errors import ConfigError, UnknownNameError
from mdf.engine.model import pad_to_multiple
from mdf.plugins.encoders.timm_encoder import TimmEncoder

MEMBERS = {
    "test_resnet": (2, 4, 8, 16, 32),
    "test_convnext": (4, 8, 16, 32),
    "test_vit": (16, 16, 16),  # equal strides
    "test_maxvit": (2, 4, 8, 16, 32),  # windows that fit one size
    "test_mambaout": (4, 8, 16, 32),  # gives NHWC
    "levit_128s": (16, 32, 64),  # attention of one size
    "ghostnet_050": (2, 4, 8, 16, 32),
    "edgenext_xx_small": (4, 8, 16, 32),
}
"""One of each kind, small."""


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("name", MEMBERS)
def test_odd_sizes_work_and_maps_have_the_declared_shapes(name: str) -> None:
    size = (97, 131)
    config = TimmEncoder.adapt_config(TimmEncoder.Config(), name, size, None)
    encoder = TimmEncoder(config, 6, name).eval()
    images = pad_to_multiple(torch.rand(1, 6, *size), encoder.features.multiple)
    with torch.inference_mode():
        maps = encoder(images)
    assert encoder.features.strides == MEMBERS[name]
    assert [tuple(m.shape) for m in maps] == encoder.features.shapes(1, *images.shape[-2:])
    assert encoder.pretrained_mean is not None


def test_the_error_for_a_wrong_image_size_names_the_right_one() -> None:
    encoder = TimmEncoder(TimmEncoder.Config(size=(64, 96)), 3, "test_maxvit").eval()
    with pytest.raises(ConfigError, match="64x96"):
        encoder(torch.rand(1, 3, 64, 64))


@pytest.mark.filterwarnings("ignore:CSATv2 is designed for 3-channel")
def test_the_error_for_a_model_of_single_images_names_fusions_that_work() -> None:
    with pytest.raises(ConfigError, match="3 channels, not 6") as error:
        TimmEncoder(TimmEncoder.Config(size=(64, 96)), 6, "csatv2")
    assert "--fusion siamese-diff" in error.value.hint
    with torch.device("meta"):
        assert TimmEncoder(TimmEncoder.Config(size=(64, 96)), 3, "csatv2").features.strides == (8, 16, 32, 64)


def test_the_error_for_a_model_without_maps_suggests_no_size(monkeypatch: pytest.MonkeyPatch) -> None:
    """It was tried at its own size, too."""

    def fails(*_: object) -> None:
        raise ValueError("its strides depend on the size")

    monkeypatch.setattr("mdf.plugins.encoders.timm_encoder.find_recipe", fails)
    with pytest.raises(ConfigError, match="strides depend") as error:
        TimmEncoder(TimmEncoder.Config(size=(97, 131)), 3, "crossvit_tiny_240")
    assert "--size" not in error.value.hint


def test_an_output_stride_is_reached_by_dilation_or_refused() -> None:
    config = TimmEncoder.adapt_config(TimmEncoder.Config(), "test_resnet", (64, 64), 16)
    assert TimmEncoder(config, 3, "test_resnet").features.strides[-1] == 16
    assert TimmEncoder(TimmEncoder.Config(output_stride=16), 3, "test_vit").features.strides[-1] == 16
    with pytest.raises(ConfigError, match="output stride of 8"):
        TimmEncoder(TimmEncoder.Config(output_stride=8), 3, "test_vit")


def test_the_error_for_an_unknown_model_names_the_closest() -> None:
    with pytest.raises(UnknownNameError, match="resnet18"):
        TimmEncoder(TimmEncoder.Config(), 3, "resnt18")


def test_weights_and_digest_come_from_a_local_file(tmp_path: Path) -> None:
    donor = timm.create_model("test_resnet", num_classes=10)
    save_file(donor.state_dict(), tmp_path / "model.safetensors")
    given = TimmEncoder.Config(weights=str(tmp_path / "model.safetensors"))
    config = TimmEncoder.adapt_config(given, "test_resnet", (64, 64), None)
    assert config.sha256 is not None
    assert len(config.sha256) == 64
    three, six = (TimmEncoder(config, channels, "test_resnet") for channels in (3, 6))
    first = donor.conv1[0].weight
    assert torch.equal(three.body.conv1[0].weight, first)
    # six channels are the three twice, at half the weight: alike images give what they gave before
    assert torch.allclose(six.body.conv1[0].weight, torch.cat([first, first], dim=1) / 2)
    with pytest.raises(ConfigError, match="SHA-256"):
        TimmEncoder.adapt_config(config.model_copy(update={"sha256": "0" * 64}), "test_resnet", (64, 64), None)


def test_the_weights_of_another_model_are_refused(tmp_path: Path) -> None:
    save_file({"layer": torch.zeros(2)}, tmp_path / "other.safetensors")
    with pytest.raises(ConfigError, match="does not fit"):
        TimmEncoder(TimmEncoder.Config(weights=str(tmp_path / "other.safetensors")), 3, "test_resnet")


def test_constant_parameters_may_equal_their_initial_values(tmp_path: Path) -> None:
    """`gain` begins at one everywhere, and may still be."""
    donor = timm.create_model("test_nfnet")
    assert any("gain" in name for name in donor.state_dict())
    save_file(donor.state_dict(), tmp_path / "model.safetensors")
    encoder = TimmEncoder(TimmEncoder.Config(weights=str(tmp_path / "model.safetensors")), 3, "test_nfnet")
    assert torch.equal(encoder.body.stem_conv1.weight, donor.stem.conv1.weight)


def test_the_error_for_weights_of_one_size_names_the_size(tmp_path: Path) -> None:
    save_file(timm.create_model("levit_128s").state_dict(), tmp_path / "model.safetensors")
    config = TimmEncoder.Config(weights=str(tmp_path / "model.safetensors"), size=(64, 64))
    with pytest.raises(ConfigError, match="size mismatch") as error:
        TimmEncoder(config, 3, "levit_128s")
    assert "224x224" in error.value.hint


@pytest.mark.parametrize("weights", ["missing.safetensors", "weights.pth"])
def test_a_missing_or_foreign_weights_file_is_refused(weights: str) -> None:
    with pytest.raises(ConfigError, match=weights):
        TimmEncoder.adapt_config(TimmEncoder.Config(weights=weights), "test_resnet", (64, 64), None)


def test_without_a_network_the_error_names_the_file_to_download(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(ConfigError, match=r"model\.safetensors of timm/resnet18") as error:
        TimmEncoder.adapt_config(TimmEncoder.Config(weights="hub"), "resnet18", (64, 64), None)
    assert "--set encoder.weights=" in error.value.hint
