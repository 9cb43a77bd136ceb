"""Matrices, a row a user and a column an item: text in which 0 is a missing rating, or a sparse one in an .npz."""

import zipfile
from functools import partial

import numpy as np
from scipy import sparse

from console import InputError
from data.text import parse_matrix
from recommender.damaged import BROKEN, refusing
from recommender.formats.columns import is_number
from recommender.formats.format import MATRIX, Format, listed
from recommender.formats.opening import check_swelling, is_npz
from recommender.formats.text import pieces
from recommender.formats.words import SIZES
from recommender.ratings import Chunk

_ROOMY = 2**20  # users or items without ratings that a sparse matrix may have; more only beside as many ratings
_AT_ONCE = 2**20  # ratings of an .npz in a Chunk
_EXPECTED = "expected a sparse matrix of ratings as scipy.sparse.save_npz writes it"
JESTER = (99.0,)  # marks a missing rating in Jester's files


def of_text(first, separator, missing=None, jester=False):
    """Return the Format of a matrix whose first line has the words `first`; None if they are no row of numbers.

    `missing`: numbers that mark a missing rating; None for 0, until the user says otherwise. `jester`: whether the
    first number of each line counts its ratings, as in Jester's files.
    """
    if separator == "::" or len(first) < 2 or not all(map(is_number, first)):
        return None
    marks = "0 = missing unless --missing says otherwise"
    absent = () if missing else JESTER if jester else (0.0,)  # what the user names is counted, and left out later
    if missing or jester:
        marks = f"{listed(missing or JESTER)} = missing" + (", 0 is a rating" if 0 not in (missing or JESTER) else "")
    width = len(first) - jester
    about = f"a matrix of {width} columns, {marks}; users and items are numbered from 1"
    if jester:
        about += "; the first number of each line counts its ratings, as in Jester's files"
    return Format(about, partial(_chunks, separator, len(first), absent, jester and (missing or JESTER)), MATRIX)


def are_counted(V, missing):
    """Return whether the first number of each row V (m, w) is how many others are not one of the missing ones."""
    return len(V) > 2 and V.shape[1] > 2 and bool((V[:, 0] == (~np.isin(V[:, 1:], missing)).sum(axis=1)).all())


def _chunks(separator, width, absent, counted, stream, tally):
    """Yield the Chunks of a matrix without the numbers that are `absent`; rows and columns are counted from 1.

    `counted`: numbers that the first number of each line does not count; False: it counts nothing.
    """
    row = 1
    for piece in pieces(stream):
        if not piece.content.strip():
            continue
        content = piece.content.replace(b",", b".") if separator in ";\t" else piece.content
        part = parse_matrix(content, stream.name, first=piece.line, separator=None if separator == " " else separator)
        if part.shape[1] != width:
            raise InputError(f"{stream.name}, line {piece.line}: {part.shape[1]} numbers, expected {width} as before")
        if counted and not are_counted(np.vstack([part] * 3), counted):
            raise InputError(f"{stream.name}: not all lines begin with the number of their ratings; leave these numbers"
                             f" out, or give --format {MATRIX} if they are ratings")
        part = part[:, bool(counted):]
        u, i = np.nonzero(~np.isin(part, absent))
        unrated = np.arange(row, row + len(part)), np.arange(1, part.shape[1] + 1)
        yield Chunk(u + row, i + 1, part[u, i], None, unrated)
        row += len(part)
        tally.lines += len(part)


def npz(head, _):
    """Return the Format of scipy's .npz, else None. What the matrix stores is a rating, a 0 too."""
    if not is_npz(head.content):
        return None
    return Format("scipy's sparse matrix; users and items are numbered from 0", _npz_chunks, MATRIX)


def _npz_chunks(stream, tally):
    matrix = _loaded(stream)
    yield Chunk(*(np.empty(0, kind) for kind in (int, int, float)), None, tuple(map(np.arange, matrix.shape)))
    for begin in range(0, matrix.nnz, _AT_ONCE):
        part = slice(begin, begin + _AT_ONCE)
        yield Chunk(matrix.row[part].astype(np.int64), matrix.col[part].astype(np.int64), matrix.data[part])


def _loaded(stream):
    """Return the matrix in an .npz, (n, d) float64, sparse by coordinates; whatever can be damaged in it is checked."""
    content = stream.whole()
    with refusing(f"{stream.name}:", _EXPECTED, "", (*BROKEN, MemoryError)):  # a damaged shape may ask for any memory
        for member in zipfile.ZipFile(content).infolist():
            check_swelling(f"{stream.name}/{member.filename}", member.file_size, member.compress_size)
        matrix = sparse.load_npz(content)
        if hasattr(matrix, "check_format"):  # an index out of range would read memory of others
            matrix.check_format(full_check=True)
        matrix = matrix.tocoo()
    if matrix.ndim != 2 or matrix.dtype.kind not in "biuf" or max(matrix.shape) > max(_ROOMY, 10 * matrix.nnz):
        raise InputError(f"{stream.name} holds {matrix.nnz} x {matrix.dtype} of shape {matrix.shape}; {_EXPECTED}")
    matrix.data = matrix.data.astype(float)
    size = np.abs(matrix.data)
    wrong = ~((size >= SIZES[0]) & (size <= SIZES[1]) | (size == 0))
    if wrong.any():
        k = np.argmax(wrong)
        raise InputError(f"{stream.name}, row {matrix.row[k]}, column {matrix.col[k]}: {matrix.data[k]} is no rating"
                         " or count; expected a finite number")
    return matrix
