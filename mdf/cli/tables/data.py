"""What was found out about a data set, as lines of text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mdf.api import DataCheck, DataInfo, Range, TargetStatistics

SHOWN = 20
"""Findings of one kind that are printed; `--json` has them all."""
SIZES = 5
"""Image sizes that are printed."""


def check_lines(check: DataCheck) -> Iterator[str]:
    """One line a finding, then the summary."""
    printed: Counter[tuple[str, str]] = Counter()
    for finding in check.findings:
        kind = (finding.level, finding.kind)
        printed[kind] += 1
        if printed[kind] <= SHOWN:
            yield _one_line(f"{finding.level}: {finding.what.rstrip('.')}; hint: {finding.cure}")
    for (level, name), count in printed.items():
        if count > SHOWN:
            yield f"{level}: {count - SHOWN} more of the kind `{name}`: `--json` lists them"
    if not check.errors:  # what is wrong comes first, and what files are read as may follow from it
        yield from (_one_line(f"{files}: {words}") for files, words in check.read_as.items())
    counts = [f"{count} with an empty {task}" for task, count in check.empty.items()]
    counts += [f"{count} without a valid {task} pixel" for task, count in check.without_valid.items()]
    yield (
        f"{check.data}: {check.read} of {check.samples} samples read in {check.seconds:.1f} s"
        f"{''.join(f', {text}' for text in counts)}, {_many(check.backgrounds, 'background')}: "
        f"{_many(check.errors, 'error')}, {_many(check.warnings, 'warning')}"
    )


def info_lines(info: DataInfo) -> Iterator[str]:
    """One line a fact: its name, then its value."""
    partly = info.read < info.samples
    yield _row("data", info.data)
    yield _row("samples", f"{info.samples}; {info.read} of them read for this" if partly else f"{info.samples}")
    if info.unreadable:
        yield _row("unreadable", f"{info.unreadable}; `mdf data check {info.data}` lists them")
    for size in info.sizes[:SIZES]:
        yield _row("size", f"{size.width}×{size.height} ({_many(size.samples, 'sample')})")
    yield from _splits(info, "at least " if partly else "")
    for task in info.tasks:
        yield _row(task, _target(info.targets[task]) if task in info.targets else "not read")
    for files, words in info.read_as.items():
        yield _row("read as", f"{files}: {_one_line(words)}")
    if info.tags:
        yield _row("tags", ", ".join(f"{tag} {count}" for tag, count in info.tags.items()))
    if info.normalisation:
        mean, std = (
            " ".join(f"{v:.3f}" for v in values) for values in (info.normalisation.mean, info.normalisation.std)
        )
        yield _row("normalisation", f"mean {mean}, std {std} (RGB of training frames, 0–1)")
    yield _row("fingerprint", info.fingerprint)
    yield _row("cache", _cache(info))


def _splits(info: DataInfo, at_least: str) -> Iterator[str]:
    if info.split_by is None:
        yield _row("splits", f"none: {_one_line(info.no_splits)}")
        return
    kind = {"scene": "by scene", "time": "in time: scores are scene-specific"}[info.split_by]
    yield _row("splits", f"{kind}; {at_least}{_many(info.scenes, 'scene')}")
    for name, split in info.splits.items():
        yield _row(f"  {name}", f"{_many(split.samples, 'sample')}, {at_least}{_many(split.scenes, 'scene')}")


def _target(target: TargetStatistics) -> str:
    parts = [_range(target, target.range)] if target.range else []
    if target.empty:
        parts.append(f"{target.empty} empty")
    parts.append(f"{target.valid_share:.1%} of pixels valid")
    if target.without_valid:
        parts.append(f"{_many(target.without_valid, 'sample')} without a valid pixel")
    return "; ".join(parts)


def _range(target: TargetStatistics, values: Range) -> str:
    what, unit = (f"{text} " if text else "" for text in (target.measures, target.unit))
    return f"{what}{values.min:.3g} to {values.max:.3g} {unit}".rstrip() + f", median {values.median:.3g}"


def _cache(info: DataInfo) -> str:
    if info.cache:
        return f"{info.cache.bytes / 1e6:.1f} MB in {info.cache.folder}"
    return "not yet filled" if info.wants_cache else "none: it is read directly"


def _row(name: str, value: str) -> str:
    return f"{name:<14} {value}"


def _many(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _one_line(text: str) -> str:
    return " ".join(text.split())
