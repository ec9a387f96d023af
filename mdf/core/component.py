"""What every component has in common: a nested, frozen `Config`."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class ComponentConfig(BaseModel):
    """Base of a component's own options: frozen, unknown options refused, each field described.

    A component subclasses it as `class Config(ComponentConfig)` inside its class; the fields are at once
    its defaults, their validation, what `--set kind.option=value` may say and what `mdf plugins show` prints.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True, ser_json_inf_nan="constants")
