"""Features of items from a file of them: genres and the like, years, and words of the titles.

Each column that is used becomes a group of features. All groups weigh the same: the mean of the squared length, about
the mean of all items, is 1 in each.

- Years are linear between decades: 1995 is half 1990 and half 2000. Earlier and later ones count as the first and last.
- Words of titles are those that titles.plain makes, without a year in brackets.
- Of other columns, such as "Action|Comedy", each value is a feature. "|" separates values, or else ";", or else ",".

A value, word or decade counts only if at least LEAST items have it. It then is 1 for these items, and 0 for others.
"""

import os
import re
from collections import Counter
from typing import NamedTuple

import numpy as np
from scipy.sparse import csr_array, hstack, vstack

from console import InputError, noun
from recommender import formats
from recommender.formats.columns import ITEMS, TITLES, YEARS, column_name, column_named
from recommender.in_memory import places, whole_or_text, words
from recommender.titles import plain

LEAST, MOST = 3, 1000  # items that have a value of a column, and values: the most frequent ones
_YEARS = (*YEARS, "yearofpublication", "publicationyear", "yearpublished", "originalpublicationyear", "releasedate",
          "publicationdate")
_TITLES = (*TITLES, "name")
_VALUES = ("genres", "genre", "categories", "category", "maincategory", "tags", "tag", "keywords", "authors", "author",
           "bookauthor", "directors", "director", "artists", "artist", "artistname", "developer", "brand", "publisher",
           "studio", "studios", "type", "language", "country")
_IN_BRACKETS = re.compile(r"(.*)\((\d{4})\)\s*", re.ASCII | re.DOTALL)  # a title and its year
_YEAR = re.compile(r"(?<!\d)(1\d|20)\d\d(?!\d)", re.ASCII)
_OF_LISTS = " []'\""  # characters around the values of a list that was written as text


class Items(NamedTuple):
    """Items and their features."""

    ids: np.ndarray  # (k,): int64 or str
    F: csr_array  # (k, m)
    about: str  # the features in words

    def of(self, ids):
        """Return the features of items with these IDs, (d, m); unknown ones have the means of all.

        Raises InputError if all are unknown.
        """
        place = places(self.ids, ids)
        if (place < 0).all():
            here, there = (", ".join(map(repr, some[:3].tolist())) for some in (self.ids, ids))
            raise InputError(f"the file of items has none of the rated items: its IDs look like {here}, and those of"
                             f" the ratings like {there}")
        mean = csr_array(self.F.mean(axis=0)[None])
        return csr_array(vstack([self.F, mean]))[place]  # -1 is the last row

    def joined(self, table):
        """Return a Table with these items after its own ones, and the features of all its items, (d, m)."""
        self.of(table.items)
        new = self.ids[places(table.items, self.ids) < 0]
        kinds = [ids.astype(str) if new.dtype.kind != table.items.dtype.kind else ids for ids in (table.items, new)]
        items, X = np.concatenate(kinds), table.X.copy()
        X.resize(X.shape[0], len(items))
        return table._replace(X=X, items=items, times=None), self.of(items)


def add_options(parser):
    """Add the options of a file of items to a parser."""
    parser.add_argument("--items", metavar="FILE",
                        help="a file of the items with genres, years or titles (u.item, movies.dat, movies.csv, a CSV"
                             " with a header): these predict items that nobody has rated")
    parser.add_argument("--item-columns", metavar="NAME", nargs="+",
                        help="the columns of --items to use (default: those of usual names, printed)")


def asked(options, ids):
    """Return the Items that options mean, with some of these IDs; None if there is no file of them."""
    if options.item_columns and options.items is None:
        raise InputError("--item-columns goes with --items")
    if options.items is None:
        return None
    found = read(options.items, options.item_columns)
    found.of(ids)
    return found


def said(options, items, ids):
    """Return a line for the user about Items, and items (d,) that need features."""
    lacking = int((places(items.ids, ids) < 0).sum())
    more = f"; it lacks {lacking:,} of {len(ids):,} items, which get the mean features" if lacking else ""
    return f"Items: {options.items}, {items.about} (--item-columns overrides){more}"


def option_words(options):
    """Return the options of add_options as words of a command line."""
    found = ["--items", options.items] if options.items is not None else []
    return found + (["--item-columns", *options.item_columns] if options.item_columns else [])


def read(items, columns=None):
    """Return the Items of a path, as the commands take it, or of a pandas DataFrame with the same columns.

    `columns` are the names of those to use; None: those of usual names. Raises InputError if there is no such column,
    or none that tells items apart.
    """
    if isinstance(items, Items):
        return items
    if isinstance(items, (str, os.PathLike)):
        return of_columns(*formats.items(os.fspath(items)), columns)
    if not hasattr(items, "columns"):
        raise InputError(f"expected items as a path or a DataFrame, got {type(items).__name__}")
    names = list(map(str, items.columns))
    item = column_named(names, (*ITEMS, "id"))
    if item is None:
        raise InputError(f"expected a column of items' IDs, such as item, got {', '.join(names)[:200]}")
    table = {name: words(items.iloc[:, number].to_numpy()) for number, name in enumerate(names)}
    return of_columns(whole_or_text(items.iloc[:, item].to_numpy()), table, columns)


def of_columns(ids, table, used=None):
    """Return the Items with IDs (k,), of which the last of the same counts, from a dict of names to lists of text."""
    rows = len(ids) - 1 - np.unique(ids[::-1], return_index=True)[1]
    used = _used(list(table), used)
    found = [group for name in used for group in _groups(name, [table[name][row] for row in rows], used)]
    varied = [(F / np.sqrt(size), about) for F, about in found if (size := _size(F)) > 1e-9]
    if not varied:
        there, here = ", ".join(table)[:200], ", ".join(used) or "none"
        raise InputError(f"the items have no value that at least {LEAST} of them have and others lack; used of the"
                         f" columns {there} are {here} (--item-columns overrides)")
    parts, about = zip(*varied, strict=True)
    return Items(ids[rows], csr_array(hstack(parts)), ", ".join(about))


def _used(names, asked):
    """Return the columns to use: those asked for, or those of usual names."""
    plain_names = {column_name(name): name for name in names}
    missing = [name for name in asked or () if column_name(name) not in plain_names]
    if missing:
        raise InputError(f"the file of items has no column {missing[0]!r}; it has {', '.join(names)[:200]}")
    if asked:
        return [plain_names[column_name(name)] for name in asked]
    one = (next((name for name in wanted if name in plain_names), None) for wanted in (_YEARS, _TITLES))
    return [plain_names[name] for name in (*_VALUES, *one) if name in plain_names]


def _groups(name, texts, used):
    """Return pairs of features (k, m) and words for them, of the column with a name; `used` are all columns used."""
    if column_name(name) in _YEARS:
        return [(_decades([_YEAR.search(text) for text in texts], 0), name)]
    if column_name(name) not in _TITLES:
        between = next((mark for mark in "|;" if any(mark in text for text in texts)), ",")
        values = [{value.strip(_OF_LISTS).casefold() for value in text.split(between)} for text in texts]
        return [_indicators(f"of {name}", "value", values)]
    matches = [_IN_BRACKETS.fullmatch(text) for text in texts]
    words = [set(plain(match[1] if match else text).split()) for match, text in zip(matches, texts, strict=True)]
    dated = any(column_name(other) in _YEARS for other in used)
    years = [] if dated else [(_decades(matches, 2), f"the years in {name}")]
    return [*years, _indicators(f"of {name}", "word", words)]


def _decades(matches, part):
    """Return the decades (k, m) of years, a group of the matches; an item without a year has the mean."""
    years = np.array([float(match[part]) if match else np.nan for match in matches])
    known = ~np.isnan(years)
    decades, number = np.unique(years[known] // 10, return_counts=True)
    ends = np.union1d(decades[number >= LEAST], decades[number >= LEAST] + 1)
    found = np.array([np.interp(years / 10, ends, one) for one in np.eye(len(ends))]).reshape(len(ends), len(years)).T
    found[~known] = found[known].mean(axis=0) if len(ends) else 0
    return csr_array(found)


def _indicators(of, what, values):
    """Return the indicators (k, m) of sets of values, and words for them."""
    number = Counter(value for some in values for value in some if value)
    often = [value for value in sorted(number, key=lambda value: (-number[value], value)) if number[value] >= LEAST]
    column = {value: place for place, value in enumerate(sorted(often[:MOST]))}
    pairs = [(row, column[value]) for row, some in enumerate(values) for value in sorted(some) if value in column]
    places = np.array(pairs, dtype=int).reshape(-1, 2).T
    found = csr_array((np.ones(len(pairs)), tuple(places)), shape=(len(values), len(column)))
    return found, f"{len(column)} {noun(len(column), what)} {of}"


def _size(F):
    """Return the mean squared length of features (k, m), about their mean."""
    return float((F**2).sum() / F.shape[0] - (F.mean(axis=0) ** 2).sum())
