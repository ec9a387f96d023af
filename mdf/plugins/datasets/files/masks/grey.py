"""Decides what masks with grey levels mean: black and white, soft edges, or labels."""

from __future__ import annotations

from collections.abc import Sequence

from mdf.core.errors import DataError
from mdf.plugins.datasets.files.masks.declared import declared_values, refuse_lossy
from mdf.plugins.datasets.files.masks.facts import GreyFacts, MaskFacts
from mdf.plugins.datasets.files.masks.meaning import Labels, MaskMeaning, Threshold, listed
from mdf.plugins.datasets.files.masks.options import MaskOptions
from mdf.plugins.datasets.files.masks.soft import Grey, decide_soft, half_of
from mdf.plugins.datasets.files.masks.void import OPTIONS, check_void, united, void_of

CDNET = {0: "background", 50: "background", 85: "ignored", 170: "ignored", 255: "foreground"}


def decide_levels(facts: Sequence[MaskFacts], options: MaskOptions) -> MaskMeaning:
    """What masks of levels mean. Raises DataError if the files do not decide it."""
    if options.mask_threshold is not None:
        return Threshold("levels", options.mask_threshold, f"levels above {options.mask_threshold} are foreground")
    if options.mask_foreground is not None or options.mask_ignore:
        refuse_lossy(facts)
        return declared_values(facts, "levels", options)
    _refuse_white_at_zero(facts)
    return _decide([(fact, _grey_of(fact)) for fact in facts], options.mask_ignore is None)


def _decide(files: Sequence[Grey], may_ignore: bool) -> MaskMeaning:
    facts = [fact for fact, _ in files]
    largest, counts = _largest(files), united(facts, "levels")
    if largest is None:
        return half_of(files, 0, "black and white, in numbers of different ranges: white is foreground")
    values = set(counts) - {0}
    many = [fact.name for fact, grey in files if grey.levels is None]
    lossy = any(fact.lossy for fact in facts)
    if _is_cdnet(values) and may_ignore and not many and not lossy:
        return _cdnet(counts)
    if files and (many or len(values) > 1 or lossy):
        soft = decide_soft(files, values, largest)
        if soft is not None:
            return soft
    if many:
        raise DataError(
            f"The mask {many[0]} has many levels in uniform areas, as a photograph, a depth map or a picture of many "
            "objects has.",
            f"Is it a mask? {OPTIONS}",
        )
    if values <= {largest}:
        return half_of(files, largest, f"levels 0 and {largest}: {largest} is foreground")
    if 0 not in counts and len(values) > 1:
        raise DataError(
            f"No mask holds the level 0; they hold {listed(values, 'levels')} ({facts[0].name}). The files do not say "
            "which level is the background.",
            "Set mask_foreground to the levels that are foreground (and mask_ignore to those that do not count).",
        )
    void = void_of(counts) if may_ignore else frozenset()
    if void:
        check_void(facts, "levels", counts, max(void))
    foreground = frozenset(values) - void
    words = f"levels: {are(foreground)} foreground" + (f", {listed(void, 'levels')} ignored" if void else "")
    return Labels("levels", foreground, frozenset(counts) - foreground - void, void, words)


def are(values: frozenset[int]) -> str:
    """Labels with the right form of the verb."""
    if len(values) > 8:
        return f"every level above 0 ({len(values)} of them, up to {max(values)}) is"
    return f"{listed(values, 'levels', 8)} {'is' if len(values) == 1 else 'are'}"


def _largest(files: Sequence[Grey]) -> int | None:
    """The level of white in all files; None if they hold only black and white, but in different ranges.

    Raises
        DataError: they have different ranges, and not only black and white.
    """
    kinds = {fact.largest for fact, grey in files if grey.top} or {255}
    if len(kinds) == 1:
        largest = kinds.pop()
        return 255 if largest > 255 and all(grey.top <= 255 for _, grey in files) else largest
    strange = [fact for fact, grey in files if grey.levels is None or not set(grey.levels) <= {0, fact.largest}]
    if strange:
        other = next(fact for fact, grey in files if grey.top and fact.largest != strange[0].largest)
        raise DataError(
            f"The masks {strange[0].name} and {other.name} store numbers of different ranges (up to "
            f"{strange[0].largest} and {other.largest}), and not only black and white.",
            "Save all masks with one number of bits a pixel.",
        )
    return None


def _is_cdnet(values: set[int]) -> bool:
    return values <= set(CDNET) and 255 in values and len(values & {50, 85, 170}) >= 2


def _cdnet(counts: dict[int, int]) -> Labels:
    of = {what: frozenset(v for v in counts if CDNET[v] == what) for what in ("foreground", "background", "ignored")}
    words = "CDnet's levels: 255 is foreground, 50 (shadow) is not, 85 and 170 (not labelled) are ignored"
    return Labels("levels", of["foreground"], of["background"], of["ignored"], words)


def _grey_of(fact: MaskFacts) -> GreyFacts:
    """A file's levels; its palette indices if `mask_from` says so."""
    if fact.grey is not None:
        return fact.grey
    if fact.kind == "index":
        return GreyFacts(fact.values, max(fact.values or {0: 0}), 0, 255, 0, 0)
    raise DataError(
        f"The mask {fact.name} has colours, but mask_from asks for levels.",
        "Set mask_from to colour, or restore the file.",
    )


def _refuse_white_at_zero(facts: Sequence[MaskFacts]) -> None:
    white = [fact.name for fact in facts if fact.white_at_zero]
    if white:
        raise DataError(
            f"The mask {white[0]} is a TIFF that says its level 0 is white. It does not say whether 0 or the others "
            "are foreground.",
            "Set mask_foreground to the stored levels that are (often [1], or [255]).",
        )
