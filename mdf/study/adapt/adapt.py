"""The story of one adaptation, in a worker: frames, training, judgement, and the run's folder.

The run's folder is written last, from a scratch folder: an interrupted adaptation leaves nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from time import monotonic

import numpy as np
from PIL import Image
from torch import Tensor

from mdf.core.config import ExperimentConfig
from mdf.core.errors import ConfigError, DataError, MdfError
from mdf.core.files import make_folder
from mdf.core.image import read_image
from mdf.core.progress import OnProgress, Stage
from mdf.core.sample import BACKGROUND_DEPTH
from mdf.data.open import open_dataset
from mdf.data.wrappers import WithBackgroundInfo
from mdf.inference.background_depth import check_guided
from mdf.inference.session import LoadedModel
from mdf.models.locate import name_of
from mdf.models.restore import Restored, restore
from mdf.registry import Catalog
from mdf.study.adapt.choose import Candidate, Choice, choose
from mdf.study.adapt.frames import CameraFrames, from_images, from_video, seen_by
from mdf.study.adapt.judge import Exam, foreground_task, sit, unseen
from mdf.study.adapt.known import KnownCamera, check_judged, known_camera
from mdf.study.adapt.learn import Lesson, check_units, learn, mixed
from mdf.study.adapt.recipe import EMPTY_FRAMES, adapted_config, exam_components
from mdf.study.adapt.request import Adapted, AdaptRequest
from mdf.study.adapt.write import write_run

SHARES = (1.0, 0.5)
"""How much of what was learned may be kept."""
BACKGROUND = "background.png"
DEPTH = "background_depth.npy"


def adapt(on_progress: OnProgress, request: AdaptRequest) -> Adapted:
    """Adapt the network of `request` to its camera, and write a run: of the adapted network if it is better, else of
    the network as it was.

    Raises
        MdfError: the network, an image or the clip cannot be used; the clip is never empty.
    """
    catalog = Catalog.discover(request.plugins)
    before = _restored(request)
    if not foreground_task(before.tasks):
        raise ConfigError(
            f"{request.model} predicts {', '.join(before.tasks)}, and no mask", "adapt a network that predicts masks"
        )
    if request.background_depth is not None:
        check_guided(before.model.guided, name_of(request.model))
    frames = _camera_frames(request, _loaded(before, request), catalog, on_progress)
    camera = known_camera(request, frames.native, before.config.image_size, on_progress)
    empty = _written(frames, camera, request.scratch / EMPTY_FRAMES)
    config = adapted_config(request, before.config, empty, camera.view)
    lesson = _lesson(config, catalog)
    on_progress(Stage("learning"))
    began = monotonic()
    weights, steps = learn(lesson, config, catalog, request.seconds, on_progress)
    seconds = monotonic() - began
    on_progress(Stage("comparing it with the network before"))
    choice = _judged(request, config, frames, camera, lesson, weights, catalog)
    check_judged(camera, choice.before.depth, on_progress)
    taken = _restored(request)
    taken.model.load_state_dict(mixed(taken.model.state_dict(), weights, choice.share))
    run, folder = write_run(request, config, taken, lesson.mixture.fingerprint(), choice, steps, seconds)
    return Adapted(
        run=run,
        folder=folder,
        kept=choice.share > 0,
        share=choice.share,
        reason=choice.reason,
        expected=choice.expected,
        before=choice.before,
        after=choice.after,
        background=folder / EMPTY_FRAMES / BACKGROUND,
        empty_frames=len(frames.empty) or 1,
        busy_frames=len(frames.busy),
        steps=steps,
        seconds=round(seconds, 1),
    )


def _restored(request: AdaptRequest) -> Restored:
    return restore(request.model, request.plugins, device=request.device, threads=request.threads)


def _loaded(network: Restored, request: AdaptRequest) -> LoadedModel:
    return LoadedModel.prepare(network, request.threads)


def _camera_frames(
    request: AdaptRequest, model: LoadedModel, catalog: Catalog, on_progress: OnProgress
) -> CameraFrames:
    see = seen_by(model)
    if request.video is None:
        return from_images(request.images, model.size, see, on_progress)
    given = read_image(request.images[0], "RGB") if request.images else None
    return from_video(request.video, given, model.size, see, catalog, on_progress)


def _written(frames: CameraFrames, camera: KnownCamera, folder: Path) -> Path:
    """The empty frames, and their depth if it is known, as a folder that the data set reads."""
    make_folder(folder)
    Image.fromarray(frames.background).save(folder / BACKGROUND)
    for number, pixels in enumerate(frames.empty, 1):
        Image.fromarray(pixels).save(folder / f"empty-{number:02d}.png")
    if camera.depth is not None:
        np.save(folder / DEPTH, camera.depth)
    return folder


def _lesson(config: ExperimentConfig, catalog: Catalog) -> Lesson:
    known, *labelled = config.extra_train
    try:
        before = open_dataset(known, catalog)
    except MdfError as error:
        message = f"what the network was trained on cannot be opened, and it would forget it: {error.message}"
        raise DataError(message, error.hint) from error
    own = [open_dataset(extra, catalog) for extra in labelled]
    camera = open_dataset(config.data, catalog)
    check_units(camera, before)
    return Lesson(camera, before, own[0] if own else None)


def _judged(
    request: AdaptRequest,
    config: ExperimentConfig,
    frames: CameraFrames,
    camera: KnownCamera,
    lesson: Lesson,
    weights: Mapping[str, Tensor],
    catalog: Catalog,
) -> Choice:
    """Which share of what was learned is kept."""
    figures, empty = (
        WithBackgroundInfo(open_dataset(component, catalog), (BACKGROUND_DEPTH,))
        for component in exam_components(config)
    )
    labelled = unseen(lesson.labelled, test_too=True) if lesson.labelled is not None else []
    exam = Exam(unseen(figures), unseen(empty), labelled, frames.background, frames.busy, camera.depth)
    old = _loaded(_restored(request), request)
    candidates = []
    for share in SHARES:
        network = _restored(request)
        network.model.load_state_dict(mixed(network.model.state_dict(), weights, share))
        candidates.append(Candidate(share, sit(exam, _loaded(network, request), old)))
    return choose(sit(exam, old), candidates)
