"""Ratings in files that are not plain text: JSON, Parquet, Feather and Excel; and the Netflix Prize's lists."""

import csv
import io
import json
import re
import warnings
from functools import partial
from itertools import zip_longest

import numpy as np

from console import InputError
from recommender.damaged import BROKEN, reason
from recommender.formats import columns, text
from recommender.formats.format import LIST, Format
from recommender.formats.opening import Stream
from recommender.formats.words import Words, coded

try:
    import pyarrow
    from pyarrow import parquet
except ImportError:
    pyarrow = None

_AT_ONCE = 2**20  # rows in a Chunk
_SAMPLE = 1000  # rows by which columns are told apart
_MOVIE = re.compile(r"(\S+?):")


def of_json(head, told):
    """Return the Format of JSON: an object a line, as Amazon's and Yelp's reviews, or a list of objects; else None."""
    records, names = json_records(head)
    layout = names and columns.by_names(names, [_row(record, names) for record in records], told)
    if not layout:
        return None
    listed = head.lines[0].lstrip().startswith("[")
    about = f"JSON, {'a list of objects' if listed else 'an object a line'}; {layout.about}"
    names = [names[column] for column in layout.used]
    return Format(about, partial(_json_chunks, layout, names, listed), LIST)


def json_records(head):
    """Return the first objects of JSON, and the names of all that is in them; none if it is something else."""
    begins = text.decoded(head.content).lstrip("\ufeff \r\n\t[")
    if not begins.startswith("{"):
        return [], []
    records = []
    for line in begins.split("\n"):
        try:
            records += [json.JSONDecoder().raw_decode(line)[0]] if line.startswith("{") else []
        except (ValueError, RecursionError):
            continue
    try:
        records = records or [json.JSONDecoder().raw_decode(begins)[0]]
    except (ValueError, RecursionError):
        return [], []
    return records, list(dict.fromkeys(name for record in records for name in record))


def _json_chunks(layout, names, listed, stream, tally):
    for records, first in [_whole_list(stream)] if listed else _lines(stream):
        rows, lines = [], []
        for number, record in enumerate(records, first):
            if isinstance(record, dict):
                rows.append(_row(record, names))
                lines.append(number)
            elif record != "":
                tally.lines += 1
                tally.bad(f"{stream.name}, line {number}", "no JSON object")
        found = [coded(column) for column in zip(*rows, strict=True)] or [coded([]) for _ in names]
        yield text.of_columns(found, layout, partial(text.places, stream.name, lines), tally)


def _whole_list(stream):
    try:
        found = json.load(stream.whole())
    except (ValueError, RecursionError) as error:
        raise InputError(f"{stream.name} is no whole JSON ({reason(error)})") from None
    return (found if isinstance(found, list) else [found]), 1


def _lines(stream):
    for piece in text.pieces(stream):
        yield [_loaded(line) for line in text.decoded(piece.content).split("\n")[:-1]], piece.line


def _loaded(line):
    try:
        return json.loads(line) if line.strip() else ""
    except (ValueError, RecursionError):
        return None


def _row(record, names):
    return [value if isinstance(value, str) else "" if value is None else json.dumps(value)
            for value in map(record.get, names)]


def of_arrow(head, told):
    """Return the Format of a Parquet or Feather file, else None."""
    what = {b"PAR1": "a Parquet file", b"ARRO": "a Feather file"}.get(head.content[:4])
    if not what:
        return None
    if pyarrow is None:
        raise InputError(f"{head.stream.name} is {what}; to read it, pip install pyarrow")
    try:
        names, batches = _opened(head)
        sample = next(batches(names)).slice(0, _SAMPLE)
        rows = list(zip(*(_rows_of(column) for column in sample.columns), strict=True))
    except StopIteration:
        rows = []
    except (pyarrow.ArrowException, *BROKEN) as error:
        raise InputError(f"{head.stream.name} is {what} that cannot be read ({reason(error)})") from None
    layout = columns.by_names(names, rows, told)
    if not layout:
        raise InputError(f"{head.stream.name} is {what}: {columns.lacking(names, told) or names}")
    return Format(f"{what}; {layout.about}", partial(_arrow_chunks, layout, names, batches), LIST)


def _opened(head):
    """Return the names of a file's columns, and a function that yields batches of the columns with some names."""
    content = io.BytesIO(head.content + head.stream.whole().getvalue())
    if head.content.startswith(b"PAR1"):
        file = parquet.ParquetFile(content)
        return file.schema_arrow.names, lambda names: file.iter_batches(_AT_ONCE, columns=names)
    file = pyarrow.ipc.open_file(content)
    return file.schema.names, lambda names: (file.get_batch(k).select(names)
                                             for k in range(file.num_record_batches))


def _arrow_chunks(layout, names, batches, stream, tally):
    row = 1
    for batch in _whole(batches([names[column] for column in layout.used]), stream.name):
        found = [_words(batch.column(names[column])) for column in layout.used]
        yield text.of_columns(found, layout, partial(_rows_from, stream.name, row), tally)
        row += len(batch)


def _whole(batches, name):
    try:
        yield from batches
    except (pyarrow.ArrowException, *BROKEN) as error:
        raise InputError(f"{name} is broken or cut off ({reason(error)})") from None


def _rows_from(name, first, rows):
    return [f"{name}, row {first + row}" for row in rows]


def _words(column):
    column = column.cast(pyarrow.string()).fill_null("").dictionary_encode()
    return Words(column.dictionary.to_pylist(), column.indices.to_numpy())


def _rows_of(column):
    return [str(value.as_py()) if value.is_valid else "" for value in column]


def as_text(head):
    """Return the Stream of the first sheet of an Excel workbook as CSV, or None."""
    if not head.content.startswith(b"PK") or (b"xl/" not in head.content and b"[Content_Types]" not in head.content):
        return None
    name = head.stream.name
    try:
        from openpyxl import load_workbook
    except ImportError:
        raise InputError(f"{name} is an Excel workbook; to read it, pip install openpyxl") from None
    out = io.StringIO()
    try:
        content = io.BytesIO(head.content + head.stream.whole().getvalue())
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of styles and the like
            rows = list(load_workbook(content, read_only=True, data_only=True).worksheets[0].values)
        csv.writer(out).writerows(zip(*zip_longest(*rows), strict=True))  # rows may end at their last value
    except BROKEN as error:
        raise InputError(f"{name} is no Excel workbook that can be read ({reason(error)})") from None
    content = out.getvalue().encode()
    return Stream(name, io.BytesIO(content), len(content), lambda count: count / max(len(content), 1))


def netflix(head, _):
    """Return the Format of the Netflix Prize's lists: a line `movie:`, then lines `user,rating,date`; else None."""
    after = next((line for line in head.lines if not _MOVIE.fullmatch(line)), None)
    if _MOVIE.fullmatch(head.lines[0]) and after is not None and after.count(",") == 2:
        return Format("movie by movie as in the Netflix Prize", _netflix_chunks, LIST, several=True)
    return None


_RATED = columns.Layout((0, 1, 2), 3, "user, rating, date", ",")


def _netflix_chunks(stream, tally):
    movie, quick = None, text.Quick(_RATED)
    layout = columns.Layout((0, 1, 2, 3), 4, "")
    for piece in text.pieces(stream):
        found, lines, movie = _quickly(piece, movie, quick) or _line_by_line(piece, movie, stream.name, tally)
        yield text.of_columns(found, layout, partial(text.places, stream.name, lines), tally)


def _quickly(piece, movie, quick):
    """Return columns and lines of a Piece of the usual form, and the movie that it ends in; else None."""
    *parts, last = piece.content.split(b":\n")
    before = [part.rpartition(b"\n") for part in parts]  # the ratings of the movie before, and the next movie
    ratings = [*(lines + end for lines, end, _ in before), last]
    start = int(movie is None)
    movies = [movie, *(head.decode("latin-1") for *_, head in before)][start:]
    counts = [part.count(b"\n") for part in ratings]
    rows = quick.columns(text.Piece(b"".join(ratings), piece.line))
    if rows is None or counts[0] * start or sum(counts) != _length(rows[0][2]) or not all(map(_is_movie, movies)):
        return None
    users, x, days = rows[0]
    x = x if isinstance(x, Words) else x.astype(float)
    lines = piece.line + np.arange(sum(counts)) + np.repeat(np.arange(len(counts)), counts)
    which = np.repeat(np.arange(len(movies), dtype=np.int32), counts[start:])
    return [users, Words(movies, which), x, days], lines, movies[-1]


def _length(column):
    return len(column.codes if isinstance(column, Words) else column)


def _is_movie(word):
    return _MOVIE.fullmatch(word + ":") and not re.search(r"[\s,]", word)


def _line_by_line(piece, movie, name, tally):
    rows, lines = [], []
    for number, line in enumerate(text.decoded(piece.content).split("\n"), piece.line):
        head, words = _MOVIE.fullmatch(line.strip()), [word.strip() for word in line.split(",")]
        if head:
            movie = head[1]
        elif movie is not None and len(words) == 3:
            rows.append((words[0], movie, *words[1:]))
            lines.append(number)
        elif line.strip():
            expected = "movie:" if movie is None else "movie: or a line user,rating,date"
            tally.lines += 1
            tally.bad(f"{name}, line {number}", f"{line.strip()[:40]!r}; expected a line {expected}")
    return [coded(column) for column in zip(*rows, strict=True)] or [coded([])] * 4, lines, movie
