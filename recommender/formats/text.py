"""Text in pieces of whole lines, and its columns: by pyarrow where it is installed, by numpy, or by the csv module."""

import csv
import io
import re
import warnings
from functools import partial
from typing import NamedTuple

import numpy as np

from console import InputError, noun
from recommender.formats.choices import of_events
from recommender.formats.words import SIZES, Words, chunk, coded

try:
    import pyarrow
    from pyarrow import csv as arrow_csv
except ImportError:  # the csv module does it, too
    pyarrow = None

PIECE = 2**24 if pyarrow else 2**18  # bytes that are read at a time; lists of words need many times as many
_HEAD = 2**16  # bytes by which a format is recognised
_MARK = b"\xef\xbb\xbf"  # the byte order mark with which Windows begins UTF-8
_ENCODED = "read as Windows-1252, the first is {} (if words look wrong there, save the file as UTF-8)"
_LONGEST = 2**24  # bytes of a line, or of lines that a quoted word makes one
_FIRST = re.compile(rb"\s*[^\n]*\n")  # the first line that is not blank, and those before it
SEPARATORS = {"::": "two colons", "\t": "tabs", ",": "commas", ";": "semicolons", " ": "blanks"}
CONTROL = re.compile(r"[\0-\x08\x0b\x0c\x0e-\x1f\x7f]")  # characters that no text has
_BLOCK = 2**18  # bytes
_LARGEST = 10**18  # the first ID with too many digits for a number


class Head(NamedTuple):
    """How a file begins."""

    content: bytes
    lines: list  # the lines that are not blank, as text; [""] where there is none
    stream: object  # to read the rest from


class Piece(NamedTuple):
    """Some lines of a file."""

    content: bytes  # whole lines, each ended by \n
    line: int  # the number of the first one, from 1


def head(stream):
    """Return the Head of a Stream; it holds at least the first line."""
    content = stream.read(_HEAD)
    while b"\n" not in content and b"\r" not in content and len(content) < _LONGEST and (more := stream.read(2**20)):
        content += more
    text = _unix(content.removeprefix(_MARK))
    if len(content) >= _HEAD:
        text = text[: text.rfind(b"\n") + 1] or text
    return Head(content, [line for line in decoded(text).split("\n") if line.strip()] or [""], stream)


def is_binary(head):
    """Return whether the first line of a file has bytes that no text has."""
    return CONTROL.search(head.lines[0]) is not None


def pieces(stream, header=False, quotes=False):
    """Yield the Pieces of a Stream, without its byte order mark and its `header`, the first line that is not blank.

    \\r\\n and \\r become \\n. With `quotes`, no Piece ends inside quotes, unless more than 16 MB would be inside.
    """
    line, rest, content = 1, b"", stream.read(PIECE).removeprefix(_MARK)
    while content or rest:
        content += stream.read(1) if content.endswith(b"\r") else b""
        text = rest + _unix(content)
        if not content:
            text += b"" if text.endswith(b"\n") else b"\n"
        end = text.rfind(b"\n") + 1
        if quotes and content and len(text) <= _LONGEST + PIECE:
            end = _outside_quotes(text, end)
        elif not end and len(text) > _LONGEST:
            raise InputError(f"{stream.name}, line {line}: longer than {_LONGEST} bytes; expected lines of text")
        whole, rest = text[:end], text[end:]
        first = _FIRST.match(whole)[0] if header and whole else b""
        header &= not first.strip()
        if len(whole) > len(first):
            yield Piece(whole[len(first):], line + first.count(b"\n"))
        line += whole.count(b"\n")
        content = stream.read(PIECE) if content else b""


def _unix(content):
    return content.replace(b"\r\n", b"\n").replace(b"\r", b"\n") if b"\r" in content else content


def _outside_quotes(text, end):
    """Return the end of the last line of text[:end] that is not inside quotes; 0 if there is none."""
    inside = text.count(b'"', 0, end) % 2
    while inside and end:
        before = text.rfind(b"\n", 0, text.rfind(b'"', 0, end)) + 1
        inside, end = (inside + text.count(b'"', before, end)) % 2, before
    return end


def decoded(content):
    """Return bytes as text: each line is UTF-8, or else Windows-1252 (or Latin-1 where that has no character)."""
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return "\n".join(map(_decoded_line, content.split(b"\n")))


def _decoded_line(line):
    for encoding in ("utf-8", "cp1252"):
        try:
            return line.decode(encoding)
        except UnicodeDecodeError:
            continue
    return line.decode("latin-1")


def _not_utf8(piece):
    """Return the numbers of the lines of a Piece that are no UTF-8."""
    if piece.content.decode("utf-8", "replace").encode() == piece.content:
        return []
    return [number for number, line in enumerate(piece.content.split(b"\n"), piece.line)
            if line.decode("utf-8", "replace").encode() != line]


def table(lines, separator):
    """Return lines as rows, lists of words."""
    rows, _ = _rows(Piece("\n".join([*lines, ""]).encode(), 1), separator)
    return [[word.strip() for word in row] for row in rows]


def chunks(layout, stream, tally):
    """Yield the Chunks of a text with a Layout; lines that give no rating are counted in a Tally."""
    read = Columns(layout, stream.name, tally)
    for piece in pieces(stream, layout.header, is_single(layout.separator)):
        columns, lines = read(piece)
        yield of_columns(columns, layout, partial(places, stream.name, lines), tally)


def places(name, lines, rows, what="line"):
    """Return where rows (m,) are in a file: words of file and line. `lines` are the numbers of all, or return them."""
    lines = lines() if callable(lines) else lines
    return [f"{name}, {what} {lines[row]}" for row in rows]


def of_columns(columns, layout, place, tally):
    """Return the Chunk of the columns layout.used, as words.chunk takes them."""
    found = dict(zip(layout.used, columns, strict=True))
    user, item, rating, *time = map(found.get, layout.columns)
    size = len(item.codes if isinstance(item, Words) else item)
    if layout.year is not None:
        years = found[layout.year]
        item = coded([with_year(item.words[k], years.words[y]) for k, y in
                      zip(item.codes.tolist(), years.codes.tolist(), strict=True)])
    if layout.person is not None:
        user = Words([layout.person], np.zeros(size, np.int32))
    if rating is None:
        rating = np.ones(size)
    elif layout.event:
        rating = of_events(rating, layout.events, tally.events)
    return chunk([user, item, rating, *time], place, tally, layout.day_first)


def with_year(title, year):
    """Return a title with the year in brackets: "Heat (1995)"."""
    title, year = title.strip(), year.strip().removesuffix(".0")
    return f"{title} ({year})" if title and year and not title.endswith(f"({year})") else title


def is_single(separator):
    """Return whether words may be quoted: only if a single character is between them."""
    return len(separator) == 1 and separator != " "


class Columns:
    """Reads the columns layout.used of Pieces: by pyarrow or numpy, or, where these might err, by the csv module.

    The tally counts the lines of another width. `expected`: which lines are expected, in words.
    """

    def __init__(self, layout, name, tally, expected=None):
        self._layout, self._name, self._tally, self._expected = layout, name, tally, expected
        ids = ["word"] if layout.year is not None or layout.person is not None else ["whole", "word"]
        times = ["number", "date", "word"] if len(layout.columns) == 4 else ["word"]
        self._kinds = [(id, time) for id in ids for time in times]  # tried in turn, until one does not fail

    def __call__(self, piece):
        """Return the columns of a Piece, Words or numbers (m,), and their lines' numbers, or a function that does."""
        columns, separator = self.quickly(piece), self._layout.separator
        if columns is None:
            return self._by_csv(piece)
        if b'"' in piece.content or separator == " ":
            return columns, lambda: [line for row, line in zip(*_rows(piece, separator), strict=False) if any(row)]
        ends = np.flatnonzero(np.frombuffer(piece.content, np.uint8) == ord("\n"))
        return columns, piece.line + np.flatnonzero(np.diff(ends, prepend=-1) > 1)

    def quickly(self, piece):
        """Return the columns of a Piece by pyarrow or numpy, or None where these may differ from the csv module."""
        content, separator = piece.content, self._layout.separator
        if separator == "::" and content.count(b":") == 2 * content.count(b"::"):
            content, separator = content.replace(b"::", b":"), ":"
        if separator == "::" or b"\0" in content or (
                b'"' in content and (content.count(b'"') % 2 or b' "' in content)):
            return None
        by = self._by_arrow if pyarrow and separator != " " else self._by_numpy
        columns = by(content, separator, _are_as_written(content))
        return columns if columns and all(map(_is_usual, columns)) else None

    def _by_numpy(self, content, separator, whole):
        layout = self._layout
        if not whole or layout.event or self._kinds[0][0] == "word" or b'"' in content or b"+" in content:
            return None
        kinds = dict(zip(layout.columns, ("i8", "i8", "f8", "f8"), strict=False))
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error")  # of no lines, and of 1.0 for an ID
                rows = np.loadtxt(io.BytesIO(content), [(str(k), kinds.get(k, "S1")) for k in range(layout.width)],
                                  comments=None, delimiter=None if separator == " " else separator, ndmin=1)
        except (ValueError, Warning):
            return None
        return [np.ascontiguousarray(rows[str(column)]) for column in layout.used]

    def _by_arrow(self, content, separator, whole):
        for id, time in [kinds for kinds in self._kinds if whole or kinds[0] != "whole"]:
            try:
                found = self._parsed(content, separator, id, time)
            except pyarrow.ArrowInvalid as error:
                if not re.search("conversion error to (int64|double|timestamp)", str(error)):
                    return None
                self._kinds.remove((id, time))
                continue
            return [from_arrow(column.combine_chunks()) for column in found.columns]
        return None

    def _parsed(self, content, separator, id, time):
        types = {"whole": pyarrow.int64(), "number": pyarrow.float64(), "date": pyarrow.timestamp("s"),
                 "word": pyarrow.dictionary(pyarrow.int32(), pyarrow.string())}
        layout = self._layout
        kinds = dict(zip(layout.columns, (id, id, "word", time), strict=False)) | {layout.year: "word"}
        return arrow_csv.read_csv(
            pyarrow.py_buffer(content),
            arrow_csv.ReadOptions(use_threads=False, block_size=len(content) + 1,
                                  column_names=[str(column) for column in range(layout.width)]),
            arrow_csv.ParseOptions(delimiter=separator, newlines_in_values=True,
                                   quote_char='"' if is_single(layout.separator) else False),
            arrow_csv.ConvertOptions(column_types={str(column): types[kind] for column, kind in kinds.items()},
                                     include_columns=[str(column) for column in layout.used],
                                     strings_can_be_null=False, null_values=[]))

    def _by_csv(self, piece):
        layout, (rows, lines) = self._layout, _rows(piece, self._layout.separator)
        other = _not_utf8(piece)
        if other:
            self._tally.note(_ENCODED, f"{self._name}, line {other[0]}", len(other))
        if set(map(len, rows)) != {layout.width}:
            for row, line, after in zip(rows, lines, lines[1:], strict=False):
                if len(row) != layout.width and (len(row) > 1 or "".join(row).strip()):
                    self._bad(row, line, after - line)
            lines = [line for row, line in zip(rows, lines, strict=False) if len(row) == layout.width]
            rows = [row for row in rows if len(row) == layout.width]
        columns = list(zip(*rows, strict=True)) or [()] * layout.width
        return [coded(columns[column]) for column in layout.used], lines[:len(rows)]

    def _bad(self, row, line, count):
        why = f"{len(row)} {noun(len(row), 'column')}, expected {self._layout.width}"
        if isinstance(row, tuple):
            why = row[0]
        elif self._expected:
            why = f"{self._layout.separator.join(row).strip()[:40]!r}; expected {self._expected}"
        self._tally.bad(f"{self._name}, line {line}", why, count)
        self._tally.lines += count


def _rows(piece, separator):
    """Return the rows of a Piece, lists of words, and the line where each begins, and where the last one ends.

    A row that cannot be read is a tuple of a text that says why.
    """
    text, size = decoded(piece.content), piece.content.count(b"\n")
    if not is_single(separator) or '"' not in text:
        between = None if separator == " " else separator
        return [line.split(between) for line in text[:-1].split("\n")], range(piece.line, piece.line + size + 1)
    csv.field_size_limit(2 * _LONGEST)  # reviews are longer than what it allows otherwise
    reader = csv.reader(io.StringIO(text + "end"), delimiter=separator, skipinitialspace=True)
    rows, lines = [], [piece.line]
    while reader.line_num < size:
        try:
            row = next(reader)
        except csv.Error as error:
            row = (str(error),)
        rows.append(row if reader.line_num <= size else ("quotes that do not end",))  # they are not before our "end"
        lines.append(piece.line + min(reader.line_num, size))
    return rows, lines


def _is_usual(column):
    """Return whether a column holds words, or numbers that are as in words.py."""
    if isinstance(column, Words):
        return True
    size = np.abs(column)
    if column.dtype.kind == "i":
        return size.max(initial=0) < _LARGEST
    return bool((size <= SIZES[1]).all() and (size[size > 0] >= SIZES[0]).all())


def from_arrow(column):
    """Return a column of pyarrow as Words, or as numbers (m,)."""
    if pyarrow.types.is_dictionary(column.type):
        return Words(column.dictionary.to_pylist(), column.indices.to_numpy())
    if pyarrow.types.is_timestamp(column.type):
        return column.cast(pyarrow.int64()).to_numpy().astype(float)
    return column.to_numpy()


def _are_as_written(content):
    """Return whether whole numbers are written as Python writes them: no 007, -0 or 0x1f, which are names."""
    for start in range(0, len(content), _BLOCK):  # so that all stays in the processor's cache
        before = content[start - 2:start] if start else b"\n\n"
        text = np.frombuffer(before + content[start:start + _BLOCK + 1], np.uint8)
        digit = text - np.uint8(ord("0")) <= 9
        starts = (text[2:-1] == ord("0")) & ~digit[1:-2]
        where = np.flatnonzero(starts & (digit[3:] | (text[3:] | 32 == ord("x")) | (text[1:-2] == ord("-")))) + 2
        where = where[(text[where - 1] != ord(".")) & (text[where + 1] != ord("."))]  # 1.05, -0.5
        if (~digit[where - 2] | (text[where - 1] != ord("-"))).any():  # not 2005-09-06
            return False
    return True
