"""Predictions as files, in a worker: of images one by one, of a video as videos."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from time import perf_counter
from typing import Any

from mdf.core.files import write_json
from mdf.core.image import check_same, image_size
from mdf.core.progress import OnProgress, Stage
from mdf.inference.inputs import to_tensor
from mdf.inference.predict import Request, names_of
from mdf.inference.session import LoadedModel
from mdf.inference.writer import Job
from mdf.models.restore import restore


def predict(on_progress: OnProgress, request: Request, scratch: Path) -> dict[str, Any]:
    """Write what `request` asks for; returns what was written. Raises MdfError; files are whole or not there."""
    on_progress(Stage("loading the model"))
    model = LoadedModel.ready(restore(request.run, request.plugins, request.device, request.precision, request.size))
    job = Job(on_progress, request, scratch, model)
    if not request.is_video:
        return predict_images(job)
    from mdf.inference.video import predict_video

    return predict_video(job)


def predict_images(job: Job) -> dict[str, Any]:
    """Each frame's mask, depth and overlay, and a JSON file that says what they mean."""
    sources, out = job.request.frames, job.request.out
    planned = {name: {**job.files(out, name), "about": out / f"{name}.json"} for name in names_of(sources)}
    written = [path for files in planned.values() for path in files.values()]
    job.check_free(written)
    bg = to_tensor(job.request.background, "the background", job.model.limits)
    like = f"its background {job.request.background}"
    for source in sources:  # from the headers, before the first is predicted; a photo may have been turned
        if sorted(found := image_size(source)) != sorted(bg.shape[1:]):
            check_same(source, found, (bg.shape[1], bg.shape[2]), like)
    session = job.model.open(bg)
    drawing = job.drawing(session, bg)
    started = perf_counter()
    for done, (source, files) in enumerate(zip(sources, planned.values(), strict=True)):
        job.tell(done, len(sources), started)
        frame = to_tensor(source, str(source), job.model.limits)
        check_same(source, (frame.shape[-2], frame.shape[-1]), session.frame_size, like)
        maps = {task: values[0] for task, values in session.values(frame[None]).items()}
        job.write(files, frame, maps, drawing)
        write_json(files["about"], job.about(source, _maps_of(files), session.frame_size), job.scratch)
    return job.summary(written, len(sources), started)


def _maps_of(files: Mapping[str, Path]) -> dict[str, Path]:
    return {kind: path for kind, path in files.items() if kind != "about"}
