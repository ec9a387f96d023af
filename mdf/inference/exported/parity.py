"""Whether an exported network computes what the run's network computes in PyTorch."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from mdf.core.exporter import Array, Exporter, Run
from mdf.core.sample import BACKGROUND_DEPTH, Batch
from mdf.core.task import SPREAD, public_outputs
from mdf.engine.evaluation import guided_range
from mdf.engine.prepare.guide import Guidance, guidance
from mdf.models.export.card import BG, BG_DEPTH, FRAME, JOINT, LOGITS, OF_BACKGROUND, OF_FRAME, Card
from mdf.models.restore import Restored

TOLERANCE = 1e-3
"""How much a logit may differ in float32; a public value by this share of the range that can be predicted."""
ODD = ((1, 3), (2, 7))
"""What is added to the run's size, and taken from it, for sizes that need padding."""
PAIRS = 3
"""How many pairs of images are compared."""
GRAIN = 3
"""Pixels of a grain of the texture in the images that are compared."""
Size = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Parity:
    """What was found.

    Attributes:
        difference: the largest of a logit.
        sizes: (height, width) of the images.
        failure: in what they differ too much; "" if in nothing.
    """

    difference: float
    sizes: tuple[Size, ...]
    failure: str = ""


def check_parity(run: Restored, card: Card, exporter: Exporter, folder: Path) -> Parity:
    """Compare the graphs in `folder` with the network of `run`, in float32 on the CPU, on three pairs of images, each
    of its own size if they take any; a guided network with the depth of the empty scene and without it. Also whether
    every input is used."""
    graphs = {name: exporter.open(folder, name, 1) for name in card.graphs}
    sizes = sizes_of(card)
    worst = 0.0
    for number in range(PAIRS):
        size = sizes[number % len(sizes)]
        for inputs in _examples(card, size, number):
            expected = _expected(run, inputs)
            for label, found in _answers(graphs, card, inputs):
                failure, difference = _compared(run, expected, found)
                worst = max(worst, difference)
                if failure:
                    label += ", the depth known," if BG_DEPTH in inputs else ""
                    return Parity(worst, sizes, f"{label} of {size[0]}x{size[1]}: {failure}")
    unused = _unused(graphs[JOINT], card, sizes[0])
    return Parity(worst, sizes, f"its input `{unused}` changes nothing" if unused else "")


def _examples(card: Card, size: Size, number: int) -> list[dict[str, Tensor]]:
    images = dict(zip((BG, FRAME), images_of(size, number), strict=True))
    guided = BG_DEPTH in card.graphs[JOINT].inputs
    return [images, {**images, BG_DEPTH: depth_of(size)}] if guided else [images]


def sizes_of(card: Card) -> tuple[Size, ...]:
    """The network's own size, and two odd ones where the graphs take any."""
    if not card.any_size:
        return (card.size,)
    height, width = (max(side, card.smallest_side + 8) for side in card.size)
    return ((height, width), *((height + down, width - across) for down, across in ODD))


def images_of(size: Size, seed: int = 0) -> tuple[Tensor, Tensor]:
    """An empty scene and a frame with something in front, 1×3×H×W uint8 each, with texture everywhere.

    Where windows have no contrast, networks that correlate them amplify rounding, in PyTorch too.
    """
    random = torch.Generator().manual_seed(seed)

    def drawn(across: Size, levels: float) -> Tensor:
        coarse = levels * (torch.rand(1, 3, *across, generator=random) - 0.5)
        return F.interpolate(coarse, size=size, mode="bilinear", align_corners=False)

    height, width = size
    grain = (height // GRAIN + 1, width // GRAIN + 1)
    scene = 128 + drawn((5, 7), 160) + drawn(grain, 160)
    frame = scene + drawn(size, 16)
    patch = (..., slice(height // 4, height // 2), slice(width // 3, 2 * width // 3))
    frame[patch] = (128 + drawn((2, 2), 160) + drawn(grain, 160))[patch]
    return scene.clamp(0, 255).to(torch.uint8), frame.clamp(0, 255).to(torch.uint8)


def depth_of(size: Size) -> Tensor:
    """The depth of a scene, 1×1×H×W float32: it rises upwards, from some 20 to 50, with a step, and with holes."""
    height, width = size
    depth = torch.linspace(50, 20, height).view(1, 1, -1, 1).repeat(1, 1, 1, width)
    depth[..., width // 2 :] *= 0.8
    depth[..., height // 3 : height // 2, width // 5 : width // 2] = torch.nan
    depth[..., ::7, ::5] = torch.nan
    return depth


def _expected(run: Restored, inputs: dict[str, Tensor]) -> dict[str, Array]:
    """As sessions and scores use the network."""
    batch = Batch(("parity",), ("parity",), inputs[BG], inputs[FRAME])
    guide: Guidance | None = None
    if BG_DEPTH in inputs:
        guide = guidance(inputs[BG_DEPTH], batch.size, guided_range(run.tasks, run.model.guided_tasks))
        batch = replace(batch, known={BACKGROUND_DEPTH: guide.small})
    with torch.inference_mode():
        logits = run.model(batch)
        values = public_outputs(run.tasks, logits)
        if guide is not None:
            values |= {task: guide.sharpened(values[task]) for task in run.model.guided_tasks}
    return {**_numpy(values), **_numpy({task + LOGITS: x for task, x in logits.items()})}


def _numpy(tensors: dict[str, Tensor]) -> dict[str, Array]:
    return {key: x.float().numpy() for key, x in tensors.items()}


def _answers(graphs: dict[str, Run], card: Card, inputs: dict[str, Tensor]) -> list[tuple[str, dict[str, Array]]]:
    arrays = {name: x.numpy() for name, x in inputs.items()}
    found = [("images", graphs[JOINT](card.graphs[JOINT].fed(arrays)))]
    if OF_BACKGROUND in graphs:
        state = graphs[OF_BACKGROUND](card.graphs[OF_BACKGROUND].fed(arrays))
        found.append(("in two steps, images", graphs[OF_FRAME](card.graphs[OF_FRAME].fed({**arrays, **state}))))
    return found


def _compared(run: Restored, expected: dict[str, Array], found: dict[str, Array]) -> tuple[str, float]:
    """In what they differ too much, and the largest difference of a logit."""
    worst = 0.0
    for key, right in expected.items():
        if key not in found or found[key].shape != right.shape:
            shape = found[key].shape if key in found else "missing"
            return f"`{key}` is {shape}, in PyTorch {right.shape}", worst
        difference = float(np.abs(found[key] - right).max())
        if key.endswith(LOGITS):
            worst, allowed = max(worst, difference), TOLERANCE
        else:
            low, high = run.tasks[key.removesuffix(SPREAD)].value_range(key.endswith(SPREAD))
            allowed = TOLERANCE * max(high - low, TOLERANCE)
        if not difference <= allowed:  # true for NaN too
            return f"`{key}` differs from PyTorch's by {difference:.3g}, more than {allowed:.3g}", worst
    return "", worst


def _unused(run: Run, card: Card, size: Size) -> str:
    """An input without which the outputs stay the same; "" if there is none."""
    bg, frame = (x.numpy() for x in images_of(size))
    arrays = card.graphs[JOINT].fed({BG: bg, FRAME: frame})
    others = {BG: 255 - bg, FRAME: 255 - frame, BG_DEPTH: depth_of(size).numpy()}
    first = run(arrays)
    for changed in arrays:
        second = run({**arrays, changed: others[changed]})
        if all(np.array_equal(first[key], second[key]) for key in first):
            return changed
    return ""
