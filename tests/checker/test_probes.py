"""The inputs have what they are named for."""

import numpy as np

from checker import formulas
from checker.probes import ordinary, rare_movies, small_variance


def test_probes_have_what_they_are_named_for():
    X, post, _ = rare_movies()
    support = post.T @ (X != 0)
    assert (support[:, 1] < 1).all() and (support[:2, 2] == 1).all() and (support[2] < 1).all()
    assert (np.delete(support[:2], [1, 2], axis=1) > 1).all()
    X, post, mixture = ordinary()
    assert (post.T @ (X != 0) > 1.05).all() and (X != 0).any(axis=1).all()
    assert len(set(mixture.p)) == len(set(mixture.var)) == 3
    X, post, mixture = small_variance()
    var = formulas.mstep(X, post, mixture, floor=formulas.as_it_is)[1]
    assert var[0] < 0.2 and var[1] > 0.3
