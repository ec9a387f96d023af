"""`ComponentConfig`: the base of every component's options."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class ComponentConfig(BaseModel):
    """Base of a component's options: frozen, with no unknown options, and with a description for every field.

    A component defines it as `class Config(ComponentConfig)` inside its own class. The fields give the defaults, the
    validation, the values that `--set kind.option=value` accepts, and the output of `mdf plugins show`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True, ser_json_inf_nan="constants")
