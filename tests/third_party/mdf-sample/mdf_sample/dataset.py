"""A tilted card in front of a tilted wall, with exact mask, depth, normals and disparity."""

from collections.abc import Mapping

import torch
from pydantic import Field
from torch import Tensor
from torch.nn import functional as F

from mdf.core.component import ComponentConfig
from mdf.core.dataset import SampleDataset, Splits
from mdf.core.sample import Sample

TILT = 0.6
"""Largest slope of wall and card, to the side and upwards."""
WALL, CARD = 4.0, 2.0
"""Metres from the camera to where its axis meets them."""
BASELINE = 0.5
"""Metres between the camera and a second one beside it, whose disparity is told."""


class Planes(SampleDataset):
    """Cards in front of walls. The camera is a pinhole with a field of view of 90°, and the light comes from it."""

    class Config(ComponentConfig):
        """How many there are."""

        scenes: int = Field(8, ge=3, le=1000, description="number of walls; the last two validate and test")
        frames: int = Field(4, ge=1, le=1000, description="cards in front of each wall")
        size: int = Field(32, ge=16, le=512, description="height and width in pixels")

    tasks = ("mask", "depth", "normals", "disparity")
    units: Mapping[str, str] = {"depth": "m", "disparity": "px"}

    def __init__(self, config: Config, variant: str) -> None:  # noqa: ARG002
        self.config = config

    def __len__(self) -> int:
        return self.config.scenes * self.config.frames

    def native_size(self, index: int) -> tuple[int, int]:  # noqa: ARG002
        """(height, width)."""
        return self.config.size, self.config.size

    def sample(self, index: int) -> Sample:
        """The card of one frame in front of the wall of its scene."""
        scene, size = index // self.config.frames, self.config.size
        wall_depth, wall_normals, bg = _plane(WALL, size, seed=scene)
        card_depth, card_normals, card = _plane(CARD, size, seed=len(self) + index)
        shown = _rectangle(size, seed=index) & (card_depth < wall_depth)
        depth = card_depth.where(shown, wall_depth)
        everywhere = torch.ones(1, size, size, dtype=torch.bool)
        return Sample(
            id=f"{scene:04d}/{index:06d}",
            scene=f"{scene:04d}",
            bg=bg,
            fg_bg=card.where(shown, bg),
            targets={
                "mask": shown.to(torch.uint8),
                "depth": depth,
                "normals": card_normals.where(shown, wall_normals),
                "disparity": size / 2 * BASELINE / depth,
            },
            valid=dict.fromkeys(self.tasks, everywhere),
        )

    def splits(self) -> Splits:
        """By scene."""
        frames, scenes = self.config.frames, self.config.scenes
        train, val = (scenes - 2) * frames, (scenes - 1) * frames
        return Splits(range(train), range(train, val), range(val, len(self)))

    def fingerprint(self) -> str:
        """The options decide all samples."""
        return f"planes-2-{self.config.scenes}-{self.config.frames}-{self.config.size}"


def _plane(distance: float, size: int, seed: int) -> tuple[Tensor, Tensor, Tensor]:
    """Depth 1×H×W in metres, normals 3×H×W and colours 3×H×W uint8 of a plane that fills the view.

    Its points p fulfil n·p = n·(0, 0, `distance`): along a pixel's ray r, whose z is 1, at the depth
    n_z `distance` / n·r.
    """
    random = torch.Generator().manual_seed(seed)
    slope = (torch.rand(2, generator=random) * 2 - 1) * TILT
    normal = F.normalize(torch.tensor([float(slope[0]), float(slope[1]), -1.0]), dim=0)
    side = (torch.arange(size) + 0.5) / size * 2 - 1
    rays = torch.stack([side.expand(size, -1), side[:, None].expand(-1, size), torch.ones(size, size)])
    towards = (normal[:, None, None] * rays).sum(0, keepdim=True).clamp(max=-0.05)
    depth = normal[2] * distance / towards
    colour = torch.rand(3, generator=random)[:, None, None] * 0.5 + 0.5
    bright = -towards / rays.norm(dim=0)
    return depth, normal[:, None, None].expand(3, size, size), (255 * colour * bright).to(torch.uint8)


def _rectangle(size: int, seed: int) -> Tensor:
    """Where the card is, 1×H×W bool: a quarter to a half of the image's side."""
    random = torch.Generator().manual_seed(seed)
    height, width = (torch.randint(size // 4, size // 2, (2,), generator=random)).tolist()
    top = int(torch.randint(0, size - height, (1,), generator=random))
    left = int(torch.randint(0, size - width, (1,), generator=random))
    shown = torch.zeros(1, size, size, dtype=torch.bool)
    shown[:, top : top + height, left : left + width] = True
    return shown
