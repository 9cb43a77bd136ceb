"""The picture: what is drawn is what the mixture says, for any K, and nothing is shown."""

import matplotlib
import numpy as np
import pytest

import common
from answers import drawings
from answers.runs import Run
from tests import cases

matplotlib.use("Agg")


@pytest.fixture
def pyplot(monkeypatch):
    from matplotlib import pyplot

    def show(*_, **__):
        raise AssertionError("plot must not show its figure")

    monkeypatch.setattr(pyplot, "show", show)
    yield pyplot
    pyplot.close("all")


def drawn(pyplot, K, n=250, ax=None):
    random = np.random.RandomState(K)
    X, mixture = random.uniform(0, 6, (n, 2)), cases.mixture(random, K, 2)
    post = cases.soft_counts(random, n, K)
    return X, mixture, post, common.plot(X.tolist(), mixture, post, "a title", ax=ax)


@pytest.mark.parametrize("K", [1, 4, 30])
def test_any_number_of_components_in_three_collections(pyplot, K):
    *_, ax = drawn(pyplot, K)
    ax.figure.canvas.draw()
    assert len(ax.collections) == 3 and not ax.patches  # points, and circles with their rim; none a component
    assert len(ax.get_legend().get_texts()) == K
    assert ax.get_title() == "a title" and ax.get_aspect() == 1


def test_circles_are_one_standard_deviation(pyplot):
    _, mixture, _, ax = drawn(pyplot, 4)
    ax.figure.canvas.draw()
    circles = ax.collections[-1]
    unit = ax.transData.transform([1, 0])[0] - ax.transData.transform([0, 0])[0]
    radius = circles.get_transforms()[:, 0, 0] * circles.get_transform().get_matrix()[0, 0]  # in pixels
    np.testing.assert_allclose(radius / unit, np.sqrt(mixture.var), rtol=1e-9)
    np.testing.assert_allclose(circles.get_offsets(), mixture.mu)


def test_colours_are_mixed_from_those_of_the_components(pyplot):
    _, _, post, ax = drawn(pyplot, 3)
    colours = np.array([handle.get_color() for handle in ax.get_legend().legend_handles])
    np.testing.assert_allclose(ax.collections[0].get_facecolors()[:, :3], post @ colours, atol=1e-12)


def test_colours_differ_in_lightness(pyplot):
    _, _, _, ax = drawn(pyplot, 6)
    rgb = np.array([handle.get_color() for handle in ax.get_legend().legend_handles])
    assert (np.diff(rgb @ [0.2126, 0.7152, 0.0722]) > 0.03).all()


def test_axes_hold_all_points_and_given_axes_are_used(pyplot):
    _, given = pyplot.subplots()
    X, _, _, ax = drawn(pyplot, 2, ax=given)
    assert ax is given
    (left, right), (bottom, top) = ax.get_xlim(), ax.get_ylim()
    assert left < X[:, 0].min() and X[:, 0].max() < right and bottom < X[:, 1].min() and X[:, 1].max() < top
    assert right - left < 1.3 * np.ptp(X[:, 0]) and top - bottom < 1.3 * np.ptp(X[:, 1])


def test_one_point(pyplot):
    X = np.ones((1, 2))
    common.plot(X, *common.init(X, 1), "one point").figure.canvas.draw()


def test_refuses_points_that_are_not_flat():
    X = np.ones((4, 3))
    with pytest.raises(ValueError, match=r"two coordinates .* got shape \(4, 3\)"):
        common.plot(X, *common.init(X, 2), "three coordinates")


@pytest.mark.parametrize("first, words", [(-2.4e6, "at \u22122.4)"), (-1.5e6, "")])
def test_a_first_iteration_outside_the_picture_is_named(first, words):
    runs = [Run(seed, None, None, -1.39e6, [first, second, -1.39e6], [], 0.0)
            for seed, second in enumerate((-1.5e6, -1.4e6))]
    ax = drawings.draw_log_likelihood({2: runs}).axes[0]
    assert (first / 1e6 < ax.get_ylim()[0]) == bool(words)
    assert ax.get_xlabel() == ("iteration (1 lies below, " + words if words else "iteration")
