"""What a capture process and its parent say to each other: small objects that pickle. Torch-free."""

from __future__ import annotations

from dataclasses import dataclass

from mdf.core.footage import Coded
from mdf.core.image import Pixels
from mdf.core.plain import Table
from mdf.registry import Discovery


@dataclass(frozen=True, slots=True)
class Reading:
    """What a capture process is to read.

    Attributes:
        source: the source as `name:address`.
        options: its options.
        plugins: plugin files or modules to use beside the installed ones.
        discovery: what the parent found of plugins.
        size: (height, width) that frames are scaled to, the network's.
    """

    source: str
    options: Table
    plugins: tuple[str, ...]
    discovery: Discovery | None
    size: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Opened:
    """The source is made: how it behaves. It is read once the first frame is asked for."""

    live: bool
    returns: bool


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is wanted of a frame beside its small picture.

    Attributes:
        native: its picture at its own size.
        coded: the coded pictures since the frame before it.
    """

    native: bool = False
    coded: bool = False


@dataclass(frozen=True, slots=True)
class Shot:
    """One frame.

    Attributes:
        number: frames that were read before it, those passed over among them.
        seconds: the stream's own time; None = unknown.
        arrived: `time.monotonic()` when it had been read. wall: `time.time()` then.
        frame_size: (height, width) of the frame itself.
        small: h×w×3 uint8 at the network's size.
        native: H×W×3 uint8, where it is wanted.
        coded: the coded pictures since the frame that was sent before it, where they are wanted.
    """

    number: int
    seconds: float | None
    arrived: float
    wall: float
    frame_size: tuple[int, int]
    small: Pixels
    native: Pixels | None
    coded: Coded | None = None


@dataclass(frozen=True, slots=True)
class Closed:
    """The source gives no more frames: it ended, or it failed with `message` and `hint`.

    Attributes:
        failed: whether it failed.
        final: whether trying again cannot help.
        usage: whether what was asked for is wrong, not the source.
    """

    failed: bool = False
    final: bool = False
    message: str = ""
    hint: str = ""
    usage: bool = False
