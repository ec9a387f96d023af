"""Every error that reaches the user: two short lines on stderr, and an exit code."""

from __future__ import annotations

import os
import sys

import click

from mdf.core.errors import ConfigError, MdfError, UnknownNameError

FAILED, MISTAKE, INTERRUPTED = 1, 2, 130


def report(error: BaseException, *, debug: bool) -> int:
    """Print `error` and its cure (with `debug` its traceback first); the exit code it means."""
    if isinstance(error, (KeyboardInterrupt, click.Abort)):
        click.echo("interrupted", err=True)
        return INTERRUPTED
    if debug and not isinstance(error, click.ClickException):
        import traceback

        click.echo("".join(traceback.format_exception(error)), err=True)
    message, hint, code = _told(error)
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


def _told(error: BaseException) -> tuple[str, str, int]:
    if isinstance(error, MdfError):
        mistake = isinstance(error, (ConfigError, UnknownNameError))
        return error.message, error.hint, MISTAKE if mistake else FAILED
    if isinstance(error, click.UsageError):
        path = error.ctx.command_path if error.ctx else "mdf"
        return error.format_message(), f"`{path} --help` shows how it is written", MISTAKE
    if isinstance(error, click.ClickException):
        return error.format_message(), "", error.exit_code
    return (
        f"mdf itself failed: {type(error).__name__}: {error}",
        "`mdf --debug …` shows where; please report it",
        FAILED,
    )
