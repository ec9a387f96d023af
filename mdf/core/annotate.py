"""Draws on a frame what is known of it: outlines, numbers, distances, zones. Torch-free."""

from __future__ import annotations

import colorsys
from functools import cache

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from mdf.core.event import TrackedObject
from mdf.core.image import Pixels
from mdf.core.sink import View

ZONE = (255, 255, 255)
DARK = (0, 0, 0)
GOLDEN = 0.618034
"""Share of the colour circle between the colours of two numbers that follow each other."""


def annotate(view: View) -> Pixels:
    """The view's frame H×W×3 uint8 with its foreground tinted, its objects outlined, and what it says in words."""
    image = Image.fromarray(_tinted(view))
    draw = ImageDraw.Draw(image)
    font = _font(max(11, image.height // 32))
    for zone in view.zones:
        corners = [(x * image.width, y * image.height) for x, y in zone.corners]
        draw.line([*corners, corners[0]], fill=ZONE, width=1)
        draw.text((corners[0][0] + 3, corners[0][1] + 2), zone.name, fill=ZONE, font=font)
    for one in view.objects:
        _draw_object(draw, font, one, image.size)
    _label(draw, font, (4, 4), f"{view.camera}  {view.time:.2f} s  {view.state}", DARK)
    return np.asarray(image, dtype=np.uint8)


def caption(one: TrackedObject) -> str:
    """An object in a few words: `3  4.2 m  1.1 m/s`; a relative depth has no unit.

    >>> caption(TrackedObject(3, (0, 0, 1, 1), 0.1, depth=4.21, depth_unit="m", speed=1.1, speed_unit="m/s"))
    '3  4.2 m  1.1 m/s'
    """
    depth = "" if one.depth is None else f"  {one.depth:.1f} m" if one.depth_unit == "m" else f"  depth {one.depth:.2f}"
    speed = f"  {one.speed:.1f} m/s" if one.speed_unit == "m/s" else ""
    return f"{one.id}{depth}{speed if one.moving else '  still'}"


def colour_of(number: int) -> tuple[int, int, int]:
    """A bright colour for an object's number; those that follow each other are far apart."""
    red, green, blue = colorsys.hsv_to_rgb(number * GOLDEN % 1, 0.85, 1.0)
    return round(255 * red), round(255 * green), round(255 * blue)


def _tinted(view: View) -> Pixels:
    if view.mask is None:
        return view.pixels
    height, width = view.pixels.shape[:2]
    small = Image.fromarray((view.mask * 255).clip(0, 255).astype(np.uint8))
    share = np.asarray(small.resize((width, height), Image.Resampling.BILINEAR), np.uint16)[..., None]
    share = np.where(share >= 128, share, 0) * 2 // 5
    tint = np.array([255, 96, 0], np.uint16)
    mixed: Pixels = ((view.pixels * (255 - share) + tint * share) // 255).astype(np.uint8)
    return mixed


def _draw_object(
    draw: ImageDraw.ImageDraw, font: ImageFont.FreeTypeFont, one: TrackedObject, size: tuple[int, int]
) -> None:
    width, height = size
    colour = colour_of(one.id)
    left, top, right, bottom = one.box
    if len(one.outline) > 2:
        points = [(x * width, y * height) for x, y in one.outline]
        draw.line([*points, points[0]], fill=colour, width=2)
    else:
        draw.rectangle((left * width, top * height, right * width, bottom * height), outline=colour, width=2)
    _label(draw, font, (left * width, max(0, top * height - 1.4 * font.size)), caption(one), colour)


def _label(
    draw: ImageDraw.ImageDraw,
    font: ImageFont.FreeTypeFont,
    place: tuple[float, float],
    text: str,
    colour: tuple[int, int, int],
) -> None:
    box = draw.textbbox(place, text, font=font)
    draw.rectangle((box[0] - 2, box[1] - 1, box[2] + 2, box[3] + 1), fill=colour)
    draw.text(place, text, fill=DARK if sum(colour) > 300 else ZONE, font=font)


@cache
def _font(size: int) -> ImageFont.FreeTypeFont:
    font = ImageFont.load_default(size)
    assert isinstance(font, ImageFont.FreeTypeFont)
    return font
