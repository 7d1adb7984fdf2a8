"""The forecasting engine: growth laws in units of the series, weighed by how they forecast many kinds of series."""

from jalur.engine.figures import Figures, figures_from
from jalur.engine.outlook import ENGINE_VERSION, Outlook, condition, forecast
from jalur.engine.paths import Pace
from jalur.engine.prior import KIND_CLASSES, Prior, load, load_shapes
from jalur.engine.scale import Scale
from jalur.engine.scope import Scope

__all__ = [
    "ENGINE_VERSION", "KIND_CLASSES", "Figures", "Outlook", "Pace", "Prior", "Scale", "Scope", "condition",
    "figures_from", "forecast", "load", "load_shapes",
]  # fmt: skip
