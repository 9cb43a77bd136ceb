"""The Netflix Prize's lists: a line `movie:`, then its ratings as lines `user,rating,date`, movie after movie."""

import re

import numpy as np

from recommender.formats import quick
from recommender.formats.format import LIST, Format
from recommender.formats.lists import as_chunk
from recommender.formats.text import identifier, identifiers, moment, parsed, pieces, rating
from recommender.ratings import Chunk

_MOVIE = re.compile(r"(\S+?):")


def recognised(head, _):
    """Return the Format of such a list, else None."""
    after = next((line for line in head.lines if not _MOVIE.fullmatch(line)), None)
    if _MOVIE.fullmatch(head.lines[0]) and after is not None and after.count(",") == 2:
        return Format("movie by movie as in the Netflix Prize", _chunks, LIST, several=True)
    return None


def _chunks(stream):
    movie = None
    for piece in pieces(stream):
        chunk, movie = _quickly(piece, movie) or _line_by_line(piece, movie, stream.name)
        yield chunk


def _quickly(piece, movie):
    """Return the Chunk of a Piece of the usual form, and the movie that it ends in; else None."""
    *parts, last = piece.content.split(b":\n")
    before = [part.rpartition(b"\n") for part in parts]  # the ratings of the movie before, and the next movie
    ratings = [*(lines + end for lines, end, _ in before), last]
    movies = identifiers([str(movie), *(head.decode("latin-1") for *_, head in before)][movie is None:])
    found = quick.columns(b"".join(ratings), ",", (0, None, 1, 2), 3)
    counts = [part.count(b"\n") for part in ratings][movie is None:]
    if found is None or movies.dtype.kind != "i" or sum(counts) != len(found[0]):
        return None
    users, x, time = found
    return Chunk(users, np.repeat(movies, counts), x, time), movies[-1].item()


def _line_by_line(piece, movie, name):
    """Return the Chunk of any Piece, and the movie that it ends in; InputError with the number of any other line."""

    def parse(line):
        nonlocal movie
        head, words = _MOVIE.fullmatch(line.strip()), [word.strip() for word in line.split(",")]
        if head:
            movie = identifiers([identifier(head[1])])[0].item()
            return None
        if movie is None or len(words) != 3:
            expected = "movie:" if movie is None else "movie: or a line user,rating,date"
            raise ValueError(f"{line.strip()[:40]!r}; expected a line {expected}")
        return identifier(words[0]), str(movie), rating(words[1]), moment(words[2])

    rows = [row for row in parsed(piece, name, parse) if row]
    return as_chunk(rows, 4), movie
