"""Finds the item that somebody means by an ID or a title."""

import difflib
import re
import unicodedata

from console import InputError
from recommender.ratings import Table

LISTED = 15  # titles that are listed; for more, no similar ones are sought, which is slow
_YEAR = re.compile(r"(.*?)(?: *\((\d{4})\))?", re.DOTALL)  # a title, and its year


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
        self._plain = set(map(plain, self._titles.values()))  # those of items that nobody rated, too
        self.shown = [self._titles.get(each, each) for each in self.ids]
        self.known = len(self._titles.keys() & self._number.keys())  # number of items with a title
        self._by_title = {}
        for number, title in enumerate(self.shown):
            for key in keys(title):
                self._by_title.setdefault(key, []).append(number)
        self._all_keys = "\n".join(f" {key} " for key in self._by_title)

    def find(self, text, similar=True):
        """Return the number of the item with this ID, title, title without the year, or part of a title.

        Raises:
            InputError: there is no such item, or more than one; the message names items with similar titles, if wanted.
        """
        if text in self._number:
            return self._number[text]
        found = self._by_title.get(plain(text)) or self._a_year_off(text) or self._containing(text)
        if len(found) == 1:
            return found[0]
        if found:
            listed = "; ".join(f"{self.ids[number]} is {self.shown[number]}" for number in found[:5])
            more = f"; and {len(found) - 5} more" if len(found) > 5 else ""
            raise InputError(f"{text!r} is the title of {len(found)} items ({listed}{more}); expected one of these IDs")
        if plain(text) in self._plain:
            raise InputError(f"nobody has rated {text!r}, so nothing is known about it; expected a rated item")
        raise InputError(f"no item is called {text!r}" + (f"; {self._near(text)}" if similar else ""))

    def _a_year_off(self, text):
        """Return the numbers of items with a title whose year is one off: festivals and cinemas count differently."""
        title, year = _YEAR.fullmatch(text.strip()).groups()
        if not year or plain(text) in self._plain:
            return []
        return [number for off in (-1, 1) for number in self._by_title.get(plain(f"{title} {int(year) + off}"), ())]

    def _containing(self, text):
        """Return the numbers of items whose titles contain a text as whole words; those that begin with it if any do.
        """
        words = f" {plain(text)} "
        if words not in self._all_keys:  # quick, for files of other things
            return []
        found = [(key, numbers) for key, numbers in self._by_title.items() if words in f" {key} "] if text else []
        first = [each for each in found if f"{each[0]} ".startswith(words[1:])]
        return list(dict.fromkeys(number for _, numbers in first or found for number in numbers))

    def _near(self, text):
        near = difflib.get_close_matches(plain(text), self._by_title, n=9, cutoff=0.5)
        shown = list(dict.fromkeys(self.shown[self._by_title[key][0]] for key in near))[:3]
        if shown:
            return "similar: " + ", ".join(map(repr, shown))
        return "expected an item's ID" + (" or title" if self.known else "; titles are known with --titles FILE")


def matched(pairs, names, strict=True):
    """Return the items of pairs of a text and a rating: a dict of number to (text, rating), and of other texts to why.

    A rating may be None; then an item may come twice.

    Raises:
        InputError: none of the texts means an item, or, if `strict`, two mean the same.
    """
    found, other = {}, {}
    for text, x in pairs:
        try:
            number = names.find(text, similar=len(other) < LISTED)
        except InputError as error:
            other[text] = str(error)
            continue
        twice = f"{names.shown[number]!r} is rated twice; expected one rating of an item"
        if number in found and strict and x is not None:
            raise InputError(twice)
        if number in found and x is not None:
            other[text] = f"{text!r}: {twice}"
        else:
            found[number] = text, x
    if not found:
        raise InputError(next(iter(other.values()), "it names no item"))
    return found, other


def keys(title):
    """Return the texts, as plain makes them, by which a title is found: "Seven (Se7en) (1995)" is also seven and se7en.
    """
    bare, year = _YEAR.fullmatch(title.strip()).groups("")
    parts = [plain(part) for part in (bare, *re.split(r"[()]", bare)) if part.strip()] or [plain(title)]
    parts += [re.sub(r"^(the|a|an) ", "", part) for part in parts]
    return {key for part in parts for key in (part, f"{part} {year}".strip()) if key}


def plain(title):
    """Return a title as it is compared: letters and digits only, "Matrix, The (1999)" as "the matrix 1999"."""
    title = " ".join(title.split())
    title = re.sub(r"^(.+), (the|a|an|les|le|la|das|der|die|el|il)( \(.*\))?$", r"\2 \1\3", title, flags=re.IGNORECASE)
    letters = unicodedata.normalize("NFKD", title.casefold().replace("&", " and "))
    words = re.sub(r"[\W_]+", " ", re.sub("[.'’\u0300-\u036f]", "", letters))  # the last are accents
    return words.strip() or title.casefold()
