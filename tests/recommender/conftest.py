"""A small model and its files."""

import pytest

from recommender import model_file
from tests.ratings import ratings
from tests.recommender.model_cases import TITLES, saved


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A folder with a file of ratings, titles, and a model."""
    monkeypatch.chdir(tmp_path)
    X, _ = ratings(n=30, d=20)
    lines = [f"{u + 1}\t{i + 10}\t{x:g}\t880000000" for u, row in enumerate(X) for i, x in enumerate(row) if x]
    (tmp_path / "u.data").write_text("\n".join(lines) + "\n")
    titles = [f"{i + 10}|{title.replace('|', '')}|01-Jan-1990||http://x|0|0|0" for i, title in enumerate(TITLES)]
    (tmp_path / "u.item").write_text("\n".join(titles) + "\n", encoding="latin-1")
    model_file.write("m.npz", saved(X=X))
    return X
