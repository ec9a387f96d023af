"""Writes what of the documentation can be read from the program, so that it cannot drift: `python docs/generate.py`.

The pages of `reference/` are made as wholes; in the pages of
`WITH_CODE` every code block that stands under a line such as
`<!-- code: tests/third_party/mdf-sample/mdf_sample/loss.py -->` (a whole file) or `<!-- code: … CosineLoss -->` (one
class or function of it) is replaced by that code.
"""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Callable, Iterator
from pathlib import Path

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from mdf.core import hooks, lifecycle
from mdf.core.config import Augment, ExperimentConfig, Train
from mdf.core.progress import Epoch
from mdf.core.spec import KINDS, Spec
from mdf.registry import Catalog, Offer
from mdf.registry.component import load_class
from mdf.registry.kinds import base_class

DOCS = Path(__file__).parent
ROOT = DOCS.parent
WITH_CODE = ("write-a-plugin.md",)
BLOCK = re.compile(r"(<!-- code: (\S+)(?: (\w+))? -->\n```(\w+)\n).*?(```\n)", re.DOTALL)

HOOKS_INTRO = """# Hooks

What a plugin may implement, and all that mdf calls of it. Mark each with `@hookimpl` from `mdf.core.hooks`; a hook may
leave out arguments that it does not need. [Write a plugin](../write-a-plugin.md) shows them at work.

These hooks, `Spec`, the objects below and the base classes of [each kind](components.md) are mdf's public API and
follow [Semantic Versioning](https://semver.org): within a major version hooks, arguments and fields are added, none
is renamed or taken away. Until version 1.0 a minor version may do so, and the changelog says it. Declare what you were
written for, `mask-depth-framework>=0.1`: a version that does not meet it refuses your plugin by name, before it
imports it.
"""
COMPONENTS_INTRO = """# Components

What is built in, by kind. `mdf plugins list` tells the same with whatever else is installed; `mdf plugins show KIND
NAME` lists a component's options. An *extra* is what it needs beside mdf itself: `pip install
"mask-depth-framework[EXTRA]"`.
"""
CONFIG_INTRO = """# Configuration

One experiment is one TOML table. A component is its name, or a table with `name` and its options; a task's loss is a
sum of names, or a table with `name` (or `terms`) and `weight`. `--set KEY=VALUE` sets any key from the command line, a
component's options included; keys of `train` may be written without it in `[grid]` and in Python.

```toml
data = "scenes"
size = 64

[encoder]
name = "unet"
width = 16

[loss]
mask = "bce+0.5*l1"
depth = { name = "l1", weight = 2.0 }

[train]
steps = 600

[logger.mlflow]             # a logger to tell, with its options; in no result
uri = "sqlite:///runs.db"

[grid]                       # every combination of these is a cell
schedule = ["joint", "alternate"]
"train.lr" = [0.002, 0.004]
```

`predictor = "absdiff"` (or `--set predictor=absdiff`) is that method alone; a list, `--predictor` or an axis of
`predictor` puts methods beside the networks, and options such as `predictor.channels` are theirs. Options without a
`name` are the default component's. Nothing of `data` can be an axis: scores on different data are not compared.

`mdf benchmark --config study.toml --dry-run` prints the cells as they would run, every option written out; each result
keeps its own as `config.toml`, which runs it again.
"""
METRICS_INTRO = """# Metrics

What each score is, where its formula comes from, and what may be set. Every metric is a sum over samples and a score
of sums, so that batches, conditions and resamples all add. TP, FP, FN and TN count pixels: foreground found, background
taken for foreground, foreground missed, background left alone. d is a difference or, where said so, one of logarithms.

Only pixels whose truth is known count. Scores are taken at the data set's own resolution. What is said here stands in
the protocol of every stored score, and scores of different protocols are never put in one column:

- `alignment` (depth): `none`; `median`, one factor for each image; `scale-shift`, factor and offset of each image;
  `per-scene`, one factor and one offset for all images of a scene, by least squares. They are found from all that is
  scored of it, for which each sample is predicted twice; conditions and resamples keep them.
- `minimum`, `maximum` (depth): a truth outside them does not count, predictions are brought into them.
- `average` (depth): `pixels`, over all pixels of all images; `images`, each image's own score, then their mean.
- `threshold` (mask): the probability from which a pixel is foreground.

Metrics of ratios and logarithms count pixels with a truth above 0, and raise predictions to `minimum`, or to 0.001.
`rmse-mask` and `rmse-border` need a data set that also holds masks.

```toml
[metrics]
mask = ["iou", "boundary-f", "ap"]
depth = [{ name = "rmse", alignment = "median", maximum = 10.0 }, "silog", "delta1"]
```
"""
LOSSES_INTRO = """# Losses

What each loss is, where its formula comes from, and what may be set. Write a task's loss as a sum:
`--loss mask=bce+0.5*dice,depth=l1+0.5*gradient`.

All of them ignore invalid pixels, whatever stands there; without a valid pixel they are 0 with a gradient of 0. They
work in float32 whatever the network's precision. Depth is in scales: divided by the 99th percentile of the training
depth. `focal` is torchvision's and `huber` PyTorch's; dice, Tversky and Lovász are our own, because those of
segmentation-models-pytorch mark invalid pixels by a value of the target (NaN times 0 stays NaN there) and give a batch
without foreground a loss of 0, from which nothing is learned about false alarms. The tests compare with them.
"""
DATASETS_INTRO = """# Data sets

What each data set reads, which truth it has, how it is split, and what may be set: on the command line
`--set data.KEY=VALUE`, in TOML beside its name. A list is written in brackets (`--set 'data.mask_foreground=[1, 2]'`); one
value may stand for a list of one. After a name's first colon everything is its path. `mdf data show`, `info` and `check`
look at any of them; `--extra-train` and `--eval-data` take them too.

Conditions of samples are tags; `mdf evaluate RUN --by tag` and `mdf benchmark --by tag` tell scores under each. Those
of `scenes` can be stressed: `--set data.transparent=0.3 --set data.reflective=0.3` puts see-through and mirroring
actors into its frames, `textured_background` and `repetitive_background` say how many scenes have such surfaces.

Some data sets know more of an empty scene than its image: its depth, `background_depth`. That is no truth of a frame
and no input of networks; the method `background-depth`, which predicts it for every frame, has a row where it is known.

## What a file looks like, and what it is read as

This is what `folder:` reads; the others read frames and depth the same way. `mdf data info` tells what was decided for
your files. What cannot be decided is an error that names the option.
[Why masks are decided once a data set](../decisions/0025-what-a-mask-means.md).

| what it looks like | what it is read as | what changes that |
|---|---|---|
| **Masks**: levels 0 and 255 (or 0 and 1, 0 and 7, 0 and 26001: 0 and one more) | the other level is foreground | `mask_foreground`, `mask_threshold` |
| a few levels in even patches: labels, instances | all but 0 are foreground | `mask_foreground` |
| the same, and 255 (65535) | 255 does not count | `mask_ignore` (`[]` = it is foreground) |
| 0, 50, 85, 170, 255 | CDnet's: 255 is foreground, 85 and 170 do not count | `mask_foreground`, `mask_ignore` |
| soft edges; JPEG, lossy WebP | above half of the range is foreground | `mask_threshold` |
| three levels in even patches, such as a trimap | refused | `mask_foreground`, `mask_ignore`, `mask_threshold` |
| a palette (VOC, LabelMe) whose index 0 is black | all other indices are foreground, 255 beside them does not count | `mask_foreground`, `mask_ignore`, `mask_from` |
| label colours on black (CVAT) | all that is not black is foreground | `mask_foreground` (`["#fa3253"]`), `mask_ignore` |
| label colours without black | refused | `mask_foreground` |
| an alpha channel over one colour, a photograph, or the same shape | alpha above half is foreground | `mask_from`, `mask_threshold` |
| an alpha channel that shows something else than the colours | refused | `mask_from` |
| a TIFF that says 0 is white (what `tifffile` writes for true and false) | refused | `mask_foreground` |
| 16 bits; TIFF of floats 0 to 1; NPY or NPZ of any whole numbers, true and false | as above, in their own range | the same |
| `*.json` of COCO (polygons, run lengths), of LabelMe, `*.xml` of `CVAT for images 1.1`; in the folder, in `annotations/`, `labels/`, `mask/`, or beside the frames | every category is foreground | `mask_foreground`, `mask_ignore` (names) |
| `CVAT for video`, a box or a line without area | refused | export it otherwise, or leave its category out |
| **Photos** with an EXIF turn | turned, with their mask and depth | |
| a mask or depth of the upright size, or of the stored size | upright, or turned with the photo | `mask_orientation`, `depth_orientation` |
| the same where sizes do not show it (180°, mirrored, square) | refused, unless the mask has its own tag | `mask_orientation`, `depth_orientation` |
| **Frames**: JPEG, PNG, TIFF, BMP, WebP, GIF, PGM, PPM, AVIF; HEIC with the extra `heif` | 8-bit colours | |
| frames of 16 bits | the upper 8 bits; a warning where few levels remain | `frame_range` |
| TIFF frames of floats or 32 bits | refused | `frame_range` (two levels) |
| an animation, or a file of several pages | refused | |
| **Depth**: 16-bit PNG, TIFF, PGM, NPY | millimetres; 0 does not count | `depth_scale`: TUM 0.0002, KITTI 1/256, RealSense its own |
| the same where 65535 occurs | 65.535 m, with a warning | `invalid_value` (`[65535]`; 0 stays invalid in metres) |
| levels rotated by 3 bits (SUN RGB-D) | millimetres, with a warning | `rotated_bits` |
| float TIFF, NPY, NPZ, PFM (DIODE, Middlebury, iPhone LiDAR exports); EXR with the extra `exr` | metres; NaN, infinity, 0 and below, 1e10 (Blender) do not count | `depth_scale` (0.001 for millimetres) |
| disparities | as depth: the files do not show it | `baseline` and `focal` |
| 8-bit levels | refused | `depth_scale`, or `depth_unit` |
| levels that are larger where it is nearer | as depth: the files do not show it | `invert` |
| 16-bit colours, depth coded in colours (CARLA), EXR or NPZ of several channels | refused | save the depth alone |
| `.bag`, `.mkv`, `.svo`, `.r3d`, `.mat`, `.h5`, raw files | refused by name, with the way to export them | |
| **Splits**: a column `split` in `pairs.csv`; folders `train/`, `val/` (`valid/`), `test/` | followed | |
| `pairs.csv` with `,`, `;` or tabs, in UTF-8 or UTF-16, with empty rows | read | |
| **Names** in other Unicode forms (a Mac's), folders that are links | one name; entered, loops left out | |
"""
CONTRACTS_INTRO = """# Contracts

The base class of each kind of component: what it reads and gives, shapes, types and units, and what it must not do.
`mdf plugins check` holds a component against them. [Write a plugin](../write-a-plugin.md) shows them at work.
"""


def contracts_page() -> str:
    """`reference/contracts.md`: each kind's base class with the methods that are to be written."""
    return "\n".join([CONTRACTS_INTRO, *(_contract(kind, base_class(kind)) for kind in KINDS)])


def _contract(kind: str, base: type) -> str:
    methods = [
        f"### `{_signature(method)}`\n\n```text\n{inspect.getdoc(method)}\n```\n"
        for name, method in vars(base).items()
        if inspect.isfunction(method) and not name.startswith("_") and method.__doc__
    ]
    head = f"## {kind}: `{base.__module__}.{base.__name__}`\n\n```text\n{inspect.getdoc(base)}\n```\n"
    return "\n".join([head, *methods])


def hooks_page() -> str:
    """`reference/hooks.md`."""
    told = (Spec, lifecycle.Study, lifecycle.Trial, Epoch, lifecycle.TrialEnd, lifecycle.StudyEnd)
    return "\n".join(
        [
            HOOKS_INTRO,
            "## Registration\n",
            f"{inspect.getdoc(hooks.Registration)}\n",
            *_hooks(hooks.Registration),
            "## Life cycle\n",
            f"{inspect.getdoc(hooks.LifeCycle)}\n",
            *_hooks(hooks.LifeCycle),
            "## What hooks give and are told\n",
            *(_described(cls) for cls in told),
        ]
    )


def _signature(method: Callable[..., object]) -> str:
    return method.__name__ + str(inspect.signature(method)).replace("'", "")


def signature(hook: Callable[..., object]) -> str:
    """A hook as its heading shows it: `mdf_losses() -> Iterable[Spec]`."""
    found = inspect.signature(hook)
    arguments = ", ".join(f"{p.name}: {p.annotation}" for p in list(found.parameters.values())[1:])
    return f"{hook.__name__}({arguments}) -> {found.return_annotation}"


def _hooks(cls: type) -> Iterator[str]:
    for name, hook in vars(cls).items():
        if name.startswith("mdf_"):
            yield f"### `{signature(hook)}`\n\n{inspect.getdoc(hook)}\n"


def _described(cls: type) -> str:
    return f"### `{cls.__module__}.{cls.__name__}`\n\n```text\n{inspect.getdoc(cls)}\n```\n"


def components_page() -> str:
    """`reference/components.md`."""
    offers = [offer for offer in Catalog.discover() if offer.builtin]
    return "\n".join([COMPONENTS_INTRO, *(_table(kind, [o for o in offers if o.kind == kind]) for kind in KINDS)])


def _table(kind: str, offers: list[Offer]) -> str:
    rows = [
        f"| `{o.usage}` | {o.spec.tasks_told} | {o.spec.extra} | {o.spec.summary} |".replace("|  |", "| |")
        for o in offers
    ]
    lines = [f"## {kind}\n", "| name | tasks | extra | |", "|---|---|---|---|", *rows]
    return "\n".join(lines) + "\n"


def formulas_page(kind: str, intro: str) -> str:
    """`reference/metrics.md` and its like: every built-in component of a kind in its own words, with its options."""
    offers = [offer for offer in Catalog.discover().offers(kind) if offer.builtin]
    return "\n".join([intro, *(_formula(offer) for offer in offers)])


def _formula(offer: Offer) -> str:
    found = load_class(offer)
    told = (inspect.getdoc(found) or "").split("\nReads\n")[0].strip()
    if "Source" not in told:  # what several formulas of one file share
        whole = inspect.getdoc(inspect.getmodule(found)) or ""
        told += "".join(f"\n\n{part}" for part in whole.split("\n\n") if part.startswith("Source"))
    options = [
        f"- `{name}` = {_default(field) or 'none'}: {field.description}"
        for name, field in found.Config.model_fields.items()
    ]
    return "\n".join([f"## {offer.spec.name}\n", f"{told}\n", *options, *([""] if options else [])])


def config_page() -> str:
    """`reference/config.md`."""
    tables = [_keys("", ExperimentConfig), _keys("train.", Train), _keys("augment.", Augment)]
    return "\n".join([CONFIG_INTRO, *tables])


def _keys(prefix: str, model: type[BaseModel]) -> str:
    rows = [
        f"| `{prefix}{name}` | {_default(field)} | {field.description or ''} |"
        for name, field in model.model_fields.items()
        if not (isinstance(field.annotation, type) and issubclass(field.annotation, (Train, Augment)))
    ]
    return (
        "\n".join([f"## {prefix.rstrip('.') or 'An experiment'}\n", "| key | default | |", "|---|---|---|", *rows])
        + "\n"
    )


def _default(field: FieldInfo) -> str:
    value = field.get_default(call_default_factory=True)
    if isinstance(value, dict):
        value = ",".join(value) or None
    value = getattr(value, "name", value)
    return "" if value is None or value == () else f"`{value}`"


def with_code(text: str) -> str:
    """A page with its marked code blocks as the files have them."""

    def fill(found: re.Match[str]) -> str:
        return f"{found[1]}{code(found[2], found[3])}{found[5]}"

    return BLOCK.sub(fill, text)


def code(path: str, name: str | None) -> str:
    """A file of the repository, or one class or function at its top level."""
    text = (ROOT / path).read_text(encoding="utf-8")
    if name is None:
        return text
    for node in ast.parse(text).body:
        if isinstance(node, (ast.ClassDef, ast.FunctionDef)) and node.name == name:
            first = min([node.lineno, *(d.lineno for d in node.decorator_list)])
            return "\n".join(text.splitlines()[first - 1 : node.end_lineno]) + "\n"
    raise LookupError(f"{path} has no {name}")


def pages() -> dict[Path, str]:
    """Every page, as it should be."""
    reference = {"hooks": hooks_page(), "components": components_page(), "config": config_page()}
    reference |= {"contracts": contracts_page(), "data-sets": formulas_page("dataset", DATASETS_INTRO)}
    reference |= {"metrics": formulas_page("metric", METRICS_INTRO), "losses": formulas_page("loss", LOSSES_INTRO)}
    made = {DOCS / f"reference/{name}.md": text for name, text in reference.items()}
    return made | {DOCS / name: with_code((DOCS / name).read_text(encoding="utf-8")) for name in WITH_CODE}


if __name__ == "__main__":
    for page, text in pages().items():
        page.write_text(text, encoding="utf-8")
