"""`ComponentConfig`: the base of every component's options."""

from __future__ import annotations

from collections.abc import Mapping
from typing import get_args, get_origin

from pydantic import BaseModel, ConfigDict, model_validator


class ComponentConfig(BaseModel):
    """Base of a component's options: frozen, with no unknown options, and with a description for every field.

    A component defines it as `class Config(ComponentConfig)` inside its own class. The fields give the defaults, the
    validation, the values that `--set kind.option=value` accepts, and the output of `mdf plugins show`. One name may be
    given for a list of names: `--set data.videos=highway`.
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
