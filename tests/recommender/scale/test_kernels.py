"""The kernels: each gives the sums of the plain loops, and the quickest is chosen."""

import numpy as np
import pytest

import plain_loops
from console import InputError
from recommender.scale import kernels, mixtures, passes
from tests import cases as shared
from tests.recommender.scale import cases
from tests.recommender.scale.cases import every_kernel


@every_kernel
@pytest.mark.parametrize("kind", cases.KINDS)
@pytest.mark.parametrize("K", [1, 4])
def test_an_iteration_is_that_of_plain_loops(place, kernel, kind, K):
    random = np.random.RandomState(K)
    X = cases.ratings(random, 40, 12, kind=kind)
    mixture, where = shared.mixture(random, K, 12), place(X, kernel)
    post, log_likelihood = plain_loops.em_estep(X, mixture)
    sums = passes.sum_of(where.each(mixtures.chunk_sums, mixture))
    np.testing.assert_allclose(mixtures.posts(where, mixture), post, rtol=1e-10, atol=1e-14)
    assert sums.log_likelihood == pytest.approx(log_likelihood, rel=1e-12)
    shared.same(mixtures.mstep(where, sums, mixture, 0.25), plain_loops.em_mstep(X, post, mixture), rtol=1e-10)


def test_the_quickest_kernel_is_chosen(tmp_path, monkeypatch):
    random = np.random.RandomState(0)
    full, gaps = (cases.stored(tmp_path / name, cases.ratings(random, 40, 10, missing))
                  for name, missing in (("full", 0.1), ("gaps", 0.9)))
    for installed, name in ((True, "numba"), (False, "scipy")):
        monkeypatch.setattr(kernels, "find_spec", lambda _, installed=installed: installed)
        assert kernels.choose(full) == "dense" and kernels.choose(gaps) == name
    assert kernels.choose(gaps, "dense") == "dense"
    with pytest.raises(InputError, match="needs the package numba"):
        kernels.choose(gaps, "numba")
