"""`ExperimentConfig`: the configuration of one experiment, and its TOML form. Torch-free."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, TypeAlias

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
from mdf.core.plain import Plain
from mdf.core.validation import explain

Raw: TypeAlias = "Plain | BaseModel"
"""A value before validation: plain data, or a model that is valid already."""


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, ser_json_inf_nan="constants")


class Component(_Table):
    """A component's name and options. In TOML it is a string, or a table with `name` and the options."""

    name: str
    options: dict[str, Any] = Field(default_factory=dict)

    @model_validator(mode="before")
    @classmethod
    def _read(cls, value: Raw) -> Raw:
        if isinstance(value, str):
            return {"name": value}
        if isinstance(value, Mapping) and "options" not in value:
            return {"name": value.get("name"), "options": {k: v for k, v in value.items() if k != "name"}}
        return value

    @model_serializer(mode="plain")
    def _write(self) -> str | dict[str, Any]:
        return {"name": self.name, **self.options} if self.options else self.name


class LossTerm(Component):
    """One loss in the weighted sum of a task."""

    weight: float = Field(1.0, gt=0)

    @model_validator(mode="before")
    @classmethod
    def _read(cls, value: Raw) -> Raw:
        if isinstance(value, Mapping) and "options" not in value:
            options = {k: v for k, v in value.items() if k not in ("name", "weight")}
            return {"name": value.get("name"), "weight": value.get("weight", 1.0), "options": options}
        return value

    @model_serializer(mode="plain")
    def _write(self) -> dict[str, Any]:
        return {"name": self.name, "weight": self.weight, **self.options}


class TaskLoss(_Table):
    """The loss of one task: `weight` × the sum of its terms. In TOML it is `"bce+0.5*l1"` or a table."""

    terms: tuple[LossTerm, ...] = Field(min_length=1)
    weight: float = Field(1.0, gt=0, description="weight of this task in the total loss")

    @model_validator(mode="before")
    @classmethod
    def _read(cls, value: Raw) -> Raw:
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
    """The shortest text that gives the same number. It has no `+`, because that separates terms."""
    short = f"{weight:g}"
    return (short if float(short) == weight else repr(weight)).replace("e+", "e")


def _read_size(value: Raw) -> Raw:
    """Reads `64`, `"64"`, `"240x320"` (height x width) or a pair."""
    if isinstance(value, str):
        parts = value.lower().replace("×", "x").split("x")
        if all(part.strip().isdigit() for part in parts) and len(parts) in (1, 2):
            value = [int(part) for part in parts]
        else:
            raise ValueError("write a size as `64` or `240x320` (height x width)")
    if isinstance(value, int):
        value = (value, value)
    if isinstance(value, (list, tuple)) and len(value) == 1:
        value = (value[0], value[0])
    return value


Pixels = Annotated[int, Field(ge=8, le=8192)]
Size = Annotated[tuple[Pixels, Pixels], BeforeValidator(_read_size)]


class Augment(_Table):
    """Random changes of training images, applied on the device before normalisation."""

    flip: float = Field(0.5, ge=0, le=1, description="probability of a left-right flip of images and targets")
    brightness: float = Field(0.1, ge=0, le=1, description="largest relative change of brightness")
    contrast: float = Field(0.1, ge=0, le=1, description="largest relative change of contrast")
    saturation: float = Field(0.1, ge=0, le=1, description="largest relative change of saturation")
    own: float = Field(0.1, ge=0, le=1, description="share of these changes that differs between background and frame")
    without_depth: float = Field(
        0.5, ge=0, le=1, description="share of samples in which a guided network learns without the empty scene's depth"
    )


class Train(_Table):
    """How long and how the model is trained. The budget is steps or epochs, never wall time."""

    steps: int | None = Field(None, ge=1, description="optimiser steps; 600 if neither steps nor epochs are set")
    epochs: float | None = Field(None, gt=0, description="passes over the training split, instead of steps")
    batch_size: int = Field(8, ge=1, le=4096, description="samples per step")
    lr: float = Field(4e-3, gt=0, description="peak learning rate of AdamW")
    weight_decay: float = Field(0.01, ge=0, description="weight decay of AdamW; not applied to norms and biases")
    warmup: float = Field(0.1, ge=0, lt=1, description="share of the steps during which the learning rate rises")
    clip: float = Field(1.0, gt=0, description="largest norm of the gradient")
    validations: int = Field(4, ge=1, description="how often the validation split is scored, at equal intervals")
    ema: float = Field(
        0.0, ge=0, lt=1, description="decay of averaged weights, which are then scored and saved; 0 = no averaging"
    )
    accumulate: int = Field(
        1, ge=1, description="parts into which a batch is split to save memory; their gradients are added"
    )
    recompute: Literal["auto", "on", "off"] = Field(
        "auto", description="train in less memory by computing some maps twice; auto: only if it does not fit otherwise"
    )
    balance_tags: bool = Field(
        False, description="draw training samples so that each condition (tag) is equally frequent"
    )
    devices: int = Field(
        1, ge=1, le=256, description="processes, each on a device of its own, that share every batch between them"
    )
    norms: Literal["batch", "frozen", "group", "sync"] = Field(
        "batch",
        description="batch: each process' own batch norms; frozen: their statistics do not change; group: group norms "
        "instead; sync: statistics over all processes (CUDA only)",
    )
    compile: bool = Field(False, description="compile the network with `torch.compile`; the start takes longer")
    graphs: bool = Field(
        False, description="replay each step as one CUDA graph; a device without them does it as it is, and says so"
    )

    @model_validator(mode="after")
    def _one_budget(self) -> Train:
        if self.steps is not None and self.epochs is not None:
            raise ValueError("give `steps` or `epochs`, not both")
        return self

    @model_validator(mode="after")
    def _a_sample_each(self) -> Train:
        if self.devices > self.batch_size:
            raise ValueError(f"a batch of {self.batch_size} cannot be shared by {self.devices} devices")
        return self


class StoredRun(_Table):
    """A trained network that is used. In TOML it is its name, or a table as results store it."""

    run: str = Field(
        min_length=1, description="a model that comes with mdf, a packed file, a run's id or folder, or `latest`"
    )
    folder: str = Field("", exclude=True, description="where it lies on this machine; not stored in results")
    sha256: str = Field(
        "", description="SHA-256 of its files: `config.toml`, `model.json` and weights, or the packed one"
    )

    @model_validator(mode="before")
    @classmethod
    def _read(cls, value: Raw) -> Raw:
        return {"run": value} if isinstance(value, str) else value


class TeacherRun(StoredRun):
    """The run of the teacher network (distillation). In TOML it is `"RUN"`, `"0.5*RUN"` or a table."""

    weight: float = Field(1.0, gt=0, description="weight of the loss against the teacher; the truth has weight 1")

    @model_validator(mode="before")
    @classmethod
    def _read(cls, value: Raw) -> Raw:
        if not isinstance(value, str):
            return value
        weight, star, run = value.partition("*")
        return {"run": run.strip(), "weight": weight.strip()} if star else {"run": value}


def _read_teacher(value: Raw) -> Raw:
    """Reads `none` as None, so that a grid axis can compare with and without a teacher."""
    return None if value == "none" else value


class ExperimentConfig(_Table):
    """The configuration of one experiment. Its TOML form repeats a result exactly."""

    data: Component = Field(
        Component(name="scenes"), description="data set; everything after the first colon is its path"
    )
    extra_train: tuple[Component, ...] = Field((), description="data sets whose training samples are added")
    eval_data: tuple[Component, ...] = Field((), description="data sets to score on, in addition to the test split")
    skip_bad: bool = Field(False, description="leave out samples that cannot be read, instead of stopping")
    encoder: Component = Field(Component(name="unet"), description="turns images into a feature pyramid")
    fusion: Component = Field(Component(name="early"), description="combines background and frame")
    decoder: Component = Field(
        Component(name="unet"), description="turns the feature pyramid into one map for each task"
    )
    heads: dict[str, Component] = Field(
        default_factory=lambda: {"mask": Component(name="mask"), "depth": Component(name="depth")},
        description="the head of each task, by task; or a list of heads",
    )
    loss: dict[str, TaskLoss] = Field(default_factory=dict, description="losses by task; default: those of the heads")
    metrics: dict[str, tuple[Component, ...]] = Field(
        default_factory=dict, description="metrics by task, the headline score first; default: those of the heads"
    )
    predictor: Component | None = Field(None, description="a complete method that replaces the network")
    model: StoredRun | None = Field(
        None, description="a trained network that is scored as it is; its own parts replace those of the config"
    )
    init: StoredRun | None = Field(
        None,
        description="network to start from: its weights, its normalisation statistics, its depth scale; and its parts, "
        "if none are named",
    )
    teacher: Annotated[TeacherRun | None, BeforeValidator(_read_teacher)] = Field(
        None, description="run of a teacher network, whose loss is weighted by `teacher.weight`; or `none`"
    )
    schedule: Component = Field(Component(name="joint"), description="which tasks learn when, and at which image size")
    balance: Component = Field(Component(name="fixed"), description="how the tasks' losses are weighted")
    size: Size | None = Field(None, description="(height, width) of the network's images; None = the data set's size")
    enlarge_to: int = Field(
        0,
        ge=0,
        description="in use, small images are enlarged two or three times inside the network, as long as their shorter "
        "side stays within this; 0 = never",
    )
    normalise: Literal["dataset", "pair", "encoder"] = Field(
        "pair",
        description="statistics for normalisation: dataset = of the training frames; pair = of each pair's own "
        "background; encoder = of the pretrained weights",
    )
    augment: Augment = Augment()
    train: Train = Train()
    seed: int = Field(0, ge=0, lt=2**31, description="seed of initial weights, sample order and augmentation")
    device: str = Field("auto", pattern=r"^(auto|cpu|mps|cuda(:\d+)?)$", description="auto, cpu, mps, cuda or cuda:N")
    precision: Literal["auto", "fp32", "bf16"] = Field("auto", description="auto = bf16 if the device supports it")
    threads: int | None = Field(None, ge=1, description="CPU threads; None = an equal share of the cores per trial")

    @property
    def trains(self) -> bool:
        """Whether a network is trained: no method without one, and none that is trained already."""
        return self.predictor is None and self.model is None

    @property
    def image_size(self) -> tuple[int, int]:
        """`size`. Raises ConfigError if the config is not resolved and has none."""
        if self.size is None:
            raise ConfigError("the config is not resolved: it has no `size`", "set `size`, or resolve it with its data")
        return self.size

    @property
    def processes(self) -> int:
        """How many processes train together; a method without training has one."""
        return self.train.devices if self.predictor is None else 1

    @model_validator(mode="before")
    @classmethod
    def _read_heads(cls, value: Raw) -> Raw:
        if isinstance(value, Mapping) and isinstance(heads := value.get("heads"), (str, list, tuple)):
            names = [str(name).strip() for name in (heads.split(",") if isinstance(heads, str) else heads)]
            return {**value, "heads": dict(_task_and_head(name) for name in names)}
        return value


def _task_and_head(text: str) -> tuple[str, str]:
    """Reads `normals`, or `normals=HEAD` if the head's name differs from the task's."""
    task, equals, head = text.partition("=")
    return (task.strip(), head.strip()) if equals else (text, text)


def validate(table: Mapping[str, Raw], source: str = "the configuration") -> ExperimentConfig:
    """The config of `table`. Raises ConfigError that names the first invalid key and says what to do."""
    try:
        return ExperimentConfig.model_validate(table)
    except ValidationError as error:
        raise explain(error, ExperimentConfig, source) from None


def to_table(config: ExperimentConfig) -> dict[str, Any]:
    """The config as plain tables, without keys that are None, because TOML has no null."""
    table = config.model_dump(mode="json")
    return {key: _without_none(value) for key, value in table.items() if value is not None}


def _without_none(value: Plain) -> Plain:
    if isinstance(value, dict):
        return {key: _without_none(inner) for key, inner in value.items() if inner is not None}
    return [_without_none(inner) for inner in value] if isinstance(value, list) else value
