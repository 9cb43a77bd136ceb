"""Random draws: each states its shape, so that no number is drawn once for all rows, and rows are independent."""

import ast
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import kstest

from recommender.models import autoencoder, neural

ROOT = Path(__file__).parents[1]
FILES = [*ROOT.glob("*.py"), *(path for path in ROOT.glob("[a-z]*/**/*.py") if path.parts[len(ROOT.parts)] != "tests")]
# Of draws whose shape follows from their parameters where none is stated: which argument states it.
STATED = {"beta": 2, "binomial": 2, "chisquare": 1, "choice": 1, "dirichlet": 1, "exponential": 1, "gamma": 2,
          "integers": 2, "laplace": 2, "lognormal": 2, "multivariate_normal": 2, "normal": 2, "poisson": 1,
          "randint": 2, "rvs": 2, "standard_gamma": 1, "standard_t": 1, "uniform": 2}


def states_its_shape(call):
    """Return whether a draw says the shape of what it draws, or has parameters that are plainly one number each."""
    if len(call.args) > STATED[call.func.attr] or any(word.arg == "size" for word in call.keywords):
        return True
    given = [*call.args, *(word.value for word in call.keywords)]
    names = [part.id for one in given if not is_length(one) for part in ast.walk(one) if isinstance(part, ast.Name)]
    return set(names) <= {"np"}


def is_length(argument):
    return isinstance(argument, ast.Call) and getattr(argument.func, "id", "") == "len"


def draws(source):
    """Return the calls in a program that draw from what STATED lists."""
    return [call for call in ast.walk(ast.parse(source)) if isinstance(call, ast.Call)
            and isinstance(call.func, ast.Attribute) and call.func.attr in STATED]


@pytest.mark.parametrize("source, right", [
    ("random.gamma(2 + counts / 2)", False), ("random.gamma(2 + counts / 2, size=len(counts))", True),
    ("random.normal(0, sd)", False), ("random.normal(0, sd, (n, 1))", True), ("random.uniform(0, 2 * np.pi)", True),
    ("random.randint(len(Z))", True), ("random.randint(K)", False),
])
def test_a_draw_without_a_shape_is_found(source, right):
    assert [states_its_shape(call) for call in draws(source)] == [right]


def test_every_draw_states_its_shape():
    found = {path.relative_to(ROOT): draws(path.read_text(encoding="utf-8")) for path in FILES}
    assert sum(map(len, found.values())) > 30
    assert [f"{path}:{call.lineno}" for path, calls in found.items() for call in calls
            if not states_its_shape(call)] == []


def unlike(rows, sds=5.0):
    """Assert that no two neighbouring rows, of (N, m) numbers, have to do with each other more than chance allows."""
    rows = (rows - rows.mean()) / rows.std()
    assert abs((rows[1:] * rows[:-1]).mean()) < sds / np.sqrt(rows[1:].size)


def test_starts_of_the_networks_have_independent_rows():
    X = np.ones((300, 200))
    weights = neural.init(X, rank=6).weights
    for table in (weights["U"][:, :6], weights["V"][:, :6], weights["W"]):
        unlike(table)
        unlike(table.T)
    weights = autoencoder.init(np.random.RandomState(0), 300, 20)
    for table in (weights["V"], weights["W"]):
        unlike(table)
        unlike(table.T)


def test_each_movie_s_share_and_each_rating_s_lot_are_drawn_for_themselves():
    mask = np.ones((4000, 50))
    mask[:, 0] = 0
    shown = autoencoder.shown(np.random.RandomState(0), mask)
    assert not shown[:, 0].any()
    share = shown[:, 1:].mean(axis=1)
    assert kstest(share + np.random.RandomState(1).uniform(-0.01, 0.01, len(share)), "uniform").pvalue > 0.01
    unlike(share[:, None])
    half = shown[np.abs(share - 0.5) < 0.1, 1:]
    assert abs(np.corrcoef(half[:, 3], half[:, 7])[0, 1]) < 0.1
