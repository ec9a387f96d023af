"""The contract of sources. A source gives the frames of one fixed camera, one after another. Torch-free."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from mdf.core.component import ComponentConfig
from mdf.core.footage import Coded
from mdf.core.image import Pixels


@dataclass(frozen=True, slots=True)
class SourceFrame:
    """One frame as its source gives it.

    Attributes:
        pixels: gives H×W×3 uint8 RGB, upright. It is called at most once, and not at all for a frame that is passed
            over. Of a live source it may be called while the next frames are read, in another thread.
        seconds: the stream's own time of the frame, in seconds from any start; None = the stream does not tell.
        coded: the coded pictures that were read since the frame before it, where they are wanted (`Source.records`) and
            the source has them.
    """

    pixels: Callable[[], Pixels]
    seconds: float | None = None
    coded: Coded | None = None


class Source(ABC):
    """Frames of one fixed camera: a file, a folder, a device or a stream.

    Constructed as `Source(config, address)`, in a process of its own that may be killed at any time. `Spec.addresses`
    says which addresses it reads. Importing its module must not import torch.

    Attributes:
        live: whether frames come in real time. Of a live source the newest frame counts and older ones are passed over;
            of any other source every frame is read.
        returns: whether it can be opened again after it ended or failed.
        records: set before `frames` is called: somebody records, and wants coded pictures beside each frame. A source
            that has none gives none; its frames are encoded then.

    An error message or a `repr` must not show user names or passwords of the address: `mdf.core.address.shown` hides
    them.
    """

    live: bool = False
    returns: bool = False
    records: bool = False

    class Config(ComponentConfig):
        """No options."""

    def __init__(self, config: ComponentConfig, address: str) -> None:
        self.config = config
        self.address = address

    @abstractmethod
    def frames(self) -> Iterator[SourceFrame]:
        """Open it and give its frames, in order. It ends where the source ends.

        Raises
            SourceError: it cannot be opened now, or it broke off. It may work later.
            DataError: it cannot be read at all: a missing file, no video, refused credentials.
        """
