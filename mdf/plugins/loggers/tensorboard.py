"""TensorBoard event files in `<study>/tensorboard/`, one folder per trial. Needs neither torch nor TensorFlow."""

from __future__ import annotations

import re
import shutil
import struct
import time
from collections.abc import Mapping
from pathlib import Path

from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary, SummaryMetadata
from tensorboard.compat.proto.tensor_pb2 import TensorProto
from tensorboard.compat.proto.tensor_shape_pb2 import TensorShapeProto
from tensorboard.compat.proto.types_pb2 import DT_STRING
from tensorboard.plugins.hparams.summary_v2 import hparams_pb
from tensorboard.summary.writer.event_file_writer import EventFileWriter

from mdf.core.component import ComponentConfig
from mdf.core.hooks import hookimpl
from mdf.core.lifecycle import Study, StudyEnd, Trial, TrialEnd
from mdf.core.logger import Logger
from mdf.core.progress import Epoch
from mdf.plugins.loggers.parameters import parameters

FOLDER = "tensorboard"


class TensorBoard(Logger):
    """Logs each trial's losses, scores and costs as scalars, and its config as text and hyperparameters.

    `loss/…` and `validation/…` are logged by step, `test/…` and `cost/…` at the end of the trial. The report's table
    and picture are a separate run. To see them, start `tensorboard --logdir runs`.
    """

    def __init__(self, config: ComponentConfig) -> None:
        super().__init__(config)
        self.writers: dict[str, EventFileWriter] = {}
        """The writer of every trial that is running now, by trial id. Several trials may run at once."""

    @hookimpl
    def mdf_trial_start(self, study: Study, trial: Trial) -> None:
        """Start the trial's event file with its config, unless the trial has an earlier result and a file."""
        folder = study.folder / FOLDER / _folder_name(trial)
        if trial.kept and folder.is_dir():
            return
        shutil.rmtree(folder, ignore_errors=True)
        writer = self.writers[trial.id] = EventFileWriter(str(folder))
        values = parameters(trial.config)
        _write(writer, hparams_pb(dict(values), trial_id=trial.id))
        _write(writer, _text("config", "\n".join(f"    {key} = {value}" for key, value in values.items())))

    @hookimpl
    def mdf_epoch_end(self, trial: Trial, epoch: Epoch) -> None:
        """Log losses and validation scores."""
        writer = self.writers[trial.id]
        _scalars(writer, epoch.losses, "loss", epoch.step)
        _scalars(writer, {**epoch.scores, "selection": epoch.selection}, "validation", epoch.step)

    @hookimpl
    def mdf_trial_end(self, trial: Trial, end: TrialEnd) -> None:
        """Log test scores and costs at the step of the chosen weights, and close the file."""
        writer = self.writers.pop(trial.id, None)
        if writer is None:
            return
        _scalars(writer, end.scores, "test", end.best_step or 0)
        _scalars(writer, end.costs, "cost", end.best_step or 0)
        _write(writer, _text("status", f"{end.status}: {end.reason}" if end.reason else end.status))
        writer.close()

    @hookimpl
    def mdf_study_end(self, study: Study, end: StudyEnd) -> None:
        """Log the report's table and picture."""
        folder = study.folder / FOLDER / "report"
        shutil.rmtree(folder, ignore_errors=True)
        writer = EventFileWriter(str(folder))
        for file in end.files:
            if file.suffix == ".md":
                _write(writer, _text("report", file.read_text(encoding="utf-8")))
            elif file.suffix == ".png":
                _write(writer, _image("report", file))
        writer.close()


def _folder_name(trial: Trial) -> str:
    """The run's name in TensorBoard. Characters that could lead out of the folder are replaced."""
    label = re.sub(r"[^\w+=*,-]+", "-", trial.label).strip("-")[:80]
    return f"{label}-{trial.id[:6]}"


def _scalars(writer: EventFileWriter, values: Mapping[str, float], group: str, step: int) -> None:
    if values:
        scalars = [Summary.Value(tag=f"{group}/{key}", simple_value=value) for key, value in values.items()]
        _write(writer, Summary(value=scalars), step)


def _write(writer: EventFileWriter, summary: Summary, step: int = 0) -> None:
    writer.add_event(Event(wall_time=time.time(), step=step, summary=summary))


def _text(tag: str, markdown: str) -> Summary:
    metadata = SummaryMetadata(plugin_data=SummaryMetadata.PluginData(plugin_name="text"))
    shape = TensorShapeProto(dim=[TensorShapeProto.Dim(size=1)])
    tensor = TensorProto(dtype=DT_STRING, string_val=[markdown.encode()], tensor_shape=shape)
    return Summary(value=[Summary.Value(tag=tag, metadata=metadata, tensor=tensor)])


def _image(tag: str, file: Path) -> Summary:
    """A PNG file's bytes. Its first 24 bytes give its size (PNG specification, third edition, 11.2.1)."""
    data = file.read_bytes()
    width, height = struct.unpack(">II", data[16:24])
    image = Summary.Image(height=height, width=width, colorspace=3, encoded_image_string=data)
    return Summary(value=[Summary.Value(tag=tag, image=image)])
