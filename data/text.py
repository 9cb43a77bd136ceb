"""Reads the course's text formats. Errors name the file and the line."""

import io
import re
from typing import NamedTuple

import numpy as np

from common import GaussianMixture
from console import InputError

_RANGE = 1e-100, 1e100  # sizes whose squares neither vanish nor overflow


def parse_matrix(content, name, ratings=False, first=1, separator=None):
    """Return the matrix in `content`, one row a line.

    Args:
        content: bytes of the file.
        name: of the file, for messages.
        ratings: whether negative numbers are refused.
        first: number of the first line, if the content is a part of a file.
        separator: a character between the numbers; None for blanks.

    Raises:
        InputError: the file is empty, not text or ragged, or has a word that is no finite number, or a negative rating.
    """
    digits = _single_digits(content)
    if digits is not None:
        return digits
    lines = decode(content, name, first).split("\n")
    rows = [number for number, line in enumerate(lines, first) if line.strip()]
    if not rows:
        raise InputError(f"{name} is empty; expected a matrix of numbers")
    try:
        matrix = np.loadtxt(io.StringIO("\n".join(lines)), ndmin=2, comments=None, delimiter=separator)
    except ValueError:
        raise InputError(_what_is_wrong([line for line in lines if line.strip()], rows, name, separator)) from None
    size = np.abs(matrix)
    for wrong, what in ((~np.isfinite(matrix), "is not a finite number"), (ratings & (matrix < 0), "is negative"),
                        ((size < _RANGE[0]) & (size > 0) | (size > _RANGE[1]), "is too small or too large a number")):
        if wrong.any():
            i, j = np.argwhere(wrong)[0]
            raise InputError(f"{name}, line {rows[i]}: {matrix[i, j]:g} {what}")
    return matrix


def _single_digits(content):
    """Return the matrix in `content` if it is all single digits and blanks, as the course's ratings are; else None.

    This is many times as quick as reading any numbers.
    """
    width = content.find(b"\n") + 1
    if width == 0 or width % 2 or len(content) % width:
        return None
    characters = np.frombuffer(content, dtype=np.uint8).reshape(-1, width)
    digits, between = characters[:, ::2] - np.uint8(ord("0")), characters[:, 1::2]  # what is no digit is above 9
    plain = digits.max() <= 9 and (between[:, :-1] == ord(" ")).all() and (between[:, -1] == ord("\n")).all()
    return digits.astype(float) if plain else None


def _what_is_wrong(lines, rows, name, separator):
    """Return a message on the first of the lines, numbered by `rows`, that is not numbers, as many as in the first."""
    width = len(lines[0].split(separator))
    for line, number in zip(lines, rows, strict=True):
        words = line.split(separator)
        for word in words:
            try:
                np.loadtxt([word if word.strip() else "nothing"], comments=None, delimiter=separator)
            except ValueError:
                return f"{name}, line {number}: {word.strip()[:20]!r} is not a number"
        if len(words) != width:
            return f"{name}, line {number}: {len(words)} numbers, expected {width} as in line {rows[0]}"
    return f"{name} is not a matrix of numbers"


def decode(content, name, first=1):
    """Return the text in `content`; raise InputError with the line, counted from `first`, if it is not text."""
    try:
        text = content.decode("utf-8")
        bad = text.find("\0")
        where = len(text[:bad].encode()) if bad >= 0 else None
    except UnicodeDecodeError as error:
        where = error.start
    if where is not None:
        line = content.count(b"\n", 0, where) + first
        raise InputError(f"{name}, line {line}: not text; is it a binary or compressed file?")
    return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")


class Solutions(NamedTuple):
    """The staff's results for the test case, stage by stage, as in test_solutions.txt."""

    X: np.ndarray
    K: int
    mixture: GaussianMixture  # to start from
    estep_post: np.ndarray  # after the first E-step
    estep_log_likelihood: float
    mstep_mixture: GaussianMixture  # after the first M-step
    run_mixture: GaussianMixture  # after a run
    run_post: np.ndarray
    run_log_likelihood: float
    X_gold: np.ndarray
    X_pred: np.ndarray
    rmse: float


# The parts of the file in order: label and shape.
_PARTS = [("X", "nd"), ("K", ""), ("Mu", "Kd"), ("Var", "K"), ("P", "K"), ("post", "nK"), ("LL", ""),
          ("Mu", "Kd"), ("Var", "K"), ("P", "K"), ("Mu", "Kd"), ("Var", "K"), ("P", "K"), ("post", "nK"), ("LL", ""),
          ("X_gold", "nd"), ("X_pred", "nd"), ("RMSE", "")]
_HEADINGS = {0: "Input:", 5: "\nAfter first E-step:", 7: "\nAfter first M-step:", 10: "\nAfter a run"}


def parse_solutions(content, name="test_solutions.txt"):
    """Return the Solutions in `content`, the bytes of a file in the course's format: printed NumPy arrays.

    Raises:
        InputError: a part is missing, out of order, not numbers, or does not fit the others.
    """
    text = decode(content, name)
    found = list(re.finditer(r"^(X_gold|X_pred|RMSE|X|K|Mu|Var|P|post|LL):([-+.\de\s\[\]]*)", text, re.MULTILINE))
    size, values = {}, []
    for i, (label, shape) in enumerate(_PARTS):
        line = text.count("\n", 0, found[i].start() if i < len(found) else len(text)) + 1
        if i >= len(found) or found[i][1] != label:
            raise InputError(f"{name}, line {line}: expected {label}: there")
        value = _parse_array(found[i][2])
        if value is None or value.ndim != len(shape):
            raise InputError(f"{name}, line {line}: {label} is not a whole array of numbers")
        expected = tuple(size.setdefault(letter, length) for letter, length in zip(shape, value.shape, strict=True))
        if value.shape != expected:
            raise InputError(f"{name}, line {line}: {label} has shape {value.shape}, expected {expected}")
        values.append(value if shape else value.item())
    X, K = values[0], size["K"]
    if values[1] != K:
        raise InputError(f"{name}: K is {values[1]:g}, but Mu has {K} rows")
    mixtures = [GaussianMixture(*values[i : i + 3]) for i in (2, 7, 10)]
    return Solutions(X, K, mixtures[0], *values[5:7], *mixtures[1:], *values[13:])


def _parse_array(text):
    """Return a printed array, or None: [[...]] is 2-D, [...] 1-D, without brackets a number."""
    rows = re.findall(r"\[([^\[\]]+)\]", text)
    try:
        matrix = np.array([[float(word) for word in row.split()] for row in rows or [text]])
    except ValueError:
        return None
    if not rows:
        return matrix[0, 0] if matrix.size == 1 else None
    return matrix if text.lstrip().startswith("[[") else matrix[0]


def format_solutions(solutions):
    """Return Solutions as the course prints them; parse_solutions reads them back."""
    s = solutions
    values = [s.X, s.K, *s.mixture, s.estep_post, s.estep_log_likelihood, *s.mstep_mixture, *s.run_mixture,
              s.run_post, s.run_log_likelihood, s.X_gold, s.X_pred, s.rmse]
    lines = []
    with np.printoptions(precision=8, threshold=10**6, linewidth=75, suppress=False):
        for i, ((label, shape), value) in enumerate(zip(_PARTS, values, strict=True)):
            if i in _HEADINGS:
                lines.append(_HEADINGS[i])
            lines.append(f"{label}:" + ("\n" if len(shape) == 2 else " ") + str(value))
    return "\n".join(lines) + "\n"
