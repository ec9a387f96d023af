"""The notes below a study's table: what a reader must know to read the numbers right. Torch-free."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from mdf.report.rows import rows_of
from mdf.runs.result import TrialResult


def notes_of(results: Sequence[TrialResult], study_notes: Sequence[str] = (), unended: int = 0) -> list[str]:
    """The notes on a study: missing scores, seeds, scene-specific scores, its own `study_notes`, and the machine."""
    notes = [incomplete] if (incomplete := incomplete_note(results, unended)) else []
    notes += _notes_on_seeds(results)
    if any(result.split_by == "time" for result in results):
        notes.append("scene-specific: one camera, trained and tested at different times")
    notes += study_notes
    notes += _notes_on_models(results)
    machines = {_machine(result) for result in results}
    notes.append(f"ran on {' and on '.join(sorted(machines))}")
    return notes


def incomplete_note(results: Sequence[TrialResult], unended: int) -> str:
    """How many trials have no scores, why, and what to run; "" if all have scores.

    `unended` is the number of trials without a result.
    """
    statuses = Counter(result.status for result in results if not result.ok)
    counts = [f"{count} ended as `{status}`" for status, count in sorted(statuses.items())]
    counts += [f"{unended} {'has' if unended == 1 else 'have'} not ended"] if unended else []
    if not counts:
        return ""
    to_retry = [status for status in sorted(statuses) if status != "interrupted"]  # interrupted trials continue anyway
    retry = f" with --retry {','.join(to_retry)}" if to_retry else ""
    missing, total = sum(statuses.values()) + unended, len(results) + unended
    return f"incomplete: {missing} of {total} trials have no scores ({', '.join(counts)}); run the command again{retry}"


def _notes_on_seeds(results: Sequence[TrialResult]) -> list[str]:
    notes = []
    rows = rows_of(results)
    seeds = {len(row.done) for row in rows if row.is_random and any(trial.scores for trial in row.done)}
    if seeds and max(seeds) > 1:
        notes.append("± is the 95 % confidence interval of the mean over seeds, on these test images (Student's t)")
    if 1 in seeds:
        which = "1 seed" if max(seeds) == 1 else "1 seed in some rows"
        note = f"{which} (single run: data noise only): the spread over seeds is unknown"
        caution = ", so small differences may be noise, even where a row is marked best or on the Pareto front"
        notes.append(f"{note}{caution if len(rows) > 1 else ''}")
    return notes


def _notes_on_models(results: Sequence[TrialResult]) -> list[str]:
    models = {trial.label: trial.config["model"] for trial in results if "model" in trial.config}
    return [
        f"{label}: scored as it is, SHA-256 {str(model['sha256'])[:12]}…"
        for label, model in models.items()
        if isinstance(model, Mapping)
    ]


def _machine(result: TrialResult) -> str:
    threads = result.stamp["threads"]
    per_trial = f"{threads} thread{'' if threads == 1 else 's'} per trial"
    return f"{result.stamp['device_name']}, {result.stamp['precision']}, {per_trial}"
