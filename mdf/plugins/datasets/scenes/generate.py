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
from mdf.plugins.datasets.scenes.rendering.render import Shot, background_depth, geometry, linear_light
from mdf.plugins.datasets.scenes.rooms import draw_frame, draw_layout
from mdf.plugins.datasets.scenes.sensor import auto_exposure
from mdf.plugins.datasets.scenes.shapes import draw_shapes

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
    layout = draw_layout(random_stream(*key), config)
    frames = [draw_frame(random_stream(*key, index), config, layout) for index in range(config.frames)]
    shot = Shot(layout, frames)
    mask, depth = geometry(shot)
    empty_light, frame_lights = linear_light(shot)
    exposure = auto_exposure(empty_light)
    return RenderedScene(
        bg=layout.sensor.develop(empty_light, exposure),
        frames=torch.stack(
            [frame.sensor.develop(light, exposure) for frame, light in zip(frames, frame_lights, strict=True)]
        ),
        mask=mask,
        depth=depth,
        tags=tuple(frame.tags for frame in frames),
        has_depth=True,
    )


def _render_shapes(config: ScenesConfig, key: SceneKey) -> RenderedScene:
    bg, frames, mask, tags = draw_shapes(random_stream(*key), config)
    depth = torch.zeros(mask.shape, dtype=torch.float32)
    return RenderedScene(bg, frames, mask, depth, tags, has_depth=False)


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
    return background_depth(Shot(draw_layout(random_stream(*key), config), []))


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
