"""What `mdf adapt` is asked, and what comes of it. Torch-free."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mdf.core.config import Component

if TYPE_CHECKING:
    from mdf.core.pinhole import Intrinsics
    from mdf.inference.background_depth import DepthLike


@dataclass(frozen=True, slots=True)
class AdaptRequest:
    """One adaptation.

    Attributes:
        model: the network to go on from: a run's folder, or one packed file.
        images: empty frames of the camera.
        video: a clip of the camera, whose empty frames are found.
        data: labelled frames of the camera, or none.
        background_depth: the depth of its empty scene, a file or metres H×W; None = unknown.
        fov: its field of view across the picture in degrees, or None.
        intrinsics: its calibration or that file, or None.
        steps: optimiser steps; None = those of the recipe.
        seconds: after so many seconds of training it ends early.
        seed: decides what is drawn, and in which order.
        scratch: an empty folder in that of the study, which becomes the run's.
        label: what the run is called, such as `mdf-base on street.mp4`.
    """

    model: Path
    images: Sequence[Path]
    video: Path | None
    data: Component | None
    background_depth: DepthLike | None
    fov: float | None
    intrinsics: str | Path | Intrinsics | None
    steps: int | None
    seconds: float
    seed: int
    device: str
    threads: int | None
    plugins: Sequence[str]
    scratch: Path
    label: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """What tells, without a label, how a network does on a camera. All are shares, 0–1.

    Attributes:
        figures: mean IoU of drawn figures that were never trained on, on empty frames that were not either.
        false: how much of the empty frames that were not trained on it calls foreground.
        found: how much of what the network before found for sure in real frames it finds too; None without a clip.
        labelled: IoU on labelled frames that were not trained on; None without any.
        depth: root mean square error of the depth of those figures where they are seen, metres; None where no depth of
            the empty scene is given, or the network predicts none.
    """

    figures: float
    false: float
    found: float | None = None
    labelled: float | None = None
    depth: float | None = None


@dataclass(frozen=True, slots=True)
class Adapted:
    """What came of an adaptation.

    Attributes:
        run: the id of the run; folder: where its files lie.
        kept: whether the network has learned anything; if not, it is the one from before.
        share: how much of the change was kept, 0–1: the weights are mixed with those from before.
        reason: why, in one sentence.
        expected: by how much the mask IoU on this camera is expected to rise.
        before, after: what tells so.
        background: the image to use as the empty scene.
        empty_frames: how many empty frames were used, and `busy_frames` how many others of the clip.
        steps: optimiser steps that were taken, in `seconds`.
    """

    run: str
    folder: Path
    kept: bool
    share: float
    reason: str
    expected: float
    before: Evidence
    after: Evidence
    background: Path
    empty_frames: int
    busy_frames: int
    steps: int
    seconds: float
