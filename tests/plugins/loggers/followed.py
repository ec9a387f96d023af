"""A small study for a logger: one trial trained, one failed, one kept from before."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

from mdf.core.lifecycle import Study, StudyEnd, Trial, TrialEnd, read_only
from mdf.core.progress import Epoch
from mdf.registry import Catalog

CONFIG = {"encoder": {"name": "unet", "width": 8}, "size": [64, 48], "heads": {"mask": "mask"}, "train": {"lr": 0.5}}
SCORES, COSTS = {"mask/iou": 0.75}, {"parameters": 123.0}


def png(width: int, height: int) -> bytes:
    """The smallest grey picture."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    rows = zlib.compress((b"\0" + b"\x80" * width) * height)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def study_in(folder: Path) -> Study:
    """A study whose report is written."""
    folder.mkdir(exist_ok=True)
    (folder / "report.md").write_text("| iou |\n|---|\n| 0.750 |\n")
    (folder / "report.png").write_bytes(png(5, 3))
    config = read_only(CONFIG)
    trials = (
        Trial("aaaaaaaaaaaa", "unet · l1", 1, 3, config, folder / "a"),
        Trial("bbbbbbbbbbbb", "../../evil", 2, 3, config, folder / "b"),
        Trial("cccccccccccc", "kept", 3, 3, config, folder / "c", kept=True),
    )
    return Study("my-study", folder, trials)


def tell(logger: str, study: Study, options: dict[str, object] | None = None) -> None:
    """Calls all hooks of a logger, as a study does. AssertionError if a hook fails."""
    listener = Catalog.discover().logger(logger, options or {})

    def call(hook: str, **arguments: object) -> None:
        fault = listener.call(hook, study=study, **arguments)
        assert fault is None, fault.trace or fault.error

    trained, failed, kept = study.trials
    call("mdf_study_start")
    call("mdf_trial_start", trial=trained)
    call("mdf_epoch_end", trial=trained, epoch=Epoch(0, 0, {}, {"mask/iou": 0.0}))
    call("mdf_epoch_end", trial=trained, epoch=Epoch(1, 10, {"mask": 0.5}, {"mask/iou": 0.5}, 0.4, True))
    call("mdf_epoch_end", trial=trained, epoch=Epoch(2, 20, {"mask": 0.25}, {"mask/iou": float("nan")}, 0.7, True))
    call("mdf_trial_end", trial=trained, end=TrialEnd("ok", "", SCORES, COSTS, 20))
    call("mdf_trial_start", trial=failed)
    call("mdf_trial_end", trial=failed, end=TrialEnd("oom", "too large"))
    call("mdf_trial_start", trial=kept)
    call("mdf_trial_end", trial=kept, end=TrialEnd("ok", "", {"mask/iou": 0.25}, {}, None))
    call("mdf_study_end", end=StudyEnd(False, (study.folder / "report.md", study.folder / "report.png")))
