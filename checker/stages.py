"""What is called with what, and what should come back: the stages of a check, in their order."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

import common
import data
import em
from checker import formulas, mistakes, probes
from checker.compare import EXACT, flatten
from checker.formulas import LOOPS, Mixture
from data import course

PRINTED = 1e-6  # where the input was read from text, printed with 8 decimals
FIGURE = 1e-4  # absolute tolerance of figures that are published with 4 decimals
SMALL = 20.0  # CPU seconds for a stage on small input, and for an import


class Step(NamedTuple):
    """A function that every solution has, what it takes and returns, and how it is known to go wrong."""

    module: str
    function: str
    arguments: tuple
    layout: tuple  # names of the values that it returns
    right: Callable  # (*arguments, **pieces)
    mistakes: list
    needs: tuple = ()  # functions of the same module that it calls, for which ours can stand in

    @property
    def name(self):
        return f"{self.module}.{self.function}"

    def expect(self, arguments, **pieces):
        """Return {part: array} of the right result, or of that with exchanged pieces."""
        return flatten(self.right(*arguments, **pieces), self.layout)[0]


class Case(NamedTuple):
    """One call and what should come of it."""

    arguments: tuple
    expected: dict  # part -> array; other parts of the result do not count
    label: str = ""
    iterations: int = 0  # of the right loop, for a run


class Stage(NamedTuple):
    """One line of the report."""

    title: str
    step: Step
    cases: list
    core: bool = False  # ordinary input, which every mistake of the step shows on or leaves untouched
    relative: float = EXACT
    absolute: float = 0.0
    only_where: str = ""  # what this input has that ordinary input has not
    if_not_finite: str = ""  # what NaN or infinity means on this input
    end_to_end: bool = False  # never with ours in place of functions that it calls
    large: bool = False  # input on which what is slow may take very long
    netflix: bool = False

    @property
    def name(self):
        return f"{self.step.name}: {self.title}"


_LAYOUT = ("mixture", "post", "LL")
STEPS = {step.name: step for step in [
    Step("em", "estep", ("X", "mixture"), ("post", "LL"), formulas.estep, mistakes.ESTEP),
    Step("em", "mstep", ("X", "post", "mixture"), ("mixture",), formulas.mstep, mistakes.MSTEP),
    Step("em", "fill_matrix", ("X", "mixture"), ("X_pred",), formulas.fill, mistakes.FILL, ("estep",)),
    Step("em", "run", ("X", "mixture", "post"), _LAYOUT, LOOPS["em"].run, [], ("estep", "mstep")),
    Step("common", "rmse", ("X", "Y"), ("RMSE",), formulas.rmse, mistakes.RMSE),
    Step("common", "bic", ("X", "mixture", "log_likelihood"), ("BIC",), formulas.bic, mistakes.BIC),
    Step("kmeans", "estep", ("X", "mixture"), ("post",), formulas.kmeans_estep, mistakes.KMEANS_ESTEP),
    Step("kmeans", "mstep", ("X", "post"), ("mixture", "cost"), formulas.kmeans_mstep, mistakes.KMEANS_MSTEP),
    Step("kmeans", "run", ("X", "mixture", "post"), ("mixture", "post", "cost"), LOOPS["kmeans"].run, [],
         ("estep", "mstep")),
    Step("naive_em", "estep", ("X", "mixture"), ("post", "LL"), formulas.naive_estep, mistakes.NAIVE_ESTEP),
    Step("naive_em", "mstep", ("X", "post"), ("mixture",), formulas.naive_mstep, mistakes.NAIVE_MSTEP),
    Step("naive_em", "run", ("X", "mixture", "post"), _LAYOUT, LOOPS["naive_em"].run, [], ("estep", "mstep")),
]}


def _probe(title, step, arguments, **rest):
    """A stage on an input of our own, whose result is computed."""
    step = STEPS[step]
    return Stage(title, step, [Case(arguments, step.expect(arguments), "", _iterations(step, arguments))], **rest)


def _iterations(step, arguments):
    """Return how many iterations the right run makes; 0 of what is no run."""
    return len(LOOPS[step.module].path(*arguments[:2])) if step.function == "run" else 0


def _given(title, step, arguments, *expected, **rest):
    """A stage on the test case, whose result the staff gave."""
    step = STEPS[step]
    parts = flatten(expected if len(expected) > 1 else expected[0], step.layout)[0]
    return Stage(title, step, [Case(arguments, parts, "", _iterations(step, arguments))], core=True,
                 relative=PRINTED, **rest)


def _mixture(mixture):
    return Mixture(*(np.asarray(part, dtype=float) for part in mixture))


_SILENT = "a user rated nothing"


def em_stages(source):
    """Return the stages of em.py on the test case of `source` and on our own probes."""
    X, gold, s = data.test_case(source)
    start, first, final = map(_mixture, (s.mixture, s.mstep_mixture, s.run_mixture))
    post = np.full((len(X), s.K), 1 / s.K)
    return [
        _given("test case", "em.estep", (X, start), s.estep_post, s.estep_log_likelihood),
        *_estep_probes(),
        _given("test case", "em.mstep", (X, s.estep_post, start), first),
        *_mstep_probes(),
        _given("test case", "em.fill_matrix", (X, final), s.X_pred),
        *_fill_probes(),
        _given("rmse of the test case", "common.rmse", (gold, s.X_pred), s.rmse),
        _probe("slow convergence", "em.run", _order(probes.slow())),
        _given("test case", "em.run", (X, start, post), final, s.run_post, s.run_log_likelihood, end_to_end=True),
    ]


def _without_post(probe):
    X, _, mixture = probe
    return X, mixture


def _estep_probes():
    return [
        _probe("unequal weights", "em.estep", _without_post(probes.ordinary()), core=True),
        _probe("user without ratings", "em.estep", _without_post(probes.user_without_ratings()), only_where=_SILENT,
               if_not_finite="a user without ratings makes the result NaN. Their posterior is p, and they add 0 to the"
                             " log-likelihood; does something in estep divide by |C_u|?"),
        _probe("weight 0", "em.estep", _without_post(probes.zero_weight()), only_where="a component has the weight 0",
               if_not_finite="log of 0. The course writes log(p + 1e-16), so that p = 0 does no harm."),
        _probe("thousands of ratings", "em.estep", _without_post(probes.many_movies()), large=True,
               only_where="users rated thousands of movies, whose densities are 0 in floating point; an epsilon inside"
                          " the log would hide it: stay in logs",
               if_not_finite="underflow. With thousands of ratings the densities are 0 in floating point, and so is"
                             " their sum. Work with log p + log N throughout and logsumexp at the end of estep; never"
                             " exp of one density."),
    ]


def _mstep_probes():
    return [
        _probe("unequal soft counts", "em.mstep", probes.ordinary(), core=True),
        _probe("rare movies", "em.mstep", probes.rare_movies(), only_where="hardly any soft count supports a movie"),
        _probe("movie without ratings", "em.mstep", probes.movie_without_ratings(), only_where="nobody rated a movie",
               if_not_finite="division by 0. Where no soft count supports a mean, keep the old mixture.mu[j, i]; divide"
                             " only where the support is at least 1."),
        _probe("variance floor", "em.mstep", probes.small_variance(),
               only_where="a variance falls below min_variance = 0.25"),
        _probe("user without ratings", "em.mstep", probes.user_without_ratings(), only_where=_SILENT),
    ]


def _fill_probes():
    return [
        _probe("unequal weights", "em.fill_matrix", _without_post(probes.ordinary()), core=True),
        _probe("user without ratings", "em.fill_matrix", _without_post(probes.user_without_ratings()),
               only_where=_SILENT),
    ]


def _order(probe):
    X, post, mixture = probe
    return X, mixture, post


def toy_stages(source):
    """Return the stages of kmeans.py, naive_em.py and bic on the toy data, K = 1 to 4, each from its best seed."""
    X = data.toy(source)
    cost = {K: min(_starts(X, K, STEPS["kmeans.run"]), key=lambda case: case[1]["cost"]) for K in course.KMEANS_COST}
    fit = {K: max(_starts(X, K, STEPS["naive_em.run"]), key=lambda case: case[1]["LL"]) for K in course.KMEANS_COST}
    X3 = (X, _mixture(common.init(X, 3, 0)[0]))
    kmeans_post, naive_post = formulas.kmeans_estep(*X3), formulas.naive_estep(*X3)[0]
    P, Ppost, Pmixture = _complete()

    def figures(title, step, cases, part, published):
        cases = [Case(arguments, {part: np.asarray(published[K] if source.verified else expected[part])}, f"K = {K}",
                      _iterations(STEPS[step], arguments)) for K, (arguments, expected) in cases.items()]
        return Stage(title, STEPS[step], cases, relative=0, absolute=FIGURE, end_to_end=True)

    def bic_case(K):
        arguments = (X, fit[K][1]["mixture"], float(fit[K][1]["LL"]))
        return arguments, STEPS["common.bic"].expect(arguments)

    return [
        _probe("toy data", "kmeans.estep", X3, core=True),
        _probe("toy data", "kmeans.mstep", (X, kmeans_post), core=True),
        _probe("three coordinates", "kmeans.mstep", (P, np.eye(3)[np.arange(len(P)) % 3]), core=True),
        figures("toy cost", "kmeans.run", cost, "cost", course.KMEANS_COST),
        _probe("mixture and post", "kmeans.run", cost[3][0], end_to_end=True),
        _probe("toy data", "naive_em.estep", X3, core=True),
        _probe("unequal weights", "naive_em.estep", (P, Pmixture), core=True),
        _probe("toy data", "naive_em.mstep", (X, naive_post), core=True),
        _probe("three coordinates", "naive_em.mstep", (P, Ppost), core=True),
        figures("toy log-likelihood", "naive_em.run", fit, "LL", course.TOY_LOG_LIKELIHOOD),
        _probe("mixture and post", "naive_em.run", fit[3][0], end_to_end=True),
        figures("toy BIC", "common.bic", {K: bic_case(K) for K in fit}, "BIC", course.TOY_BIC),
    ]


def _complete():
    """Return points of three coordinates, soft counts and a mixture of unequal weights."""
    _, post, mixture = probes.ordinary(d=3)
    return np.random.RandomState(13).normal(3, 1.5, (len(post), 3)), post, mixture


def _starts(X, K, step):
    """Return (arguments, expected with the mixture itself) of a run from each of the course's seeds."""
    cases = []
    for seed in course.SEEDS:
        mixture, post = common.init(X, K, seed)
        arguments = (X, _mixture(mixture), post)
        result = step.right(*arguments)
        cases.append((arguments, {**flatten(result, step.layout)[0], "mixture": result[0]}))
    return cases


class Plan(NamedTuple):
    """What is checked: the same for every solution."""

    stages: list
    netflix: object | None = None  # Netflix, where it is among the stages
    timeout: float = 120.0  # CPU seconds for a stage on the Netflix matrix

    def limit(self, stage):
        """Return the CPU seconds that a stage may take; a longer --timeout gives small input more as well."""
        return self.timeout if stage.netflix else max(min(SMALL, self.timeout), self.timeout / 6)


class Netflix(NamedTuple):
    """The stages on the Netflix matrix, and how long our own run took."""

    stages: list
    seconds: float
    iterations: int


def netflix_stages(source, clock):
    """Return Netflix for the matrix of `source`; `clock` is time.perf_counter, or what stands in for it."""
    (X, complete), K = data.netflix(source), course.NETFLIX_K
    mixture, post = common.init(X, K, course.NETFLIX_SEED)
    start = clock()
    path = []
    final, _, log_likelihood = em.run(X, mixture, post, callback=lambda value, _: path.append(value))
    seconds = clock() - start
    mixture, final = _mixture(mixture), _mixture(final)
    first, first_log_likelihood = em.estep(X, mixture)
    filled = em.fill_matrix(X, final)
    published = course.NETFLIX_LOG_LIKELIHOOD[K] if source.verified else log_likelihood
    error = course.NETFLIX_RMSE[K] if source.verified else formulas.rmse(complete, filled)

    def stage(title, step, arguments, expected, **rest):
        iterations = len(path) if step == "em.run" else 0
        return Stage(title, STEPS[step], [Case(arguments, expected, "", iterations)], netflix=True, large=True,
                     only_where="the matrix is as large as Netflix's", **rest)

    return Netflix([
        stage("Netflix", "em.estep", (X, mixture), {"post": first, "LL": np.asarray(first_log_likelihood)},
              if_not_finite="underflow. With a thousand ratings a user the densities are 0 in floating point: work with"
                            " log p + log N and logsumexp."),
        stage("Netflix", "em.mstep", (X, first, mixture),
              flatten(_mixture(em.mstep(X, first, mixture)), ("mixture",))[0]),
        stage(f"Netflix, K = {K}", "em.run", (X, mixture, post), {"LL": np.asarray(published)}, relative=0,
              absolute=FIGURE, end_to_end=True),
        stage(f"Netflix, K = {K}", "em.fill_matrix", (X, final), {"X_pred": filled}),
        stage(f"Netflix, K = {K}", "common.rmse", (complete, filled), {"RMSE": np.asarray(error)}),
    ], seconds, len(path))
