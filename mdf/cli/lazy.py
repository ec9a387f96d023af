"""A click group that imports a subcommand when it is called, not to list it."""

from __future__ import annotations

import importlib
from collections.abc import Mapping

import click

from mdf.core.errors import ConfigError, UnknownNameError
from mdf.core.names import close_names


class LazyGroup(click.Group):
    """A group some of whose subcommands are in `lazy`: where each lives (`package.module:attribute`), and its line in
    the group's help."""

    lazy: Mapping[str, tuple[str, str]] = {}

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if not args and not ctx.resilient_parsing:
            click.echo(ctx.get_help())
            ctx.exit()
        return super().parse_args(ctx, args)

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted({*super().list_commands(ctx), *self.lazy})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.lazy:
            return super().get_command(ctx, cmd_name)
        module, _, attribute = self.lazy[cmd_name][0].partition(":")
        command: click.Command = getattr(importlib.import_module(module), attribute)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        lines = {name: command.get_short_help_str(limit=80) for name, command in self.commands.items()}
        lines |= {name: line for name, (_, line) in self.lazy.items()}
        with formatter.section("Commands"):
            formatter.write_dl(sorted(lines.items()))

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0]
        if ctx.resilient_parsing or name.startswith("-") or name in self.list_commands(ctx):
            resolved = super().resolve_command(ctx, args)
            command = resolved[1]
            if command is not None and not ctx.resilient_parsing:
                _refuse_repeated(click.Context(command, info_name=resolved[0], parent=ctx), resolved[2])
            return resolved
        close = close_names(name, self.list_commands(ctx), limit=1)
        guess = f"did you mean `{ctx.command_path} {close[0]}`? " if close else ""
        raise UnknownNameError(
            f"`{ctx.command_path}` has no command `{name}`", f"{guess}`{ctx.command_path} --help` lists them"
        )


def lazy_group(commands: Mapping[str, tuple[str, str]]) -> type[LazyGroup]:
    """The class of a group with these lazy subcommands."""
    return type("LazyGroup", (LazyGroup,), {"lazy": commands})


def _refuse_repeated(ctx: click.Context, args: list[str]) -> None:
    """Raise ConfigError for an option that takes one value and is given twice: click would keep the last one."""
    _, _, given = ctx.command.make_parser(ctx).parse_args(list(args))
    for option in dict.fromkeys(given):
        if not isinstance(option, click.Option) or option.multiple or option.count or option.is_flag:
            continue
        if given.count(option) > 1:
            axes = [p.opts[-1] for p in ctx.command.params if isinstance(p, click.Option) and p.multiple]
            may = f"; only {', '.join(axes)} may be repeated" if axes else ""
            raise ConfigError(f"`{option.opts[0]}` is given {given.count(option)} times", f"give it once{may}")
