"""The methods, beside the functions that they call."""

import numpy as np
import pytest

from black_hole import measure, methods, observation, rivals


def test_the_rivals_get_the_regularization_that_is_best_by_the_truth(small_sky, monkeypatch):
    monkeypatch.setattr(methods, "TV_GRID", (0.1, 3, 100))
    truth, F, U = small_sky
    y = observation.observe(truth, F, seed=15)
    short_F, short_y = U.T @ F, U.T @ y
    case = methods.Case("a ring", truth, y, short_y)
    found = {method: methods.attempt(method, case, short_F) for method in ("Tikhonov", "total variation")}
    peak = rivals.tikhonov_to_noise(short_F, short_y).max()
    variation = rivals.total_variation(short_F, short_y, peak, (0.1, 3, 100))
    tikhonov = rivals.tikhonov(short_F, short_y)
    for method, tried in (("Tikhonov", [tikhonov(t) for t in rivals.tikhonov_grid(F)]),
                          ("total variation", variation)):
        errors = [measure.nrmse(np.maximum(picture, 0), truth.ravel()) for picture in tried]
        assert measure.nrmse(found[method].picture, truth) == pytest.approx(min(errors)) and min(errors) < max(errors)
    best = np.argmin(errors)
    assert found["total variation"].note == f"regularization {(0.1, 3, 100)[best]}"


def test_the_chi2_that_is_told_for_each_gamma_is_that_of_all_measurements(small_sky, prior, monkeypatch):
    """Most of the noise fits no picture, and is added to what the informative numbers say."""
    truth, F, U = small_sky
    y, seen = observation.observe(truth, F, seed=15), [truth, 0.5 * truth, 0 * truth]

    def some_pictures(F, y, mixture, report):
        for picture in seen:
            report(1, picture)
        return truth

    monkeypatch.setattr(methods, "reconstruct", some_pictures)
    found = methods.attempt("patch prior", methods.Case("a ring", truth, y, U.T @ y), U.T @ F, prior)
    assert found.note.endswith(": " + ", ".join(f"{measure.reduced_chi2(x, F, y):.2f}" for x in seen))


def test_one_regularization_for_all_is_the_least_mean_not_the_mean_of_the_least():
    picture = np.ones((2, 2))
    found = [[methods.Found("a", picture, 0.0, "", errors), methods.Found("b", picture, 0.0)]
             for errors in ((1.0, 2.0, 9.0), (4.0, 2.0, 1.0))]
    assert methods.one_for_all(found) == {"a": 2.0}
