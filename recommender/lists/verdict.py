"""Which list model to use: `popular`, unless another one has a larger mean NDCG by more than the standard error.

The standard error is that of the difference, over the same users, at least verdict.LEAST of them.
"""

from console import noun
from recommender import verdict
from recommender.verdict import standard_error

SIMPLE = "popular"


def best(ndcg):
    """Return the name of the model to use, from a dict of name to the NDCG (m,) of the same users' lists."""
    return verdict.best({name: -values for name, values in ndcg.items()}, SIMPLE)


def in_words(ndcg):
    """Return lines for the user about the best of several models; the argument is that of `best`."""
    name, by_mean = best(ndcg), sorted(ndcg, key=lambda name: -ndcg[name].mean())
    values = ndcg[name]
    lines = [f"Best: {name}, NDCG {values.mean():.4f} +- {standard_error(values):.4f} (standard error) over"
             f" {len(values)} {noun(len(values), 'user')}."]
    if by_mean[0] != name:
        lines.append(f"{by_mean[0]} has {ndcg[by_mean[0]].mean():.4f},"
                     f" {verdict.undecided(name, len(values), 'users')}")
    elif len(by_mean) > 1 and (gain := values - ndcg[by_mean[1]]).mean() > 0:
        lines.append(f"The next one, {by_mean[1]}, has {gain.mean():.4f} +- {standard_error(gain):.4f} less.")
    return lines
