"""Where ratings come from: a file or folder in any format of recommender.formats, the course's matrix, the sample."""

import argparse
import math
import os
from typing import NamedTuple

import numpy as np
from scipy.sparse import csr_array

import data
from console import InputError, escaped, real_number
from data import sample
from recommender import formats
from recommender.formats import NOTHING
from recommender.formats.opening import archive_of
from recommender.formats.words import ROLES
from recommender.ratings import Levels, Table

COURSE, SAMPLE = "course", "sample"  # words in the place of a path
HELP = ("a file or folder of ratings (u.data, ratings.csv, .jsonl, .parquet, .xlsx, ...), which may be packed; or"
        f" {COURSE} (the course's matrix, found as main.py finds it) or {SAMPLE} (the built-in sample)")


class Source(NamedTuple):
    """Ratings, and what is known about them."""

    table: Table
    complete: np.ndarray | None  # (n, d) the course's complete matrix, or the sample's; others have none
    description: str  # for the user


def add_options(parser, about=HELP):
    """Add RATINGS and the options that say how to read it to a parser."""
    parser.add_argument("ratings", metavar="RATINGS", help=about)
    add_reading(parser, "RATINGS")
    parser.add_argument("--user", metavar="NAME", help="the user whose ratings these are, if the file is one person's")
    parser.add_argument("--format", choices=(formats.LIST, formats.MATRIX),
                        help="whether each line is one rating or one user's row (default: detected from the numbers and"
                             " printed)")


def add_reading(parser, file):
    """Add the options that a file of ratings may need to a parser; `file` is what this calls the file."""
    parser.add_argument("--columns", metavar="ROLE=NAME", nargs="+", type=_column,
                        help=f"the columns, by name or by number from 1, such as user=reviewer item=asin rating=stars"
                             f" time=when (of choices also event=what; none: no such column); write it after {file}"
                             " (default: found by the header)")
    parser.add_argument("--no-header", action="store_true",
                        help="the first line is a rating, not the names of the columns")
    parser.add_argument("--sep", metavar="CHARACTER", type=_separator,
                        help='the character between columns, or the word tab or blank (default: detected)')
    parser.add_argument("--missing", metavar="X", nargs="+", type=_number("--missing"),
                        help=f"numbers that mark a missing rating, such as 99 or -1; write it after {file} (default: 0"
                             " in a matrix, none in a list)")
    parser.add_argument("--scale", metavar=("LOW", "HIGH"), nargs=2, type=_number("--scale"),
                        help="the lowest and the highest rating that can be given (default: those found)")


def add_implicit(parser):
    """Add the options of files of choices, which have no ratings, to a parser."""
    parser.add_argument("--implicit", action="store_true",
                        help="RATINGS are choices: clicks, purchases or plays; a line is one choice, or has a count")
    parser.add_argument("--events", metavar="EVENT", nargs="+",
                        help="with --implicit: the events that count as choices, such as purchase")


def _number(option):
    return real_number(math.isfinite, f"a finite number, and RATINGS before {option}")


def _column(text):
    role, sign, name = text.partition("=")
    if role not in (*ROLES, "event") or not sign or not name.strip():
        raise argparse.ArgumentTypeError(f"expected {'=NAME, '.join(ROLES)}=NAME or event=NAME, and RATINGS before"
                                         f" --columns, got {text!r}")
    return role, name.strip()


def _separator(text):
    found = {"tab": "\t", "\\t": "\t", "blank": " ", "space": " "}.get(text, text)
    if (len(found) != 1 and found != "::") or found in ('"', "\n", "\r"):
        raise argparse.ArgumentTypeError(f"expected a character, tab, blank or ::, got {text!r}")
    return found


def told(options):
    """Return formats.Told by the options of add_options; InputError if they are given, but no file is read."""
    given = vars(options)
    columns, missing, scale, events = (given.get(name) for name in ("columns", "missing", "scale", "events"))
    found = formats.Told(given.get("format"), missing and tuple(missing), columns and dict(columns),
                         False if options.no_header else None, options.sep,
                         given.get("user") if "format" in given else None, scale and tuple(scale),
                         implicit=given.get("implicit", False), events=events and tuple(events))
    formats.check_told(found)
    if scale and scale[0] >= scale[1]:
        raise InputError(f"--scale: expected the lowest rating before the highest, got {formats.listed(scale, ' ')}")
    if found != NOTHING and given.get("ratings") in (COURSE, SAMPLE) and given.get("test") is None:
        raise InputError(f"--format, --missing and the like describe files, but {options.ratings} is not a file; leave"
                         " these options out")
    return found


def words(options):
    """Return the options of add_options as words of a command line."""
    said = {"--columns": map("=".join, options.columns or ()), "--sep": filter(None, [options.sep]),
            "--missing": formats.listed(options.missing or (), " ").split(),
            "--scale": formats.listed(options.scale or (), " ").split(),
            "--user": filter(None, [options.user]), "--format": filter(None, [options.format]),
            "--events": getattr(options, "events", None) or ()}
    valued = [(option, list(values)) for option, values in said.items()]
    flags = ["--no-header"] * options.no_header + ["--implicit"] * getattr(options, "implicit", False)
    return flags + [word for option, values in valued if values
                                                  for word in (option, *values)]


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
