"""Matrices, a row a user and a column an item: text in which 0 is a missing rating, or sparse in an .npz."""

import io
import zipfile
from typing import NamedTuple

import numpy as np
from scipy import sparse

from console import InputError
from data.text import parse_matrix
from recommender.damaged import BROKEN, reason
from recommender.formats.chunk import Chunk
from recommender.formats.lists import is_number
from recommender.formats.opening import check_swelling, is_npz
from recommender.formats.text import SIZES, blocks

_ROOMY = 2**20  # users or items of a sparse matrix that may be without ratings; more only beside as many ratings
_PIECE = 2**20  # ratings of an .npz that are handed on at a time
_EXPECTED = "expected a sparse matrix of ratings as scipy.sparse.save_npz writes it"


class Layout(NamedTuple):
    """How a matrix is written."""

    separator: str
    width: int  # number of columns
    zeros: bool  # whether a 0 is a missing rating; else all are ratings that nobody has said to be missing
    about: str  # all this in words

    def __str__(self):
        return self.about

    def guessed(self):
        """Return the same, that says that it is a guess."""
        return self._replace(about=f"{self.about} (a guess; --format list if it is a list)")


def layout(first, separator, missing=None):
    """Return the Layout of a matrix of which the first line has these words; None where they are no row of numbers.

    Args:
        first: list of words.
        separator: of them, as in lists.SEPARATORS.
        missing: numbers that mark a missing rating; None where nothing is said.
    """
    if separator == "::" or len(first) < 2 or not all(map(is_number, first)):
        return None
    marks = "0 = missing unless --missing says otherwise"
    if missing is not None:
        marks = f"{listed(missing)} = missing" + (", 0 is a rating" if 0 not in missing else "")
    about = f"a matrix of {len(first)} columns, {marks}; users and items are numbered from 1"
    return Layout(separator, len(first), missing is None, about)


def listed(missing):
    """Return numbers as a text: 99, -1."""
    return ", ".join(f"{number:g}" for number in missing)


def chunks(stream, layout):
    """Yield the Chunks of the matrix in a Stream; users are its rows and items its columns, counted from 1."""
    row, separator = 1, None if layout.separator == " " else layout.separator
    for block in blocks(stream):
        if not block.content.strip():
            continue
        part = parse_matrix(block.content, stream.name, first=block.line, separator=separator)
        if part.shape[1] != layout.width:
            raise InputError(f"{stream.name}, line {block.line}: {part.shape[1]} numbers, expected {layout.width} as"
                             " before")
        u, i = np.nonzero(part) if layout.zeros else np.indices(part.shape).reshape(2, -1)
        yield Chunk(u + row, i + 1, part[u, i], None, (np.arange(row, row + len(part)), np.arange(1, layout.width + 1)))
        row += len(part)


def npz_recognised(head):
    """Return what is said of an .npz in words, or None if the first bytes are of none."""
    return "scipy's sparse matrix; users and items are numbered from 0" if is_npz(head.content) else None


def npz_chunks(stream, _):
    """Yield the Chunks of the sparse matrix in the Stream of an .npz; users are rows and items columns, from 0.

    It is held in memory whole, as it was when it was written. What it stores is a rating, also a 0.
    """
    matrix = _loaded(stream)
    yield Chunk(*(np.empty(0, kind) for kind in (int, int, float)), None, tuple(map(np.arange, matrix.shape)))
    for begin in range(0, matrix.nnz, _PIECE):
        part = slice(begin, begin + _PIECE)
        yield Chunk(matrix.row[part].astype(np.int64), matrix.col[part].astype(np.int64), matrix.data[part])


def _loaded(stream):
    """Return the matrix in an .npz, (n, d) sparse by coordinates; nothing is trusted in it that can be damaged."""
    content = io.BytesIO()
    while piece := stream.read(2**20):
        content.write(piece)
    try:
        for member in zipfile.ZipFile(content).infolist():
            check_swelling(f"{stream.name}/{member.filename}", member.file_size, member.compress_size)
        matrix = sparse.load_npz(content)
        if hasattr(matrix, "check_format"):  # indices out of range would be read from anywhere
            matrix.check_format(full_check=True)
        matrix = matrix.tocoo()
    except InputError:
        raise
    except (*BROKEN, MemoryError) as error:  # of a shape that is damaged
        raise InputError(f"{stream.name}: {_EXPECTED} ({reason(error)})") from None
    return _checked(matrix, stream.name)


def _checked(matrix, name):
    """Return a matrix with float64 data if these can be ratings; else InputError."""
    if matrix.ndim != 2 or matrix.dtype.kind not in "biuf" or max(matrix.shape) > max(_ROOMY, 10 * matrix.nnz):
        raise InputError(f"{name} holds {matrix.nnz} x {matrix.dtype} of shape {matrix.shape}; {_EXPECTED}")
    matrix.data = matrix.data.astype(float)
    size = np.abs(matrix.data)
    wrong = ~((size >= SIZES[0]) & (size <= SIZES[1]) | (size == 0))
    if wrong.any():
        k = np.argmax(wrong)
        raise InputError(f"{name}, row {matrix.row[k]}, column {matrix.col[k]}: {matrix.data[k]} is no rating;"
                         " expected a finite number")
    return matrix
