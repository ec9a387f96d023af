"""The contract of decoders: feature pyramid to one map a task."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterator, Sequence

from torch import Tensor, nn

from mdf.core.component import ComponentConfig


class Decoder(nn.Module, ABC):
    """Feature pyramid → one map for each task.

    Constructed as `Decoder(config, features, tasks)`, for a family `Decoder(config, features, tasks, variant)`.
    What of it the tasks do not share exists once a task, in `branches[task]`.

    Reads
        maps: the pyramid that `features` declares.
    Returns
        one map for each asked task: N×`channels`×(H/`stride`)×(W/`stride`) float.
        Only the asked tasks' branches are computed.
    """

    class Config(ComponentConfig):
        """No options."""

    channels: int
    """Channels of every map it returns."""

    stride: int
    """Stride of the returned maps with respect to the input (1 = full size)."""

    multiple: int = 1
    """Height and width of the input must be multiples of it, beside the encoder's own; the model pads and crops."""

    branches: nn.ModuleDict
    """Each task's own stages, by task name: what freezing a head freezes along with it."""

    @classmethod
    def output_stride(cls, config: ComponentConfig, variant: str = "") -> int | None:  # noqa: ARG003
        """The output stride it asks of an encoder that has such an option; None = the encoder's own."""
        return None

    @abstractmethod
    def forward(self, maps: Sequence[Tensor], tasks: Collection[str]) -> dict[str, Tensor]:
        """The map of each of `tasks`."""

    def one_by_one(self, maps: Sequence[Tensor], tasks: Collection[str]) -> Iterator[tuple[str, Tensor]]:
        """What `forward` gives, task by task. A decoder that runs a branch only when its map is asked for holds less:
        the model's heads, and the backward pass, are done with one map before the next."""
        yield from self(maps, tasks).items()
