"""Generates scenes: draws each scene from its number, and renders it to bytes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import blake2b
from random import Random
from threading import Lock

import torch
from torch import Tensor

from mdf.plugins.datasets.scenes.config import ScenesConfig
from mdf.plugins.datasets.scenes.effects.apply import in_light, in_recording
from mdf.plugins.datasets.scenes.effects.views import Views
from mdf.plugins.datasets.scenes.places.frames import draw_frame
from mdf.plugins.datasets.scenes.places.layout import Frame, Layout
from mdf.plugins.datasets.scenes.places.rooms import draw_room
from mdf.plugins.datasets.scenes.places.shapes import draw_shapes
from mdf.plugins.datasets.scenes.places.streets import draw_street
from mdf.plugins.datasets.scenes.places.tables import TABLE, draw_table, draw_things
from mdf.plugins.datasets.scenes.rendering.render import Shot, background_depth, geometry, linear_light
from mdf.plugins.datasets.scenes.sensor import Sensor, auto_exposure

SceneKey = tuple[str, int, str, int]
"""Style, seed, split and the scene's number in the split. A scene depends on nothing else but the config."""


@dataclass(frozen=True)
class RenderedScene:
    """All frames of one scene.

    Attributes:
        bg: 3×H×W uint8, the background of all frames.
        frames: N×3×H×W uint8.
        mask: N×1×H×W uint8.
        depth: N×1×H×W float32, metres; 0 if the scene has no depth.
        tags: the conditions of each frame.
        has_depth: whether the scene has depth.
    """

    bg: Tensor
    frames: Tensor
    mask: Tensor
    depth: Tensor
    tags: tuple[frozenset[str], ...]
    has_depth: bool


def random_stream(*key: str | int) -> Random:
    """A separate random stream for every key. It is the same on every machine."""
    return Random(blake2b(repr(key).encode(), digest_size=16).digest())


def render_scene(config: ScenesConfig, split: str, number: int) -> RenderedScene:
    """Scene `number` of a split. The bytes depend on the arguments only."""
    key = _key(config, split, number)
    return _render_room(config, key) if key[0] == "rooms" else _render_shapes(config, key)


def _key(config: ScenesConfig, split: str, number: int) -> SceneKey:
    style: str = config.style
    if style == "mixed":
        style = "rooms" if number % 2 == 0 else "shapes"
    return style, config.seed, split, number


def _render_room(config: ScenesConfig, key: SceneKey) -> RenderedScene:
    layout = _layout(config, key)
    frames = [_frame(config, key, layout, index) for index in range(config.frames)]
    shot = Shot(layout, frames)
    masks, depths = geometry(shot)
    views = Views(*linear_light(shot), masks.bool(), depths, [set(frame.tags) for frame in frames])
    return _recorded(config, key, views, layout.sensor, [frame.sensor for frame in frames], has_depth=True)


def _frame(config: ScenesConfig, key: SceneKey, layout: Layout, index: int) -> Frame:
    rng = random_stream(*key, index)
    if TABLE in layout.tags:
        return draw_things(rng, config, layout)
    return draw_frame(rng, config, layout, random_stream(*key, index, "size"))


def _layout(config: ScenesConfig, key: SceneKey) -> Layout:
    if random_stream(*key, TABLE).random() < config.table:
        return draw_table(random_stream(*key), config)
    place = random_stream(*key, "place")
    return draw_street(place, config) if place.random() < config.outdoor else draw_room(random_stream(*key), config)


def _render_shapes(config: ScenesConfig, key: SceneKey) -> RenderedScene:
    views, sensor, sensors = draw_shapes(random_stream(*key), config)
    return _recorded(config, key, views, sensor, sensors, has_depth=False)


def _recorded(
    config: ScenesConfig, key: SceneKey, views: Views, sensor: Sensor, sensors: Sequence[Sensor], has_depth: bool
) -> RenderedScene:
    """From linear light to bytes. The exposure is that of the empty scene."""
    exposure = auto_exposure(views.empty)
    in_light(config, random_stream(*key, "light"), views)
    bg = sensor.develop(views.empty, exposure)
    frames = torch.stack([s.develop(light, exposure) for s, light in zip(sensors, views.frames, strict=True)])
    bg, frames = in_recording(config, random_stream(*key, "recording"), bg, frames, views)
    tags = tuple(frozenset(tags) for tags in views.tags)
    return RenderedScene(bg, frames, views.masks.to(torch.uint8), views.depths, tags, has_depth)


def render_scenes(config: ScenesConfig, scenes: Sequence[tuple[str, int]]) -> list[RenderedScene]:
    """Several scenes, given by split and number. Uses one thread."""
    with _THREADS_LOCK, _one_thread():
        return [render_scene(config, *scene) for scene in scenes]


def empty_depths(config: ScenesConfig, scenes: Sequence[tuple[str, int]]) -> list[Tensor]:
    """The depth of several empty scenes, 1×H×W float32 each; NaN if a scene has no depth. Renders no colours."""
    with _THREADS_LOCK, _one_thread():
        return [_empty_depth(config, _key(config, *scene)) for scene in scenes]


def _empty_depth(config: ScenesConfig, key: SceneKey) -> Tensor:
    if key[0] != "rooms":
        return torch.full((1, *config.height_width), torch.nan)
    return background_depth(Shot(_layout(config, key), []))


_THREADS_LOCK = Lock()
"""torch's number of threads is global. Two readers must not restore each other's value."""


@contextmanager
def _one_thread() -> Iterator[None]:
    """A scene's tensors are so small that splitting an operation among threads costs more than it saves."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)
