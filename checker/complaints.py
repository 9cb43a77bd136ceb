"""What somebody's code did instead of giving an answer, in one clear line, and the usual cause."""

import re

from checker.mistakes import sections

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
    """Return (detail, diagnosis or None) of an Answer whose status is not ok.

    It is that of an import, or of a function that the course calls with these arguments and that was given so many CPU
    seconds.
    """
    doing = f"{module}.{function}" if function else f"importing {module}.py"
    if answer.status == "error":
        return _exception(answer.error, doing, function, arguments)
    if answer.status == "timeout":
        return f"{doing} did not end within {limit:g} s", None
    if answer.status == "garbled":
        return f"{doing} wrote into the checker's own stream, so its answer cannot be read", None
    how = "" if answer.exit is None else f" (signal {-answer.exit})" if answer.exit < 0 else \
        f" (exit status {answer.exit})"
    return f"{doing} ended the whole process{how}", None


def _exception(error, doing, function, arguments):
    kinds, message, where = error["kinds"], error["message"], ""
    if error["where"]:
        file, line, statement, _ = error["where"]
        where = f" ({file}{line_of(line)}{': ' + statement if statement else ''})"
    if "NotImplementedError" in kinds:
        unwritten = error["where"][3] if error["where"] and error["where"][3] != "<module>" else function or doing
        return f"{unwritten} is not written yet: it raises NotImplementedError{where}", None
    raised = f"{error['error']}{': ' + message if message else ''}{where}"
    if function and not where:  # no line of theirs raised it
        what = (f"{doing} cannot be called like the course's {function}({', '.join(arguments)})"
                if "TypeError" in kinds else f"the result of {doing} cannot be read")
        return f"{what}: {raised}", None
    return f"{doing} raises {raised}", error["fact"] or _advice(kinds, message)


def line_of(line):
    """Return the number of a line, to be put behind a file's name; nothing where it is not known."""
    return f", line {line}" if line else ""


def _advice(kinds, message):
    """Return where to look, for exceptions that have a usual cause."""
    removed = re.search(r"module 'numpy' has no attribute '(\w+)'", message)
    if removed and (instead := sections()["Names that NumPy no longer has"].get(f"np.{removed[1]}")):
        return f"np.{removed[1]} was removed from NumPy. Write {instead} instead."
    undefined = re.match(r"name '(\w+)' is not defined", message)
    if undefined and (instead := sections()["Names that are not defined"].get(undefined[1])):
        return f"{undefined[1]} is not defined. Write: {instead}."
    for title, advice in sections()["Errors"].items():
        kind, _, parts = title.partition(": ")  # "..." in a title stands for anything
        if kind in kinds and any(re.search(".*".join(map(re.escape, part.split("..."))), message)
                                 for part in parts.split("; ")):
            return advice
    return None
