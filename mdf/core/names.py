"""Unknown names: the closest known ones, and what has been renamed. Torch-free."""

from __future__ import annotations

from collections.abc import Iterable

RENAMED = {
    "tracker": "logger",
    "trackers": "loggers",
    "twins": "single_task",
    "--tracker": "--logger",
    "--twins": "--single-task",
}
"""Old names of kinds, keys, hooks and options, and their new names."""

FEW = 20
"""A hint lists all known names if there are at most so many."""
LIKE, BEHIND = 0.5, 0.25
"""A suggested name is at least so similar (difflib's ratio), and at most so much less similar than the closest."""


def close_names(word: str, known: Iterable[str], limit: int = 3) -> list[str]:
    """The names in `known` that `word` may mean, the closest first, at most `limit`.

    The new name if `word` was renamed; else the names that begin with it; else similar names.
    """
    from difflib import SequenceMatcher  # takes a while to import, and only errors need it

    names = list(dict.fromkeys(known))
    if RENAMED.get(word) in names:
        return [RENAMED[word]]
    if begun := sorted((name for name in names if word and name.startswith(word)), key=len):
        return begun[:limit]
    ratios = {name: SequenceMatcher(None, name, word).ratio() for name in names}
    least = max(LIKE, max(ratios.values(), default=0.0) - BEHIND)
    return sorted((name for name in names if ratios[name] >= least), key=lambda name: -ratios[name])[:limit]


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A question such as "did you mean `a` or `b`?"; for a renamed word its new name; "" if nothing is close."""
    names = list(known)
    close = close_names(word, names)
    if close == [RENAMED.get(word)]:
        return f"it is called `{close[0]}` now"
    return f"did you mean {' or '.join(f'`{name}`' for name in close)}?" if close else ""


def suggest(word: str, known: Iterable[str]) -> str:
    """`did_you_mean`, or the known names if nothing is close and there are only a few; else ""."""
    names = list(known)
    return did_you_mean(word, names) or (f"known: {', '.join(names)}" if 0 < len(names) <= FEW else "")
