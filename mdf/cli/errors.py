"""Every error that reaches the user: two short lines on stderr, and an exit code."""

from __future__ import annotations

import os
import sys

import click

from mdf.core.errors import ConfigError, MdfError, UnknownNameError
from mdf.core.names import did_you_mean

FAILED, MISTAKE, INTERRUPTED = 1, 2, 130


def report(error: BaseException, *, debug: bool) -> int:
    """Print `error` and its cure, with `debug` also its traceback; returns the exit code."""
    if isinstance(error, (KeyboardInterrupt, click.Abort)):
        click.echo("interrupted", err=True)
        return INTERRUPTED
    if debug and not isinstance(error, click.ClickException):
        import traceback

        click.echo("".join(traceback.format_exception(error)), err=True)
    message, hint, code = _described(error)
    click.secho("error: ", fg="red", bold=True, nl=False, err=True)
    click.echo(" ".join(message.split()), err=True)
    if hint:
        click.secho("hint: ", bold=True, nl=False, err=True)
        click.echo(" ".join(hint.split()), err=True)
    return code


def finish(code: int) -> int:
    """Flush stdout; a reader that has gone away (`mdf … | head`) is no error."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        # what is still buffered would be written again, and complained about, when Python ends
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return code


def _described(error: BaseException) -> tuple[str, str, int]:
    """Message, hint and exit code."""
    if isinstance(error, MdfError):
        mistake = isinstance(error, (ConfigError, UnknownNameError))
        return error.message, error.hint, MISTAKE if mistake else FAILED
    if isinstance(error, click.UsageError):
        path = error.ctx.command_path if error.ctx else "mdf"
        close = _close_option(error) if isinstance(error, click.NoSuchOption) else ""
        message = error.message if isinstance(error, click.NoSuchOption) else error.format_message()
        return message, f"{close}`{path} --help` shows how it is written", MISTAKE
    if isinstance(error, click.ClickException):
        return error.format_message(), "", error.exit_code
    return (
        f"mdf itself failed: {type(error).__name__}: {error}",
        "`mdf --debug …` shows where; please report it",
        FAILED,
    )


def _close_option(error: click.NoSuchOption) -> str:
    """The options that may be meant, as a question."""
    options = [option for one in error.ctx.command.params for option in one.opts] if error.ctx else []
    question = did_you_mean(error.option_name, options)
    return f"{question} " if question.endswith("?") else f"{question}; " if question else ""
