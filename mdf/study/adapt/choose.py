"""The rule that keeps or drops an adaptation, without labels. Torch-free.

docs/findings/adapt.md says on which cameras its numbers were chosen.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from mdf.study.adapt.request import Evidence

NO_WORSE = 0.005
"""Largest fall of the IoU of drawn figures: two dozen of them tell no smaller one."""
NO_MORE_FALSE = 0.001
"""Largest rise of the share of empty frames that is called foreground."""
FOUND = 0.85
"""Least share of what the network found before in real frames that it must still find."""
NO_DEEPER = 1.05
"""Largest factor by which the depth of drawn figures may be further off."""
LABELLED_BETTER = 0.005
"""Least rise of the IoU on labelled frames, which then decides alone."""
REAL = 0.5
"""How much of the rise on drawn figures is expected on real objects."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A network with this share of what was learned, and what tells how well it does."""

    share: float
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class Choice:
    """What is kept: `share` of what was learned (0 = nothing), why, and by how much the mask IoU should rise."""

    share: float
    reason: str
    expected: float
    before: Evidence
    after: Evidence


def choose(before: Evidence, candidates: Sequence[Candidate]) -> Choice:
    """The candidate to keep: of those against which nothing speaks, the first, which has learned most; else none.

    With labelled frames it is the one with the best IoU on them. The reason of one that is dropped names what speaks
    against the first candidate.
    """
    fit = [one for one in candidates if not any(objections(before, one.evidence))]
    if not fit:
        first = candidates[0].evidence
        return Choice(0.0, next(objections(before, first)), 0.0, before, first)
    if before.labelled is not None:
        best = max(fit, key=lambda one: one.evidence.labelled or 0.0)
        labelled = best.evidence.labelled or 0.0
        reason = f"the IoU on labelled frames rose from {before.labelled:.3f} to {labelled:.3f}"
        return Choice(best.share, reason, labelled - before.labelled, before, best.evidence)
    kept = fit[0]
    reason = (
        f"the IoU of drawn figures went from {before.figures:.3f} to {kept.evidence.figures:.3f}, "
        f"false foreground from {before.false:.2%} to {kept.evidence.false:.2%} of the picture"
    )
    rise = kept.evidence.figures - before.figures
    return Choice(kept.share, reason, max(0.0, REAL * rise), before, kept.evidence)


def objections(before: Evidence, after: Evidence) -> Iterator[str]:
    """What speaks against an adapted network. Of the mask labelled frames, where there are some, decide alone."""
    if before.depth is not None and after.depth is not None and after.depth > NO_DEEPER * before.depth:
        yield f"the depth of drawn figures was {before.depth:.3f} m off, and is {after.depth:.3f} m off"
    if before.labelled is not None and after.labelled is not None:
        if after.labelled < before.labelled + LABELLED_BETTER:
            yield f"the IoU on labelled frames went from {before.labelled:.3f} to {after.labelled:.3f}"
        return
    if after.figures < before.figures - NO_WORSE:
        yield f"the IoU of drawn figures fell from {before.figures:.3f} to {after.figures:.3f}"
    if after.false > before.false + NO_MORE_FALSE:
        yield f"false foreground rose from {before.false:.2%} to {after.false:.2%} of the picture"
    if after.found is not None and after.found < FOUND:
        yield f"it misses {1 - after.found:.0%} of what the network found before in real frames"
