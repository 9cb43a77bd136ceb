"""What the programs on a store share: options, and the place where the passes are made."""

import argparse
import os
import re
from contextlib import contextmanager
from importlib.util import find_spec

from console import JSON, InputError, check_outputs, digits, escaped, real_number, whole_number, write_json
from console.memory import resident_peak
from recommender import model_file
from recommender.scale import kernels
from recommender.scale.local import Local
from recommender.scale.store import files, open_store

UNITS = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "t": 10**12}


def add_options(parser):
    """Let a parser know the store, where and how to work, and what to write."""
    parser.add_argument("store", metavar="STORE", help="the folder")
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--workers", type=whole_number(1, 1024), metavar="N",
                       help="work in so many processes of Dask (default: in threads of this one, as many as cores)")
    where.add_argument("--scheduler", metavar="ADDRESS", help="work on the workers of Dask's scheduler there")
    parser.add_argument("--memory", type=size, metavar="SIZE",
                        help="how much memory the ratings may take in each process, as 1GB; what does not fit is read"
                             " anew in each iteration (default: half of what is free)")
    share = real_number(lambda value: 0 <= value < 1, "a share from 0 to less than 1")
    parser.add_argument("--hide", type=share, default=0.0, metavar="SHARE",
                        help="share of the ratings to hide, for an honest RMSE (default: none)")
    parser.add_argument("--kernel", choices=list(kernels.HOMES), help="how to compute (default: the quickest)")
    parser.add_argument("--out", metavar="MODEL", help="write a model file, for suggest; needs --hide")
    parser.add_argument("--json", metavar="FILE", help="write what came out as JSON, too")


def size(text):
    """Return the bytes that a text means: 350MB, 1.5 GB."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?) ?([kmgt]?)b?", text.lower())
    if not found:
        raise argparse.ArgumentTypeError(f"expected a size as 350MB or 1.5GB, got {text!r}")
    return int(float(found[1]) * UNITS[found[2]])


def check_files(options, read=()):
    """Raise InputError where a file cannot be written, or would replace what is read: the store, or one of `read`."""
    if options.out and not options.hide:
        raise InputError("--out needs hidden ratings, that tell how sure predictions are; expected --hide 0.1, say")
    check_outputs([("--json", options.json, JSON), ("--out", options.out, model_file.KIND)],
                  [*files(options.store), *read])


@contextmanager
def place(options):
    """A context with the place where the passes over the Store at options.store are made, as the options say.

    Raises:
        InputError: the store cannot be used, or Dask is not installed or does not answer.
    """
    store = open_store(options.store)
    kernel = kernels.choose(store, options.kernel)
    memory = _free_bytes() // 2 // (options.workers or 1) if options.memory is None else options.memory
    with _place(options, store, kernel, memory) as where:
        print(f"{escaped(options.store)}: {store.n:,} users, {store.d:,} items, {store.ratings:,} ratings; kernel"
              f" {kernel}, workers: {where.workers}", flush=True)
        yield where


@contextmanager
def _place(options, store, kernel, memory):
    if not options.workers and not options.scheduler:
        yield Local(store, kernel, memory, options.hide)
        return
    if not find_spec("distributed"):
        raise InputError("--workers and --scheduler need Dask: pip install -r recommender/requirements.txt")
    from recommender.scale.cluster import Cluster, client

    with client(options.workers, options.scheduler) as found:
        yield Cluster(found, store, kernel, memory, options.hide)


def _free_bytes():
    """Return how much memory is free, or 2 GB where the system does not say."""
    try:
        return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):
        return 2 * 10**9


def finished(options, where, result, name, params, fitted):
    """Print and write what came out.

    Args:
        options: of the program.
        where: the place where the passes are made.
        result: of the JSON file, without what is the same for all programs.
        name, params, fitted: as scale.saving.saved takes them.
    """
    if result["rmse"] is not None:
        print(f"RMSE of the {options.hide:.0%} hidden: {result['rmse']:{digits(result['rmse'])}}")
    if options.out:
        from recommender.scale.saving import saved

        model_file.write(options.out, saved(where.store, options.hide, name, params, fitted))
        print(f"model: {escaped(options.out)}")
    if options.json:
        store, peak = where.store, max(resident_peak(), where.peak_bytes())
        write_json(options.json, {"users": store.n, "items": store.d, "ratings": store.ratings, "kernel": where.kernel,
                                  "workers": where.workers, **params, **result, "peak_mb": round(peak / 1e6, 1)})
