"""Reading the files in which people have ratings, and the titles of what was rated.

    read(path)       a Table
    chunks(path)     the same ratings piece by piece, for more than fits into memory
    titles(path)     a dict of titles
    notes(...)       what the user is told of the ratings
    Told             what the user says of them

    catalogue   the formats: how each is recognised, and by which function it is read
    lists, netflix, matrices, titling       these functions
    plain, kinds     a list or a matrix: lines without a header, and the numbers that tell
    quick       their usual grammar in NumPy
    text        blocks of lines, and what a word is: a number, a time, an ID
    opening     files, folders, .gz and .zip
    numbering, table    from Chunks to a Table
"""

from recommender.formats.chunk import Chunk
from recommender.formats.numbering import Numbering
from recommender.formats.reading import chunks, read, titles
from recommender.formats.table import notes
from recommender.formats.told import Told

__all__ = ["Chunk", "Numbering", "Told", "chunks", "notes", "read", "titles"]
