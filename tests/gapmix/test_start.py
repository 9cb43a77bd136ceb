"""The starts: K-means on what is observed against plain loops, draws against scikit-learn's."""

import numpy as np
import pytest

from gapmix.start import _apart, kmeans, soft_counts, start
from gapmix.table import standard, table

from . import cases, oracle


def prepared(X, kind="full", weight=None):
    weight = np.ones(len(X)) if weight is None else weight
    return table(X, standard(X, weight), kind, weight)


def lloyd(Z, centres, weight):
    """Return K-means' clusters by loops over rows and clusters, over the entries observed."""
    labels = None
    for _ in range(300):
        old, labels = labels, [int(np.argmin([np.nansum((z - centre) ** 2) for centre in centres])) for z in Z]
        if labels == old:
            break
        new = centres.copy()
        for k in range(len(centres)):
            for j in range(Z.shape[1]):
                chosen = [i for i in range(len(Z)) if labels[i] == k and not np.isnan(Z[i, j])]
                if chosen:
                    new[k, j] = np.average(Z[chosen, j], weights=weight[chosen])
        if ((new - centres) ** 2).sum() <= 1e-4:
            break
        centres = new
    return labels


@pytest.mark.parametrize("kind", oracle.KINDS)
def test_kmeans_is_lloyd_s_on_the_observed_entries(kind):
    truth = cases.mixture(0, "full", K=3, d=4, apart=1.5)
    X = cases.rows(1, truth, 80, 0.3)
    weight = np.random.default_rng(2).uniform(0.5, 2, 80)
    rows = prepared(X, kind, weight)
    Z = (X - rows.scale.centre) / rows.scale.width
    centres = np.random.default_rng(3).normal(size=(3, 4))
    some = ~np.isnan(X).all(axis=1)
    assert (kmeans(rows, centres)[some] == np.array(lloyd(Z, centres, weight))[some]).all()


@pytest.mark.parametrize("kind", ["full", "diag"])
def test_distances_of_k_means_plus_plus_are_as_if_all_entries_were_there(kind):
    X = cases.rows(1, cases.mixture(0, "full", d=4), 30, 0.4)
    rows = prepared(X, kind)
    Z = (X - rows.scale.centre) / rows.scale.width
    centre = np.where(np.isnan(Z[7]), 0, Z[7])
    got = _apart(rows, X, 7)
    for i, z in enumerate(Z):
        if not np.isnan(z).all():
            assert got[i] == pytest.approx(4 * np.nanmean((z - centre) ** 2), rel=1e-10, abs=1e-12)


def test_cluster_that_loses_its_rows_takes_the_farthest():
    X = np.concatenate([np.random.default_rng(0).normal(size=(50, 2)), [[40.0, 40.0]]])
    labels = kmeans(prepared(X), np.array([[0.0, 0.0], [-99.0, -99.0]]))
    assert (labels[:50] == 0).all() and labels[50] == 1


@pytest.mark.parametrize("way", ["kmeans", "k-means++", "random", "random_from_data"])
def test_soft_counts_are_distributions_or_nothing(way):
    truth = cases.mixture(4, "full", K=3)
    X = cases.rows(5, truth, 60)
    weight = 1.0 * ~np.isnan(X).all(axis=1)
    post = soft_counts(prepared(X), X, 3, way, np.random.RandomState(0), weight)
    assert post.shape == (60, 3)
    total = post.sum(axis=1)
    assert np.all((np.abs(total - 1) < 1e-12) | (total == 0))
    assert (post.sum(axis=0) > 0).all()
    if way in ("k-means++", "random_from_data"):
        assert post.sum() == 3 and post[1].sum() == 0, "the row without entries was drawn"


def test_start_of_a_complete_table_is_the_m_step_of_its_clusters():
    X = np.random.default_rng(6).normal(size=(40, 3))
    rows, labels = prepared(X), np.arange(40) % 2
    Z = (X - rows.scale.centre) / rows.scale.width
    made = start(rows, np.eye(2)[labels], "full", 0.0, 0.0)
    for k in range(2):
        np.testing.assert_allclose(made.mu[k], Z[labels == k].mean(axis=0), atol=1e-12)
        np.testing.assert_allclose(made.cov[k], np.cov(Z[labels == k].T, bias=True), atol=1e-12)


@pytest.mark.parametrize("way", ["k-means++", "random", "random_from_data", "kmeans"])
def test_seeds_mean_what_they_mean_in_scikit_learn(way, sklearn):
    from sklearn.cluster import KMeans, kmeans_plusplus

    X = np.random.default_rng(7).normal(size=(70, 3)) + 6 * (np.arange(70) % 2)[:, None]
    rows = prepared(X)
    Z = (X - rows.scale.centre) / rows.scale.width
    post = soft_counts(rows, X, 4, way, np.random.RandomState(5), np.ones(70))
    random = np.random.RandomState(5)
    if way == "random":
        expected = random.uniform(size=(70, 4))
        expected /= expected.sum(axis=1, keepdims=True)
    elif way == "kmeans":
        expected = np.eye(4)[KMeans(4, n_init=1, random_state=random).fit(Z).labels_]
    else:
        chosen = (random.choice(70, 4, replace=False) if way == "random_from_data" else
                  kmeans_plusplus(Z, 4, random_state=random)[1])
        expected = np.zeros((70, 4))
        expected[chosen, np.arange(4)] = 1
    np.testing.assert_allclose(post, expected)
