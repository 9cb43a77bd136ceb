"""Reading the files in which people have ratings, and the titles of what was rated."""

from recommender.formats.reading import read

__all__ = ["read"]
