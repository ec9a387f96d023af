"""Checks what a logger promises: it follows any study to its end, however the trials end, and writes nowhere else."""

from __future__ import annotations

from contextlib import chdir
from pathlib import Path
from tempfile import TemporaryDirectory

from mdf.core.lifecycle import Study, StudyEnd, Trial, TrialEnd, read_only
from mdf.core.logger import Logger
from mdf.core.progress import Epoch
from mdf.registry.component import listen
from mdf.registry.listener import HookArgument
from mdf.testing.compare import require
from mdf.testing.subject import Subject

CONFIG = {"encoder": {"name": "unet", "width": 8}, "heads": {"mask": "mask"}, "size": [64, 64], "seed": 0}
ENDS = (
    TrialEnd("ok", scores={"mask/iou": 0.5, "mask/fmeasure": float("nan")}, costs={"parameters": 10.0}, best_step=2),
    TrialEnd("failed", "ValueError: made up"),
    TrialEnd("interrupted", "Ctrl-C"),
    TrialEnd("ok", scores={"mask/iou": 1.0}),
)


def can_be_built(subject: Subject[Logger]) -> None:
    """It is built from its options."""
    with TemporaryDirectory() as folder, chdir(folder):
        subject.create()


def follows_a_study_to_its_end(subject: Subject[Logger]) -> None:
    """Trials that end well, fail, are interrupted, or are kept from before: none of its hooks fails."""
    with TemporaryDirectory() as folder, chdir(folder):
        listener = listen(subject.offer, subject.create())
        for hook, arguments in _story(Path(folder) / "study"):
            fault = listener.call(hook, **arguments)
            require(fault is None, f"`{hook}`: {fault.error if fault else ''}")


def _story(folder: Path) -> list[tuple[str, dict[str, HookArgument]]]:
    folder.mkdir()
    new = tuple(
        Trial(f"{number:012x}", f"unet · l{number} /..", number, len(ENDS), read_only(CONFIG), folder / str(number))
        for number in range(1, len(ENDS))
    )
    trials = (*new, Trial("f" * 12, "kept", len(ENDS), len(ENDS), read_only(CONFIG), folder / "kept", kept=True))
    study = Study("study-made-up", folder, trials)
    story: list[tuple[str, dict[str, HookArgument]]] = [("mdf_study_start", {})]
    for trial, end in zip(trials, ENDS, strict=True):
        story.append(("mdf_trial_start", {"trial": trial}))
        for number in () if trial.kept else (0, 1):
            epoch = Epoch(number, 2 * number, read_only({"mask": 0.7} if number else {}), read_only({"mask/iou": 0.3}))
            story.append(("mdf_epoch_end", {"trial": trial, "epoch": epoch}))
        story.append(("mdf_trial_end", {"trial": trial, "end": end}))
    report = folder / "report.md"
    report.write_text("| a |\n|---|\n", encoding="utf-8")
    story.append(("mdf_study_end", {"end": StudyEnd(ok=False, files=(report,))}))
    return [(hook, {"study": study, **arguments}) for hook, arguments in story]


CHECKS = (can_be_built, follows_a_study_to_its_end)
