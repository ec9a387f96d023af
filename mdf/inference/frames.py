"""Predicts on images, one after the other, and writes their files; in a worker."""

from __future__ import annotations

from pathlib import Path
from time import perf_counter

import torch

from mdf.core.image import check_same, image_size
from mdf.core.progress import OnProgress, Stage, Warned
from mdf.inference.bits import bits_warnings
from mdf.inference.drawing import Painter
from mdf.inference.inputs import to_tensor
from mdf.inference.measure import can_measure, measure_objects
from mdf.inference.pair_fit import PairChecker
from mdf.inference.pair_warnings import PairWarnings, foreground_share
from mdf.inference.request import PredictionRequest, result_names
from mdf.inference.results import PredictedFiles
from mdf.inference.session import load_from
from mdf.inference.writer import PredictionWriter, predicting


def predict_in_worker(on_progress: OnProgress, request: PredictionRequest, scratch: Path) -> PredictedFiles:
    """Write the predictions of `request`. Files are complete or not there; `scratch` holds unfinished ones.

    Raises MdfError where the run, an image or the video cannot be used, or a file cannot be written.
    """
    on_progress(Stage("loading the model"))
    model = load_from(request.run, request.plugins, request.device, request.precision, request.size, request.threads)
    torch.set_num_threads(model.threads)  # for decoding and drawing too: this process does nothing else
    writer = PredictionWriter(request, scratch, model)
    if not request.is_video:
        return predict_images(on_progress, writer)
    from mdf.inference.video import predict_video

    return predict_video(on_progress, writer)


def predict_images(on_progress: OnProgress, writer: PredictionWriter) -> PredictedFiles:
    """Write the files of each image of the request."""
    request, model = writer.request, writer.model
    results = {name: writer.frame_files(request.out, name) for name in result_names(request.frames)}
    records = {name: request.out / f"{name}.json" for name in results}
    written = [path for name, files in results.items() for path in (*files.values(), records[name])]
    writer.check_free(written)
    bg = to_tensor(request.background, "the background", model.limits)
    size = (bg.shape[1], bg.shape[2])
    like = f"its background {request.background}"
    for source in request.frames:  # from the headers, before the first is predicted; a photo may have been turned
        if sorted(stored := image_size(source)) != sorted(size):
            check_same(source, stored, size, like)
    for warning in bits_warnings(Path(request.background), bg, request.frames, model.limits):
        on_progress(Warned(warning))
    session = writer.open(bg)
    painter = Painter(model.tasks, session.values(bg[None])) if request.overlay else None
    checker, warnings = PairChecker(bg), PairWarnings(on_progress)
    started = perf_counter()
    for done, (source, (name, files)) in enumerate(zip(request.frames, results.items(), strict=True)):
        on_progress(predicting(done, len(results), started))
        frame = to_tensor(source, str(source), model.limits)
        check_same(source, (frame.shape[-2], frame.shape[-1]), size, like)
        values = {key: x[0] for key, x in session.values(frame[None]).items()}
        writer.write_frame(files, values, painter.overlay(frame, values, {}) if painter else None)
        prediction = session.prediction({key: x[None] for key, x in values.items()}, single=True)
        writer.write_cloud(files, prediction, frame)
        objects = measure_objects(prediction) if can_measure(prediction) else []
        fit = checker(frame, foreground_share(model.tasks, values))
        warnings.add(str(source), fit)
        writer.write_record(records[name], writer.record(source, files, size, fit, objects))
    warnings.end()
    return writer.summary(written, len(results), started, warnings.by_frame)
