"""Gaussian mixtures for tables with gaps.

    GaussianMixture    scikit-learn's estimator, NaN = missing (needs scikit-learn)
    select             the one that suits a table best (needs scikit-learn)
    fit, responsibilities, impute, draw, conditional
                       the same as functions of arrays (need NumPy and SciPy alone)
"""

from .em import Fit
from .fitting import fit
from .given import Conditional, conditional, draw, impute, responsibilities
from .model import Mixture

__all__ = ["Conditional", "Fit", "GaussianMixture", "Mixture", "conditional", "draw", "fit", "impute",
           "responsibilities", "select"]


def __getattr__(name):
    """Import what needs scikit-learn only when it is asked for."""
    if name not in ("GaussianMixture", "select"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        from . import choose
    except ModuleNotFoundError as missing:
        raise ImportError(f"gapmix.{name} needs scikit-learn: pip install scikit-learn") from missing
    return getattr(choose, name)
