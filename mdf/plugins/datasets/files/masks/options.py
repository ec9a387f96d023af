"""What a user may declare about masks, where their files do not say it."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from mdf.core.component import ComponentConfig

Level = Annotated[int, Field(ge=0)]


def _listed(value: object) -> object:
    """One value stands for a list of it."""
    return [value] if isinstance(value, (int, str)) and not isinstance(value, bool) else value


Values = Annotated[tuple[Level | str, ...], BeforeValidator(_listed)]


class MaskOptions(ComponentConfig):
    """What masks mean, where the files do not say it; None = what the files of the whole set say."""

    mask_foreground: Values | None = Field(
        None,
        description="Values of masks that are foreground, all others being background: levels or palette indices "
        '(`[15]`), colours (`["#fa3253"]`), or categories of label files (`["person"]`).',
    )
    mask_ignore: Values | None = Field(
        None, description="Values of masks that do not count, written the same way; `[]` = none."
    )
    mask_threshold: int | None = Field(
        None,
        ge=0,
        le=65534,
        description="Levels (or alpha, or of colours the brightest channel) above this one are foreground, all others "
        "not.",
    )
    mask_from: Literal["levels", "index", "colour", "alpha"] | None = Field(
        None, description="What of mask files is read: their levels, palette indices, colours or alpha."
    )
    mask_orientation: Literal["upright", "stored"] | None = Field(
        None,
        description="How masks of photos that carry an EXIF turn are stored: upright, as people see the photo, or as "
        "the photo is stored, to be turned with it. None = what their sizes show.",
    )

    @model_validator(mode="after")
    def _one_rule(self) -> Self:
        values = self.mask_foreground is not None or bool(self.mask_ignore)
        if values and (self.mask_threshold is not None or self.mask_from == "alpha"):
            other = "mask_threshold" if self.mask_threshold is not None else "mask_from = alpha"
            raise ValueError(f"mask_foreground and mask_ignore name values, which {other} does not look at: keep one")
        if self.mask_threshold is not None and self.mask_from == "index":
            raise ValueError("palette indices have no order: leave out mask_threshold, or set mask_from to colour")
        return self


def colour_code(written: str) -> int | None:
    """The number of a colour written `#rrggbb`; None where it is none.

    >>> colour_code("#0000ff")
    255
    """
    digits = written.strip().removeprefix("#")
    if len(digits) != 6:
        return None
    try:
        return int(digits, 16)
    except ValueError:
        return None
