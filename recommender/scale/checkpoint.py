"""The file from which an interrupted run of em continues, to the same bits. Each iteration writes it whole."""

import io
import json

import numpy as np

from common import GaussianMixture
from console import InputError, Kind, read_file, write_file
from recommender.damaged import BROKEN, Damaged, check, fits, refusing
from recommender.scale.mixtures import Run

FORMAT, VERSION = "EM on a store, checkpoint", 1
KIND = Kind("checkpoint", lambda path: True)  # em reads a file that is there before it replaces it
RUNS = {"runs": [(int, [float], [float])], "settings": {}}  # seeds, log-likelihoods, seconds
FIELDS = tuple(f"{which}_{name}" for which in ("mixture", "before") for name in GaussianMixture._fields)


def write(path, settings, runs):
    """Write the Runs of some seeds, {seed: Run}, made with these settings, a dict of JSON values."""
    about = {"format": FORMAT, "version": VERSION, "settings": settings,
             "runs": [[seed, run.log_likelihoods, run.seconds] for seed, run in runs.items()]}
    arrays = {f"{seed}_{name}": part for seed, run in runs.items()
              for name, part in zip(FIELDS, (*run.mixture, *run.before), strict=True)}
    content = io.BytesIO()
    np.savez(content, about=np.array(json.dumps(about)), **arrays)
    write_file(path, content.getvalue())


def read(path, settings):
    """Return {seed: Run} of a checkpoint; raise InputError if it is none, damaged, or of other settings."""
    content = read_file(path, 2**40, "a checkpoint")
    what, advice = "is no checkpoint of em, or damaged", "expected one, or a new name"
    with refusing(path, what, advice, BROKEN), np.load(io.BytesIO(content), allow_pickle=False) as found:
        arrays = dict(found)
        about = json.loads(str(arrays.get("about")))
    with refusing(path, what, advice, Damaged):
        check(fits(about, RUNS) and (about.get("format"), about.get("version")) == (FORMAT, VERSION), "it has no runs")
        runs = {seed: _run(arrays, seed, *lists) for seed, *lists in about["runs"]}
    other = [f"{name} {about['settings'].get(name)}, not {value}" for name, value in settings.items()
             if about["settings"].get(name) != value]
    if other:
        raise InputError(f"{path} is the checkpoint of another run: {', '.join(other)}")
    return runs


def _run(arrays, seed, log_likelihoods, seconds):
    """Return the Run of a seed; raise Damaged unless its arrays are two mixtures of the same shape."""
    parts = [arrays.get(f"{seed}_{name}") for name in FIELDS]
    check(all(part is not None and part.dtype == float and np.isfinite(part).all() for part in parts), "no numbers")
    K, d = parts[0].shape if parts[0].ndim == 2 else (0, 0)
    check([part.shape for part in parts] == [(K, d), (K,), (K,)] * 2, "its mixtures have other shapes")
    return Run(GaussianMixture(*parts[:3]), GaussianMixture(*parts[3:]), tuple(log_likelihoods), tuple(seconds))
