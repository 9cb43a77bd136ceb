"""The benchmark of stores: every way is measured, and the made ratings have the types that were planted."""

import numpy as np

from benchmarks import planted, scale
from console import run_program
from recommender.scale import mixtures, store
from recommender.scale.passes import Local


def test_planted_types_are_found_again(tmp_path):
    truth = planted.write(tmp_path / "store", 200_000, d=300, types=3, seed=1)
    where = Local(store.open_store(tmp_path / "store"), "scipy", 10**9)
    runs = [mixtures.run(where, mixtures.init_around_means(where, 3, seed)) for seed in range(3)]
    best = max(runs, key=lambda run: run.log_likelihoods[-1])
    found = mixtures.posts(where, best.mixture).argmax(axis=1)
    table = np.zeros((3, 3))
    np.add.at(table, (truth.types, found), 1)
    assert sorted(table.argmax(axis=1)) == [0, 1, 2] and table.max(axis=1).sum() > 0.9 * len(found)


def test_the_benchmark_measures_every_way(monkeypatch, capsys):
    names = ("em.run", "scipy", "ALS, rank 20")
    found = {name: function for name, function in scale.ways().items() if name in names}
    monkeypatch.setattr(scale, "ways", lambda: found)
    monkeypatch.setattr(scale, "in_process", lambda threads, function, *given: function(*given))
    assert run_program(scale.main, ["--ratings", "30000", "10000", "--iterations", "1", "--seeds", "1"]) == 0
    said = capsys.readouterr().out
    rows = [row.split("|")[1:3] for row in said.splitlines() if row.startswith("| ")][1:]
    assert tuple(name.strip() for name, _ in rows) == names * 2
    assert sum(int(row[1].replace(",", "")) for row in rows) > 3 * 30000
    assert said.count("slope") == 3 and "planted types" in said
