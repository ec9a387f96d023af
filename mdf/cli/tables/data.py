"""What was found in a data set, as lines of text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

SHOWN = 20
"""Findings of one kind that are printed; `--json` has them all."""


def check_lines(found: Mapping[str, Any]) -> Iterator[str]:
    """One line a finding, then the summary."""
    printed: Counter[tuple[str, str]] = Counter()
    for finding in found["findings"]:
        alike = (finding["level"], finding["kind"])
        printed[alike] += 1
        if printed[alike] <= SHOWN:
            yield _one_line(f"{finding['level']}: {finding['what'].rstrip('.')}; hint: {finding['cure']}")
    for (level, kind), count in printed.items():
        if count > SHOWN:
            yield f"{level}: {count - SHOWN} more of the kind `{kind}`: `--json` lists them"
    if not found["errors"]:  # what is wrong comes first, and what files are read as may follow from it
        yield from (_one_line(f"{kind}: {words}") for kind, words in found["read_as"].items())
    counted = "".join(f", {count} {name}" for name, count in found["counts"].items())
    yield (
        f"{found['data']}: {found['read']} of {found['samples']} samples read in {found['seconds']:.1f} s, "
        f"{_many(found['backgrounds'], 'background')}{counted}: {_many(found['errors'], 'error')}, "
        f"{_many(found['warnings'], 'warning')}"
    )


def info_lines(found: Mapping[str, Any]) -> Iterator[str]:
    """A name and its value a line."""
    part = found["read"] < found["samples"]
    yield _row("data", found["data"])
    yield _row(
        "samples", found["samples"] if not part else f"{found['samples']}; {found['read']} of them read for this"
    )
    if found["unreadable"]:
        yield _row("unreadable", f"{found['unreadable']}; `mdf data check {found['data']}` lists them")
    for size in found["sizes"][:5]:
        yield _row("size", f"{size['width']}×{size['height']} ({_many(size['samples'], 'sample')})")
    yield from _splits(found, "at least " if part else "")
    for task, unit in found["tasks"].items():
        yield _row(task, _target(found["targets"].get(task, {}), unit))
    for kind, words in found["read_as"].items():
        yield _row("read as", f"{kind}: {_one_line(words)}")
    if found["tags"]:
        yield _row("tags", ", ".join(f"{tag} {count}" for tag, count in found["tags"].items()))
    if found["normalisation"]:
        mean, std = (" ".join(f"{v:.3f}" for v in found["normalisation"][key]) for key in ("mean", "std"))
        yield _row("normalisation", f"mean {mean}, std {std} (RGB of training frames, 0–1)")
    yield _row("fingerprint", found["fingerprint"])
    yield _row("cache", _cache(found))


def _splits(found: Mapping[str, Any], at_least: str) -> Iterator[str]:
    if found["no_splits"]:
        yield _row("splits", f"none: {_one_line(found['no_splits'])}")
        return
    kind = {"scene": "by scene", "time": "in time: scores are scene-specific"}[found["split_by"]]
    yield _row("splits", f"{kind}; {at_least}{_many(found['scenes'], 'scene')}")
    for name, split in found["splits"].items():
        yield _row(f"  {name}", f"{_many(split['samples'], 'sample')}, {at_least}{_many(split['scenes'], 'scene')}")


def _target(target: Mapping[str, Any], unit: str) -> str:
    if not target:
        return "not read"
    told = []
    if "foreground_share" in target:
        share = target["foreground_share"]
        told.append(f"foreground {share['min']:.2%} to {share['max']:.2%}, median {share['median']:.2%}")
        told.append(f"{target['empty']} empty")
    if "range" in target:
        low, middle, high = (target["range"][key] for key in ("min", "median", "max"))
        told.append(f"{low:.3g} to {high:.3g}{f' {unit}' if unit else ''}, median {middle:.3g}")
    told.append(f"{target['valid_share']:.1%} of pixels valid")
    if target["without_valid"]:
        told.append(f"{_many(target['without_valid'], 'sample')} without a valid pixel")
    return "; ".join(told)


def _cache(found: Mapping[str, Any]) -> str:
    if found["cache"]:
        return f"{found['cache']['bytes'] / 1e6:.1f} MB in {found['cache']['folder']}"
    return "not yet filled" if found["wants_cache"] else "none: it is read directly"


def _row(name: str, value: object) -> str:
    return f"{name:<14} {value}"


def _many(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _one_line(text: str) -> str:
    return " ".join(text.split())
