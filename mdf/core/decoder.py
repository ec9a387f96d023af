"""The contract of decoders. A decoder turns a feature pyramid into one map for each task."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterator, Sequence

from torch import Tensor, nn

from mdf.core.component import ComponentConfig


class Decoder(nn.Module, ABC):
    """Turns a feature pyramid into one map for each task.

    Constructed as `Decoder(config, features, tasks)`, or as `Decoder(config, features, tasks, variant)` for a family.
    Layers that the tasks do not share are in `branches[task]`.

    Reads
        maps: the pyramid that `features` declares.
    Returns
        the map of each requested task: N×`channels`×(H/`stride`)×(W/`stride`) float.
        Only the branches of the requested tasks run.
    """

    class Config(ComponentConfig):
        """No options."""

    channels: int
    """Channels of every returned map."""

    stride: int
    """Stride of the returned maps, relative to the input image (1 = full size)."""

    multiple: int = 1
    """Height and width of the input must be multiples of this and of the encoder's `multiple`. The model pads and
    crops."""

    branches: nn.ModuleDict
    """Each task's own layers, by task name. They are frozen together with the task's head."""

    @classmethod
    def output_stride(cls, config: ComponentConfig, variant: str = "") -> int | None:  # noqa: ARG003
        """The stride that it wants for the encoder's coarsest map; None = no wish. Encoders without such an option
        ignore it."""
        return None

    @abstractmethod
    def forward(self, maps: Sequence[Tensor], tasks: Collection[str]) -> dict[str, Tensor]:
        """The map of each of `tasks`."""

    def one_by_one(self, maps: Sequence[Tensor], tasks: Collection[str]) -> Iterator[tuple[str, Tensor]]:
        """Yields the maps of `forward`, task by task.

        Override it to run each branch only when its map is requested. This needs less memory, because the head and the
        backward pass of one task finish before the next branch starts.
        """
        yield from self(maps, tasks).items()
