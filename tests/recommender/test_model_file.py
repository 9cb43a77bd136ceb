"""The model file: a model comes back as it was; damaged and forged files are refused."""

import io
import json
import os
import pkgutil
import zipfile
from importlib import import_module
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from console import InputError, run_program
from recommender import catalogue, intervals, model_file, models, predictor
from recommender import ratings as ratings_
from recommender.__main__ import main
from recommender.lists import choosing
from recommender.lists import models as list_models
from recommender.models import effects
from tests.ratings import ratings, shorten
from tests.recommender.model_cases import said, saved, table


@pytest.mark.parametrize("name", [model.name for model in catalogue.MODELS])
def test_a_model_comes_back_as_it_was(name, tmp_path, monkeypatch):
    shorten(monkeypatch, catalogue)
    one = saved(name)
    model_file.write(tmp_path / "m", one)
    two = model_file.read(tmp_path / "m")
    u, i = (index.ravel() for index in np.indices(one.table.X.shape))
    np.testing.assert_array_equal(two.predictor.predict(u, i), one.predictor.predict(u, i))
    for before, after in zip(one.predictor.interval(u, i), two.predictor.interval(u, i), strict=True):
        np.testing.assert_array_equal(after, before)
    assert (two.table.X != one.table.X).nnz == 0 and two.table.scale == one.table.scale and two.params == one.params
    np.testing.assert_array_equal(two.table.users, one.table.users)
    rated, x = np.array([1, 4]), np.array([5.0, 2.0])
    new = [each.predictor.fold_in(rated, x).predict(np.zeros(20, int), np.arange(20)) for each in (one, two)]
    np.testing.assert_array_equal(*new)


def test_ids_of_any_text_come_back(tmp_path):
    X = ratings(n=30, d=20)[0]
    ids = np.array(sorted(f"\x1b[2J\n\u202e{n}é" for n in range(30)))
    model_file.write(tmp_path / "m", saved(X=X)._replace(table=table(X)._replace(users=ids)))
    np.testing.assert_array_equal(model_file.read(tmp_path / "m").table.users, ids)


def test_every_truncation_is_refused_in_one_line(place, tmp_path):
    content = Path("m.npz").read_bytes()
    for length in [*range(0, 200, 7), *range(200, len(content), 997), len(content) - 1]:
        Path("cut").write_bytes(content[:length])
        with pytest.raises(InputError, match=r"^cut is (damaged or not whole|not a model file) \(.*\); expected"):
            model_file.read("cut")


def test_flipped_bytes_change_nothing_or_are_refused(place):
    """Some bytes of a zip archive say nothing that is read: such as when it was made."""
    content, random = Path("m.npz").read_bytes(), np.random.RandomState(0)
    want = model_file.read("m.npz")
    u, i = (index.ravel() for index in np.indices(want.table.X.shape))
    refused = 0
    for where in random.choice(len(content), 300, replace=False):
        flipped = bytearray(content)
        flipped[where] ^= 1 << random.randint(8)
        Path("flipped").write_bytes(flipped)
        try:
            found = model_file.read("flipped")
        except InputError as error:
            assert "\n" not in str(error)
            refused += 1
        else:
            np.testing.assert_array_equal(found.predictor.predict(u, i), want.predictor.predict(u, i))
    assert refused > 200


def rewritten(change, name=model_file.MODEL, compression=zipfile.ZIP_STORED):
    """Write m.npz as other.npz with one member changed."""
    content = io.BytesIO()
    with zipfile.ZipFile("m.npz") as old, zipfile.ZipFile(content, "w", compression) as new:
        for member in old.namelist():
            new.writestr(member, change(old.read(member)) if member == name else old.read(member))
    Path("other.npz").write_bytes(content.getvalue())


def changed(**values):
    return lambda text: json.dumps({**json.loads(text), **values}).encode()


class Evil:
    """What makes a folder when it is unpickled."""

    def __reduce__(self):
        return os.mkdir, ("made",)


def with_pickle(content):
    array = io.BytesIO()
    np.save(array, np.array([Evil()], dtype=object), allow_pickle=True)
    return array.getvalue()


def as_array(value):
    array = io.BytesIO()
    np.save(array, value)
    return array.getvalue()


@pytest.mark.parametrize("change, name, says", [
    (changed(version=1), model_file.MODEL, "of version 1, which this program does not know; expected version 3"),
    (changed(format="other"), model_file.MODEL, "is not a model file"),
    (lambda text: b"[1, 2]", model_file.MODEL, "is not a model file"),
    (lambda text: b"not JSON", model_file.MODEL, "is damaged"),
    (lambda text: b"[" * 10**5, model_file.MODEL, "is damaged"),
    (changed(content=3), model_file.MODEL, "is damaged"),
    (changed(content={"tuple": "subprocess.Popen", "fields": ["true"]}), model_file.MODEL, "is damaged"),
    (lambda text: text.replace(b"Effects", b"Constant"), model_file.MODEL, "is damaged"),
    (lambda text: text.replace(b'"effects"', b'"magic"'), model_file.MODEL, "no model is called 'magic'"),
    (with_pickle, "0.npy", "is damaged"),
    (lambda content: as_array(np.zeros(2)), "0.npy", "is damaged"),
    (lambda content: as_array(np.full((10**6, 1), np.nan)), "1.npy", "is damaged"),
    (lambda content: content[:-8], "2.npy", "is damaged"),
])
def test_what_no_fit_has_written_is_refused(change, name, says, place, capsys):
    rewritten(change, name)
    assert says in said(capsys, "suggest", "other.npz", "--user", 1, status=2)
    assert not Path("made").exists()


FORGERIES = {
    "another shape": lambda array: array[..., None],
    "no shape": lambda array: array.ravel()[:1].reshape(()) if array.size else None,
    "no columns": lambda array: array[..., :0] if array.size else None,
    "bytes": lambda array: array.astype("S8"),
    "complex numbers": lambda array: np.zeros(array.shape, complex),
    "one less": lambda array: array[:-1] if len(array) else None,
    "one more": lambda array: np.concatenate([array, array[:1]]) if len(array) else np.ones((1, *array.shape[1:])),
    "NaN at the end": lambda array: np.append(array.ravel()[:-1], array.dtype.type(np.nan)).reshape(array.shape)
    if array.dtype.kind == "f" and array.size else None,
}  # None where there is no such forgery
FAMILIES = ("constant", "effects", "em-hard", "regularized-em-effects", "als", "neural-side", "autoencoder",
            "bayesian-side", "blend")


@pytest.mark.parametrize("name", FAMILIES)
def test_forged_arrays_are_refused(name, place, capsys, monkeypatch):
    """Whatever array it is, with checksums that are right."""
    shorten(monkeypatch, catalogue)
    model_file.write("m.npz", saved(name, place))
    with zipfile.ZipFile("m.npz") as archive:
        arrays = {member: np.load(archive.open(member)) for member in archive.namelist() if member.endswith(".npy")}
    for member, array in arrays.items():
        for what, forge in FORGERIES.items():
            forged = forge(array)
            if forged is not None:
                rewritten(lambda content, forged=forged: as_array(forged), member)
                line = said(capsys, "suggest", "other.npz", "--user", 3, status=2)
                assert "other.npz is damaged" in line, (member, what)


def tree():
    """The JSON text of m.npz, read."""
    with zipfile.ZipFile("m.npz") as archive:
        return json.loads(archive.read(model_file.MODEL))


@pytest.mark.parametrize("part", [1, 2])
def test_an_index_out_of_range_is_refused(part, place, capsys):
    """Of the ratings' items, and of where a user's begin."""
    member = tree()["content"]["fields"][2]["fields"][0]["sparse"][part]["array"]
    for more in (1000, -1000):
        rewritten(lambda content, more=more: as_array(np.load(io.BytesIO(content)) + more), f"{member}.npy")
        assert "other.npz is damaged" in said(capsys, "suggest", "other.npz", "--user", 3, status=2)


def numbers(tree):
    """Yield (list, place in it) of all numbers of a model file's tree that are fields."""
    for fields in (tree.get("fields", []), tree.get("list", [])):
        for place, part in enumerate(fields):
            if isinstance(part, dict):
                yield from numbers(part)
            elif type(part) is float:
                yield fields, place


@pytest.mark.parametrize("name", FAMILIES)
@pytest.mark.parametrize("forged", [float("nan"), None, "4", [5], pytest.param(10**400, id="too large")])
def test_forged_numbers_are_refused(name, forged, place, capsys, monkeypatch):
    shorten(monkeypatch, catalogue)
    model_file.write("m.npz", saved(name, place))
    about = tree()
    for fields, number in list(numbers(about["content"]["fields"][3])):
        before, fields[number] = fields[number], forged
        rewritten(lambda content: json.dumps(about).encode())
        assert "other.npz is damaged" in said(capsys, "suggest", "other.npz", "--user", 3, status=2)
        fields[number] = before


@pytest.mark.parametrize("name, kind, field, number", [
    ("als", "Factors", 3, -0.1), ("effects", "Effects", 5, -2.0), ("effects", "Effects", 0, 1e308),
    ("em-hard", "Mixture", 4, 1e308),
])
@pytest.mark.parametrize("who", [["--user", "3"], ["--ratings", "10=5", "12=2"]])
def test_numbers_that_no_fit_finds_end_in_suggestions_or_one_line(name, kind, field, number, who, place, capsys,
                                                                  monkeypatch):
    shorten(monkeypatch, catalogue)
    model_file.write("m.npz", saved(name, place))
    about = tree()
    state = about["content"]["fields"][3]["fields"][0]
    while state["tuple"].endswith(("Rescaled", "Covered")):
        state = state["fields"][0]
    assert state["tuple"].endswith(kind)
    state["fields"][field] = number
    rewritten(lambda content: json.dumps(about).encode())
    status = run_program(main, ["suggest", "other.npz", *who, "--json", "s.json"])
    out, err = capsys.readouterr()
    assert (status, bool(out), err.count("\n")) in {(0, True, 0), (2, False, 1)} and ("damaged" in err) == (status == 2)


def nodes(tree):
    """Yield (where, key) of all that a model file's tree is made of."""
    for key, part in list(tree.items() if isinstance(tree, dict) else enumerate(tree)):
        yield tree, key
        if isinstance(part, (dict, list)):
            yield from nodes(part)


def check_exchanges(field, is_refused):
    """Write other.npz for each part of m.npz's tree: once without it, and once with something strange in its place,
    such as the tree of this field of the content. is_refused() checks how a file is taken; most must be refused.
    """
    about, refused = tree(), 0
    parts = list(nodes(about["content"]))
    strange = [None, "x", [], {}, {"array": 0}, {"list": [{"array": 1}]}, {"tuple": [], "fields": []},
               {"tuple": "recommender.ratings.Scale", "fields": [1, 5, 1]}, about["content"]["fields"][field]]
    strange = list(map(json.dumps, strange))
    for number, (where, key) in enumerate(parts):
        for what in (strange[0], strange[1 + number % (len(strange) - 1)]):
            before, where[key] = where[key], json.loads(what)
            rewritten(lambda content: json.dumps(about).encode())
            refused += is_refused()
            where[key] = before
    assert refused > 1.5 * len(parts)


@pytest.mark.parametrize("name", ["regularized-em-effects", "neural-side", "blend"])
def test_whatever_stands_in_a_models_tree_it_is_read_or_refused(name, place, monkeypatch):
    shorten(monkeypatch, catalogue)
    model_file.write("m.npz", saved(name, place))

    def is_refused():
        try:
            model_file.read("other.npz")
        except InputError as error:
            assert "\n" not in str(error)
            return True
        return False

    check_exchanges(3, is_refused)


def nested(depth):
    return {"list": [nested(depth - 1)]} if depth else 1


def test_parts_that_are_nested_without_end_are_refused(place):
    about = tree()
    about["content"]["fields"][1] = nested(300)
    rewritten(lambda content: json.dumps(about).encode())
    with pytest.raises(InputError, match="nested more than 20 times"):
        model_file.read("other.npz")


@pytest.mark.parametrize("error", [TypeError, AttributeError, ValueError, IndexError, np.linalg.LinAlgError])
@pytest.mark.parametrize("function", ["predict", "sd", "fold_in"])
def test_a_mistake_in_a_model_is_not_told_as_damage_of_the_file(error, function, place, monkeypatch):
    def mistaken(*_):
        raise error("a mistake of ours")
    monkeypatch.setattr(effects.Effects, function, mistaken)
    with pytest.raises(error, match="a mistake of ours"):
        run_program(main, ["suggest", "m.npz", "--ratings", "10=5"])


def test_a_mistake_in_what_checks_a_model_is_not_told_as_damage_of_the_file(place, monkeypatch):
    monkeypatch.setattr(effects.Effects, "shapes", lambda it, n, d: {"b": it.of_no_such_name})
    with pytest.raises(AttributeError, match="of_no_such_name"):
        model_file.read("m.npz")
    monkeypatch.setattr(effects.Effects, "shapes", lambda it, n, d: {"b": (n,), "c": d + "1"})
    with pytest.raises(TypeError, match="unsupported operand"):
        model_file.read("m.npz")


def test_a_model_with_another_number_of_parts_is_one_of_another_version(place, monkeypatch):
    """As a program finds it that has given the model one more."""
    longer = NamedTuple("Effects", [*effects.Effects.__annotations__.items(), ("more", float)])
    classes = {**model_file._classes(), "Effects": longer}
    monkeypatch.setattr(model_file, "_classes", lambda: classes)
    with pytest.raises(InputError, match=r"by another version of this program \(its Effects has 7 parts, expected 8\)"):
        model_file.read("m.npz")


def test_a_class_is_found_wherever_its_module_is_now(place):
    """A file of an older program names `recommender.models.cold.Covered`."""
    rewritten(lambda text: text.replace(b"recommender.models.effects.", b"recommender.models.cold."))
    u, i = np.array([3, 4]), np.array([5, 6])
    new, old = (model_file.read(name).predictor.predict(u, i) for name in ("m.npz", "other.npz"))
    np.testing.assert_array_equal(new, old)


def test_a_file_from_before_list_models_is_read(place, capsys):
    about = tree()
    saved, table = about["content"]["fields"], about["content"]["fields"][2]["fields"]
    assert saved.pop() is None and table.pop() is False
    rewritten(lambda content: json.dumps(about).encode())
    u, i = np.array([3, 4]), np.array([5, 6])
    new, old = (model_file.read(name).predictor.predict(u, i) for name in ("m.npz", "other.npz"))
    np.testing.assert_array_equal(new, old)
    line = said(capsys, "suggest", "other.npz", "--user", 3, "--for", "top", status=2)
    assert "other.npz has no list model for --for top" in line and "expected a file that `fit` writes now" in line


def test_samples_narrower_than_their_prior_are_refused(tmp_path, monkeypatch):
    shorten(monkeypatch, catalogue)
    one = saved("bayesian")
    rescaled = one.predictor.fitted
    samples = rescaled.model.model
    narrow = samples._replace(P=samples.P[:, :, :2], Q=samples.Q[:, :, :2])
    fitted = rescaled._replace(model=rescaled.model._replace(model=narrow))
    model_file.write(tmp_path / "m", one._replace(predictor=one.predictor._replace(fitted=fitted)))
    with pytest.raises(InputError, match="its P has another shape"):
        model_file.read(tmp_path / "m")


def test_no_two_parts_of_models_have_one_name():
    homes = [import_module(f"{room.__name__}.{found.name}") for room in (models, list_models)
             for found in pkgutil.iter_modules(room.__path__)]
    kinds = {kind for home in (*homes, choosing, ratings_, intervals, predictor) for kind in vars(home).values()
             if isinstance(kind, type) and hasattr(kind, "_fields")}
    assert len({kind.__name__ for kind in kinds}) == len(kinds)


def test_a_small_file_cannot_become_a_large_array(place, capsys):
    rewritten(lambda content: as_array(np.zeros(10**6)), "0.npy", zipfile.ZIP_DEFLATED)
    assert "is compressed" in said(capsys, "suggest", "other.npz", "--user", 1, status=2)


@pytest.mark.parametrize("make", [
    lambda path: np.savez(path, X=np.zeros(3)), lambda path: path.write_text("1 2 3\n"),
    lambda path: path.write_bytes(b""), lambda path: path.write_bytes(b"PK\3\4" + bytes(100)),
])
def test_other_files_are_no_models(make, place, tmp_path, capsys):
    make(tmp_path / "x.npz")
    assert "x.npz is not a model file" in said(capsys, "suggest", "x.npz", "--user", 1, status=2)


def test_a_model_file_is_never_half_written(place, monkeypatch):
    before = Path("m.npz").read_bytes()

    def full(*_):
        raise OSError(28, "No space left on device")
    monkeypatch.setattr("console.outputs.os.replace", full)
    with pytest.raises(OSError, match="No space"):
        model_file.write("m.npz", saved())
    assert Path("m.npz").read_bytes() == before and len(os.listdir()) == 3
