"""What every component has in common: a nested, frozen `Config`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import get_args, get_origin

from pydantic import BaseModel, ConfigDict, model_validator


class ComponentConfig(BaseModel):
    """Base of a component's own options: frozen, unknown options refused, each field described.

    A component subclasses it as `class Config(ComponentConfig)` inside its class; the fields are at once
    its defaults, their validation, what `--set kind.option=value` may say and what `mdf plugins show` prints.
    Where an option is a list of names, one name may stand for it: `--set data.videos=highway`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True, ser_json_inf_nan="constants")

    @model_validator(mode="before")
    @classmethod
    def _one_name_is_a_list(cls, given: object) -> object:
        if not isinstance(given, Mapping):
            return given
        return {
            name: [value] if isinstance(value, str) and "," not in value and cls._is_list(name) else value
            for name, value in given.items()
        }

    @classmethod
    def _is_list(cls, name: str) -> bool:
        """Whether an option is a list of names."""
        field = cls.model_fields.get(name)
        kinds = () if field is None else (field.annotation, *get_args(field.annotation))
        return any(get_origin(kind) is tuple and get_args(kind) == (str, ...) for kind in kinds)
