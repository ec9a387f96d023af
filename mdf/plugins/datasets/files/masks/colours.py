"""Decides what masks with colours or palettes mean."""

from __future__ import annotations

from collections.abc import Sequence

from mdf.core.errors import DataError
from mdf.plugins.datasets.files.masks.declared import declared_values, refuse_lossy
from mdf.plugins.datasets.files.masks.facts import MOST, MaskFacts
from mdf.plugins.datasets.files.masks.meaning import Labels, MaskMeaning, colours_of, listed, values_of
from mdf.plugins.datasets.files.masks.options import MaskOptions
from mdf.plugins.datasets.files.masks.void import check_void, united, void_of

BLACK = 0
VOC_VOID = 0xE0E0C0
"""The colour of index 255 in Pascal VOC's colour map."""


def one_palette(facts: Sequence[MaskFacts]) -> bool:
    """Whether each used index has the same colour in all files, and 0 is black. Then indices are labels."""
    colours: dict[int, int] = {}
    for fact in facts:
        for index, colour in (fact.palette or {}).items():
            if colours.setdefault(index, colour) != colour:
                return False
    return colours.get(0) == BLACK


def decide_indices(facts: Sequence[MaskFacts], options: MaskOptions) -> MaskMeaning:
    """What masks of palette indices mean. Raises DataError if the files do not decide it, or one has no palette."""
    strange = [fact.name for fact in facts if values_of(fact, "index") is None]
    if strange:
        raise DataError(
            f"The mask {strange[0]} is not a picture with a palette of at most {MOST} used colours, but the other "
            "masks are read by their palette indices.",
            "Restore the file, or set mask_from to levels or colour.",
        )
    if options.mask_foreground is not None or options.mask_ignore:
        return declared_values(facts, "index", options)
    counts = united(facts, "index")
    void = void_of(counts) if options.mask_ignore is None else frozenset()
    if void:
        check_void(facts, "index", counts, max(void))
    labels = frozenset(counts) - void - {0}
    if labels == {255} and options.mask_ignore is None:
        raise DataError(
            f"The masks are palette indices, 0 and 255 alone ({facts[0].name}): in the colour map of Pascal VOC 255 "
            "does not count.",
            "Set mask_foreground to [255] if it is foreground.",
        )
    are = "is" if len(labels) == 1 else "are"
    words = f"palette: index {listed(labels, 'index')} {are} foreground" if labels else "palette: index 0 alone"
    words += f", {listed(void, 'index')} ignored" if void else ""
    return Labels("index", labels, frozenset({0} & set(counts)), void, words)


def decide_colours(facts: Sequence[MaskFacts], options: MaskOptions) -> MaskMeaning:
    """What masks of colours mean: all but black is foreground. Raises DataError if the files do not decide it."""
    refuse_lossy(facts)
    many = [fact.name for fact in facts if colours_of(fact) is None]
    if many:
        raise DataError(
            f"The mask {many[0]} has more than {MOST} colours, as a photograph has.",
            "Is it a mask? Restore it, or set mask_from to alpha or levels if those are the mask.",
        )
    if options.mask_foreground is not None or options.mask_ignore:
        return declared_values(facts, "colour", options)
    counts = united(facts, "colour")
    if BLACK not in counts:
        raise DataError(
            f"No mask has a black pixel; they hold {listed(set(counts), 'colour')} ({facts[0].name}). The files do not "
            "say which colour is the background.",
            'Set mask_foreground to the colours that are foreground, e.g. ["#fa3253"], or (of pictures with a palette) '
            "mask_from to index.",
        )
    void = frozenset({VOC_VOID} & set(counts)) if options.mask_ignore is None and _is_voc(set(counts)) else frozenset()
    foreground = frozenset(counts) - {BLACK} - void
    words = f"colours: all that is not black is foreground ({listed(foreground, 'colour') or 'nothing is'})"
    words += f", {listed(void, 'colour')} ignored" if void else ""
    return Labels("colour", foreground, frozenset({BLACK}), void, words)


def _is_voc(colours: set[int]) -> bool:
    """Whether there are several colours besides black, and all are in Pascal VOC's colour map."""
    return len(colours) > 2 and colours <= {_voc_colour(index) for index in range(256)}


def _voc_colour(index: int) -> int:
    """Pascal VOC's colour of a label: its bits go to red, green and blue in turn, the highest first."""
    code = 0
    for place in range(7, -1, -1):
        red, green, blue = index & 1, index >> 1 & 1, index >> 2 & 1
        code |= (red << 16 | green << 8 | blue) << place
        index >>= 3
    return code
