"""What `mdf predict` writes: the names of all files, and each kind of file.

Of an image `frame.jpg`, and with `--frames` of each frame of a video:
    `frame-TASK.png`            values as grey levels (`Task.levels`); `frame-TASK.npy` where there are several channels
    `frame-TASK-spread.png`     the values' expected errors, alike, of tasks that predict them
    `frame-overlay.png`         with `--overlay`: the frame, its foreground tinted
    `frame-cloud.ply`           with `--cloud`: the points that it shows, in metres
    `frame.json`                a `FrameRecord`: what the levels mean, where they come from (images alone)
Of a video `street.mp4`:
    `street-TASK.mp4`, `street-TASK-spread.mp4`, `street-overlay.mp4`     pictures, to look at
    `street-background.png`, `street.json`                                the empty scene used, a `VideoRecord`
    `street-frames/`                                                      with `--frames`
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, replace
from pathlib import Path
from time import perf_counter

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from torch import Tensor

from mdf.core.errors import MdfError
from mdf.core.files import whole, write_json
from mdf.core.levels import Levels, levels_between
from mdf.core.pinhole import Intrinsics
from mdf.core.progress import Stage
from mdf.core.task import SPREAD, Task, output_keys
from mdf.inference.geometry.cloud import SceneClouds, write_ply
from mdf.inference.geometry.metric import check_metric
from mdf.inference.pair_fit import PairFit
from mdf.inference.request import PredictionRequest, safe_name
from mdf.inference.results import FrameRecord, MeasuredObject, PredictedFiles, Prediction, StoredArray
from mdf.inference.session import LoadedModel, Session

OVERLAY, CLOUD = "overlay", "cloud"


class PredictionWriter:
    """Names and writes the files of one request. Files that are not finished lie in `scratch`.

    Attributes:
        kinds: what is drawn of each frame: every key of `public_outputs`, and `overlay`.
        values: how each of these keys is stored.
    """

    def __init__(self, request: PredictionRequest, scratch: Path, model: LoadedModel) -> None:
        self.request, self.scratch, self.model = request, scratch, model
        self.values = {key: _storage(model.tasks[key.removesuffix(SPREAD)], key) for key in output_keys(model.tasks)}
        self.kinds = [*self.values, *([OVERLAY] if request.overlay else [])]
        self._clouds: SceneClouds | None = None
        self._intrinsics: Intrinsics | None = None

    def _use_units(self, session: Session) -> None:
        """Store values in the units of `session`, and depths as far as its known one reaches."""
        for key, storage in self.values.items():
            unit = session.units[key.removesuffix(SPREAD)]
            farthest = session.farthest if key in session.guided else None
            if isinstance(storage, Levels) and farthest is not None:
                self.values[key] = levels_between(storage.task, storage.meaning, unit, 0.0, farthest)
            elif unit != storage.unit:
                self.values[key] = replace(storage, unit=unit)

    def frame_files(self, folder: Path, name: str) -> dict[str, Path]:
        """The files of one frame, by kind; `name` is how they begin."""
        endings = {key: "npy" for key, storage in self.values.items() if isinstance(storage, StoredArray)}
        endings |= {CLOUD: "ply"} if self.request.cloud else {}
        kinds = dict.fromkeys((*self.kinds, *endings))
        return {kind: folder / f"{name}-{suffix(kind)}.{endings.get(kind, 'png')}" for kind in kinds}

    def open(self, bg: Tensor) -> Session:
        """The session of the background `bg` 3×H×W uint8, with all that the request knows of the camera.

        Raises as `LoadedModel.open`; and ConfigError where clouds are asked for and depths are no metres.
        """
        request = self.request
        session = self.model.open(bg, request.background_depth, fov=request.fov, intrinsics=request.intrinsics)
        self._use_units(session)
        if request.cloud:
            check_metric(session.units, session.intrinsics)
            empty = session.prediction(session.values(bg[None]), single=True)
            self._clouds = SceneClouds(empty, pixels(bg))
        self._intrinsics = session.intrinsics
        return session

    def check_free(self, paths: Iterable[Path]) -> None:
        """Raise MdfError where one of `paths` exists and may not be replaced."""
        taken = [path for path in paths if path.exists()]
        if taken and not self.request.overwrite:
            more = f" (and {len(taken) - 1} more)" if len(taken) > 1 else ""
            raise MdfError(f"{taken[0]} is there already{more}", "choose another `--out`, or add `--overwrite`")

    def write_frame(self, files: Mapping[str, Path], values: Mapping[str, Tensor], overlay: Tensor | None) -> None:
        """Write what was predicted of one frame: C×H×W each, of `public_outputs`; and the overlay, 3×H×W uint8."""
        for key, storage in self.values.items():
            if isinstance(storage, Levels):
                write_levels(files[key], values[key][0].numpy(), storage, self.scratch)
            else:
                write_array(files[key], values[key].numpy(), self.scratch)
        if overlay is not None:
            self.write_picture(files[OVERLAY], overlay)

    def write_cloud(self, files: Mapping[str, Path], prediction: Prediction, frame: Tensor) -> None:
        """Write the point cloud of `frame` 3×H×W uint8, where one is asked for."""
        if self._clouds is not None:
            write_ply(files[CLOUD], self._clouds.of(prediction, pixels(frame)), self.scratch)

    def write_picture(self, path: Path, picture: Tensor) -> None:
        """Write 3×H×W uint8 RGB as a PNG."""
        with whole(path, self.scratch) as beside:
            Image.fromarray(pixels(picture)).save(beside, format="PNG")

    def write_record(self, path: Path, record: FrameRecord) -> None:
        """Write the JSON file of an image or a video."""
        write_json(path, asdict(record), self.scratch)

    def record(
        self,
        source: Path,
        files: Mapping[str, Path],
        size: tuple[int, int],
        fit: PairFit,
        objects: Iterable[MeasuredObject] = (),
    ) -> FrameRecord:
        """What must be known to use `files`, results of (height, width) `size` of a frame that fits so."""
        return FrameRecord(
            source=str(source),
            background=self.request.background,
            background_depth="" if self.request.background_depth is None else str(self.request.background_depth),
            run=self.model.reference,
            size=size,
            network_size=self.model.size,
            files={kind: path.name for kind, path in files.items()},
            values=self.values,
            calibration={name: task.calibration for name, task in self.model.tasks.items() if task.calibration},
            fit=fit,
            intrinsics=self._intrinsics,
            objects=tuple(objects),
        )

    def summary(
        self, files: Iterable[Path], frames: int, started: float, warnings: Mapping[str, str]
    ) -> PredictedFiles:
        """The result of the whole request. `started` is the `perf_counter()` at which predicting began."""
        seconds = perf_counter() - started
        return PredictedFiles(self.model.reference, frames, seconds, tuple(str(path) for path in files), warnings)


def write_levels(path: Path, values: NDArray[np.float32], levels: Levels, scratch: Path) -> None:
    """Write values H×W as a grey PNG, whose text chunk `mdf` says what its levels mean."""
    info = PngInfo()
    info.add_text("mdf", json.dumps(asdict(levels)))
    with whole(path, scratch) as beside:
        Image.fromarray(levels.encode(values)).save(beside, format="PNG", pnginfo=info)


def write_array(path: Path, values: NDArray[np.float32], scratch: Path) -> None:
    """Write values C×H×W float32 as an `.npy` file."""
    with whole(path, scratch) as beside, beside.open("wb") as file:
        np.save(file, values, allow_pickle=False)


def _storage(task: Task, key: str) -> Levels | StoredArray:
    spread = key.endswith(SPREAD)
    channels = task.spread_channels if spread else task.channels
    return task.levels(spread) or StoredArray(key, task.unit, channels)


def suffix(kind: str) -> str:
    """What the names of the files of a kind end with, before the dot."""
    return safe_name(kind.replace("/", "-"))


def pixels(picture: Tensor) -> NDArray[np.uint8]:
    """3×H×W uint8 → H×W×3."""
    return picture.permute(1, 2, 0).contiguous().numpy()


def predicting(done: int, total: int, started: float) -> Stage:
    """Progress after `done` of `total` frames, with frames per second since `started`."""
    rate = f", {done / (perf_counter() - started):.1f} frames/s" if done else ""
    return Stage(f"predicting{rate}", done, total)
