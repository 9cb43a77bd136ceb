"""Reads files of ratings in the formats that people have, and the titles of what was rated.

    read(path)       a ratings.Table
    chunks(path)     the same ratings in ratings.Chunks, for files larger than memory
    titles(path)     a dict of titles
    notes(...)       lines that tell the user about the ratings
    Told             what the user says of the files

    catalogue   the list of formats, and what other files are
    lists, netflix, matrices, titling       the formats: each recognises a file by its first lines and reads it
    kinds       lines without a header: is it a list or a matrix?
    quick       reads lines of the usual form with NumPy
    text        pieces of whole lines, and the words in them: numbers, times, IDs
    opening     files, folders, .gz and .zip
    numbering, table    make a Table of Chunks
"""

from recommender.formats.format import LIST, MATRIX, Told
from recommender.formats.numbering import Numbering
from recommender.formats.reading import chunks, read, titles
from recommender.formats.table import notes
from recommender.ratings import Chunk

__all__ = ["LIST", "MATRIX", "Chunk", "Numbering", "Told", "chunks", "notes", "read", "titles"]
