"""What evaluating and predicting give, and what the JSON files beside predictions hold. Torch-free.

The JSON of the command line and of the files is `dataclasses.asdict` of these types.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mdf.inference.geometry.metric import check_metric

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from mdf.core.levels import Levels
    from mdf.core.pinhole import Box, Intrinsics
    from mdf.inference.pair_fit import PairFit

    Map = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Prediction:
    """What a model predicts of one frame, at the frame's own size.

    Attributes:
        values: by task, float32: H×W, or C×H×W of a task with several channels; with N in front where the frames
            were given as N×3×H×W.
        units: unit of each task's values; "" where there is none.
        foreground: bool, H×W or N×H×W: where something is in front of the background, by the model's own threshold;
            None where no task tells it.
        spreads: by task, the expected absolute error of each value, in the task's unit and of the same shape; only of
            tasks whose head predicts it (`depth-laplace`).
        intrinsics: of the camera, for images of this size; None = unknown.
    """

    values: Mapping[str, Map]
    units: Mapping[str, str]
    spreads: Mapping[str, Map] = field(default_factory=dict)
    foreground: NDArray[np.bool_] | None = None
    intrinsics: Intrinsics | None = None

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
        """Expected absolute error of `depth`, in its unit; None where the model's head does not predict it."""
        return self.spreads.get("depth")

    def points(self) -> Map:
        """The point that each pixel sees, in the camera's frame: H×W×3 float32, of several frames N×H×W×3.

        Metres to the right, down, and ahead along the viewing axis; NaN where the depth is not above 0.

        Raises
            ConfigError: the model predicts no depth, the depth is relative, or the intrinsics are unknown.

        >>> import numpy as np
        >>> from mdf.core.pinhole import Intrinsics
        >>> depth, camera = np.full((3, 5), 4.0, np.float32), Intrinsics.of_fov(90.0, (3, 5))
        >>> seen = Prediction({"depth": depth}, {"depth": "m"}, intrinsics=camera)
        >>> seen.points()[1, 2].tolist()  # straight ahead
        [0.0, 0.0, 4.0]
        """
        camera = check_metric(self.units, self.intrinsics)
        return camera.points(self.values["depth"])


@dataclass(frozen=True, slots=True)
class MeasuredObject:
    """One thing in front of the empty scene.

    Attributes:
        box: left, top, right, bottom, each as a share of the picture's width or height.
        depth: metres along the viewing axis, the median of its pixels.
        position: metres to the right of the camera's axis and along it, of the middle of the lower side of its box.
        size: (width, height) in metres of its box at that depth.
        confidence: mean foreground probability of its pixels, 0–1.
    """

    box: Box
    depth: float
    position: tuple[float, float]
    size: tuple[float, float]
    confidence: float


@dataclass(frozen=True, slots=True)
class PredictedFiles:
    """What `mdf predict` has written.

    Attributes:
        run: the network that predicted: the name that it comes with mdf by, a run's folder, or a packed file.
        frames: how many frames it predicted on.
        seconds: how long that took, without loading the network.
        files: paths of all files.
        warnings: by frame, why it seems not to belong to its background; those that do are left out.
    """

    run: str
    frames: int
    seconds: float
    files: tuple[str, ...]
    warnings: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StoredArray:
    """How the values of a task with several channels are stored: an `.npy` file of `channels`×H×W float32 in `unit`."""

    task: str
    unit: str
    channels: int


@dataclass(frozen=True, slots=True)
class FrameRecord:
    """The JSON file beside an image's results.

    Attributes:
        source: the image, or the video, that was predicted on.
        background: as it was asked for.
        background_depth: the file of its depth; "" where none was given, and a guided depth is then relative.
        run: the network that predicted: the name that it comes with mdf by, a run's folder, or a packed file.
        size, network_size: (height, width) of the results, and of the network's images.
        files: names of the result files, by what they hold.
        values: how the numbers in them are stored, by what they hold.
        calibration: by task, what its values are calibrated by; `mask`: `temperature`, and the `threshold` from which a
            probability is called foreground. Empty where the model has none.
        fit: how the frame fits its background; of a video that of the frame that fits worst of those looked at. Its
            `warning` is empty where the two belong together.
        intrinsics: of the camera, for images of `size`; None = unknown.
        objects: the things in front of the empty scene, measured; empty of a video, and where metres are unknown.
    """

    source: str
    background: str
    background_depth: str
    run: str
    size: tuple[int, int]
    network_size: tuple[int, int]
    files: Mapping[str, str]
    values: Mapping[str, Levels | StoredArray]
    calibration: Mapping[str, Mapping[str, float]]
    fit: PairFit
    intrinsics: Intrinsics | None = field(default=None, kw_only=True)
    objects: tuple[MeasuredObject, ...] = field(default=(), kw_only=True)


@dataclass(frozen=True, slots=True)
class VideoRecord(FrameRecord):
    """The JSON file beside a video's results; `values` is of the files of single frames, empty where there are none.

    Attributes:
        frames: number of the first frame, and of the one after the last.
        frames_per_second: of the videos that were written.
        drawn_from_to: by what a video shows, the values at the ends of its colour scale.
        looked_at: how many frames were compared with the background.
        doubtful: numbers of those among them that seem not to belong to it.
    """

    frames: tuple[int, int]
    frames_per_second: float
    drawn_from_to: Mapping[str, tuple[float, float]]
    looked_at: int
    doubtful: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ScoreColumn:
    """One score: its key in `GroupScores.scores`, and its title with the unit."""

    key: str
    title: str


@dataclass(frozen=True, slots=True)
class GroupScores:
    """Scores by key of one group of samples: of all, or of one condition. One that could not be measured is missing."""

    group: str
    samples: int
    scores: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Scores of a trained network on a data set.

    Attributes:
        run: the network's name: that of its run's folder, of its file, or the one that it comes with mdf by.
        data: name of the data set.
        split: `test`, the run's own test split, or `all` samples of other data.
        columns: the scores that were measured, each task's headline score first.
        groups: all samples first, then each condition where that was asked for.
        notes: warnings about what the scores mean, such as samples that the network may have been trained on.
    """

    run: str
    data: str
    split: str
    columns: tuple[ScoreColumn, ...]
    groups: tuple[GroupScores, ...]
    notes: tuple[str, ...] = ()
