"""Films by eht-imaging's StarWarps, told the true motion, on the measurements of python -m black_hole --movie.

Needs eht-imaging (pip install ehtim). Pictures have 32 x 32 pixels, since StarWarps keeps a matrix of all pixels for
every frame. The prior is that of its authors' example.
"""

import contextlib
import io
import sys
import time

import numpy as np

from black_hole.measure import nrmse
from black_hole.moving import sources
from black_hole.moving.warps import powers
from black_hole.observation import EHT_2017, FIELD, MICROARCSECOND
from black_hole.pictures import resize
from console import InputError, Parser, run_program, whole_number

PIXELS = 32
MOVING = ("hot spot", "blob", "expanding ring")  # motions that its affine basis has
BLOB = 60.0  # microarcseconds, full width at half maximum of the mean
DRIFT = 1e-7  # Jy^2, variance of a pixel from frame to frame


def main(argv=None):
    parser = Parser(description=__doc__.splitlines()[0])
    parser.add_argument("--sources", nargs="+", choices=MOVING, default=list(MOVING), metavar="NAME")
    parser.add_argument("--seeds", nargs="+", type=whole_number(0, 2**32 - 1), default=[0], metavar="S")
    arguments = parser.parse_args(argv)
    try:
        import ehtim
        import ehtim.imaging.starwarps as starwarps
    except ImportError:
        raise InputError("eht-imaging is not installed; expected pip install ehtim") from None
    night = sources.night_of(EHT_2017)
    for name in arguments.sources:
        for seed in arguments.seeds:
            rng = np.random.RandomState(seed)
            source = sources.moved(sources.SOURCES[name](rng), night.frames)
            truth = sources.render(source, night.frames)
            measured = sources.measure(truth, night, rng)
            start = time.process_time()
            film = best_film(ehtim, starwarps, measured, source)
            coarse = np.array([resize(x, (PIXELS, PIXELS)) * (len(x) / PIXELS) ** 2 for x in truth])
            print(f"{name:16} {seed:4} StarWarps, true motion: NRMSE {nrmse(film, coarse):.3f},"
                  f" {time.process_time() - start:.0f} s", flush=True)
    return 0


def best_film(ehtim, starwarps, night, source):
    """Return the film (frames, n, n) of the likelier of the two senses in which a warp may be meant."""
    pixel = FIELD / PIXELS * MICROARCSECOND
    frames = [ehtim.obsdata.Obsdata(0.0, 0.0, 227.07e9, 2e9, table(ehtim, night, t), stations(ehtim))
              for t in range(night.frames)]
    mean = ehtim.image.make_square(frames[0], PIXELS, PIXELS * pixel, pulse=ehtim.observing.pulses.deltaPulse2D)
    mean = mean.add_gauss(1.0, (BLOB * MICROARCSECOND, BLOB * MICROARCSECOND, 0, 0, 0))
    basis = starwarps.affineMotionBasis(mean)
    Lambda = starwarps.gaussImgCovariance_2(mean, powerDropoff=2.0, frac=0.5)
    found = []
    for t in (1, -1):
        (M,), (b,) = powers(source.kind, source.theta, [t])
        theta = np.column_stack([M, b * MICROARCSECOND / pixel]).ravel()
        with contextlib.redirect_stdout(io.StringIO()):
            result = starwarps.computeSuffStatistics([mean], [Lambda], frames, DRIFT * np.eye(PIXELS**2), theta, *basis,
                                                     measurement={"vis": 1}, interiorPriors=True,
                                                     compute_expVal_tm1_t=False)
        found.append((result[3][2], np.array([x.imvec for x in result[0]]).reshape(-1, PIXELS, PIXELS)))
    return max(found, key=lambda one: one[0])[1]


def table(ehtim, night, t):
    """Return eht-imaging's table of a frame: its phases have the other sign. Each row has stations of its own."""
    own = [row for row in zip(*night[:5], strict=True) if row[0] == t]
    rows = [(t / 2.0, 60.0, f"A{k}", f"B{k}", 0, 0, u, v, value.conj(), 0, 0, 0, sigma, 1, 1, 1)
            for k, (_, u, v, value, sigma) in enumerate(own)]
    return np.array(rows, dtype=ehtim.const_def.DTPOL_STOKES)


def stations(ehtim):
    names = [f"{end}{k}" for k in range(99) for end in "AB"]
    return np.array([(name, *[0] * (len(ehtim.const_def.DTARR) - 1)) for name in names], dtype=ehtim.const_def.DTARR)


if __name__ == "__main__":
    sys.exit(run_program(main))
