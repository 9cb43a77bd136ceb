"""The four methods, and the assignment's own formulas, on the measurements of one picture."""

import time
from typing import NamedTuple

import numpy as np

from . import rivals
from .handout import reconstruct_literally
from .measure import nrmse, reduced_chi2
from .observation import concentrate, fourier, sky
from .reconstruct import GAMMAS, reconstruct

METHODS = ("dirty", "Tikhonov", "total variation", "patch prior")
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


def by_dirty(case, instrument):
    """Return the dirty picture, as Found."""
    start = time.thread_time()
    return _found("dirty", case, rivals.dirty(instrument.F, case.y, instrument.sigma), start)


def by_tikhonov(case, F):
    """Return what Tikhonov regularization finds, as Found; F is the Instrument's `short`.

    The truth says which regularization is best, a favour that the patch prior does not get. Negative pixels are set to
    0, which brings the picture closer to the truth, too.
    """
    start = time.thread_time()
    pictures = np.maximum(rivals.tikhonov(F, case.short)(rivals.tikhonov_grid(F)[:, None]), 0)
    errors = [nrmse(picture, case.truth.ravel()) for picture in pictures]
    return _found("Tikhonov", case, pictures[np.argmin(errors)], start, "", errors)


def by_total_variation(case, F):
    """Return what total variation finds, as Found, with the regularization that the truth says is best."""
    start = time.thread_time()
    peak = rivals.tikhonov_to_noise(F, case.short).max()
    pictures = rivals.total_variation(F, case.short, peak, TV_GRID)
    errors = [nrmse(picture, case.truth.ravel()) for picture in pictures]
    k = int(np.argmin(errors))
    return _found("total variation", case, pictures[k], start, f"regularization {TV_GRID[k]:g}", errors)


def by_patches(case, F, prior):
    """Return what the patch prior, a Mixture, finds, as Found."""
    start, chi2 = time.thread_time(), []
    noise = case.y @ case.y - case.short @ case.short  # which no picture can fit

    def report(gamma, picture):
        misfit = len(case.short) * reduced_chi2(picture, F, case.short)
        chi2.append(f"{(misfit + noise) / len(case.y):.2f}")

    picture = reconstruct(F, case.short, prior, report)
    return _found("patch prior", case, picture, start, f"χ² for gamma {', '.join(map(str, GAMMAS))}: {', '.join(chi2)}")


def by_handout(case, F, prior):
    """Return what the assignment's own formulas and constants make of the prior, a Mixture, as Found."""
    start = time.thread_time()
    return _found("handout's own", case, reconstruct_literally(F, case.short, prior), start)


def _found(method, case, picture, start, note="", errors=()):
    return Found(method, picture.reshape(case.truth.shape), time.thread_time() - start, note, tuple(errors))


def one_for_all(found):
    """Return {method: mean NRMSE with the one regularization that is best over all pictures} of lists of Found.

    The table has each picture's own best regularization. This is what a method gives if its regularization is set once,
    still by the truth, as the patch prior's numbers are set once.
    """
    errors = {}
    for one in (one for case in found for one in case if one.errors):
        errors.setdefault(one.method, []).append(one.errors)
    return {method: float(np.mean(table, axis=0).min()) for method, table in errors.items()}
