"""A trained network in use: two images in, a mask and a depth map out."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from mdf.core.errors import ConfigError, DataError
from mdf.core.image import check_same
from mdf.core.pinhole import Intrinsics
from mdf.core.task import RELATIVE, SPREAD, Task
from mdf.engine.evaluation import guided_range
from mdf.engine.fold_batch_norms import fold
from mdf.engine.prepare.guide import Guidance, guidance
from mdf.engine.prepare.resize import resize_images
from mdf.engine.prepare.steady import Steadier, moved_depths, moved_scenes
from mdf.engine.replay import replayed_on
from mdf.inference.background_depth import METRE, DepthLike, check_guided
from mdf.inference.background_depth import background_depth as depth_of
from mdf.inference.geometry.camera_file import intrinsics_of
from mdf.inference.inputs import ImageLike, to_tensor
from mdf.inference.network import Network, TorchNetwork
from mdf.inference.pair_fit import PairChecker, PairFit
from mdf.inference.results import Prediction
from mdf.inference.threads import cpu_threads, macs_of, threads_for
from mdf.models.export.card import is_exported
from mdf.models.locate import find_loadable, reference_of
from mdf.models.restore import Restored, restore

FARTHER = 1.25
"""How much farther than the known depth of the empty scene a prediction may be stored."""


class LoadedModel:
    """A trained network with all that it needs to be used. Made by `mdf.load`.

    Attributes:
        network: where it runs: in PyTorch, or in the runtime that it was exported to.
        folder: where it lies: a run's folder, an exported folder, or a packed file.
        reference: what names it: the name that it comes with mdf by, or else the path.
        size: (height, width) that the network works at; images of any size are resized to it and back.
        tasks: its tasks by name, which know units and how values are drawn and stored.
        threads: CPU threads that it works with, whatever the rest of the process uses.
        limits: the levels of images of more than 8 bits that become black and white; None = all of 16 bits.
    """

    def __init__(self, network: Network[Any], threads: int) -> None:
        self.network = network
        self.folder: Path = network.folder
        self.reference = reference_of(network.folder)
        self.size: tuple[int, int] = network.size
        self.tasks: Mapping[str, Task] = network.tasks
        self.threads = threads
        self.limits = network.limits
        self._last: tuple[Tensor, Session] | None = None

    @classmethod
    def prepare(cls, on_cpu: Restored, threads: int | None = None, graphs: bool = False) -> LoadedModel:
        """Make the network of `on_cpu` one for use alone, and move it to its device.

        Batch norms are folded into convolutions. `threads` are by default chosen by the work of a frame; on another
        device than the CPU there is little to do for more than one. With `graphs` frames of one size are computed a few
        times, and then by a CUDA graph; a warning says where there is none.
        """
        size = on_cpu.config.image_size
        useful = threads_for(macs_of(on_cpu.model, size))
        with cpu_threads(useful):
            fold(on_cpu.model, size)
        own = threads or (useful if on_cpu.runtime.device == "cpu" else 1)
        recorder = replayed_on(on_cpu.runtime.device, _warn) if graphs else None
        return cls(TorchNetwork(on_cpu.placed(), recorder), own)

    @property
    def restored(self) -> Restored:
        """The layers of a run's network. Raises ConfigError of an exported one, which has none here."""
        if isinstance(self.network, TorchNetwork):
            return self.network.restored
        raise ConfigError(f"{self.folder} is an exported network, and a run is needed here", "name the run itself")

    def predict(self, bg: ImageLike, frame: ImageLike, background_depth: DepthLike | None = None) -> Prediction:
        """Mask and depth of `frame`, whose empty scene is `bg`.

        `background_depth` is the known depth of the empty scene: see `open`.

        Both are a path, a Pillow image, an array H×W×3 uint8, or a tensor 3×H×W or N×3×H×W (uint8, or float 0–1),
        RGB and of one size. N frames go with one background or N of them. Where the background has the same pixels as
        in the call before, what depends on it alone is not computed again.

        Raises
            DataError: an image that cannot be read, or is of another shape, type, range or size.
        """
        if background_depth is not None:
            return self.open(bg, background_depth)(frame)
        with cpu_threads(self.threads):
            return self._session(to_tensor(bg, "the background", self.limits))(frame)

    def open(
        self,
        bg: ImageLike,
        background_depth: DepthLike | None = None,
        *,
        fov: float | None = None,
        intrinsics: str | Path | Intrinsics | None = None,
    ) -> Session:
        """A session of a fixed camera: what depends on `bg` alone is computed now, once.

        `background_depth` is the depth of the empty scene in metres: a file, or H×W of the background's size, NaN or 0
        where it is unknown. Where nothing is in front, the predicted depth is that one, and in front of it depth is in
        metres too. Without it the depth of a network that reads it is relative, and `Prediction.units` says so.

        `fov`, degrees across the picture, or `intrinsics`, a calibration's file, make metres points: see
        `Prediction.points` and `mdf.measure_objects`. Intrinsics are scaled to the background's size.

        Raises
            ConfigError: the network reads no depth of the empty scene; `fov` is none, or both are given.
            DataError: as `predict`; the depth or the intrinsics cannot be read, or are of another size.
        """
        with cpu_threads(self.threads):
            image = to_tensor(bg, "the background", self.limits)
            size = (image.shape[-2], image.shape[-1])
            camera = intrinsics_of(fov, intrinsics, size)
            if background_depth is None:
                return Session(self.network, image, self.threads, intrinsics=camera)
            check_guided(self.network.reads_depth, self.reference)
            metres = torch.from_numpy(depth_of(background_depth, size))
            return Session(self.network, image, self.threads, metres, camera)

    def _session(self, bg: Tensor) -> Session:
        """A session of `bg`: the last one again, where it has the same pixels. Many backgrounds are not remembered."""
        last = self._last  # read once: another thread may replace it
        if last is not None and last[0].device == bg.device and torch.equal(last[0], bg):
            return last[1]
        session = Session(self.network, bg, self.threads)
        if bg.ndim == 3:
            self._last = (bg.clone(), session)  # a copy: the user's tensor may change
        return session


def _warn(reason: str) -> None:
    warnings.warn(f"`graphs`: a frame {reason}", stacklevel=2)


@dataclass(frozen=True, slots=True)
class _Scene:
    """Empty scenes N×3×H×W or 1×3×H×W uint8, what the network makes of them, and what is known of their depth."""

    images: Tensor
    background: Any
    guidance: Guidance | None


class Session:
    """One camera: `session(frame)` is `model.predict(bg, frame)`, without computing again what depends on `bg` alone.

    Attributes:
        frame_size: (height, width) of the background, which every frame must have.
        units: the unit of each task's values.
        intrinsics: of the camera, for frames of this size; None = unknown.
    """

    def __init__(
        self,
        network: Network[Any],
        bg: Tensor,
        threads: int,
        depth: Tensor | None = None,
        intrinsics: Intrinsics | None = None,
    ) -> None:
        """`depth`, H×W, is the known depth of the empty scene in metres, NaN where it is unknown."""
        images = bg[None] if bg.ndim == 3 else bg
        self._network, self._threads = network, threads
        self.frame_size: tuple[int, int] = (images.shape[-2], images.shape[-1])
        self.intrinsics = intrinsics
        self._count = len(images)
        self._images = images.clone()  # frames are compared with it later: the tensor of a user may change
        self._checker: PairChecker | None = None
        self.units = {name: task.unit for name, task in network.tasks.items()}
        self.units |= dict.fromkeys(network.guided, RELATIVE if depth is None else METRE)
        self._depth = depth
        self._guidance = self._guided_by(None if depth is None else depth[None, None])
        self._steadier = Steadier(self._images)
        with cpu_threads(threads):
            small = resize_images(images, network.size)
            self._background = network.background(small, depth=self._small_depth(self._guidance))

    def _guided_by(self, depth: Tensor | None) -> Guidance | None:
        if depth is None:
            return None
        network = self._network
        return guidance(depth, network.size, guided_range(network.tasks, network.guided))

    def _small_depth(self, guide: Guidance | None) -> Tensor | None:
        return None if guide is None else guide.small.expand(max(self._count, len(guide.small)), -1, -1, -1)

    @property
    def guided(self) -> tuple[str, ...]:
        """The tasks whose prediction follows the depth of the empty scene where that is known."""
        return self._network.guided

    @property
    def farthest(self) -> float | None:
        """The largest depth that a guided prediction reaches, in metres; None if no depth of the scene is known."""
        if self._guidance is None or not self.guided:
            return None
        return FARTHER * float(self._guidance.native.max())

    def __call__(self, frame: ImageLike) -> Prediction:
        """Mask and depth of `frame`. Raises as `LoadedModel.predict`."""
        with cpu_threads(self._threads):
            image = to_tensor(frame, "the frame")
        check_same("the frame", (image.shape[-2], image.shape[-1]), self.frame_size, "the background")
        single = image.ndim == 3
        return self.prediction(self.values(image[None] if single else image), single)

    def prediction(self, values: Mapping[str, Tensor], single: bool) -> Prediction:
        """`values`, N×C×H×W each, as a prediction; `single` = of one frame, without N."""
        maps = {key: x.squeeze(1) if x.shape[1] == 1 else x for key, x in values.items()}
        arrays = {key: (x[0] if single else x).numpy() for key, x in maps.items()}
        return Prediction(
            {key: x for key, x in arrays.items() if not key.endswith(SPREAD)},
            self.units,
            {key.removesuffix(SPREAD): x for key, x in arrays.items() if key.endswith(SPREAD)},
            self._foreground(values, single),
            self.intrinsics,
        )

    def _foreground(self, values: Mapping[str, Tensor], single: bool) -> NDArray[np.bool_] | None:
        """Where any task says that something is in front: H×W, of several frames N×H×W; None where no task tells it."""
        told = [
            torch.stack([where for where in map(task.foreground, values[name]) if where is not None])
            for name, task in self._network.tasks.items()
            if task.foreground(values[name][0]) is not None
        ]
        if not told:
            return None
        there = torch.stack(told).any(0).squeeze(1).numpy()
        return there[0] if single else there

    def check(self, frame: ImageLike) -> PairFit:
        """How `frame` fits the background, by their images alone; its `warning` is "" where the two belong together.

        It takes a few milliseconds. With several backgrounds the first counts. Raises as `LoadedModel.predict`.
        """
        image = to_tensor(frame, "the frame")
        check_same("the frame", (image.shape[-2], image.shape[-1]), self.frame_size, "the background")
        if self._checker is None:
            self._checker = PairChecker(self._images[0])
        return self._checker(image if image.ndim == 3 else image[0])

    def values(self, frames: Tensor) -> dict[str, Tensor]:
        """What `public_outputs` gives of frames N×3×H×W uint8 of the background's size: N×C×H×W float32 on the CPU.

        Raises
            DataError: there are neither one background nor N.
        """
        if self._count not in (1, len(frames)):
            raise DataError(
                f"there are {len(frames)} frames and {self._count} backgrounds",
                "give one background, or as many as frames",
            )
        network = self._network
        with cpu_threads(self._threads):
            small = resize_images(frames, network.size)
            scene = self._steadied(frames)
            outputs = network.values(scene.background, small)
            with torch.no_grad():  # outside inference mode: users may change what they are given
                if (guide := scene.guidance) is not None:
                    outputs |= {task: guide.sharpened(outputs[task].float().cpu()) for task in network.guided}
                return {key: self._native(key, x, scene.images, frames) for key, x in outputs.items()}

    def _steadied(self, frames: Tensor) -> _Scene:
        """The empty scene of `frames`: where the camera was moved, it is moved along."""
        network, size = self._network, self._steadier.size
        shifts = self._steadier(frames)
        if not any(shifts):
            return _Scene(self._images, self._background, self._guidance)
        images = moved_scenes(self._images, shifts, size)
        guide = self._guidance
        if self._depth is not None:
            guide = self._guided_by(moved_depths(self._depth[None, None], shifts, size))
        background = network.background(resize_images(images, network.size), depth=self._small_depth(guide))
        return _Scene(images, background, guide)

    def _native(self, key: str, values: Tensor, scenes: Tensor, frames: Tensor) -> Tensor:
        """Values, or a spread, at the frames' size, on the CPU, as an ordinary tensor."""
        task, own = self._network.tasks[key.removesuffix(SPREAD)], values.float()
        if key.endswith(SPREAD):
            native = task.resize_values(own, self.frame_size).cpu()
        else:
            native = task.at_frame(own, scenes, frames).cpu()
        return native.clone() if native.is_inference() else native


def load(
    run: str | Path,
    runs: str | Path = "runs",
    plugins: Sequence[str] = (),
    device: str | None = None,
    precision: str | None = None,
    size: str | None = None,
    threads: int | None = None,
    graphs: bool = False,
) -> LoadedModel:
    """The model of a run, or of an exported folder: see `mdf.api.load`."""
    return load_from(find_loadable(run, Path(runs)), plugins, device, precision, size, threads, graphs)


def load_from(
    folder: Path,
    plugins: Sequence[str] = (),
    device: str | None = None,
    precision: str | None = None,
    size: str | None = None,
    threads: int | None = None,
    graphs: bool = False,
) -> LoadedModel:
    """The model of a run's folder or packed file, or of an exported folder in the runtime that it was exported to.

    Raises
        ConfigError: of an exported folder a `device` or `graphs` are asked for, a `precision` that its runtime does not
            have, or a `size` that its graphs do not take.
        MdfError: the folder is damaged; the runtime is missing; or as `restore` does.
    """
    if not is_exported(folder):
        return LoadedModel.prepare(restore(folder, plugins, device, precision, size, threads), threads, graphs)
    from mdf.inference.exported.network import ExportedNetwork

    if graphs:
        raise ConfigError(f"{folder} is an exported network, which CUDA graphs are not for", "leave out `graphs`")
    if device not in (None, "auto", "cpu"):
        raise ConfigError(
            f"{folder} is an exported network, which runs on the CPU", "leave out `--device`, or name the run itself"
        )
    own = "fp32" if precision in (None, "auto") else precision
    return LoadedModel(ExportedNetwork.read(folder, plugins, size, threads or 1, own), threads or 1)
