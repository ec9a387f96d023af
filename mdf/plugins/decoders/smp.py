"""The decoders of segmentation-models-pytorch, each behind one adapter."""

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
from mdf.plugins.decoders.smp_plans import Plan, plan


class Body(nn.Module):
    """One of SMP's decoders, fed as it expects: a map for each power of two, of no channels where there is none."""

    def __init__(self, planned: Plan) -> None:
        super().__init__()
        self.places = planned.places
        self.arguments = planned.arguments
        self.decoder = planned.build()
        initialize_decoder(self.decoder)

    def forward(self, maps: Sequence[Tensor], size: tuple[int, int]) -> Tensor:
        """The pyramid of an image of `size` → one map."""
        count = len(maps[0])
        given = [
            maps[place] if place is not None else maps[0].new_empty(count, 0, size[0] >> power, size[1] >> power)
            for power, place in enumerate(self.places)
        ]
        found: Tensor = self.decoder(given, *self.arguments)
        return found


class SMPDecoder(Decoder):
    """`smp:unet`, `smp:unetplusplus`, `smp:fpn`, `smp:deeplabv3plus`, `smp:dpt`, `smp:segformer`, `smp:upernet`.

    Shared by all tasks, or (`shared = false`) one for each. SMP passes over a map of full size. `dpt` ignores the
    class tokens of transformers. Raises ConfigError for a pyramid that the architecture cannot take, saying which
    it can, and in training where a batch of one meets a batch norm of one value a channel.
    """

    class Config(ComponentConfig):
        """Its size, and how much of it the tasks share."""

        width: int = Field(
            256, ge=64, le=1024, multiple_of=64, description="Channels of its widest stage; SMP's own is 256."
        )
        shared: bool = Field(True, description="One decoder for all tasks, or one for each.")

    POOLED: ClassVar[frozenset[str]] = frozenset({"deeplabv3plus", "upernet"})
    """Those that pool a whole image into one value a channel, which a batch norm cannot learn from alone."""

    def __init__(self, config: Config, features: FeatureSpec, tasks: Sequence[str], variant: str) -> None:
        super().__init__()
        planned = plan(variant, features, config.width)
        self.variant = variant
        self.finest = features.strides[0]
        self.channels, self.stride, self.multiple = planned.channels, planned.stride, planned.multiple
        self.shared = Body(planned) if config.shared else None
        self.branches = nn.ModuleDict({t: nn.Identity() if config.shared else Body(planned) for t in tasks})

    @classmethod
    def output_stride(cls, config: ComponentConfig, variant: str = "") -> int | None:  # noqa: ARG003
        """DeepLabV3+ looks around at stride 16."""
        return 16 if variant == "deeplabv3plus" else None

    def forward(self, maps: Sequence[Tensor], tasks: Collection[str]) -> dict[str, Tensor]:
        """A map for each of `tasks`."""
        if self.training and len(maps[0]) == 1 and self.variant in self.POOLED:
            raise ConfigError(
                f"decoder `smp:{self.variant}` cannot learn from a batch of one: it normalises one value a channel",
                "use `--set train.batch_size=2` or more; with `train.accumulate=K`, 2·K or more",
            )
        size = (maps[0].shape[-2] * self.finest, maps[0].shape[-1] * self.finest)
        if self.shared is not None:
            found = self.shared(maps, size)
            return {task: self.branches[task](found) for task in tasks}
        return {task: self.branches[task](maps, size) for task in tasks}
