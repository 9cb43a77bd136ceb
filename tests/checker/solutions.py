"""Solutions for the checker's tests: one right one in loops over users, its edits, and right ones in other styles."""

from typing import NamedTuple

LOOP = '''\
import numpy as np
from common import GaussianMixture


def logsumexp(f):
    return f.max() + np.log(np.exp(f - f.max()).sum())


def estep(X, mixture):
    n, d = X.shape
    K = mixture.mu.shape[0]
    post = np.zeros((n, K))
    ll = 0
    for u in range(n):
        C = X[u] != 0
        f = np.zeros(K)
        for j in range(K):
            diff = X[u, C] - mixture.mu[j, C]
            size = C.sum()
            f[j] = np.log(mixture.p[j] + 1e-16)
            f[j] -= size / 2 * np.log(2 * np.pi * mixture.var[j])
            f[j] -= (diff ** 2).sum() / (2 * mixture.var[j])
        total = logsumexp(f)
        post[u] = np.exp(f - total)
        ll += total
    return post, ll


def mstep(X, post, mixture, min_variance=.25):
    n, d = X.shape
    K = post.shape[1]
    mu = mixture.mu.copy()
    var = np.zeros(K)
    p = post.sum(axis=0) / n
    for j in range(K):
        for i in range(d):
            C = X[:, i] != 0
            support = post[C, j].sum()
            if support >= 1:
                mu[j, i] = (post[C, j] @ X[C, i]) / support
        sse, weight = 0, 0
        for u in range(n):
            C = X[u] != 0
            sse += post[u, j] * ((X[u, C] - mu[j, C]) ** 2).sum()
            weight += post[u, j] * C.sum()
        var[j] = max(sse / weight, min_variance)
    return GaussianMixture(mu, var, p)


def run(X, mixture, post):
    old = None
    while True:
        post, ll = estep(X, mixture)
        mixture = mstep(X, post, mixture)
        if old is not None and ll - old <= 1e-6 * abs(ll):
            break
        old = ll
    return mixture, post, ll


def fill_matrix(X, mixture):
    post, ll = estep(X, mixture)
    X_pred = X.copy()
    for u in range(len(X)):
        for i in range(X.shape[1]):
            if X[u, i] == 0:
                X_pred[u, i] = post[u] @ mixture.mu[:, i]
    return X_pred
'''


def edited(*edits, text=LOOP):
    """Return a text with every (old, new) replaced."""
    for old, new in edits:
        assert old in text, old
        text = text.replace(old, new)
    return text


class Edit(NamedTuple):
    """A wrong solution: `old` in LOOP replaced with `new`."""

    old: str
    new: str
    stage: str  # the first that is not right
    diagnosis: str  # what it begins with; "" where none may be given
    status: str = "fail"


_E, _M, _R, _F = "em.estep: test case", "em.mstep: test case", "em.run: slow convergence", "em.fill_matrix: test case"
EDITS = {
    # E-step
    "log_post": Edit("np.exp(f - total)", "f - total", _E, "log-posterior returned"),
    "unnormalised_post": Edit("np.exp(f - total)", "np.exp(f)", _E, "posterior not normalised"),
    "hard_post": Edit("np.exp(f - total)", "np.eye(K)[f.argmax()]", _E, "hard assignment"),
    "zeros_as_ratings": Edit("C = X[u] != 0\n        f", "C = X[u] > -1\n        f", _E, "zeros treated as ratings."),
    "zeros_in_distance": Edit("diff = X[u, C] - mixture.mu[j, C]", "diff = X[u] - mixture.mu[j]", _E,
                              "zeros treated as ratings in the distance"),
    "full_d": Edit("size = C.sum()", "size = d", _E, "full d in the normalisation"),
    "no_log_p": Edit("f[j] = np.log(mixture.p[j] + 1e-16)", "f[j] = 0", _E, "log p missing"),
    "sd_for_var": Edit("    ll = 0\n", "    ll = 0\n    mixture = mixture._replace(var=np.sqrt(mixture.var))\n", _E,
                       "standard deviation for variance"),
    "var_squared_in_exponent": Edit("(2 * mixture.var[j])\n", "(2 * mixture.var[j] ** 2)\n", _E,
                                    "variance squared in the exponent"),
    "sd_in_norm": Edit("2 * np.pi * mixture.var[j]", "2 * np.pi * mixture.var[j] ** .5", _E,
                       "root of the variance in the normalisation"),
    "no_half_in_exponent": Edit("/ (2 * mixture.var[j])", "/ mixture.var[j]", _E, "factor 1/2 missing in the exponent"),
    "no_half_in_norm": Edit("size / 2", "size", _E, "factor 1/2 missing in the normalisation"),
    "no_2_pi": Edit("2 * np.pi * mixture", "mixture", _E, "2 pi missing"),
    "no_norm": Edit("            f[j] -= size / 2 * np.log(2 * np.pi * mixture.var[j])\n", "", _E,
                    "normalisation missing"),
    "wrong_sign": Edit("f[j] -= (diff", "f[j] += (diff", _E, "exponent with the wrong sign"),
    "mean_ll": Edit("return post, ll\n", "return post, ll / n\n", _E, "log-likelihood averaged"),
    "ll_without_prior": Edit("ll += total", "ll += logsumexp(f - np.log(mixture.p + 1e-16))", _E,
                             "log-likelihood without the prior"),
    "ll_of_maximum": Edit("ll += total", "ll += f.max()", _E, "log-likelihood of the maximum only"),
    "maximum_not_added": Edit("ll += total", "ll += total - f.max()", _E, "maximum not added back"),
    "ll_base_2": Edit("ll += total", "ll += total / np.log(2)", _E, "log-likelihood in base 2"),
    "ll_base_10": Edit("ll += total", "ll += total / np.log(10)", _E, "log-likelihood in base 10"),
    "ll_expected": Edit("ll += total", "ll += post[u] @ f", _E, "expected log-likelihood"),
    "ll_negative": Edit("ll += total", "ll -= total", _E, "sign of the log-likelihood"),
    "no_logs": Edit("total = logsumexp(f)", "total = np.log(np.exp(f).sum())", "em.estep: hundreds of ratings",
                    "underflow"),
    "epsilon_for_logs": Edit("total = logsumexp(f)", "total = np.log(np.exp(f).sum() + 1e-300)",
                             "em.estep: hundreds of ratings",
                             "an epsilon inside the logarithm. 1e-300 is added to the density"),
    "divides_by_count": Edit("size = C.sum()", "size = C.sum() ** 2 / C.sum()", "em.estep: user without ratings",
                             "a user without ratings"),
    "post_transposed": Edit("return post, ll\n", "return post.T, ll\n", _E, "transposed"),
    "post_and_ll_exchanged": Edit("return post, ll\n", "return ll, post\n", _E, "wrong order"),
    "ll_as_array": Edit("return post, ll\n", "return post, np.array([ll])\n", _E,
                        "LL is an array of shape (1,). Return a number", "warn"),
    # M-step
    "all_soft_counts": Edit("@ X[C, i]) / support", "@ X[C, i]) / post[:, j].sum()", _M,
                            "means divided by all soft counts"),
    "zeros_in_means": Edit("C = X[:, i] != 0", "C = X[:, i] > -1", _M, "zeros treated as ratings in the means"),
    "zeros_in_variance": Edit("        for u in range(n):\n            C = X[u] != 0\n            sse",
                              "        for u in range(n):\n            C = X[u] > -1\n            sse", _M,
                              "zeros treated as ratings in the variance"),
    "zeros_in_mstep": Edit("def mstep(X, post, mixture, min_variance=.25):", "def mstep(X, post, mixture,"
                           " min_variance=.25):\n    X = X + 1e-300", _M, "zeros treated as ratings."),
    "no_threshold": Edit("support >= 1", "support > 0", "em.mstep: rare movies", "no threshold"),
    "strict_threshold": Edit("support >= 1", "support > 1", "em.mstep: rare movies", "> for >= in the threshold"),
    "threshold_on_all": Edit("if support >= 1", "if post[:, j].sum() >= 1 and support > 0", "em.mstep: rare movies",
                             "threshold on all soft counts"),
    "zero_for_old_mean": Edit("mu = mixture.mu.copy()", "mu = np.zeros((K, d))", "em.mstep: rare movies",
                              "0 in place of the old mean"),
    "old_means": Edit("((X[u, C] - mu[j, C])", "((X[u, C] - mixture.mu[j, C])", _M, "variance with the old means"),
    "var_over_d": Edit("weight += post[u, j] * C.sum()", "weight += post[u, j] * d", _M, "variance over d n_j"),
    "var_over_n": Edit("weight += post[u, j] * C.sum()", "weight += post[u, j]", _M, "variance over n_j"),
    "no_floor": Edit("max(sse / weight, min_variance)", "sse / weight", "em.mstep: variance floor",
                     "no variance floor"),
    "floor_added": Edit("max(sse / weight, min_variance)", "sse / weight + min_variance", _M, "floor added"),
    "sd_returned": Edit("GaussianMixture(mu, var, p)", "GaussianMixture(mu, np.sqrt(var), p)", _M,
                        "standard deviation returned"),
    "log_p_returned": Edit("GaussianMixture(mu, var, p)", "GaussianMixture(mu, var, np.log(p))", _M, "log p returned"),
    "p_not_normalised": Edit("post.sum(axis=0) / n", "post.sum(axis=0)", _M, "p not normalised"),
    "p_over_d": Edit("post.sum(axis=0) / n", "post.sum(axis=0) / n / d", _M, "p divided by d"),
    "mu_transposed": Edit("GaussianMixture(mu, var, p)", "GaussianMixture(mu.T, var, p)", _M, "transposed"),
    "var_as_column": Edit("GaussianMixture(mu, var, p)", "GaussianMixture(mu, var[:, None], p)", _M, "wrong shape"),
    "var_and_p_exchanged": Edit("GaussianMixture(mu, var, p)", "GaussianMixture(mu, p, var)", _M, "wrong order"),
    "mixture_in_place": Edit("mu = mixture.mu.copy()", "mu = mixture.mu", "em: arguments unchanged",
                             "mstep writes into mixture.mu", "warn"),
    "post_in_place": Edit("    return GaussianMixture(mu", "    post /= 2\n    return GaussianMixture(mu",
                          "em.run: test case", "mstep overwrites post. run then uses"),
    "single_precision": Edit("return post, ll\n", "return np.float32(post * (1 + 1e-6)), ll\n",
                             "em.estep: unequal weights", "single precision. estep returns float32"),
    # Loop
    "absolute_stop": Edit("1e-6 * abs(ll)", "1e-6", _R, "absolute stopping rule"),
    "absolute_stop_of_kmeans": Edit("1e-6 * abs(ll)", "1e-4", _R, "absolute stopping rule"),
    "loose_stop": Edit("1e-6 * abs(ll)", "1e-4 * abs(ll)", _R, "stopping rule too loose"),
    "strict_stop": Edit("1e-6 * abs(ll)", "1e-8 * abs(ll)", _R, "stopping rule too strict"),
    "one_step": Edit("old is not None and ll - old <= 1e-6 * abs(ll)", "True", _R, "stops after one step"),
    "odd_stop": Edit("old is not None and ll - old <= 1e-6 * abs(ll)", "old and ll - old <= .03", _R, "stopping rule."),
    "missing_mstep": Edit("        mixture = mstep(X, post, mixture)\n        if old is not None and ll - old <= 1e-6"
                          " * abs(ll):\n            break\n",
                          "        if old is not None and ll - old <= 1e-6 * abs(ll):\n            break\n       "
                          " mixture = mstep(X, post, mixture)\n",
                          _R, "last M-step missing"),
    "extra_mstep": Edit("    return mixture, post, ll\n",
                        "    return mstep(X, estep(X, mixture)[0], mixture), post, ll\n", _R, "extra M-step"),
    "extra_estep": Edit("    return mixture, post, ll\n", "    return (mixture, *estep(X, mixture))\n", _R,
                        "extra E-step"),
    "figure_anew": Edit("    return mixture, post, ll\n", "    return mixture, post, estep(X, mixture)[1]\n", _R,
                        "extra E-step. The log-likelihood is computed"),
    "fixed_iterations": Edit(LOOP[LOOP.index("    while True:"):LOOP.index("        old = ll\n")],
                             "    for _ in range(100):\n        post, ll = estep(X, mixture)\n        mixture ="
                             " mstep(X, post, mixture)\n",
                             _R, "stopping rule. It stops after 100 iterations; the right rule stops after 29."),
    "mstep_first": Edit("        post, ll = estep(X, mixture)\n        mixture = mstep(X, post, mixture)\n",
                        "        mixture = mstep(X, post, mixture)\n        post, ll = estep(X, mixture)\n", _R,
                        "M-step before the E-step"),
    "extra_iteration": Edit("    return mixture, post, ll\n",
                            "    post, ll = estep(X, mixture)\n    return mstep(X, post, mixture), post, ll\n",
                            _R, "an extra iteration"),
    # Filling
    "overwrites_X": Edit("X_pred = X.copy()", "X_pred = X", "em: arguments unchanged", "fill_matrix writes into X",
                         "warn"),
    "p_for_post": Edit("= post[u] @ mixture", "= mixture.p @ mixture", _F, "p in place of the posterior"),
    "log_post_for_post": Edit("= post[u] @ mixture", "= np.log(post[u] + 1e-16) @ mixture", _F,
                              "logarithm of the posterior"),
    "most_likely": Edit("= post[u] @ mixture.mu[:, i]", "= mixture.mu[post[u].argmax(), i]", _F,
                        "the single most likely component"),
    "rounded": Edit("= post[u] @ mixture.mu[:, i]", "= round(post[u] @ mixture.mu[:, i])", _F, "rounded"),
    "integers": Edit("X_pred = X.copy()", "X_pred = X.astype(int)", _F, "cut to whole numbers"),
    "observed_replaced": Edit("if X[u, i] == 0:", "if True:", _F, "observed ratings replaced"),
    "wrong_way_round": Edit("if X[u, i] == 0:", "if X[u, i] != 0:", _F, "filled and observed the wrong way round"),
    "fill_transposed": Edit("return X_pred", "return X_pred.T", _F, "transposed"),
    # The form
    "plain_tuple": Edit("return GaussianMixture(mu, var, p)", "return mu, var, p", _M, "other values returned"),
    "nothing_returned": Edit("    return X_pred\n", "", _F, "other values returned"),
    "remembers": Edit("    n, d = X.shape\n    K = mixture.mu.shape[0]\n",
                      "    X = estep.__dict__.setdefault('X', X)\n    n, d = X.shape\n    K = mixture.mu.shape[0]\n",
                      "em.estep: unequal weights", "something is remembered between calls"),
    # Errors
    "unwritten": Edit("    K = post.shape[1]\n", "    raise NotImplementedError\n", _M, "", "error"),
    "default_for_mixture": Edit("def mstep(X, post, mixture, min_variance=.25):",
                                "def mstep(X, post, min_variance=.25, mixture=None):", _M, "", "error"),
    "three_arguments": Edit("def estep(X, mixture):", "def estep(X, mixture, K):", _E, "", "error"),
    "removed_name": Edit("np.zeros((n, K))", "np.zeros((n, K), dtype=np.float)", _E,
                         "np.float was removed from NumPy. Write float", "error"),
    "no_function": Edit("def fill_matrix", "def fill", _F, "", "error"),
}

BROADCAST = '''\
import numpy as np
from common import GaussianMixture


def _logsumexp(a):
    m = np.max(a, axis=1, keepdims=True)
    return m[:, 0] + np.log(np.sum(np.exp(a - m), axis=1))


def estep(X, mixture):
    mask = X != 0
    diff = (X[:, None, :] - mixture.mu[None]) * mask[:, None, :]
    count = mask.sum(1)
    f = np.log(mixture.p[None] + 1e-16) - count[:, None] / 2 * np.log(2 * np.pi * mixture.var)[None]
    f = f - (diff ** 2).sum(2) / (2 * mixture.var[None])
    total = _logsumexp(f)
    return np.exp(f - total[:, None]), np.sum(total)


def mstep(X, post, mixture, min_variance=.25):
    mask = (X != 0)
    weight = post[:, :, None] * mask[:, None, :]
    support = weight.sum(0)
    with np.errstate(divide="ignore", invalid="ignore"):
        mu = np.where(support >= 1, (weight * X[:, None, :]).sum(0) / support, mixture.mu)
    sse = (weight * (X[:, None, :] - mu[None]) ** 2).sum((0, 2))
    var = np.maximum(sse / weight.sum((0, 2)), min_variance)
    return GaussianMixture(mu=mu, var=var, p=post.sum(0) / X.shape[0])


def run(X, mixture, post):
    prev, cur = None, None
    while prev is None or cur - prev > 1e-6 * np.abs(cur):
        prev = cur
        post, cur = estep(X, mixture)
        mixture = mstep(X, post, mixture)
    return mixture, post, cur


def fill_matrix(X, mixture):
    post, _ = estep(X, mixture)
    out = X.copy()
    out[X == 0] = (post @ mixture.mu)[X == 0]
    return out
'''

# Matrix products in a class, whose methods call one another: ours cannot stand in for them.
PRODUCTS = '''\
import numpy as np, common


class Model:
    def __init__(self, X):
        self.X, self.D = X, np.where(X > 0, 1.0, 0.0)

    def expect(self, mixture):
        mu, var, p = mixture.mu, mixture.var, mixture.p
        sq = (self.X ** 2) @ np.ones((self.X.shape[1], 1)) - 2 * self.X @ mu.T + self.D @ (mu ** 2).T
        with np.errstate(divide="ignore"):
            f = np.log(p) - sq / (2 * var) - .5 * self.D.sum(1)[:, np.newaxis] * np.log(2 * np.pi * var)
        L = np.logaddexp.reduce(f, axis=1)
        return np.exp(f.T - L).T, L.sum()

    def maximise(self, post, mixture, floor):
        S, T = post.T @ self.D, post.T @ self.X
        mu = np.array(mixture.mu)
        mu[S >= 1] = T[S >= 1] / S[S >= 1]
        sse = post.T @ (self.X ** 2).sum(1) - 2 * (mu * T).sum(1) + (mu ** 2 * S).sum(1)
        return common.GaussianMixture(mu, np.clip(sse / S.sum(1), floor, None), post.mean(0))


def estep(X, mixture):
    return Model(X).expect(mixture)


def mstep(X, post, mixture, min_variance=.25):
    return Model(X).maximise(post, mixture, min_variance)


def run(X, mixture, post):
    model, old = Model(X), -np.inf
    for _ in range(10 ** 6):
        post, new = model.expect(mixture)
        mixture = model.maximise(post, mixture, .25)
        if not new - old > 1e-6 * abs(new):
            return mixture, post, new
        old = new


def fill_matrix(X, mixture):
    return np.where(X > 0, X, Model(X).expect(mixture)[0] @ mixture.mu)
'''

# As LOOP, with everything that may be printed, drawn or run on import, and its own mixture.
NOISY = LOOP.replace("from common import GaussianMixture", '''\
import sys
import warnings
from collections import namedtuple
import matplotlib.pyplot as plt
GaussianMixture = namedtuple("GaussianMixture", ["mu", "var", "p"])
print("loading", "\\u2713" * 1000)
plt.plot([1, 2]); plt.show()
warnings.warn("noise")
sys.argv[1:] and sys.exit("arguments that were not for this module")
np.log(np.zeros(3))''').replace("    n, d = X.shape\n", "    n, d = X.shape\n    print(X, file=sys.stderr)\n")

# A mixture that is no tuple.
DATACLASS = LOOP.replace("from common import GaussianMixture", '''\
from dataclasses import dataclass


@dataclass
class GaussianMixture:
    mu: np.ndarray
    var: np.ndarray
    p: np.ndarray''')

# Other names of parameters, by which the loop calls the steps.
KEYWORDS = LOOP.replace("mixture", "mix").replace("mstep(X, post, mix)",
                                                  "mstep(X, min_variance=.25, mix=mix, post=post)") \
    .replace("estep(X, mix)\n", "estep(mix=mix, X=X)\n")

NAIVE = '''\
import numpy as np
from common import GaussianMixture


def estep(X, mixture):
    n, d = X.shape
    density = np.zeros((n, len(mixture.p)))
    for u in range(n):
        for j in range(len(mixture.p)):
            norm = (2 * np.pi * mixture.var[j]) ** (-d / 2)
            density[u, j] = mixture.p[j] * norm * np.exp(-((X[u] - mixture.mu[j]) ** 2).sum() / (2 * mixture.var[j]))
    total = density.sum(axis=1)
    return density / total[:, None], np.log(total).sum()


def mstep(X, post):
    n, d = X.shape
    count = post.sum(axis=0)
    mu = post.T @ X / count[:, None]
    var = np.array([post[:, j] @ ((X - mu[j]) ** 2).sum(axis=1) / (d * count[j]) for j in range(len(count))])
    return GaussianMixture(mu, var, count / n)


def run(X, mixture, post):
    old = None
    while True:
        post, new = estep(X, mixture)
        mixture = mstep(X, post)
        if old is not None and new - old <= 1e-6 * abs(new):
            return mixture, post, new
        old = new
'''

KMEANS = '''\
import numpy as np
from common import GaussianMixture


def estep(X, mixture):
    post = np.zeros((len(X), len(mixture.mu)))
    for u in range(len(X)):
        post[u, ((mixture.mu - X[u]) ** 2).sum(axis=1).argmin()] = 1
    return post


def mstep(X, post):
    n, d = X.shape
    count = post.sum(axis=0)
    mu = np.zeros((len(count), d))
    var = np.zeros(len(count))
    cost = 0
    for j in range(len(count)):
        mu[j] = post[:, j] @ X / count[j]
        sse = ((mu[j] - X) ** 2).sum(axis=1) @ post[:, j]
        cost += sse
        var[j] = sse / (d * count[j])
    return GaussianMixture(mu, var, count / n), cost


def run(X, mixture, post):
    old = None
    while True:
        post = estep(X, mixture)
        mixture, cost = mstep(X, post)
        if old is not None and old - cost <= 1e-4:
            return mixture, post, cost
        old = cost
'''

COMMON = '''\
from typing import NamedTuple
import numpy as np


class GaussianMixture(NamedTuple):
    mu: np.ndarray
    var: np.ndarray
    p: np.ndarray


def rmse(X, Y):
    return np.sqrt(np.mean((X - Y) ** 2))


def bic(X, mixture, log_likelihood):
    n, d = X.shape
    K = len(mixture.p)
    return log_likelihood - 0.5 * (K * d + K + (K - 1)) * np.log(n)
'''

# Edits of the other modules: file -> name -> Edit.
OTHER_EDITS = {
    "naive_em": {
        "variance_without_d": Edit("/ (d * count[j])", "/ count[j]", "naive_em.mstep: toy data", "variance without d"),
        "no_half": Edit("/ (2 * mixture.var[j]))", "/ mixture.var[j])", "naive_em.estep: toy data",
                        "factor 1/2 missing in the exponent"),
        "no_p": Edit("mixture.p[j] * norm", "norm", "naive_em.estep: toy data", "log p missing"),
        "2_pi_outside": Edit("** (-d / 2)", "** (-1 / 2)", "naive_em.estep: toy data", "2 pi outside the power"),
        "loose": Edit("1e-6 * abs(new)", "1e-3 * abs(new)", "naive_em.run: toy log-likelihood",
                      "stopping rule too loose"),
        "missing_mstep": Edit("        mixture = mstep(X, post)\n        if old is not None and new - old <= 1e-6 *"
                              " abs(new):\n            return mixture, post, new\n",
                              "        if old is not None and new - old <= 1e-6 * abs(new):\n            return"
                              " mixture, post, new\n        mixture = mstep(X, post)\n",
                              "naive_em.run: mixture and post", "last M-step missing"),
    },
    "kmeans": {
        "cost_over_d": Edit("cost += sse", "cost += sse / d", "kmeans.mstep: toy data", "cost divided by d"),
        "variance_without_d": Edit("/ (d * count[j])", "/ count[j]", "kmeans.mstep: toy data", "variance without d"),
        "furthest": Edit("argmin", "argmax", "kmeans.estep: toy data", "furthest mean"),
        "one_step": Edit("old is not None and old - cost <= 1e-4", "True", "kmeans.run: toy cost",
                         "stops after one step"),
        "other_post": Edit("return mixture, post, cost", "return mixture, 1 - post, cost",
                           "kmeans.run: mixture and post", "wrong post."),
    },
    "common": {
        "K_weights": Edit("(K * d + K + (K - 1))", "(K * d + K + K)", "common.bic: toy BIC",
                          "K weights counted as free"),
        "no_half": Edit("0.5 * (K", "(K", "common.bic: toy BIC", "factor 1/2 missing"),
        "textbook": Edit("log_likelihood - 0.5 * (K", "-2 * log_likelihood + (K", "common.bic: toy BIC",
                         "the textbook's BIC"),
        "added": Edit("log_likelihood - 0.5", "log_likelihood + 0.5", "common.bic: toy BIC", "penalty added"),
        "no_root": Edit("np.sqrt(np.mean((X - Y) ** 2))", "np.mean((X - Y) ** 2)",
                        "common.rmse: rmse of the test case", "root missing"),
        "unwritten": Edit("    n, d = X.shape\n", "    raise NotImplementedError\n", "common.bic: toy BIC", "",
                          "error"),
    },
}
SOURCES = {"em": LOOP, "naive_em": NAIVE, "kmeans": KMEANS, "common": COMMON}
