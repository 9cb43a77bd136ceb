"""What somebody's code did instead of giving an answer, in one clear line, and the usual cause."""

import re
from typing import NamedTuple

REMOVED = {  # names that NumPy no longer has, and what to write instead
    **{f"np.{name}": name for name in ("float", "int", "bool", "object", "str", "complex")},
    "np.math": "math (and import math)", "np.long": "int", "np.unicode": "str", "np.float_": "np.float64",
    "np.complex_": "np.complex128", "np.unicode_": "np.str_", "np.string_": "np.bytes_", "np.product": "np.prod",
    "np.cumproduct": "np.cumprod", "np.sometrue": "np.any", "np.alltrue": "np.all", "np.in1d": "np.isin",
    "np.trapz": "np.trapezoid", "np.row_stack": "np.vstack", "np.NaN": "np.nan", "np.NAN": "np.nan", "np.Inf": "np.inf",
    "np.INF": "np.inf", "np.Infinity": "np.inf", "np.infty": "np.inf", "np.PINF": "np.inf", "np.NINF": "-np.inf",
    "np.PZERO": "0.0", "np.NZERO": "-0.0", "np.round_": "np.round", "np.asfarray": "np.asarray(..., dtype=float)",
    "np.mat": "np.asarray", "np.msort": "np.sort(..., axis=0)", "np.asscalar": "x.item()", "np.alen": "len",
    "np.rank": "np.ndim", "np.find_common_type": "np.result_type", "np.cast": "np.asarray(..., dtype=...)",
    "np.ndfromtxt": "np.genfromtxt",
}


class Usual(NamedTuple):
    """An exception with a usual cause."""

    kind: str  # name of the exception's class, or of one of its bases
    message: str  # pattern in its message
    advice: str


_NOT_ONE_NUMBER = ("The code puts an array where one number belongs. If its shape is (1,), take the number out of it,"
                   " with value.item() or value[0].")
TYPING = ("Tuple", "List", "Dict", "Set", "Optional", "Union", "Any", "Callable", "NamedTuple", "Iterable", "Sequence")
NAMES = {  # that are not defined, and what to write
    **{name: f"from typing import {name}" for name in TYPING},
    "xrange": "range, as in Python 3", "raw_input": "input, as in Python 3", "unicode": "str, as in Python 3",
    "reduce": "from functools import reduce", "np": "import numpy as np", "math": "import math",
    "logsumexp": "from scipy.special import logsumexp", "GaussianMixture": "from common import GaussianMixture",
    "init": "from common import init",
    "multivariate_normal": "from scipy.stats import multivariate_normal", "namedtuple": "from collections import"
    " namedtuple", "plt": "import matplotlib.pyplot as plt", "pd": "import pandas as pd",
}


USUAL = [
    Usual("BdbQuit", "", "The code starts a debugger. Remove pdb.set_trace() and breakpoint()."),
    Usual("SystemExit", "", "Remove sys.exit, exit and quit from functions and modules."),
    Usual("EOFError", "EOF when reading a line", "The code waits for the keyboard. Remove input(): the functions get"
          " everything as arguments."),
    Usual("FileNotFoundError", "", "The functions get all their data as arguments."),
    Usual("ImportError", "scipy.misc", "logsumexp, comb and factorial have moved. Write: from scipy.special import"
          " logsumexp."),
    Usual("ImportError", "relative import", "The course's modules are in one folder. Import them without dots: from"
          " common import GaussianMixture."),
    Usual("ValueError", "setting an array element with a sequence", _NOT_ONE_NUMBER),
    Usual("TypeError", "only (0-dimensional|length-1|size-1) arrays can be converted", _NOT_ONE_NUMBER),
    Usual("ValueError", "truth value of an array with more than one element",
          "The code compares an array where one number belongs. Is the log-likelihood summed over the users? Otherwise"
          " use .any() or .all()."),
    Usual("ValueError", "operands could not be broadcast|shapes .* not aligned|mismatch in its core dimension",
          "The shapes do not fit together. X is (n, d), post (n, K), mu (K, d), var and p (K,). Print the shapes in"
          " this line. The ratings X[u, C] of a user need mu[j, C]."),
    Usual("LinAlgError", "Singular matrix",
          "No matrix inverse is needed: the covariance is var[j] times the identity, and its inverse is 1 / var[j]."),
    Usual("MemoryError", "",
          "The code asks for more memory than there is. Is there one array over users, components and movies?"),
    Usual("RecursionError", "", "Functions call one another more than a thousand deep. Use a loop."),
    Usual("UnboundLocalError", "",
          "A variable is used before it has a value, like old in the first iteration. Set it before the loop."),
]
PACKAGES = {  # modules that are packages, and what to install
    **{name: name for name in (
        "tqdm", "pandas", "numba", "seaborn", "torch", "tensorflow", "keras", "jax", "cupy", "joblib", "dask", "plotly",
        "bokeh", "sympy", "statsmodels", "networkx", "IPython", "ipdb", "ipywidgets", "psutil", "requests", "tabulate",
        "rich", "termcolor", "colorama", "numexpr", "xarray", "h5py", "openpyxl", "polars", "einops", "autograd")},
    "sklearn": "scikit-learn", "cv2": "opencv-python", "PIL": "Pillow", "skimage": "scikit-image", "yaml": "PyYAML",
}


def not_installed(name):
    """Return what to do about a module that is neither installed nor a file of the folder."""
    if name in PACKAGES:
        return f"Nothing is known of what comes after it. Install it (pip install {PACKAGES[name]}), or do without it."
    return f"Add {name}.py to the folder if it is a file of yours. Is the name misspelt?"


def complaint(answer, module, function=None, arguments=(), limit=0):
    """Return (detail, diagnosis or None) of an import, or of a call of a function, that gave no answer.

    Args:
        answer: Answer whose status is not ok.
        module: name.
        function: name, or None for the import of the module.
        arguments: names of what the course calls the function with.
        limit: CPU seconds that it was given.
    """
    doing = f"{module}.{function}" if function else f"importing {module}.py"
    if answer.status == "error":
        return _exception(answer.error, doing, function, arguments)
    if answer.status == "timeout":
        return f"{doing} did not end within {limit:g} s", None
    if answer.status == "garbled":
        return f"{doing} wrote into the checker's own stream, so its answer cannot be read", None
    if answer.exit is None:
        return f"{doing} ended the whole process", None
    how = f"signal {-answer.exit}" if answer.exit < 0 else f"exit status {answer.exit}"
    return f"{doing} ended the whole process ({how})", None


def _exception(error, doing, function, arguments):
    """Return (detail, diagnosis or None) for an exception, as failures.describe gives it."""
    kinds, message, where = error["kinds"], error["message"], _where(error["where"])
    if "NotImplementedError" in kinds:
        unwritten = error["where"][3] if error["where"] and error["where"][3] != "<module>" else function or doing
        return f"{unwritten} is not written yet: it raises NotImplementedError{where}", None
    raised = f"{error['error']}{': ' + message if message else ''}{where}"
    if function and not where:  # no line of theirs raised it
        what = (f"{doing} cannot be called like the course's {function}({', '.join(arguments)})"
                if "TypeError" in kinds else f"the result of {doing} cannot be read")
        return f"{what}: {raised}", None
    return f"{doing} raises {raised}", error["fact"] or _advice(kinds, message)


def _where(where):
    """Return their last line, for people."""
    if not where:
        return ""
    file, line, text, _ = where
    return f" ({file}{line_of(line)}{': ' + text if text else ''})"


def line_of(line):
    """Return the number of a line, to be put behind a file's name; nothing where it is not known."""
    return f", line {line}" if line else ""


def _advice(kinds, message):
    """Return where to look, for exceptions that have a usual cause."""
    removed = re.search(r"module 'numpy' has no attribute '(\w+)'", message)
    if "AttributeError" in kinds and removed and f"np.{removed[1]}" in REMOVED:
        return f"np.{removed[1]} was removed from NumPy. Write {REMOVED[f'np.{removed[1]}']} instead."
    undefined = re.match(r"name '(\w+)' is not defined", message)
    if undefined and undefined[1] in NAMES:
        return f"{undefined[1]} is not defined. Write: {NAMES[undefined[1]]}."
    return next((usual.advice for usual in USUAL if usual.kind in kinds and re.search(usual.message, message)), None)
