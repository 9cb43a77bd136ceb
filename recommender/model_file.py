"""The model file: fitted models, their users and items, and the ratings they were fitted to; an .npz of plain arrays.

It is a zip archive without compression. The first member is JSON text: the format's name and version, and a tree that
puts the arrays in the other members (.npy) together to named tuples, dicts and numbers. Reading makes only named tuples
of this project and unpickles nothing, so a stranger's file can do no harm. Checksums find accidents alone, and a
prediction uses few of many numbers. So all numbers and arrays are compared with what a fit makes.
"""

import io
import json
import pkgutil
import zipfile
from importlib import import_module
from typing import NamedTuple, get_args, get_origin

import numpy as np
from scipy.sparse import csr_array

import common
from console import InputError, Kind, check_replaceable, read_file, write_file
from recommender import catalogue, intervals, models, predictor, ratings
from recommender.damaged import BROKEN, Damaged, check, reason, refusing
from recommender.lists import catalogue as list_catalogue
from recommender.lists import choosing
from recommender.lists import models as list_models
from recommender.lists.signal import KINDS, Signal

FORMAT, VERSION = "recommender model", 3
LARGEST = 2**36  # bytes of a model file
REAL = (np.float32, np.float64)
FINITE = 1e150  # the square of such a number is finite
DEEPEST = 20  # levels of nested parts; a blend of mixtures has half as many
MODEL = "recommender-model.json"  # the archive's first member
EXPECTED = "expected a model file from fit"


def _is_model(path):
    """Return whether a file is empty or a zip archive whose first member has our name, which 30 bytes precede."""
    with open(path, "rb") as file:
        head = file.read(30 + len(MODEL))
    return not head or (head.startswith(b"PK\3\4") and head.endswith(MODEL.encode()))


KIND = Kind("model", _is_model)


class Saved(NamedTuple):
    """The content of a model file."""

    model: str  # the model's name
    params: dict  # its hyper-parameters
    table: ratings.Table  # the ratings it was fitted to
    predictor: predictor.Predictor | None  # None: of choices, which have no ratings
    lists: choosing.Lists | None = None  # None: an earlier version has written the file


def write(path, saved):
    """Write a Saved to a file, whole or not at all; raise InputError rather than replace another file."""
    saved = saved._replace(table=saved.table._replace(times=None))  # nothing asks for them later
    arrays, content = [], io.BytesIO()
    about = {"format": FORMAT, "version": VERSION, "content": _tree(saved, arrays)}
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr(zipfile.ZipInfo(MODEL), json.dumps(about))
        for number, array in enumerate(arrays):
            with archive.open(zipfile.ZipInfo(f"{number}.npy"), "w", force_zip64=True) as member:
                np.lib.format.write_array(member, array, allow_pickle=False)
    write_file(check_replaceable(path, KIND), content.getvalue())


def read(path):
    """Return the Saved in a file; raise InputError if it is no model file, damaged, or of another version."""
    content = read_file(path, LARGEST, "a model file, as fit writes it")
    ours = content[30 : 30 + len(MODEL)] == MODEL.encode()
    if not content.startswith(b"PK"):  # NumPy would say how to load it by unpickling
        raise InputError(f"{path} is not a model file (it is no .npz); {EXPECTED}")
    what = "is damaged or not whole" if ours else "is not a model file"
    with refusing(path, what, EXPECTED, BROKEN):
        about, arrays = _members(content)
    if not isinstance(about, dict) or about.get("format") != FORMAT:
        raise InputError(f"{path} is not a model file; expected one from fit")
    if about.get("version") != VERSION:
        raise InputError(f"{path} is a model file of version {about.get('version')}, which this program does not know;"
                         f" expected version {VERSION}: fit the model anew, or use the program that wrote it")
    other = "is damaged, or was written by another version of this program"
    with refusing(path, other, EXPECTED, Damaged):
        found = _value(about.get("content"), arrays)
        _check(found)
    return found


def _members(content):
    """Return the JSON value and the arrays, by number, of an archive; raise one of BROKEN if it is damaged."""
    with np.load(io.BytesIO(content), allow_pickle=False) as archive:
        for member in archive.zip.infolist():  # a small file cannot become a large array
            check(member.compress_type == zipfile.ZIP_STORED and member.file_size == member.compress_size,
                  f"{member.filename} is compressed")
        check(archive.zip.testzip() is None, "a checksum is wrong")
        about = json.loads(archive[MODEL])
        arrays = {name: archive[name] for name in archive.files if name != MODEL}
    return about, {name: array.astype(array.dtype.newbyteorder("="), copy=False) for name, array in arrays.items()}


def _tree(value, arrays):
    """Return `value` for JSON; its arrays are appended to `arrays`, and their numbers stand in their places."""
    if isinstance(value, csr_array):
        parts = [_tree(part, arrays) for part in (value.data, value.indices, value.indptr)]
        return {"sparse": parts, "shape": list(value.shape)}
    if isinstance(value, np.ndarray):
        arrays.append(value)
        return {"array": len(arrays) - 1}
    if isinstance(value, np.generic):
        return _tree(value.item(), arrays)
    if hasattr(value, "_fields"):
        return {"tuple": f"{type(value).__module__}.{type(value).__qualname__}",
                "fields": [_tree(part, arrays) for part in value]}
    if isinstance(value, (list, tuple)):
        return {"list": [_tree(part, arrays) for part in value]}
    if isinstance(value, dict):
        return {"dict": [[_tree(key, arrays), _tree(part, arrays)] for key, part in value.items()]}
    return value


def _value(tree, arrays, depth=0):
    """Return the value of a _tree, with the arrays by their numbers; raise Damaged if it is none."""
    if not isinstance(tree, dict):
        return tree
    check(depth < DEEPEST, f"its parts are nested more than {DEEPEST} times")

    def values(parts):
        check(isinstance(parts, list), "its parts are no list")
        return tuple(_value(part, arrays, depth + 1) for part in parts)

    if "array" in tree:
        check(str(tree["array"]) in arrays, f"it has no {tree['array']}.npy")
        return arrays[str(tree["array"])]
    if "sparse" in tree:
        return _sparse(values(tree["sparse"]), tree.get("shape"))
    if "tuple" in tree:
        return _made(tree["tuple"], values(tree.get("fields")))
    if "list" in tree:
        return values(tree["list"])
    pairs = [values(pair) for pair in values(tree.get("dict"))]
    check(all(len(pair) == 2 and isinstance(pair[0], str) for pair in pairs), "it has parts without names")
    return dict(pairs)


def _made(name, fields):
    """Return the named tuple of this name."""
    kind = _classes().get(str(name).rpartition(".")[2])  # its module may be another one today
    check(kind is not None, f"its part {name} is of no model")
    known = len(kind._fields)
    check(known - len(kind._field_defaults) <= len(fields) <= known,
          f"its {kind.__name__} has {len(fields)} parts, expected {known}")
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
    homes = [import_module(f"{room.__name__}.{found.name}") for room in (models, list_models)
             for found in pkgutil.iter_modules(room.__path__)]
    homes += [choosing, common, ratings, predictor, intervals, import_module(__name__)]
    return {kind.__name__: kind for home in homes for kind in vars(home).values()
            if isinstance(kind, type) and hasattr(kind, "_fields")}


def _check(saved):
    """Raise Damaged if a Saved's parts are wrong, or do not fit one another."""
    check(isinstance(saved, Saved) and isinstance(saved.model, str) and isinstance(saved.table, ratings.Table),
          "it holds no model")
    model, params, table, fitted, lists = saved
    check(isinstance(params, dict) and isinstance(table.X, csr_array) and isinstance(table.scale, ratings.Scale)
          and table.times is None and table.implicit is (fitted is None), "it holds no ratings")
    for ids, size in zip((table.users, table.items), table.X.shape, strict=True):
        ratings.check_ids(ids, size)
    check_parts(table.scale, *table.X.shape)
    if fitted is None or lists is not None:
        _check_lists(lists, table.X)
    if fitted is None:
        check(model == lists.name and lists.fitted is not None, f"no list model is called {model!r}")
        return
    check(model in [each.name for each in catalogue.MODELS], f"no model is called {model!r}")
    check(isinstance(fitted, predictor.Predictor), "it holds no model")
    check_parts(fitted, *table.X.shape)
    pair = np.array([len(table.users) - 1]), np.array([len(table.items) - 1])
    with np.errstate(all="ignore"):
        found = [fitted.predict(*pair), *fitted.interval(*pair)]
    check(np.isfinite(found).all(), "its predictions are not finite numbers")


def _check_lists(lists, X):
    """Raise Damaged unless this is a Lists for the items of X (n, d)."""
    check(isinstance(lists, choosing.Lists) and lists.name in [each.name for each in list_catalogue.MODELS]
          and isinstance(lists.params, dict) and isinstance(lists.signal, Signal), "it holds no list model")
    check_parts(lists.signal, *X.shape)
    check(lists.signal.kind in KINDS, "its list model learns from nothing known here")
    if lists.fitted is None:
        check(lists.params in list_catalogue.named(lists.name).candidates(*X.shape),
              "its list model has settings that fit does not choose")
        return
    check(hasattr(lists.fitted, "scores"), "it holds no list model")
    check_parts(lists.fitted, *X.shape)
    with np.errstate(all="ignore"):
        check(np.isfinite(lists.scores(X[-1:])).all(), "its scores are not finite numbers")


def check_parts(it, n, d):
    """Raise Damaged unless the parts of a named tuple have the kinds, shapes and numbers that they should.

    Kinds are in its annotations; shapes, for n users and d movies, POSITIVE and ITEMS are in models/fitted.py.
    """
    fields = {name: (getattr(it, name), kind) for name, kind in type(it).__annotations__.items()}
    for name, (part, kind) in fields.items():
        check(_is(part, kind), f"its {name} is of another kind")
        for each in part if type(part) is tuple else (part,):
            if hasattr(each, "_fields"):
                check_parts(each, n, getattr(it, "own", d) if name == "model" else d)
    shapes, lengths = it.shapes(n, d) if hasattr(it, "shapes") else {}, {}
    for name, (part, kind) in fields.items():
        if kind in (float, int, dict, np.ndarray):
            check(name not in shapes or _has_shape(part, shapes[name], lengths), f"its {name} has another shape")
            for values in map(np.asarray, part.values() if kind is dict else [part]):
                check(values.dtype.kind in "biuf" and not np.isnan(values).any()
                      and (isinstance(it, intervals.Intervals) or float(np.abs(values).max(initial=0)) <= FINITE),
                      f"its {name} holds what is no number")  # an interval may be infinite
    for name in getattr(it, "POSITIVE", ()):
        check(np.all(np.asarray(getattr(it, name)) > 0), f"its {name} is not above 0")
    for name in getattr(it, "ITEMS", ()):
        numbers = getattr(it, name)
        check(numbers.dtype.kind in "iu" and (numbers >= 0).all() and (numbers < d).all(), f"its {name} are no items")


def _is(part, kind):
    """Return whether a part is of the kind of its annotation; a dict holds arrays."""
    if get_origin(kind) is tuple:
        return isinstance(part, tuple) and all(_is(each, get_args(kind)[0]) for each in part)
    if kind is dict:
        return isinstance(part, dict) and all(isinstance(value, np.ndarray) for value in part.values())
    return isinstance(part, (float, int) if kind is float else kind)


def _has_shape(part, shape, lengths):
    """Return whether an array, or each array of a dict, has a shape; a letter is one of the `lengths`, found here."""
    if isinstance(part, dict):
        return part.keys() == shape.keys() and all(_has_shape(part[name], shape[name], lengths) for name in shape)
    found = np.shape(part)
    return len(found) == len(shape) and all(
        size == (lengths.setdefault(length, size) if isinstance(length, str) else length)
        for size, length in zip(found, shape, strict=True))
