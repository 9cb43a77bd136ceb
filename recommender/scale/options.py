"""What em and als share: options, the Local or Cluster that makes the passes, and the results."""

import argparse
import os
import re
from contextlib import ExitStack, contextmanager
from importlib.util import find_spec
from pathlib import Path

from console import JSON, InputError, check_outputs, digits, escaped, real_number, whole_number, write_json
from console.memory import resident_peak
from recommender import model_file
from recommender.predictor import Predictor, from_held_out
from recommender.ratings import Table
from recommender.scale import kernels
from recommender.scale.passes import Local, hold_out
from recommender.scale.store import blocks, matrix, open_store
from recommender.sparse import counts, pairs

UNITS = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "t": 10**12}


def add_options(parser):
    """Add the store, and options that say where to work and what to write."""
    parser.add_argument("store", metavar="STORE", help="a folder written by convert")
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--workers", type=whole_number(1, 1024), metavar="N",
                       help="work in N processes of Dask (default: one process, with a thread for each core)")
    where.add_argument("--scheduler", metavar="ADDRESS",
                       help="work on the workers of the Dask scheduler at this address")
    parser.add_argument("--memory", type=size, metavar="SIZE",
                        help="memory for the ratings in each process, for example 1GB; ratings that do not fit are read"
                             " in each iteration (default: half of the free memory)")
    share = real_number(lambda value: 0 <= value < 1, "a share from 0 to less than 1")
    parser.add_argument("--hide", type=share, default=0.0, metavar="SHARE",
                        help="hold out this share of the ratings and print the RMSE on them (default: none)")
    parser.add_argument("--kernel", choices=kernels.NAMES,
                        help="the way to compute the sums (default: the quickest installed)")
    parser.add_argument("--out", metavar="MODEL", help="also write a model file for suggest and predict; needs --hide")
    parser.add_argument("--json", metavar="FILE", help="also write the results as JSON")


def size(text):
    """Return how many bytes a text says, such as 350MB or 1.5 GB."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?) ?([kmgt]?)b?", text.lower())
    if not found:
        raise argparse.ArgumentTypeError(f"expected a size as 350MB or 1.5GB, got {text!r}")
    return int(float(found[1]) * UNITS[found[2]])


def check_files(options, outputs=()):
    """Raise InputError if one of the options' files, or of `outputs` as in check_outputs, cannot be written."""
    if options.out and not options.hide:
        raise InputError("--out needs held-out ratings, which show how wide intervals must be; expected, for example,"
                         " --hide 0.1")
    check_outputs([*outputs, ("--json", options.json, JSON), ("--out", options.out, model_file.KIND)],
                  [options.store, *Path(options.store).glob("*")])


@contextmanager
def place(options):
    """Yield the Local or the Cluster of the store; raise InputError if the store or Dask cannot be used."""
    store = open_store(options.store)
    kernel = kernels.choose(store, options.kernel)
    memory = _free_bytes() // 2 // (options.workers or 1) if options.memory is None else options.memory
    with ExitStack() as stack:
        if options.workers or options.scheduler:
            if not find_spec("distributed"):
                raise InputError('--workers and --scheduler need Dask: pip install "dask[distributed]"')
            from recommender.scale.cluster import Cluster, client

            dask = stack.enter_context(client(options.workers, options.scheduler))
            where = Cluster(dask, store, kernel, memory, options.hide)
        else:
            where = Local(store, kernel, memory, options.hide)
        print(f"{escaped(options.store)}: {store.n:,} users, {store.d:,} items, {store.ratings:,} ratings; kernel"
              f" {kernel}, workers: {where.workers}", flush=True)
        yield where


def _free_bytes():
    """Return how much memory is free, or 2 GB if the system does not say."""
    try:
        return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):
        return 2 * 10**9


def finished(options, where, result, name, params, fitted):
    """Print and write the results: `result` has what only this program writes as JSON, the rest is as in saved."""
    if result["rmse"] is not None:
        print(f"RMSE of the held-out {options.hide:.0%}: {result['rmse']:{digits(result['rmse'])}}")
    if options.out:
        model_file.write(options.out, saved(where.store, options.hide, name, params, fitted))
        print(f"model: {escaped(options.out)}")
    if options.json:
        store, peak = where.store, max(resident_peak(), where.peak_bytes())
        write_json(options.json, {"users": store.n, "items": store.d, "ratings": store.ratings,
                                  "kernel": where.kernel_name, "workers": where.workers, **params, **result,
                                  "peak_mb": round(peak / 1e6, 1)})


def saved(store, share, name, params, fitted):
    """Return the model_file.Saved of a model, with intervals by the held-out share of the store's ratings.

    fitted(X) returns the model for users with ratings X (n, d), a csr_array.
    """
    seen, held_out = map(matrix, zip(*(hold_out(block, share) for block in blocks(store)), strict=True))
    model, (u, i, _) = fitted(seen), pairs(held_out)
    intervals = from_held_out(model.predict(u, i), model.sd(u, i), seen, held_out, store.scale)
    X = matrix(blocks(store))
    return model_file.Saved(name, params, Table(X, *store.ids(), store.scale),
                            Predictor(fitted(X), *counts(X), intervals, store.scale))
