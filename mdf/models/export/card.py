"""`model.json` of an exported folder: all that must be known to run its graphs, here or elsewhere. Torch-free."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mdf.core.errors import MdfError
from mdf.core.files import read_json, write_json
from mdf.core.plain import Table
from mdf.runs.result import CONFIG, MODEL

if TYPE_CHECKING:
    from mdf.core.exporter import Array

VERSION = 3
"""Of what is written. 2: graphs may have the input `bg_depth`, and tasks be `guided`. 3: `judged`. Older ones are read
as they are."""
BG, FRAME, BG_DEPTH = "bg", "frame", "bg_depth"
LOGITS, STATE = "/logits", "state/"
"""What names of outputs end and begin with."""
JOINT, OF_BACKGROUND, OF_FRAME = "model", "background", "frame"
"""What graphs are called: of both images; of the empty scene alone; of the frame, given the one before."""
AGAIN = "export the run again with `mdf export`"


@dataclass(frozen=True, slots=True)
class GraphFiles:
    """One graph: the names of its inputs and outputs, and its files."""

    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    files: tuple[str, ...]

    def fed(self, arrays: Mapping[str, Array]) -> dict[str, Array]:
        """Those of `arrays`, by name, that it reads; without a depth of the empty scene, that it is not known."""
        if BG_DEPTH in self.inputs and BG_DEPTH not in arrays:
            arrays = {**arrays, BG_DEPTH: unknown_depth(arrays[BG if BG in arrays else FRAME].shape[-2:])}
        return {name: arrays[name] for name in self.inputs}


@dataclass(frozen=True, slots=True)
class ExportedTask:
    """What one task's values are.

    Attributes:
        head: the component that knows the task, with its `options`; `constants` are those of its training data.
        unit: of the values; "" where there is none. Of a `guided` task: where `bg_depth` is not known.
        range: the least and the greatest value that can be predicted.
        foreground_from: the value from which a pixel is called foreground; None where the task does not tell it.
        calibration: of the network for this task; the graphs' values are calibrated by it already.
        guided: whether its values follow the input `bg_depth`, in whose unit they are then.
    """

    head: str
    options: Table
    constants: Mapping[str, float]
    unit: str
    range: tuple[float, float]
    foreground_from: float | None
    calibration: Mapping[str, float] = field(default_factory=dict)
    guided: bool = False


@dataclass(frozen=True, slots=True)
class Card:
    """An exported network.

    Attributes:
        exporter: the component that wrote the graphs, and `runtime` with its version, which ran them in the check.
        precision: `fp32`, or `int8` for 8-bit integers.
        size: (height, width) that images are resized to before they are given to the graphs.
        any_size: whether the graphs take other sizes too, of sides from `smallest_side` on.
        graphs: by name; `model` reads both images, `background` and `frame` are the same in two steps.
        sha256: by file.
        tasks: by name, in the order of the outputs.
        normalisation: what the graphs do to images of 0–255, for information: mode, mean and deviation.
        frame_range: the levels of images of more than 8 bits that become black and white; None = all of 16 bits.
        scores: of the run on its test split, by column; `columns` says what each means, with its protocol.
        judged: by a precision that the files were judged in besides their own, how much worse each score on the test
            split became.
        licence: under which the network may be used; "" = nobody said.
        trained_on: names of the data sets. Their licences, and that of `pretrained` weights, apply to the network too.
        plugins: version by name of the third parties whose components made it.
        run: the run's id, and `mdf` the version that exported it.
    """

    exporter: str
    runtime: tuple[str, str]
    precision: str
    size: tuple[int, int]
    any_size: bool
    smallest_side: int
    graphs: Mapping[str, GraphFiles]
    tasks: Mapping[str, ExportedTask]
    normalisation: Table
    run: str
    mdf: str
    frame_range: tuple[int, int] | None = None
    scores: Mapping[str, float] = field(default_factory=dict)
    columns: Sequence[Table] = ()
    judged: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    licence: str = ""
    trained_on: tuple[str, ...] = ()
    pretrained: str = ""
    plugins: Mapping[str, str] = field(default_factory=dict)
    sha256: Mapping[str, str] = field(default_factory=dict)
    version: int = VERSION


def write_card(folder: Path, card: Card) -> None:
    """Write `model.json`; last of all, since a folder without it is none."""
    write_json(folder / MODEL, asdict(card))


def is_exported(folder: Path) -> bool:
    """Whether `folder` is one that `mdf export` wrote, and no run's."""
    return (folder / MODEL).is_file() and not (folder / CONFIG).is_file()


def read_card(folder: Path) -> Card:
    """What `model.json` in `folder` says.

    Raises
        MdfError: it is missing or damaged, of a newer mdf, or names a file that is missing, changed or elsewhere.
    """
    path = folder / MODEL
    table = read_json(path)
    try:
        if table["version"] > VERSION:
            raise MdfError(f"{path} was written by a newer mdf ({table['mdf']})", "update mdf, or export the run again")
        card = _card(table)
    except (TypeError, KeyError, ValueError, AttributeError) as error:
        raise MdfError(f"{path} is not what `mdf export` writes ({type(error).__name__}: {error})", AGAIN) from error
    for name, digest in card.sha256.items():
        _check_file(folder, name, digest)
    known = {name for graph in card.graphs.values() for name in graph.files}
    if not known <= set(card.sha256):
        raise MdfError(f"{path} names files without their SHA-256", AGAIN)
    return card


def told_changes(changes: Mapping[str, float]) -> str:
    """How much worse each score became, in words."""
    return ", ".join(f"{key} {'worse' if x > 0 else 'better'} by {abs(x):.4f}" for key, x in changes.items())


def unknown_depth(size: Sequence[int]) -> Array:
    """The input `bg_depth` of images of `size` (height, width) where nothing is known: 1×1×H×W float32, all NaN."""
    import numpy as np  # late: whatever looks whether a folder is an exported one reads this module

    return np.full((1, 1, *size), np.nan, np.float32)


def digest_of(path: Path) -> str:
    """The SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _card(table: Mapping[str, Any]) -> Card:
    graphs = {n: GraphFiles(*(tuple(g[k]) for k in ("inputs", "outputs", "files"))) for n, g in table["graphs"].items()}
    tasks = {name: ExportedTask(**{**task, "range": tuple(task["range"])}) for name, task in table["tasks"].items()}
    height, width = table["size"]
    runtime, version = table["runtime"]
    limits = table["frame_range"]
    return Card(
        **{
            **table,
            "graphs": graphs,
            "tasks": tasks,
            "size": (int(height), int(width)),
            "runtime": (runtime, version),
            "frame_range": None if limits is None else (int(limits[0]), int(limits[1])),
            "trained_on": tuple(table["trained_on"]),
            "columns": tuple(table["columns"]),
        }
    )


def _check_file(folder: Path, name: str, digest: str) -> None:
    path = folder / name
    if Path(name).name != name or not path.is_file():
        raise MdfError(f"{folder / MODEL} names the file `{name}`, which is not in its folder", AGAIN)
    if digest_of(path) != digest:
        raise MdfError(f"{path} has changed since it was exported", AGAIN)
