"""Opens the metrics, which need an extra that watching does without. Torch-free."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mdf.core.errors import ConfigError
from mdf.inference.live.metrics.numbers import Numbers

if TYPE_CHECKING:
    from mdf.inference.live.metrics.server import MetricsServer


def open_metrics(address: str, token_file: str | None, numbers: Numbers) -> MetricsServer:
    """Metrics at `address`. Raises ConfigError where the extra is missing, or as `MetricsServer`."""
    try:
        from mdf.inference.live.metrics.server import MetricsServer
    except ModuleNotFoundError as error:
        raise ConfigError(
            f"metrics need the package {error.name}", '`pip install "mask-depth-framework[metrics]"`'
        ) from None
    return MetricsServer(address, token_file, numbers)
