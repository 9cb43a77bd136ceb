"""Ratings in files that are not plain text: JSON, Parquet, Feather and Excel; and the Netflix Prize's lists."""

import csv
import io
import json
import re
import warnings
from functools import partial
from itertools import islice, zip_longest

import numpy as np

from console import InputError
from recommender.damaged import BROKEN, refusing
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
_MOVIE = re.compile(r"\S+:")


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
    records = list(_objects(begins.split("\n"))) or list(_objects([begins])) if begins.startswith("{") else []
    return records, list(dict.fromkeys(name for record in records for name in record))


def _objects(texts):
    for each in texts:
        try:
            found = json.JSONDecoder().raw_decode(each)[0]
        except (ValueError, RecursionError):
            continue
        if isinstance(found, dict):
            yield found


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
    with refusing(stream.name, "is no whole JSON", "", (ValueError, RecursionError)):
        found = json.load(stream.whole())
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
    with refusing(head.stream.name, f"is {what} that cannot be read", "", (pyarrow.ArrowException, *BROKEN)):
        names, batches = _opened(head)
        sample = [row for batch in islice(batches(names), 1) for row in batch.slice(0, _SAMPLE).to_pylist()]
    rows = [["" if value is None else str(value) for value in row.values()] for row in sample]
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
    used, row = [names[column] for column in layout.used], 1
    for batch in _whole(batches(used), stream.name):
        words = [batch.column(name).cast(pyarrow.string()).fill_null("") for name in used]
        found = [text.from_arrow(column.dictionary_encode()) for column in words]
        lines = range(row, row + len(batch))
        yield text.of_columns(found, layout, partial(text.places, stream.name, lines, what="row"), tally)
        row += len(batch)


def _whole(batches, name):
    with refusing(name, "is broken or cut off", "", (pyarrow.ArrowException, *BROKEN)):
        yield from batches


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
    with refusing(name, "is no Excel workbook that can be read", "", BROKEN):
        content = io.BytesIO(head.content + head.stream.whole().getvalue())
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of styles and the like
            rows = list(load_workbook(content, read_only=True, data_only=True).worksheets[0].values)
        csv.writer(out).writerows(zip(*zip_longest(*rows), strict=True))  # rows may end at their last value
    content = out.getvalue().encode()
    return Stream(name, io.BytesIO(content), len(content), lambda count: count / max(len(content), 1))


def netflix(head, told):
    """Return the Format of the Netflix Prize's lists: a line `movie:`, then lines `user,rating,date`; else None."""
    after = next((line for line in head.lines if not _MOVIE.fullmatch(line)), None)
    if _MOVIE.fullmatch(head.lines[0]) and after is not None and after.count(",") == 2:
        about = "movie by movie as in the Netflix Prize" + "; the ratings count choices" * told.implicit
        return Format(about, _netflix_chunks, LIST, several=True)
    return None


def _netflix_chunks(stream, tally):
    movie, layout = "", columns.Layout((0, None, 1, 2), 3, "", ",")
    with_movies = layout._replace(columns=(0, 1, 2, 3))
    read = text.Columns(layout, stream.name, tally, "a line movie: or a line user,rating,date")
    for piece in text.pieces(stream):
        content, movies, starts = _movies(piece.content, movie)
        (users, *others), lines = read(text.Piece(content, piece.line))
        lines = lines() if callable(lines) else lines
        which = np.searchsorted(starts, np.asarray(lines) - piece.line) - 1
        found = [users, Words(movies, which), *others]
        yield text.of_columns(found, with_movies, partial(text.places, stream.name, lines), tally)
        movie = movies[-1]


def _movies(content, movie):
    """Return lines with blank ones for those of movies; the movies, from the one before; and after which line, from 0,
    the ratings of each begin.
    """
    parts, movies, starts = [], [movie], [-1]
    *before, last = re.split(rb":[ \t]*\n", content)
    line = 0
    for part in before:
        lines, end, found = part.rpartition(b"\n")
        line += part.count(b"\n")
        if re.fullmatch(rb"\S+", found):
            movies.append(text.decoded(found))
            starts.append(line)
        else:
            end += found + b":"
        parts.append(lines + end)
        line += 1
    return b"\n".join([*parts, last]), movies, starts
