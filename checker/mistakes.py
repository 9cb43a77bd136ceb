"""The catalogue of usual mistakes: each is a name, and the right step with one wrong piece.

docs/mistakes.md has the advice on each, under its name. The checker computes these variants and sees which of them
gives the numbers of a wrong answer. To add a mistake, add a line here and one to that page. If no input tells it from
the others, a test fails.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache, partial
from itertools import product
from pathlib import Path
from typing import NamedTuple

import numpy as np

from checker import formulas
from checker.exchanges import MIXTURE, POST, RESULT
from checker.formulas import Mixture, as_it_is, bayes, every_entry, log_sum

PAGE = Path(__file__).resolve().parent.parent / "docs" / "mistakes.md"


@cache
def sections():
    """Return {heading: {name: advice}}: the points of each section's list, or the rows of its table."""
    parts = PAGE.read_text(encoding="utf-8").split("\n## ")[1:]
    return {part.partition("\n")[0]: dict(re.findall(r"^- \*\*(.+?)\*\*: (.+)$", part, re.M)
                                          + re.findall(r"^\| `(.+?)` \| `(.+?)` \|$", part, re.M)) for part in parts}


@dataclass(frozen=True, eq=False)
class Cause:
    """A usual mistake."""

    name: str
    section: str = "run"  # of docs/mistakes.md
    words: tuple = ("", "")  # in the advice there, and what stands in their place

    @property
    def advice(self):
        """What is wrong, and what to write instead."""
        return sections()[self.section][self.name].replace(*self.words)

    def __str__(self):
        return f"{self.name}. {self.advice}"


@dataclass(frozen=True, eq=False)
class Mistake(Cause):
    """One in a step that has a formula."""

    pieces: dict = ()  # keyword arguments of the right step in formulas.py
    also: tuple = ()  # other pieces of the same mistake, written differently

    def spellings(self):
        """Return a Mistake for each way of writing it."""
        return [replace(self, pieces=pieces, also=()) for pieces in (self.pieces, *self.also)]


def _catalogue(section, lines):
    """Return Mistakes of lines (name, pieces, other pieces of the same mistake, ...)."""
    return [Mistake(name, section, pieces=pieces, also=tuple(also)) for name, pieces, *also in lines]


# Wrong pieces of several mistakes


def soft_counts(support, post):
    """n_j, of all users."""
    return post.sum(axis=0)


def all_soft_counts(support, post):
    """n_j for every movie."""
    return post.sum(axis=0)[:, None] + 0 * support


def enough_users(support, post, seen):
    return all_soft_counts(support, post) >= 1


def every_rating(support, post):
    """d n_j, as if nothing were missing."""
    return post.sum(axis=0) * support.shape[1]


def normalised_sums(values):
    return values / values.sum(axis=1, keepdims=True)


def differences(measure):
    """Return the distance by some measure of the differences x - mu over C_u."""
    return lambda X, mu, close: measure((X[:, None] - mu) * close[:, None])


# The E-step

ESTEP = _catalogue("em.py: estep", [
    ("zeros treated as ratings", {"observed": every_entry}),
    ("zeros treated as ratings in the distance", {"near": every_entry}),
    ("full d in the normalisation", {"size": lambda seen: np.full(len(seen), seen.shape[1])}),
    ("log-posterior returned", {"post_as": np.log}),
    ("posterior not normalised", {"posterior": np.exp}),
    ("posterior normalised over all entries",
     {"posterior": lambda log_joint: np.exp(log_joint - log_sum(log_joint.reshape(1, -1))),
      "likelihood": lambda log_joint, log_p, post: log_sum(log_joint.reshape(1, -1)).sum()}),
    ("posterior normalised over the users", {"posterior": lambda log_joint: bayes(log_joint.T).T},
     {"posterior": lambda log_joint: bayes(log_joint.T).T,
      "likelihood": lambda log_joint, log_p, post: log_sum(log_joint.T).sum()}),
    ("hard assignment", {"posterior": lambda log_joint: np.eye(log_joint.shape[1])[log_joint.argmax(axis=1)]}),
    ("log p missing", {"weight": np.zeros_like}),
    ("standard deviation for variance", {"variance": np.sqrt}),
    ("variance squared", {"variance": np.square}),
    ("variance squared in the exponent", {"power_var": np.square}),
    ("standard deviation in the exponent", {"power_var": np.sqrt}),
    ("variance squared in the normalisation", {"norm_var": np.square}),
    ("root of the variance in the normalisation", {"norm_var": np.sqrt}),
    ("multiplied with the variance in the exponent", {"power_var": np.reciprocal}),
    ("the largest squared difference for their sum",
     {"apart": differences(lambda difference: (difference**2).max(axis=2))}),
    ("differences not squared", {"apart": differences(lambda difference: difference.sum(axis=2))}),
    ("absolute differences", {"apart": differences(lambda difference: np.abs(difference).sum(axis=2))}),
    ("root of the squared distance", {"apart": differences(lambda difference: np.sqrt((difference**2).sum(axis=2)))}),
    ("factor 1/2 missing in the exponent", {"power": 1}),
    ("factor 1/2 missing in the normalisation", {"norm": 1}),
    ("2 pi missing", {"two_pi": 1}),
    ("2 pi outside the power", {"size": lambda seen: np.ones(len(seen))}),
    ("d / 2 not in brackets", {"norm": 1, "times": 1 / 2}, {"norm": 1, "times": 2}),
    ("2 pi not raised to the power", {"two_pi": 1, "times": 2 * np.pi}, {"two_pi": 1, "times": np.sqrt(2 * np.pi)}),
    ("normalisation missing", {"norm": 0}),
    ("exponent with the wrong sign", {"power_sign": -1}),
    ("log-likelihood averaged", {"mean": True}),
    ("log-likelihood without the prior",
     {"likelihood": lambda log_joint, log_p, post: log_sum(log_joint - log_p).sum()}),
    ("log-likelihood of the maximum only", {"likelihood": lambda log_joint, log_p, post: log_joint.max(axis=1).sum()}),
    ("maximum not added back",
     {"likelihood": lambda log_joint, log_p, post: (log_sum(log_joint) - log_joint.max(axis=1)).sum()},
     {"posterior": lambda log_joint: bayes(log_joint) * np.exp(log_joint.max(axis=1, keepdims=True)),
      "likelihood": lambda log_joint, log_p, post: (log_sum(log_joint) - log_joint.max(axis=1)).sum()}),
    ("log-likelihood in base 2", {"unit": lambda nats: nats / np.log(2)}),
    ("log-likelihood in base 10", {"unit": lambda nats: nats / np.log(10)}),
    ("sign of the log-likelihood", {"sign": -1}),
    ("expected log-likelihood", {"likelihood": lambda log_joint, log_p, post: (post * log_joint).sum()}),
    ("sum of all logarithms", {"likelihood": lambda log_joint, log_p, post: log_joint.sum()}),
    ("log-likelihood of the normalised posterior",
     {"likelihood": lambda log_joint, log_p, post: np.log(post.sum(axis=1)).sum()},
     {"likelihood": lambda log_joint, log_p, post: np.log(post).sum()},
     {"likelihood": lambda log_joint, log_p, post: np.log(post.sum())}),
    ("likelihood without logarithm", {"likelihood": lambda log_joint, log_p, post: np.exp(log_sum(log_joint)).sum()}),
])
NAIVE_ESTEP = [replace(mistake, words=("|C_u|", "d")) for mistake in ESTEP[3:]]  # complete data have no gaps


def _without_logarithms(name, epsilon=0, said=""):
    """Return the Mistake of densities that are not kept as logarithms, in all the places where an epsilon is put."""
    hidden = {"likelihood": lambda log_joint, log_p, post: np.log(np.exp(log_joint).sum(axis=1) + epsilon).sum()}

    def diluted(log_joint):
        return np.exp(log_joint) / (np.exp(log_joint).sum(axis=1, keepdims=True) + epsilon)

    posteriors = [lambda log_joint: normalised_sums(np.exp(log_joint)), diluted,
                  lambda log_joint: np.exp(log_joint - np.log(np.exp(log_joint).sum(axis=1, keepdims=True) + epsilon)),
                  lambda log_joint: normalised_sums(np.exp(log_joint) + epsilon)]
    spellings = [hidden, {"posterior": diluted}, *({**hidden, "posterior": one} for one in posteriors),
                 {"joint": lambda log_joint, log_p: np.log(np.exp(log_joint) + epsilon)},
                 {"joint": lambda log_joint, log_p: log_p + np.log(np.exp(log_joint - log_p) + epsilon)}]
    words = ("1e-16 is added", f"{said} is added") if said else ("", "")
    return Mistake(name, "em.py: estep", words, spellings[0], tuple(spellings[1:]))


# Looked for alone, not beside others: they show only where densities are small.
SMALL_DENSITIES = [_without_logarithms("underflow"), *(
    _without_logarithms("an epsilon inside the logarithm", epsilon, said) for epsilon, said in [
        *((10.0**-power, f"1e-{power}") for power in (5, 6, 8, 9, 10, 12, 15, 16, 20, 32, 50, 100, 300)),
        (np.exp(-16), "exp(-16)"), (np.finfo(float).eps, "2.2e-16"), (np.finfo(float).tiny, "2.2e-308")])]

# The M-step. Without a threshold a mean may be 0 / 0. Solutions differ in how far this NaN goes into the variance, and
# in what their floor makes of it. The divisor is among these pieces because another one gives no 0 / 0.

_FLOOR_OF_NAN = partial(np.fmax, 0.25)  # also max(0.25, var), or np.where(var > 0.25, var, 0.25)


def _where_rated(new, old, seen):
    """Means whose NaN reach the variance only from movies that somebody rated."""
    return np.where(np.isnan(new) & ~seen.any(axis=0), 0, new)


def _zero_without_support(old, support):
    return np.where(support == 0, 0, old)


_UNCHECKED = {"enough": lambda support, post, seen: support >= 0, "divisor": lambda support, post: support}
_NAN_MEANS = (_UNCHECKED,
              {**_UNCHECKED, "floor": _FLOOR_OF_NAN},
              {**_UNCHECKED, "centre": _where_rated},
              {**_UNCHECKED, "centre": _where_rated, "floor": _FLOOR_OF_NAN},
              {**_UNCHECKED, "centre": lambda new, old, seen: np.where(np.isnan(new), 0, new)})  # as np.nansum does

_WEIGHTS = (
    ("log p returned", {"p_as": np.log}),
    ("p not normalised", {"share": lambda post, seen: post.sum(axis=0)}),
    ("p divided by d", {"share": lambda post, seen: post.mean(axis=0) / seen.shape[1]}),
    ("p divided by K", {"share": lambda post, seen: post.sum(axis=0) / post.shape[1]},
     {"share": lambda post, seen: post.mean(axis=0) / post.shape[1]}),
    ("equal weights", {"share": lambda post, seen: np.full(post.shape[1], 1 / post.shape[1])}),
)
_STANDARD_DEVIATION = "standard deviation returned", {"var_as": np.sqrt}
_MEANS = (
    ("means divided by n", {"divisor": lambda support, post: len(post) + 0 * support}),
    ("means not divided", {"divisor": lambda support, post: 1}),
    ("means cut to whole numbers", {"mu_as": np.trunc}),
)
_SPREAD = (
    ("one variance for all components",
     {"spread": lambda squares, counts: np.full(len(squares), squares.sum() / np.sum(counts))}),
    ("sums not reset between the components", {"spread": lambda squares, counts: np.cumsum(squares) / counts},
     {"spread": lambda squares, counts: np.cumsum(squares) / np.cumsum(counts)},
     {"spread": lambda squares, counts: squares / np.cumsum(counts)}),
)
MSTEP = _catalogue("em.py: mstep", [
    *_WEIGHTS,
    *_MEANS,
    ("means divided by all soft counts", {"divisor": all_soft_counts}),
    ("zeros treated as ratings", {"observed": every_entry}),
    ("zeros treated as ratings in the means", {"backing": all_soft_counts}),
    ("zeros counted in the variance", {"near": every_entry}),
    ("zeros treated as ratings in the variance", {"near": every_entry, "ratings": every_rating}),
    ("p in place of post", {"counts": lambda post, mixture, seen: np.tile(mixture[2], (len(post), 1))}),
    ("the mask of a movie for a component", {"counts": lambda post, mixture, seen: post * seen[:, : post.shape[1]]}),
    ("the mask of a movie for a component in the means",
     {"backing": lambda support, post: np.diagonal(support)[:, None] + 0 * support}),
    ("no threshold", {"enough": formulas.always}, {"enough": formulas.always, "otherwise": _zero_without_support},
     *_NAN_MEANS),
    ("> for >= in the threshold", {"enough": lambda support, post, seen: support > 1}),
    ("threshold on all soft counts", {"enough": enough_users},
     {"enough": lambda support, post, seen: enough_users(support, post, seen) & (support > 0)}),
    ("threshold of a half", {"enough": lambda support, post, seen: support >= 0.5}),
    ("0 in place of the old mean", {"otherwise": lambda old, support: 0 * old}),
    ("0 where no soft count supports a mean", {"otherwise": _zero_without_support}),
    ("the M-step of naive EM", {"observed": every_entry, "enough": formulas.always},
     {"observed": every_entry, "enough": formulas.always, "floor": as_it_is}),
    ("variance with the old means", {"centre": lambda new, old, seen: old}),
    ("variance over all ratings", {"ratings": lambda support, post: support.sum()}),
    ("mean over the users of their mean squares",
     {"heft": lambda post, seen: post / np.maximum(seen.sum(axis=1, keepdims=True), 1)},
     {"heft": lambda post, seen: post / np.maximum(seen.sum(axis=1, keepdims=True), 1), "ratings": soft_counts}),
    *_SPREAD,
    ("variance over d n_j", {"ratings": every_rating}),
    ("variance over n_j", {"ratings": soft_counts}),
    ("variance not divided", {"ratings": lambda support, post: 1}),
    ("no variance floor", {"floor": as_it_is}),
    ("the old variance in place of the floor",
     {"floor": as_it_is, "cap": lambda var, old: np.where(var < 0.25, old[0], var)}),
    ("floor added to the variance", {"floor": lambda var: var + 0.25}),
    ("cap in place of the floor", {"floor": lambda var: np.minimum(var, 0.25)}),
    _STANDARD_DEVIATION,
    ("wrong order", {"returned": lambda mu, var, p: Mixture(mu, p, var)}),
    ("p from the ratings", {"share": lambda post, seen: post.T @ seen.sum(axis=1) / seen.sum()}),
    ("p divided by the users with ratings", {"share": lambda post, seen: post.sum(axis=0) / seen.any(axis=1).sum()}),
    ("users without ratings left out of p", {"share": lambda post, seen: post[seen.any(axis=1)].mean(axis=0)}),
])

FILL = _catalogue("em.py: fill_matrix", [
    ("p in place of the posterior", {"value": lambda X, mixture, post: np.tile(mixture[2] @ mixture[0], (len(X), 1))}),
    ("the single most likely component", {"value": lambda X, mixture, post: mixture[0][post.argmax(axis=1)]}),
    ("rounded", {"value_as": np.round}, {"into": lambda X, filling: np.round(np.where(X == 0, filling, X))}),
    ("cut to whole numbers", {"value_as": np.trunc},
     {"into": lambda X, filling: np.trunc(np.where(X == 0, filling, X))}),
    ("observed ratings replaced", {"into": lambda X, filling: filling}),
    ("gaps left empty", {"into": lambda X, filling: X}),
    ("filled and observed the wrong way round", {"into": lambda X, filling: np.where(X == 0, 0, filling)}),
    ("the plain mean of the components",
     {"value": lambda X, mixture, post: np.tile(mixture[0].mean(axis=0), (len(X), 1))}),
    ("logarithm of the posterior as weight", {"value": lambda X, mixture, post: np.log(post) @ mixture[0]}),
    ("logarithm of the posterior, with an epsilon, as weight",
     {"value": lambda X, mixture, post: np.log(post + 1e-16) @ mixture[0]}),
])
# A fill_matrix with an E-step of its own has the mistakes of estep that change the posterior.
FILL_DENSITIES = [one for one in ESTEP if not {"likelihood", "posterior", "post_as", "unit", "mean", "sign"}
                  & one.pieces.keys()] + SMALL_DENSITIES

# naive_em and kmeans: the same steps on complete data
NAIVE_MSTEP = [*_catalogue("em.py: mstep", [*_WEIGHTS, *_MEANS, *_SPREAD]), *_catalogue("naive_em.py: mstep", [
    ("variance without d", {"ratings": soft_counts}),
    ("variance not divided", {"ratings": lambda support, post: 1}),
    ("variance over d n", {"ratings": lambda support, post: support.shape[1] * len(post)}),
]), *_catalogue("em.py: mstep", [_STANDARD_DEVIATION])]
KMEANS_ESTEP = _catalogue("kmeans.py: estep", [
    ("the largest squared difference for their sum", {"measure": lambda difference: (difference**2).max(axis=2)}),
    ("differences not squared", {"measure": lambda difference: difference.sum(axis=2)}),
    ("absolute differences", {"measure": lambda difference: np.abs(difference).sum(axis=2)}),
    ("furthest mean", {"choose": lambda distance: np.eye(distance.shape[1])[distance.argmax(axis=1)]}),
    ("soft assignment", {"choose": lambda distance: bayes(-distance / 2)}),
])
KMEANS_MSTEP = [*NAIVE_MSTEP, *_catalogue("kmeans.py: mstep", [
    ("cost divided by d", {"cost": lambda distance, post, d: (post * distance).sum() / d}),
    ("cost averaged", {"cost": lambda distance, post, d: (post * distance).sum() / len(post)}),
    ("distances not squared", {"cost": lambda distance, post, d: (post * np.sqrt(distance)).sum()}),
    ("cost of the last component", {"cost": lambda distance, post, d: (post * distance)[:, -1].sum()}),
    ("root of each component's cost", {"cost": lambda distance, post, d: np.sqrt((post * distance).sum(axis=0)).sum()}),
    ("cost over all means", {"cost": lambda distance, post, d: distance.sum()}),
    ("half the squared distances", {"cost": lambda distance, post, d: (post * distance).sum() / 2}),
])]

RMSE = _catalogue("common.py: rmse", [
    ("root missing", {"measure": lambda difference: np.mean(difference**2)}),
    ("sum for mean", {"measure": lambda difference: np.sqrt(np.sum(difference**2))}),
    ("sum over the number of rows", {"measure": lambda difference: np.sqrt((difference**2).sum() / len(difference))}),
    ("mean absolute error", {"measure": lambda difference: np.abs(difference).mean()}),
])
BIC = _catalogue("common.py: bic", [
    ("K weights counted as free", {"parameters": lambda K, d: K * d + K + K}),
    ("weights not counted", {"parameters": lambda K, d: K * d + K}),
    ("variances not counted", {"parameters": lambda K, d: K * d + K - 1}),
    ("a variance per coordinate", {"parameters": lambda K, d: 2 * K * d + K - 1}),
    ("d = 2 in the number of parameters", {"parameters": lambda K, d: 4 * K - 1}),
    ("only K counted", {"parameters": lambda K, d: K}),
    ("one parameter too few", {"parameters": lambda K, d: K * d + K + K - 2}),
    ("factor 1/2 missing", {"price": lambda n, d: np.log(n)}),
    ("logarithm of n d", {"price": lambda n, d: np.log(n * d) / 2}),
    ("logarithm of d", {"price": lambda n, d: np.log(d) / 2}),
    ("penalty added", {"price": lambda n, d: -np.log(n) / 2}),
    ("logarithm in base 10", {"price": lambda n, d: np.log10(n) / 2}),
    ("logarithm in base 2", {"price": lambda n, d: np.log2(n) / 2}),
    ("the textbook's BIC", {"scale": -2}),
])

# The loop: what it returns, and when it stops

_MIXTURES = {-1: Cause("last M-step missing"), 1: Cause("extra M-step")}
_POSTS = {-1: Cause("post of the iteration before"), 1: Cause("extra E-step for post")}
_EXTRA_ESTEP = Cause("extra E-step")
_FIGURES = {-1: Cause("log-likelihood of the iteration before"),
            1: replace(_EXTRA_ESTEP, words=("post and the log-likelihood are computed once more after the last M-step."
                                            " Return those", "The log-likelihood is computed once more after the last"
                                            " M-step. Return that"))}


class Place(NamedTuple):
    """From which iterations a loop that stops after iteration t returns things: t + mixture, t + post, t + figure.

    The mixture of an iteration comes after its M-step. post and figure (the log-likelihood or the cost) come from its
    E-step.
    """

    mixture: int
    post: int
    figure: int

    @property
    def causes(self):
        """The mistakes, as texts; none if all is of one iteration."""
        others = [_EXTRA_ESTEP] if self.post == self.figure == 1 else [_POSTS.get(self.post), _FIGURES.get(self.figure)]
        return [str(one) for one in (_MIXTURES.get(self.mixture), *others) if one]


# The fewest mistakes first. If all three are one iteration away, it is the rule that is wrong.
PLACES = sorted((Place(*at) for at in product((0, -1, 1), repeat=3) if set(at) not in ({-1}, {1})),
                key=lambda one: len(one.causes))


@dataclass(frozen=True, eq=False)
class Rule(Cause):
    """A stopping rule that is not the course's."""

    stop: Callable = None  # (new, old) -> bool


def _relative(name, shown, *tolerances):
    """Return Rules that stop at a relative improvement of each tolerance; docs/mistakes.md shows one of them."""
    return [Rule(name, words=(shown, f"{size:g}"), stop=lambda new, old, size=size: new - old <= size * abs(new))
            for size in tolerances]


RULE = "The course stops when new - old <= 1e-6 * abs(new)."
COST_RULE = "In K-means, the course stops when the cost falls by at most 1e-4."
STOPPING = [
    *(Rule("absolute stopping rule", words=("1e-06", f"{size:g}"), stop=lambda new, old, size=size: new - old <= size)
      for size in (1e-6, 1e-4, 1e-3)),
    *_relative("stopping rule too loose", "1e-05", 1e-5, 1e-4, 1e-3, 1e-2),
    *_relative("stopping rule too strict", "1e-07", 1e-7, 1e-8, 0),
    Rule("equality in place of the rule", stop=lambda new, old: new == old),
    Rule("single precision", stop=lambda new, old: formulas.small_improvement(np.float32(new), np.float32(old))),
]

# Other causes, which explain.py finds

ONE_STEP, FIRST_MSTEP = Cause("stops after one step"), Cause("M-step before the E-step")
ENDLESS, HANDED_BACK = Cause("the loop does not end"), Cause("post handed back")
STALE = {MIXTURE: Cause("another mixture in mstep"), POST: Cause("another post in mstep"),
         RESULT: Cause("another mixture in estep")}
REMEMBERED, COVARIANCE, BOUND, MISFIT, SINGLE = (Cause(name, "What is returned, and how") for name in (
    "something is remembered between calls", "a d x d covariance", "a bound on the variance", "other values returned",
    "single precision"))
