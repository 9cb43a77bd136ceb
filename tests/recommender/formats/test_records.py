"""JSON, Parquet, Feather and Excel files."""

import io
import json

import pytest

from console import InputError
from recommender import formats
from recommender.formats import records
from tests.recommender.formats.cases import NAMED, ROWS, as_dict, expected, packed
from tests.recommender.formats.conftest import optional

COLUMNS = "user_id", "item_id", "rating", "timestamp"


def written(kind, rows, names=COLUMNS):
    """The rows as pandas writes them."""
    pandas = optional("pandas")
    optional("pyarrow")
    frame, out = pandas.DataFrame(rows, columns=names), io.BytesIO()
    frame = frame.astype(dict.fromkeys(names[:1], "category"))
    (frame.to_parquet if kind == "parquet" else frame.to_feather)(out)
    return out.getvalue()


@pytest.mark.parametrize("rows", [ROWS, NAMED])
@pytest.mark.parametrize("kind", ["parquet", "feather"])
@pytest.mark.parametrize("size", [2, 2**20])
def test_parquet_and_feather(kind, rows, size, write, monkeypatch):
    monkeypatch.setattr(records, "_AT_ONCE", size)
    content = written(kind, rows)
    for path in (write(content, "f"), write(packed({"a/README": b"about\n", "a/f": content}), "z.zip")):
        assert as_dict(formats.read(path)) == expected(rows)
    with pytest.raises(InputError, match=r"cannot be read|is broken"):
        formats.read(write(content[:-100]))


def test_empty_cells_and_days_in_parquet(write):
    pandas = optional("pandas")
    days = pandas.to_datetime(["2024-01-02", "2024-01-01", None, "2024-01-01"])
    content = written("parquet", {"user_id": ["a", "a", None, "b"], "item_id": [40.0, 40.0, 1.0, 7.0],
                                  "rating": [4, 5, 3, None], "timestamp": days})
    found = formats.read(write(content))
    assert as_dict(found) == {("a", 40): 4}
    assert [note.rpartition(", ")[2] for note in found.notes if "left out" in note] == ["row 3", "row 4"]
    with pytest.raises(InputError, match="its header 'user_id, when' names no item and no rating; say which"):
        formats.read(write(written("parquet", [("a", 1)], ["user_id", "when"])))


def workbook(*rows):
    openpyxl = optional("openpyxl")
    book, out = openpyxl.Workbook(), io.BytesIO()
    for row in rows:
        book.active.append(row)
    book.save(out)
    return out.getvalue()


def test_excel(write):
    """Lists with a header, matrices, and titles; in the first sheet."""
    path = write(workbook(COLUMNS, *NAMED), "r.xlsx")
    found = formats.read(path)
    assert as_dict(found) == expected(NAMED) and "sheet of an Excel workbook; a header; used are" in found.notes[0]
    rows = [(5, 0, 3.5, 0, 1), (0, 0, 4, 4, 0)]
    assert formats.read(write(workbook(*rows))).X.toarray().tolist() == [list(row) for row in rows]
    assert formats.titles(write(workbook(("movieId", "title"), (7, "Heat, 1995")))) == {7: "Heat, 1995"}
    with pytest.raises(InputError, match="names no rating"):
        formats.read(write(workbook(COLUMNS[:2], (1, 2))))
    with pytest.raises(InputError, match="line 3: 'x' is no rating"):
        formats.read(write(workbook(COLUMNS[:3], (1, 2, 3), (1, 3, "x"))))
    with pytest.raises(InputError):
        formats.read(write(workbook(COLUMNS, *NAMED)[:-400]))


@pytest.mark.parametrize("module, content, says", [
    ("pyarrow", b"PAR1xxxx", "is a Parquet file; to read it, pip install pyarrow"),
    ("pyarrow", b"ARROW1", "is a Feather file; to read it, pip install pyarrow")])
def test_what_is_not_installed_is_said(module, content, says, write, monkeypatch):
    monkeypatch.setattr(records, module, None)
    with pytest.raises(InputError, match=says):
        formats.read(write(content))


def test_numbers_and_nothing_in_json(write):
    """IDs are as they are written; null is nothing; what is no object is counted."""
    objects = [{"user": "007", "item": 7, "rating": 4}, {"user": "7", "item": 40.0, "rating": None},
               {"user": "7", "item": 8, "rating": "3,5", "more": [1]}, {"item": 1, "rating": 3}]
    path = write("\n".join(map(json.dumps, objects)).encode())
    found = formats.read(path)
    assert as_dict(found) == {("007", 7): 4, ("7", 8): 3.5}
    assert sum("left out" in note for note in found.notes) == 2
