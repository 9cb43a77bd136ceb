"""The built-in sample: data of the course's shapes and formats, made from a seed, for users without the course's files.

`python -m data.sample DIR` writes them under the course's names. Everybody gets the same files, because NumPy keeps the
stream of np.random.RandomState frozen.
"""

import os
import sys
from pathlib import Path

import numpy as np

import plain_loops
from console import InputError, Parser, escaped, make_folder, run_program, write_file
from data.course import CHECKSUMS, NETFLIX, TEST_CASE, TOY
from data.text import Solutions, format_solutions


def toy(seed=0):
    """Return (250, 2) points of three spherical components: a tight one that touches a wide one, and one apart."""
    random = np.random.RandomState(seed)
    components = [(70, (-3.0, 2.0), 0.5), (110, (0.5, 3.2), 1.5), (70, (3.0, -3.5), 0.9)]
    X = np.vstack([random.normal(mean, sd, size=(n, 2)) for n, mean, sd in components])
    return np.round(random.permutation(X), 3)


def ratings(n=1200, d=1200, tastes=3, observed=0.77, seed=0):
    """Return (n, d) ratings 1 to 5 with gaps (0), and the same without gaps.

    A rating is a mean, plus the user's and the movie's effect, plus the products of the user's tastes and the movie's
    traits, plus noise, rounded. Which ratings are missing does not depend on their values.
    """
    random = np.random.RandomState(seed)
    user, movie = random.normal(0, 0.45, (n, 1)), random.normal(0, 0.5, d)
    true = 3.6 + user + movie
    for _ in range(tastes):
        true = true + random.normal(0, 0.65, (n, 1)) * random.normal(0, 0.65, d)
    complete = np.clip(np.round(true + random.normal(0, 0.75, (n, d))), 1, 5)
    return np.where(random.uniform(size=(n, d)) < observed, complete, 0), complete


def solutions(X, X_gold, K=4, seed=0):
    """Return the Solutions of a test case, computed by the plain loops of plain_loops.py."""
    mixture = plain_loops.init(X, K, seed)
    post, log_likelihood = plain_loops.em_estep(X, mixture)
    final, final_post, final_log_likelihood = plain_loops.em_run(X, mixture)
    X_pred = plain_loops.em_fill(X, final)
    return Solutions(X, K, mixture, post, log_likelihood, plain_loops.em_mstep(X, post, mixture), final, final_post,
                     final_log_likelihood, X_gold, X_pred, plain_loops.rmse(X_gold, X_pred))


def contents(names=tuple(CHECKSUMS)):
    """Return {name: bytes} of the sample's files called `names`."""
    made = {}
    if set(TOY) & set(names):
        made[TOY[0]] = "".join(f"{x:.3f} {y:.3f}\n" for x, y in toy()).encode()
    if set(NETFLIX) & set(names):
        made |= zip(NETFLIX, map(_whole_numbers, ratings()), strict=True)
    if set(TEST_CASE) & set(names):
        X, complete = ratings(20, 5, tastes=2, seed=31)  # a draw in which no component dies
        texts = _whole_numbers(X), _whole_numbers(complete), format_solutions(solutions(X, complete)).encode()
        made |= zip(TEST_CASE, texts, strict=True)
    return {name: made[name] for name in names}


def content(name):
    """Return the bytes of the one file called `name`."""
    return contents([name])[name]


def _whole_numbers(matrix):
    return "".join(" ".join(map(str, row)) + "\n" for row in matrix.astype(int).tolist()).encode()


def main(argv=None):
    parser = Parser(description="Write the built-in sample as files with the course's names.")
    parser.add_argument("folder", metavar="DIR", help="folder for the files; made if it does not exist")
    given = parser.parse_args(argv).folder
    paths = {name: Path(given, name) for name in CHECKSUMS}
    present = [name for name, path in paths.items() if os.path.lexists(path)]
    if present:
        raise InputError(f"{given} already holds {', '.join(present)}: nothing is overwritten, choose another folder")
    make_folder(given)
    try:
        for name, text in contents().items():
            write_file(paths[name], text)
    except BaseException:  # all six or none
        for path in paths.values():
            path.unlink(missing_ok=True)
        raise
    print(f"{escaped(given)}: {', '.join(CHECKSUMS)}")
    return 0


if __name__ == "__main__":
    sys.exit(run_program(main))
