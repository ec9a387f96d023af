"""A trained model in use: two images in, a mask and a depth map out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from mdf.core.errors import DataError
from mdf.core.image import check_same
from mdf.core.sixteen_bit import limits_of
from mdf.core.task import SPREAD, Task, public_outputs
from mdf.engine import flow
from mdf.engine.fold import fold
from mdf.engine.model import Background
from mdf.engine.prepare.resize import resize_images
from mdf.inference.inputs import ImageLike, to_tensor
from mdf.models.restore import Restored, restore
from mdf.runs.find import find_model

Map = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Prediction:
    """What a model says of one frame, at the frame's own size.

    Attributes:
        values: by task, float32: H×W, or C×H×W of a task with several channels; with N in front where the frames
            were given as N×3×H×W.
        units: unit of each task's values; "" where there is none.
        spreads: by task, the expected absolute error of each value, in the task's unit and of the same shape; only of
            tasks whose head tells it (`depth-laplace`).
    """

    values: Mapping[str, Map]
    units: Mapping[str, str]
    spreads: Mapping[str, Map] = field(default_factory=dict)

    @property
    def mask(self) -> Map | None:
        """Probability 0–1 that a pixel is foreground; None where the model has no such task."""
        return self.values.get("mask")

    @property
    def depth(self) -> Map | None:
        """Distance along the viewing axis in `units["depth"]`; None where the model has no such task."""
        return self.values.get("depth")

    @property
    def depth_spread(self) -> Map | None:
        """Expected absolute error of `depth`, in its unit; None where the model's head does not tell it."""
        return self.spreads.get("depth")


class LoadedModel:
    """A trained network with all that it needs to be used. Made by `mdf.load`.

    Attributes:
        folder: the run that it comes from.
        size: (height, width) that the network works at; images of any size are resized to it and back.
        tasks: its tasks by name, which know units and how values are drawn.
        limits: the levels of images of more than 8 bits that become black and white; None = all of 16 bits.
    """

    def __init__(self, restored: Restored) -> None:
        self._restored = restored
        self.folder: Path = restored.folder
        self.size: tuple[int, int] = restored.config.image_size
        self.tasks: Mapping[str, Task] = restored.tasks
        self.limits = limits_of(restored.config.data.options)

    @classmethod
    def ready(cls, restored: Restored) -> LoadedModel:
        """The network of `restored` made one for use alone."""
        model = fold(restored.model.cpu(), restored.config.image_size)
        return cls(replace(restored, model=flow.place(model, restored.runtime)))

    def predict(self, bg: ImageLike, frame: ImageLike) -> Prediction:
        """Mask and depth of `frame`, whose empty scene is `bg`.

        Both are a path, a Pillow image, an array H×W×3 uint8, or a tensor 3×H×W or N×3×H×W (uint8, or float 0–1),
        RGB and of one size. N frames go with one background or N of them.

        Raises
            DataError: an image that cannot be read, or is of another shape, type, range or size.
        """
        return self.open(bg)(frame)

    def open(self, bg: ImageLike) -> Session:
        """A session of a fixed camera: what depends on `bg` alone is computed now, once. Raises as `predict`."""
        return Session(self._restored, to_tensor(bg, "the background", self.limits))


class Session:
    """One camera: `session(frame)` is `model.predict(bg, frame)`, without what was computed already."""

    def __init__(self, restored: Restored, bg: Tensor) -> None:
        images = bg[None] if bg.ndim == 3 else bg
        self._restored = restored
        self.frame_size: tuple[int, int] = (images.shape[-2], images.shape[-1])
        self._count = len(images)
        with torch.inference_mode(), restored.runtime.autocast():
            self._background = restored.model.background(self._ready(images))

    def __call__(self, frame: ImageLike) -> Prediction:
        """Mask and depth of `frame`. Raises as `LoadedModel.predict`."""
        image = to_tensor(frame, "the frame", limits_of(self._restored.config.data.options))
        check_same("the frame", (image.shape[-2], image.shape[-1]), self.frame_size, "the background")
        single = image.ndim == 3
        values = self.values(image[None] if single else image)
        maps = {key: x.squeeze(1) if x.shape[1] == 1 else x for key, x in values.items()}
        arrays = {key: (x[0] if single else x).numpy() for key, x in maps.items()}
        return Prediction(
            {key: x for key, x in arrays.items() if not key.endswith(SPREAD)},
            {name: task.unit for name, task in self._restored.tasks.items()},
            {key.removesuffix(SPREAD): x for key, x in arrays.items() if key.endswith(SPREAD)},
        )

    def values(self, frames: Tensor) -> dict[str, Tensor]:
        """What `public_outputs` gives, N×C×H×W float32 on the CPU, of frames N×3×H×W uint8 of the background's size."""
        background = self._background_for(len(frames))
        tasks, runtime = self._restored.tasks, self._restored.runtime
        with torch.inference_mode():
            with runtime.autocast():
                logits = self._restored.model.forward_frame(background, self._ready(frames))
            public = {key: (tasks[key.removesuffix(SPREAD)], x) for key, x in public_outputs(tasks, logits).items()}
            native = {key: task.resize_values(x.float(), self.frame_size).cpu() for key, (task, x) in public.items()}
        return {key: x.clone() for key, x in native.items()}  # ordinary tensors, which users may change

    def _ready(self, images: Tensor) -> Tensor:
        return resize_images(images.to(self._restored.runtime.device), self._restored.config.image_size)

    def _background_for(self, count: int) -> Background:
        """The background once for each of `count` frames."""
        if count == self._count:
            return self._background
        if self._count != 1:
            raise DataError(
                f"there are {count} frames and {self._count} backgrounds", "give one background, or as many"
            )
        maps = [x.expand(count, *x.shape[1:]) for x in self._background.maps]
        return Background(self._background.mean, self._background.std, maps)


def load(
    run: str | Path,
    runs: str | Path = "runs",
    plugins: Sequence[str] = (),
    device: str | None = None,
    precision: str | None = None,
    size: str | None = None,
) -> LoadedModel:
    """The model of a run: see `mdf.api.load`."""
    return LoadedModel.ready(restore(find_model(run, Path(runs)), plugins, device, precision, size))
