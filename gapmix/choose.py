"""Which mixture suits a table: the number of components and the kind of covariance."""

from .estimator import GaussianMixture


def select(X, n_components=range(1, 7), covariance_type=("full", "tied", "diag", "spherical"), criterion="bic",
           random_state=0, **parameters):
    fits = [GaussianMixture(K, covariance_type=kind, random_state=random_state, **parameters).fit(X)
            for kind in covariance_type for K in n_components]
    return min(fits, key=lambda one: getattr(one, criterion)(X))
