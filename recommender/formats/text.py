"""Text in pieces of whole lines, and the words in them: numbers, times, IDs.

These rules hold for all formats. quick.py reads the usual words faster, and gives the same.
"""

import csv
import re
from datetime import datetime, timezone
from typing import NamedTuple

import numpy as np

from console import InputError

PIECE = 2**20  # bytes that are read at a time
_HEAD = 2**16  # bytes by which a format is recognised
_MARK = b"\xef\xbb\xbf"  # the byte order mark with which Windows begins UTF-8
_LONGEST = 2**24  # bytes of a line; a row of all Netflix movies has 36 kB
_LONGEST_ID = 200  # characters
SIZES = 1e-100, 1e100  # of ratings; the squares of others vanish or overflow
_CONTROL = re.compile(rb"[\0-\x08\x0b\x0c\x0e-\x1f\x7f]")  # bytes that no text has
_FIRST = re.compile(rb"\s*[^\n]*\n")  # the first line that is not blank, and those before it
NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?", re.IGNORECASE | re.ASCII)
_WHOLE = re.compile(r"0|-?[1-9]\d{0,17}", re.ASCII)  # fits an int64, and is written as numbers are: "007" is a name
_MOMENT = re.compile(r"(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d)?)(?:\.\d+)?)?Z?", re.ASCII)


class Head(NamedTuple):
    """How a file begins."""

    content: bytes
    lines: list  # the lines that are not blank, as text; [""] where there is none


class Piece(NamedTuple):
    """Some lines of a file."""

    content: bytes  # whole lines, each ended by \n
    line: int  # the number of the first one, from 1


def head(stream):
    """Return the Head of a Stream; it holds at least the first line."""
    content = stream.read(_HEAD)
    while b"\n" not in content and len(content) < _LONGEST and (more := stream.read(PIECE)):
        content += more
    text = content.removeprefix(_MARK)
    control = _CONTROL.search(text)
    if control:
        text = text[: text.rfind(b"\n", 0, control.start()) + 1]
    elif len(content) >= _HEAD:
        text = text[: text.rfind(b"\n") + 1] or text
    found = lines(Piece(_unix(text) + b"\n", 1), stream.name)
    return Head(content, [line for line in found if line.strip()] or [""])


def pieces(stream, header=False):
    """Yield the Pieces of a Stream, without its byte order mark and its `header`, the first line that is not blank.

    \\r\\n becomes \\n. InputError if a line is too long for text.
    """
    for piece in _pieces(stream):
        if header:
            first = _FIRST.match(piece.content)[0]
            header = not first.strip()
            piece = Piece(piece.content[len(first):], piece.line + first.count(b"\n"))
        if piece.content:
            yield piece


def _pieces(stream):
    line, rest, content = 1, b"", stream.read(PIECE).removeprefix(_MARK)
    while content:
        whole, newline, rest = (rest + content).rpartition(b"\n")
        if newline:
            yield Piece(_unix(whole) + b"\n", line)
            line += whole.count(b"\n") + 1
        if len(rest) > _LONGEST:
            raise InputError(f"{stream.name}, line {line}: longer than {_LONGEST} bytes; expected lines of text")
        content = stream.read(PIECE)
    if rest:
        yield Piece(_unix(rest.removesuffix(b"\r")) + b"\n", line)


def _unix(content):
    return content.removesuffix(b"\r").replace(b"\r\n", b"\n") if b"\r" in content else content


def lines(piece, name):
    """Return the lines of a Piece as text, read as UTF-8 or else as Latin-1; InputError if it is no text."""
    control = _CONTROL.search(piece.content)
    if control:
        line = piece.line + piece.content.count(b"\n", 0, control.start())
        raise InputError(f"{name}, line {line}: not text; is it a binary file, or packed in an unknown way?")
    try:
        text = piece.content.decode("utf-8")
    except UnicodeDecodeError:
        text = piece.content.decode("latin-1")
    return text.split("\n")[:-1]


def parsed(piece, name, parse):
    """Return parse(line) of each line that is not blank; its ValueError becomes an InputError with the line's number.
    """
    found = []
    for number, line in enumerate(lines(piece, name), piece.line):
        try:
            if line.strip():
                found.append(parse(line))
        except ValueError as error:
            raise InputError(f"{name}, line {number}: {error}") from None
    return found


def split(line, separator):
    """Return the words of a line, quoted or not; ValueError if a quote does not end in the line.

    Quotes count if the separator is a single character.
    """
    if len(separator) > 1 or '"' not in line:
        found = line.split() if separator == " " else line.split(separator)
    else:
        try:
            found = next(csv.reader([line], delimiter=separator, skipinitialspace=True, strict=True))
        except csv.Error as error:
            raise ValueError(f"quotes that do not end in their line ({error})") from None
    return [word.strip() for word in found]


def rating(word):
    """Return the rating that a word is; ValueError if it is no number, or too small or too large."""
    if not NUMBER.fullmatch(word):
        point = ", with a point: 3.5" if "," in word else ""
        raise ValueError(f"{word[:20]!r} is no rating; expected a finite number{point}")
    number = float(word)
    if number and not SIZES[0] <= abs(number) <= SIZES[1]:
        raise ValueError(f"{word[:20]!r} is too small or too large for a rating")
    return number


def moment(word):
    """Return a time as a number: 2005-09-06 and 2005-09-06 12:30:00 become Unix seconds, a number stays as it is."""
    if NUMBER.fullmatch(word) and abs(float(word)) <= SIZES[1]:
        return float(word)
    found = _MOMENT.fullmatch(word)
    try:
        return datetime.fromisoformat(" ".join(filter(None, found.groups()))).replace(tzinfo=timezone.utc).timestamp()
    except (AttributeError, ValueError, OverflowError):
        raise ValueError(f"{word[:20]!r} is no time; expected a number or a date like 2005-09-06") from None


def identifiers(words):
    """Return the IDs in a list of words: int64 if all are whole numbers, else str.

    A word with leading zeros or more than 18 digits is a name, because a number would not give the same word back.
    """
    if all(map(_WHOLE.fullmatch, words)):
        return np.array(list(map(int, words)), dtype=np.int64)
    return np.array(words)


def identifier(word):
    """Return a word that can be an ID; ValueError if it is empty or too long."""
    if not word:
        raise ValueError("an ID is empty")
    if len(word) > _LONGEST_ID:
        raise ValueError(f"{word[:20]!r}... is an ID of {len(word)} characters; expected {_LONGEST_ID} at most")
    return word
