"""The right steps, written with exchangeable pieces: a usual mistake is one piece that is another.

    estep(X, mixture)                                  the E-step as it should be
    estep(X, mixture, size=every_movie)                the same with one mistake

Independent of the project's own em.py, which is checked against this as anybody's is. Needs nothing but NumPy, because
the process of the solution under check loads it too. X is (n, d), 0 for a missing rating; a mixture is (mu, var, p).
"""

import numpy as np

# Pieces of the E-step, as they should be. log_joint is log p_j + log N(x_u; mu_j, var_j I), (n, K).


def rated(X):
    """Which entries are observed ratings."""
    return X != 0


def number_rated(seen):
    """|C_u|: how many ratings a user gave."""
    return seen.sum(axis=1)


def log_weight(p):
    return np.log(p + 1e-16)


def log_norm(var):
    """What one rating adds to minus log N besides its distance."""
    return np.log(2 * np.pi * var) / 2


def exponent(distance, var):
    return distance / (2 * var)


def as_it_is(value):
    return value


def log_sum(log_joint):
    """log sum_j exp(log_joint[u, j]), safe from underflow."""
    largest = log_joint.max(axis=1)
    return largest + np.log(np.exp(log_joint - largest[:, None]).sum(axis=1))


def bayes(log_joint):
    return np.exp(log_joint - log_sum(log_joint)[:, None])


def sum_over_users(log_joint, log_p, post):
    return log_sum(log_joint).sum()


def estep(X, mixture, *, observed=rated, near=None, variance=as_it_is, size=number_rated, weight=log_weight,
          norm=1 / 2, two_pi=2 * np.pi, norm_var=as_it_is, power=1 / 2, power_sign=1, power_var=as_it_is,
          posterior=bayes, post_as=as_it_is, likelihood=sum_over_users, unit=as_it_is, mean=False, sign=1):
    """Return post (n, K) and the log-likelihood.

    `near` is `observed` for the distance alone, `variance` what becomes of var on entry; `norm` is the exponent of the
    normalisation (two_pi var)^(-norm |C_u|), `power` that factor of the squared distance over var; `post_as`, `unit`,
    `mean` and `sign` are what post and the log-likelihood are returned as.
    """
    mu, var, p = mixture
    var = variance(var)
    seen = np.asarray(observed(X), dtype=float)
    close = seen if near is None else np.asarray(near(X), dtype=float)
    distance = (X**2).sum(axis=1)[:, None] - 2 * X @ mu.T + close @ (mu**2).T
    log_p = weight(p)
    log_norm = norm * size(seen)[:, None] * np.log(two_pi * norm_var(var))
    log_joint = log_p - log_norm - power_sign * power * distance / power_var(var)
    post = posterior(log_joint)
    log_likelihood = likelihood(log_joint, log_p, post)
    return post_as(post), sign * unit(log_likelihood) / (len(X) if mean else 1)


# Pieces of the M-step. `support` (K, d) is the soft count of the users who rated a movie.


def as_given(post, mixture, seen):
    return post


def support_of_ratings(support, post):
    return support


def at_least_one(support, post, seen):
    return support >= 1


def old_mean(mu):
    return mu


def new_mean(new, old, seen):
    return new


def observed_ratings(support, post):
    """(K,): how many ratings, softly counted, a component has."""
    return support.sum(axis=1)


def share_of_users(post, seen):
    return post.mean(axis=0)


def at_least_a_quarter(var):
    return np.maximum(var, 0.25)


def mstep(X, post, mixture, *, observed=rated, counts=as_given, backing=support_of_ratings,
          divisor=support_of_ratings, enough=at_least_one, otherwise=old_mean, centre=new_mean, near=None,
          ratings=observed_ratings, floor=at_least_a_quarter, var_as=as_it_is, share=share_of_users, p_as=as_it_is):
    """Return mu (K, d), var (K,) and p (K,).

    `near` is `observed` for the distance alone, `counts` what stands for post in means and variances, `backing` what
    is taken for a mean's support.
    """
    seen = np.asarray(observed(X), dtype=float)
    weights, post = post, counts(post, mixture, seen)
    support, total = post.T @ seen, post.T @ X
    with np.errstate(all="ignore"):
        backed = backing(support, post)
        mu = np.where(enough(backed, post, seen), total / divisor(backed, post), otherwise(mixture[0]))
        around = centre(mu, mixture[0], seen)
        close = seen if near is None else np.asarray(near(X), dtype=float)
        distance = ((post.T @ X**2).sum(axis=1) - 2 * (around * total).sum(axis=1)
                    + (around**2 * (post.T @ close)).sum(axis=1))
        return mu, var_as(floor(distance / ratings(support, post))), p_as(share(weights, seen))


# The loop, the filling, and what stands beside them


def small_improvement(new, old):
    return new - old <= 1e-6 * abs(new)


def iterate(X, mixture, estep=estep, mstep=mstep):
    """Yield (mixture, post, log-likelihood) for ever: mixture after the M-step, the others of the E-step before it."""
    while True:
        post, log_likelihood = estep(X, mixture)
        mixture = mstep(X, post, mixture)
        yield mixture, post, log_likelihood


def until(stop, states, most=10_000):
    """Return the list of states up to the one where `stop(new, old)` figure, their last entry, or `most` of them."""
    path = []
    for state in states:
        path.append(state)
        if len(path) == most or (len(path) > 1 and stop(state[-1], path[-2][-1])):
            return path


def expectation(X, mixture, post):
    return post @ mixture[0]


def only_the_gaps(X, filling):
    return np.where(X == 0, filling, X)


def fill(X, mixture, *, value=expectation, value_as=as_it_is, into=only_the_gaps):
    """Return X with its gaps filled, (n, d)."""
    return into(X, value_as(value(X, mixture, estep(X, mixture)[0])))


def root_mean_square(difference):
    return np.sqrt(np.mean(difference**2))


def rmse(X, Y, *, measure=root_mean_square):
    return measure(X - Y)


def free_parameters(K, d):
    """K means of d coordinates, K variances, and K weights of which K - 1 are free."""
    return K * d + K + (K - 1)


def half_log(n, d):
    """The price of one parameter."""
    return np.log(n) / 2


def bic(X, mixture, log_likelihood, *, parameters=free_parameters, price=half_log, scale=1):
    return scale * (log_likelihood - parameters(len(mixture[2]), X.shape[1]) * price(*X.shape))


# K-means and EM on complete data


def every_entry(X):
    return np.ones_like(X)


def naive_estep(X, mixture, **pieces):
    return estep(X, mixture, **{"observed": every_entry, **pieces})


def always(support, post, seen):
    return support > 0


def no_floor(var):
    return var


def naive_mstep(X, post, **pieces):
    K, d = post.shape[1], X.shape[1]
    return mstep(X, post, (np.zeros((K, d)),),
                 **{"observed": every_entry, "enough": always, "floor": no_floor, **pieces})


def nearest(distance):
    return np.eye(distance.shape[1])[distance.argmin(axis=1)]


def kmeans_estep(X, mixture, *, choose=nearest):
    return choose(((X[:, None] - mixture[0]) ** 2).sum(axis=2))


def squared_distances(distance, post, d):
    return (post * distance).sum()


def kmeans_mstep(X, post, *, cost=squared_distances, **pieces):
    """Return the mixture and the cost."""
    mixture = naive_mstep(X, post, **pieces)
    distance = ((X[:, None] - mixture[0]) ** 2).sum(axis=2)
    return mixture, cost(distance, post, X.shape[1])


def small_fall(new, old):
    return old - new <= 1e-4


def kmeans_iterate(X, mixture, estep=kmeans_estep, mstep=kmeans_mstep):
    """Yield (mixture, post, cost) for ever."""
    while True:
        post = estep(X, mixture)
        mixture, cost = mstep(X, post)
        yield mixture, post, cost
