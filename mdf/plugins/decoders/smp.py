"""One adapter for the decoders of segmentation_models.pytorch."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import ClassVar

from pydantic import Field
from segmentation_models_pytorch.base.initialization import initialize_decoder
from torch import Tensor, nn

from mdf.core.component import ComponentConfig
from mdf.core.decoder import Decoder
from mdf.core.errors import ConfigError
from mdf.core.features import FeatureSpec
from mdf.plugins.decoders.smp_plans import DecoderPlan, plan_decoder


class SmpBody(nn.Module):
    """One SMP decoder with the input list that it expects: a map for every power-of-two stride.

    A stride that the encoder does not have gets a map with 0 channels.
    """

    def __init__(self, plan: DecoderPlan) -> None:
        super().__init__()
        self.map_indices = plan.map_indices
        self.has_token_argument = plan.has_token_argument
        self.decoder = plan.build()
        initialize_decoder(self.decoder)

    def forward(self, maps: Sequence[Tensor], size: tuple[int, int]) -> Tensor:
        """The pyramid of images of `size` (height, width) → one map N×C×H'×W'."""
        count = len(maps[0])
        inputs = [
            maps[index] if index is not None else maps[0].new_empty(count, 0, size[0] >> power, size[1] >> power)
            for power, index in enumerate(self.map_indices)
        ]
        tokens = ([None] * len(inputs),) if self.has_token_argument else ()
        output: Tensor = self.decoder(inputs, *tokens)
        return output


class SMPDecoder(Decoder):
    """`smp:unet`, `smp:unetplusplus`, `smp:fpn`, `smp:deeplabv3plus`, `smp:dpt`, `smp:segformer`, `smp:upernet`.

    All tasks share one decoder, or each task has its own (`shared = false`). SMP's decoders ignore a full-size map.
    `dpt` ignores the class tokens of transformers.

    Raises
        ConfigError: the architecture does not accept this pyramid (the message says which it accepts), or a batch of
            one sample is used to train an architecture that normalises one value per channel.
    """

    class Config(ComponentConfig):
        """Width of the decoder, and whether the tasks share it."""

        width: int = Field(
            256, ge=64, le=1024, multiple_of=64, description="Channels of the widest stage; SMP's default is 256."
        )
        shared: bool = Field(True, description="true: one decoder for all tasks; false: one decoder per task.")

    POOLED: ClassVar[frozenset[str]] = frozenset({"deeplabv3plus", "upernet"})
    """Decoders that pool each image to one value per channel. Batch norm cannot train on one such value."""

    def __init__(self, config: Config, features: FeatureSpec, tasks: Sequence[str], variant: str) -> None:
        super().__init__()
        plan = plan_decoder(variant, features, config.width)
        self.variant = variant
        self.finest = features.strides[0]
        self.channels, self.stride, self.multiple = plan.channels, plan.stride, plan.multiple
        self.shared = SmpBody(plan) if config.shared else None
        self.branches = nn.ModuleDict({t: nn.Identity() if config.shared else SmpBody(plan) for t in tasks})

    @classmethod
    def output_stride(cls, config: ComponentConfig, variant: str = "") -> int | None:  # noqa: ARG003
        """DeepLabV3+ wants its coarsest map at stride 16."""
        return 16 if variant == "deeplabv3plus" else None

    def forward(self, maps: Sequence[Tensor], tasks: Collection[str]) -> dict[str, Tensor]:
        """The map of each of `tasks`."""
        if self.training and len(maps[0]) == 1 and self.variant in self.POOLED:
            raise ConfigError(
                f"decoder `smp:{self.variant}` cannot train on a batch of one sample: its batch norm sees one value "
                "per channel",
                "use `--set train.batch_size=2` or more; with `train.accumulate=K`, 2·K or more",
            )
        size = (maps[0].shape[-2] * self.finest, maps[0].shape[-1] * self.finest)
        if self.shared is not None:
            shared_map = self.shared(maps, size)
            return {task: self.branches[task](shared_map) for task in tasks}
        return {task: self.branches[task](maps, size) for task in tasks}
