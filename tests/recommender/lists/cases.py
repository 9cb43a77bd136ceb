"""Planted choices for the tests of lists."""

import numpy as np
from scipy.sparse import csr_array


def choices(seed=0, n=30, d=12, share=0.3, most=1):
    """Return weights (n, d) of random choices, whole numbers from 1 to `most`; nobody chose the last item."""
    random = np.random.RandomState(seed)
    chosen = random.rand(n, d) < share
    chosen[:, -1] = False
    return csr_array(np.where(chosen, random.randint(1, most + 1, (n, d)), 0).astype(float))


def groups(seed=0, n=200, per_group=30, blockbusters=5, number=4):
    """Return ratings (n, d) in which popularity is not taste: each group of users likes its own items.

    All users also know the blockbusters, and few like them.
    """
    random = np.random.RandomState(seed)
    d = blockbusters + number * per_group
    group_of_item = np.r_[np.full(blockbusters, -1), np.repeat(np.arange(number), per_group)]
    own = group_of_item == random.randint(number, size=n)[:, None]
    known = random.rand(n, d) < np.where(group_of_item < 0, 0.9, np.where(own, 0.4, 0.02))
    liked = random.rand(n, d) < np.where(own, 0.8, 0.2)
    return csr_array(np.where(known, np.where(liked, random.randint(4, 6, (n, d)), random.randint(1, 4, (n, d))), 0.0))


def one_taste(seed=0, n=200, d=60):
    """Return ratings (n, d) of users with the same taste: some items are known to more users than others."""
    random = np.random.RandomState(seed)
    return csr_array(np.where(random.rand(n, d) < np.linspace(0.6, 0.02, d), random.randint(4, 6, (n, d)), 0.0))
