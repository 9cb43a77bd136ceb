"""Finds the item that somebody means by an ID or a title."""

import difflib
import re

from console import InputError
from recommender.ratings import Table


class Names:
    """What a table's items are called.

    Args:
        table: ratings.Table.
        titles: dict of item ID to title; items without one are called by their ID.
    """

    def __init__(self, table: Table, titles=None):
        self.ids = list(map(str, table.items.tolist()))
        self._number = {each: number for number, each in enumerate(self.ids)}
        known = {str(key): title for key, title in (titles or {}).items()}
        self.shown = [known.get(each, each) for each in self.ids]
        self.known = len(known.keys() & self._number.keys())  # titles of items that there are
        self._by_title, self._titles = {}, known
        for number, title in enumerate(self.shown):
            for key in {plain(title), without_year(plain(title))}:
                self._by_title.setdefault(key, []).append(number)

    def find(self, text):
        """Return the number of the item meant: by its ID, its title, or its title without the year.

        Raises:
            InputError: there is none such, or more than one; the message names what is near.
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
            raise InputError(f"nobody has rated {text!r}, so nothing is known of it; expected a rated item")
        raise InputError(f"no item is called {text!r}; {self._near(text)}")

    def _near(self, text):
        near = difflib.get_close_matches(plain(text), self._by_title, n=9, cutoff=0.5)
        near += [title for title in self._by_title if plain(text) in title][:3]
        shown = list(dict.fromkeys(self.shown[self._by_title[key][0]] for key in near))[:3]
        if shown:
            return "near it are " + ", ".join(map(repr, shown))
        return "expected an item's ID" + (" or title" if self.known else "; titles are known with --titles FILE")


def plain(title):
    """Return a title as it is compared: lower case, single blanks, "Matrix, The (1999)" as "the matrix (1999)"."""
    title = " ".join(title.casefold().split())
    return re.sub(r"^(.+), (the|a|an)( \(\d{4}\))?$", r"\2 \1\3", title)


def without_year(title):
    """Return a title without the year in brackets at its end."""
    return re.sub(r" \(\d{4}\)$", "", title)
