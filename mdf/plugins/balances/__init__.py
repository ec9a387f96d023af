"""Built-in balances: their lines. Imports no component, so that naming one stays cheap."""

from mdf.core.hooks import hookimpl
from mdf.core.spec import Spec


@hookimpl
def mdf_balances() -> list[Spec]:
    """Offer the built-in balances."""
    return [
        Spec("fixed", "mdf.plugins.balances.fixed:Fixed", "Each task's loss counts as its config says."),
        Spec("uncertainty", "mdf.plugins.balances.uncertainty:Uncertainty", "By each task's learned uncertainty."),
        Spec("dwa", "mdf.plugins.balances.dwa:DynamicWeightAverage", "More for the task whose loss falls slower."),
    ]
