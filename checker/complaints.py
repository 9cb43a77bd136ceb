"""From what their code did in place of answering, one clear line."""

import re
from typing import NamedTuple

REMOVED = {  # names of NumPy that are no more, and what to write instead
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
MOVED = {"logsumexp": "scipy.special", "comb": "scipy.special", "factorial": "scipy.special"}


def complaint(error, module, function=None, arguments=()):
    """Return (detail, diagnosis or None) for an exception, as failures.describe gives it.

    `arguments` are the names of what the course calls the function with.
    """
    name = f"{module}.{function}" if function else f"{module}.py"
    kinds, message = error["kinds"], error["message"]
    where = _where(error["where"])
    doing = f"{name} " if function else f"importing {name} "
    if "NotImplementedError" in kinds:
        unwritten = error["where"][3] if error["where"] and error["where"][3] != "<module>" else function or name
        return f"{unwritten} is still to be written: it raises NotImplementedError{where}", None
    if "SyntaxError" in kinds:
        return f"{doing}fails: {error['error']}: {message}{where}", None
    if "ImportError" in kinds:
        return _import(error, doing, where)
    if "WrongArguments" in kinds:
        return f"{function}{message} does not fit the course's call, {function}({', '.join(arguments)})", None
    if "WrongFields" in kinds:
        return f"GaussianMixture has the fields {message}; the course's are mu, var, p", None
    if "SystemExit" in kinds:
        return (f"{doing}ends the program with sys.exit{where}",
                "Leave sys.exit, exit and quit out of functions and modules.")
    if "EOFError" in kinds and "input" in (error["where"] or ["", 0, "", ""])[2]:
        return (f"{doing}waits for somebody to type{where}",
                "Leave input() out: the functions get all that they need as arguments.")
    # Without a line of theirs it was not raised by them, but in making of their arguments or reading of their result.
    does = "raises" if where or not function else "could not be checked:"
    detail = f"{doing}{does} {error['error']}{': ' + message if message else ''}{where}"
    return detail, _advice(error, function)


def _where(where):
    """Return the last line of theirs, for people."""
    if not where:
        return ""
    file, line, text, _ = where
    return f" ({file}{f', line {line}' if line else ''}{': ' + text if text else ''})"


def _import(error, doing, where):
    moved = next((name for name in MOVED if re.search(rf"\b{name}\b", (error["where"] or ["", 0, "", ""])[2])), None)
    missing = error["missing"] or ""
    if moved and missing.startswith("scipy"):
        return (f"{doing}fails{where}",
                f"{moved} has moved: write from {MOVED[moved]} import {moved}.")
    if "ModuleNotFoundError" in error["kinds"] and missing:
        name = missing.split(".")[0]
        how = f"Put {name}.py into the folder" if name in ("em", "kmeans", "naive_em") else \
            f"Install it (pip install {name}), put {name}.py into the folder if it is yours"
        return (f"{doing}needs {missing}, which is neither installed here nor a file of the folder{where}",
                f"{how}, or do without it.")
    if "relative import" in error["message"] and error["where"]:
        plain = re.sub(r"from \.+(\w+)", r"from \1", error["where"][2])
        return f"{doing}fails: {error['message']}{where}", f"The course's modules lie in one folder: write {plain}."
    message = re.sub(r" \([^()]*\.\w+\)$", "", error["message"])  # less the path of where the name is not
    return f"{doing}fails: {message}{where}", None


class Usual(NamedTuple):
    """An exception with a usual cause."""

    kind: str  # name of the exception's class, or of one that it is derived from
    message: str  # pattern that its message holds
    advice: str


_NOT_ONE_NUMBER = ("An array is put where one number belongs. Older versions of NumPy took an array of one entry, of"
                   " shape (1,), for a number; today's do not. Take the number out of it, value.item() or value[0], or"
                   " leave out what makes it an array: keepdims, a pair of brackets, an index like [0:1].")
USUAL = [
    Usual("BdbQuit", "", "A debugger was left in. Take out pdb.set_trace() and breakpoint()."),
    Usual("ValueError", "setting an array element with a sequence", _NOT_ONE_NUMBER),
    Usual("TypeError", "only (0-dimensional|length-1|size-1) arrays can be converted", _NOT_ONE_NUMBER),
    Usual("ValueError", "truth value of an array with more than one element",
          "An array is compared where one number belongs. Is the log-likelihood summed over the users? Else say .any()"
          " or .all()."),
    Usual("ValueError", "operands could not be broadcast|shapes .* not aligned|mismatch in its core dimension",
          "Shapes do not fit together. X is (n, d), post (n, K), mu (K, d), var and p (K,): print the shapes in this"
          " line. A user's ratings X[u, C] need mu[j, C]."),
    Usual("LinAlgError", "",
          "No matrix need be inverted: the covariance is var[j] times the identity, and its inverse 1 / var[j]."),
    Usual("MemoryError", "",
          "More memory was asked for than there is. Is there an array over users, components and movies at once?"),
    Usual("RecursionError", "", "A function calls itself without end."),
    Usual("UnboundLocalError", "",
          "A variable is used before it has a value, as old is in the first iteration: set it before the loop."),
]


def _advice(error, function):
    """Return where to look, for exceptions that have a usual cause."""
    kinds, message = error["kinds"], error["message"]
    removed = re.search(r"module 'numpy' has no attribute '(\w+)'", message)
    if "AttributeError" in kinds and removed and f"np.{removed[1]}" in REMOVED:
        return f"np.{removed[1]} was removed from NumPy. Write {REMOVED[f'np.{removed[1]}']} instead."
    if "FileNotFoundError" in kinds and not function:
        file = error["file"] or message.removesuffix(" not found.")
        return (f"The file {file} is read at import and is not in the folder. Read files inside a function, or"
                " under if __name__ == \"__main__\":, so that the module can be imported from anywhere.")
    if "FileNotFoundError" in kinds:
        return "The functions get all their data as arguments; none needs a file."
    return next((usual.advice for usual in USUAL if usual.kind in kinds and re.search(usual.message, message)), None)


def no_answer(answer, module, function, limit):
    """Return (detail, diagnosis) for a call that timed out or lost its process."""
    doing = f"{module}.{function}" if function else f"importing {module}.py"
    if answer.status == "timeout":
        where = None if function else ("Code outside of functions runs when the module is imported. Put it under"
                                       " if __name__ == \"__main__\":.")
        return f"{doing} did not end within {limit:g} s", where
    if answer.status == "garbled":
        return f"{doing} wrote into the checker's own stream, or in some other way sent what is no answer", None
    if answer.exit is None:
        return f"{doing} ended the whole process", None
    how = f"signal {-answer.exit}" if answer.exit < 0 else f"exit status {answer.exit}"
    return f"{doing} ended the whole process ({how})", None
