"""Writes the run of an adaptation: a folder like that of any run, with its empty frames and what decided."""

from __future__ import annotations

import os
from dataclasses import asdict
from pathlib import Path

import tomli_w

from mdf import __version__
from mdf.core.config import ExperimentConfig, to_table
from mdf.core.files import write_json, write_text
from mdf.models import assemble, files
from mdf.models.restore import Restored
from mdf.registry import Catalog
from mdf.runs.attempts import folders_of
from mdf.runs.commit import AttemptRecorder
from mdf.runs.result import CONFIG, STUDY, TrialResult
from mdf.runs.studies import trials_of, write_study
from mdf.study.adapt.choose import Choice
from mdf.study.adapt.recipe import EMPTY_FRAMES, moved
from mdf.study.adapt.request import AdaptRequest
from mdf.study.identity import decisive, digest

DECISION = "adapt.json"


def write_run(
    request: AdaptRequest,
    config: ExperimentConfig,
    network: Restored,
    fingerprint: str,
    choice: Choice,
    steps: int,
    seconds: float,
) -> tuple[str, Path]:
    """Complete the scratch folder and give it its name; returns the run's id and its folder.

    The same adaptation made again gets a folder beside the first: `ID.2`.
    """
    study, scratch = request.scratch.parent, request.scratch
    key = digest([{**decisive(config), "data": fingerprint}, __version__, choice.share])
    attempts = len(folders_of(key, study.parent))
    folder = study / (f"{key}.{attempts + 1}" if attempts else key)
    config = moved(config, folder / EMPTY_FRAMES)
    catalog = Catalog.discover(request.plugins)
    write_text(scratch / CONFIG, tomli_w.dumps(to_table(config)))
    files.write(scratch, network.model, network.tasks, assemble.network_plugins(config, catalog))
    write_json(scratch / DECISION, asdict(choice))
    os.replace(scratch, folder)
    label = f"{request.label}, {f'{choice.share:.0%} of what was learned' if choice.share else 'as it was'}"
    result = TrialResult(
        id=key,
        label=label,
        status="ok",
        config=to_table(config),
        costs={"train_seconds": seconds, "steps": float(steps)},
        stamp=dict(network.runtime.stamp()),
        split_by="time",
    )
    recorder = AttemptRecorder()
    recorder.commit(folder, result)
    known = trials_of(study) if (study / STUDY).is_file() else {}
    write_study(study, {**known, key: label})
    return key, folder
