"""The stages of a check, in their order: what is called with which arguments, and the right result."""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import numpy as np

import common
import data
import em
from checker import formulas, mistakes, probes
from checker.compare import EXACT, FIELDS, flatten
from checker.formulas import LOOPS, Mixture
from data import course

PRINTED = 1e-6  # relative tolerance where the input was printed with 8 decimals
FIGURE = 1e-4  # absolute tolerance of figures that are published with 4 decimals
SMALL = 20.0  # CPU seconds for a stage on small input, and for an import


class Step(NamedTuple):
    """A function of a solution: what it takes and returns, and its usual mistakes."""

    module: str
    function: str
    arguments: tuple
    layout: tuple  # names of the values that it returns
    right: Callable | None  # (*arguments, **pieces); None of a run, whose Loop is in formulas.py
    mistakes: list
    needs: tuple = ()  # functions of the same module that it calls, which ours can replace
    alone: tuple = ()  # more mistakes, which are not combined with others

    @property
    def name(self):
        return f"{self.module}.{self.function}"

    def expect(self, arguments, **pieces):
        """Return {part: array} of the right result, or of a result with exchanged pieces."""
        return flatten(self.right(*arguments, **pieces), self.layout)[0]


class Case(NamedTuple):
    """One call and its right result."""

    arguments: tuple
    expected: dict  # part -> array; only these parts count
    label: str = ""
    iterations: int = 0  # of the right loop, for a run


class Stage(NamedTuple):
    """One line of the report."""

    title: str
    step: Step
    cases: list
    core: bool = False  # ordinary input
    relative: float = EXACT
    absolute: float = 0.0
    only_where: str = ""  # what is special about this input
    if_not_finite: str = ""  # what NaN or infinity means on this input
    end_to_end: bool = False  # always with their own steps
    large: bool = False  # input on which slow code may take very long
    netflix: bool = False

    @property
    def name(self):
        return f"{self.step.name}: {self.title}"


_LAYOUT = ("mixture", "post", "LL")
STEPS = {step.name: step for step in [
    Step("em", "estep", ("X", "mixture"), ("post", "LL"), formulas.estep, mistakes.ESTEP,
         alone=mistakes.SMALL_DENSITIES),
    Step("em", "mstep", ("X", "post", "mixture"), ("mixture",), formulas.mstep, mistakes.MSTEP),
    Step("em", "fill_matrix", ("X", "mixture"), ("X_pred",), formulas.fill, mistakes.FILL, ("estep",),
         mistakes.FILL_DENSITIES),
    Step("em", "run", ("X", "mixture", "post"), _LAYOUT, None, [], ("estep", "mstep")),
    Step("common", "rmse", ("X", "Y"), ("RMSE",), formulas.rmse, mistakes.RMSE),
    Step("common", "bic", ("X", "mixture", "log_likelihood"), ("BIC",), formulas.bic, mistakes.BIC),
    Step("kmeans", "estep", ("X", "mixture"), ("post",), formulas.kmeans_estep, mistakes.KMEANS_ESTEP),
    Step("kmeans", "mstep", ("X", "post"), ("mixture", "cost"), formulas.kmeans_mstep, mistakes.KMEANS_MSTEP),
    Step("kmeans", "run", ("X", "mixture", "post"), ("mixture", "post", "cost"), None, [], ("estep", "mstep")),
    Step("naive_em", "estep", ("X", "mixture"), ("post", "LL"), formulas.naive_estep, mistakes.NAIVE_ESTEP,
         alone=mistakes.SMALL_DENSITIES),
    Step("naive_em", "mstep", ("X", "post"), ("mixture",), formulas.naive_mstep, mistakes.NAIVE_MSTEP),
    Step("naive_em", "run", ("X", "mixture", "post"), _LAYOUT, None, [], ("estep", "mstep")),
]}


def _case(step, arguments, label=""):
    """Return a Case whose expected result is computed."""
    if step.function != "run":
        return Case(arguments, step.expect(arguments), label)
    path = LOOPS[step.module].path(*arguments[:2])
    return Case(arguments, flatten(path[-1], step.layout)[0], label, len(path))


def _probe(title, step, given, **rest):
    """A stage on inputs of our own: one (X, post, mixture), or several of (label, X, post, mixture)."""
    step = STEPS[step]
    several = [("", *given)] if isinstance(given, tuple) else given
    return Stage(title, step, [_case(step, tuple(dict(zip(("X", "post", "mixture"), one, strict=True))[name]
                                                 for name in step.arguments), label)
                               for label, *one in several], **rest)


def _given(title, step, arguments, *expected, **rest):
    """A stage on the test case, with the result that the course gives."""
    step = STEPS[step]
    parts = flatten(expected if len(expected) > 1 else expected[0], step.layout)[0]
    return Stage(title, step, [_case(step, arguments)._replace(expected=parts)], core=True, relative=PRINTED, **rest)


def _mixture(mixture):
    return Mixture(*(np.asarray(part, dtype=float) for part in mixture))


_SILENT = "a user has no ratings"
_MANY = "users have hundreds of ratings, so that their densities are 0 in floating point"


def em_stages(source):
    """Return the stages of em.py on the test case of `source` and on our own probes."""
    X, gold, s = data.test_case(source)
    start, first, final = map(_mixture, (s.mixture, s.mstep_mixture, s.run_mixture))
    post = np.full((len(X), s.K), 1 / s.K)
    # With 300 movies a support comes too near to 1, with twelve components EM takes long.
    sizes = [one for one in probes.sizes() if one[1].shape[1] < 300 and len(one[3].mu) < 12]
    errors = [Case(pair, STEPS["common.rmse"].expect(pair)) for pair in probes.tables()]
    return [
        _given("test case", "em.estep", (X, start), s.estep_post, s.estep_log_likelihood),
        *_estep_probes(),
        _given("test case", "em.mstep", (X, s.estep_post, start), first),
        *_mstep_probes(),
        _given("test case", "em.fill_matrix", (X, final), s.X_pred),
        _probe("unequal weights", "em.fill_matrix", probes.ordinary(), core=True),
        _probe("user without ratings", "em.fill_matrix", probes.ordinary(seed=6, silent=[2]), only_where=_SILENT),
        _probe("other sizes", "em.fill_matrix", probes.sizes()),
        _probe("hundreds of ratings", "em.fill_matrix", probes.many_ratings(), large=True, only_where=_MANY),
        _given("rmse of the test case", "common.rmse", (gold, s.X_pred), s.rmse),
        Stage("other tables", STEPS["common.rmse"], errors, core=True),
        _probe("slow convergence", "em.run", probes.slow()),
        _probe("other starts", "em.run", [*probes.starts(), *probes.starts(24, 5, 12, (0,)), *sizes]),
        _given("test case", "em.run", (X, start, post), final, s.run_post, s.run_log_likelihood, end_to_end=True),
    ]


def _estep_probes():
    few = [(f"users with {number} rating{'s' * (number > 1)}", *probes.many_ratings((number,)))
           for number in (1, 5, 20, 100, 350)]
    X, post, mixture = probes.ordinary(seed=7)
    return [
        _probe("unequal weights", "em.estep", probes.ordinary(), core=True),
        _probe("user without ratings", "em.estep", probes.ordinary(seed=6, silent=[2]), only_where=_SILENT,
               if_not_finite="a user without ratings makes the result NaN or infinite. The posterior of this user is p,"
                             " and the log-likelihood gets 0. Does estep divide by |C_u|?"),
        _probe("weight 0", "em.estep", (X, post, mixture._replace(p=np.array([0.6, 0.4, 0]))),
               only_where="a component has the weight 0",
               if_not_finite="a component of weight 0 makes the result NaN or infinite. The course writes"
                             " log(p + 1e-16), so that p = 0 does no harm."),
        _probe("1 to 350 ratings", "em.estep", few),
        _probe("other sizes", "em.estep", probes.sizes()),
        _probe("hundreds of ratings", "em.estep", [("", *probes.many_ratings()), ("means far apart",
                *probes.many_ratings(apart=3))], large=True, only_where=_MANY),
    ]


def _mstep_probes():
    X, post, mixture = probes.ordinary(seed=12)
    variances = [(f"old variances of {old:g}", X, post, mixture._replace(var=np.full(3, old))) for old in (0.3, 30)]
    return [
        _probe("unequal soft counts", "em.mstep", probes.ordinary(), core=True),
        _probe("rare movies", "em.mstep", probes.rare_movies(),
               only_where="the soft counts of a movie sum to 1 or less"),
        _probe("movie without ratings", "em.mstep", probes.ordinary(seed=10, unrated=[1]),
               only_where="nobody rated a movie",
               if_not_finite="a movie that nobody rated makes the result NaN or infinite. If no soft count supports a"
                             " mean, keep the old mixture.mu[j, i]. Divide only where the support is at least 1."),
        _probe("variance floor", "em.mstep", probes.small_variance(),
               only_where="a variance falls below min_variance = 0.25"),
        _probe("user without ratings", "em.mstep", probes.ordinary(seed=6, silent=[2]), only_where=_SILENT),
        _probe("other variances", "em.mstep", variances),
        _probe("other sizes", "em.mstep", probes.sizes()),
    ]


def toy_stages(source):
    """Return the stages of kmeans.py, naive_em.py and bic on the toy data, K = 1 to 4, each from its best seed."""
    X = data.toy(source)
    cost = {K: min(_starts("kmeans.run", X, K), key=lambda case: case.expected["cost"]) for K in course.KMEANS_COST}
    fit = {K: max(_starts("naive_em.run", X, K), key=lambda case: case.expected["LL"]) for K in course.KMEANS_COST}
    bic = {K: _case(STEPS["common.bic"], (X, Mixture(*(case.expected[name] for name in FIELDS["mixture"])),
                                          float(case.expected["LL"])), case.label) for K, case in fit.items()}
    mixture = _mixture(common.init(X, 3, 0)[0])
    points, sizes, fits = probes.complete(), list(probes.sizes(gaps=False)), list(probes.complete_starts())
    falls = [(f"last fall of the cost {size:g}", *probes.last_fall(size)) for size in (1.5e-4, 6e-5)]
    hard = [(label, X, np.eye(start.mu.shape[0])[np.arange(len(X)) % len(start.mu)], start)
            for label, X, _, start in sizes if len(X) >= 2 * len(start.mu)]
    prices = [Case((X, start, -len(X) / 3), {"BIC": np.asarray(formulas.bic(X, start, -len(X) / 3))}, label)
              for label, X, _, start in sizes]

    def figures(title, step, cases, part, published):
        cases = [case._replace(expected={part: np.asarray(published[K] if source.verified else case.expected[part])})
                 for K, case in cases.items()]
        return Stage(title, STEPS[step], cases, relative=0, absolute=FIGURE, end_to_end=True)

    def whole(step, case):
        return Stage("mixture and post", STEPS[step], [case._replace(label="")], end_to_end=True)

    return [
        _probe("toy data", "kmeans.estep", (X, None, mixture), core=True),
        _probe("toy data", "kmeans.mstep", (X, formulas.kmeans_estep(X, mixture), None), core=True),
        _probe("three coordinates", "kmeans.mstep", (points[0], np.eye(3)[np.arange(len(points[0])) % 3], None),
               core=True),
        _probe("other sizes", "kmeans.estep", sizes),
        _probe("other sizes", "kmeans.mstep", hard),
        figures("toy cost", "kmeans.run", cost, "cost", course.KMEANS_COST),
        whole("kmeans.run", cost[3]),
        _probe("other starts", "kmeans.run", [*fits, *falls]),
        _probe("toy data", "naive_em.estep", (X, None, mixture), core=True),
        _probe("unequal weights", "naive_em.estep", points, core=True),
        _probe("toy data", "naive_em.mstep", (X, formulas.naive_estep(X, mixture)[0], None), core=True),
        _probe("three coordinates", "naive_em.mstep", points, core=True),
        _probe("other sizes", "naive_em.estep", sizes),
        _probe("other sizes", "naive_em.mstep", sizes),
        figures("toy log-likelihood", "naive_em.run", fit, "LL", course.TOY_LOG_LIKELIHOOD),
        whole("naive_em.run", fit[3]),
        _probe("other starts", "naive_em.run", fits),
        figures("toy BIC", "common.bic", bic, "BIC", course.TOY_BIC),
        Stage("other sizes", STEPS["common.bic"], prices, core=True),
    ]


def _starts(step, X, K):
    """Yield the Case of a run from each of the course's seeds."""
    for seed in course.SEEDS:
        mixture, post = common.init(X, K, seed)
        yield _case(STEPS[step], (X, _mixture(mixture), post), f"K = {K}")


class Plan(NamedTuple):
    """What is checked; the same for every solution."""

    stages: list
    netflix: object | None = None  # Netflix, if the stages include its matrix
    timeout: float = 120.0  # CPU seconds for a stage on the Netflix matrix

    def limit(self, stage):
        """Return the CPU seconds that a stage may take. A longer --timeout also gives more to small input."""
        return self.timeout if stage.netflix else max(min(SMALL, self.timeout), self.timeout / 6)


class Netflix(NamedTuple):
    """The stages on the Netflix matrix, and how long our own run took."""

    stages: list
    seconds: float
    iterations: int
    left_out: str = ""  # what is not checked on this matrix, and why


def netflix_stages(source, clock):
    """Return Netflix for the matrix of `source`. `clock` returns seconds, like time.perf_counter."""
    (X, complete), K = data.netflix(source), course.NETFLIX_K
    mixture, post = common.init(X, K, course.NETFLIX_SEED)
    start = clock()
    path = []
    final, _, log_likelihood = em.run(X, mixture, post, callback=lambda value, _: path.append(value))
    seconds = clock() - start
    mixture, final = _mixture(mixture), _mixture(final)
    first, first_log_likelihood = em.estep(X, mixture)
    known = source.verified or source.place == "built-in sample"
    unclear = [] if known else _by_rounding(X, mixture, first, log_likelihood)
    filled = em.fill_matrix(X, final)
    published = course.NETFLIX_LOG_LIKELIHOOD[K] if source.verified else log_likelihood
    error = course.NETFLIX_RMSE[K] if source.verified else formulas.rmse(complete, filled)

    def stage(title, step, arguments, expected, **rest):
        iterations = len(path) if step == "em.run" else 0
        return Stage(title, STEPS[step], [Case(arguments, expected, "", iterations)], netflix=True, large=True,
                     only_where="the matrix is as large as Netflix's", **rest)

    stages = [
        stage("Netflix", "em.estep", (X, mixture), {"post": first, "LL": np.asarray(first_log_likelihood)}),
        stage("Netflix", "em.mstep", (X, first, mixture),
              flatten(_mixture(em.mstep(X, first, mixture)), ("mixture",))[0]),
        stage(f"Netflix, K = {K}", "em.run", (X, mixture, post), {"LL": np.asarray(published)}, relative=0,
              absolute=FIGURE, end_to_end=True),
        stage(f"Netflix, K = {K}", "em.fill_matrix", (X, final), {"X_pred": filled}),
        stage(f"Netflix, K = {K}", "common.rmse", (complete, filled), {"RMSE": np.asarray(error)}),
    ]
    left_out = f"\nNot checked on the Netflix matrix: {' and '.join(unclear)}. Rounding decides whether a support is 1."
    return Netflix([one for one in stages if one.step.name not in unclear], seconds, len(path),
                   left_out if unclear else "")


def _by_rounding(X, mixture, post, log_likelihood):
    """Return the functions whose right results differ if a mean moves from 1 + 1e-9 soft counts on, not 1 - 1e-9."""
    mstep = partial(formulas.mstep, enough=lambda support, post, seen: support >= 1 + 1e-9)
    differences = {
        "em.mstep": np.abs(mstep(X, post, mixture)[0] - em.mstep(X, post, mixture).mu).max(),
        "em.run": abs(LOOPS["em"].path(X, mixture, mstep=mstep)[-1][-1] - log_likelihood),
    }
    return [name for name, difference in differences.items() if difference > FIGURE / 10]
