"""What predicting images and videos has in common: names, files, progress."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from mdf.core.errors import MdfError
from mdf.core.progress import OnProgress, Stage
from mdf.core.task import SPREAD, outputs_of
from mdf.inference.outputs import Drawing, Levels, levels_of, write_array, write_levels, write_picture
from mdf.inference.predict import Request, file_name
from mdf.inference.session import LoadedModel, Session

OVERLAY = "overlay"


@dataclass(frozen=True, slots=True)
class Job:
    """One request at work; files that are not finished lie in `scratch`."""

    on_progress: OnProgress
    request: Request
    scratch: Path
    model: LoadedModel

    @property
    def kinds(self) -> list[str]:
        """What is written of each frame: all that the model tells, and the overlay."""
        return [*outputs_of(self.model.tasks), *([OVERLAY] if self.request.overlay else [])]

    def files(self, folder: Path, name: str) -> dict[str, Path]:
        """Where the results of the frame `name` go, by kind."""
        array = {key for key, levels in self.levels.items() if levels is None}
        return {kind: folder / f"{name}-{ending(kind)}.{'npy' if kind in array else 'png'}" for kind in self.kinds}

    @property
    def levels(self) -> dict[str, Levels | None]:
        """How each thing that the model tells is stored."""
        return {key: levels_of(self.model.tasks[key.removesuffix(SPREAD)], key) for key in outputs_of(self.model.tasks)}

    def check_free(self, paths: Iterable[Path]) -> None:
        """Raise MdfError where one of `paths` is there already and may not be replaced."""
        taken = [path for path in paths if path.exists()]
        if taken and not self.request.overwrite:
            more = f" (and {len(taken) - 1} more)" if len(taken) > 1 else ""
            raise MdfError(f"{taken[0]} is there already{more}", "choose another `--out`, or add `--overwrite`")

    def drawing(self, session: Session, bg: Tensor) -> Drawing:
        """How this camera's predictions are drawn; `bg` is its empty scene, 3×H×W uint8."""
        return Drawing(self.model.tasks, session.values(bg[None]))

    def write(self, files: Mapping[str, Path], frame: Tensor, values: Mapping[str, Tensor], drawing: Drawing) -> None:
        """Write the predictions (C×H×W each, of `public_outputs`) of one frame 3×H×W uint8."""
        for key, levels in self.levels.items():
            if levels:
                write_levels(files[key], values[key][0].numpy(), levels, self.scratch)
            else:
                write_array(files[key], values[key].numpy(), self.scratch)
        if OVERLAY in files:
            write_picture(files[OVERLAY], pixels(drawing.overlay(frame, values)), self.scratch)

    def about(self, source: Path, files: Mapping[str, Path], size: tuple[int, int]) -> dict[str, Any]:
        """What must be known to use `files`, as it is written beside them."""
        return {
            "source": str(source),
            "background": self.request.background,
            "run": str(self.model.folder),
            "size": list(size),
            "network_size": list(self.model.size),
            "files": {kind: path.name for kind, path in files.items()},
            "values": {key: levels.to_dict() for key, levels in self.levels.items() if levels},
        }

    def tell(self, done: int, total: int, started: float) -> None:
        """Progress, with frames per second."""
        rate = f", {done / (perf_counter() - started):.1f} frames/s" if done else ""
        self.on_progress(Stage(f"predicting{rate}", done, total))

    def summary(self, files: Iterable[Path], frames: int, started: float) -> dict[str, Any]:
        """What the parent is told at the end."""
        return {
            "run": str(self.model.folder),
            "frames": frames,
            "seconds": perf_counter() - started,
            "files": [str(path) for path in files],
        }


def ending(kind: str) -> str:
    """How the files of a kind end."""
    return file_name(kind.replace("/", "-"))


def pixels(image: Tensor) -> NDArray[np.uint8]:
    """3×H×W uint8 → H×W×3."""
    return image.permute(1, 2, 0).contiguous().numpy()
