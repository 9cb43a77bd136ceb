"""Exceptions of somebody's code, in one clear line."""

import pytest

from checker import complaints


def error_of(kind, message="", text="", missing=None):
    kinds = [base.__name__ for base in kind.__mro__]
    return {"error": kinds[0], "kinds": kinds, "message": message, "where": ["em.py", 3, text, "estep"],
            "missing": missing, "file": None}


@pytest.mark.parametrize("name, replacement",
                         [("float", "float"), ("product", "np.prod"), ("Inf", "np.inf"), ("in1d", "np.isin")])
def test_removed_numpy_names(name, replacement):
    detail, advice = complaints.complaint(error_of(AttributeError, f"module 'numpy' has no attribute '{name}'"), "em",
                                          "estep")
    assert detail == f"em.estep raises AttributeError: module 'numpy' has no attribute '{name}' (em.py, line 3)"
    assert advice == f"np.{name} was removed from NumPy. Write {replacement} instead."


def test_arguments_that_do_not_fit():
    error = {**error_of(TypeError, "(X, K)"), "kinds": ["WrongArguments"]}
    assert complaints.complaint(error, "em", "run", ("X", "mixture", "post"))[0] == \
        "run(X, K) does not fit the course's call, run(X, mixture, post)"


def test_line_0_is_no_line():
    error = {**error_of(SyntaxError, "source code string cannot contain null bytes"), "where": ["em.py", 0, "", None]}
    assert complaints.complaint(error, "em")[0].endswith("null bytes (em.py)")


def test_what_no_line_of_theirs_raised_is_not_said_to_be_theirs():
    error = {**error_of(TypeError, "not to be read"), "where": None}
    assert complaints.complaint(error, "em", "estep")[0] == "em.estep could not be checked: TypeError: not to be read"


def test_moved_scipy_function():
    error = error_of(ModuleNotFoundError, "No module named 'scipy.misc'", "from scipy.misc import logsumexp",
                     "scipy.misc")
    assert complaints.complaint(error, "em")[1] == "logsumexp has moved: write from scipy.special import logsumexp."


def test_missing_package_and_missing_module():
    detail, advice = complaints.complaint(error_of(ModuleNotFoundError, "No module named 'tqdm'", "import tqdm",
                                                   "tqdm"), "em")
    assert "importing em.py needs tqdm" in detail and "pip install tqdm" in advice
    detail, advice = complaints.complaint(error_of(ModuleNotFoundError, "", "import kmeans", "kmeans"), "em")
    assert advice == "Put kmeans.py into the folder, or do without it."
