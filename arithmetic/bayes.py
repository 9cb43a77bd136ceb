"""Bayes' rule in the log domain."""

import numpy as np

NEGLIGIBLE = 1e-200  # smaller soft counts change no sum; as factors they make denormal numbers, which are slow


def posterior(log_joint):
    """Return post and the log-likelihood, by Bayes' rule, from log p(component) p(point | component).

    Dividing by the largest term before exp, the log-sum-exp trick, keeps far-away points from underflowing. Soft counts
    that are NEGLIGIBLE become 0.

    Args:
        log_joint: (n, K).

    Returns:
        post: (n, K), rows of sum 1.
        log_likelihood: float, the sum over the points of log sum_j exp(log_joint[:, j]).

    Raises:
        ValueError: some row has no entry that is a number.
    """
    log_joint = np.asfortranarray(log_joint)  # one component after the other: K is small, and long rows are quick
    largest = log_joint.max(axis=1, keepdims=True)
    if not np.isfinite(largest).all():
        raise ValueError("expected variances that fit the data: some row of X is so far from every mean that even the"
                         " logarithm of its density is out of range")
    post, least = log_joint - largest, np.log(NEGLIGIBLE)
    negligible = post < least
    np.exp(np.maximum(post, least, out=post), out=post)  # exp takes five times as long for numbers that it rounds to 0
    post[negligible] = 0
    total = post.sum(axis=1, keepdims=True)
    post /= total
    return post, float((largest + np.log(total)).sum())
