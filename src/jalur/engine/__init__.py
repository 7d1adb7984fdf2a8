"""Figures and a capacity in, the law of the count on any date out."""

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
