"""What has been run: listed, shown, measured and removed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from mdf.api.quiet import Quiet
from mdf.core.errors import ConfigError
from mdf.models.locate import find_model, name_of
from mdf.models.packed import ENDING
from mdf.runs import find, listing, remove, studies
from mdf.runs.attempts import read_statuses, trial_of
from mdf.runs.find import RUNS
from mdf.runs.listing import RunDetails, RunListing, StudySize
from mdf.runs.observer import Observer
from mdf.workers.job import Job
from mdf.workers.process import run_once

FIT: Job[Path, Sequence[str], Mapping[str, Mapping[str, float]]] = Job("mdf.inference.calibrate:fit_calibration")


@dataclass(frozen=True, slots=True)
class Removal:
    """Folders to remove together: all attempts at one run, or one study's folder (`is_study`)."""

    folders: Sequence[Path]
    is_study: bool


@dataclass(frozen=True, slots=True)
class PackedModel:
    """A trained network in one file.

    Attributes:
        file: the file.
        run: the id of the run that it comes from.
        size: of the file, in bytes.
    """

    file: Path
    run: str
    size: int


def list_runs(*, study: str | None = None, status: str | None = None, runs: str | Path = RUNS) -> RunListing:
    """Every run that has ended, the newest first. If a run has several attempts, its last good one counts.

    Args:
        study: only runs of this study: its folder, its name, the start of that, or `latest`.
        status: only runs that ended so, such as `"failed,oom"`.

    Raises MdfError if there is no such study, ConfigError for an unknown status.
    """
    return listing.list_runs(Path(runs), study, read_statuses(status) if status is not None else None)


def show_run(run: str = "latest", *, runs: str | Path = RUNS) -> RunDetails:
    """One run in full. `run` is its folder, the start of its id, or `latest`. Raises MdfError for none or several."""
    return listing.show_run(run, Path(runs))


def pack_run(
    run: str = "latest",
    out: str | Path = "",
    *,
    recipe: str = "",
    half: bool = False,
    calibrate: bool = False,
    runs: str | Path = RUNS,
    plugins: Sequence[str] = (),
    observer: Observer | None = None,
) -> PackedModel:
    """Write the trained network of `run` as one file that any command takes in place of a run.

    The file holds the weights and, in its header, the config, units, constants, temperature and threshold:
    `mdf.pack_run("latest", "street.safetensors")`, then `mdf.load("street.safetensors")`.

    Args:
        run: a run's folder, the start of its id, or `latest`, the last run that left a network.
        out: the file, `NAME.safetensors`; by default that of the run's id, here.
        recipe: what it was trained by, such as `recipes/mdf-base.toml`; stored in the header.
        half: whether kernels are stored as float16, in half the space. They are used as float32.
        calibrate: whether temperature and threshold are fitted again, on the validation split of the run's own data.

    Raises MdfError if there is no such run, it left no network, or the file cannot be written.
    """
    from mdf.models.files import pack

    folder = find_model(run, Path(runs))
    path = Path(out) if out else Path(f"{name_of(folder)}{ENDING}")
    if path.suffix != ENDING:
        raise ConfigError(f"{path} does not end in {ENDING}", f"write `--out {path.stem or 'NAME'}{ENDING}`")
    calibrations = run_once("fitting", FIT, folder, list(plugins), observer=observer or Quiet()) if calibrate else None
    header = pack(folder, path, recipe, half, calibrations)
    return PackedModel(path, header.run, path.stat().st_size)


def study_sizes(*, runs: str | Path = RUNS) -> list[StudySize]:
    """The size of every study on disk, the largest first."""
    return listing.study_sizes(Path(runs))


def find_removals(run: Sequence[str] = (), *, study: Sequence[str] = (), runs: str | Path = RUNS) -> list[Removal]:
    """What `remove` would remove: each named run with all of its attempts (`ID.2` = the second alone), each study.

    A folder that is named twice is in the first removal only. Raises MdfError if a name means nothing or several.
    """
    folder = Path(runs)
    taken: set[Path] = set()
    removals = []
    for attempts in [find.find_attempts(text, folder) for text in run]:
        left = [path for path in attempts if path not in taken]
        taken.update(left)
        if left:
            removals.append(Removal(left, is_study=False))
    named = dict.fromkeys(studies.find_study(text, folder) for text in study)
    return [*removals, *(Removal([one], is_study=True) for one in named)]


def studies_using(removal: Removal) -> list[str]:
    """The names of other studies that use the runs of `removal`. They would have to run them again."""
    first = removal.folders[0]
    study, attempts = (first, first.iterdir()) if removal.is_study else (first.parent, removal.folders)
    users = studies.users_of({trial_of(path) for path in attempts}, study.parent)
    return [name for name in users if name != study.name]


def remove_runs(removal: Removal) -> Sequence[Path]:
    """Remove the folders of `removal`; returns them. Raises MdfError if one of them is running."""
    if removal.is_study:
        for folder in removal.folders:
            remove.remove_study(folder)
    else:
        remove.remove_runs(removal.folders)
    return removal.folders
