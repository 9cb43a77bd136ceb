"""The model file: a fitted model, whom and what it knows, and the ratings it was fitted to; an .npz of plain arrays.

A zip archive, not compressed, whose first member is a JSON text: the format's name and version, and a tree that says
how the arrays in the other members (.npy) make up named tuples, dicts and numbers. Only named tuples that this project
defines are made, and nothing is unpickled, so that a stranger's file can do no more than be refused. Each member's CRC
is compared when it is read, and so are the arrays' shapes with what the model's should be.
"""

import io
import json
import pkgutil
import warnings
import zipfile
from contextlib import contextmanager
from importlib import import_module
from typing import Any, NamedTuple

import numpy as np
from scipy.sparse import csr_array

import common
from console import InputError, Kind, check_replaceable, read_file, write_file
from recommender import catalogue, models, predictor, ratings
from recommender.damaged import BROKEN, reason
from recommender.shapes import check_parts

FORMAT, VERSION = "recommender model", 2
LARGEST = 2**36  # bytes of a model file
REAL = (np.float32, np.float64)
MODEL = "recommender-model.json"  # the archive's first member


def _is_model(path):
    """Return whether the file is empty or a zip archive whose first member, after 30 bytes, has our name."""
    with open(path, "rb") as file:
        head = file.read(30 + len(MODEL))
    return not head or (head.startswith(b"PK\3\4") and head.endswith(MODEL.encode()))


KIND = Kind("model", _is_model)


class Saved(NamedTuple):
    """What a model file holds."""

    model: str  # the model's name
    params: dict  # its hyper-parameters
    table: ratings.Table  # the ratings it was fitted to
    predictor: predictor.Predictor


def write(path, saved):
    """Write a Saved to a file, whole or not at all; raise InputError where that would replace anything but a model."""
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
    """Return the Saved that a file holds.

    Raises:
        InputError: it cannot be read, is damaged, is no model file, or one of a later version.
    """
    content = read_file(path, LARGEST, "a model file, as fit writes it")
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            about = json.loads(_member(archive, MODEL))
            _check_version(path, about)
            found = _value(about["content"], archive)
        with in_use(path):
            _check(found)
    except InputError:
        raise
    except BROKEN as error:
        known = content[30 : 30 + len(MODEL)] == MODEL.encode()
        raise _refusal(path, "is damaged or not whole" if known else "is not a model file", error) from None
    return found


@contextmanager
def in_use(path):
    """A context in which a model is used that was read from `path`.

    Raises:
        InputError: nothing can be computed with its numbers, though each of them is one: no fit has found them.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # NumPy's; what comes of it is looked at
            yield
    except InputError:
        raise
    except (ValueError, np.linalg.LinAlgError, ArithmeticError) as error:
        raise _refusal(path, "is damaged", error) from None


def _refusal(path, what, error):
    return InputError(f"{path} {what} ({reason(error)}); expected what fit has written")


def _check_version(path, about):
    if not isinstance(about, dict) or about.get("format") != FORMAT:
        raise InputError(f"{path} is not a model file; expected what fit has written")
    if about.get("version") != VERSION:
        raise InputError(f"{path} is a model file of version {about.get('version')}, which this program does not know;"
                         f" expected version {VERSION}: fit the model anew, or use the program that wrote it")


def _member(archive, name):
    """Return the bytes of a member. Only what is stored as it is: a small file cannot become a large array."""
    found = archive.getinfo(name)
    if found.compress_type != zipfile.ZIP_STORED or found.file_size != found.compress_size:
        raise ValueError(f"{name} is compressed")
    return archive.read(found)


def _tree(value, arrays):
    """Return `value` as JSON can hold it; its arrays are appended to `arrays` and stand in it by their number."""
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
    raise TypeError(f"expected arrays, numbers, text, and tuples and dicts of them, got {type(value).__name__}")


def _value(tree, archive):
    """Return what _tree was made of; lists come back as tuples."""
    if not isinstance(tree, dict):
        return tree
    if "array" in tree:
        member = io.BytesIO(_member(archive, f"{tree['array']}.npy"))
        array = np.lib.format.read_array(member, allow_pickle=False)
        return array.astype(array.dtype.newbyteorder("="), copy=False)
    if "sparse" in tree:
        return _sparse(*(_value(part, archive) for part in tree["sparse"]), tuple(tree["shape"]))
    if "tuple" in tree:
        return _classes()[tree["tuple"]](*(_value(part, archive) for part in tree["fields"]))
    if "list" in tree:
        return tuple(_value(part, archive) for part in tree["list"])
    return {_value(key, archive): _value(part, archive) for key, part in tree["dict"]}


def _sparse(data, indices, indptr, shape):
    """Return a csr_array of finite numbers; raise ValueError where the parts make none."""
    if not (indices.dtype.kind == indptr.dtype.kind == "i" and data.dtype in REAL and np.isfinite(data).all()):
        raise ValueError("its ratings are no numbers")
    sparse = csr_array((data, indices, indptr), shape=shape)
    sparse.check_format(full_check=True)
    return sparse


def _classes():
    """Return {name: class} of the named tuples that a model may be made of."""
    homes = [import_module(f"{models.__name__}.{found.name}") for found in pkgutil.iter_modules(models.__path__)]
    homes += [common, ratings, predictor, import_module("recommender.intervals"), import_module(__name__)]
    return {_name(kind): kind for home in homes for kind in vars(home).values()
            if isinstance(kind, type) and hasattr(kind, "_fields")}


def _name(kind):
    return f"{kind.__module__}.{kind.__qualname__}"


def _check(saved: Any):
    """Raise where the parts do not fit one another: one prediction and its interval are made of them."""
    table, model = saved.table, saved.predictor
    if saved.model not in [each.name for each in catalogue.MODELS]:
        raise ValueError(f"no model is called {saved.model!r}")
    for ids, size in zip((table.users, table.items), table.X.shape, strict=True):
        ratings.check_ids(ids, size)
    check_parts(table.scale, *table.X.shape)
    check_parts(model, *table.X.shape)
    pair = np.array([len(table.users) - 1]), np.array([len(table.items) - 1])
    if not np.isfinite([model.predict(*pair), *model.interval(*pair)]).all():
        raise ValueError("its predictions are not finite numbers")
