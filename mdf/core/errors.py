"""The one error that users see: what was wrong, where, and the cure."""

from __future__ import annotations


class MdfError(Exception):
    """A mistake in what the user (or a plugin) gave, told in one line with its cure.

    `message` says what was wrong and where (file, field, sample); `hint` says what to do about it.
    """

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message, hint)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message}\n{self.hint}" if self.hint else self.message


class ConfigError(MdfError):
    """An experiment config, option or `--set` override that cannot be used as it stands."""


class UnknownNameError(MdfError):
    """No component of that kind has that name (or more than one third party offers it)."""


class PluginError(MdfError):
    """A plugin failed when one of its components was needed."""


class DataError(MdfError):
    """A data set, folder or file that cannot be read as it stands."""


class StorageError(MdfError):
    """A folder or disk that takes no more: no fault of the trial that met it, and the end of the study for now."""


class DivergedError(MdfError):
    """The loss became NaN or infinite; `step` says when."""

    def __init__(self, message: str, hint: str = "", *, step: int = 0) -> None:
        super().__init__(message, hint)
        self.step = step

    def __reduce__(self) -> tuple[object, ...]:
        return (_diverged, (self.message, self.hint, self.step))


def _diverged(message: str, hint: str, step: int) -> DivergedError:
    return DivergedError(message, hint, step=step)
