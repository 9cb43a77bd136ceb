"""The benchmark of evaluate: ratings like real ones, and the memory of several processes."""

import multiprocessing
import os
import re
from pathlib import Path

import numpy as np
import pytest

from benchmarks import million
from console import run_program
from console.cores import each_in_a_process
from recommender.holdout import hold_out, limits, score
from recommender.models import effects, factorization
from recommender.sparse import counts, pairs

linux = pytest.mark.skipif(not os.path.exists("/proc/self/smaps_rollup"), reason="only Linux tells the memory so")


def test_made_ratings_have_long_tails_and_taste():
    X = million.ratings(1000, 600)
    users, movies = counts(X)
    assert set(X.data) == {1, 2, 3, 4, 5} and X.has_canonical_format
    assert users.min() == million.LEAST and users.max() > 3 * np.median(users)
    assert np.sort(movies)[-60:].sum() > 0.3 * X.nnz  # a tenth of the movies
    train, held_out = hold_out(X)
    u, i, x = pairs(held_out)
    by_effects, by_factors = (score(fitted.predict(u, i), x, limits(X)) for fitted in
                              (effects.effects(train), factorization.run(train, 5, 0.1)))
    assert by_factors < 0.98 * by_effects


def holds(job, say):
    """Hold as much memory as is shared, until told to end."""
    shared, end = job
    own = np.ones_like(shared)
    say("holding")
    return end.poll(60) and own[0] == shared[0]


@linux
def test_memory_that_processes_share_counts_once():
    pid, (end, ours), heard = os.getpid(), multiprocessing.Pipe(duplex=False), []
    before, shared = million.memory(pid), np.ones(10**7)

    def hear(said, left):
        if said:
            heard.append(million.memory(pid) - before)
            ours.send("end")

    assert list(each_in_a_process(holds, [(shared, end)], hear)) == [True]
    assert heard[0] == pytest.approx(2 * shared.nbytes, rel=0.25)


@linux
def test_the_benchmark_measures_every_model(monkeypatch, capfd):
    small = million.ratings(200, 100)
    monkeypatch.setattr(million, "ratings", lambda: small)
    monkeypatch.chdir(Path(million.__file__).parents[1])
    assert run_program(million.main, ["sparse", "--only", "constant", "effects"]) == 0
    said = capfd.readouterr().out
    rows = re.findall(r"^\| (constant|effects) +\|", said, re.MULTILINE)
    assert rows == ["constant", "effects"]
    (most,) = re.findall(r"^all: \d+ CPU s, \d+ s, (\d+) MB$", said, re.MULTILINE)
    assert 50 < int(most) < 1000
