"""Least-squares growth curves, as a description of the figures and never as a forecast."""

from jalur.curves.growth import (
    FAMILIES,
    BootstrapResult,
    Diagnostics,
    FitResult,
    FunctionFit,
    bootstrap,
    fit,
    fit_function,
)

__all__ = ["FAMILIES", "BootstrapResult", "Diagnostics", "FitResult", "FunctionFit", "bootstrap", "fit", "fit_function"]
