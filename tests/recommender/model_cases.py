"""Small models, their files, and the programs' output."""

import numpy as np
from scipy.sparse import csr_array

from console import run_program
from recommender import predictor
from recommender.__main__ import main
from recommender.catalogue import select
from recommender.model_file import Saved
from recommender.ratings import Scale, Table
from tests.ratings import ratings, times_of

ONE_TO_FIVE = Scale(1.0, 5.0, 1.0)
TITLES = ["Alpha (1990)", "Beta, The (1991)", "Gamma (1992)", "Gamma (1993)", "Delta | of it (1994)"]


def table(X):
    return Table(csr_array(X), np.arange(1, len(X) + 1), np.arange(10, 10 + X.shape[1]), ONE_TO_FIVE)


def saved(name="effects", X=None):
    X = ratings(n=30, d=20)[0] if X is None else X
    (model,) = select([name])
    fit, fitted = predictor.train(model, csr_array(X), ONE_TO_FIVE, times=times_of(csr_array(X)))
    return Saved(name, fit.params, table(X), fitted)


def said(capsys, *words, status=0):
    assert run_program(main, list(map(str, words))) == status
    out, err = capsys.readouterr()
    assert not status or (out == "" and err.count("\n") == 1), err
    return err if status else out
