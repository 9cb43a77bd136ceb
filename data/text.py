"""Reads the course's text formats; what cannot be read is reported with the file's name and the line."""

import io
import re
from typing import NamedTuple

import numpy as np

from common import GaussianMixture
from data.console import InputError


def parse_matrix(content, name, ratings=False):
    """Return the matrix in `content`, a line a row, numbers separated by blanks.

    Args:
        content: bytes of the file.
        name: of the file, for messages.
        ratings: whether negative numbers are refused.

    Raises:
        InputError: the file is empty, not text, ragged, or holds what is not a finite number, or a negative rating.
    """
    lines = decode(content, name).split("\n")
    rows = [number for number, line in enumerate(lines, 1) if line.strip()]
    if not rows:
        raise InputError(f"{name} is empty; expected a matrix of numbers")
    try:
        matrix = np.loadtxt(io.StringIO("\n".join(lines)), ndmin=2, comments=None)
    except ValueError:
        raise InputError(_what_is_wrong(lines, rows, name)) from None
    for wrong, what in ((~np.isfinite(matrix), "is not a finite number"), (ratings & (matrix < 0), "is negative")):
        if wrong.any():
            i, j = np.argwhere(wrong)[0]
            raise InputError(f"{name}, line {rows[i]}: {matrix[i, j]:g} {what}")
    return matrix


def _what_is_wrong(lines, rows, name):
    """Say at which line the rows stop being numbers, as many as in the first one."""
    width = len(lines[rows[0] - 1].split())
    for number in rows:
        words = lines[number - 1].split()
        for word in words:
            try:
                float(word)
            except ValueError:
                return f"{name}, line {number}: {word[:20]!r} is not a number"
        if len(words) != width:
            return f"{name}, line {number}: {len(words)} numbers, expected {width} as in line {rows[0]}"
    return f"{name} is not a matrix of numbers"


def decode(content, name):
    """Return the text in `content`; raise InputError with the line where it is not text."""
    try:
        text = content.decode("utf-8")
        bad = text.find("\0")
        where = len(text[:bad].encode()) if bad >= 0 else None
    except UnicodeDecodeError as error:
        where = error.start
    if where is not None:
        line = content.count(b"\n", 0, where) + 1
        raise InputError(f"{name}, line {line}: not text; is it a binary or compressed file?")
    return text.removeprefix("\ufeff").replace("\r\n", "\n")


class Solutions(NamedTuple):
    """What test_solutions.txt holds: the staff's results for the test case, stage by stage."""

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


_LABELS = "X K Mu Var P post LL Mu Var P Mu Var P post LL X_gold X_pred RMSE".split()
_HEADING = {0: "Input:", 5: "\nAfter first E-step:", 7: "\nAfter first M-step:", 10: "\nAfter a run"}


def parse_solutions(content, name="test_solutions.txt"):
    """Return the Solutions in `content`, the bytes of a file of the course's format: printed NumPy arrays.

    Raises:
        InputError: a part is missing, or out of its order, or is not numbers.
    """
    text = decode(content, name)
    parts = list(re.finditer(r"^(X_gold|X_pred|RMSE|X|K|Mu|Var|P|post|LL):([-+\s\d.e\[\]]*)", text, re.MULTILINE))
    labels = [part[1] for part in parts]
    if labels != _LABELS:
        at = next((i for i, pair in enumerate(zip(labels, _LABELS)) if pair[0] != pair[1]), min(len(labels), len(_LABELS)))
        line = text.count("\n", 0, parts[at].start() if at < len(parts) else len(text)) + 1
        wanted = f"{_LABELS[at]}:" if at < len(_LABELS) else "nothing more"
        raise InputError(f"{name}, line {line}: expected {wanted} there")
    values = []
    for part in parts:
        rows = re.findall(r"\[([^\[\]]+)\]", part[2])
        try:
            values.append(np.array([[float(word) for word in row.split()] for row in rows or [part[2]]]))
        except ValueError:
            line = text.count("\n", 0, part.start()) + 1
            raise InputError(f"{name}, line {line}: {part[1]} is not a complete array of numbers") from None
    return _solutions(values, name)


def _solutions(values, name):
    """Return Solutions from the 18 arrays in their order, once their shapes agree."""
    X, K, mu = values[0], int(values[1].flat[0]), values[2]
    (n, d), one = X.shape, (1, 1)
    mixture = [(K, d), (1, K), (1, K)]
    shapes = [(n, d), one, *mixture, (n, K), one, *mixture, *mixture, (n, K), one, (n, d), (n, d), one]
    for label, value, shape in zip(_LABELS, values, shapes):
        if value.shape != shape:
            raise InputError(f"{name}: {label} has shape {value.shape}, expected {shape}")
    mixtures = [GaussianMixture(values[i], values[i + 1][0], values[i + 2][0]) for i in (2, 7, 10)]
    scalar = [float(value.flat[0]) for value in values]
    return Solutions(X, K, mixtures[0], values[5], scalar[6], mixtures[1], mixtures[2], values[13], scalar[14],
                     values[15], values[16], scalar[17])


def format_solutions(solutions):
    """Return the text of Solutions, as the course prints it; parse_solutions reads it back."""
    s = solutions
    values = [s.X, s.K, *s.mixture, s.estep_post, s.estep_log_likelihood, *s.mstep_mixture, *s.run_mixture,
              s.run_post, s.run_log_likelihood, s.X_gold, s.X_pred, s.rmse]
    lines = []
    with np.printoptions(precision=8, threshold=10**6, linewidth=75, suppress=False):
        for i, (label, value) in enumerate(zip(_LABELS, values)):
            if i in _HEADING:
                lines.append(_HEADING[i])
            lines.append(f"{label}:{chr(10) if np.ndim(value) == 2 else ' '}{value}")
    return "\n".join(lines) + "\n"
