"""Ratings from any file, models of them, and what they recommend; see docs/recommender_python.md."""

from importlib import import_module

__version__ = "0.1.0"
__all__ = ["evaluate", "fit", "load", "read"]


def __getattr__(name):
    """Return a function of recommender.api, which is imported only now: importing the package stays quick."""
    if name in __all__:
        return getattr(import_module("recommender.api"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
