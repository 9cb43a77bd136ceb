"""Where ratings come from: any file or folder that recommender.formats knows, the course's matrix, the sample."""

import math
import os
from typing import NamedTuple

import numpy as np
from scipy.sparse import csr_array

import data
from console import InputError, escaped, real_number
from data import sample
from recommender import formats
from recommender.formats.kinds import LIST, MATRIX
from recommender.formats.told import NOTHING
from recommender.ratings import Levels, Table

COURSE, SAMPLE = "course", "sample"  # words in the place of a path
HELP = ("a file or folder of ratings (u.data, ratings.dat, ratings.csv, ...; also in a .zip or .gz); or the word"
        f" {COURSE} (the course's matrix, found as main.py does) or {SAMPLE} (the built-in sample)")


class Source(NamedTuple):
    """Ratings, and what is known of them."""

    table: Table
    complete: np.ndarray | None  # (n, d): the course's complete matrix, or the sample's; of others there is none
    description: str  # for the user


def add_options(parser, about=HELP):
    """Let a parser know RATINGS, and what can be said of such files."""
    parser.add_argument("ratings", metavar="RATINGS", help=about)
    parser.add_argument("--format", choices=(LIST, MATRIX),
                        help="what the lines of RATINGS are (default: found by their numbers, and printed)")
    number = real_number(math.isfinite, "a finite number, and RATINGS before --missing")
    parser.add_argument("--missing", metavar="X", nargs="+", type=number,
                        help="after RATINGS: the numbers that mark a missing rating in them, as 99 or -1 (default: 0"
                             " in a matrix, none in a list)")


def told(options):
    """Return what the options of add_options say of files, formats.Told; InputError where no file is read."""
    found = formats.Told(options.format, options.missing and tuple(options.missing))
    if found != NOTHING and options.ratings in (COURSE, SAMPLE) and getattr(options, "test", None) is None:
        raise InputError(f"--format and --missing are of files, and {options.ratings} is none; expected neither")
    return found


def read(path, report=None, told=NOTHING, course=None):
    """Return the Source that a path or word means.

    Args:
        told: formats.Told, what the user says of a file.
        course: where the course's files are; None to look for them.

    Raises:
        InputError: it cannot be read as ratings.
    """
    if path == COURSE:
        return _matrices(data.find(data.NETFLIX, course))
    if path == SAMPLE:
        return _matrices(data.Source(sample.contents(data.NETFLIX), "built-in sample", False, "the built-in sample"))
    table = formats.read(path, report, told)
    return Source(table, None, "\n  ".join(map(escaped, table.notes or [path])))


def _matrices(found):
    X, complete = data.netflix(found)
    levels = Levels()
    levels.add(X[X != 0])
    users, items = (np.arange(1, length + 1) for length in X.shape)
    return Source(Table(csr_array(X), users, items, levels.scale()), complete, found.description)


def may_read(path, course=None):
    """Return the paths of all files that read(path, course=course) may read."""
    if path == COURSE:
        return data.may_read(data.NETFLIX, course)
    if path == SAMPLE:
        return []
    inside = [entry.path for entry in os.scandir(path)] if os.path.isdir(path) else []
    return [path, *inside, *_parents(path)]


def _parents(path):
    """Return the files that `path` leads through: an archive, of which it names a member."""
    parents = []
    while (parent := os.path.dirname(path)) not in ("", path):
        parents += [parent] if os.path.isfile(parent) else []
        path = parent
    return parents

