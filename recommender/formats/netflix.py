"""The Netflix Prize's lists: a line `movie:`, then its ratings, lines `user,rating,date`, movie after movie."""

import re

import numpy as np

from console import InputError
from recommender.formats import quick
from recommender.formats.chunk import Chunk
from recommender.formats.text import blocks, identifier, identifiers, lines, moment, rating

_MOVIE = re.compile(r"(\S+?):")
_EXPECTED = "movie: or a line user,rating,date"


def recognised(head):
    """Return what is said of such a list in words, or None if the first lines are none."""
    after = next((line for line in head if not _MOVIE.fullmatch(line)), None)
    if _MOVIE.fullmatch(head[0]) and after is not None and after.count(",") == 2:
        return "movie by movie as in the Netflix Prize"
    return None


def chunks(stream, _):
    """Yield the Chunks of the list in a Stream; InputError with the line where one is neither a movie nor a rating."""
    movie = None
    for block in blocks(stream):
        found = _quickly(block, movie)
        chunk, movie = _line_by_line(block, movie, stream.name) if found is None else found
        yield chunk


def _quickly(block, movie):
    """Return the Chunk of a Block of plain grammar and the movie that it ends in, None if it is of another."""
    text = quick.padded(block.content)
    starts, ends = quick.line_ends(text)
    heads = text[ends - 1] == ord(":")
    movies = quick.whole(text, starts[heads], ends[heads] - 1) if heads.any() else np.empty(0, np.int64)
    if movies is None or isinstance(movie, str):
        return None
    found = quick.words(text, starts[~heads], ends[~heads], ",", 3)
    if found is None:
        return None
    starts, ends = found
    parts = [read(text, starts[:, column], ends[:, column])
             for column, read in enumerate((quick.whole, quick.ratings, quick.moments))]
    if any(part is None for part in parts):
        return None
    movies = np.concatenate([[-1 if movie is None else movie], movies])
    users, x, time = parts
    return Chunk(users, movies[np.cumsum(heads)[~heads]], x, time), int(movies[-1])


def _line_by_line(block, movie, name):
    """Return the Chunk of any Block, and the movie that it ends in."""
    found = []
    for number, line in enumerate(lines(block, name), block.line):
        line = line.strip()
        head = _MOVIE.fullmatch(line)
        words = [word.strip() for word in line.split(",")]
        try:
            if head:
                movie = identifiers([identifier(head[1])])[0].item()
            elif line and (movie is None or len(words) != 3):
                raise ValueError(f"{line[:40]!r}; expected a line {'movie:' if movie is None else _EXPECTED}")
            elif line:
                found.append((identifier(words[0]), str(movie), rating(words[1]), moment(words[2])))
        except ValueError as error:
            raise InputError(f"{name}, line {number}: {error}") from None
    users, movies, x, time = zip(*found, strict=True) if found else ((),) * 4
    return Chunk(identifiers(users), identifiers(movies), np.array(x, dtype=float), np.array(time, dtype=float)), movie
