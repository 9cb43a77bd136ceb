"""A mixture in other units, and of other columns."""

import numpy as np

from .model import Mixture


def in_units(mixture, scale):
    """Return a mixture in the table's units in standardised ones."""
    return rescaled(mixture._replace(mu=mixture.mu - scale.centre), 1 / scale.width)


def in_table_units(mixture, scale):
    """Return a mixture in standardised units in the table's."""
    mixture = rescaled(mixture, scale.width)
    return mixture._replace(mu=mixture.mu + scale.centre)


def rescaled(mixture, factor):
    """Return the mixture of the columns times factors (d,), which are equal for a spherical one."""
    squares = np.outer(factor, factor)
    squares = {"diag": np.diag(squares), "spherical": squares[0, 0]}.get(mixture.kind, squares)
    return mixture._replace(mu=mixture.mu * factor, cov=mixture.cov * squares)


def marginal(mixture, used):
    """Return the mixture of some of the columns, (d,) bool; its parts may be None."""
    p, mu, cov, kind = mixture
    if cov is not None and kind != "spherical":
        cov = cov[:, used] if kind == "diag" else cov[..., used, :][..., used]
    return Mixture(p, mu if mu is None else mu[:, used], cov, kind)


def embedded(mixture, used):
    """Return a mixture of the columns used, (d,) bool, with mean 0 and variance 1 (spherical: its own) for others."""
    if used.all():
        return mixture
    p, mu, cov, kind = mixture
    wide = np.zeros((len(p), len(used)))
    wide[:, used] = mu
    if kind == "diag":
        cov, narrow = np.ones(wide.shape), cov
        cov[:, used] = narrow
    elif kind != "spherical":
        cov, narrow = np.tile(np.eye(len(used)), (*cov.shape[:-2], 1, 1)), cov
        cov[..., used[:, None] & used] = narrow.reshape(*narrow.shape[:-2], -1)
    return Mixture(p, wide, cov, kind)
