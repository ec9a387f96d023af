"""What a user can declare about masks if the files do not decide it."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from mdf.core.component import ComponentConfig

Level = Annotated[int, Field(ge=0)]


def _listed(value: object) -> object:
    """One value becomes a list of one."""
    return [value] if isinstance(value, (int, str)) and not isinstance(value, bool) else value


Values = Annotated[tuple[Level | str, ...], BeforeValidator(_listed)]


class MaskOptions(ComponentConfig):
    """What masks mean. None = decided from all mask files of the data set."""

    mask_foreground: Values | None = Field(
        None,
        description="Values of masks that are foreground; all other values are background. Levels or palette indices "
        '(`[15]`), colours (`["#fa3253"]`), or categories of label files (`["person"]`).',
    )
    mask_ignore: Values | None = Field(
        None, description="Values of masks that do not count, written in the same way; `[]` = none."
    )
    mask_threshold: int | None = Field(
        None,
        ge=0,
        le=65534,
        description="Pixels above this level are foreground, all others are background (for colours: the brightest "
        "channel; for transparency: alpha).",
    )
    mask_from: Literal["levels", "index", "colour", "alpha"] | None = Field(
        None, description="What is read from mask files: levels, palette indices, colours or alpha."
    )
    mask_orientation: Literal["upright", "stored"] | None = Field(
        None,
        description="How masks are stored if their photos have an EXIF rotation: `upright`, as people see the photo, "
        "or `stored`, as the photo's file stores it. None = what the sizes show.",
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
    """The number of a colour written `#rrggbb`; None if it is not a colour.

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
