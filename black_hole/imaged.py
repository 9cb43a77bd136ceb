"""One picture made with unknown gains, and what is measured of it: the row of a table."""

import time
from typing import NamedTuple

import numpy as np

from . import blind
from .closures import chi2
from .eht import STATIONS
from .gains import solve_gains
from .measure import Ring, darkness, fit_ring, flux_outside

LM = STATIONS.index("LM")


class Result(NamedTuple):
    """The picture of one day and band with one prior."""

    averages: object  # Visibilities
    sight: blind.Sight
    prior: str
    picture: np.ndarray  # (n, n), Jy per pixel
    ring: Ring  # None if the picture has none
    starts: list  # of {"start", "diameter_uas", "score"}
    seconds: float  # of one processor's time


def find(averages, kind, prior, alone=True):
    """Return the Result of scan averages with a prior, a Mixture called `kind`; `alone` asks for each start's, too."""
    begin, sight = time.thread_time(), blind.sight(averages)
    first = blind.first_round(sight, prior)
    picture = blind.image(sight, prior, list(first.values()))
    starts = []
    for name in first if alone else ():
        x = blind.image(sight, prior, [first[name]])
        ring = fit_ring(x, blind.FIELD)
        starts.append({"start": name, "diameter_uas": ring and ring.diameter, "score": blind.score(sight, prior, x)})
    ring = fit_ring(picture, blind.FIELD)
    return Result(averages, sight, kind, picture, ring, starts, time.thread_time() - begin)


def row(result):
    """Return the row of the table, as JSON has it; null if no ring is found."""
    ring, model = result.ring, result.sight.F @ result.picture.ravel()
    phases, amplitudes = chi2(result.sight.net, model)
    return {
        "source": result.averages.source,
        "date": result.averages.date.isoformat(),
        "day": result.averages.day,
        "band": result.averages.band,
        "prior": result.prior,
        "diameter_uas": ring and ring.diameter,
        "width_uas": ring and ring.width,
        "bright_side_deg": ring and ring.orientation,
        "chi2_closure_phase": phases,
        "chi2_log_closure_amplitude": amplitudes,
        "flux_jy": float(result.picture.sum()),
        "lmt_gains": lmt_gains(result.sight.net, model),
        "centre_over_ring": ring and darkness(result.picture, ring, blind.FIELD),
        "flux_outside": ring and flux_outside(result.picture, ring, blind.FIELD),
        "seconds": result.seconds,
        "starts": result.starts,
    }


def lmt_gains(net, model):
    """Return the amplitudes of the LMT's fitted gains, one for each scan that it takes part in."""
    scans = np.unique(net.scan[(net.first == LM) | (net.second == LM)])
    return [round(float(gain), 3) for gain in np.exp(solve_gains(net, model).real[scans, LM])]
