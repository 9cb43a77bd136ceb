"""The functions alone: what they refuse, and that they need nothing but NumPy and SciPy."""

import ast
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest

import gapmix
from gapmix import fit

ROOT = Path(gapmix.__file__).parent.parent
X = np.random.default_rng(0).normal(size=(20, 2))


@pytest.mark.parametrize(("table", "arguments", "message"), [
    (X[0], {}, "2-D array"),
    (np.empty((0, 2)), {}, "a row and a column"),
    (np.where(X > 1, np.inf, X), {}, "infinity"),
    (X, {"n_components": 21}, "Expected n_samples >= n_components"),
    (np.full((9, 2), np.nan), {}, "n_samples = 0 with an entry"),
    (X, {"sample_weight": np.ones(3)}, "expected sample_weight to be 20 finite numbers"),
    (X, {"sample_weight": -np.ones(20)}, "none below 0"),
    (X, {"n_components": 2, "weights_init": [1, 1]}, "should be normalized"),
    (X, {"n_components": 2, "weights_init": [2, -1]}, "in the range"),
    (X, {"n_components": 2, "means_init": [[0, 0], [0, np.nan]]}, "finite"),
    (X, {"precisions_init": [[[1, 2], [0, 1]]]}, "symmetric, positive-definite"),
    (X, {"covariance_type": "diag", "precisions_init": [[1, 0]]}, "'diag precision' should be positive"),
    (X * [1, 1e200], {}, "column 1"),
    (X, {"covariance_type": "round"}, "covariance_type"),
    (X, {"init_params": "best"}, "init_params"),
    (X, {"n_components": 0}, "n_components to be a finite number of at least 1; got 0"),
    (X, {"n_init": 0}, "n_init"),
    (X, {"max_iter": -1}, "max_iter"),
    (X, {"tol": np.nan}, "tol"),
    (X, {"reg_covar": -1.0}, "reg_covar"),
    (X, {"prior_strength": -1.0}, "prior_strength"),
])
def test_bad_input_ends_in_one_line(table, arguments, message):
    with pytest.raises(ValueError, match=message) as refused:
        fit(table, **arguments)
    assert "\n" not in str(refused.value)


def test_one_iteration_from_a_saddle_goes_on():
    """Two equal components are a saddle; the one iteration that is left has no earlier one to be compared with."""
    first = fit(X, prior_strength=1.0).mixture
    equal = gapmix.Mixture(np.full(2, 0.5), np.repeat(first.mu, 2, axis=0), np.repeat(first.cov, 2, axis=0), "full")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it says that it did not converge
        found = fit(X, 2, go_on=gapmix.Fit(equal, [-10.0], True, False), max_iter=1)
    assert np.isfinite(found.mixture.mu).all()


def test_functions_of_rows_take_lists_and_refuse_what_does_not_fit():
    mixture = fit(X, 2, random_state=0).mixture
    assert gapmix.impute([[1, float("nan")]], mixture).shape == (1, 2)
    assert gapmix.draw([[1, float("nan")]], mixture, 3, 0).shape == (3, 1, 2)
    assert len(gapmix.conditional([1, float("nan")], mixture).mean) == 1
    for function in (gapmix.impute, gapmix.responsibilities, lambda X, mixture: gapmix.draw(X, mixture, 1)):
        with pytest.raises(ValueError, match="the mixture's 2 columns, got 3"):
            function(np.ones((4, 3)), mixture)
        with pytest.raises(ValueError, match="2-D array"):
            function(np.ones(3), mixture)
        with pytest.raises(ValueError, match="infinity"):
            function([[1, np.inf]], mixture)
    with pytest.raises(ValueError, match="2-D array"):
        gapmix.conditional([[1, 2]], mixture)


def test_seeds_and_generators_make_results_repeat():
    for make in (lambda: 5, lambda: np.random.RandomState(5), lambda: np.random.default_rng(5)):
        one, other = (fit(X, 3, random_state=make(), init_params="random").mixture for _ in range(2))
        assert (one.mu == other.mu).all()


def test_it_imports_nothing_of_the_other_rooms_and_no_more_packages_than_it_says():
    allowed = {"numpy", "scipy", "sklearn", "numba"}
    for path in (ROOT / "gapmix").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module] if (
                isinstance(node, ast.ImportFrom) and node.level == 0) else []
            for name in names:
                top = name.split(".")[0]
                assert top in allowed or top in sys.stdlib_module_names, f"{path.name} imports {name}"
                assert top != "sklearn" or path.name in ("estimator.py", "choose.py", "fitting.py"), path.name


ALONE = """
import sys
for name in ("sklearn", "numba", "pandas"):
    sys.modules[name] = None  # as if it were not installed
import warnings
import numpy as np
import gapmix
from gapmix import kernels
kernels.LARGE = 0
X = np.random.default_rng(0).normal(size=(50, 3))
X[X > 1] = np.nan
end = gapmix.fit(X, 2, random_state=0)
assert not np.isnan(gapmix.impute(X, end.mixture)).any()
assert gapmix.draw(X, end.mixture, 2, np.random.RandomState(0)).shape == (2, 50, 3)
with warnings.catch_warnings(record=True) as seen:
    warnings.simplefilter("always")
    gapmix.fit(X, 2, max_iter=1, random_state=0)
assert seen[0].category.__name__ == "ConvergenceWarning"
try:
    gapmix.GaussianMixture
except ImportError as missing:
    print(missing)
"""


def test_functions_work_without_optional_packages(tmp_path):
    ran = subprocess.run([sys.executable, "-c", ALONE], cwd=tmp_path, env={"PYTHONPATH": str(ROOT)},
                         capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    assert "scikit-learn" in ran.stdout


def test_import_is_light():
    code = "import sys, gapmix; print(sorted({'sklearn', 'numba', 'pandas', 'matplotlib'} & set(sys.modules)))"
    ran = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert ran.stdout.strip() == "[]", ran.stderr
