"""Right solutions in strange styles: {name: {file: text}}. None may be called wrong."""

from tests.checker.solutions import BROADCAST, COMMON, DATACLASS, KEYWORDS, KMEANS, LOOP, NAIVE, NOISY, PRODUCTS, edited

EINSUM = '''\
import numpy as np
import common as c

L = lambda a: (m := a.max(-1, keepdims=True)) + np.log(np.exp(a - m).sum(-1, keepdims=True))
E = lambda X, g: np.log(g.p + 1e-16) - .5 * np.einsum("ui,j->uj", X != 0, np.log(2 * np.pi * g.var)) - .5 * np.einsum(
    "uji,j->uj", (X != 0)[:, None] * (X[:, None] - g.mu) ** 2, 1 / g.var)
estep = lambda X, mixture: (np.exp((f := E(X, mixture)) - L(f)), L(f).sum())


def mstep(X, post, mixture, min_variance=.25):
    m = (X != 0) * 1.
    s = np.einsum("uj,ui->ji", post, m)
    mu = np.where(s < 1, mixture.mu, np.einsum("uj,ui->ji", post, X) / np.where(s < 1, 1, s))
    sse = np.einsum("uj,ui,uji->j", post, m, (X[:, None] - mu) ** 2)
    return c.GaussianMixture(mu, np.fmax(sse / s.sum(1), min_variance), post.mean(0))


def run(X, mixture, post, previous=float("-inf")):
    """Calls itself."""
    post, ll = estep(X, mixture)
    mixture = mstep(X, post, mixture)
    return (mixture, post, ll) if ll - previous <= 1e-6 * abs(ll) else run(X, mixture, post, ll)


def fill_matrix(X, mixture):
    return X + (X == 0) * (estep(X, mixture)[0] @ mixture.mu)
'''

NAN = '''\
import math
import numpy as np
import numpy.ma as ma
from common import *


class Estep:
    """A step that is an object."""

    def __call__(self, X, mixture):
        Y = np.where(X == 0, np.nan, X)
        terms = np.stack([-((Y - mu) ** 2) / (2 * var) - .5 * math.log(2 * math.pi * var)
                          for mu, var in zip(mixture.mu, mixture.var)])
        with np.errstate(divide="ignore"):
            f = np.nansum(terms, axis=2).T + np.log(mixture.p)
        total = np.logaddexp.reduce(f, axis=1, keepdims=True)
        return np.exp(f - total), np.longdouble(total.sum())


estep = Estep()


def mstep(X, post, mixture, min_variance=.25):
    Y = ma.masked_equal(X, 0)
    weights = ~ma.getmaskarray(Y)
    support = post.T @ weights
    mu = ma.masked_where(support < 1, post.T @ Y.filled(0) / support).filled(0) + np.where(support < 1, mixture.mu, 0)
    sse = [(post[:, [j]] * weights * (X - mu[j]) ** 2).sum() for j in range(len(mu))]
    var = [max(total / count, min_variance) for total, count in zip(sse, support.sum(axis=1))]
    return GaussianMixture(mu, var, tuple(post.sum(axis=0) / len(X)))


def iterations(X, mixture):
    while True:
        post, ll = estep(X, mixture)
        mixture = mstep(X, post, mixture)
        yield mixture, post, ll


def run(X, mixture, post):
    last = None
    for state in iterations(X, mixture):
        if last is not None and not state[2] - last > 1e-6 * abs(state[2]):
            return list(state)
        last = state[2]


def fill_matrix(X, mixture):
    filled = ma.masked_equal(X, 0)
    filled[filled.mask] = (estep(X, mixture)[0] @ mixture.mu)[filled.mask]
    return filled
'''

DECORATED = edited(
    ("def estep(", "@timed\ndef estep("), ("def mstep(", "@timed\ndef mstep("),
    ("def run(", "@timed\ndef run("),
    ("def _logsumexp", '''def timed(function):
    import time

    def wrapper(*args, **kwargs):
        start = time.time()
        result = function(*args, **kwargs)
        print(f"{function.__name__}: {time.time() - start:.3f} s")
        return result
    return wrapper


def _logsumexp'''), text=BROADCAST)

SPARSE = edited(
    ("import numpy as np, common", "import numpy as np, common\nfrom scipy.sparse import csr_matrix"),
    ("self.X, self.D = X, np.where(X > 0, 1.0, 0.0)",
     "self.X, self.D = csr_matrix(X), csr_matrix((X > 0).astype(float))"),
    ("(self.X ** 2) @ np.ones((self.X.shape[1], 1))", "np.asarray(self.X.multiply(self.X).sum(axis=1))"),
    ("self.D.sum(1)[:, np.newaxis]", "np.asarray(self.D.sum(axis=1))"),
    ("post.T @ self.D, post.T @ self.X", "(self.D.T @ post).T, (self.X.T @ post).T"),
    ("(self.X ** 2).sum(1)", "np.asarray(self.X.multiply(self.X).sum(axis=1)).ravel()"), text=PRODUCTS)

STATS = edited(("import numpy as np\n", "import numpy as np\nfrom scipy.stats import norm\nfrom scipy.special"
               " import logsumexp as lse\n"),
               ("            f[j] -= size / 2 * np.log(2 * np.pi * mixture.var[j])\n            f[j] -= (diff **"
                " 2).sum() / (2 * mixture.var[j])\n",
                "            f[j] += norm.logpdf(diff, scale=np.sqrt(mixture.var[j])).sum()\n"),
               ("total = logsumexp(f)", "total = lse(f)"))

TYPED = edited(
    ("import numpy as np\n", "from __future__ import annotations\nfrom typing import Tuple\nimport numpy as np\n"),
    ("def estep(X, mixture):",
     "def estep(X: np.ndarray, mixture: GaussianMixture, *, verbose: bool = False) -> Tuple[np.ndarray, float]:"),
    ("def run(X, mixture, post):", "def run(X: np.ndarray, mixture: GaussianMixture, post: np.ndarray, /, max_iter:"
     " int = 10_000, tol: float = 1e-6):"), text=BROADCAST)

_LISTS = edited(("return post, ll\n", "return post.tolist(), [ll]\n"),
                ("    n, d = X.shape\n    K = post.shape[1]\n",
                 "    n, d = X.shape\n    post = np.array(post)\n    K = post.shape[1]\n"),
                ("abs(ll):", "abs(ll[0]):"), ("ll - old <=", "ll[0] - old[0] <="),
                ("    post, ll = estep(X, mixture)\n    X_pred",
                 "    post, ll = estep(X, mixture)\n    post = np.array(post)\n    X_pred"))

_MEMORY = edited(("def estep", "_SEEN = {}\n\n\ndef rated(X):\n    key = X.tobytes(), X.shape\n    if key not"
                  " in _SEEN:\n        _SEEN[key] = X != 0\n    return _SEEN[key]\n\n\ndef estep"),
                 ("C = X[u] != 0\n        f", "C = rated(X)[u]\n        f"))

_ROUNDABOUT = edited(("    old = None\n    while True:\n", "    lls = []\n    for iteration in range(10 ** 5):\n"),
                     ("        if old is not None and ll - old <= 1e-6 * abs(ll):\n            break\n        old ="
                      " ll\n",
                      "        lls.append(ll)\n        if len(lls) > 1 and (lls[-1] - lls[-2]) / abs(lls[-1]) <="
                      " 1e-6:\n            break\n    else:\n        raise RuntimeError('no end')\n"))

_NORMAL = edited(
    ("import numpy as np\n", "import numpy as np\nfrom scipy.stats import multivariate_normal\n"),
    ("            f[j] -= size / 2 * np.log(2 * np.pi * mixture.var[j])\n            f[j] -= (diff ** 2).sum() / (2 *"
     " mixture.var[j])\n",
     "            if size:\n                f[j] += multivariate_normal.logpdf(X[u, C], mixture.mu[j, C],"
     " mixture.var[j])\n"))

_LONG = edited(("f = np.zeros(K)", "f = np.zeros(K, dtype=np.longdouble)"), ("    ll = 0\n", "    ll ="
                                                                             " np.longdouble(0)\n"))

_THREADS = edited(("import numpy as np, common", "import numpy as np, common\nfrom concurrent.futures import"
                   " ThreadPoolExecutor"),
                  ("    return Model(X).expect(mixture)\n\n\ndef mstep", "    with ThreadPoolExecutor(2) as pool:\n   "
                   "     parts = list(pool.map(lambda rows: Model(rows).expect(mixture), np.array_split(X, 3)))\n   "
                   " return np.concatenate([post for post, _ in parts]), sum(ll for _, ll in parts)\n\n\ndef mstep"),
                  text=PRODUCTS)

_ALONG = edited(("    total = _logsumexp(f)\n", "    total = np.apply_along_axis(lambda row: _logsumexp(row[None])[0],"
                 " 1, f)\n"), text=BROADCAST)

_MATRICES_INSIDE = edited(("post.T @ self.D, post.T @ self.X", "(np.asarray(np.asmatrix(post).T * self.D),"
                           " np.asarray(np.asmatrix(post).T * self.X))"), text=PRODUCTS)

_SORTED = edited(("    for j in range(K):\n        for i in range(d):\n", "    for j in reversed(range(K)):\n       "
                  " for i in np.random.permutation(d):\n"), ("for u in range(n):\n            C", "for u in"
                                                    " np.argsort(X.sum(1)):\n            C"))

_GLOBALS = edited(("def estep(X, mixture):\n", "def estep(X, mixture):\n    global n, d, K, post, ll\n"))

_WALRUS = edited((LOOP[LOOP.index("    old = None\n"):LOOP.index("def fill_matrix")],
                  "    old = float('nan')\n    while not (ll := (step := estep(X, mixture))[1]) - old <= 1e-6 *"
                  " abs(ll):\n        mixture, old = mstep(X, step[0], mixture), ll\n    return mstep(X, step[0],"
                  " mixture), *step\n\n\n"))

_GUARDED = LOOP + '''

if __name__ == "__main__":
    import sys
    X = np.loadtxt(sys.argv[1])
    sys.exit(print(run(X, None, None)))
'''

RIGHT = {
    "loop": {"em": LOOP}, "broadcast": {"em": BROADCAST}, "products in a class": {"em": PRODUCTS},
    "noisy": {"em": NOISY},
    "keywords": {"em": KEYWORDS}, "dataclass": {"em": DATACLASS}, "einsum and lambdas": {"em": EINSUM},
    "NaN and masks": {"em": NAN},
    "decorated": {"em": DECORATED}, "sparse": {"em": SPARSE}, "scipy.stats": {"em": STATS}, "typed": {"em": TYPED},
    "lists": {"em": _LISTS},
    "memory of its own": {"em": _MEMORY}, "ratio in the rule": {"em": _ROUNDABOUT},
    "main in the module": {"em": _GUARDED},
    "multivariate_normal": {"em": _NORMAL}, "long double": {"em": _LONG}, "threads": {"em": _THREADS},
    "along an axis": {"em": _ALONG}, "matrices inside": {"em": _MATRICES_INSIDE}, "any order": {"em": _SORTED},
    "globals": {"em": _GLOBALS}, "walrus": {"em": _WALRUS},
    "log-likelihood of shape (1,)": {"em": edited(("    ll = 0\n", "    ll = np.zeros(1)\n"))},
    "log-likelihood of shape (1, 1)": {"em": edited(("    ll = 0\n", "    ll = np.zeros((1, 1))\n"))},
    "overwrites mu": {"em": edited(("mu = mixture.mu.copy()", "mu = mixture.mu"))},
    "overwrites X": {"em": edited(("X_pred = X.copy()", "X_pred = X"))},
    "package": {"em": LOOP.replace("from common", "from src.common"), "common": COMMON,
                "naive_em": NAIVE.replace("from common", "import src.em\nfrom src.common"),
                "kmeans": KMEANS.replace("from common", "from src.common")},
    "package without common.py": {"em": LOOP.replace("from common", "from .common"),
                                  "kmeans": KMEANS.replace("from common", "from src.common")},
    "relative imports": {"em": LOOP.replace("from common", "from .common"), "common": COMMON,
                         "kmeans": KMEANS.replace("from common", "from .common")},
    "helper in a folder": {"em": LOOP.replace("import numpy as np",
                                              "import numpy as np\nfrom tools.sums import number",
                                              1).replace("C.sum()", "number(C)"),
                           "tools/sums": "def number(mask):\n    return mask.sum()\n"},
    "helper one level up": {"em": LOOP.replace("import numpy as np", "import numpy as np\nfrom sums import number",
                                               1).replace("C.sum()", "number(C)"),
                            "../sums": "import deeper\n\n\ndef number(mask):\n    return deeper.number(mask)\n",
                            "../deeper": "def number(mask):\n    return mask.sum()\n"},
}
REMARKED = {"lists", "log-likelihood of shape (1,)", "log-likelihood of shape (1, 1)", "overwrites mu", "overwrites X"}
