"""The process in which somebody's code runs: it answers requests to import a module or to call a function.

Requests come in by what was stdin, answers leave by what was stdout. Before any of their code runs both are moved out
of its reach, so that nothing it prints, reads or closes can disturb them. This side keeps a copy of what it needs of
Python's modules and of NumPy: their code may replace any function there, even without meaning to.
"""

import contextlib
import importlib
import inspect
import os
import queue
import signal
import sys
import threading
import time
import types
import warnings
from collections import Counter, namedtuple

import numpy as np

from checker import exchanges, failures, keeper, messages
from checker.formulas import Mixture

OURS = ".ours"  # the folder, beside theirs, with what our common.py imports
GUARD = 5  # times the limit of CPU seconds that a call may take on the wall's clock; what sleeps uses no CPU
MEMORY = 4 * 2**30  # bytes that their code may take
FILE = 2**28  # bytes of a file that it may write


def main():
    """Serve the solution whose folder the command line names."""
    keeper.keep()
    serve(*sys.argv[1:])


def serve(folder):
    """Answer requests until there are no more. Ends the process when the checker's side is gone."""
    requests, answers = take_streams()
    set_limits()
    leave(folder)
    waiting = queue.Queue()
    threading.Thread(target=listen, args=(requests, waiting), daemon=True).start()
    messages.send(answers, messages.READY)
    while True:
        request = waiting.get()
        settle(folder)
        allow(request["limit"])
        answer = answer_of(request, folder)
        allow(0)
        try:
            messages.send(answers, answer)
        except (TypeError, ValueError, OverflowError, MemoryError):
            messages.send(answers, {**answer, "status": "ok", "warning": None,
                                    "value": {"other": "something that cannot be read as arrays"}})


def take_streams():
    """Return binary streams of the checker's requests and answers; their code gets /dev/null in their place."""
    streams = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(null, descriptor)
    return streams


def set_limits():
    """Let a solution that eats memory or disk end in an error and not in the machine's standstill."""
    with contextlib.suppress(ImportError, ValueError, OSError, AttributeError):
        import resource

        for kind, most in ((resource.RLIMIT_DATA, MEMORY), (resource.RLIMIT_FSIZE, FILE), (resource.RLIMIT_CORE, 0)):
            resource.setrlimit(kind, (most, resource.getrlimit(kind)[1]))


def leave(folder):
    """Make room for them: their modules are found first; last their folder as a package, and what our common needs."""
    own = [module for name, module in sys.modules.items() if name.partition(".")[0] == "checker"]
    for module in own:
        del sys.modules[module.__name__]
        for name, value in list(vars(module).items()):
            if isinstance(value, types.ModuleType) and value not in own and value is not sys:
                setattr(module, name, types.SimpleNamespace(**vars(value)))
    project = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    sys.path[:] = [folder, *(path for path in sys.path if path and os.path.abspath(path) != project),
                   *last_places(folder)]


def last_places(folder):
    """Return where modules are looked for that are nowhere else."""
    above = os.path.dirname(folder)
    return above, os.path.join(above, OURS)


def listen(requests, waiting):
    """Put requests into the queue. When they end, so does this process, whatever their code is doing."""
    while (request := messages.receive(requests)) is not None:
        waiting.put(request)
    os._exit(0)


def allow(seconds):
    """Let the process end by a signal when it has used so many CPU seconds from now; 0 is without end."""
    if hasattr(signal, "setitimer"):
        signal.signal(signal.SIGPROF, signal.SIG_DFL)
        signal.setitimer(signal.ITIMER_PROF, seconds)


def settle(folder):
    """Undo what their code may have done to the process since the last call: its folder, its standard streams."""
    os.makedirs(folder, exist_ok=True)
    os.chdir(folder)
    for name, descriptor, mode in (("stdin", 0, "r"), ("stdout", 1, "w"), ("stderr", 2, "w")):
        null = os.open(os.devnull, os.O_RDWR)
        if null != descriptor:
            os.dup2(null, descriptor)
            os.close(null)
        setattr(sys, name, os.fdopen(descriptor, mode, encoding="utf-8", errors="replace", closefd=False))
    sys.argv = ["em.py"]


def answer_of(request, folder):
    """Return the answer to one request: what came back, or what went wrong, and the CPU seconds that it took."""
    answer = {"id": request["id"], "changed": [], "calls": 0}
    start = time.process_time()
    try:
        with warnings.catch_warnings(record=True) as warned:
            warnings.simplefilter("default")  # once a line: a loop may cause millions
            value = call(request, folder, answer) if "function" in request else defined(request, folder)
        answer.update(status="ok", value=value, warning=failures.first_warning(warned, folder))
    except BaseException as error:  # whatever it is, even SystemExit, it is an answer
        answer.update(status="error", failure=failures.describe(error, folder))
    return {**answer, "seconds": max(time.process_time() - start, 0.0)}


def defined(request, folder):
    """Import a module of theirs; return which of the names are functions of it."""
    importlib.invalidate_caches()
    module = load(request["module"], folder)
    return [name for name in request["names"] if callable(getattr(module, name, None))]


def load(name, folder):
    """Import a module of theirs, as a module of a package where it asks for that."""
    try:
        return importlib.import_module(name)
    except ImportError as error:
        if "relative import" not in str(error):
            raise
        return importlib.import_module(f"{os.path.basename(folder)}.{name}")


def call(request, folder, answer):
    """Return the described result of their function.

    Into `answer` go the names of the arguments that it changed, and how often it called its steps.
    """
    if request["fresh"]:
        forget(folder)
    module = load(request["module"], folder)
    mixture_type = find_mixture_type(module, folder)
    arguments = [make_mixture(mixture_type, value) if isinstance(value, Mixture)
                 else value.copy() if isinstance(value, np.ndarray) else value for value in request["arguments"]]
    check_signature(getattr(module, request["function"]), arguments)
    calls = Counter()
    try:
        with exchanges.exchanged(module, request, mixture_type, calls) as function:
            return describe(function(*arguments))
    finally:  # an exception may come after the change
        with contextlib.suppress(Exception):  # what they have put there need not be arrays any more
            answer["calls"] = calls.total()
            answer["changed"] = changed_parts(request["names"], request["arguments"], arguments)


def forget(folder):
    """Let the next import of their modules be the first one again."""
    for name, module in list(sys.modules.items()):
        if failures.inside(getattr(module, "__file__", None) or "", folder):
            del sys.modules[name]


class WrongArguments(TypeError):
    """The function does not take the arguments that the course calls it with."""


def check_signature(function, arguments):
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):
        return  # not known of every callable
    wrong = WrongArguments(f"({', '.join(map(str, signature.parameters))})")
    try:
        bound = signature.bind(*arguments).arguments
    except TypeError:
        raise wrong from None
    for name, value in bound.items():  # a mixture where they want min_variance
        if isinstance(signature.parameters[name].default, (int, float)) and not isinstance(value, (int, float)):
            raise wrong


class WrongFields(TypeError):
    """Their GaussianMixture is not made of mu, var and p."""


def make_mixture(mixture_type, mixture):
    """Return a copy of a Mixture as their own type."""
    parts = {name: part.copy() for name, part in mixture._asdict().items()}
    try:
        inspect.signature(mixture_type).bind(**parts)
    except TypeError:
        raise WrongFields(", ".join(inspect.signature(mixture_type).parameters)) from None
    except ValueError:
        pass  # not known of every callable
    return mixture_type(**parts)


def find_mixture_type(module, folder):
    """Return the GaussianMixture that their code uses."""
    with contextlib.suppress(Exception):
        own = getattr(module, "GaussianMixture", None)
        return own or load("common", folder).GaussianMixture
    return namedtuple("GaussianMixture", Mixture._fields)


def changed_parts(names, before, after):
    """Return which of the arguments are not what they were, a mixture's arrays one by one."""
    changed = []
    for name, old, new in zip(names, before, after, strict=False):
        if isinstance(old, Mixture):
            changed += changed_parts([f"{name}.{field}" for field in old._fields], old,
                                     [getattr(new, field) for field in old._fields])
        elif isinstance(old, np.ndarray) and not np.array_equal(old, new, equal_nan=True):
            changed.append(name)
    return changed


def describe(value):
    """Return a result as a tree to be sent: arrays, Mixtures, or {"other": what it is}, with its "parts" if it has.

    Arrays are of float64, or of the lower precision that they came in.
    """
    if exchanges.is_mixture(value):
        return Mixture(*(describe(getattr(value, name)) for name in Mixture._fields))
    try:
        array = np.asarray(value)
    except Exception:
        array = np.asarray(None)
    numeric, small = array.dtype.kind in "biuf", array.nbytes <= messages.LARGEST
    if isinstance(value, (tuple, list)) and not all(np.isscalar(part) for part in value):
        if isinstance(value, list) and numeric:
            return {"other": "a list", "array": array.astype(float)}
        return {"other": f"a {type(value).__name__} of {len(value)}", "parts": [describe(part) for part in value[:10]]}
    if not small:
        return {"other": f"an array of shape {array.shape}"}
    if not numeric:
        return {"other": f"an array of {array.dtype}" if isinstance(value, np.ndarray) else type(value).__name__}
    return array if array.dtype.kind == "f" and array.itemsize < 8 else array.astype(float)
