"""The actors that move in front of the background: people, boxes and vehicles."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from random import Random

from mdf.plugins.datasets.scenes.objects.paint import (
    BLOTCHES,
    CHECKS,
    HORIZONTAL_STRIPES,
    PLAIN,
    VERTICAL_STRIPES,
    Paint,
    Rgb,
    hsv,
    mix,
    paint,
)
from mdf.plugins.datasets.scenes.objects.parts import Part, limb, lower_end


@dataclass(frozen=True, slots=True)
class Finish:
    """Properties that all surfaces of an actor share.

    Attributes:
        opacity: 0–1; below 1 the background is visible through the actor.
        mirror: share of the surroundings that the surfaces reflect, 0–1.
        camouflage: colour that the actor hides in, or None.
    """

    opacity: float = 1.0
    mirror: float = 0.0
    camouflage: Rgb | None = None

    def paint(self, colour: Rgb, second: Rgb | None = None, pattern: int = PLAIN, period: float = 1.0) -> Paint:
        """A paint row with this finish."""
        if self.camouflage is not None:
            colour = mix(self.camouflage, colour, 0.12)
            second = mix(self.camouflage, second, 0.2) if second else None
        return paint(colour, second, pattern, period, self.opacity, self.mirror)


@dataclass(frozen=True, slots=True)
class Actor:
    """An actor that is not placed yet.

    Attributes:
        parts: its parts, in its own coordinates.
        width, height, radius: its size in metres, for placing it.
        fill: approximate share of the rectangle width×height that the parts cover.
    """

    parts: tuple[Part, ...]
    width: float
    height: float
    radius: float
    fill: float


def clothing(rng: Random) -> Rgb:
    """A random colour for clothes."""
    if rng.random() < 0.3:
        return hsv(rng.random(), 0.1, rng.uniform(0.1, 0.95))
    return hsv(rng.random(), rng.uniform(0.25, 0.75), rng.uniform(0.2, 0.85))


def person(rng: Random, finish: Finish, stride: float | None = None) -> Actor:
    """A walking person, 1.5–1.95 m tall: head, hair, torso, arms, and legs at the moment `stride` of a step (-0.6 to
    0.6 radians), or at a random one."""
    tall = rng.uniform(1.5, 1.95)
    broad = rng.uniform(0.85, 1.2)
    skin = finish.paint(hsv(rng.uniform(0.04, 0.09), rng.uniform(0.25, 0.6), rng.uniform(0.35, 0.95)))
    hair = finish.paint(hsv(rng.uniform(0.03, 0.12), rng.uniform(0.1, 0.7), rng.uniform(0.05, 0.6)))
    pattern = rng.choice((PLAIN, PLAIN, HORIZONTAL_STRIPES, CHECKS))
    shirt = finish.paint(clothing(rng), clothing(rng), pattern, rng.uniform(0.08, 0.16))
    trousers = finish.paint(clothing(rng))
    shoes = finish.paint(hsv(rng.random(), 0.3, rng.uniform(0.05, 0.5)))
    sleeve = shirt if rng.random() < 0.6 else skin
    drawn = rng.uniform(-0.6, 0.6)
    stride = drawn if stride is None else stride
    thigh, shin, arm = 0.25 * tall, 0.24 * tall, 0.17 * tall

    legs: list[Part] = []
    for side in (-1, 1):
        hip = (side * 0.05 * tall * broad, 0.0, 0.0)
        upper = limb(hip, thigh, 0.057 * tall * broad, side * stride, trousers)
        bend = 0.5 * max(0.0, -side * stride)
        lower = limb(lower_end(upper, thigh), shin, 0.041 * tall * broad, side * stride - bend, trousers)
        ankle = lower_end(lower, shin)
        foot = Part(True, (ankle[0], ankle[1], ankle[2] + 0.04 * tall), (0.045, 0.05, 0.13), shoes, casts_shadow=False)
        legs += [upper, lower, foot]
    hip_height = -min(part.centre[1] - 0.05 for part in legs)

    shoulder = 0.30 * tall
    torso = Part(True, (0, 0.16 * tall, 0), (0.105 * tall * broad, 0.18 * tall, 0.068 * tall * broad), shirt)
    chest = Part(True, (0, 0.24 * tall, 0), (0.115 * tall * broad, 0.09 * tall, 0.065 * tall), shirt)
    pelvis = Part(True, (0, 0.01 * tall, 0), (0.092 * tall * broad, 0.07 * tall, 0.068 * tall), trousers)
    head = Part(True, (0, 0.415 * tall, 0.01), (0.047 * tall, 0.066 * tall, 0.054 * tall), skin)
    scalp = Part(True, (0, 0.437 * tall, -0.012), (0.051 * tall, 0.055 * tall, 0.057 * tall), hair, casts_shadow=False)
    neck = Part(True, (0, 0.335 * tall, 0), (0.03 * tall, 0.05 * tall, 0.03 * tall), skin, casts_shadow=False)
    parts = [torso, chest, pelvis, head, scalp, neck, *legs]
    for side in (-1, 1):
        joint = (side * 0.125 * tall * broad, shoulder, 0.0)
        upper = limb(joint, arm, 0.035 * tall * broad, -side * stride * 0.8, sleeve)
        lower = limb(lower_end(upper, arm), arm, 0.029 * tall, -side * stride * 0.8 + 0.35, sleeve)
        hand = Part(True, lower_end(lower, arm), (0.024 * tall, 0.04 * tall, 0.03 * tall), skin, casts_shadow=False)
        parts += [upper, lower, hand]
    standing = tuple(replace(p, centre=(p.centre[0], p.centre[1] + hip_height, p.centre[2])) for p in parts)
    return Actor(standing, width=0.36 * tall, height=tall, radius=0.35, fill=0.62)


def box(rng: Random, finish: Finish) -> Actor:
    """A box on the ground, sometimes with a second box on top."""
    half = (rng.uniform(0.2, 0.6), rng.uniform(0.2, 0.55), rng.uniform(0.2, 0.5))
    colour = clothing(rng) if rng.random() < 0.5 else hsv(0.08, 0.5, rng.uniform(0.4, 0.8))
    pattern = rng.choice((PLAIN, HORIZONTAL_STRIPES, VERTICAL_STRIPES, CHECKS, BLOTCHES))
    row = finish.paint(colour, mix(colour, clothing(rng), 0.6), pattern, rng.uniform(0.15, 0.4))
    parts = [Part(False, (0, half[1], 0), half, row)]
    height = 2 * half[1]
    if rng.random() < 0.35:
        upper = (half[0] * rng.uniform(0.5, 0.9), rng.uniform(0.15, 0.4), half[2] * rng.uniform(0.5, 0.9))
        parts.append(Part(False, (0, height + upper[1], 0), upper, finish.paint(clothing(rng))))
        height += 2 * upper[1]
    return Actor(tuple(parts), 2.3 * half[0], height, math.hypot(half[0], half[2]), fill=0.9)


def vehicle(rng: Random, finish: Finish) -> Actor:
    """A small vehicle: body, cabin with dark windows, bumpers, and four wheels."""
    length, wide = rng.uniform(1.7, 3.6), rng.uniform(0.8, 1.5)
    wheel, low = rng.uniform(0.18, 0.3), rng.uniform(0.3, 0.45)
    body, roof = finish.paint(clothing(rng)), rng.uniform(0.25, 0.4)
    glass = finish.paint(hsv(0.58, 0.3, rng.uniform(0.1, 0.35)))
    rubber = finish.paint(hsv(0, 0, 0.12))
    x, z = wide / 2, length / 2
    back = rng.uniform(-0.3, 0.1) * z
    parts = [
        Part(False, (0, wheel + low / 2, 0), (x, low / 2, z), body),
        Part(False, (0, wheel + low + roof / 2, back), (x * 0.9, roof / 2, z * 0.5), glass),
        Part(False, (0, wheel + low + roof, back), (x * 0.92, 0.04, z * 0.53), body),
        Part(False, (0, wheel + 0.06, 0), (x * 1.02, 0.05, z * 1.03), rubber),
    ]
    parts += [
        Part(True, (side * x, wheel, axle * z), (0.08, wheel, wheel), rubber)
        for side in (-1, 1)
        for axle in (-0.62, 0.62)
    ]
    height = wheel + low + roof
    return Actor(tuple(parts), (length + wide) / 2, height, math.hypot(x, z) * 0.9, fill=0.85)


MAKERS: tuple[tuple[Callable[[Random, Finish], Actor], float], ...] = (
    (person, 0.66),
    (box, 0.2),
    (vehicle, 0.14),
)
"""The kinds of actors, with their probabilities."""


def draw_actor(rng: Random, finish: Finish) -> Actor:
    """Draws an actor of a random kind."""
    makers, weights = zip(*MAKERS, strict=True)
    chosen: Callable[[Random, Finish], Actor] = rng.choices(makers, weights)[0]
    return chosen(rng, finish)
