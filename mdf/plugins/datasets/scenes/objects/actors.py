"""What moves in front of the background: walking figures, parcels, vehicles."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from random import Random

from mdf.plugins.datasets.scenes.objects.paint import BANDS, BLOTCHES, CHECKS, PLAIN, POSTS, Rgb, hsv, mixed, paint
from mdf.plugins.datasets.scenes.objects.parts import Part, end, limb


@dataclass(frozen=True, slots=True)
class Finish:
    """What an actor's surfaces have in common.

    Attributes:
        opacity: below 1 the background shines through.
        mirror: share of the surroundings that its surfaces reflect, 0–1.
        like: colour to hide in (camouflage), or None.
    """

    opacity: float = 1.0
    mirror: float = 0.0
    like: Rgb | None = None

    def paint(self, colour: Rgb, second: Rgb | None = None, pattern: int = PLAIN, period: float = 1.0) -> Paint:
        """A paint row in this finish."""
        if self.like is not None:
            colour = mixed(self.like, colour, 0.12)
            second = mixed(self.like, second, 0.2) if second else None
        return paint(colour, second, pattern, period, self.opacity, self.mirror)


Paint = tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Actor:
    """Parts in their own frame, with the width, height and radius (metres) that placing needs."""

    parts: tuple[Part, ...]
    width: float
    height: float
    radius: float
    fill: float
    """Share of the rectangle width×height that the parts cover, about."""


def cloth(rng: Random) -> Rgb:
    """The colour of a garment."""
    if rng.random() < 0.3:
        return hsv(rng.random(), 0.1, rng.uniform(0.1, 0.95))
    return hsv(rng.random(), rng.uniform(0.25, 0.75), rng.uniform(0.2, 0.85))


def figure(rng: Random, finish: Finish) -> Actor:
    """A walking person of 1.5–1.95 m: head, hair, torso, arms, and legs at some moment of a step."""
    tall = rng.uniform(1.5, 1.95)
    broad = rng.uniform(0.85, 1.2)
    skin = finish.paint(hsv(rng.uniform(0.04, 0.09), rng.uniform(0.25, 0.6), rng.uniform(0.35, 0.95)))
    hair = finish.paint(hsv(rng.uniform(0.03, 0.12), rng.uniform(0.1, 0.7), rng.uniform(0.05, 0.6)))
    pattern = rng.choice((PLAIN, PLAIN, BANDS, CHECKS))
    shirt = finish.paint(cloth(rng), cloth(rng), pattern, rng.uniform(0.08, 0.16))
    trousers = finish.paint(cloth(rng))
    shoes = finish.paint(hsv(rng.random(), 0.3, rng.uniform(0.05, 0.5)))
    sleeve = shirt if rng.random() < 0.6 else skin
    stride = rng.uniform(-0.6, 0.6)
    thigh, shin, arm = 0.25 * tall, 0.24 * tall, 0.17 * tall

    legs: list[Part] = []
    for side in (-1, 1):
        hip = (side * 0.05 * tall * broad, 0.0, 0.0)
        upper = limb(hip, thigh, 0.057 * tall * broad, side * stride, trousers)
        bend = 0.5 * max(0.0, -side * stride)
        lower = limb(end(upper, thigh), shin, 0.041 * tall * broad, side * stride - bend, trousers)
        ankle = end(lower, shin)
        foot = Part(True, (ankle[0], ankle[1], ankle[2] + 0.04 * tall), (0.045, 0.05, 0.13), shoes, casts=False)
        legs += [upper, lower, foot]
    hip_height = -min(part.at[1] - 0.05 for part in legs)

    shoulder = 0.30 * tall
    torso = Part(True, (0, 0.16 * tall, 0), (0.105 * tall * broad, 0.18 * tall, 0.068 * tall * broad), shirt)
    chest = Part(True, (0, 0.24 * tall, 0), (0.115 * tall * broad, 0.09 * tall, 0.065 * tall), shirt)
    pelvis = Part(True, (0, 0.01 * tall, 0), (0.092 * tall * broad, 0.07 * tall, 0.068 * tall), trousers)
    head = Part(True, (0, 0.415 * tall, 0.01), (0.047 * tall, 0.066 * tall, 0.054 * tall), skin)
    scalp = Part(True, (0, 0.437 * tall, -0.012), (0.051 * tall, 0.055 * tall, 0.057 * tall), hair, casts=False)
    neck = Part(True, (0, 0.335 * tall, 0), (0.03 * tall, 0.05 * tall, 0.03 * tall), skin, casts=False)
    parts = [torso, chest, pelvis, head, scalp, neck, *legs]
    for side in (-1, 1):
        joint = (side * 0.125 * tall * broad, shoulder, 0.0)
        upper = limb(joint, arm, 0.035 * tall * broad, -side * stride * 0.8, sleeve)
        lower = limb(end(upper, arm), arm, 0.029 * tall, -side * stride * 0.8 + 0.35, sleeve)
        hand = Part(True, end(lower, arm), (0.024 * tall, 0.04 * tall, 0.03 * tall), skin, casts=False)
        parts += [upper, lower, hand]
    raised = tuple(replace(part, at=(part.at[0], part.at[1] + hip_height, part.at[2])) for part in parts)
    return Actor(raised, width=0.36 * tall, height=tall, radius=0.35, fill=0.62)


def parcel(rng: Random, finish: Finish) -> Actor:
    """A box on the ground, sometimes with a second one on it."""
    half = (rng.uniform(0.2, 0.6), rng.uniform(0.2, 0.55), rng.uniform(0.2, 0.5))
    colour = cloth(rng) if rng.random() < 0.5 else hsv(0.08, 0.5, rng.uniform(0.4, 0.8))
    pattern = rng.choice((PLAIN, BANDS, POSTS, CHECKS, BLOTCHES))
    row = finish.paint(colour, mixed(colour, cloth(rng), 0.6), pattern, rng.uniform(0.15, 0.4))
    parts = [Part(False, (0, half[1], 0), half, row)]
    height = 2 * half[1]
    if rng.random() < 0.35:
        upper = (half[0] * rng.uniform(0.5, 0.9), rng.uniform(0.15, 0.4), half[2] * rng.uniform(0.5, 0.9))
        parts.append(Part(False, (0, height + upper[1], 0), upper, finish.paint(cloth(rng))))
        height += 2 * upper[1]
    return Actor(tuple(parts), 2.3 * half[0], height, math.hypot(half[0], half[2]), fill=0.9)


def vehicle(rng: Random, finish: Finish) -> Actor:
    """A small vehicle: body, cabin with dark windows, bumpers and four wheels."""
    length, wide = rng.uniform(1.7, 3.6), rng.uniform(0.8, 1.5)
    wheel, low = rng.uniform(0.18, 0.3), rng.uniform(0.3, 0.45)
    body, roof = finish.paint(cloth(rng)), rng.uniform(0.25, 0.4)
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
    (figure, 0.66),
    (parcel, 0.2),
    (vehicle, 0.14),
)


def draw_actor(rng: Random, finish: Finish) -> Actor:
    """An actor of a random kind."""
    makers, weights = zip(*MAKERS, strict=True)
    chosen: Callable[[Random, Finish], Actor] = rng.choices(makers, weights)[0]
    return chosen(rng, finish)
