"""What an interrupted run goes on from, to the same bits: a file that is written whole after each iteration."""

import io
import json

import numpy as np

from common import GaussianMixture
from console import InputError, read_file, write_file
from recommender.damaged import BROKEN, Damaged, are, check, is_count
from recommender.scale.mixtures import Run

FORMAT, VERSION = "EM on a store, checkpoint", 1
FIELDS = tuple(f"{which}_{name}" for which in ("mixture", "before") for name in GaussianMixture._fields)


def write(path, settings, runs):
    """Write the Runs of some seeds, {seed: Run}, made with these settings, a dict of JSON's."""
    about = {"format": FORMAT, "version": VERSION, "settings": settings,
             "runs": [[seed, run.log_likelihoods, run.seconds] for seed, run in runs.items()]}
    arrays = {f"{seed}_{name}": part for seed, run in runs.items()
              for name, part in zip(FIELDS, (*run.mixture, *run.before), strict=True)}
    content = io.BytesIO()
    np.savez(content, about=np.array(json.dumps(about)), **arrays)
    write_file(path, content.getvalue())


def read(path, settings):
    """Return {seed: Run} of the checkpoint at `path`.

    Raises:
        InputError: it is none, damaged, or of a run with other settings; the message names those.
    """
    content = read_file(path, 2**40, "a checkpoint")
    refusal = InputError(f"{path} is no checkpoint of em, or damaged; expected one, or a new name")
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as found:
            arrays = dict(found)
        about = json.loads(str(arrays.get("about")))
    except BROKEN:
        raise refusal from None
    if not isinstance(about, dict) or (about.get("format"), about.get("version")) != (FORMAT, VERSION):
        raise refusal
    try:
        check(isinstance(about.get("settings"), dict) and are(_is_run, about.get("runs")), "no runs")
        runs = {seed: _run(arrays, seed, *told) for seed, *told in about["runs"]}
    except Damaged:
        raise refusal from None
    other = [name for name in settings if about["settings"].get(name) != settings[name]]
    if other:
        said = ", ".join(f"{name} {about['settings'].get(name)}, not {settings[name]}" for name in other)
        raise InputError(f"{path} is the checkpoint of another run: {said}")
    return runs


def _is_run(value):
    """Return whether something of JSON's is a seed, its log-likelihoods and the seconds of its iterations."""
    return (isinstance(value, list) and len(value) == 3 and is_count(value[0])
            and all(are(lambda one: type(one) in (int, float), part) for part in value[1:]))


def _run(arrays, seed, log_likelihoods, seconds):
    """Return the Run of a seed; raise Damaged where its arrays are not those of two mixtures."""
    parts = [arrays.get(f"{seed}_{name}") for name in FIELDS]
    check(all(part is not None and part.dtype == float and np.isfinite(part).all() for part in parts), "no numbers")
    mixture, before = GaussianMixture(*parts[:3]), GaussianMixture(*parts[3:])
    K, d = mixture.mu.shape if mixture.mu.ndim == 2 else (0, 0)
    check(all((each.mu.shape, each.var.shape, each.p.shape) == ((K, d), (K,), (K,)) for each in (mixture, before)),
          "no mixtures")
    return Run(mixture, before, tuple(log_likelihoods), tuple(seconds))
