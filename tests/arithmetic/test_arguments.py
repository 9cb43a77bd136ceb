"""The functions say no: every function of the course's modules refuses every kind of wrong argument, in words.

Right or refused: what is not refused gives a finite result, and nothing warns (pyproject.toml makes warnings errors).
"""

import inspect
import itertools
import random as python_random

import numpy as np
import pytest
from scipy import sparse

import common
import em
import kmeans
import naive_em
import plain_loops
from common import GaussianMixture
from tests import cases

NAN, INF = float("nan"), float("inf")


class Frame:
    """Stands in for a table of another library: something that NumPy can make an array of."""

    def __init__(self, values):
        self.values = values

    def __array__(self, dtype=None, copy=None):
        return np.array(self.values, dtype=dtype)


def case(seed):
    """Return right arguments by name, for points and for ratings alike: none is 0."""
    random = np.random.RandomState(seed)
    n, d, K = random.randint(3, 9), random.randint(2, 6), random.randint(2, 4)
    X = random.randint(1, 6, (n, d)).astype(float)
    X[0, 0] = 2.5  # points that differ
    return {
        "X": X,
        "mixture": cases.mixture(random, K, d),
        "post": cases.soft_counts(random, n, K),
        "Y": X + 1,
        "K": K,
        "seed": seed,
        "log_likelihood": -10.0,
        "min_variance": 0.25,
        "callback": None,
    }


FUNCTIONS = {
    common.init: ("X", "K", "seed"),
    common.rmse: ("X", "Y"),
    common.bic: ("X", "mixture", "log_likelihood"),
    kmeans.estep: ("X", "mixture"),
    kmeans.mstep: ("X", "post", "mixture"),
    kmeans.run: ("X", "mixture", "post", "callback"),
    naive_em.estep: ("X", "mixture"),
    naive_em.mstep: ("X", "post", "mixture"),
    naive_em.run: ("X", "mixture", "post", "callback"),
    em.estep: ("X", "mixture"),
    em.mstep: ("X", "post", "mixture", "min_variance"),
    em.run: ("X", "mixture", "post", "min_variance", "callback"),
    em.fill_matrix: ("X", "mixture"),
}
TAKE_SPARSE = (common.init, em.estep, em.mstep, em.run, em.fill_matrix, common.bic)
ONLY_SHAPE = (common.bic,)  # of X nothing but the shape counts


def put(array, value, random):
    """Return a copy with one entry exchanged."""
    array = np.array(array, dtype=np.result_type(array, type(value)))
    array.flat[random.randrange(array.size)] = value
    return array


def wrong_arrays(array, random):
    """Yield what stands in no place of a real array: (what, value)."""
    yield from (
        ("NaN", put(array, NAN, random)),
        ("infinity", put(array, INF, random)),
        ("-infinity", put(array, -INF, random)),
        ("too large", put(array, 1e101, random)),
        ("too small", put(array, -1e200, random)),
        ("complex", array + 1j),
        ("text", np.full(array.shape, "a")),
        ("text in a list", [["a"]]),
        ("objects", np.full(array.shape, None)),
        ("a date", np.full(array.shape, np.datetime64("2020"))),
        ("masked", np.ma.masked_equal(array, array.flat[0])),
        ("None", None),
        ("nothing", []),
        ("0-D", 3.0),
        ("a string", "X"),
        ("a dict", {"X": 1}),
        ("a set", {1, 2}),
        ("ragged", [[1.0, 2.0], [3.0]]),
        ("a function", len),
        ("no rows", array[:0]),
        ("no columns", array[:, :0] if array.ndim > 1 else array[:0]),
        ("3-D", array[None] if array.ndim > 1 else array[None, None]),
        ("huge numbers", [[10**400]]),
        ("a class", GaussianMixture),
        ("quaternions", array.astype("c8") * 1j),
    )


def wrong_X(X, function, random):
    for what, value in wrong_arrays(X, random):
        if function in ONLY_SHAPE and what in ("NaN", "infinity", "-infinity", "too large", "too small", "objects"):
            continue
        if function is common.rmse and what == "3-D":
            continue  # any shape serves there, as long as both have it
        yield what, value
    yield "1-D", X[0]
    for form in ("csr", "csc", "coo", "lil", "dok", "dia", "bsr"):
        if function not in TAKE_SPARSE:
            yield f"sparse {form}", sparse.csr_matrix(X).asformat(form)
    if function in TAKE_SPARSE and function not in ONLY_SHAPE:
        for what, value in (("NaN", NAN), ("infinity", INF), ("too large", 1e150), ("too small", -1e150)):
            yield f"sparse with {what}", sparse.csr_array(put(X, value, random))
        yield "sparse complex", sparse.csr_array(X * 1j)
        yield "sparse without rows", sparse.csr_array((0, X.shape[1]))
    if function not in (common.rmse, common.bic):
        yield "tiny", np.where(X.max() == X, 1e-170, 0) if function not in TAKE_SPARSE else X * 1e-170


def wrong_mixture(mixture, function, random):
    K, d = mixture.mu.shape
    for field in mixture._fields:
        part = getattr(mixture, field)
        for what, value in wrong_arrays(part, random):
            if (field, what) != ("var", "too large"):  # as the square of a coordinate it may be larger
                yield f"{field}: {what}", mixture._replace(**{field: value})
    yield from {
        "a tuple": tuple(mixture),
        "a list": list(mixture),
        "a string": "mixture",
        "a number": 1,
        "an array": mixture.mu,
        "a class": GaussianMixture,
        "a type of component": mixture._replace(mu=mixture.mu[0]),
        "mu of another d": mixture._replace(mu=np.ones((K, d + 1))),
        "mu of 1 column": mixture._replace(mu=np.ones((K, 1))) if d > 1 else None,
        "one var for all": mixture._replace(var=mixture.var[0]),
        "one var in an array": mixture._replace(var=mixture.var[:1]),
        "too many var": mixture._replace(var=np.ones(K + 1)),
        "var as a column": mixture._replace(var=mixture.var[:, None]),
        "too many p": mixture._replace(p=np.ones(K + 1) / (K + 1)),
        "p as a row": mixture._replace(p=mixture.p[None]),
        "p < 0": mixture._replace(p=np.r_[-0.5, 1.5, np.zeros(K - 2)]),
        "p of another sum": mixture._replace(p=mixture.p * 1.5),
        "p of 0": mixture._replace(p=np.zeros(K)),
        "var 0": mixture._replace(var=put(mixture.var, 0.0, random)),
        "var < 0": mixture._replace(var=put(mixture.var, -1.0, random)),
        "var denormal": mixture._replace(var=put(mixture.var, 1e-310, random)),
        "no components": GaussianMixture(np.ones((0, d)), np.ones(0), np.ones(0)),
    }.items()
    if function not in (kmeans.mstep, naive_em.mstep):
        yield "None", None


def wrong_post(post, function, random):
    n, K = post.shape
    for what, value in wrong_arrays(post, random):
        if not (what == "None" and function in (kmeans.run, naive_em.run, em.run)):  # not used there
            yield what, value
    yield from {
        "another n": post[1:],
        "another K": np.ones((n, K + 1)) / (K + 1),
        "transposed": np.ones((K, n + K)),
        "< 0": put(post, -0.1, random),
        "> 1": put(post, 1.5, random),
        "1-D": post[:, 0],
        "sparse": sparse.csr_array(post),
    }.items()


def wrong_numbers(low_is_wrong):
    return [
        ("NaN", NAN),
        ("infinity", INF),
        ("text", "a"),
        ("None", None),
        ("complex", 1j),
        ("two", [1.0, 2.0]),
        ("nothing", []),
        ("a dict", {}),
        *low_is_wrong,
    ]


def wrong_values(name, value, function, random):
    """Yield (what, value) of the wrong values for an argument of a function."""
    if name in ("X", "Y"):
        return wrong_X(value, function, random)
    if name in ("mixture", "post"):
        return {"mixture": wrong_mixture, "post": wrong_post}[name](value, function, random)
    whole = [
        ("a fraction", 1.5),
        ("a whole fraction", 2.0),
        ("a bool", True),
        ("a NumPy bool", np.True_),
        ("negative", -1),
        ("a list", [1]),
        ("an array", np.array([2, 3])),
        ("huge", 10**30),
        ("NaN", NAN),
        ("text", "2"),
        ("None", None),
        ("complex", 1j),
    ]
    return {
        "K": [*whole, ("0", 0), ("more than points", 10**6)],
        "seed": whole,
        "log_likelihood": wrong_numbers([]),
        "min_variance": wrong_numbers([("0", 0.0), ("negative", -0.25), ("denormal", 1e-320), ("-infinity", -INF)]),
        "callback": [("a number", 3), ("text", "print"), ("a list", [])],
    }[name]


def refusal(function, arguments):
    """Return None where the call ends in a ValueError in our words, else what it ended in."""
    try:
        result = function(*arguments)
    except ValueError as error:
        ours = str(error).startswith("expected ") and "\n" not in str(error) and len(str(error)) < 250
        return None if ours else f"ValueError: {error}"
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return f"no refusal, but {result}"


def test_every_wrong_argument_is_refused_in_words():
    ended, tried = [], 0
    for seed, (function, names) in itertools.product(range(5), FUNCTIONS.items()):
        right = case(seed)
        function(*(right[name] for name in names))
        for name in names:
            for what, value in wrong_values(name, right[name], function, python_random.Random(seed)):
                tried += 1
                if how := refusal(function, [value if each == name else right[each] for each in names]):
                    ended.append(f"{function.__module__}.{function.__name__}, {name}: {what}: {how}")
    assert ended == []
    assert tried > 2000


def test_plot_refuses_what_it_cannot_draw():
    random = np.random.RandomState(0)
    X, mixture, post = random.normal(size=(6, 2)), cases.mixture(random, 3, 2), cases.soft_counts(random, 6, 3)
    wrong = [
        (value, mixture, post, "", None)
        for _, value in [*wrong_arrays(X, python_random), ("3 columns", np.ones((6, 3)))]
    ]
    wrong += [(X, value, post, "", None) for _, value in wrong_mixture(mixture, common.plot, python_random)]
    wrong += [(X, mixture, value, "", None) for _, value in wrong_post(post, common.plot, python_random)]
    wrong += [(X, mixture, post, "", ax) for ax in (3, "ax", [])]
    assert [how for arguments in wrong if (how := refusal(common.plot, arguments))] == []


# What is odd, and right


def flat(result):
    """Return all numbers of a result in one array."""
    if isinstance(result, tuple):
        return np.concatenate([flat(part) for part in result])
    return np.ravel(np.asarray(result, dtype=float))


ODD = {
    "a list of lists": np.ndarray.tolist,
    "a tuple of arrays": tuple,
    "a frame": Frame,
    "integers where whole": np.asarray,
    "Fortran order": np.asfortranarray,
    "a view": lambda array: np.repeat(array, 2, axis=0)[::2],
    "objects": lambda array: array.astype(object),
    "nothing masked": np.ma.masked_invalid,
    "big-endian": lambda array: array.astype(">f8"),
    "long double": lambda array: array.astype("g"),
}


@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda function: f"{function.__module__}.{function.__name__}")
def test_what_is_an_array_in_another_form_gives_the_same(function, odd):
    right = case(3)
    right["mixture"] = GaussianMixture(*(np.round(part, 3) for part in right["mixture"]))
    right["mixture"] = right["mixture"]._replace(p=right["mixture"].p / right["mixture"].p.sum())

    def other(value):
        if isinstance(value, GaussianMixture):
            return GaussianMixture(*map(other, value))
        return ODD[odd](value) if isinstance(value, np.ndarray) else value

    names = FUNCTIONS[function]
    expected = flat(function(*(right[name] for name in names)))
    np.testing.assert_allclose(flat(function(*(other(right[name]) for name in names))), expected, rtol=1e-12)
    np.testing.assert_allclose(flat(function(**{name: other(right[name]) for name in names})), expected, rtol=1e-12)


@pytest.mark.parametrize("dtype", ["u1", "i2", "f2", "f4", "?"])
def test_numbers_of_any_type_are_computed_with_as_float64(dtype):
    X = np.array([[1, 0, 1], [1, 1, 0], [0, 1, 1], [1, 0, 0]]).astype(dtype)
    mixture, post = common.init(X, 2, 0)
    for result in (
        em.run(X, mixture, post),
        naive_em.run(X, mixture, post),
        kmeans.run(X, mixture, post),
        em.fill_matrix(X, mixture),
    ):
        assert all(part.dtype == np.float64 for part in (result[0] if isinstance(result, tuple) else [result]))


def test_results_are_arrays_whatever_the_mixture_is_made_of():
    X = case(0)["X"]
    mixture = GaussianMixture([[1.0] * X.shape[1], [4] * X.shape[1]], [1, 2], (0.5, 0.5))
    for result in (kmeans.run(X, mixture), naive_em.run(X, mixture), em.run(X, mixture)):
        assert all(isinstance(part, np.ndarray) for part in (*result[0], result[1])) and isinstance(result[2], float)


def test_without_an_old_mixture_what_holds_nothing_gets_the_mean_and_the_variance_of_all_points():
    X, post = np.array([[0.0, 4], [2, 4], [4, 10]]), np.array([[1.0, 0], [1, 0], [1, 0]])
    for mixture in (kmeans.mstep(X, post)[0], naive_em.mstep(X, post)):
        np.testing.assert_allclose(mixture.mu[1], [2, 6])
        assert mixture.var[1] == pytest.approx(((X - [2, 6]) ** 2).mean())
    same = np.full((3, 2), 7.0)
    assert kmeans.mstep(same, post)[0].var.tolist() == [1, 1]  # no spread at all: any positive variance serves


# Right, or refused, at every scale


@pytest.mark.parametrize("exponent", [-320, -200, -170, -160, -120, -99, -60, 60, 99, 101, 160, 200, 300])
def test_at_every_scale_results_are_finite_or_refused(exponent):
    refused = 0
    for seed in range(20):
        random = np.random.RandomState(seed)
        X = random.randint(0, 6, (8, 3)) * 10.0**exponent
        for module in (kmeans, naive_em, em):
            try:
                mixture, post, value = module.run(X, *common.init(X, 2, seed))
            except ValueError as error:
                assert str(error).startswith("expected ")
                refused += 1
                continue
            assert np.isfinite(flat((mixture, post, value))).all() and (mixture.var > 0).all()
            np.testing.assert_allclose(post.sum(axis=1), 1, rtol=1e-9)
    assert refused == (0 if abs(exponent) < 100 else 60)


@pytest.mark.parametrize("offset", [1e4, 1e7, 1e8, 1e10])
def test_ratings_far_from_0_keep_their_digits(offset):
    random = np.random.RandomState(2)
    X, mixture = cases.ratings(random, 15, 6, 0.3), cases.mixture(random, 3, 6)
    far, moved = np.where(X, X + offset, 0), mixture._replace(mu=mixture.mu + offset)
    moved = moved._replace(
        mu=np.round((moved.mu - offset) * 1024) / 1024 + offset
    )  # means that hold all their digits there
    expected_post, expected = plain_loops.em_estep(far, moved)
    for X in (far, sparse.csr_array(far)):
        post, log_likelihood = em.estep(X, moved)
        np.testing.assert_allclose(post, expected_post, rtol=1e-9)
        assert log_likelihood == pytest.approx(expected, rel=1e-12)
        cases.same(em.mstep(X, post, moved), plain_loops.em_mstep(far, expected_post, moved), rtol=1e-9)


def test_a_point_beyond_every_density_is_refused():
    X = np.array([[0.0], [1e90]])
    mixture = GaussianMixture(np.array([[0.0], [1.0]]), np.array([1e-200, 1e-200]), np.array([0.5, 0.5]))
    for module in (naive_em, em):
        with pytest.raises(ValueError, match="expected variances that fit the data"):
            module.estep(X + 1, mixture)


def test_bic_needs_no_dense_data():
    right = case(1)
    arguments = right["mixture"], right["log_likelihood"]
    assert common.bic(sparse.csr_array(right["X"]), *arguments) == common.bic(right["X"], *arguments)


@pytest.mark.parametrize("function, first", [(kmeans.mstep, "GaussianMixture"), (naive_em.mstep, "GaussianMixture"),
                                             (em.mstep, "GaussianMixture"),
                                             (kmeans.run, "GaussianMixture"), (naive_em.run, "GaussianMixture"),
                                             (em.run, "GaussianMixture"), (common.plot, "GaussianMixture")])
def test_of_several_wrong_arguments_one_is_named(function, first):
    others = {name: "wrong" for name in inspect.signature(function).parameters if name != "X"}
    with pytest.raises(ValueError, match=first):
        function(np.ones((2, 2)), **others)
