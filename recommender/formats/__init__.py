"""Reads files of ratings in the formats that people have, and what was rated: titles, years, genres.

    read(path)       a ratings.Table
    chunks(path)     the same ratings in ratings.Chunks, for files larger than memory
    titles(path)     a dict of titles
    items(path)      IDs, and columns such as titles, years and genres
    notes(...)       lines that tell the user about the ratings
    Told             what the user says of the files

    catalogue   the list of formats, and what other files are
    columns     which columns hold users, items, ratings and times
    text        tables in text, by the csv module or pyarrow
    records     JSON, Parquet, Feather, Excel, and the Netflix Prize's lists
    choices     clicks, purchases and plays instead of ratings
    kinds       lines without a header: is it a list or a matrix?
    matrices, titling       the other formats
    words       numbers, times, IDs
    opening     files, folders, and what they are packed by
    table       makes a Table of Chunks
"""

from recommender.formats.choices import check_told
from recommender.formats.format import LIST, MATRIX, NOTHING, Told, listed
from recommender.formats.reading import chunks, items, read, titles
from recommender.formats.table import Coder, lasts, notes, scale
from recommender.ratings import Chunk

__all__ = ["LIST", "MATRIX", "NOTHING", "Chunk", "Coder", "Told", "check_told", "chunks", "items", "lasts", "listed",
           "notes", "read", "scale", "titles"]
