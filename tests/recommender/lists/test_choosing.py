"""Which list model, signal and hyper-parameters are chosen: planted truths."""

import numpy as np
import pytest
from scipy.sparse import csr_array

from console import InputError
from recommender.lists import choosing, signal, verdict
from recommender.lists.catalogue import MODELS
from recommender.sparse import with_values
from recommender.splits import Part
from tests.recommender.lists.cases import groups, one_taste


def winners(X, **how):
    part = choosing.held_out(X, 1)
    return {model.name: max(map(choosing.mean, choosing.trials(model, part, **how))) for model in MODELS}


def test_taste_beats_popularity_where_groups_have_their_own_items():
    ndcg = winners(groups())
    assert min(ndcg["ease"], ndcg["implicit-als"], ndcg["item-knn"]) > 1.5 * ndcg["popular"]
    assert choosing.best(groups())[0].name != "popular"


def test_popularity_wins_where_everybody_has_the_same_taste():
    found, ndcg = choosing.best(one_taste())
    assert found.name == "popular" and ndcg == winners(one_taste())["popular"]


def test_signals_are_weights_of_what_users_chose():
    X = csr_array((np.array([0.0, 2.0, 4.0, 5.0]), ([0, 0, 1, 1], [0, 1, 0, 2])), shape=(2, 3))
    rated, liked = (one.weights(X).toarray().tolist() for one in signal.signals(X))
    assert rated == [[1, 1, 0], [1, 0, 1]] and liked == [[0, 0, 0], [1, 0, 1]]  # the mean is 2.75
    chosen, counts = (one.weights(X) for one in signal.signals(X, implicit=True))
    assert chosen.toarray().tolist() == [[0, 1, 0], [1, 0, 1]] and chosen.nnz == 3
    np.testing.assert_allclose(counts.toarray(), [[0, np.log2(3), 0], [np.log2(5), 0, np.log2(6)]])
    assert len(signal.signals(with_values(X, np.ones(4)), implicit=True)) == 1


@pytest.mark.parametrize("unit", [1.0, 0.1, 1e-7, 1 / 3, 1e6])
def test_what_is_liked_does_not_depend_on_the_unit(unit):
    """Ratings 1, 2 and 3, of which 2 is the mean."""
    X = csr_array(np.random.RandomState(0).permutation(np.repeat([1.0, 2.0, 3.0], 20)).reshape(6, 10))
    in_unit = with_values(X, unit * X.data + 7 * unit)
    weights = signal.signals(in_unit)[1].weights(in_unit)
    np.testing.assert_array_equal(weights.toarray(), X.toarray() >= 2)


def test_the_order_of_users_and_the_unit_choose_the_same():
    X = groups(n=80, per_group=12)
    found, ndcg = choosing.best(X)
    in_percent, other = choosing.best(with_values(X, 20 * X.data))
    assert (found.name, found.params, found.signal.kind) == (in_percent.name, in_percent.params, in_percent.signal.kind)
    assert ndcg == pytest.approx(other)
    np.testing.assert_allclose(found.scores(X), in_percent.scores(with_values(X, 20 * X.data)), atol=1e-9)


def test_of_equal_scores_the_popular_item_comes_first_as_in_suggest():
    """User 0 likes nothing, so all scores are 0; everybody else likes the last item."""
    random, train = np.random.RandomState(0), np.zeros((20, 14))
    train[0, 0], train[1:, 13], train[np.arange(1, 20), random.randint(1, 13, 19)] = 1, 5, 5
    held_out = csr_array((np.array([5.0]), ([0], [13])), shape=train.shape)
    for model in MODELS[1:]:
        found = choosing.trials(model, Part(csr_array(train), held_out))
        assert {trial.ndcg.tolist()[0] for trial in found if trial.signal.kind == "liked"} == {1.0}


def test_many_users_are_judged_by_a_sample(monkeypatch):
    monkeypatch.setattr(choosing, "MOST_USERS", 50)
    assert winners(groups(n=120))["ease"] > 1.5 * winners(groups(n=120))["popular"]


def test_popular_is_named_unless_another_one_is_clearly_better():
    random = np.random.RandomState(0)
    popular, noise = random.rand(400), random.normal(0, 0.1, 400)  # the standard error is 0.005
    noise -= noise.mean()
    for gain, name in ((0.0045, "popular"), (0.0055, "ease")):
        assert verdict.best({"popular": popular, "ease": popular + noise + gain}) == name
    assert verdict.best({"ease": popular, "item-knn": popular + 0.001}) == "item-knn"
    assert verdict.best({"popular": popular[:5], "ease": popular[:5] + 1}) == "popular"


def test_too_few_ratings_are_refused():
    with pytest.raises(InputError, match="too few ratings to choose hyper-parameters"):
        choosing.best(csr_array(np.array([[1.0]])))
