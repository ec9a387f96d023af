"""`MdfError`: the error that users see. It says what is wrong, where, and what to do."""

from __future__ import annotations


class MdfError(Exception):
    """An error in the input of the user or of a plugin.

    `message` says in one line what is wrong and where (file, field, sample). `hint` says what to do.
    """

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message, hint)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message}\n{self.hint}" if self.hint else self.message


class ConfigError(MdfError):
    """An experiment config, an option or a `--set` override is invalid."""


class UnknownNameError(MdfError):
    """No component of this kind has this name, or several third parties offer it."""


class PluginError(MdfError):
    """A plugin failed when one of its components was used."""


class DataError(MdfError):
    """A data set, folder or file cannot be read."""


class SourceError(DataError):
    """A source of frames cannot be opened now, or broke off. It may work later."""


class FrameError(DataError):
    """A frame of a recording that cannot be decoded.

    `number` says which; `option` names the option of the data set that avoids it, `cure` what to do about the file.
    """

    def __init__(self, message: str, cure: str = "", *, number: int = 0, option: str = "") -> None:
        super().__init__(message, f"{option} {cure}".strip())
        self.number, self.cure, self.option = number, cure, option

    def __reduce__(self) -> tuple[object, ...]:
        return (_frame_error, (self.message, self.cure, self.number, self.option))


def _frame_error(message: str, cure: str, number: int, option: str) -> FrameError:
    return FrameError(message, cure, number=number, option=option)


class StorageError(MdfError):
    """A folder or disk cannot be written. The trial is not at fault. The study stops and can be continued later."""


class SinkError(MdfError):
    """A sink cannot take an event now: nobody answers, or it is refused.

    `again`: the same event is given to it again after a pause. False = this event is of no use to it, now or later.
    """

    def __init__(self, message: str, hint: str = "", *, again: bool = True) -> None:
        super().__init__(message, hint)
        self.again = again

    def __reduce__(self) -> tuple[object, ...]:
        return (_sink_error, (self.message, self.hint, self.again))


def _sink_error(message: str, hint: str, again: bool) -> SinkError:
    return SinkError(message, hint, again=again)


class DivergedError(MdfError):
    """The loss became NaN or infinite in optimiser step `step`."""

    def __init__(self, message: str, hint: str = "", *, step: int = 0) -> None:
        super().__init__(message, hint)
        self.step = step

    def __reduce__(self) -> tuple[object, ...]:
        return (_diverged, (self.message, self.hint, self.step))


def _diverged(message: str, hint: str, step: int) -> DivergedError:
    return DivergedError(message, hint, step=step)
