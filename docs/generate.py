"""Generates documentation from the program, so that both always agree: `python docs/generate.py`.

It writes all pages of `reference/`. In the pages of `WITH_CODE`, it replaces every code block below a line such as
`<!-- code: tests/third_party/mdf-sample/mdf_sample/loss.py -->` (a whole file) or `<!-- code: … CosineLoss -->` (one
class or function of the file) with that code.
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
from mdf.core.task import Task
from mdf.inference.live.settings.settings import CameraSettings, WatchSettings
from mdf.registry import Catalog, Offer
from mdf.registry.component import load_class
from mdf.registry.kinds import base_class

DOCS = Path(__file__).parent
ROOT = DOCS.parent
WITH_CODE = ("write-a-plugin.md",)
BLOCK = re.compile(r"(<!-- code: (\S+)(?: (\w+))? -->\n```(\w+)\n).*?(```\n)", re.DOTALL)

HOOKS_INTRO = """# Hooks

These are the hooks that a plugin may implement. mdf calls nothing else in a plugin. Mark each hook with `@hookimpl`
from `mdf.core.hooks`. A hook may leave out arguments that it does not need. [Write a plugin](../write-a-plugin.md)
shows examples.

These hooks, `Spec`, the objects below and the [base classes of components](contracts.md) are mdf's public API. They
follow [Semantic Versioning](https://semver.org): within a major version, hooks, arguments and fields may be added, but
not renamed or removed. Before version 1.0, a minor version may also rename or remove them; the changelog then says so.
Declare the version that your plugin needs, for example `mask-depth-framework>=0.1`. A version of mdf that does not meet
this requirement refuses the plugin with an error that names it, and does not import it.
"""
COMPONENTS_INTRO = """# Components

The built-in components, by kind. `mdf plugins list` also lists the components of other installed packages. `mdf plugins
show KIND NAME` lists a component's options. If a component has an *extra*, it needs additional packages: `pip install
"mask-depth-framework[EXTRA]"`.
"""
CONFIG_INTRO = """# Configuration

One experiment is one TOML table. Write a component as its name, or as a table with `name` and its options. Write the
loss of a task as a sum of names, or as a table with `name` (or `terms`) and `weight`. `--set KEY=VALUE` sets any key
from the command line, including the options of components. In `[grid]` and in Python, you may leave out the prefix
`train.`.

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

[logger.mlflow]              # a logger and its options; results do not contain them
uri = "sqlite:///runs.db"

[grid]                       # every combination of these values is a cell
schedule = ["joint", "alternate"]
"train.lr" = [0.002, 0.004]
```

`predictor = "absdiff"` (or `--set predictor=absdiff`) runs only this method. A list of predictors, `--predictor` or a
grid axis `predictor` adds methods to the networks; then options such as `predictor.channels` belong to the methods.
Options without a `name` belong to the default component. `data` and its options cannot be an axis, because scores on
different data are not compared.

`mdf benchmark --config study.toml --dry-run` prints the cells that would run, with all their options. Each result
stores its own configuration as `config.toml`, which repeats the run.
"""
METRICS_INTRO = """# Metrics

The definition of each score, the source of its formula, and its options. Every metric adds statistics over samples and
computes the score from their sum. So batches, conditions and resamples can be added. TP, FP, FN and TN count pixels:
true foreground that was found, background predicted as foreground, foreground that was missed, and background predicted
as background. d is a difference of values, or of logarithms where the text says so.

Only pixels with a known truth count. Scores are computed at the data set's own resolution. Every stored score has a
protocol with these settings. Scores with different protocols are never put in one column:

- `alignment` (depth): `none`; `median`: one factor per image; `scale-shift`: one factor and one offset per image;
  `per-scene`: one factor and one offset for all images of a scene, by least squares. The fit of a scene uses all its
  scored samples, so each sample is predicted twice. Conditions and resamples use the same fit.
- `minimum`, `maximum` (depth): pixels with a true value outside this range do not count. Predictions are clipped to it.
- `average` (depth): `pixels` averages over all pixels of all images; `images` averages the scores of the images.
- `threshold` (mask): the lowest probability that counts as foreground; by default each method's own.

Metrics of ratios and logarithms count only pixels with a true value above 0. Smaller predictions are raised to
`minimum`, or to 0.001 if there is no `minimum`. `rmse-mask` and `rmse-border` need a data set that also has masks.

```toml
[metrics]
mask = ["iou", "boundary-f", "ap"]
depth = [{ name = "rmse", alignment = "median", maximum = 10.0 }, "silog", "delta1"]
```
"""
LOSSES_INTRO = """# Losses

The definition of each loss, the source of its formula, and its options. Write the loss of a task as a sum: `--loss
mask=bce+0.5*dice,depth=l1+0.5*gradient`.

All losses ignore invalid pixels, even if they hold NaN. Without a valid pixel, loss and gradient are 0. All losses
compute in float32, whatever the precision of the network is. Depth is in scales: divided by the 99th percentile of the
training depth. `focal` is torchvision's and `huber` is PyTorch's. Dice, Tversky and Lovász are implemented in mdf,
because those of segmentation-models-pytorch mark invalid pixels with a special target value (NaN times 0 stays NaN
there). They also give a batch without foreground a loss of 0, which teaches nothing about false alarms. The tests
compare with them.
"""
DATASETS_INTRO = """# Data sets

What each data set reads, which ground truth it has, how it is split, and its options. Set options with
`--set data.KEY=VALUE` on the command line, or in the same TOML table as the name. A list is written in brackets, such
as `--set 'data.mask_foreground=[1, 2]'`. You can write a list of one value as the value alone. Everything after the
first colon of a name is the path. `mdf data show`, `info` and `check` accept all data sets, and so do `--extra-train`
and `--eval-data`.

Tags are the conditions of samples. `mdf evaluate RUN --by tag` and `mdf benchmark --by tag` report the scores for each.
You can make the conditions of `scenes` more frequent: `--set data.transparent=0.3 --set data.reflective=0.3` adds
transparent and reflective actors to its frames; `textured_background` and `repetitive_background` are the shares of
scenes with such surfaces.

Some data sets also know the depth of the empty scene, `background_depth`. It is not the ground truth of a frame. Guided
networks (`fusion.guided`, `heads.depth.guided`) read it; others do not. The method `background-depth` predicts it for
every frame. This method has a row only for data sets that know it.
"""
CONTRACTS_INTRO = """# Contracts

The base class of each kind of component: what it reads and returns, with shapes, types and units, and what it must not
do. `mdf plugins check` tests a component against its contract. [Write a plugin](../write-a-plugin.md) shows examples.
"""


TABLES = ("cameras", "sink", "source_options", "tracker_options")
"""Keys of `mdf watch` that are written as tables of their own."""
WATCH_INTRO = """# Keys of `mdf watch`

Keys of a config file for `mdf watch --config FILE`, of `--set KEY=VALUE`, and of `mdf.watch(KEY=VALUE)`. [Watch a
camera](../how-to/watch.md) explains them. A key of a camera stands in its table `[camera.NAME]`, or outside of all
tables, where it holds for every camera. `source` is needed. Times are seconds, or written as `500ms`, `10s`, `5m`.
Options of the source are `source.KEY`, those of the tracker `tracker.KEY`, those of a sink `sink.NAME.KEY`;
`mdf plugins show source NAME` lists them.
"""


def watch_page() -> str:
    """`reference/watch.md`: the keys of `mdf watch`."""
    shared, camera = (_keys("", model) for model in (WatchSettings, CameraSettings))
    return "\n".join([WATCH_INTRO, _titled("All cameras together", shared), _titled("A camera", camera)])


def _titled(title: str, table: str) -> str:
    return table.replace("## An experiment", f"## {title}", 1)


def datasets_intro() -> str:
    """The beginning of `reference/data-sets.md`, with the table of files, which is kept in a file of its own."""
    parts = [(DOCS / "fragments" / f"{name}.md").read_text(encoding="utf-8") for name in ("files", "videos")]
    return "\n".join([DATASETS_INTRO, *parts])


def contracts_page() -> str:
    """`reference/contracts.md`: the base class of each kind with its public methods; and tasks, which heads bring."""
    bases = {kind: base_class(kind) for kind in KINDS}
    at = [*bases].index("head") + 1
    sections = [*bases.items()]
    sections.insert(at, ("task", Task))
    return "\n".join([CONTRACTS_INTRO, *(_contract(kind, base) for kind, base in sections)])


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
    classes = (Spec, lifecycle.Study, lifecycle.Trial, Epoch, lifecycle.TrialEnd, lifecycle.StudyEnd)
    return "\n".join(
        [
            HOOKS_INTRO,
            "## Registration\n",
            f"{inspect.getdoc(hooks.Registration)}\n",
            *_hooks(hooks.Registration),
            "## Life cycle\n",
            f"{inspect.getdoc(hooks.LifeCycle)}\n",
            *_hooks(hooks.LifeCycle),
            "## Return values and arguments of hooks\n",
            *(_described(cls) for cls in classes),
        ]
    )


def _signature(method: Callable[..., object]) -> str:
    return method.__name__ + str(inspect.signature(method)).replace("'", "")


def signature(hook: Callable[..., object]) -> str:
    """A hook in the form of its heading, e.g. `mdf_losses() -> Iterable[Spec]`."""
    full = inspect.signature(hook)
    arguments = ", ".join(f"{p.name}: {p.annotation}" for p in list(full.parameters.values())[1:])
    return f"{hook.__name__}({arguments}) -> {full.return_annotation}"


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
        f"| `{o.usage}` | {o.spec.tasks_label} | {o.spec.extra} | {o.spec.summary} |".replace("|  |", "| |")
        for o in offers
    ]
    lines = [f"## {kind}\n", "| name | tasks | extra | |", "|---|---|---|---|", *rows]
    return "\n".join(lines) + "\n"


def formulas_page(kind: str, intro: str) -> str:
    """`reference/metrics.md` and similar pages: the docstring and the options of every built-in component of a kind."""
    offers = [offer for offer in Catalog.discover().offers(kind) if offer.builtin]
    return "\n".join([intro, *(_formula(offer) for offer in offers)])


def _formula(offer: Offer) -> str:
    component = load_class(offer)
    text = (inspect.getdoc(component) or "").split("\nReads\n")[0].strip()
    if "Source" not in text:  # the module's docstring may name a source for all its formulas
        module_text = inspect.getdoc(inspect.getmodule(component)) or ""
        text += "".join(f"\n\n{part}" for part in module_text.split("\n\n") if part.startswith("Source"))
    options = [
        f"- `{name}` = {_default(field) or 'none'}: {field.description}"
        for name, field in component.Config.model_fields.items()
    ]
    return "\n".join([f"## {offer.spec.name}\n", f"{text}\n", *options, *([""] if options else [])])


def config_page() -> str:
    """`reference/config.md`."""
    tables = [_keys("", ExperimentConfig), _keys("train.", Train), _keys("augment.", Augment)]
    return "\n".join([CONFIG_INTRO, *tables])


def _keys(prefix: str, model: type[BaseModel]) -> str:
    rows = [
        f"| `{prefix}{name}` | {_default(field)} | {field.description or ''} |"
        for name, field in model.model_fields.items()
        if name not in TABLES
        and not (isinstance(field.annotation, type) and issubclass(field.annotation, (Train, Augment)))
    ]
    return (
        "\n".join([f"## {prefix.rstrip('.') or 'An experiment'}\n", "| key | default | |", "|---|---|---|", *rows])
        + "\n"
    )


def _default(field: FieldInfo) -> str:
    value = None if field.is_required() else field.get_default(call_default_factory=True)
    if isinstance(value, dict):
        value = ",".join(value) or None
    value = getattr(value, "name", value)
    return "" if value is None or value == () else f"`{value}`"


def with_code(text: str) -> str:
    """The page with the current code in its marked code blocks."""

    def fill(block: re.Match[str]) -> str:
        return f"{block[1]}{code(block[2], block[3])}{block[5]}"

    return BLOCK.sub(fill, text)


def code(path: str, name: str | None) -> str:
    """The text of a file of the repository, or of one class or function at its top level."""
    text = (ROOT / path).read_text(encoding="utf-8")
    if name is None:
        return text
    for node in ast.parse(text).body:
        if isinstance(node, (ast.ClassDef, ast.FunctionDef)) and node.name == name:
            first = min([node.lineno, *(d.lineno for d in node.decorator_list)])
            return "\n".join(text.splitlines()[first - 1 : node.end_lineno]) + "\n"
    raise LookupError(f"{path} has no {name}")


def pages() -> dict[Path, str]:
    """The current text of every generated page."""
    reference = {"hooks": hooks_page(), "components": components_page(), "config": config_page()}
    reference |= {"watch": watch_page()}
    reference |= {"contracts": contracts_page(), "data-sets": formulas_page("dataset", datasets_intro())}
    reference |= {"metrics": formulas_page("metric", METRICS_INTRO), "losses": formulas_page("loss", LOSSES_INTRO)}
    made = {DOCS / f"reference/{name}.md": text for name, text in reference.items()}
    return made | {DOCS / name: with_code((DOCS / name).read_text(encoding="utf-8")) for name in WITH_CODE}


if __name__ == "__main__":
    for page, text in pages().items():
        page.write_text(text, encoding="utf-8")
