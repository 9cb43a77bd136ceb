"""Text in pieces of whole lines, and its columns: by the csv module, or by pyarrow where it is installed."""

import csv
import io
import re
import warnings
from functools import partial
from typing import NamedTuple

import numpy as np

from console import InputError, noun
from recommender.formats.words import SIZES, Words, chunk, coded

try:
    import pyarrow
    from pyarrow import csv as arrow_csv
except ImportError:  # the csv module does it, too
    pyarrow = None

PIECE = 2**24 if pyarrow else 2**19  # bytes that are read at a time
_HEAD = 2**16  # bytes by which a format is recognised
_MARK = b"\xef\xbb\xbf"  # the byte order mark with which Windows begins UTF-8
_LONGEST = 2**24  # bytes of a line, or of lines that a quoted word makes one
_FIRST = re.compile(rb"\s*[^\n]*\n")  # the first line that is not blank, and those before it
SEPARATORS = {"::": "two colons", "\t": "tabs", ",": "commas", ";": "semicolons", " ": "blanks"}
_CONTROL = re.compile(r"[\0-\x08\x0b\x0c\x0e-\x1f\x7f]")  # characters that no text has
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
    return _CONTROL.search(head.lines[0]) is not None


def pieces(stream, header=False, quotes=False):
    """Yield the Pieces of a Stream, without its byte order mark and its `header`, the first line that is not blank.

    \\r\\n and \\r become \\n. With `quotes`, no Piece ends inside quotes, unless more than 16 MB would be inside.
    """
    line, rest, content = 1, b"", stream.read(PIECE).removeprefix(_MARK)
    while content or rest:
        content += stream.read(1) if content.endswith(b"\r") else b""
        text = rest + _unix(content)
        end = text.rfind(b"\n") + 1
        if quotes and content and len(text) <= _LONGEST + PIECE:
            end = _outside_quotes(text, end)
        if not content:
            text += b"" if text.endswith(b"\n") else b"\n"
            end = len(text)
        elif not end and len(text) > _LONGEST:
            raise InputError(f"{stream.name}, line {line}: longer than {_LONGEST} bytes; expected lines of text")
        piece, rest = Piece(text[:end], line), text[end:]
        line += piece.content.count(b"\n")
        if header and piece.content:
            first = _FIRST.match(piece.content)[0]
            header = not first.strip()
            piece = Piece(piece.content[len(first):], piece.line + first.count(b"\n"))
        if piece.content:
            yield piece
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


def table(lines, separator):
    """Return lines as rows, lists of words."""
    quoted = is_single(separator) and any('"' in line for line in lines)
    rows = (csv.reader(lines, delimiter=separator, skipinitialspace=True) if quoted
            else (_split(line, separator) for line in lines))
    try:
        return [[word.strip() for word in row] for row in rows]
    except csv.Error:  # a word without an end
        return [[]]


def chunks(layout, stream, tally):
    """Yield the Chunks of a text with a Layout; lines that give no rating are counted in a Tally."""
    quick = Quick(layout)
    for piece in pieces(stream, layout.header, is_single(layout.separator)):
        columns, lines = quick.columns(piece) or by_lines(piece, layout, stream.name, tally)
        yield of_columns(columns, layout, partial(places, stream.name, lines), tally)


def places(name, lines, rows):
    """Return where rows (m,) are in a file: words of file and line. `lines` are the numbers of all, or return them."""
    lines = lines() if callable(lines) else lines
    return [f"{name}, line {lines[row]}" for row in rows]


def of_columns(columns, layout, place, tally):
    """Return the Chunk of the columns layout.used, as words.chunk takes them."""
    if layout.year is not None:
        *columns, years = columns
        item = len(columns) - len(layout.columns) + 1
        columns[item] = coded([with_year(columns[item].words[k], years.words[y]) for k, y in
                               zip(columns[item].codes.tolist(), years.codes.tolist(), strict=True)])
    if layout.person is not None:
        columns = [Words([layout.person], np.zeros(len(columns[0].codes), np.int32)), *columns]
    return chunk(columns, place, tally, layout.day_first)


def with_year(title, year):
    """Return a title with the year in brackets: "Heat (1995)"."""
    title, year = title.strip(), year.strip().removesuffix(".0")
    return f"{title} ({year})" if title and year and not title.endswith(f"({year})") else title


def by_lines(piece, layout, name, tally):
    """Return the columns layout.used of a Piece, a list of Words, and the numbers of their lines, by the csv module."""
    flat = _flat(piece.content, layout)
    if flat:
        lines = range(piece.line, piece.line + len(flat) // layout.width)
        return [coded(flat[column::layout.width]) for column in layout.used], lines
    rows, lines = [], []
    for line, row, after in _rows(piece, layout.separator):
        if len(row) == layout.width and isinstance(row, list):
            rows.append(row)
            lines.append(line)
        else:
            why = f"{len(row)} {noun(len(row), 'column')}, expected {layout.width}"
            tally.bad(f"{name}, line {line}", row if isinstance(row, str) else why, after - line)
            tally.lines += after - line
    columns = list(zip(*rows, strict=True)) or [()] * layout.width
    return [coded(columns[column]) for column in layout.used], lines


def _flat(content, layout):
    """Return all words of lines in one list, which is quicker, if no word is quoted and all lines have all; else None.
    """
    text, separator = decoded(content), layout.separator
    if not is_single(separator) or '"' in text or {line.count(separator) for line in text.split("\n")[:-1]} != {
            layout.width - 1}:
        return None
    return text[:-1].replace("\n", separator).split(separator)


def _rows(piece, separator):
    """Yield the rows of a Piece that are not blank: the number of the line, the words, and the number of the next line.

    Instead of the words comes a text that says why there are none.
    """
    lines = list(io.StringIO(decoded(piece.content)))
    if not is_single(separator) or b'"' not in piece.content:
        yield from ((number, _split(line, separator), number + 1) for number, line in enumerate(lines, piece.line)
                    if line.strip(" \n"))
        return
    csv.field_size_limit(2 * _LONGEST)  # reviews are longer than what it allows otherwise
    reader, start = csv.reader(lines, delimiter=separator, skipinitialspace=True), 0
    while start < len(lines):
        try:
            row = next(reader)
        except csv.Error as error:
            row = str(error)
        end = reader.line_num
        if end == len(lines) and piece.content.count(b'"') % 2 and _is_open(lines[start:], separator):
            row = "quotes that do not end"
        if len(row) > 1 or lines[start].strip(" \n"):
            yield piece.line + start, row, piece.line + end
        start = end


def is_single(separator):
    """Return whether words may be quoted: only if a single character is between them."""
    return len(separator) == 1 and separator != " "


def _split(line, separator):
    return line.split() if separator == " " else line.rstrip("\n").split(separator)


def _is_open(lines, separator):
    """Return whether a quoted word in a row does not end."""
    try:
        return not list(csv.reader(lines, delimiter=separator, skipinitialspace=True, strict=True))
    except csv.Error as error:
        return "end of data" in str(error)


class Quick:
    """Reads Pieces of a Layout by pyarrow, or by numpy.loadtxt; what these might read otherwise, it leaves to by_lines.
    """

    def __init__(self, layout):
        self._layout, ids, times = layout, ["i8"], ["i8"]
        if pyarrow and layout.separator != " ":
            ids, times = ["i8", "word"], ["i8", "time", "word"] if len(layout.columns) == 4 else ["word"]
        if layout.year is not None or layout.person is not None:
            ids = ids[1:]
        self._kinds = [(id, time) for id in ids for time in times]  # tried in turn, until one does not fail

    def columns(self, piece):
        """Return what by_lines returns of a Piece, or None; columns may be numbers (m,)."""
        content, separator = piece.content, self._layout.separator
        if len(separator) > 1:
            if content.count(separator[:1].encode()) != len(separator) * content.count(separator.encode()):
                return None
            content, separator = content.replace(separator.encode(), separator[:1].encode()), separator[0]
        if b"\0" in content or (b'"' in content and (content.count(b'"') % 2 or b' "' in content)):
            return None
        hexadecimal, as_written = any(x in content and b"0" + x in content for x in (b"x", b"X")), None
        for id, time in list(self._kinds):
            if id == "i8" and as_written is None:
                as_written = _are_as_written(content)
            if ("i8" in (id, time) and hexadecimal) or (id == "i8" and not as_written):
                continue
            by = _by_arrow if pyarrow and separator != " " else _by_numpy
            found = by(content, separator, self._layout, id, time)
            if isinstance(found, list):
                return found, self._lines(piece, len(found[0]))
            if found == "other kind":
                self._kinds.remove((id, time))
        return None

    def _lines(self, piece, size):
        """Return the numbers of lines of a Piece that has `size` rows, or a function that finds them if needed."""
        if size == np.count_nonzero(np.frombuffer(piece.content, np.uint8) == ord("\n")):
            return range(piece.line, piece.line + size)
        return lambda: [line for line, *_ in _rows(piece, self._layout.separator)]


def _by_arrow(content, separator, layout, id, time):
    """Return the columns layout.used of a text, "other kind" if these kinds of IDs and times fail, or None."""
    types = {"i8": pyarrow.int64(), "time": pyarrow.timestamp("s"),
             "word": pyarrow.dictionary(pyarrow.int32(), pyarrow.string())}
    kinds = dict(zip(layout.columns, (id, id, "word", time), strict=False)) | {layout.year: "word"}
    used = [str(column) for column in layout.used]
    try:
        found = arrow_csv.read_csv(
            pyarrow.py_buffer(content),
            arrow_csv.ReadOptions(use_threads=False, block_size=len(content) + 1,
                                  column_names=[str(column) for column in range(layout.width)]),
            arrow_csv.ParseOptions(delimiter=separator, newlines_in_values=True,
                                   quote_char='"' if len(layout.separator) == 1 else False),
            arrow_csv.ConvertOptions(column_types={str(column): types[kind] for column, kind in kinds.items()},
                                     include_columns=used, strings_can_be_null=False, null_values=[]))
    except pyarrow.ArrowInvalid as error:
        return "other kind" if re.search("conversion error to (int64|timestamp)", str(error)) else None
    columns = [from_arrow(found.column(name)) for name in used]
    return columns if all(_are_ids(column) for column in columns[:2]) else None


def _by_numpy(content, separator, layout, *_):
    """Return the columns layout.used of a text if all are numbers, else None."""
    if b'"' in content or b"+" in content:
        return None
    kinds = dict(zip(layout.columns, ("i8", "i8", "f8", "f8"), strict=False))
    kinds = np.dtype([(str(column), kinds.get(column, "S1")) for column in range(layout.width)])
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # of no lines, and of 1.0 for an ID
            rows = np.loadtxt(io.BytesIO(content), kinds, comments=None, encoding="latin1", ndmin=1,
                              delimiter=None if separator == " " else separator)
    except (ValueError, Warning):
        return None
    columns = [np.ascontiguousarray(rows[str(column)]) for column in layout.used]
    sizes = [np.abs(column) for column in columns[2:]]
    usual = [((size == 0) | (size >= SIZES[0]) & (size <= SIZES[1])).all() for size in sizes]
    return columns if all(usual) and all(_are_ids(column) for column in columns[:2]) else None


def _are_ids(column):
    return isinstance(column, Words) or np.abs(column).max(initial=0) < _LARGEST


def from_arrow(column):
    """Return a column of pyarrow as Words, or as numbers (m,)."""
    column = column.combine_chunks() if column.num_chunks != 1 else column.chunk(0)
    if pyarrow.types.is_dictionary(column.type):
        return Words(column.dictionary.to_pylist(), column.indices.to_numpy())
    number = column.cast(pyarrow.int64()).to_numpy()
    return number.astype(float) if pyarrow.types.is_timestamp(column.type) else number


def _are_as_written(content):
    """Return whether whole numbers are written as Python writes them: no 007 or -0, which are names."""
    for start in range(0, len(content), _BLOCK):  # so that all stays in the processor's cache
        before = content[start - 2:start] if start else b"\n\n"
        text = np.frombuffer(before + content[start:start + _BLOCK + 1], np.uint8)
        digit = text - np.uint8(ord("0")) <= 9
        starts = (text[2:-1] == ord("0")) & ~digit[1:-2]
        where = np.flatnonzero(starts & (digit[3:] | (text[1:-2] == ord("-")))) + 2
        where = where[(text[where - 1] != ord(".")) & (text[where + 1] != ord("."))]  # 1.05, -0.5
        if (~digit[where - 2] | (text[where - 1] != ord("-"))).any():  # not 2005-09-06
            return False
    return True
