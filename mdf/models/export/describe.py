"""What an exported folder says of its network: the card, and a README with ten lines that run it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from importlib import metadata
from string import Template

import torch

from mdf import __version__
from mdf.core.config import Component, ExperimentConfig
from mdf.core.errors import MdfError
from mdf.core.exporter import Exporter, Graph
from mdf.core.sixteen_bit import limits_of
from mdf.core.task import RELATIVE, Task
from mdf.models.assemble import network_plugins
from mdf.models.export.card import BG, BG_DEPTH, FRAME, JOINT, Card, ExportedTask, GraphFiles, told_changes
from mdf.models.export.graphs import smallest_side
from mdf.models.restore import Restored
from mdf.registry import Catalog
from mdf.runs import result
from mdf.runs.attempts import trial_of


def card_of(
    run: Restored, graphs: Sequence[Graph], exporter: Exporter, name: str, catalog: Catalog, licence: str = ""
) -> Card:
    """The card of a network whose graphs were written by `exporter`, which is called `name`; without digests."""
    config, normalise = run.config, run.model.normalise
    scores: Mapping[str, float] = {}
    columns: Sequence[Mapping[str, object]] = ()
    with suppress(MdfError):  # a folder of weights without a result
        ended = result.load(run.folder)
        scores, columns = ended.scores, [dict(column) for column in ended.columns]
    return Card(
        exporter=name,
        runtime=(exporter.runtime, _version(exporter.runtime)),
        precision="fp32",
        size=config.image_size,
        any_size=graphs[0].any_size,
        smallest_side=smallest_side(run.model) if graphs[0].any_size else min(config.image_size),
        graphs={g.name: GraphFiles(g.inputs, g.outputs, exporter.files(g.name)) for g in graphs},
        tasks={t: _task(task, config.heads[t], t in run.model.guided_tasks) for t, task in run.tasks.items()},
        normalisation={
            "mode": normalise.mode,
            "mean": normalise.mean.flatten().tolist(),
            "std": normalise.std.flatten().tolist(),
        },
        run=trial_of(run.folder),
        mdf=__version__,
        frame_range=limits_of(config.data.options),
        scores=scores,
        columns=columns,  # type: ignore[arg-type]
        licence=licence,
        trained_on=tuple(dict.fromkeys(component.name for component in (config.data, *config.extra_train))),
        pretrained=_pretrained(config),
        plugins=network_plugins(config, catalog),
    )


def readme_of(card: Card, exporter: Exporter) -> str:
    """The text of `README.md`: what the folder holds, and how to run it without mdf."""
    sizes = f"any with sides from {card.smallest_side} on" if card.any_size else "this size alone"
    words = {
        "run": card.run,
        "files": ", ".join(f"`{name}`" for graph in card.graphs.values() for name in graph.files),
        "runtime": " ".join(card.runtime),
        "precision": card.precision,
        "inputs": " and ".join(f"`{name}`" for name in card.graphs[JOINT].inputs if name != BG_DEPTH),
        "guide": GUIDE if BG_DEPTH in card.graphs[JOINT].inputs else "",
        "size": f"{card.size[0]}×{card.size[1]} (height × width); the graphs take {sizes}",
        "outputs": "\n".join(_told(name, task) for name, task in card.tasks.items()),
        "code": example_of(card, exporter),
        "two_steps": TWO_STEPS if len(card.graphs) > 1 else "",
        "judged": _judged(card.judged),
        "licence": card.licence or "Nobody told it: `mdf export --licence TEXT` does.",
        "data": ", ".join(f"`{name}`" for name in card.trained_on),
        "pretrained": f"; it began with the weights `{card.pretrained}`" if card.pretrained else "",
    }
    return Template(README).substitute(words)


def example_of(card: Card, exporter: Exporter) -> str:
    """Python that runs the graph on two image files, `empty.jpg` and `frame.jpg`, with the runtime alone."""
    height, width = card.size
    given = {BG: 'read("empty.jpg")', FRAME: 'read("frame.jpg")', BG_DEPTH: "depth"}
    feed = ", ".join(f'"{name}": {given[name]}' for name in card.graphs[JOINT].inputs)
    unknown = f"depth = np.full((1, 1, {height}, {width}), np.nan, np.float32)  # of empty.jpg, if you know it"
    shown = next(((n, t.foreground_from) for n, t in card.tasks.items() if t.foreground_from is not None), None)
    name, least = shown or (next(iter(card.tasks)), 0.0)
    picture = f'Image.fromarray((values["{name}"][0, 0] >= {least:g}).astype("uint8") * 255).save("{name}.png")'
    lines = [
        "import numpy as np",
        "from PIL import Image",
        *exporter.example(JOINT).splitlines(),
        "",
        "def read(path):",
        f'    image = Image.open(path).convert("RGB").resize(({width}, {height}), Image.Resampling.BILINEAR)',
        "    return np.asarray(image).transpose(2, 0, 1)[None].copy()",
        "",
        *([unknown] if BG_DEPTH in card.graphs[JOINT].inputs else []),
        f"values = run({{{feed}}})",
        picture if shown else f'np.save("{name}.npy", values["{name}"])',
    ]
    return "\n".join(lines)


README_FILE = "README.md"
README = """# The network of run $run

$files, for $runtime ($precision). `model.json` holds sizes, units, thresholds, scores and hashes.

Inputs: $inputs, bytes 1×3×H×W, RGB. Resize images, smoothly, to $size.
Everything else is inside: normalising, padding, cropping, and turning logits into values.
$guide
Outputs:

$outputs

`TASK/logits` is what a value was made of; `TASK/spread`, where there is one, its expected absolute error.
$judged$two_steps
```python
$code
```

Licence of the network: $licence
It was trained on $data$pretrained. Their licences apply too.
"""
GUIDE = """
`bg_depth`, 1×1×H×W float32, is the depth of the empty scene along the viewing axis, in metres or any other unit, NaN
where it is not known. Resize it by nearest pixels. Where it is all NaN, the network works without it.
"""
TWO_STEPS = """
The graphs `background` and `frame` are the same in two steps, for a camera that does not move: run `background` once on
the empty scene, and give its outputs (`state/0`, `state/1`, …) to `frame` with each frame.
"""


def _told(name: str, task: ExportedTask) -> str:
    unit = f" {task.unit}" if task.unit else ""
    foreground = "" if task.foreground_from is None else f"; foreground from {task.foreground_from:g} on"
    low, high = (round(limit, 4) for limit in task.range)
    follows = "; where `bg_depth` is known, in its unit" if task.guided else ""
    return f"- `{name}`: 1×C×H×W float32, from {low:g} to {high:g}{unit}{foreground}{follows}"


def _judged(judged: Mapping[str, Mapping[str, float]]) -> str:
    lines = [f"\nComputed in {name} instead, on test: {told_changes(changes)}.\n" for name, changes in judged.items()]
    return "".join(lines)


def _task(task: Task, head: Component, guided: bool) -> ExportedTask:
    """Where the depth of the empty scene is not known, a `guided` task has no scale."""
    foreground, calibration, unit = _foreground_from(task), dict(task.calibration), RELATIVE if guided else task.unit
    known = task.constants, unit, task.value_range(), foreground, calibration
    return ExportedTask(head.name, head.options, *known, guided)


def _foreground_from(task: Task) -> float | None:
    """The least value that the task calls foreground, found by halving its range; None where it calls none so."""
    low, high = task.value_range()

    def is_foreground(value: float) -> bool:
        found = task.foreground(torch.full((task.channels, 1, 1), value))
        return found is not None and bool(found.any())

    if task.channels != 1 or not is_foreground(high) or is_foreground(low):
        return None
    for _ in range(24):  # as fine as float32
        middle = (low + high) / 2
        low, high = (low, middle) if is_foreground(middle) else (middle, high)
    return high


def _pretrained(config: ExperimentConfig) -> str:
    weights = config.encoder.options.get("weights", "none")
    return "" if weights in ("none", None) else str(weights)


def _version(distribution: str) -> str:
    with suppress(metadata.PackageNotFoundError, ValueError):
        return metadata.version(distribution)
    return ""
