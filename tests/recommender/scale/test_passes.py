"""Passes: threads and memory change no bit."""

import numpy as np

from recommender.scale import mixtures, passes
from recommender.scale.passes import Local
from tests.recommender.scale import cases
from tests.recommender.scale.cases import every_kernel


@every_kernel
def test_threads_and_memory_change_no_bit(place, kernel, monkeypatch):
    X = cases.ratings(np.random.RandomState(4), 40, 11)
    where, runs = place(X, kernel), []
    for threads, memory in ((1, 0), (2, 0), (3, 10**9), (2, 2000)):
        monkeypatch.setattr("console.cores.cores", lambda threads=threads: threads)
        other = Local(where.store, where.kernel_name, memory)
        runs.append(mixtures.run(other, mixtures.init(other, 4, 0)))
        assert len(other._kept) == len(where.store.chunks) if memory == 10**9 else memory == 2000 or not memory
    for run in runs:
        assert run.log_likelihoods == runs[0].log_likelihoods
        assert all(np.array_equal(*parts) for parts in zip(run.mixture, runs[0].mixture, strict=True))


def test_moments_of_parts_add_up():
    random = np.random.RandomState(0)
    parts = [random.normal(1e6, 1, size) for size in (5, 0, 1, 9)]
    total = passes.Moments(*np.zeros((3, 1)))
    for x in parts:
        mean = x.mean() if len(x) else 0.0
        total += passes.Moments(*np.array([[len(x)], [mean], [((x - mean) ** 2).sum()]]))
    x = np.concatenate(parts)
    np.testing.assert_allclose([*total], [[15], [x.mean()], [((x - x.mean()) ** 2).sum()]], rtol=1e-9)
