"""The contract of loggers. A logger follows a study. Torch-free."""

from __future__ import annotations

from mdf.core.component import ComponentConfig


class Logger:
    """Follows a study and writes its progress and results to an experiment tracker.

    Used only on request: `--logger NAME`, with options `--set logger.NAME.OPTION=VALUE`, or a table `[logger.NAME]` in
    the config file. Constructed as `Logger(config)`, once per study, in the process that the user started. It
    implements any of the hooks of `mdf.core.hooks.LifeCycle` as methods marked with `@hookimpl`. Importing its module
    must not import torch.
    """

    class Config(ComponentConfig):
        """No options."""

    def __init__(self, config: ComponentConfig) -> None:
        self.config = config
