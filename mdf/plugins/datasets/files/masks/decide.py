"""Decides what the masks of a data set mean, once, from the facts of all their files."""

from __future__ import annotations

from collections.abc import Sequence

from mdf.core.errors import DataError
from mdf.plugins.datasets.files.masks.colours import decide_colours, decide_indices, one_palette
from mdf.plugins.datasets.files.masks.facts import MaskFacts
from mdf.plugins.datasets.files.masks.grey import decide_levels
from mdf.plugins.datasets.files.masks.meaning import MaskMeaning, Threshold
from mdf.plugins.datasets.files.masks.options import MaskOptions, colour_code


def decide(facts: Sequence[MaskFacts], options: MaskOptions) -> MaskMeaning:
    """What the masks mean. Files that cannot be read are ignored.

    Raises
        DataError: the files do not decide it, or one does not fit the others. The hint names the option that decides.
    """
    readable = [fact for fact in facts if not fact.error]
    source = options.mask_from or _source(readable, options)
    if source == "alpha":
        return _alpha(readable, options)
    if source == "levels":
        return decide_levels(readable, options)
    if options.mask_threshold is not None:
        words = f"colours whose brightest channel is above {options.mask_threshold} are foreground"
        return Threshold("brightest", options.mask_threshold, words)
    if source == "index":
        return decide_indices(readable, options)
    return decide_colours(readable, options)


def _source(facts: Sequence[MaskFacts], options: MaskOptions) -> str:
    """What is read from the files. Declared values never refer to alpha."""
    declared = (*(options.mask_foreground or ()), *(options.mask_ignore or ()))
    if any(isinstance(value, str) and colour_code(value) is not None for value in declared):
        return "colour"
    if any(fact.alpha for fact in facts) and not declared:
        return "alpha" if _alpha_says_it(facts) else _refuse_alpha(facts)
    if all(fact.grey for fact in facts):
        return "levels"
    palettes = [fact for fact in facts if fact.kind == "index"]
    only = all(fact.kind == "index" or fact.is_black for fact in facts)
    return "index" if palettes and only and one_palette(palettes) else "colour"


def _alpha_says_it(facts: Sequence[MaskFacts]) -> bool:
    """Whether the colours show nothing, or the same shape as alpha."""
    return all(fact.alpha.one_colour or fact.alpha.photograph or fact.alpha.agrees for fact in facts if fact.alpha)


def _refuse_alpha(facts: Sequence[MaskFacts]) -> str:
    name = next(f.name for f in facts if f.alpha and not (f.alpha.one_colour or f.alpha.photograph or f.alpha.agrees))
    raise DataError(
        f"The mask {name} has an alpha channel that shows something else than its colours. The file does not say "
        "which one is the mask.",
        "Set mask_from to alpha, or to colour (or levels, index).",
    )


def _alpha(facts: Sequence[MaskFacts], options: MaskOptions) -> MaskMeaning:
    opaque = [fact.name for fact in facts if fact.alpha is None]
    if opaque and options.mask_from is None:
        raise DataError(
            f"{len(opaque)} of {len(facts)} masks are opaque everywhere ({opaque[0]}), and the others are read from "
            "their alpha.",
            "If all of the frame is foreground there, set mask_from to alpha; else set it to levels or colour.",
        )
    above = options.mask_threshold
    return Threshold("alpha", above, f"alpha, above {127 if above is None else above} of 255 is foreground")
