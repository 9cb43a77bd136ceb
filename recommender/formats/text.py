"""Text in blocks of whole lines, and what stands in it: numbers, times, IDs.

What is said of one word here holds for all formats, and for the quick way of reading (quick.py) as for the plain one.
"""

import csv
import re
from datetime import datetime, timezone
from typing import NamedTuple

import numpy as np

from console import InputError

BLOCK = 2**20  # bytes that are read at a time
_HEAD = 2**16  # bytes of a file by which its format is recognised
_MARK = b"\xef\xbb\xbf"  # of byte order, with which Windows begins UTF-8
_LONGEST = 2**24  # bytes of a line; a matrix of all Netflix movies has 36 kB
_LONGEST_ID = 200  # characters
SIZES = 1e-100, 1e100  # of ratings; beyond, their squares vanish or overflow
_CONTROL = re.compile(rb"[\0-\x08\x0b\x0c\x0e-\x1f\x7f]")  # bytes that no text has
NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?", re.IGNORECASE | re.ASCII)
_WHOLE = re.compile(r"0|-?[1-9]\d{0,17}", re.ASCII)  # as numbers are written, and an int64 holds: "007" is a name
_MOMENT = re.compile(r"(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d)?)(?:\.\d+)?)?Z?", re.ASCII)


class Head(NamedTuple):
    """How a file begins."""

    content: bytes
    lines: list  # of text, without blank ones; none where it is no text


class Block(NamedTuple):
    """Some lines of a file."""

    content: bytes  # all lines whole, each ended by \n
    line: int  # number of the first one in the file, from 1


def head(stream):
    """Return the Head of a Stream, of one line at least."""
    content = stream.read(_HEAD)
    while b"\n" not in content and len(content) < _LONGEST and (more := stream.read(BLOCK)):
        content += more
    text = content.removeprefix(_MARK)
    control = _CONTROL.search(text)
    if control:
        text = text[: text.rfind(b"\n", 0, control.start()) + 1]
    elif len(content) >= _HEAD:
        text = text[: text.rfind(b"\n") + 1] or text
    found = lines(Block(_unix(text) + b"\n", 1), stream.name)
    return Head(content, [line for line in found if line.strip()])


def blocks(stream):
    """Yield the Blocks of a Stream: without its byte order mark, \\n at the end of every line also where it was \\r\\n.

    Raises:
        InputError: a line is too long for text.
    """
    line, rest, piece = 1, b"", stream.read(BLOCK).removeprefix(_MARK)
    while piece:
        whole, newline, rest = (rest + piece).rpartition(b"\n")
        if newline:
            yield Block(_unix(whole) + b"\n", line)
            line += whole.count(b"\n") + 1
        if len(rest) > _LONGEST:
            raise InputError(f"{stream.name}, line {line}: longer than {_LONGEST} bytes; expected lines of text")
        piece = stream.read(BLOCK)
    if rest:
        yield Block(_unix(rest.removesuffix(b"\r")) + b"\n", line)


def _unix(content):
    return content.removesuffix(b"\r").replace(b"\r\n", b"\n") if b"\r" in content else content


def lines(block, name):
    """Return the lines of a Block as a list of text, read as UTF-8 or else as Latin-1; InputError if it is no text."""
    control = _CONTROL.search(block.content)
    if control:
        line = block.line + block.content.count(b"\n", 0, control.start())
        raise InputError(f"{name}, line {line}: not text; is it a binary file, or packed in a way unknown here?")
    try:
        text = block.content.decode("utf-8")
    except UnicodeDecodeError:
        text = block.content.decode("latin-1")
    return text.split("\n")[:-1]


def split(line, separator):
    """Return the words of a line; with a separator of one character they may be quoted, which hides it in them.

    Raises:
        ValueError: a quote is not closed in the line.
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
    """Return the number that a word is; ValueError if it is none, or none that can be a rating."""
    if not NUMBER.fullmatch(word):
        point = ", with a point: 3.5" if "," in word else ""
        raise ValueError(f"{word[:20]!r} is no rating; expected a finite number{point}")
    number = float(word)
    if number and not SIZES[0] <= abs(number) <= SIZES[1]:
        raise ValueError(f"{word[:20]!r} is too small or too large for a rating")
    return number


def moment(word):
    """Return a time as a number: one as it is, of what is written as 2005-09-06 or 2005-09-06 12:30:00 Unix seconds.

    Raises:
        ValueError: it is neither.
    """
    if NUMBER.fullmatch(word) and abs(float(word)) <= SIZES[1]:
        return float(word)
    found = _MOMENT.fullmatch(word)
    try:
        return datetime.fromisoformat(" ".join(filter(None, found.groups()))).replace(tzinfo=timezone.utc).timestamp()
    except (AttributeError, ValueError, OverflowError):
        raise ValueError(f"{word[:20]!r} is no time; expected a number or a date like 2005-09-06") from None


def identifiers(words):
    """Return the IDs in a list of words: int64 where all are whole numbers, else str.

    A word with leading zeros or more than 18 digits is a name, since as a number it would become another word.
    """
    if all(map(_WHOLE.fullmatch, words)):
        return np.array(list(map(int, words)), dtype=np.int64)
    return np.array(words)


def identifier(word):
    """Return a word that is to be an ID; ValueError if it is empty or too long to be one."""
    if not word:
        raise ValueError("an ID is empty")
    if len(word) > _LONGEST_ID:
        raise ValueError(f"{word[:20]!r}... is an ID of {len(word)} characters; expected {_LONGEST_ID} at most")
    return word
