"""The kernels: the two sums of an iteration over the ratings of a block, which take nearly all of the time.

A kernel is made for a Store, and has

    prepare(block)            what is kept of a Block from one iteration to the next
    memory                    bytes that this takes of each rating, about
    begin(mixture)            a Pass over a chunk's blocks with its means mu (K, d); they are best laid out by columns,
                              a movie's K means after one another

A Pass has

    distances(prepared)       sum over C_u of (x - mu_j)^2, (users, K)
    add(prepared, post)       takes a block's soft counts (users, K) into the sums
    sums()                    support (d, K), the sum of post_j over the users who rated movie i, and shift (d, K),
                              that of post_j (x - mu_ij)

Sums of x - mu, and not of x: nothing cancels, however far from 0 the ratings lie.
"""

from importlib import import_module
from importlib.util import find_spec

from console import InputError

HOMES = {"numba": "compiled", "scipy": "products", "dense": "dense"}
DENSE = 0.2  # share of known ratings from which on matrix products with all the zeros are quicker


def choose(store, name=None):
    """Return the name of the kernel for a Store: the one asked for, or the quickest that is installed."""
    if name is None:
        if store.ratings >= DENSE * store.n * store.d:
            return "dense"
        return "numba" if find_spec("numba") else "scipy"
    if name == "numba" and not find_spec("numba"):
        raise InputError("the kernel numba needs the package numba: pip install -r recommender/requirements.txt")
    return name


def make(name, store):
    """Return the kernel of this name for a Store."""
    return import_module(f"{__name__}.{HOMES[name]}").Kernel(store)
