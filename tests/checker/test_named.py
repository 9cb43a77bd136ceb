"""Wrong solutions of which each stands for a kind: where the checker sees it, and what it says."""

import pytest

from checker.check import check
from checker.distinct import Mistakes
from tests.checker.in_process import InProcess, first_wrong, results_of
from tests.checker.solutions import BROADCAST, COMMON, KMEANS, LOOP, NAIVE, SOURCES, edited

_STEPS = "        post, ll = estep(X, mixture)\n        mixture = mstep(X, post, mixture)\n"
_START = ("    while True:\n" + _STEPS, "    new = mixture\n    while True:\n        post, ll = estep(X, new)\n"
          "        new = mstep(X, post, %s)\n"), ("    return mixture, post, ll", "    return new, post, ll")
_DUMMY = "GaussianMixture(0 * mixture.mu, 0 * mixture.var, mixture.p)"
_RAW = """    mu, var = mixture.mu, mixture.var
    dens = np.array([[mixture.p[j] * np.prod(np.exp(-(x[x > 0] - mu[j, x > 0]) ** 2 / 2 / var[j])
                      / np.sqrt(2 * np.pi * var[j])) for j in range(len(mu))] for x in X])
    post = dens / dens.sum(axis=1)[:, None]
    X_pred"""
_NORM = "            f[j] -= size / 2 * np.log(2 * np.pi * mixture.var[j])\n"
_SQUARES = "(diff ** 2).sum()"
_MSTEP = LOOP[LOOP.index("def mstep"):LOOP.index("def run")]
_NAIVE_MSTEP = NAIVE[NAIVE.index("def mstep"):NAIVE.index("def run")]
_RULE = "if old is not None and new - old <= 1e-6 * abs(new):\n            return mixture, post, "


def em(*edits):
    return edited(*edits)


# What passed before: the solution, the first stage that is wrong, and what is said of it.
SAID = {
    "start mixture in mstep": (em((_START[0][0], _START[0][1] % "mixture"), _START[1]), "em.run: other starts",
                               "another mixture in mstep. run gives estep and mstep different mixtures"),
    "dummy mixture in mstep": (em((_START[0][0], _START[0][1] % _DUMMY), _START[1]), "em.run: other starts",
                               "another mixture in mstep."),
    "no mixture in mstep": (em(("mstep(X, post, mixture)\n        if", "mstep(X, post)\n        if")),
                            "em.run: slow convergence", "another mixture in mstep."),
    "log of density and 1e-16": (em(("total = logsumexp(f)", "total = np.log(np.exp(f).sum() + 1e-16)")),
                                 "em.estep: 1 to 350 ratings",
                                 "an epsilon inside the logarithm. 1e-16 is added to the density"),
    "log of density and exp(-16)": (em(("total = logsumexp(f)", "total = np.log(np.exp(f).sum() + np.exp(-16))")),
                                    "em.estep: test case",
                                    "an epsilon inside the logarithm. exp(-16) is added to the density"),
    "4 K - 1 parameters": ({**SOURCES, "common": edited(("K * d + K + (K - 1)", "4 * K - 1"), text=COMMON)},
                           "common.bic: other sizes", "d = 2 in the number of parameters."),
    "K weights, told from variances": ({**SOURCES, "common": edited(("(K - 1)", "K"), text=COMMON)},
                                       "common.bic: toy BIC", "K weights counted as free. All K weights are counted,"
                                       " but they sum to 1, so only K - 1 are free: K d + K + (K - 1) parameters."),
    "a post of e for K = 1": (em(("    return post, ll\n", "    return post if K > 1 else np.exp(post), ll\n")),
                              "em.estep: other sizes", "estep is right on other input, but not on this one: n = 9, d ="
                              " 1, K = 1."),
    "naive EM with 1e-16": ({**SOURCES, "naive_em": edited(("np.log(total)", "np.log(total + 1e-16)"), text=NAIVE)},
                            "naive_em.estep: other sizes", "an epsilon inside the logarithm."),
    "variance capped": (em(("max(sse / weight, min_variance)",
                            "min(max(sse / weight, min_variance), mixture.var[j] + .3)")),
                        "em.mstep: unequal soft counts",
                        "a bound on the variance. It never exceeds the old one by more than 0.3."),
    "another floor": (em(("max(sse / weight, min_variance)", "max(sse / weight, 1.5)")), "em.mstep: test case",
                      "a bound on the variance. It never falls below 1.5."),
    "raw products in fill_matrix": (em(("    post, ll = estep(X, mixture)\n    X_pred", _RAW)),
                                    "em.fill_matrix: hundreds of ratings", "underflow."),
    "raw products in estep": (em(("total = logsumexp(f)", "total = np.log(np.exp(f).sum())")),
                              "em.estep: hundreds of ratings", "underflow."),
    "least for largest in logsumexp": (edited(("m = np.max(a", "m = np.min(a"), text=BROADCAST),
                                       "em.estep: hundreds of ratings", "estep is right on ordinary input, but not on"
                                       " this one: users have hundreds of ratings"),
    # Two causes at once, and half truths
    "old log-likelihood, and no last mstep": ({**SOURCES, "naive_em": edited(
        ("        mixture = mstep(X, post)\n        " + _RULE + "new\n        old = new\n",
         "        " + _RULE + "old\n        mixture = mstep(X, post)\n        old = new\n"), text=NAIVE)},
        "naive_em.run: toy log-likelihood", "last M-step missing. The mixture is one M-step too old. Leave the loop"
        " after the M-step, not between the two steps. And: log-likelihood of the iteration before."),
    "0 where nobody rated": (em(("            if support >= 1:\n", "            if support == 0:\n               "
                                 " mu[j, i] = 0\n            if support >= 1:\n")), "em.mstep: rare movies",
                             "0 where no soft count supports a mean."),
    "post handed back": (em(("    old = None\n", "    old, given = None, post\n"), ("return mixture, post, ll",
                                                                                    "return mixture, given, ll")),
                         "em.run: slow convergence", "post handed back. run returns the very post that it was given."),
    "identity in a number": (em(("var[j] = max(sse / weight, min_variance)",
                                 "var[j] = max(sse / weight, min_variance) * np.identity(d)")), "em.mstep: test case",
                             "The code puts an array of shape (5, 5) where one number belongs."),
    "array of one in a number": (em(("var[j] = max(sse / weight, min_variance)", "var[j] = [sse / weight]")),
                                 "em.mstep: test case",
                                 "The code puts an array of shape (1,) where one number belongs. Older versions"),
    # Common, and unnamed before
    "hard-coded n": ({**SOURCES, "naive_em": edited(("density.sum(axis=1)", "density.reshape(250, -1).sum(axis=1)"),
                                                    text=NAIVE)}, "naive_em.estep: unequal weights",
                     "250 in the code. estep is right for data of 250 rows, but not of 14."),
    "hard-coded n of a result": ({**SOURCES, "kmeans": edited(("np.zeros((len(X), len", "np.zeros((250, len"),
                                                              text=KMEANS)}, "kmeans.estep: other sizes",
                                 "250 in the code. estep is right for data of 250 rows, but not of 9."),
    "hard-coded d": ({**SOURCES, "kmeans": edited(("/ (d * count[j])", "/ (2 * count[j])"), text=KMEANS)},
                     "kmeans.mstep: three coordinates", "2 in the code. mstep is right for data of 2 columns, but not"
                     " of 3."),
    "max in the distance": (em((_SQUARES, "(diff ** 2).max(initial=0)")), "em.estep: test case",
                            "the largest squared difference for their sum."),
    "max in K-means": ({**SOURCES, "kmeans": edited((".sum(axis=1).argmin()", ".max(axis=1).argmin()"), text=KMEANS)},
                       "kmeans.estep: toy data", "the largest squared difference for their sum."),
    "absolute differences": (em((_SQUARES, "abs(diff).sum()")), "em.estep: test case", "absolute differences."),
    "root of the distance": (em((_SQUARES, "np.linalg.norm(diff)")), "em.estep: test case",
                             "root of the squared distance."),
    "d / 2 without brackets": (em((_NORM, "            f[j] -= np.log((2 * np.pi * mixture.var[j]) ** size / 2)\n")),
                               "em.estep: test case", "d / 2 not in brackets."),
    "2 pi outside": (em((_NORM, "            f[j] -= np.log(2 * np.pi * mixture.var[j] ** (size / 2))\n")),
                     "em.estep: test case", "2 pi not raised to the power."),
    "var on the wrong side": (em(("/ (2 * mixture.var[j])\n", "/ 2 * mixture.var[j]\n")), "em.estep: test case",
                              "multiplied with the variance in the exponent."),
    "log of normalised posteriors": (em(("ll += total", "ll += np.log(post[u].sum())")), "em.estep: test case",
                                     "log-likelihood of the normalised posterior."),
    "np.matrix": (em(("GaussianMixture(mu, var", "GaussianMixture(np.asmatrix(mu), var")), "em.run: test case",
                  "mixture.mu and diff are np.matrix: * and ** are products of matrices there. Use np.array."),
    "naive mstep of two arguments": (LOOP.replace(_MSTEP, _NAIVE_MSTEP), "em.mstep: test case",
                                     "no mixture. mstep takes X and post only. This is the M-step of naive EM."),
    "naive mstep": (LOOP.replace(_MSTEP, _NAIVE_MSTEP.replace("(X, post)", "(X, post, mixture)")),
                    "em.mstep: test case", "the M-step of naive EM."),
    "List": (em(("def mstep(X, post,", "def mstep(X, post: List,")), "em: import",
             "List is not defined. Write: from typing import List."),
    "xrange": (em(("for u in range(n):\n        C", "for u in xrange(n):\n        C")), "em.estep: test case",
               "xrange is not defined. Write: range, as in Python 3."),
    # What a step gets
    "start mixture in estep": (em(("mixture = mstep(X, post, mixture)\n", "new = mstep(X, post, mixture)\n"),
                                  ("return mixture, post, ll", "return new, post, ll")), "em.run: slow convergence",
                               "another mixture in estep."),
    "given post in mstep": (em(("        post, ll = estep(X, mixture)\n        m",
                                "        new, ll = estep(X, mixture)\n        m")),
                            "em.run: slow convergence", "another post in mstep. run gives mstep another post than estep"
                            " has just returned; with that one, run is right. Write post, ll = estep(X, mixture), and"
                            " call mstep with this post. And: post handed back."),
    "given post in mstep, new one returned": (em(
        ("        post, ll = estep(X, mixture)\n        m", "        new, ll = estep(X, mixture)\n        m"),
        ("return mixture, post, ll", "return mixture, new, ll")), "em.run: slow convergence", "another post in mstep."),
    # Wrong sums
    "root of the floor": (em(("max(sse / weight, min_variance)", "max(sse / weight, min_variance ** .5)")),
                          "em.mstep: variance floor", "a bound on the variance. It never falls below 0.5."),
    "old variance for the floor": (em(("max(sse / weight, min_variance)",
                                        "sse / weight\n        if var[j] < .25:\n            var[j] = mixture.var[j]")),
                                   "em.mstep: variance floor",
                                   "the old variance in place of the floor."),
    "one variance": (em(("max(sse / weight, min_variance)", "sse / weight"), (
        "    return GaussianMixture(mu, var, p)", "    counts = post.T @ (X != 0).sum(axis=1)\n    var[:] = max("
        "var @ counts / counts.sum(), min_variance)\n    return GaussianMixture(mu, var, p)")),
                     "em.mstep: test case", "one variance for all components."),
    "sums not reset": (em(("    for j in range(K):\n        for i",
                           "    sse, weight = 0, 0\n    for j in range(K):\n        for i"),
                          ("        sse, weight = 0, 0\n        for", "        for")), "em.mstep: test case",
                       "sums not reset between the components."),
    "cost for squares": ({**SOURCES, "kmeans": edited(("var[j] = sse /", "var[j] = cost /"), text=KMEANS)},
                         "kmeans.mstep: toy data", "sums not reset between the components."),
    "points for counts": ({**SOURCES, "kmeans": edited(("@ X / count[j]", "@ X / n"), text=KMEANS)},
                          "kmeans.mstep: toy data", "means divided by n."),
    "root of each cost": ({**SOURCES, "kmeans": edited(("cost += sse", "cost += sse ** .5"), text=KMEANS)},
                          "kmeans.mstep: toy data", "root of each component's cost."),
    "rows for entries": ({**SOURCES, "common": edited(("np.mean((X - Y) ** 2)", "np.sum((X - Y) ** 2) / len(X)"),
                                                      text=COMMON)}, "common.rmse: rmse of the test case",
                         "sum over the number of rows."),
    "all ratings": (em(("weight += post[u, j] * C.sum()", "weight += C.sum()")), "em.mstep: test case",
                    "variance over all ratings."),
    "means of means": (em((" ** 2).sum()\n            weight += post[u, j] * C.sum()",
                           " ** 2).sum() / max(C.sum(), 1)\n            weight += post[u, j]")), "em.mstep: test case",
                       "mean over the users of their mean squares."),
    "whole means": (em(("mu = mixture.mu.copy()", "mu = mixture.mu.astype(int)")), "em.mstep: test case",
                    "means cut to whole numbers."),
    "epsilon in post alone": (em(("np.exp(f - total)", "np.exp(f) / (np.exp(f).sum() + 1e-16)")),
                              "em.estep: 1 to 350 ratings", "an epsilon inside the logarithm."),
    "over the users": (edited(("_logsumexp(f)", "_logsumexp(f.T)"), ("total[:, None]", "total"), text=BROADCAST),
                       "em.estep: test case", "posterior normalised over the users."),
    "nothing returned": (em(("    return X_pred\n", "")), "em.fill_matrix: test case",
                         "other values returned. fill_matrix returns nothing (None) where X_pred"
                         " was expected. Is a return statement missing?"),
    "script": (LOOP + "\n\nmixture, post = init(np.ones((3, 2)), 2)\n", "em: import", "init is not defined. Write: from"
               " common import init. This code is outside of functions, so it runs when the module is imported."),
}


@pytest.mark.parametrize("name", SAID)
def test_what_is_said(name, plan, tmp_path):
    text, stage, said = SAID[name]
    files = {"em": text} if isinstance(text, str) else text
    module, functions = stage.split(".")[0].split(":")[0], stage.partition(":")[0]
    small = [one for one in plan.stages if one.step.module == module
             and (one.step.name == functions or functions in (module, f"{module}.run"))]
    found = first_wrong(results_of(tmp_path, files, plan._replace(stages=small)))
    assert found and (found.name, (found.diagnosis or "")[:len(said)]) == (stage, said), found


MISTAKES = {  # a solution, and all the mistakes that are named
    "whole predictions": (em(("X_pred = X.copy()", "X_pred = X.astype(int)")), ["cut to whole numbers"]),
    # A sum of squares below 0 gives variances of 0.25, as np.minimum would.
    "negative squares": (edited(("mu = np.where(support >= 1, (w", "mu = np.where(support >= 1, 0.9 * (w"),
                                ("sse = (w", "sse = -(w"), text=BROADCAST), ["wrong result, cause not found"]),
    # With at most two ratings for each user this is right, but no 2 stands in the place of d.
    "root of the means": (em((" ** 2).sum()\n            weight += post[u, j] * C.sum()",
                             " ** 2).sum() / max(C.sum(), 1) ** .5\n            weight += post[u, j] * C.sum() ** .5")),
                          ["wrong result, cause not found"]),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_mistakes(name, em_plan, tmp_path):
    text, named = MISTAKES[name]
    step = "em.fill_matrix" if "predictions" in name else "em.mstep"
    few = em_plan._replace(stages=[one for one in em_plan.stages if one.step.name == step])
    assert [one.name for one in Mistakes(results_of(tmp_path, text, few).values())] == named


def test_functions_beside_a_script_are_checked(em_plan, tmp_path):
    text = edited(("max(sse / weight, min_variance)", "sse / weight")) + "\nraise ValueError('no data')\nK = later(3)\n"
    results = results_of(tmp_path, text, em_plan)
    assert results["em: import"].status == "error" and "The functions are checked without it." in results[
        "em: import"].diagnosis
    assert results["em.mstep: variance floor"].diagnosis.startswith("no variance floor.")
    assert results["em.estep: test case"].status == "pass"


@pytest.mark.parametrize("encoding, name", [("cp1252", "Windows-1252"), ("utf-16", "UTF-16")])
def test_another_encoding_is_named(encoding, name, em_plan, tmp_path):
    (tmp_path / "em.py").write_bytes(f'"""L\u00f6sung"""\n{LOOP}'.encode(encoding))
    from checker.solution import open_solution
    found = check(open_solution(tmp_path), em_plan, run_in=InProcess)
    said = next(one for one in found if one.name == "em: import").diagnosis
    assert said == f"em.py is saved as {name}. Save it as UTF-8."


_DENSITY = edited((_NORM + "            f[j] -= (diff ** 2).sum() / (2 * mixture.var[j])\n", "%s"))
MATRICES = {
    "imported in the function": ("            from scipy.stats import multivariate_normal as mvn\n            f[j] +="
                                 " mvn.logpdf(X[u, C], mixture.mu[j, C], mixture.var[j] * np.eye(size))\n",
                                 "multivariate_normal"),
    "frozen": ("            import scipy.stats as st\n            f[j] += st.multivariate_normal(mixture.mu[j, C],"
               " mixture.var[j] * np.eye(size)).logpdf(X[u, C])\n", "multivariate_normal"),
    "pdf": ("            import scipy.stats as st\n            f[j] += np.log(st.multivariate_normal.pdf(X[u, C],"
            " mixture.mu[j, C], mixture.var[j] * np.eye(size)))\n", "multivariate_normal"),
}


@pytest.mark.parametrize("name", MATRICES)
def test_matrices_are_named_where_a_formula_in_their_place_is_right(name, em_plan, tmp_path):
    code, named = MATRICES[name]
    few = em_plan._replace(stages=[one for one in em_plan.stages if one.step.name == "em.estep" and not one.large])
    found = first_wrong(results_of(tmp_path, _DENSITY % code, few))
    assert found.name == "em.estep: user without ratings"
    assert found.diagnosis.startswith(f"a d x d covariance: {named}. With the formula"), found


def test_an_innocent_norm_is_not_named(em_plan, tmp_path):
    """A wrong estep that also calls functions of np.linalg."""
    text = edited((_SQUARES, "np.linalg.norm(diff) ** 2 * 1.001"))
    assert first_wrong(results_of(tmp_path, text, em_plan)).diagnosis is None


def test_a_right_solution_in_whole_arrays_takes_little_time(plan, tmp_path):
    """All calls together have few ratings, so that slow solutions are checked in seconds as well."""
    cells = sum(case.arguments[0].size for stage in plan.stages if stage.step.module == "em" for case in stage.cases)
    assert cells < 20000
    assert not any(one.wrong for one in results_of(tmp_path, BROADCAST, plan).values())
