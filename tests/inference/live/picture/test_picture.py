"""What looks after a camera's picture: gate, light, shift, health, background."""

from __future__ import annotations

import numpy as np
import pytest
from live_cameras import painted, wall
from scipy import ndimage

from mdf.core.image import Pixels
from mdf.engine.prepare.shift import Shift, ShiftFinder, moved
from mdf.inference.live.network.region import Region
from mdf.inference.live.picture.background import WANTED, Background
from mdf.inference.live.picture.estimate import estimate_background
from mdf.inference.live.picture.gate import Gate, block_means
from mdf.inference.live.picture.health import Health
from mdf.inference.live.picture.light import LightSwitch

SIZE = 216, 384
TINY = 9
"""Side of an object of a thousandth of the picture."""


def scene(seed: int = 1) -> Pixels:
    """A smooth empty scene with shapes of all sizes, as photographs have."""
    rng = np.random.default_rng(seed)
    layers = [ndimage.gaussian_filter(rng.normal(0, 1, SIZE), s) * s for s in (2, 4, 10, 25)]
    grey = sum(layers)
    grey = 120 + 45 * grey / np.abs(grey).std() / 2
    return np.repeat(grey[..., None], 3, 2).clip(0, 255).astype(np.uint8)


def noisy(pixels: Pixels, seed: int, sigma: float = 3.0) -> Pixels:
    grain = np.random.default_rng(seed).normal(0, sigma, pixels.shape)
    return (pixels + grain).round().clip(0, 255).astype(np.uint8)


def with_box(pixels: Pixels, top: int, left: int, side: int = TINY, step: int = 25) -> Pixels:
    changed = pixels.astype(np.int16)
    changed[top : top + side, left : left + side] += step
    return changed.clip(0, 255).astype(np.uint8)


def test_the_gate_skips_noise_and_misses_no_small_object() -> None:
    gate = Gate(SIZE, 16)
    bg = scene()
    assert gate.decide(block_means(noisy(bg, 0)), 0.0) == Region(0, 0, *SIZE)
    for number in range(1, 60):
        gate.decide(block_means(noisy(bg, number)), number / 10)
    assert gate.skipped >= 57
    rng = np.random.default_rng(5)
    for number in range(60, 100):
        top, left = int(rng.integers(0, SIZE[0] - TINY)), int(rng.integers(0, SIZE[1] - TINY))
        region = gate.decide(block_means(with_box(noisy(bg, number), top, left)), number / 10)
        assert region is not None, (top, left)
        assert region.top <= top < top + TINY <= region.top + region.height
        assert region.left <= left < left + TINY <= region.left + region.width
        gate.decide(block_means(noisy(bg, 1000 + number)), number / 10 + 0.05)  # it is gone again


def test_regions_have_few_sizes_and_stay_in_the_picture() -> None:
    gate = Gate(SIZE, 16)
    bg = scene()
    gate.decide(block_means(bg), 0.0)
    sizes = set()
    rng = np.random.default_rng(0)
    for _ in range(100):
        side = int(rng.integers(8, 200))
        box = with_box(bg, int(rng.integers(0, 210)), int(rng.integers(0, 370)), side, 60)
        region = gate.decide(block_means(box), 1.0)
        if region is not None:
            sizes.add(region.size)
            assert 0 <= region.top <= SIZE[0] - region.height
            assert 0 <= region.left <= SIZE[1] - region.width
    assert len(sizes) <= 9


def test_who_stands_is_seen_in_a_narrow_region() -> None:
    gate = Gate(SIZE, 16)
    standing = scene()
    gate.decide(block_means(standing), 0.0)
    standing[10:200, 180:220] = 0
    region = gate.decide(block_means(standing), 0.1)
    assert region is not None
    assert region.size == (SIZE[0], 128)


def test_what_jumps_without_a_cause_is_computed_less_and_less_and_an_object_there_always() -> None:
    """A still scene whose blocks jump with each tenth frame, as those of a compressed one do with each key frame."""
    gate, bg, nobody = Gate(SIZE, 16), scene(), np.zeros(SIZE, bool)
    pictures = []
    for seed in range(3):
        jumps = 2 * np.random.default_rng(seed).integers(-2, 3, (SIZE[0] // 4, SIZE[1] // 4, 1))
        pictures.append((bg + np.kron(jumps, np.ones((4, 4, 1), np.int64))).clip(0, 255).astype(np.uint8))
    computed = []
    for number in range(160):
        computed.append(gate.decide(block_means(pictures[number // 10 % 3]), number / 10) is not None)
        gate.answered(nobody)
    assert sum(computed[:40]) >= 3
    assert sum(computed[100:]) <= 1  # all of it is computed now and then
    for number in range(160, 180):
        with_somebody = with_box(pictures[number // 10 % 3], 100, 5 * (number - 150), TINY, 40)
        assert gate.decide(block_means(with_somebody), number / 10) is not None
        gate.answered(nobody)


def test_where_somebody_is_no_change_is_without_a_cause() -> None:
    somebody = np.zeros(SIZE, bool)
    somebody[60:140, 100:140] = True
    seen = []
    for mask in (somebody, ~somebody & False):
        gate = Gate(SIZE, 16)
        bg = scene()
        for number in range(40):
            step = 8 * (number % 2)
            seen.append(gate.decide(block_means(with_box(bg, 90, 110, 24, step)), number / 10) is not None)
            gate.answered(mask)
    assert all(seen[:40])
    assert sum(seen[40:]) <= 4


def test_slow_changes_add_up() -> None:
    gate = Gate(SIZE, 16)
    bg = scene()
    seen = [gate.decide(block_means(with_box(bg, 50, 50, 40, step)), step / 10) for step in range(12)]
    assert any(region is not None for region in seen[1:])


def test_with_the_gate_off_all_is_computed() -> None:
    gate = Gate(SIZE, 16, on=False)
    assert all(gate.decide(block_means(scene()), 0.0) is not None for _ in range(5))


@pytest.mark.parametrize("factor", [0.4, 1.8])
def test_a_light_switch_is_noticed_and_ends(factor: float) -> None:
    light = LightSwitch()
    bg = scene()
    other = (bg * factor).clip(0, 255).astype(np.uint8)
    frames = [bg] * 10 + [other] * 20
    changing = [light.step(block_means(noisy(frame, n)), n / 10) for n, frame in enumerate(frames)]
    assert not any(changing[:10])
    assert changing[10]
    assert not changing[-1]


def test_somebody_close_is_no_light_switch() -> None:
    light = LightSwitch()
    bg = scene()
    near = noisy(scene(9), 3)
    near[:, 300:] = bg[:, 300:]
    assert not any(light.step(block_means(frame), n / 10) for n, frame in enumerate([bg] * 5 + [near] * 10))


@pytest.mark.parametrize(("right", "down", "degrees"), [(0, 0, 0), (5, -3, 0), (-9, 6, 0), (2, 1, 1.0), (0, 0, -1.5)])
def test_the_shift_of_a_moved_camera(right: float, down: float, degrees: float) -> None:
    bg = scene()
    frame = noisy(moved(bg, Shift(right, down, degrees)), 1)
    found = ShiftFinder(bg)(frame)
    assert found is not None
    assert (found.right, found.down) == pytest.approx((right, down), abs=0.6)
    assert found.degrees == pytest.approx(degrees, abs=0.3)


def looks(frames: list[Pixels], bg: Pixels, live: bool = True) -> list[str | None]:
    health = Health(live)
    found = [health.look(frame, block_means(frame), bg, float(n)) for n, frame in enumerate(frames)]
    return [look.condition for look in found if look is not None]


def test_health_tells_what_is_wrong() -> None:
    bg = scene()
    blurred = np.stack([ndimage.gaussian_filter(bg[..., c], 4) for c in range(3)], 2)
    cases = {
        None: noisy(bg, 1),
        "camera covered": noisy(np.full_like(bg, 20), 1, 1.0),
        "camera defocused": noisy(blurred, 1, 1.0),
        "camera moved": noisy(moved(bg, Shift(8, 4, 0)), 1),
    }
    for condition, frame in cases.items():
        assert looks([noisy(frame, 7, 0.5)], bg) == [condition]


@pytest.mark.parametrize("sigma", [1, 2, 4, 8])
def test_a_plain_wall_stays_the_same_wall(sigma: float) -> None:
    """Its noise is like that of no other picture: that says nothing. Something else nearly everywhere does."""
    bg = np.full((*SIZE, 3), 130, np.uint8)
    visitor = with_box(with_box(bg, 40, 60, 120, -60), 90, 100, 60, 40)
    darker = np.full_like(bg, 100)
    frames = [
        noisy(x, n, sigma) for n, x in enumerate((bg, bg, bg, visitor, visitor, darker, darker, scene(), scene()))
    ]
    told = looks(frames, noisy(bg, 9, sigma))
    assert told[1:7] == [None] * 6
    assert told[8] == "camera moved"


@pytest.mark.parametrize("light", [1.0, 0.15, 0.1])
def test_a_scene_in_the_dark_is_no_plain_wall(light: float) -> None:
    """A camera that is turned or covered at night is told. Its noise then looks like detail that a cover leaves."""

    def dimmed(pixels: Pixels, seed: int) -> Pixels:
        return noisy((light * pixels).astype(np.uint8), seed, 1.0)

    bg, other, cover = dimmed(scene(1), 9), scene(2), np.full((*SIZE, 3), 2, np.uint8)
    before = [dimmed(scene(1), n) for n in range(4)]
    assert looks(before, bg) == [None] * 4
    assert looks([*before, dimmed(other, 4), dimmed(other, 5)], bg)[4:] == ["camera moved"] * 2
    covered = looks([*before, noisy(cover, 4, 0.5), noisy(cover, 5, 0.5)], bg)[4:]
    assert covered == ["camera covered" if light == 1 else "camera moved"] * 2


def test_a_live_picture_that_never_changes_is_frozen_and_a_recording_is_not() -> None:
    bg = scene()
    assert looks([bg] * 40, bg)[-1] == "camera frozen"
    assert looks([bg] * 40, bg, live=False)[-1] is None


def test_a_background_is_learned_where_people_walk() -> None:
    bg = wall()
    background = Background(None, seconds=2.5)
    number = 0
    while background.learning:
        boxes = [(4 * number % 160, 30, 4 * number % 160 + 14, 80, 120)]
        background.learn(painted(bg, boxes, 1.0, number), number / 10)
        number += 1
        assert number <= 4 * WANTED
    assert np.abs(background.pixels.astype(int) - bg).mean() < 1.5


def test_a_background_follows_slow_light_but_not_what_stands_in_front() -> None:
    bg = wall()
    background = Background(bg, 1.0)
    foreground = np.zeros(bg.shape[:2], bool)
    foreground[30:80, 60:74] = True
    later = painted((bg * 0.8).astype(np.uint8), [(60, 30, 74, 80, 120)])
    for second in range(200):
        background.freshen(later, foreground, float(second))
    still = ~foreground
    assert np.abs(background.pixels[still].astype(int) - later[still]).mean() < 2
    assert np.array_equal(background.pixels[foreground], bg[foreground])


def test_the_empty_scene_of_a_recording_where_somebody_stands_most_of_the_time() -> None:
    bg = wall(size=(216, 384))
    frames = [painted(bg, [(150, 60, 190, 190, 180)] if n % 5 else [], 1.0, n) for n in range(25)]
    found, share = estimate_background(frames)
    assert share == 0
    assert np.abs(found.astype(int) - bg).mean() < 1.5
