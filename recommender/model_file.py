"""The model file: a fitted model, its users and items, and the ratings it was fitted to; an .npz of plain arrays.

It is a zip archive without compression. The first member is JSON text: the format's name and version, and a tree that
puts the arrays in the other members (.npy) together to named tuples, dicts and numbers. Reading makes only named tuples
of this project and unpickles nothing, so a stranger's file can do no harm. It compares each member's CRC, and the
arrays' shapes with those of the model.
"""

import io
import json
import pkgutil
import zipfile
from contextlib import contextmanager
from importlib import import_module
from typing import NamedTuple

import numpy as np
from scipy.sparse import csr_array

import common
from console import InputError, Kind, check_replaceable, read_file, write_file
from recommender import catalogue, models, predictor, ratings
from recommender.damaged import BROKEN, Damaged, check, reason
from recommender.shapes import check_parts

FORMAT, VERSION = "recommender model", 2
LARGEST = 2**36  # bytes of a model file
REAL = (np.float32, np.float64)
DEEPEST = 20  # levels of nested parts; a blend of mixtures has half as many
MODEL = "recommender-model.json"  # the archive's first member


def _is_model(path):
    """Return whether the file is empty or a zip archive whose first member, after 30 bytes, has our name."""
    with open(path, "rb") as file:
        head = file.read(30 + len(MODEL))
    return not head or (head.startswith(b"PK\3\4") and head.endswith(MODEL.encode()))


KIND = Kind("model", _is_model)


class _OtherVersion(ValueError):
    """A named tuple has another number of parts than in this program."""


class Saved(NamedTuple):
    """The content of a model file."""

    model: str  # the model's name
    params: dict  # its hyper-parameters
    table: ratings.Table  # the ratings it was fitted to
    predictor: predictor.Predictor


def write(path, saved):
    """Write a Saved to a file, whole or not at all; raise InputError rather than replace another file."""
    arrays = []
    tree = _tree(saved, arrays)
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr(zipfile.ZipInfo(MODEL), json.dumps({"format": FORMAT, "version": VERSION, "content": tree}))
        for number, array in enumerate(arrays):
            with archive.open(zipfile.ZipInfo(f"{number}.npy"), "w", force_zip64=True) as member:
                np.lib.format.write_array(member, array, allow_pickle=False)
    write_file(check_replaceable(path, KIND), content.getvalue())


def read(path):
    """Return the Saved in a file.

    Raises:
        InputError: it cannot be read, is damaged, is no model file or one of another version, or its parts are not
            those of a model.
    """
    content = read_file(path, LARGEST, "a model file, as fit writes it")
    known = content[30 : 30 + len(MODEL)] == MODEL.encode()
    what = "is damaged or not whole" if known else "is not a model file"
    with _refusing(path, what, BROKEN):
        archive = zipfile.ZipFile(io.BytesIO(content))
        about = json.loads(_member(archive, MODEL))
    _check_version(path, about)
    with _refusing(path, what, BROKEN):
        arrays = {name: _array(archive, name) for name in archive.namelist() if name != MODEL}
    other = "is damaged, or was written by another version of this program"
    with _refusing(path, other, _OtherVersion), _refusing(path, what, Damaged):
        found = _value(about.get("content"), arrays)
        _check(found)
    return found


@contextmanager
def _refusing(path, what, errors):
    """A context that turns `errors` into an InputError about a file."""
    try:
        yield
    except errors as error:
        raise InputError(f"{path} {what} ({reason(error)}); expected a model file from fit") from None


def _check_version(path, about):
    if not isinstance(about, dict) or about.get("format") != FORMAT:
        raise InputError(f"{path} is not a model file; expected one from fit")
    if about.get("version") != VERSION:
        raise InputError(f"{path} is a model file of version {about.get('version')}, which this program does not know;"
                         f" expected version {VERSION}: fit the model anew, or use the program that wrote it")


def _member(archive, name):
    """Return the bytes of a member; it must not be compressed: a small file cannot become a large array."""
    found = archive.getinfo(name)
    check(found.compress_type == zipfile.ZIP_STORED and found.file_size == found.compress_size, f"{name} is compressed")
    return archive.read(found)


def _array(archive, name):
    array = np.lib.format.read_array(io.BytesIO(_member(archive, name)), allow_pickle=False)
    return array.astype(array.dtype.newbyteorder("="), copy=False)


def _tree(value, arrays):
    """Return `value` for JSON; its arrays are appended to `arrays`, and their numbers stand in their places."""
    if isinstance(value, csr_array):
        parts = [_tree(part, arrays) for part in (value.data, value.indices, value.indptr)]
        return {"sparse": parts, "shape": list(value.shape)}
    if isinstance(value, np.ndarray):
        if value.dtype.hasobject:
            raise ValueError("expected arrays of numbers or text, got one of objects")
        arrays.append(value)
        return {"array": len(arrays) - 1}
    if isinstance(value, np.generic):
        return _tree(value.item(), arrays)
    if hasattr(value, "_fields"):
        return {"tuple": _name(type(value)), "fields": [_tree(part, arrays) for part in value]}
    if isinstance(value, (list, tuple)):
        return {"list": [_tree(part, arrays) for part in value]}
    if isinstance(value, dict):
        return {"dict": [[_tree(key, arrays), _tree(part, arrays)] for key, part in value.items()]}
    if value is None or isinstance(value, (str, bool, int, float)):
        return value
    raise TypeError(f"expected arrays, numbers, text, and tuples and dicts of these, got {type(value).__name__}")


def _value(tree, arrays, depth=0):
    """Return the value of a _tree, with the arrays by their members' names; lists become tuples.

    Raises:
        Damaged: _tree makes no such tree.
    """
    if not isinstance(tree, dict):
        return tree
    check(depth < DEEPEST, f"its parts are nested more than {DEEPEST} times")

    def values(parts):
        return tuple(_value(part, arrays, depth + 1) for part in _listed(parts))

    if "array" in tree:
        name = f"{tree['array']}.npy"
        check(name in arrays, f"it has no {name}")
        return arrays[name]
    if "sparse" in tree:
        return _sparse(values(tree["sparse"]), tree.get("shape"))
    if "tuple" in tree:
        return _made(tree["tuple"], values(tree.get("fields")))
    if "list" in tree:
        return values(tree["list"])
    pairs = [values(pair) for pair in _listed(tree.get("dict"))]
    check(all(len(pair) == 2 and isinstance(pair[0], str) for pair in pairs), "it has parts without names")
    return dict(pairs)


def _listed(parts):
    check(isinstance(parts, list), "its parts are no list")
    return parts


def _made(name, fields):
    """Return the named tuple of this name; raise Damaged if there is none, _OtherVersion if it has other parts."""
    kind = _classes().get(str(name))
    check(kind is not None, f"it holds {name}")
    known = len(kind._fields)
    if not known - len(kind._field_defaults) <= len(fields) <= known:
        raise _OtherVersion(f"its {kind.__name__} has {len(fields)} parts, expected {known}")
    return kind(*fields)


def _sparse(parts, shape):
    """Return a csr_array of finite numbers from data, indices and indptr; raise Damaged if it is none."""
    check(all(isinstance(part, np.ndarray) for part in parts) and len(parts) == 3, "its ratings are no numbers")
    data, indices, indptr = parts
    check(indices.dtype.kind == indptr.dtype.kind == "i" and data.dtype in REAL and np.isfinite(data).all(),
          "its ratings are no numbers")
    try:
        sparse = csr_array((data, indices, indptr), shape=shape)
        sparse.check_format(full_check=True)
    except BROKEN as error:
        raise Damaged(reason(error)) from None
    check(sparse.ndim == 2, "its ratings are no matrix")
    return sparse


def _classes():
    """Return {name: class} of the named tuples that may be parts of a model."""
    homes = [import_module(f"{models.__name__}.{found.name}") for found in pkgutil.iter_modules(models.__path__)]
    homes += [common, ratings, predictor, import_module("recommender.intervals"), import_module(__name__)]
    return {_name(kind): kind for home in homes for kind in vars(home).values()
            if isinstance(kind, type) and hasattr(kind, "_fields")}


def _name(kind):
    return f"{kind.__module__.rpartition('_rooms.')[2]}.{kind.__qualname__}"  # setup.py moves modules to there


def _check(saved):
    """Raise Damaged if a Saved's parts are wrong, or do not fit one another."""
    check(isinstance(saved, Saved) and isinstance(saved.model, str) and isinstance(saved.table, ratings.Table)
          and isinstance(saved.predictor, predictor.Predictor), "it holds no model")
    model, params, table, fitted = saved
    check(model in [each.name for each in catalogue.MODELS], f"no model is called {model!r}")
    check(isinstance(params, dict) and isinstance(table.X, csr_array) and isinstance(table.scale, ratings.Scale),
          "it holds no ratings")
    for ids, size in zip((table.users, table.items), table.X.shape, strict=True):
        ratings.check_ids(ids, size)
    check_parts(table.scale, *table.X.shape)
    check_parts(fitted, *table.X.shape)
    pair = np.array([len(table.users) - 1]), np.array([len(table.items) - 1])
    with np.errstate(all="ignore"):
        found = [fitted.predict(*pair), *fitted.interval(*pair)]
    check(np.isfinite(found).all(), "its predictions are not finite numbers")
