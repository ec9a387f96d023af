"""A decoder's wish for an output stride reaches the encoders that have such an option, unless the user chose one."""

from __future__ import annotations

from typing import Literal

import pytest

from mdf.core.component import ComponentConfig
from mdf.core.config import ExperimentConfig
from mdf.core.decoder import Decoder
from mdf.core.encoder import Encoder
from mdf.registry import Catalog
from mdf.study.assemble import _as_asked


class Dilating(Encoder):
    class Config(ComponentConfig):
        output_stride: Literal[8, 16, 32] = 32


class Rigid(Encoder):
    pass


class Asking(Decoder):
    @classmethod
    def output_stride(cls, config: ComponentConfig, variant: str = "") -> int | None:  # noqa: ARG003
        return int(variant) if variant else None


@pytest.mark.parametrize(
    ("encoder", "decoder", "options", "expected"),
    [
        (Dilating, "asking:16", {}, {"output_stride": 16}),
        (Dilating, "asking:16", {"output_stride": 8}, {"output_stride": 8}),
        (Dilating, "asking", {}, {}),
        (Rigid, "asking:16", {}, {}),
    ],
)
def test_the_encoder_is_built_as_asked(
    encoder: type, decoder: str, options: dict, expected: dict, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Catalog, "load", lambda _, kind, __: {"encoder": encoder, "decoder": Asking}[kind])
    monkeypatch.setattr(Catalog, "config", lambda *_: Asking.Config())
    config = ExperimentConfig(encoder={"name": "some", **options}, decoder=decoder)
    found = _as_asked(config, Catalog.discover())
    assert found.options == expected
    assert config.encoder.options == options
