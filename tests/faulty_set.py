"""A folder of rooms with masks, and a plugin whose faults its options choose."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

SIDE = 32


def room(seed: int) -> np.ndarray:
    """A smooth picture H×W×3 uint8 that no other seed's resembles."""
    coarse = np.random.default_rng(seed).integers(0, 256, (6, 6, 3), np.uint8)
    return np.array(Image.fromarray(coarse).resize((SIDE, SIDE), Image.Resampling.BICUBIC))


def make_folder(root: Path, rooms: int = 5, frames: int = 4) -> Path:
    """The layout of `folder:`; every frame has a square of its own in the foreground."""
    random = np.random.default_rng(7)
    for name in ("bg", "fg_bg", "mask"):
        (root / name).mkdir(parents=True, exist_ok=True)
    for number in range(rooms):
        background = room(number)
        Image.fromarray(background).save(root / "bg" / f"room{number}.png")
        for frame in range(frames):
            mask = np.zeros((SIDE, SIDE), np.uint8)
            y, x = random.integers(0, SIDE - 10, 2)
            mask[y : y + 10, x : x + 10] = 255
            picture = np.where(mask[..., None] > 0, random.integers(0, 256, 3, np.uint8), background)
            Image.fromarray(picture).save(root / "fg_bg" / f"room{number}_{frame:03d}.jpg", quality=95)
            Image.fromarray(mask).save(root / "mask" / f"room{number}_{frame:03d}.png")
    return root


def cut_short(path: Path) -> Path:
    """Keep most of a file: its header promises what is not there."""
    content = path.read_bytes()
    path.write_bytes(content[: len(content) * 4 // 5])
    return path


PLUGIN = '''
import torch
from mdf.core.component import ComponentConfig
from mdf.core.dataset import SampleDataset, Splits
from mdf.core.hooks import hookimpl
from mdf.core.sample import Sample
from mdf.core.spec import Spec


class Faulty(SampleDataset):
    """Nine samples of nine rooms; `fault` says what is wrong."""

    class Config(ComponentConfig):
        """Which fault."""

        fault: str = ""
        by: str = "scene"
        unit: str = "m"

    tasks = ("mask", "depth")

    def __init__(self, config, variant):
        self.config = config
        self.units = {"depth": config.unit}

    def __len__(self):
        return 9

    def native_size(self, index):
        if self.config.fault == "no size" and index == 4:
            raise OSError("header is gone")
        return 32, 32

    def splits(self):
        if self.config.fault == "empty split":
            return Splits(range(9), [], [])
        if self.config.fault == "listed twice":
            return Splits(range(5), range(4, 7), range(7, 9))
        return Splits(range(5), range(5, 7), range(7, 9), by=self.config.by)

    def fingerprint(self):
        return f"faulty {self.config}"

    def sample(self, index):
        fault = self.config.fault
        if fault == "raises" and index in (2, 6):
            raise KeyError(f"no key {index}")
        same_room = {"shared scene": (0, 8), "twin rooms": (0, 8), "twin rooms in train": (0, 3)}.get(fault, ())
        place = same_room[0] if index in same_room else index
        coarse = torch.randint(0, 256, (3, 6, 6), generator=torch.Generator().manual_seed(place)).float()
        bg = torch.nn.functional.interpolate(coarse[None], size=32, mode="bilinear")[0]
        if index == 8:
            bg = bg * 0.8  # the light has changed
        mask = torch.zeros(1, 32, 32, dtype=torch.uint8)
        mask[:, index : index + 9, 5:14] = 1
        depth = torch.full((1, 32, 32), 4.0)
        valid = torch.ones(1, 32, 32, dtype=torch.bool)
        known = valid.clone()
        frame = torch.where(mask > 0, 200.0, bg)
        if index == 1:
            if fault == "levels":
                mask[:, 0, 0] = 255
            elif fault == "zero":
                depth[:, 0, 0] = 0.0
            elif fault == "nan":
                depth[:, 0, :2] = float("nan")
            elif fault == "negative":
                depth[:, 0, 0] = -1.0
            elif fault == "empty":
                mask[:] = 0
            elif fault == "unknown":
                known[:] = False
            elif fault == "size":
                depth = depth[..., :20]
        if fault == "flat":
            bg = torch.zeros(3, 32, 32)
        if fault == "copy" and index in (3, 4):
            frame, bg = torch.full((3, 32, 32), 9.0), torch.full((3, 32, 32), 7.0)
        if fault == "copy in test" and index in (3, 7):
            frame, bg = torch.full((3, 32, 32), 9.0), torch.full((3, 32, 32), 7.0)
        scene = "room-0" if fault == "shared scene" and index == 8 else f"room-{index}"
        return Sample(
            id=f"sample-{index}",
            scene=scene,
            bg=bg.to(torch.uint8),
            fg_bg=frame.to(torch.uint8),
            targets={"mask": mask, "depth": depth},
            valid={"mask": valid, "depth": known},
            tags=frozenset({"even"} if index % 2 == 0 else ()),
        )


@hookimpl
def mdf_datasets():
    return [Spec("faulty", f"{__name__}:Faulty", "Nine samples, one fault.")]
'''


def make_plugin(root: Path, name: str) -> str:
    """The plugin's file, to be given with `-p`. A process loads one plugin of a name."""
    path = root / f"{name}.py"
    path.write_text(PLUGIN, encoding="utf-8")
    return str(path)
