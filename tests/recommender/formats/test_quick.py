"""The quick way of reading gives what the plain way gives."""


import numpy as np

from recommender.formats import quick, text
from tests.recommender.formats.cases import HEADER, lines, outcome


def word(random, kind):
    """A word as it may stand in a column, most often a usual one."""
    usual = {"id": "1 22 333 999999999999999999 0 4", "x": "1 5 3.5 0.5 -2 10 .5 4. +3 1e1",
             "time": "0 881250949 007"}[kind]
    strange = {"id": "007 x 1234567890123456789 é 1.0 +1", "x": "3.14159265 0 1e-5 -0.0 00003 123456789",
               "time": "1.5 -3 1e9 2005-09-06 99999999999999999 2005-09-06T10:00:00"}[kind]
    broken = ' nan 1_0 " \t , : '
    share = random.rand()
    words = (usual if share < 0.96 else strange if share < 0.985 else broken).split(" ")
    return words[random.randint(len(words))]


def test_the_quick_way_is_the_plain_way(write, monkeypatch):
    random, errors = np.random.RandomState(0), 0
    kept, counts = quick.columns, []
    for case in range(150):
        separator = ("\t", ",", "::", ";")[case % 4]
        kinds = ["id", "id", "x", "time"][: 3 + case % 3 // 2]
        rows = [[word(random, kind) for kind in kinds] for _ in range(random.randint(1, 12))]
        content = lines(rows, separator, ("\n", "\r\n")[random.randint(2)])
        if case % 5 == 0:
            content = separator.join(HEADER[: len(kinds)]).encode() + b"\n" + content
        monkeypatch.setattr(text, "PIECE", (10, 50, 1000)[random.randint(3)])
        path = write(content)
        monkeypatch.setattr(quick, "columns", lambda *given: counts.append(kept(*given)) or counts[-1])
        quickly = outcome(path)
        monkeypatch.setattr(quick, "columns", lambda *_: None)
        assert outcome(path) == quickly, content
        errors += isinstance(quickly, str)
    assert 0.1 < np.mean([chunk is None for chunk in counts]) < 0.9 and 15 < errors < 100


def test_the_quick_way_is_the_plain_way_in_the_netflix_prizes_lists(write, monkeypatch):
    random = np.random.RandomState(1)
    for _ in range(100):
        days = np.datetime64("2000-01-01") + random.randint(0, 4000, 20)
        rows = [f"{random.randint(20)}:" if random.rand() < 0.3 else f"{word(random, 'id')},{word(random, 'x')},{day}"
                for day in days[: random.randint(1, 20)]]
        path = write("\n".join(["7:", "1,2,2005-05-05", *rows]).encode())
        monkeypatch.setattr(text, "PIECE", (10, 50, 1000)[random.randint(3)])
        quickly = outcome(path)
        with monkeypatch.context() as plain:
            plain.setattr(quick, "columns", lambda *_: None)
            assert outcome(path) == quickly, rows
