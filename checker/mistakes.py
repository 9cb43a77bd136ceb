"""The catalogue of usual mistakes: each is the right step with one wrong piece, a name, and advice.

The checker computes these variants and sees which of them gives the numbers of a wrong answer. To add a mistake, add a
line. If no input tells it from the others, a test fails.
"""

from itertools import product
from typing import NamedTuple

import numpy as np

from checker import formulas
from checker.exchanges import MIXTURE, POST, RESULT
from checker.formulas import Mixture, as_it_is, bayes, every_entry, log_sum


class Mistake(NamedTuple):
    """One usual mistake in one function."""

    name: str
    pieces: dict  # keyword arguments of the right step in formulas.py
    advice: str  # what is wrong, and what to write instead
    also: tuple = ()  # other pieces of the same mistake, written differently

    def __hash__(self):
        return hash(self.name)

    def spellings(self):
        """Return a Mistake for each way of writing it."""
        return [self._replace(pieces=pieces, also=()) for pieces in (self.pieces, *self.also)]


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


# The E-step. Complete data have no gaps, so naive_em has only the second list.
_GAPS = [
    Mistake("zeros treated as ratings", {"observed": every_entry},
            "A 0 marks a missing rating, but here it counts as a rating of 0. In the density, use only the entries"
            " where X[u] != 0: those of X[u], those of mu[j], and their number."),
    Mistake("zeros treated as ratings in the distance", {"near": every_entry},
            "The squared distance includes (0 - mu)^2 for each missing rating. Leave out the entries of mu[j] where"
            " X[u] == 0."),
    Mistake("full d in the normalisation", {"size": lambda seen: np.full(len(seen), seen.shape[1])},
            "The normalisation (2 pi var)^(-d/2) uses d, the number of all movies. Its exponent is -|C_u|/2: |C_u| is"
            " the number of ratings of this user."),
]
_DENSITY_AND_SUMS = [
    Mistake("log-posterior returned", {"post_as": np.log},
            "estep returns the logarithm of post. Apply np.exp as the last step."),
    Mistake("posterior not normalised", {"posterior": np.exp},
            "The rows of post do not sum to 1. Divide each row by its sum. In logarithms, subtract its logsumexp."),
    Mistake("posterior normalised over all entries",
            {"posterior": lambda log_joint: np.exp(log_joint - log_sum(log_joint.reshape(1, -1))),
             "likelihood": lambda log_joint, log_p, post: log_sum(log_joint.reshape(1, -1)).sum()},
            "All of post sums to 1, but each row should. Sum over the components alone: logsumexp(f, axis=1)."),
    Mistake("posterior normalised over the users", {"posterior": lambda log_joint: bayes(log_joint.T).T},
            "Each column of post sums to 1, but each row should. Sum over the components (axis=1), not the users.",
            ({"posterior": lambda log_joint: bayes(log_joint.T).T,
              "likelihood": lambda log_joint, log_p, post: log_sum(log_joint.T).sum()},)),
    Mistake("hard assignment", {"posterior": lambda log_joint: np.eye(log_joint.shape[1])[log_joint.argmax(axis=1)]},
            "post is 1 for the most likely component and 0 elsewhere. EM keeps the probabilities themselves."),
    Mistake("log p missing", {"weight": np.zeros_like},
            "The weights p are left out. Add log(p[j] + 1e-16) to the log-density before logsumexp."),
    Mistake("standard deviation for variance", {"variance": np.sqrt},
            "The square root of var is used in place of var. mixture.var already is the variance: use 2 pi var and"
            " 2 var."),
    Mistake("variance squared", {"variance": np.square},
            "var is squared, as if it were a standard deviation. mixture.var already is the variance: use 2 pi var and"
            " 2 var."),
    Mistake("variance squared in the exponent", {"power_var": np.square},
            "The exponent divides by 2 var^2. mixture.var already is the variance: divide by 2 var."),
    Mistake("standard deviation in the exponent", {"power_var": np.sqrt},
            "The exponent divides by 2 sqrt(var). mixture.var is the variance: divide by 2 var."),
    Mistake("variance squared in the normalisation", {"norm_var": np.square},
            "The normalisation uses 2 pi var^2. mixture.var already is the variance: use 2 pi var."),
    Mistake("root of the variance in the normalisation", {"norm_var": np.sqrt},
            "The normalisation uses 2 pi sqrt(var). It should be (2 pi var)^(-|C_u|/2)."),
    Mistake("multiplied with the variance in the exponent", {"power_var": np.reciprocal},
            "The exponent multiplies with var. In Python a / 2 * var is (a / 2) * var: write a / (2 * var)."),
    Mistake("the largest squared difference for their sum",
            {"apart": differences(lambda difference: (difference**2).max(axis=2))},
            "The squared distance takes the largest (x - mu)^2 of all coordinates. It is their sum: np.sum, not"
            " np.max."),
    Mistake("differences not squared", {"apart": differences(lambda difference: difference.sum(axis=2))},
            "The distance sums x - mu. Square the differences before you sum them."),
    Mistake("absolute differences", {"apart": differences(lambda difference: np.abs(difference).sum(axis=2))},
            "The distance sums |x - mu|. It should sum (x - mu)^2."),
    Mistake("root of the squared distance",
            {"apart": differences(lambda difference: np.sqrt((difference**2).sum(axis=2)))},
            "The exponent holds the distance. It needs its square: leave out the root, or square np.linalg.norm."),
    Mistake("factor 1/2 missing in the exponent", {"power": 1},
            "The squared distance is divided by var. Divide it by 2 var."),
    Mistake("factor 1/2 missing in the normalisation", {"norm": 1},
            "The normalisation is (2 pi var)^(-|C_u|). Its exponent should be -|C_u|/2."),
    Mistake("2 pi missing", {"two_pi": 1},
            "The normalisation lacks 2 pi. It is (2 pi var)^(-|C_u|/2)."),
    Mistake("2 pi outside the power", {"size": lambda seen: np.ones(len(seen))},
            "The normalisation is (2 pi var)^(-1/2), which is right for one rating. With |C_u| ratings it is"
            " (2 pi var)^(-|C_u|/2)."),
    Mistake("d / 2 not in brackets", {"norm": 1, "times": 1 / 2},
            "In Python a ** d / 2 is (a ** d) / 2. The normalisation is (2 pi var)^(-|C_u|/2): put |C_u| / 2 in"
            " brackets.", ({"norm": 1, "times": 2},)),
    Mistake("2 pi not raised to the power", {"two_pi": 1, "times": 2 * np.pi},
            "In Python 2 * pi * var ** a is 2 * pi * (var ** a). The power is of all of 2 pi var: put it in"
            " brackets.", ({"two_pi": 1, "times": np.sqrt(2 * np.pi)},)),
    Mistake("normalisation missing", {"norm": 0},
            "The density lacks its normalisation (2 pi var)^(-|C_u|/2)."),
    Mistake("exponent with the wrong sign", {"power_sign": -1},
            "The exponent should be minus the squared distance over 2 var. The minus is missing."),
    Mistake("log-likelihood averaged", {"mean": True},
            "The log-likelihood is averaged over the users. The course wants the sum: np.sum, not np.mean."),
    Mistake("log-likelihood without the prior",
            {"likelihood": lambda log_joint, log_p, post: log_sum(log_joint - log_p).sum()},
            "The log-likelihood leaves out the weights p. It is the sum over the users of log sum_j p_j N_j."),
    Mistake("log-likelihood of the maximum only",
            {"likelihood": lambda log_joint, log_p, post: log_joint.max(axis=1).sum()},
            "The log-likelihood uses only the largest term of each user. logsumexp also adds log(sum(exp(f - max)))."),
    Mistake("maximum not added back", {"likelihood": lambda log_joint, log_p, post:
                                       (log_sum(log_joint) - log_joint.max(axis=1)).sum()},
            "The log-likelihood lacks the maximum that logsumexp subtracts. Add it back: logsumexp(f) = max +"
            " log(sum(exp(f - max))).",
            ({"posterior": lambda log_joint: bayes(log_joint) * np.exp(log_joint.max(axis=1, keepdims=True)),
              "likelihood": lambda log_joint, log_p, post:
              (log_sum(log_joint) - log_joint.max(axis=1)).sum()},)),
    Mistake("log-likelihood in base 2", {"unit": lambda nats: nats / np.log(2)},
            "The log-likelihood is in base 2. Use the natural logarithm, np.log."),
    Mistake("log-likelihood in base 10", {"unit": lambda nats: nats / np.log(10)},
            "The log-likelihood is in base 10. Use the natural logarithm, np.log."),
    Mistake("sign of the log-likelihood", {"sign": -1},
            "The log-likelihood has the wrong sign. It is the sum of the logarithms, not minus that sum."),
    Mistake("expected log-likelihood", {"likelihood": lambda log_joint, log_p, post: (post * log_joint).sum()},
            "The sum of post * log(p N) is the expected complete log-likelihood. The course wants the sum over the"
            " users of log sum_j p_j N_j."),
    Mistake("sum of all logarithms", {"likelihood": lambda log_joint, log_p, post: log_joint.sum()},
            "The log-likelihood sums log(p_j N_j) over the components. Sum over the components inside the logarithm:"
            " log sum_j p_j N_j."),
    Mistake("log-likelihood of the normalised posterior",
            {"likelihood": lambda log_joint, log_p, post: np.log(post.sum(axis=1)).sum()},
            "The log-likelihood is taken from post after its rows were divided by their sums. It is the sum of the"
            " logarithms of these sums: log sum_j p_j N_j.",
            ({"likelihood": lambda log_joint, log_p, post: np.log(post).sum()},
             {"likelihood": lambda log_joint, log_p, post: np.log(post.sum())})),
    Mistake("likelihood without logarithm",
            {"likelihood": lambda log_joint, log_p, post: np.exp(log_sum(log_joint)).sum()},
            "The likelihoods of the users are summed. Take the logarithm of each before the sum."),
]
ESTEP = _GAPS + _DENSITY_AND_SUMS


def _no_logarithms(log_joint):
    return normalised_sums(np.exp(log_joint))


def _log_of_sums(epsilon):
    return lambda log_joint, log_p, post: np.log(np.exp(log_joint).sum(axis=1) + epsilon).sum()


def _epsilon(epsilon, said):
    """Return the Mistake of an epsilon beside densities, in all the places where it is put."""
    hidden = {"likelihood": _log_of_sums(epsilon)}

    def diluted(log_joint):
        return np.exp(log_joint) / (np.exp(log_joint).sum(axis=1, keepdims=True) + epsilon)

    return Mistake("an epsilon inside the logarithm", hidden,
                   f"{said} is added to the density before the logarithm. With many ratings the density is smaller"
                   " than that. Work with log p + log N, use logsumexp at the end, and leave the epsilon to"
                   " log(p + 1e-16).", (
                       {**hidden, "posterior": _no_logarithms},
                       {**hidden, "posterior": diluted}, {"posterior": diluted},
                       {**hidden, "posterior": lambda log_joint: np.exp(
                           log_joint - np.log(np.exp(log_joint).sum(axis=1, keepdims=True) + epsilon))},
                       {**hidden, "posterior": lambda log_joint: normalised_sums(np.exp(log_joint) + epsilon)},
                       {"joint": lambda log_joint, log_p: np.log(np.exp(log_joint) + epsilon)},
                       {"joint": lambda log_joint, log_p: log_p + np.log(np.exp(log_joint - log_p) + epsilon)}))


UNDERFLOW = Mistake("underflow", {"posterior": _no_logarithms, "likelihood": _log_of_sums(0)},
                    "With hundreds of ratings per user, the densities are 0 in floating point. Work with log p + log N,"
                    " use logsumexp at the end, and never take exp of one density.",
                    ({"posterior": _no_logarithms}, {"likelihood": _log_of_sums(0)},
                     {"posterior": lambda log_joint: np.exp(log_joint - np.log(np.exp(log_joint).sum(axis=1))[:, None]),
                      "likelihood": _log_of_sums(0)},
                     {"joint": lambda log_joint, log_p: np.log(np.exp(log_joint))},
                     {"joint": lambda log_joint, log_p: log_p + np.log(np.exp(log_joint - log_p))}))
# Looked for alone, not beside others: they show only where densities are small.
SMALL_DENSITIES = [UNDERFLOW, *(_epsilon(epsilon, said) for epsilon, said in [
    *((10.0**-power, f"1e-{power}") for power in (5, 6, 8, 9, 10, 12, 15, 16, 20, 32, 50, 100, 300)),
    (np.exp(-16), "exp(-16)"), (np.finfo(float).eps, "2.2e-16"), (np.finfo(float).tiny, "2.2e-308")])]
NAIVE_ESTEP = [mistake._replace(advice=mistake.advice.replace("|C_u|", "d")) for mistake in _DENSITY_AND_SUMS]

# The M-step. Without a threshold a mean may be 0 / 0. Solutions differ in how far this NaN goes into the variance, and
# in what their floor makes of it. The divisor is among these pieces because another one gives no 0 / 0.


def _everywhere(support, post, seen):
    """Also where the mean is 0 / 0."""
    return support >= 0


def _floor_of_nan(var):
    """The floor by fmax, max(0.25, var), or np.where(var > 0.25, var, 0.25)."""
    return np.fmax(var, 0.25)


def _where_rated(new, old, seen):
    """Means whose NaN reach the variance only from movies that somebody rated."""
    return np.where(np.isnan(new) & ~seen.any(axis=0), 0, new)


def _nan_left_out(new, old, seen):
    """Means whose NaN do not reach the variance: np.nansum, np.where(post > 0, ...)."""
    return np.where(np.isnan(new), 0, new)


def _zero_without_support(old, support):
    return np.where(support == 0, 0, old)


_UNCHECKED = {"enough": _everywhere, "divisor": formulas.support_of_ratings}
_NAN_MEANS = (_UNCHECKED,
              {**_UNCHECKED, "floor": _floor_of_nan},
              {**_UNCHECKED, "centre": _where_rated},
              {**_UNCHECKED, "centre": _where_rated, "floor": _floor_of_nan},
              {**_UNCHECKED, "centre": _nan_left_out})

_WEIGHTS = [
    Mistake("log p returned", {"p_as": np.log},
            "p holds logarithms. Return the weights themselves, n_j / n. estep takes their logarithm."),
    Mistake("p not normalised", {"share": lambda post, seen: post.sum(axis=0)},
            "p holds the soft counts n_j. Divide them by n, so that they sum to 1."),
    Mistake("p divided by d", {"share": lambda post, seen: post.mean(axis=0) / seen.shape[1]},
            "p is also divided by the number of movies. It is n_j / n, with n = len(X)."),
    Mistake("p divided by K", {"share": lambda post, seen: post.sum(axis=0) / post.shape[1]},
            "p is divided by the number of components. It is n_j / n, with n = len(X), the number of users.",
            ({"share": lambda post, seen: post.mean(axis=0) / post.shape[1]},)),
    Mistake("equal weights", {"share": lambda post, seen: np.full(post.shape[1], 1 / post.shape[1])},
            "p is 1 / K for every component. It should be n_j / n."),
]
_STANDARD_DEVIATION = Mistake(
    "standard deviation returned", {"var_as": np.sqrt},
    "The square root of the variance is returned. mixture.var holds variances: leave out the root.")

_MEANS = [
    Mistake("means divided by n", {"divisor": lambda support, post: len(post) + 0 * support},
            "The means are divided by the number of all users or points. Divide by the soft counts of the component."),
    Mistake("means not divided", {"divisor": lambda support, post: 1},
            "The means are plain sums. Divide them by the soft counts."),
    Mistake("means cut to whole numbers", {"mu_as": np.trunc},
            "The means are cut to whole numbers. Are they written into an integer array?"),
]
_SPREAD = [
    Mistake("one variance for all components",
            {"spread": lambda squares, counts: np.full(len(squares), squares.sum() / np.sum(counts))},
            "All components get the same variance. Each has its own: sum over its soft counts alone."),
    Mistake("sums not reset between the components", {"spread": lambda squares, counts: np.cumsum(squares) / counts},
            "A sum for the variance, of squares or of soft counts, still holds the components before. Set both to 0"
            " inside the loop over j.",
            ({"spread": lambda squares, counts: np.cumsum(squares) / np.cumsum(counts)},
             {"spread": lambda squares, counts: squares / np.cumsum(counts)})),
]

MSTEP = [
    *_WEIGHTS,
    *_MEANS,
    Mistake("means divided by all soft counts", {"divisor": all_soft_counts},
            "Each mean is divided by the soft counts of all users. For movie i, divide by those of the users who rated"
            " it: the sum of post[u, j] over u with X[u, i] != 0."),
    Mistake("zeros treated as ratings", {"observed": every_entry},
            "A 0 marks a missing rating, but mstep counts it as a rating of 0. Use only the entries where X != 0 in"
            " means and variance."),
    Mistake("zeros treated as ratings in the means", {"backing": all_soft_counts},
            "The means count missing ratings as 0. For movie i, use only the users with X[u, i] != 0, in the sum and in"
            " the soft counts that divide it."),
    Mistake("zeros counted in the variance", {"near": every_entry},
            "The variance adds (0 - mu)^2 for each missing rating. Sum only over the entries where X != 0."),
    Mistake("zeros treated as ratings in the variance", {"near": every_entry, "ratings": every_rating},
            "The variance counts missing ratings as 0. Sum and count only the entries where X != 0."),
    Mistake("p in place of post", {"counts": lambda post, mixture, seen: np.tile(mixture[2], (len(post), 1))},
            "Means and variances weight every user with mixture.p. Weight user u with the soft counts post[u, j]."),
    Mistake("the mask of a movie for a component",
            {"counts": lambda post, mixture, seen: post * seen[:, : post.shape[1]]},
            "Component j uses only the users who rated movie j: the mask is X[:, j] != 0. Use X[:, i] != 0 for the mean"
            " of movie i, and X[u] != 0 for the part of user u in the variance."),
    Mistake("the mask of a movie for a component in the means",
            {"backing": lambda support, post: np.diagonal(support)[:, None] + 0 * support},
            "The mean of movie i is divided by the soft counts of the users who rated movie j, where j is the"
            " component. Divide by those of the users with X[:, i] != 0."),
    Mistake("no threshold", {"enough": formulas.always},
            "A mean is updated even if almost no soft count supports it. Keep the old mixture.mu[j, i] unless the soft"
            " counts of the users who rated movie i sum to at least 1.",
            ({"enough": formulas.always, "otherwise": _zero_without_support}, *_NAN_MEANS)),
    Mistake("> for >= in the threshold", {"enough": lambda support, post, seen: support > 1},
            "A mean with a support of exactly 1 keeps its old value here. The course updates it: >= 1, not > 1."),
    Mistake("threshold on all soft counts", {"enough": enough_users},
            "The threshold uses the soft counts of all users. For movie i, use only the users who rated it: the sum of"
            " post[u, j] over u with X[u, i] != 0 must be at least 1.",
            ({"enough": lambda support, post, seen: enough_users(support, post, seen) & (support > 0)},)),
    Mistake("threshold of a half", {"enough": lambda support, post, seen: support >= 0.5},
            "A mean is updated from half a soft count on. The course asks for at least 1."),
    Mistake("0 in place of the old mean", {"otherwise": lambda old, support: 0 * old},
            "A mean with too little support becomes 0. It should keep its old value: start from mixture.mu.copy()."),
    Mistake("0 where no soft count supports a mean", {"otherwise": _zero_without_support},
            "A mean becomes 0 where nobody rated the movie. It should keep its old value, mixture.mu[j, i], there,"
            " too."),
    Mistake("the M-step of naive EM", {"observed": every_entry, "enough": formulas.always},
            "This is the M-step of naive EM, for complete data: it counts a 0 as a rating. em.mstep uses only the"
            " entries where X != 0, and keeps means with a support below 1.",
            ({"observed": every_entry, "enough": formulas.always, "floor": as_it_is},)),
    Mistake("variance with the old means", {"centre": lambda new, old, seen: old},
            "The variance is computed with the old means. Use the means that this M-step has just computed."),
    Mistake("variance over all ratings", {"ratings": lambda support, post: support.sum()},
            "The variance is divided by the number of all ratings. Weight the ratings of user u with post[u, j]: divide"
            " by the sum over the users of post[u, j] |C_u|."),
    Mistake("mean over the users of their mean squares",
            {"heft": lambda post, seen: post / np.maximum(seen.sum(axis=1, keepdims=True), 1)},
            "The squared differences are averaged for each user first, so that users with few ratings count too much."
            " Sum post[u, j] |x_u - mu_j|^2 over the users, and divide once by the sum of post[u, j] |C_u|.",
            ({"heft": lambda post, seen: post / np.maximum(seen.sum(axis=1, keepdims=True), 1),
              "ratings": soft_counts},)),
    *_SPREAD,
    Mistake("variance over d n_j", {"ratings": every_rating},
            "The variance is divided by d n_j, as on complete data. Divide by the soft count of the observed ratings:"
            " the sum over the users of post[u, j] |C_u|."),
    Mistake("variance over n_j", {"ratings": soft_counts},
            "The variance is divided by n_j, the soft count of the users. Divide by the soft count of their ratings:"
            " the sum over the users of post[u, j] |C_u|."),
    Mistake("variance not divided", {"ratings": lambda support, post: 1},
            "The variance is a plain sum of squares. Divide by the soft count of the observed ratings: the sum over the"
            " users of post[u, j] |C_u|."),
    Mistake("no variance floor", {"floor": as_it_is},
            "The variance falls below min_variance. Return np.maximum(var, min_variance). min_variance is 0.25 by"
            " default."),
    Mistake("the old variance in place of the floor",
            {"floor": as_it_is, "cap": lambda var, old: np.where(var < 0.25, old[0], var)},
            "A variance below min_variance keeps its old value. It should become min_variance: np.maximum(var,"
            " min_variance)."),
    Mistake("floor added to the variance", {"floor": lambda var: var + 0.25},
            "min_variance is added to the variance. It is a floor: np.maximum(var, min_variance)."),
    Mistake("cap in place of the floor", {"floor": lambda var: np.minimum(var, 0.25)},
            "The variance never exceeds min_variance. It should never fall below it: np.maximum, not np.minimum."),
    _STANDARD_DEVIATION,
    Mistake("wrong order", {"returned": lambda mu, var, p: Mixture(mu, p, var)},
            "mstep returns var and p in the wrong order. Write GaussianMixture(mu, var, p)."),
    Mistake("p from the ratings", {"share": lambda post, seen: post.T @ seen.sum(axis=1) / seen.sum()},
            "p counts ratings. It should count users: n_j / n, the mean of post[:, j] over all users."),
    Mistake("p divided by the users with ratings",
            {"share": lambda post, seen: post.sum(axis=0) / seen.any(axis=1).sum()},
            "p is divided by the number of users who rated something. Divide by n, the number of all users."),
    Mistake("users without ratings left out of p", {"share": lambda post, seen: post[seen.any(axis=1)].mean(axis=0)},
            "p leaves out the users without ratings. It is the mean of post over all n users."),
]

FILL = [
    Mistake("p in place of the posterior",
            {"value": lambda X, mixture, post: np.tile(mixture[2] @ mixture[0], (len(X), 1))},
            "The predictions weight the means with p, the same for all users. Use the posterior of each user,"
            " post = estep(X, mixture)[0]: post[u] @ mu."),
    Mistake("the single most likely component", {"value": lambda X, mixture, post: mixture[0][post.argmax(axis=1)]},
            "The predictions are the mean of the most likely component. Use the expectation over all components:"
            " post[u] @ mu."),
    Mistake("rounded", {"value_as": np.round},
            "The predictions are rounded to whole ratings. Return them as they are.",
            ({"into": lambda X, filling: np.round(np.where(X == 0, filling, X))},)),
    Mistake("cut to whole numbers", {"value_as": np.trunc},
            "The predictions are cut to whole numbers. Is the result written into an integer array?",
            ({"into": lambda X, filling: np.trunc(np.where(X == 0, filling, X))},)),
    Mistake("observed ratings replaced", {"into": lambda X, filling: filling},
            "Predictions also replace the ratings that users gave. Fill only where X == 0."),
    Mistake("gaps left empty", {"into": lambda X, filling: X},
            "The gaps are still 0. Fill the entries where X == 0 of a copy of X, and return the copy."),
    Mistake("filled and observed the wrong way round", {"into": lambda X, filling: np.where(X == 0, 0, filling)},
            "Predictions replace the ratings, and the gaps stay 0: the condition is inverted. Fill where X == 0."),
    Mistake("the plain mean of the components",
            {"value": lambda X, mixture, post: np.tile(mixture[0].mean(axis=0), (len(X), 1))},
            "The predictions are the unweighted mean of the components. Weight them with the posterior of the user:"
            " post[u] @ mu."),
    Mistake("logarithm of the posterior as weight", {"value": lambda X, mixture, post: np.log(post) @ mixture[0]},
            "The means are weighted with the logarithm of post. Take np.exp of it first."),
    Mistake("logarithm of the posterior, with an epsilon, as weight",
            {"value": lambda X, mixture, post: np.log(post + 1e-16) @ mixture[0]},
            "The means are weighted with log(post + 1e-16). Weight them with post itself: post[u] @ mu."),
]

# A fill_matrix with an E-step of its own has the mistakes of estep that change the posterior.
FILL_DENSITIES = [one for one in ESTEP if not {"likelihood", "posterior", "post_as", "unit", "mean", "sign"}
                  & one.pieces.keys()] + SMALL_DENSITIES

# naive_em and kmeans: the same steps on complete data
NAIVE_MSTEP = [
    *_WEIGHTS,
    *_MEANS,
    *_SPREAD,
    Mistake("variance without d", {"ratings": soft_counts},
            "The variance is divided by n_j. A spherical Gaussian has one variance for all d coordinates: divide by"
            " d n_j."),
    Mistake("variance not divided", {"ratings": lambda support, post: 1},
            "The variance is a plain sum of squares. Divide by d n_j."),
    Mistake("variance over d n", {"ratings": lambda support, post: support.shape[1] * len(post)},
            "The variance is divided by d and the number of all points. Divide by d n_j."),
    _STANDARD_DEVIATION,
]
KMEANS_ESTEP = [
    Mistake("the largest squared difference for their sum",
            {"measure": lambda difference: (difference**2).max(axis=2)},
            "The distance takes the largest (x - mu)^2 of all coordinates. It is their sum: np.sum, not np.max."),
    Mistake("differences not squared", {"measure": lambda difference: difference.sum(axis=2)},
            "The distance sums x - mu. Square the differences before you sum them."),
    Mistake("absolute differences", {"measure": lambda difference: np.abs(difference).sum(axis=2)},
            "The distance sums |x - mu|. It should sum (x - mu)^2."),
    Mistake("furthest mean", {"choose": lambda distance: np.eye(distance.shape[1])[distance.argmax(axis=1)]},
            "Points are assigned to the furthest mean. Use argmin of the distances."),
    Mistake("soft assignment", {"choose": lambda distance: bayes(-distance / 2)},
            "post holds soft counts. K-means assigns each point to its nearest mean: 1 there and 0 elsewhere."),
]
KMEANS_MSTEP = [
    *NAIVE_MSTEP,
    Mistake("cost divided by d", {"cost": lambda distance, post, d: (post * distance).sum() / d},
            "The cost is divided by d. It is the plain sum of the squared distances."),
    Mistake("cost averaged", {"cost": lambda distance, post, d: (post * distance).sum() / len(post)},
            "The cost is averaged over the points. It is the sum of their squared distances."),
    Mistake("distances not squared", {"cost": lambda distance, post, d: (post * np.sqrt(distance)).sum()},
            "The cost sums distances. It should sum squared distances."),
    Mistake("cost of the last component", {"cost": lambda distance, post, d: (post * distance)[:, -1].sum()},
            "The cost is that of the last component alone. Sum the squared distances over all of them."),
    Mistake("root of each component's cost",
            {"cost": lambda distance, post, d: np.sqrt((post * distance).sum(axis=0)).sum()},
            "The cost takes the root of the sum of each component. It is the plain sum of the squared distances."),
    Mistake("cost over all means", {"cost": lambda distance, post, d: distance.sum()},
            "The cost sums the distances to all means. Count each point only with the mean that it is assigned to."),
    Mistake("half the squared distances", {"cost": lambda distance, post, d: (post * distance).sum() / 2},
            "The cost is half of what it should be. It is the plain sum of the squared distances."),
]

RMSE = [
    Mistake("root missing", {"measure": lambda difference: np.mean(difference**2)},
            "The mean squared error is returned. Take its square root."),
    Mistake("sum for mean", {"measure": lambda difference: np.sqrt(np.sum(difference**2))},
            "The squared errors are summed. Take their mean before the root."),
    Mistake("sum over the number of rows",
            {"measure": lambda difference: np.sqrt((difference**2).sum() / len(difference))},
            "The squared errors are divided by the number of rows. Divide by the number of all entries: np.mean."),
    Mistake("mean absolute error", {"measure": lambda difference: np.abs(difference).mean()},
            "The mean absolute error is returned. Square the differences, take the mean, then the root."),
]
BIC = [
    Mistake("K weights counted as free", {"parameters": lambda K, d: K * d + K + K},
            "All K weights are counted, but they sum to 1, so only K - 1 are free: K d + K + (K - 1) parameters."),
    Mistake("weights not counted", {"parameters": lambda K, d: K * d + K},
            "The weights are not counted. There are K d means, K variances and K - 1 free weights."),
    Mistake("variances not counted", {"parameters": lambda K, d: K * d + K - 1},
            "The K variances are not counted. There are K d means, K variances and K - 1 free weights."),
    Mistake("a variance per coordinate", {"parameters": lambda K, d: 2 * K * d + K - 1},
            "K d variances are counted. A spherical Gaussian has one: K d + K + (K - 1) parameters."),
    Mistake("d = 2 in the number of parameters", {"parameters": lambda K, d: 4 * K - 1},
            "4 K - 1 parameters are counted, which is right only for d = 2: K d + K + (K - 1)."),
    Mistake("only K counted", {"parameters": lambda K, d: K},
            "K is used as the number of parameters. There are K d means, K variances and K - 1 free weights."),
    Mistake("one parameter too few", {"parameters": lambda K, d: K * d + K + K - 2},
            "One parameter is not counted. There are K d means, K variances and K - 1 free weights."),
    Mistake("factor 1/2 missing", {"price": lambda n, d: np.log(n)},
            "The penalty lacks its 1/2. It is p / 2 times log n, where p is the number of parameters."),
    Mistake("logarithm of n d", {"price": lambda n, d: np.log(n * d) / 2},
            "The penalty uses the number of entries. n is the number of points, X.shape[0]."),
    Mistake("logarithm of d", {"price": lambda n, d: np.log(d) / 2},
            "The penalty uses log d. n is the number of points, X.shape[0]."),
    Mistake("penalty added", {"price": lambda n, d: -np.log(n) / 2},
            "The penalty is added to the log-likelihood. Subtract it."),
    Mistake("logarithm in base 10", {"price": lambda n, d: np.log10(n) / 2},
            "The penalty uses the logarithm in base 10. Use the natural logarithm, np.log."),
    Mistake("logarithm in base 2", {"price": lambda n, d: np.log2(n) / 2},
            "The penalty uses the logarithm in base 2. Use the natural logarithm, np.log."),
    Mistake("the textbook's BIC", {"scale": -2},
            "This is -2 times the course's BIC, and smaller is better. The course's is the log-likelihood minus p / 2"
            " times log n, and larger is better."),
]

# The loop: what it returns, and when it stops


class Cause(NamedTuple):
    name: str
    advice: str

    def __str__(self):
        return f"{self.name}. {self.advice}"


_MIXTURES = {
    -1: Cause("last M-step missing", "The mixture is one M-step too old. Leave the loop after the M-step, not between"
              " the two steps."),
    1: Cause("extra M-step", "The mixture is one M-step too new. Leave the loop right after the M-step that follows the"
             " last E-step.")}
_FIGURES = {
    -1: Cause("log-likelihood of the iteration before", "The log-likelihood (or cost) is one iteration too old. Return"
              " the new one, not the one that it is compared with."),
    1: Cause("extra E-step", "The log-likelihood is computed once more after the last M-step. Return that of the E-step"
             " before it.")}
_POSTS = {
    -1: Cause("post of the iteration before", "post is one iteration too old. Return that of the last E-step."),
    1: Cause("extra E-step for post", "post is computed once more after the last M-step. Return that of the E-step"
             " before it.")}
_EXTRA_ESTEP = Cause("extra E-step", "post and the log-likelihood are computed once more after the last M-step. Return"
                     " those of the E-step before it.")


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


class Rule(NamedTuple):
    """A stopping rule that is not the course's."""

    name: str
    stop: object  # (new, old) -> bool
    advice: str


def _relative(tolerance):
    return lambda new, old: new - old <= tolerance * abs(new)


def _absolute(tolerance):
    return lambda new, old: new - old <= tolerance


RULE = "The course stops when new - old <= 1e-6 * abs(new)."
COST_RULE = "In K-means, the course stops when the cost falls by at most 1e-4."
STOPPING = [
    *(Rule("absolute stopping rule", _absolute(size), f"run stops when the log-likelihood improves by at most {size:g},"
           " whatever its size.") for size in (1e-6, 1e-4, 1e-3)),
    *(Rule("stopping rule too loose", _relative(size), f"run stops at a relative improvement of {size:g}.")
      for size in (1e-5, 1e-4, 1e-3, 1e-2)),
    *(Rule("stopping rule too strict", _relative(size), f"run stops at a relative improvement of {size:g}.")
      for size in (1e-7, 1e-8, 0)),
    Rule("equality in place of the rule", lambda new, old: new == old,
         "run stops when the log-likelihood does not change at all."),
    Rule("single precision", lambda new, old: formulas.small_improvement(np.float32(new), np.float32(old)),
         "run stops when a log-likelihood in float32 has too few digits to show an improvement. Work in float64."),
]

# Other causes, which explain.py, compare.py and evidence.py find

ONE_STEP = Cause("stops after one step", "Is the return inside the loop? Or is old set to new before the comparison?")
FIRST_MSTEP = Cause("M-step before the E-step",
                    "run begins with mstep, on the post that it is given. The course begins each iteration with estep.")
ENDLESS = Cause("the loop does not end", "Log-likelihoods are negative: without abs the stopping rule is never met.")
OVERWRITES = Cause("a step overwrites its arguments",
                   "mu = mixture.mu makes no copy: a change of mu changes the mixture that run still uses. Write"
                   " mixture.mu.copy().")
HANDED_BACK = Cause("post handed back", "run returns the very post that it was given. Return that of the last E-step.")
STALE = {
    MIXTURE: Cause("another mixture in mstep",
                   "run gives estep and mstep different mixtures; with the same one, run is right. Call mstep(X, post,"
                   " mixture) with the mixture that estep got: a mean with too little support keeps its value."),
    POST: Cause("another post in mstep",
                "run gives mstep another post than estep has just returned; with that one, run is right. Write post, ll"
                " = estep(X, mixture), and call mstep with this post."),
    RESULT: Cause("another mixture in estep",
                  "run gives estep another mixture than mstep has returned; with that one, run is right. Write mixture"
                  " = mstep(...), so that the next estep gets it."),
}
RUN = [*_MIXTURES.values(), _EXTRA_ESTEP, *_POSTS.values(), _FIGURES[-1], HANDED_BACK, ONE_STEP, FIRST_MSTEP,
       ENDLESS, OVERWRITES, *STALE.values()]

REMEMBERED = Cause("something is remembered between calls",
                   "Look for global variables, and for values stored in the module or in default arguments.")
COVARIANCE = Cause("a d x d covariance",
                   "Functions such as multivariate_normal work on d x d numbers for each user and component. The"
                   " covariance is only var[j] times the identity. Use -|C_u|/2 log(2 pi var) - distance / (2 var).")
BOUND = Cause("a bound on the variance",
              "The variance has an upper bound, or another lower bound. Its only bound should be the lower one,"
              " min_variance, which is 0.25 by default.")
MISFIT = Cause("other values returned", "Return what the course's function returns, in its order. Does a branch end"
               " without a return statement?")
SINGLE = Cause("single precision", "Work in float64: float32 has too few digits for the stopping rule.")
FORM = [
    Cause("a log-likelihood of shape (1,)",
          "Return a number: use .item(), or remove what makes it an array, such as keepdims or an index [0:1]."),
    Cause("transposed", "post is (n, K), mu is (K, d)."),
    Cause("wrong order", "estep returns post, log-likelihood. run returns mixture, post, log-likelihood (or cost)."),
    Cause("post for P", "p is the mean of post over the users, (K,), not post itself."),
    MISFIT, SINGLE, REMEMBERED, COVARIANCE, BOUND,
    Cause("a size in the code", "A number like 250 or 2 stands where the size of the data belongs: use X.shape."),
    Cause("np.matrix", "* and ** of an np.matrix are products of matrices. Return arrays: np.array."),
    Cause("a script in the module", "Code outside of functions runs when the module is imported. Put it under"
          " if __name__ == \"__main__\":."),
    Cause("another encoding", "A module that is not saved as UTF-8 cannot be imported. Save it as UTF-8."),
]
