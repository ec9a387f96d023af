"""`ExperimentConfig`: one resolved configuration, its TOML form and its overrides. Torch-free."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    ValidationError,
    model_serializer,
    model_validator,
)

from mdf.core.errors import ConfigError
from mdf.core.grammar import parse_sum
from mdf.core.validation import explain


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, ser_json_inf_nan="constants")


class Component(_Table):
    """A component's reference and its options; in TOML a bare string, or a table with `name` and options."""

    name: str
    options: dict[str, Any] = Field(default_factory=dict)

    @model_validator(mode="before")
    @classmethod
    def _read(cls, value: object) -> object:
        if isinstance(value, str):
            return {"name": value}
        if isinstance(value, Mapping) and "options" not in value:
            return {"name": value.get("name"), "options": {k: v for k, v in value.items() if k != "name"}}
        return value

    @model_serializer(mode="plain")
    def _write(self) -> str | dict[str, Any]:
        return {"name": self.name, **self.options} if self.options else self.name


class LossTerm(Component):
    """One loss of a task's weighted sum."""

    weight: float = Field(1.0, gt=0)

    @model_validator(mode="before")
    @classmethod
    def _read(cls, value: object) -> object:
        if isinstance(value, Mapping) and "options" not in value:
            options = {k: v for k, v in value.items() if k not in ("name", "weight")}
            return {"name": value.get("name"), "weight": value.get("weight", 1.0), "options": options}
        return value

    @model_serializer(mode="plain")
    def _write(self) -> dict[str, Any]:
        return {"name": self.name, "weight": self.weight, **self.options}


class TaskLoss(_Table):
    """The loss of one task: `weight` × the sum of its terms. In TOML `"bce+0.5*l1"` or a table."""

    terms: tuple[LossTerm, ...] = Field(min_length=1)
    weight: float = Field(1.0, gt=0, description="weight of this task in the whole loss")

    @model_validator(mode="before")
    @classmethod
    def _read(cls, value: object) -> object:
        if isinstance(value, str):
            return {"terms": [{"name": t.loss, "weight": t.weight} for t in parse_sum(value)]}
        if isinstance(value, Mapping) and "name" in value:
            rest = {k: v for k, v in value.items() if k != "weight"}
            return {"terms": [rest], "weight": value.get("weight", 1.0)}
        return value

    @model_serializer(mode="wrap")
    def _write(self, write: SerializerFunctionWrapHandler) -> object:
        plain = all(not term.options for term in self.terms)
        return str(self) if plain and self.weight == 1.0 else write(self)

    def __str__(self) -> str:
        names = [t.name if t.weight == 1.0 else f"{_exact(t.weight)}*{t.name}" for t in self.terms]
        return "+".join(names)


def _exact(weight: float) -> str:
    """The shortest text that is read as the same number; without `+`, which separates terms."""
    short = f"{weight:g}"
    return (short if float(short) == weight else repr(weight)).replace("e+", "e")


def _read_size(value: object) -> object:
    """`64`, `"64"`, `"240x320"` (height x width) or a pair."""
    if isinstance(value, str):
        parts = value.lower().replace("×", "x").split("x")
        if all(part.strip().isdigit() for part in parts) and len(parts) in (1, 2):
            value = [int(part) for part in parts]
        else:
            raise ValueError("a size is written `64` or `240x320` (height x width)")
    if isinstance(value, int):
        value = (value, value)
    if isinstance(value, (list, tuple)) and len(value) == 1:
        value = (value[0], value[0])
    return value


Pixels = Annotated[int, Field(ge=8, le=8192)]
Size = Annotated[tuple[Pixels, Pixels], BeforeValidator(_read_size)]


class Augment(_Table):
    """What training images go through, on the device, before they are normalised."""

    flip: float = Field(0.5, ge=0, le=1, description="probability of a left-right flip, of all tensors together")
    brightness: float = Field(0.1, ge=0, le=1, description="largest relative change of brightness, common to both")
    contrast: float = Field(0.1, ge=0, le=1, description="largest relative change of contrast, common to both")
    saturation: float = Field(0.1, ge=0, le=1, description="largest relative change of saturation, common to both")
    own: float = Field(0.1, ge=0, le=1, description="share of the change that each image has for itself")


class Train(_Table):
    """How long and how fast the model learns. Budgets are steps or epochs, never wall time."""

    steps: int | None = Field(None, ge=1, description="optimiser steps; with no budget at all 600")
    epochs: float | None = Field(None, gt=0, description="passes over the training split, instead of steps")
    batch_size: int = Field(8, ge=1, le=4096, description="samples a step")
    lr: float = Field(4e-3, gt=0, description="peak learning rate of AdamW")
    weight_decay: float = Field(0.01, ge=0, description="of AdamW; norms and biases are not decayed")
    warmup: float = Field(0.1, ge=0, lt=1, description="share of the steps that the learning rate rises")
    clip: float = Field(1.0, gt=0, description="largest norm of the gradient")
    validations: int = Field(4, ge=1, description="times that the validation split is scored, evenly spread")
    ema: float = Field(0.0, ge=0, lt=1, description="decay of the averaged weights that are scored and kept; 0 = none")
    accumulate: int = Field(1, ge=1, description="parts that a batch is computed in, one by one: less memory")
    recompute: Literal["auto", "on", "off"] = Field(
        "auto", description="train in less memory by computing some maps twice; auto: only if it does not fit otherwise"
    )
    balance_tags: bool = Field(False, description="draw each condition (tag) of the training samples equally often")
    compile: bool = Field(False, description="`torch.compile` the network, which makes the start long")

    @model_validator(mode="after")
    def _one_budget(self) -> Train:
        if self.steps is not None and self.epochs is not None:
            raise ValueError("give `steps` or `epochs`, not both")
        return self


class StoredRun(_Table):
    """A run whose network is used; in TOML its name, or the table that a result tells."""

    run: str = Field(min_length=1, description="its id, a folder, or `latest`")
    folder: str = Field("", exclude=True, description="where it lies now, which decides nothing and is not stored")
    sha256: str = Field("", description="of its `config.toml`, `model.json` and weights")

    @model_validator(mode="before")
    @classmethod
    def _read(cls, value: object) -> object:
        return {"run": value} if isinstance(value, str) else value


class TeacherRun(StoredRun):
    """The run whose network is learned from, beside the truth; in TOML `"RUN"`, `"0.5*RUN"` or a table."""

    weight: float = Field(1.0, gt=0, description="of the loss against what it says; that against the truth has 1")

    @model_validator(mode="before")
    @classmethod
    def _read(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        weight, star, run = value.partition("*")
        return {"run": run.strip(), "weight": weight.strip()} if star else {"run": value}


def _read_teacher(value: object) -> object:
    """`none` is none: an axis of teachers can hold it."""
    return None if value == "none" else value


class ExperimentConfig(_Table):
    """One configuration. Its TOML form reruns a result exactly."""

    data: Component = Field(Component(name="scenes"), description="data set; after its first colon all is its path")
    extra_train: tuple[Component, ...] = Field((), description="data sets whose training samples are added")
    eval_data: tuple[Component, ...] = Field((), description="data sets to score on beside the test split")
    skip_bad: bool = Field(False, description="leave samples out that cannot be read, instead of stopping")
    encoder: Component = Field(Component(name="unet"), description="images to a feature pyramid")
    fusion: Component = Field(Component(name="early"), description="how background and frame meet")
    decoder: Component = Field(Component(name="unet"), description="feature pyramid to one map a task")
    heads: dict[str, Component] = Field(
        default_factory=lambda: {"mask": Component(name="mask"), "depth": Component(name="depth")},
        description="each task's head, by task; or their names",
    )
    loss: dict[str, TaskLoss] = Field(default_factory=dict, description="by task; else the head's default")
    metrics: dict[str, tuple[Component, ...]] = Field(
        default_factory=dict, description="by task; else the head's defaults, the headline score first"
    )
    predictor: Component | None = Field(None, description="a whole method in the network's place")
    init: StoredRun | None = Field(None, description="run to begin with: its weights, statistics and depth scale")
    teacher: Annotated[TeacherRun | None, BeforeValidator(_read_teacher)] = Field(
        None, description="run that is learned from beside the truth, its loss times `teacher.weight`; or `none`"
    )
    schedule: Component = Field(Component(name="joint"), description="who learns when, and at which size")
    balance: Component = Field(Component(name="fixed"), description="how tasks are weighed against each other")
    size: Size | None = Field(None, description="(height, width) of the network's images; None = the data set's")
    normalise: Literal["dataset", "pair", "encoder"] = Field(
        "pair", description="by the training frames, each pair's own background, or the pretrained weights' statistics"
    )
    augment: Augment = Augment()
    train: Train = Train()
    seed: int = Field(0, ge=0, lt=2**31, description="of initial weights, order and augmentation")
    device: str = Field("auto", pattern=r"^(auto|cpu|mps|cuda(:\d+)?)$", description="auto, cpu, mps, cuda or cuda:N")
    precision: Literal["auto", "fp32", "bf16"] = Field("auto", description="auto: bf16 where the device has it")
    threads: int | None = Field(None, ge=1, description="CPU threads; None = a trial's share of the cores")

    @property
    def image_size(self) -> tuple[int, int]:
        """`size`, which a resolved config always has."""
        if self.size is None:
            raise ConfigError("the config is not resolved: it has no `size`", "give `size`, or resolve it on its data")
        return self.size

    @model_validator(mode="before")
    @classmethod
    def _read_heads(cls, value: object) -> object:
        if isinstance(value, Mapping) and isinstance(value.get("heads"), (str, list, tuple)):
            heads = value["heads"]
            names = [str(name).strip() for name in (heads.split(",") if isinstance(heads, str) else heads)]
            return {**value, "heads": dict(_task_and_head(name) for name in names)}
        return value


def _task_and_head(text: str) -> tuple[str, str]:
    """`normals`, or `normals=HEAD` where another head than the task's own name is meant."""
    task, equals, head = text.partition("=")
    return (task.strip(), head.strip()) if equals else (text, text)


def validate(table: Mapping[str, Any], source: str = "the configuration") -> ExperimentConfig:
    """The config that `table` says. Raises ConfigError naming the first wrong key and its cure."""
    try:
        return ExperimentConfig.model_validate(table)
    except ValidationError as error:
        raise explain(error, ExperimentConfig, source) from None


def to_table(config: ExperimentConfig) -> dict[str, Any]:
    """The config as plain tables, without the keys that are None (TOML has none)."""
    plain: dict[str, Any] = _without_none(config.model_dump(mode="json"))
    return plain


def _without_none(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_none(inner) for key, inner in value.items() if inner is not None}
    return [_without_none(inner) for inner in value] if isinstance(value, list) else value
