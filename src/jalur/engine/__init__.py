"""Figures and a capacity in, the law of the count on any date out."""

from jalur.engine.figures import Figures, figures_from
from jalur.engine.outlook import ENGINE_VERSION, Outlook, condition, forecast
from jalur.engine.prior import Prior

__all__ = ["ENGINE_VERSION", "Figures", "Outlook", "Prior", "condition", "figures_from", "forecast"]
