"""Where ratings come from: a file or folder in any format of recommender.formats, the course's matrix, the sample."""

import math
import os
from typing import NamedTuple

import numpy as np
from scipy.sparse import csr_array

import data
from console import InputError, escaped, real_number
from data import sample
from recommender import formats
from recommender.formats.format import NOTHING, listed
from recommender.formats.opening import archive_of
from recommender.ratings import Levels, Table

COURSE, SAMPLE = "course", "sample"  # words in the place of a path
HELP = ("a file or folder of ratings (u.data, ratings.dat, ratings.csv, ...), which may be in a .zip or .gz; or"
        f" {COURSE} (the course's matrix, found as main.py finds it) or {SAMPLE} (the built-in sample)")


class Source(NamedTuple):
    """Ratings, and what is known about them."""

    table: Table
    complete: np.ndarray | None  # (n, d) the course's complete matrix, or the sample's; others have none
    description: str  # for the user


def add_options(parser, about=HELP):
    """Add RATINGS, --format and --missing to a parser."""
    parser.add_argument("ratings", metavar="RATINGS", help=about)
    parser.add_argument("--format", choices=(formats.LIST, formats.MATRIX),
                        help="the kind of lines in RATINGS (default: detected from the numbers, and printed)")
    number = real_number(math.isfinite, "a finite number, and RATINGS before --missing")
    parser.add_argument("--missing", metavar="X", nargs="+", type=number,
                        help="after RATINGS: the numbers that mark a missing rating, such as 99 or -1 (default: 0 in a"
                             " matrix, none in a list)")


def told(options):
    """Return formats.Told by the options of add_options; InputError if they are given, but no file is read."""
    found = formats.Told(options.format, options.missing and tuple(options.missing))
    if found != NOTHING and options.ratings in (COURSE, SAMPLE) and getattr(options, "test", None) is None:
        raise InputError(f"--format and --missing are of files, and {options.ratings} is none; expected neither")
    return found


def words(options):
    """Return the options of add_options as words of a command line."""
    missing = ["--missing", *listed(options.missing, " ").split()] if options.missing else []
    return [*(["--format", options.format] if options.format else []), *missing]


def read(path, report=None, told=NOTHING, course=None):
    """Return the Source that a path or word means.

    Args:
        report, told: as in formats.read, for a file.
        course: where the course's files are; None to look for them.

    Raises:
        InputError: it cannot be read as ratings.
    """
    if path == COURSE:
        return _matrices(data.find(data.NETFLIX, course))
    if path == SAMPLE:
        return _matrices(data.Source(sample.contents(data.NETFLIX), "built-in sample", False, "the built-in sample"))
    table = formats.read(path, report, told)
    return Source(table, None, "\n  ".join(map(escaped, table.notes)))


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
    return [path, *inside, archive_of(path)]
