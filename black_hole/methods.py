"""The four methods on the measurements of one picture."""

import time
from typing import NamedTuple

import numpy as np

from . import rivals
from .handout import reconstruct_literally
from .measure import nrmse, reduced_chi2
from .reconstruct import GAMMAS, reconstruct

METHODS = ("dirty", "Tikhonov", "total variation", "patch prior")
HANDOUT = "handout's own"
TV_STRENGTHS = (0.1, 0.3, 1, 3, 10, 30)


class Instrument(NamedTuple):
    """What is measured of any picture x: y = F x + noise of unit variance."""

    F: np.ndarray  # (2M, N)
    sigma: np.ndarray  # (2M,), Jy, the noise that F was divided by
    U: np.ndarray  # (2M, r), whose combinations U^T y say all that y says of x
    short: np.ndarray  # (r, N), U^T F: with U^T y the same information, much faster to work with


class Case(NamedTuple):
    """A picture of the sky, and what an instrument has measured of it."""

    name: str
    truth: np.ndarray  # (n, n), Jy per pixel
    y: np.ndarray  # (2M,)


class Found(NamedTuple):
    """What a method makes of the measurements."""

    method: str
    picture: np.ndarray  # (n, n), Jy per pixel
    seconds: float  # of one processor's time
    note: str = ""  # how it went
    errors: tuple = ()  # NRMSE with each of the strengths that were tried


def by_rivals(case, instrument, alive=lambda *_: None):
    """Return what the three rivals find, a list of Found; alive is called now and then.

    Tikhonov and total variation get the strength that the truth says is best, a favour that the patch prior does not
    get. Negative pixels of Tikhonov's picture are set to 0, which brings it closer to the truth too.
    """
    F, y = instrument.short, case.y @ instrument.U

    def errors_of(pictures):
        return tuple(nrmse(picture, case.truth.ravel()) for picture in pictures)

    def dirty():
        return rivals.dirty(instrument.F, case.y, instrument.sigma), ""

    def tikhonov():
        pictures = np.maximum(rivals.tikhonov(F, y)(rivals.tikhonov_strengths(F)[:, None]), 0)
        errors = errors_of(pictures)
        return pictures[np.argmin(errors)], "", errors

    def total_variation():
        peak = rivals.tikhonov_to_noise(F, y).max()
        found = rivals.total_variation(F, y, peak, TV_STRENGTHS, report=alive)
        errors = errors_of(found.pictures)
        k = int(np.argmin(errors))
        known = f"at most {found.gaps[k]:.2%}" if np.isfinite(found.gaps[k]) else "nobody knows how far"
        note = f"strength {TV_STRENGTHS[k]:g}, {known} above the minimum after {found.steps} steps"
        return found.pictures[k], note, errors

    return [_timed(case, method, run) for method, run in zip(METHODS, (dirty, tikhonov, total_variation), strict=False)]


def by_patches(case, instrument, prior, alive=lambda *_: None):
    """Return what the patch prior, a Mixture, finds, as Found; alive is called now and then."""
    chi2 = []

    def report(gamma, picture):
        alive()
        chi2.append(f"{reduced_chi2(picture, instrument.F, case.y):.2f}")

    def patch_prior():
        picture = reconstruct(instrument.short, case.y @ instrument.U, prior, report=report)
        return picture, f"χ² for gamma {', '.join(map(str, GAMMAS))}: {', '.join(chi2)}"

    return _timed(case, METHODS[-1], patch_prior)


def by_handout(case, instrument, prior):
    """Return what the assignment's own formulas and constants make of the prior, a Mixture, as Found."""
    return _timed(case, HANDOUT, lambda: (reconstruct_literally(instrument.short, case.y @ instrument.U, prior),))


def one_strength_for_all(found):
    """Return {method: mean NRMSE with the one strength that is best over all pictures} of lists of Found.

    The table has each picture's own best strength, chosen by the truth. This is what the same knob gives where it is
    set once, still by the truth, as the patch prior's numbers are set once.
    """
    errors = {one.method: [] for case in found for one in case if one.errors}
    for case in found:
        for one in case:
            if one.errors:
                errors[one.method].append(one.errors)
    return {method: float(np.mean(table, axis=0).min()) for method, table in errors.items()}


def _timed(case, method, run):
    start = time.thread_time()
    picture, *rest = run()
    return Found(method, picture.reshape(case.truth.shape), time.thread_time() - start, *rest)
