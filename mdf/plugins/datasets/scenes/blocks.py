"""From a scene's number to its bytes: each scene is drawn, rendered and quantised on its own."""

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
from mdf.plugins.datasets.scenes.layout import draw_frame, draw_layout
from mdf.plugins.datasets.scenes.rendering.render import Shot, background_depth, geometry, light
from mdf.plugins.datasets.scenes.sensor import metered
from mdf.plugins.datasets.scenes.shapes import draw_shapes


@dataclass(frozen=True)
class Block:
    """All frames of one scene.

    Attributes:
        bg: 3×H×W uint8, shared. frames: N×3×H×W uint8. mask: N×1×H×W uint8.
        depth: N×1×H×W float32, metres, 0 where the scene has none. tags: of each frame.
    """

    bg: Tensor
    frames: Tensor
    mask: Tensor
    depth: Tensor
    tags: tuple[frozenset[str], ...]
    has_depth: bool


def random(*key: object) -> Random:
    """A random stream of its own for every key, the same on every machine."""
    return Random(blake2b(repr(key).encode(), digest_size=16).digest())


def render_scene(config: ScenesConfig, split: str, number: int) -> Block:
    """Scene `number` of a split: the same bytes whoever asks, since nothing else than the arguments is read."""
    key = _key(config, split, number)
    return _rooms(config, key) if key[0] == "rooms" else _shapes(config, key)


def _key(config: ScenesConfig, split: str, number: int) -> tuple[object, ...]:
    """What a scene is drawn from, its style first."""
    style = config.style
    if style == "mixed":
        style = "rooms" if number % 2 == 0 else "shapes"
    return style, config.seed, split, number


def _rooms(config: ScenesConfig, key: tuple[object, ...]) -> Block:
    layout = draw_layout(random(*key), config)
    frames = [draw_frame(random(*key, index), config, layout) for index in range(config.frames)]
    shot = Shot(layout, frames)
    mask, depth = geometry(shot)
    empty, shown = light(shot)
    exposure = metered(empty)
    return Block(
        bg=layout.sensor.develop(empty, exposure),
        frames=torch.stack([f.sensor.develop(s, exposure) for f, s in zip(frames, shown, strict=True)]),
        mask=mask,
        depth=depth,
        tags=tuple(frame.tags for frame in frames),
        has_depth=True,
    )


def _shapes(config: ScenesConfig, key: tuple[object, ...]) -> Block:
    bg, frames, mask, tags = draw_shapes(random(*key), config)
    depth = torch.zeros(mask.shape, dtype=torch.float32)
    return Block(bg, frames, mask, depth, tags, has_depth=False)


def render_scenes(config: ScenesConfig, wanted: Sequence[tuple[str, int]]) -> list[Block]:
    """Several scenes, on one thread."""
    with _SETTING, _one_thread():
        return [render_scene(config, *scene) for scene in wanted]


def empty_depths(config: ScenesConfig, wanted: Sequence[tuple[str, int]]) -> list[Tensor]:
    """The depth of each of several empty scenes, 1×H×W float32; NaN where the scene has none. No light is computed."""
    with _SETTING, _one_thread():
        return [_empty_depth(config, _key(config, *scene)) for scene in wanted]


def _empty_depth(config: ScenesConfig, key: tuple[object, ...]) -> Tensor:
    if key[0] != "rooms":
        return torch.full((1, *config.height_width), torch.nan)
    return background_depth(Shot(draw_layout(random(*key), config), []))


_SETTING = Lock()
"""Torch's number of threads is one setting for all: two readers must not restore each other's."""


@contextmanager
def _one_thread() -> Iterator[None]:
    """A scene's tensors are so small that splitting an operator among threads costs more than it gains."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)
