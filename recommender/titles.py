"""Finds the item that somebody means by an ID or a title."""

import difflib
import re

from console import InputError
from recommender.ratings import Table


class Names:
    """The IDs and titles of a table's items.

    Args:
        table: ratings.Table.
        titles: dict of item ID to title; an item without a title is called by its ID.
    """

    def __init__(self, table: Table, titles=None):
        self.ids = list(map(str, table.items.tolist()))
        self._number = {each: number for number, each in enumerate(self.ids)}
        self._titles = {str(key): title for key, title in (titles or {}).items()}
        self.shown = [self._titles.get(each, each) for each in self.ids]
        self.known = len(self._titles.keys() & self._number.keys())  # number of items with a title
        self._by_title = {}
        for number, title in enumerate(self.shown):
            for key in {plain(title), without_year(plain(title))}:
                self._by_title.setdefault(key, []).append(number)

    def find(self, text):
        """Return the number of the item with this ID, title, or title without the year.

        Raises:
            InputError: there is no such item, or more than one; the message names items with similar titles.
        """
        if text in self._number:
            return self._number[text]
        found = self._by_title.get(plain(text), [])
        if len(found) == 1:
            return found[0]
        if found:
            listed = "; ".join(f"{self.ids[number]} is {self.shown[number]}" for number in found[:5])
            raise InputError(f"{text!r} is the title of {len(found)} items ({listed}); expected one of these IDs")
        if plain(text) in map(plain, self._titles.values()):
            raise InputError(f"nobody has rated {text!r}, so nothing is known about it; expected a rated item")
        raise InputError(f"no item is called {text!r}; {self._near(text)}")

    def _near(self, text):
        near = difflib.get_close_matches(plain(text), self._by_title, n=9, cutoff=0.5)
        near += [title for title in self._by_title if plain(text) in title][:3]
        shown = list(dict.fromkeys(self.shown[self._by_title[key][0]] for key in near))[:3]
        if shown:
            return "similar: " + ", ".join(map(repr, shown))
        return "expected an item's ID" + (" or title" if self.known else "; titles are known with --titles FILE")


def plain(title):
    """Return a title as it is compared: lower case, single blanks, "Matrix, The (1999)" as "the matrix (1999)"."""
    title = " ".join(title.casefold().split())
    return re.sub(r"^(.+), (the|a|an)( \(\d{4}\))?$", r"\2 \1\3", title)


def without_year(title):
    """Return a title without the year in brackets at its end."""
    return re.sub(r" \(\d{4}\)$", "", title)
