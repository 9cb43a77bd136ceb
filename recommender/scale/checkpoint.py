"""What an interrupted run goes on from, to the same bits: a file that is written whole after each iteration."""

import io
import json

import numpy as np

from common import GaussianMixture
from console import InputError, read_file, write_file
from recommender.damaged import BROKEN
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
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as found:
            about = json.loads(str(found["about"]))
            if (about["format"], about["version"]) != (FORMAT, VERSION):
                raise ValueError
            runs = {seed: _run(found, seed, *told) for seed, *told in about["runs"]}
    except BROKEN:
        raise InputError(f"{path} is no checkpoint of em, or damaged; expected one, or a new name") from None
    other = [name for name in settings if about["settings"].get(name) != settings[name]]
    if other:
        said = ", ".join(f"{name} {about['settings'].get(name)}, not {settings[name]}" for name in other)
        raise InputError(f"{path} is the checkpoint of another run: {said}")
    return runs


def _run(found, seed, log_likelihoods, seconds):
    parts = [found[f"{seed}_{name}"] for name in FIELDS]
    return Run(GaussianMixture(*parts[:3]), GaussianMixture(*parts[3:]), tuple(log_likelihoods), tuple(seconds))
