"""Registers the built-in balances. Imports no component, so that looking one up stays fast."""

from mdf.core.hooks import hookimpl
from mdf.core.spec import Spec


@hookimpl
def mdf_balances() -> list[Spec]:
    """Offer the built-in balances."""
    return [
        Spec("fixed", "mdf.plugins.balances.fixed:Fixed", "Constant task weights from the config."),
        Spec(
            "uncertainty",
            "mdf.plugins.balances.uncertainty:Uncertainty",
            "Learned task weights: noisier tasks count less.",
        ),
        Spec(
            "dwa",
            "mdf.plugins.balances.dwa:DynamicWeightAverage",
            "Dynamic weight average: tasks whose loss falls more slowly count more.",
        ),
    ]
