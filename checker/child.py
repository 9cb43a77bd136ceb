"""The process in which somebody's code runs: it answers requests to import a module or to call a function.

Requests arrive on the first stdin, answers leave on the first stdout. Before their code runs, both get other numbers,
so that nothing that it prints, reads or closes disturbs them.
"""

import ast
import contextlib
import importlib
import importlib.util
import os
import queue
import signal
import sys
import threading
import time
import types
import warnings
from collections import Counter, namedtuple
from importlib.machinery import SourceFileLoader

import numpy as np

from checker import covariance, exchanges, failures, messages
from checker.formulas import Mixture

OURS = ".ours"  # the folder beside theirs with what our common.py imports
GUARD = 5  # a call may take this many times its limit of CPU seconds on the clock; what sleeps uses no CPU
MEMORY = 4 * 2**30  # bytes that their code may take
FILE = 2**28  # bytes of a file that it may write
SOURCE_TO_CODE = SourceFileLoader.source_to_code


def main():
    """Answer requests on the solution in a folder, until there are no more or the checker has ended."""
    folder = sys.argv[1]
    requests, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    settle(folder)
    set_limits()
    leave(folder)
    replace_progress_bar()
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


def listen(requests, waiting):
    """Put requests into the queue. When there are no more, end the process, whatever their code is doing."""
    while (request := messages.receive(requests)) is not None:
        waiting.put(request)
    os._exit(0)


def settle(folder):
    """Undo what their code may have changed in the process: its folder, its standard streams."""
    os.makedirs(folder, exist_ok=True)
    os.chdir(folder)
    null = os.open(os.devnull, os.O_RDWR)
    for name, descriptor, mode in (("stdin", 0, "r"), ("stdout", 1, "w"), ("stderr", 2, "w")):
        os.dup2(null, descriptor)
        setattr(sys, name, os.fdopen(descriptor, mode, encoding="utf-8", errors="replace", closefd=False))
    if null > 2:
        os.close(null)
    sys.argv = ["em.py"]


def set_limits():
    """Let a solution that uses too much memory or disk end in an error, before it stops the machine."""
    with contextlib.suppress(ImportError, ValueError, OSError, AttributeError):
        import resource

        for kind, most in ((resource.RLIMIT_DATA, MEMORY), (resource.RLIMIT_FSIZE, FILE), (resource.RLIMIT_CORE, 0)):
            resource.setrlimit(kind, (most, resource.getrlimit(kind)[1]))


def allow(seconds):
    """Let a signal end the process after so many more CPU seconds; 0 is no limit."""
    if hasattr(signal, "setitimer"):
        signal.signal(signal.SIGPROF, signal.SIG_DFL)
        signal.setitimer(signal.ITIMER_PROF, seconds)


def leave(folder):
    """Let Python find their modules first, and last their folder as a package and what our common.py imports."""
    for name in [name for name in sys.modules if name.partition(".")[0] == "checker"]:
        del sys.modules[name]
    project = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    sys.path[:] = [folder, *(path for path in sys.path if path and os.path.abspath(path) != project),
                   *last_places(folder)]


def last_places(folder):
    above = os.path.dirname(folder)
    return above, os.path.join(above, OURS)


def replace_progress_bar():
    """Let code run that only shows its progress by tqdm, where that is not installed."""
    if importlib.util.find_spec("tqdm") is None:
        module = types.ModuleType("tqdm")
        vars(module).update(tqdm=NoBar, tqdm_notebook=NoBar, trange=lambda *counts, **_: NoBar(range(*counts)))
        sys.modules.update(dict.fromkeys(("tqdm", "tqdm.auto", "tqdm.notebook", "tqdm.autonotebook"), module))


class NoBar(contextlib.AbstractContextManager):
    """What tqdm.tqdm returns, without a bar."""

    def __init__(self, iterable=(), *_, **__):
        self.iterable = iterable

    def __iter__(self):
        return iter(self.iterable)

    def __exit__(self, *_):
        pass

    def __getattr__(self, name):
        return lambda *_, **__: None


def answer_of(request, folder):
    """Return the answer to one request: the result or the error, and the CPU seconds that it took."""
    answer = {"id": request["id"], "changed": [], "calls": 0, "replaced": []}
    start = time.process_time()
    leave_out(request["until"], folder)
    try:
        with warnings.catch_warnings(record=True) as warned:
            warnings.simplefilter("default")  # once per line: a loop may cause millions
            value = call(request, folder, answer) if "function" in request else defined(request, folder)
        answer.update(status="ok", value=value, warning=failures.first_warning(warned, folder))
    except BaseException as error:  # even SystemExit is an answer
        said = {**failures.describe(error, folder), "script": failures.script(error, folder)}
        answer.update(status="error", error=said)
    return {**answer, "seconds": max(time.process_time() - start, 0.0)}


def defined(request, folder):
    importlib.invalidate_caches()
    module = load(request["module"], folder)
    return [name for name in request["names"] if callable(getattr(module, name, None))]


def load(name, folder):
    """Import a module of theirs; if it has relative imports, as a module of a package."""
    try:
        return importlib.import_module(name)
    except ImportError as error:
        if "relative import" not in str(error):
            raise
        return importlib.import_module(f"{os.path.basename(folder)}.{name}")


def call(request, folder, answer):
    """Return the described result of their function.

    Write into `answer` which arguments it changed, how often it called its steps, and what was replaced.
    """
    if request["fresh"]:
        forget(folder)
    module = load(request["module"], folder)
    mixture_type = find_mixture_type(module, folder)
    arguments = [mixture_type(**{name: part.copy() for name, part in value._asdict().items()})
                 if isinstance(value, Mixture) else value.copy() if isinstance(value, np.ndarray) else value
                 for value in request["arguments"]]
    calls = Counter()
    try:
        replacing = (covariance.quick(own_modules(folder).values(), answer["replaced"]) if request["quick"]
                     else contextlib.nullcontext())
        with replacing, exchanges.exchanged(module, request, mixture_type, calls) as function:
            return describe(function(*arguments))
    finally:  # an exception may come after the change
        with contextlib.suppress(Exception):  # their code may have put anything there
            answer["calls"] = calls.total()
            answer["replaced"] = sorted(set(answer["replaced"]))
            answer["changed"] = changed_parts(request["names"], request["arguments"], arguments)


def leave_out(until, folder):
    """Load their modules from now on without their scripts; `until` is {file: the first line to leave out}."""
    def source_to_code(self, data, path, **named):
        line = until.get(os.path.relpath(path, folder))
        if line is None:
            return SOURCE_TO_CODE(self, data, path, **named)
        tree = ast.parse(data)
        tree.body = [node for node in tree.body if isinstance(node, failures.KEPT) or node.end_lineno < line
                     or (isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant))]
        return compile(tree, path, "exec")

    SourceFileLoader.source_to_code = source_to_code


def own_modules(folder):
    return {name: module for name, module in list(sys.modules.items())
            if failures.inside(getattr(module, "__file__", None) or "", folder)}


def forget(folder):
    """Let the next import of their modules be like the first."""
    for name in own_modules(folder):
        del sys.modules[name]


def find_mixture_type(module, folder):
    """Return the GaussianMixture that their code uses."""
    with contextlib.suppress(Exception):
        own = getattr(module, "GaussianMixture", None)
        return own or load("common", folder).GaussianMixture
    return namedtuple("GaussianMixture", Mixture._fields)


def changed_parts(names, before, after):
    """Return the names of the arguments that have changed, and of the arrays of mixtures."""
    changed = []
    for name, old, new in zip(names, before, after, strict=False):
        if isinstance(old, Mixture):
            changed += changed_parts([f"{name}.{field}" for field in old._fields], old,
                                     [getattr(new, field) for field in old._fields])
        elif isinstance(old, np.ndarray) and not np.array_equal(old, new, equal_nan=True):
            changed.append(name)
    return changed


def describe(value):
    """Return a result as a tree to be sent: an array, a Mixture, or {"other": what it is}, perhaps with its "parts".

    Arrays keep a precision that is lower than float64.
    """
    if exchanges.is_mixture(value):
        return Mixture(*(describe(getattr(value, name)) for name in Mixture._fields))
    try:
        array = np.asarray(value)
    except Exception:
        array = np.asarray(None)
    numeric = array.dtype.kind in "biuf"
    if isinstance(value, (tuple, list)) and not all(np.isscalar(part) for part in value):
        if isinstance(value, list) and numeric:
            return {"other": "a list", "array": array.astype(float)}
        return {"other": f"a {type(value).__name__} of {len(value)}", "parts": [describe(part) for part in value[:10]]}
    if isinstance(value, np.matrix) and numeric:
        return {"other": "an np.matrix", "array": array.astype(float)}
    if not numeric:
        return {"other": f"an array of {array.dtype}" if isinstance(value, np.ndarray) else type(value).__name__}
    return array if array.dtype.kind == "f" and array.itemsize < 8 else array.astype(float)
