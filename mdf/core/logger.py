"""The contract of loggers: followers of a study that are asked for by name. Torch-free."""

from __future__ import annotations

from mdf.core.component import ComponentConfig


class Logger:
    """Follows a study: writes what happens to where its user looks at experiments.

    Constructed as `Logger(config)`, in the process that the user started, once a study and only where it was asked
    for (`--logger NAME`; its options are `--set logger.NAME.OPTION=VALUE` or a table `[logger.NAME]`). It
    implements any of the life-cycle hooks of `mdf.core.hooks.LifeCycle` as methods marked with `@hookimpl`. Importing
    its module must not import torch.
    """

    class Config(ComponentConfig):
        """No options."""

    def __init__(self, config: ComponentConfig) -> None:
        self.config = config
