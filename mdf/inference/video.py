"""Predicts on a recording, frame by frame, in memory that does not grow with its length; in a worker."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

from torch import Tensor

from mdf.core.errors import ConfigError, FrameError, PluginError
from mdf.core.progress import OnProgress, Stage, Warned
from mdf.core.recording import Recording
from mdf.core.sample import Batch
from mdf.engine.loader import read_ahead
from mdf.inference.drawing import Painter
from mdf.inference.pair_fit import PairChecker, PairFit
from mdf.inference.pair_warnings import CURE, foreground_share
from mdf.inference.request import PredictionRequest, result_names
from mdf.inference.results import PredictedFiles, VideoRecord
from mdf.inference.session import Session
from mdf.inference.writer import OVERLAY, PredictionWriter, pixels, predicting, suffix
from mdf.registry import Catalog, Offer

AT_ONCE = 8
PIXELS_AT_ONCE = 2_000_000
"""Frames are predicted in groups of at most so many pixels, so that large ones do not need much memory."""


@dataclass(frozen=True, slots=True)
class VideoFiles:
    """The files of one recording: a video for each kind, and each frame's own files by the frame's number."""

    frames: range
    videos: Mapping[str, Path]
    single: Mapping[int, Mapping[str, Path]]
    background: Path
    record: Path

    @property
    def paths(self) -> list[Path]:
        """Every file."""
        own = [path for files in self.single.values() for path in files.values()]
        return [*self.videos.values(), self.background, self.record, *own]


def predict_video(on_progress: OnProgress, writer: PredictionWriter) -> PredictedFiles:
    """Write videos of all that is predicted and of the overlay, the background that was used, and a JSON file."""
    try:
        return _predict_video(on_progress, writer)
    except FrameError as error:
        number = error.number
        ends = number > writer.request.start
        option = f"`--stop {number}` ends before it." if ends else f"`--start {number + 1}` begins after it."
        raise FrameError(error.message, error.cure, number=number, option=option) from error


def _predict_video(on_progress: OnProgress, writer: PredictionWriter) -> PredictedFiles:
    on_progress(Stage("looking through the video"))
    recording = open_recording(writer.request)
    files = plan_files(writer, len(recording))
    writer.check_free(files.paths)
    on_progress(Stage("estimating the background"))
    bg = recording.read([files.frames.start]).bg[0]
    for warning in recording.warnings():
        on_progress(Warned(warning))
    session = writer.open(bg)
    painter = Painter(writer.model.tasks, session.values(bg[None]))
    writer.write_picture(files.background, bg)
    started = perf_counter()
    fits = FrameFits(PairChecker(bg), max(1, round(float(recording.rate))))
    write_frames(on_progress, writer, files, recording, session, painter, started, fits)
    writer.write_record(files.record, describe(writer, files, recording, session, painter, fits))
    warnings = fits.warnings(str(writer.request.frames[0]))
    for frame, warning in warnings.items():
        on_progress(Warned(f"{frame}: {warning}; {CURE}"))
    return writer.summary(files.paths, len(files.frames), started, warnings)


def open_recording(request: PredictionRequest) -> Recording:
    """The video of `request`, played by the data set whose `Spec.recordings` names its ending.

    Raises
        PluginError: several plugins play such files, or the one that does fails.
        DataError: the file, or its background, cannot be read.
    """
    path, given = request.frames[0], request.background
    catalog = Catalog.discover(request.plugins)
    name = player_of(path, catalog).full_name
    if not issubclass(catalog.load("dataset", f"{name}:{path}"), Recording):
        raise PluginError(
            f"data set `{name}` offers to play {path.name}, and is not a `mdf.core.recording.Recording`",
            "its author can derive the class from it",
        )
    options = {"background": int(given) if given.isdecimal() else given}
    recording = catalog.create("dataset", f"{name}:{path}", options)
    assert isinstance(recording, Recording)
    return recording


def player_of(path: Path, catalog: Catalog) -> Offer:
    """The data set that plays the file: one that names its ending, else one for any file (`*`); built-ins first.

    Raises
        PluginError: several plugins play such files.
        ConfigError: none does.
    """
    players = [offer for offer in catalog.offers("dataset") if offer.spec.recordings]
    for ending in (path.suffix.lower(), "*"):
        fitting = [offer for offer in players if ending in offer.spec.recordings]
        builtin = [offer for offer in fitting if offer.builtin]
        if len(fitting) > 1 and not builtin:
            names = " and ".join(f"`{offer.full_name}`" for offer in fitting)
            raise PluginError(
                f"{path.name} can be played by {names}", f"leave one out: MDF_DISABLE_PLUGINS={fitting[-1].plugin}"
            )
        if fitting:
            return (builtin or fitting)[0]
    raise ConfigError(f"no data set plays {path.name}", "give image files, or install a plugin that plays such files")


def plan_files(writer: PredictionWriter, length: int) -> VideoFiles:
    """The files of a recording of `length` frames. Raises ConfigError where the part asked for is empty."""
    request = writer.request
    path, out = request.frames[0], request.out
    frames = range(request.start, min(request.stop or length, length))
    if not frames:
        raise ConfigError(f"{path} has {length} frames: none from {frames.start} on", "give a smaller `--start`")
    name = result_names([path])[0]
    folder = out / f"{name}-frames"
    single = {i: writer.frame_files(folder, f"{name}-{i:06d}") for i in frames} if request.each_frame else {}
    videos = {kind: out / f"{name}-{suffix(kind)}.mp4" for kind in writer.kinds}
    return VideoFiles(frames, videos, single, out / f"{name}-background.png", out / f"{name}.json")


def write_frames(
    on_progress: OnProgress,
    writer: PredictionWriter,
    files: VideoFiles,
    recording: Recording,
    session: Session,
    painter: Painter,
    started: float,
    fits: FrameFits,
) -> None:
    """Predict every frame, and write it to the videos and, where asked for, to files of its own."""
    from mdf.core.video.writer import writing

    numbers = iter(files.frames)
    start, _ = recording.shown(files.frames.start)
    with ExitStack() as stack:
        videos = {
            kind: stack.enter_context(writing(path, session.frame_size, recording.time_base, writer.scratch))
            for kind, path in files.videos.items()
        }
        for batch in _batches(recording, files.frames, session.frame_size):
            outputs = session.values(batch.fg_bg)
            for i, frame in enumerate(batch.fg_bg):
                number = next(numbers)
                on_progress(predicting(number - files.frames.start, len(files.frames), started))
                time, duration = recording.shown(number)
                values = {key: x[i] for key, x in outputs.items()}
                if (number - files.frames.start) % fits.every == 0:
                    fits.look(number, frame, foreground_share(writer.model.tasks, values))
                pictures = {key: painter.picture(key, x) for key, x in values.items()}
                if OVERLAY in videos:
                    pictures[OVERLAY] = painter.overlay(frame, values, pictures)
                for kind, video in videos.items():
                    video.add(pixels(pictures[kind]), time - start, duration)
                if files.single:
                    writer.write_frame(files.single[number], values, pictures.get(OVERLAY))
                if writer.request.cloud:
                    one = {key: x[i : i + 1] for key, x in outputs.items()}
                    writer.write_cloud(files.single[number], session.prediction(one, single=True), frame)


def describe(
    writer: PredictionWriter,
    files: VideoFiles,
    recording: Recording,
    session: Session,
    painter: Painter,
    fits: FrameFits,
) -> VideoRecord:
    """What must be known to use the files of a recording."""
    shown = {**files.videos, "background": files.background}
    record = writer.record(writer.request.frames[0], shown, session.frame_size, fits.worst)
    return VideoRecord(
        record.source,
        record.background,
        record.background_depth,
        record.run,
        record.size,
        record.network_size,
        record.files,
        values=record.values if files.single else {},
        calibration=record.calibration,
        fit=record.fit,
        frames=(files.frames.start, files.frames.stop),
        frames_per_second=float(recording.rate),
        drawn_from_to=painter.limits,
        looked_at=len(fits.of),
        doubtful=tuple(fits.doubtful),
        intrinsics=record.intrinsics,
    )


class FrameFits:
    """How frames of a recording fit its background.

    Attributes:
        every: every which frame is looked at: about one a second.
        of: how each of these fits, by its number.
    """

    def __init__(self, checker: PairChecker, every: int) -> None:
        self._checker, self.every = checker, every
        self.of: dict[int, PairFit] = {}

    def look(self, number: int, frame: Tensor, foreground: float | None) -> None:
        """Look at one frame 3×H×W uint8; `foreground` is the share of it that is called so."""
        self.of[number] = self._checker(frame, foreground)

    @property
    def doubtful(self) -> list[int]:
        """The numbers of the frames that do not fit."""
        return [number for number, fit in self.of.items() if fit.warning]

    @property
    def worst(self) -> PairFit:
        """The fit of the frame that shows least of the background; of one that does not fit, if there is one."""
        chosen = [self.of[number] for number in self.doubtful] or list(self.of.values())
        return min(chosen, key=lambda fit: 1.0 if fit.structure is None else fit.structure)

    def warnings(self, video: str) -> dict[str, str]:
        """One warning for the whole recording, by its first frame that does not fit; none where all do."""
        if not self.doubtful:
            return {}
        first, count = self.doubtful[0], len(self.doubtful)
        share = f"{count} of {len(self.of)} frames looked at do not fit the background" if len(self.of) > 1 else ""
        return {f"{video}, frame {first}": f"{self.of[first].warning}{f' ({share})' if share else ''}"}


def _batches(recording: Recording, frames: range, size: tuple[int, int]) -> Iterator[Batch]:
    count = max(1, min(AT_ONCE, PIXELS_AT_ONCE // (size[0] * size[1])))
    return read_ahead(recording.read(frames[i : i + count]) for i in range(0, len(frames), count))
