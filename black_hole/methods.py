"""The four methods, and the assignment's own formulas, on the measurements of one picture."""

import time
from typing import NamedTuple

import numpy as np

from . import rivals
from .handout import reconstruct_literally
from .measure import nrmse, reduced_chi2
from .observation import concentrate, fourier, sky
from .reconstruct import GAMMAS, reconstruct

TV_GRID = (0.1, 0.3, 1, 3, 10, 30)


class Instrument(NamedTuple):
    """What is measured of any picture x: y = F x + noise of unit variance."""

    F: np.ndarray  # (2M, N)
    sigma: np.ndarray  # (2M,), Jy, the noise that F was divided by
    U: np.ndarray  # (2M, r), whose combinations U^T y say all that y says of x
    short: np.ndarray  # (r, N), U^T F


class Case(NamedTuple):
    """A picture of the sky, and what an instrument measures of it."""

    name: str
    truth: np.ndarray  # (n, n), Jy per pixel
    y: np.ndarray  # (2M,)
    short: np.ndarray  # (r,), U^T y: with U^T F the same information, much faster to work with


class Found(NamedTuple):
    """What a method makes of the measurements."""

    method: str
    picture: np.ndarray  # (n, n), Jy per pixel
    seconds: float  # of one processor's time
    note: str = ""  # how it went
    errors: tuple = ()  # NRMSE with each of the regularizations that were tried


def instrument_of(coverage, n):
    """Return the Instrument of a Coverage for pictures of n x n pixels."""
    sigma = np.tile(coverage.sigma, 2)  # of the real and of the imaginary parts
    F = fourier(coverage.u, coverage.v, *sky(n)) / sigma[:, None]
    U = concentrate(F)
    return Instrument(F, sigma, U, U.T @ F)


def attempt(method, case, *given):
    """Return what a method makes of a Case, given what it needs (MAKERS), as Found."""
    start = time.thread_time()
    picture, *more = MAKERS[method](case, *given)
    return Found(method, picture.reshape(case.truth.shape), time.thread_time() - start, *more)


def _tikhonov(case, F):
    # Negative pixels become 0, which brings the picture closer to the truth.
    return _best(case, np.maximum(rivals.tikhonov(F, case.short)(rivals.tikhonov_grid(F)[:, None]), 0))


def _total_variation(case, F):
    peak = rivals.tikhonov_to_noise(F, case.short).max()
    return _best(case, rivals.total_variation(F, case.short, peak, TV_GRID), TV_GRID)


def _best(case, pictures, grid=None):
    """Return picture, note and errors with the regularization that is best by the truth: a favour to the rivals."""
    errors = [nrmse(picture, case.truth.ravel()) for picture in pictures]
    k = int(np.argmin(errors))
    return pictures[k], f"regularization {grid[k]:g}" if grid else "", tuple(errors)


def _patches(case, F, prior):
    chi2, noise = [], case.y @ case.y - case.short @ case.short  # which no picture can fit

    def report(gamma, picture):
        misfit = len(case.short) * reduced_chi2(picture, F, case.short)
        chi2.append(f"{(misfit + noise) / len(case.y):.2f}")

    picture = reconstruct(F, case.short, prior, report)
    return picture, f"χ² for gamma {', '.join(map(str, GAMMAS))}: {', '.join(chi2)}"


MAKERS = {  # functions of a Case and of what is given: F is the Instrument's `short`, prior a Mixture
    "dirty": lambda case, instrument: (rivals.dirty(instrument.F, case.y, instrument.sigma),),
    "Tikhonov": _tikhonov,
    "total variation": _total_variation,
    "patch prior": _patches,
    "handout's own": lambda case, F, prior: (reconstruct_literally(F, case.short, prior),),
}
METHODS = tuple(method for method in MAKERS if method != "handout's own")


def one_for_all(found):
    """Return {method: mean NRMSE with the one regularization that is best over all pictures} of lists of Found."""
    errors = {}
    for one in (one for case in found for one in case if one.errors):
        errors.setdefault(one.method, []).append(one.errors)
    return {method: float(np.mean(table, axis=0).min()) for method, table in errors.items()}
