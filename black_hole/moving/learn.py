"""Which motion made a night's measurements? The likelihood says, maximised over everything that is not known.

EM for a motion crawls, because the film that the E-step expects is carried along by the old one (`ghmm`). So the
likelihood itself is maximised over the motion and the prior's numbers (ECME, Liu and Rubin 1994). It has many local
maxima. Each kind of motion starts from a coarse grid, seen by a short memory, which makes the hills broad.

Simple models come first (LEVELS). The search ends when the best model lets its pictures last for ever: then one
picture, carried along, explains every frame. The Bayesian information criterion chooses, log-likelihood - parameters /
2 log(2M).
"""

from functools import lru_cache
from itertools import product
from typing import NamedTuple

import numpy as np
from scipy.linalg import cho_solve
from scipy.optimize import minimize

from .film import FOREVER, Layer, Model, Night, seen, solve
from .warps import KINDS

STANDING = "standing and "  # a second layer that stands still
SIMPLE = ("translation", "rotation", "scale")
LEVELS = (("none",), SIMPLE, ("rotation and translation",), tuple(STANDING + kind for kind in SIMPLE), ("affine",))
FLARING = LEVELS[:2]  # where a brightness of each frame is tried, too
STEP = {"east_uas": 0.1, "north_uas": 0.1, "turn_deg": 0.5, "growth": 0.003, "stretch": 0.003, "shear": 0.003}
# Farthest and step, over a whole night.
GRID = {"east_uas": (192.0, 48.0), "north_uas": (192.0, 48.0), "turn_deg": (4320.0, 120.0), "growth": (1.92, 0.24)}
# Nights of memory on the grid, by the number of layers. A layer that stands still hides the other if it forgets.
SHORT = {1: 0.8, 2: 40.0}
CLIMBED = 2  # places of each motion
NEAR = 720.0  # STEPs, over the night, within which two places are one
FEW = 60  # measured numbers, below which no motion is looked for
ENOUGH = 250  # visibilities to choose by; of longer nights every second, third ... frame is left for the last climb
PRIOR = np.log([3.0, 20.0, 9.0])  # sd, width and length to start from
BOUNDS = [tuple(np.log(pair)) for pair in ((0.02, 500.0), (15.0, 60.0), (2.0, 60.0))]
MEMORY = tuple(np.log((0.02, FOREVER)))
TOLERANCE = 1e-7  # of the log-likelihood


class Learned(NamedTuple):
    """A Model with the numbers that make the measurements most likely."""

    motion: str  # a kind of warps.KINDS, or such a kind after STANDING
    model: Model
    log_likelihood: float
    score: float  # the Bayesian information criterion, larger is better

    @property
    def theta(self):
        """{name of a generator: value a frame} of the motion."""
        moving = self.model.layers[-1]
        return dict(zip(KINDS[moving.kind], moving.theta, strict=True))


def kinds_of(motion):
    """Return the kind of each layer of a motion."""
    if motion.startswith(STANDING):
        return "none", motion.removeprefix(STANDING)
    return (motion,)


def climb(night, motion, start, brightness=None, memory=None, free=None):
    """Return the Learned of a local maximum of the likelihood, by L-BFGS from a vector of numbers.

    The vector is log memory and, for each layer, log sd, log width, log length and theta / STEP. `memory` fixes the
    memory; `free` is a mask of the numbers that may change.
    """
    brightness = np.ones(night.frames) if brightness is None else brightness
    start, bounds = np.array(start, dtype=float), bounds_of(motion)
    if memory is not None:
        start[0], bounds[0] = np.log(memory), (np.log(memory),) * 2
    if free is not None:
        bounds = [pair if one else (x, x) for pair, one, x in zip(bounds, free, start, strict=True)]

    of_layer = lru_cache(4)(lambda layer: seen(night, layer, brightness))  # most steps change one layer

    def cost(numbers):
        try:
            return -solve(night, model_of(motion, numbers, brightness), of_layer).log_likelihood
        except np.linalg.LinAlgError:
            return 1e12

    best = minimize(cost, start, method="L-BFGS-B", bounds=bounds, options={"ftol": TOLERANCE, "maxiter": 100}).x
    return learned(night, motion, model_of(motion, best, brightness), memory is None)


def bounds_of(motion):
    """Return the bounds of a vector of numbers, as `climb` takes it."""
    layers = [BOUNDS + [(None, None)] * len(KINDS[kind]) for kind in kinds_of(motion)]
    return [MEMORY, *(pair for layer in layers for pair in layer)]


def model_of(motion, numbers, brightness):
    """Return the Model of a vector of numbers, as `climb` takes it."""
    memory, numbers, layers = np.exp(numbers[0]), numbers[1:], []
    for kind in kinds_of(motion):
        names = KINDS[kind]
        theta = tuple(float(x) * STEP[name] for x, name in zip(numbers[3:], names, strict=False))
        layers.append(Layer(kind, theta, *np.exp(numbers[:3]), memory))
        numbers = numbers[3 + len(names) :]
    return Model(tuple(layers), brightness)


def numbers_of(model):
    """Return the vector of numbers of a Model, as `climb` takes it."""
    layers = [[*np.log(layer[2:5]), *(x / STEP[name] for x, name in zip(layer.theta, KINDS[layer.kind], strict=True))]
              for layer in model.layers]
    return np.concatenate([[np.log(model.layers[0].memory)], *layers])


def learned(night, motion, model, may_last=True):
    """Return the Learned of a Model; its memory is for ever if it may be and that has the better score."""
    for_ever = model._replace(layers=tuple(layer._replace(memory=FOREVER) for layer in model.layers))
    found = [Learned(motion, one, solve(night, one).log_likelihood, 0.0) for one in (model, for_ever)[: 1 + may_last]]
    return max((one._replace(score=one.log_likelihood - parameters(night, one.model) / 2 * np.log(len(night.y)))
                for one in found), key=lambda one: one.score)


def parameters(night, model):
    """Return how many numbers of a Model were chosen by the likelihood; a memory that lasts for ever is not."""
    changing = len(np.unique(night.frame)) - 1 if np.ptp(model.brightness) else 0
    return changing + (not lasts(model)) + sum(3 + len(layer.theta) for layer in model.layers)


def lasts(model):
    """Return whether a Model's memory is for ever, so that one picture of each layer explains every frame."""
    return model.layers[0].memory > FOREVER / 2


def still(night, memory=None):
    """Return the Learned of a film that does not move, with a given or the likeliest memory."""
    return climb(night, "none", [np.log(SHORT[1] * night.frames), *PRIOR], memory=memory)


def choose(night):
    """Return the Learned of the motion that the night's measurements speak for, and a list of all that were tried.

    The first of these is a film that does not move.
    """
    tried, every = [], thinned(night)
    for level in LEVELS if len(night.y) >= FEW else LEVELS[:1]:
        found = [climb_level(every, level, tried) if tried else still(every)]
        if level in FLARING and not lasts(found[0].model):
            found.append(with_brightness(every, found[0]))
        tried += found
        best = max(tried, key=lambda one: one.score)
        if lasts(best.model):
            break
    if len(every.u) < len(night.u):
        best = climb(night, best.motion, numbers_of(best.model), best.model.brightness)
    return best, tried


def thinned(night):
    """Return the Night with every k-th frame alone; k is as small as leaves ENOUGH visibilities. The clock stays."""
    k = 1
    while (night.frame % k == 0).sum() > ENOUGH:
        k += 1
    own = night.frame % k == 0
    return Night(*(each[own] for each in night[:5]), night.frames)


def climb_level(night, level, tried):
    """Return the best Learned of some motions: first only the motion and the memory are free, then every number."""
    rough = []
    for motion, start in starts(night, level, tried):
        moves = len(KINDS[kinds_of(motion)[-1]])
        free = np.array([True, *[False] * (len(start) - 1 - moves), *[True] * moves])
        rough.append(climb(night, motion, start, free=free))
    best = max(rough, key=lambda one: one.score)
    return climb(night, best.motion, numbers_of(best.model))


def starts(night, level, tried):
    """Return (motion, vector) to climb from: of each motion the CLIMBED likeliest places that are not one hill."""
    found = []
    for motion in level:
        layers = len(kinds_of(motion))
        first = [np.log(SHORT[layers] * night.frames), *np.tile(PRIOR, layers)]
        vectors = np.array([[*first, *place] for place in places(night, kinds_of(motion)[-1], tried)])
        height = [solve(night, model_of(motion, each, np.ones(night.frames))).log_likelihood for each in vectors]
        found += [(motion, each) for each in apart(vectors[np.argsort(height)[::-1]], NEAR / night.frames)]
    return found


def places(night, kind, tried):
    """Return where a kind may be climbed from, theta / STEP: a grid, and what other kinds have found."""
    names = KINDS[kind]
    if kind in SIMPLE:
        known = [[one.theta[name] / STEP[name] for name in names] for one in tried if set(names) <= set(one.theta)]
        return [*product(*(axis(*GRID[name], night.frames) / STEP[name] for name in names)), *known]
    contained = [one for one in tried if set(one.theta) < set(names) and len(one.model.layers) == 1]
    return [[one.theta.get(name, 0) / STEP[name] for name in names] for one in contained]


def axis(farthest, step, frames):
    """Return the values a frame on an axis of the grid, from -farthest to farthest over the night."""
    count = round(farthest / step)
    values = np.arange(-count, count + 1) * step / frames
    return values[np.abs(values) <= 180]  # what turns farther looks like what turns less


def apart(ordered, near):
    """Return the first CLIMBED of some vectors of which none is `near` to one before it in every number."""
    chosen = []
    for each in ordered:
        if not any((np.abs(each - other) < near).all() for other in chosen):
            chosen.append(each)
    return chosen[:CLIMBED]


def with_brightness(night, one):
    """Return the Learned `one` with a brightness of each frame that is free: that and the other numbers in turn."""
    while True:
        brightness = scored(night, one.model)
        new = climb(night, one.motion, numbers_of(one.model), brightness / brightness.mean())
        if new.log_likelihood < one.log_likelihood + 0.1 and np.ptp(one.model.brightness):
            return max(one, new, key=lambda each: each.score)
        one = new


def scored(night, model, steps=5):
    """Return the likeliest brightness (frames,), the other numbers of a Model held, after a few steps of scoring.

    Frames without measurements lie between their neighbours.
    """
    measured = np.unique(night.frame)
    log_b, old = np.log(model.brightness[measured]), solve(night, model)

    def at(log_b):
        brightness = np.exp(np.interp(np.arange(night.frames), measured, log_b))
        return solve(night, model._replace(brightness=brightness))

    for _ in range(steps):
        slope, information = slope_and_information(night, old)
        move = np.linalg.solve(information + 1e-6 * np.diag(np.diag(information)), slope)
        for shorter in (1, 0.25, 0.06):
            new = at(log_b + shorter * np.clip(move, -1, 1))
            if new.log_likelihood > old.log_likelihood:
                break
        else:
            break
        log_b, old = log_b + shorter * np.clip(move, -1, 1), new
    return np.exp(np.interp(np.arange(night.frames), measured, log_b))


def slope_and_information(night, solved):
    """Return the slope (T,) of the log-likelihood by the log brightness of T frames, and Fisher's information (T, T).

    With J = K^-1, the slope is the sum of alpha_i (y_i - alpha_i) - 1 + J_ii over the measurements i of the frame. The
    information is the sum of (1 - J)_ij^2 + J_ij (K - 2 + J + mean mean^T)_ij over i of one frame and j of the other.
    """
    _, frame = np.unique(night.frame, return_inverse=True)
    of_frame = np.tile(np.eye(frame.max() + 1)[frame], (2, 1))
    one, K = np.eye(len(night.y)), solved.cholesky @ solved.cholesky.T
    J, mean = cho_solve((solved.cholesky, True), one, check_finite=False), night.y - K @ solved.alpha
    slope = of_frame.T @ (solved.alpha * (night.y - solved.alpha) - 1 + np.diag(J))
    return slope, of_frame.T @ ((one - J) ** 2 + J * (K - 2 * one + J + np.outer(mean, mean))) @ of_frame
