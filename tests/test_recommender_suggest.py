"""fit and suggest: what a model file keeps, what damages it, and recommendations with their reasons."""

import io
import json
import os
import subprocess
import sys
import zipfile
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from scipy.sparse import csr_array

import recommender
from console import InputError, run_program
from recommender import catalogue, model_file, predictor, reasons, shapes, suggest
from recommender.__main__ import main
from recommender.catalogue import select
from recommender.model_file import Saved
from recommender.models import baselines
from recommender.ratings import Scale, Table
from recommender.titles import Names
from tests.ratings import ratings, shorten

ROOT = Path(recommender.__file__).resolve().parent.parent
ONE_TO_FIVE = Scale(1.0, 5.0, 1.0)
TITLES = ["Alpha (1990)", "Beta, The (1991)", "Gamma (1992)", "Gamma (1993)", "Delta | of it (1994)"]


def table(X):
    return Table(csr_array(X), np.arange(1, len(X) + 1), np.arange(10, 10 + X.shape[1]), ONE_TO_FIVE)


def saved(name="effects", X=None):
    X = ratings(n=30, d=20)[0] if X is None else X
    (model,) = select([name])
    fit, fitted = predictor.train(model, csr_array(X), ONE_TO_FIVE)
    return Saved(name, fit.params, table(X), fitted)


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A folder with a file of ratings, titles, and a model."""
    monkeypatch.chdir(tmp_path)
    X, _ = ratings(n=30, d=20)
    lines = [f"{u + 1}\t{i + 10}\t{x:g}\t880000000" for u, row in enumerate(X) for i, x in enumerate(row) if x]
    (tmp_path / "u.data").write_text("\n".join(lines) + "\n")
    titles = [f"{i + 10}|{title.replace('|', '')}|01-Jan-1990||http://x|0|0|0" for i, title in enumerate(TITLES)]
    (tmp_path / "u.item").write_text("\n".join(titles) + "\n", encoding="latin-1")
    model_file.write("m.npz", saved(X=X))
    return X


def said(capsys, *words, status=0):
    assert run_program(main, list(map(str, words))) == status
    out, err = capsys.readouterr()
    assert not status or (out == "" and err.count("\n") == 1), err
    return err if status else out


# The model file


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
    (changed(version=1), model_file.MODEL, "of version 1, which this program does not know; expected version 2"),
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


@pytest.mark.parametrize("name", ["regularized-em-effects", "neural-side", "blend"])
def test_whatever_stands_in_a_models_tree_it_is_read_or_refused(name, place, monkeypatch):
    shorten(monkeypatch, catalogue)
    model_file.write("m.npz", saved(name, place))
    about, refused = tree(), 0
    parts = list(nodes(about["content"]))
    strange = [None, "x", [], {}, {"array": 0}, {"list": [{"array": 1}]}, {"tuple": [], "fields": []},
               {"tuple": "recommender.ratings.Scale", "fields": [1, 5, 1]}, about["content"]["fields"][3]]
    strange = list(map(json.dumps, strange))
    for number, (where, key) in enumerate(parts):
        for what in (strange[0], strange[1 + number % (len(strange) - 1)]):
            before, where[key] = where[key], json.loads(what)
            rewritten(lambda content: json.dumps(about).encode())
            try:
                model_file.read("other.npz")
            except InputError as error:
                assert "\n" not in str(error)
                refused += 1
            where[key] = before
    assert refused > 1.5 * len(parts)


def nested(depth):
    return {"list": [nested(depth - 1)]} if depth else 1


def test_parts_that_are_nested_without_end_are_refused(place):
    about = tree()
    about["content"]["fields"][1] = nested(300)
    rewritten(lambda content: json.dumps(about).encode())
    with pytest.raises(InputError, match="nested more than 20 times"):
        model_file.read("other.npz")


# Our own mistakes


@pytest.mark.parametrize("error", [TypeError, AttributeError, ValueError, IndexError, np.linalg.LinAlgError])
@pytest.mark.parametrize("function", ["predict", "spread", "fold_in"])
def test_a_mistake_in_a_model_is_not_told_as_damage_of_the_file(error, function, place, monkeypatch):
    def mistaken(*_):
        raise error("a mistake of ours")
    monkeypatch.setattr(baselines.Effects, function, mistaken)
    with pytest.raises(error, match="a mistake of ours"):
        run_program(main, ["suggest", "m.npz", "--ratings", "10=5"])


def test_a_mistake_in_what_checks_a_model_is_not_told_as_damage_of_the_file(place, monkeypatch):
    monkeypatch.setitem(shapes.SHAPES, baselines.Effects, lambda it, n, d: {"b": it.of_no_such_name})
    with pytest.raises(AttributeError, match="of_no_such_name"):
        model_file.read("m.npz")
    monkeypatch.setitem(shapes.SHAPES, baselines.Effects, lambda it, n, d: {"b": (n,), "c": d + "1"})
    with pytest.raises(TypeError, match="unsupported operand"):
        model_file.read("m.npz")


def test_a_model_with_another_number_of_parts_is_one_of_another_version(place, monkeypatch):
    """As a program finds it that has given the model one more."""
    longer = NamedTuple("Effects", [*baselines.Effects.__annotations__.items(), ("more", float)])
    classes = {**model_file._classes(), "recommender.models.baselines.Effects": longer}
    monkeypatch.setattr(model_file, "_classes", lambda: classes)
    with pytest.raises(InputError, match=r"by another version of this program \(its Effects has 7 parts, expected 8\)"):
        model_file.read("m.npz")


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


# fit


def test_fit_and_suggest_as_programs(place):
    """Both in processes of their own, as a user runs them."""
    def run(*words):
        command = [sys.executable, "-m", "recommender", *words]
        environ = {**os.environ, "PYTHONPATH": str(ROOT)}
        return subprocess.run(command, env=environ, capture_output=True, text=True, timeout=600)

    fitted = run("fit", "u.data", "--model", "effects", "--out", "new.npz")
    assert fitted.returncode == 0 and fitted.stderr == "" and "model: new.npz" in fitted.stdout
    found = run("suggest", "new.npz", "--user", "3", "--top", "4", "--titles", "u.item", "--json", "s.json")
    assert found.returncode == 0 and found.stderr == "" and len(found.stdout.splitlines()) == 7
    assert run("suggest", "u.data", "--user", "3").stderr.count("\n") == 1
    assert "evaluate" in run("--help").stdout


@pytest.mark.parametrize("out, says", [
    ("u.data", "would replace a file that is read"), ("link", "would replace a file that is read"),
    ("u.item", "u.item is not a model file, and is not replaced by one"), ("no/where", "is not a folder"),
    (".", "is a folder"), ("netflix_complete.txt", "has the name of a file that is read"),
])
def test_fit_writes_over_nothing_but_models(out, says, place, capsys):
    os.symlink("u.data", "link")
    before = {name: Path(name).read_bytes() for name in ("u.data", "u.item", "m.npz")}
    assert says in said(capsys, "fit", "u.data", "--model", "effects", "--out", out, status=2)
    assert {name: Path(name).read_bytes() for name in before} == before


OUTPUTS = [f"{command} {option}" for command, options in {
    "fit u.data": ["--out"], "evaluate u.data": ["--json", "--page", "--figures"], "convert u.data": [""],
    "suggest m.npz --user 1": ["--json"], "als store --hide 0.1": ["--json", "--out"],
    "em store --k 2 --hide 0.1": ["--json", "--out", "--checkpoint"]}.items() for option in options]


@pytest.mark.parametrize("output", ["/proc/x", "u.data/x", "x" * 300])
@pytest.mark.parametrize("words", OUTPUTS)
def test_what_cannot_be_written_is_said_before_the_work(words, output, place, capsys):
    """Whose permissions let root write into /proc, where nobody can."""
    if not Path("/proc/self").exists() and output == "/proc/x":
        pytest.skip("there is no /proc here")
    before = {name: Path(name).read_bytes() for name in os.listdir()}
    line = said(capsys, *words.split(), output, status=2)
    assert f"{output} cannot be " in line
    assert {name: Path(name).read_bytes() for name in os.listdir()} == before


@pytest.mark.parametrize("words", [words for words in OUTPUTS if "--figures" not in words])
def test_whether_a_folder_can_be_written_to_is_tried(words, place, capsys, monkeypatch):
    """For a checkpoint that is there already, too, which is to be written anew."""
    def refused(path, flags, *more, open=os.open, **others):
        if flags & os.O_CREAT:
            raise OSError(30, "Read-only file system", path)
        return open(path, flags, *more, **others)
    if "--checkpoint" in words:
        Path("x").write_bytes(b"one of before")
    monkeypatch.setattr(os, "open", refused)
    assert f"{Path.cwd()} is not a folder that can be written to" in said(capsys, *words.split(), "x", status=2)


def test_fit_replaces_a_model(place, capsys):
    assert "model: m.npz" in said(capsys, "fit", "u.data", "--model", "constant", "--out", "m.npz")
    assert model_file.read("m.npz").model == "constant"


def test_fit_says_what_it_does_not_know(place, capsys):
    assert "no model is called magic" in said(capsys, "fit", "u.data", "--model", "magic", "--out", "x", status=2)
    assert "required: --out" in said(capsys, "fit", "u.data", status=2)


# suggest


def suggested(capsys, *options):
    said(capsys, "suggest", "m.npz", *options, "--json", "s.json")
    return json.loads(Path("s.json").read_text())["items"]


def test_suggestions_are_the_best_predictions(place, capsys):
    items = suggested(capsys, "--user", 3, "--top", 20)
    fitted = model_file.read("m.npz").predictor
    expected = {i + 10: fitted.predict(np.array([2]), np.array([i]))[0] for i in range(20)}
    assert [row["id"] for row in items] == sorted(expected, key=lambda item: -expected[item])
    for row in items:
        assert row["predicted"] == pytest.approx(expected[row["id"]])
        assert 1 <= row["low"] <= row["predicted"] <= row["high"] <= 5
        assert (row["rated"] or 0) == place[2, row["id"] - 10]


def test_the_table_is_as_wide_as_what_is_in_it(capsys):
    """Whatever the unit; where the scale has no step, ends are rounded away from one another."""
    for unit, step, predicted, ends in ((1, 1, "3.14", "3 to 5"), (1, 0, "3.14", "2.71 to 4.12"),
                                        (1e9, 1e9, "3141592653.60", "3000000000 to 5000000000"),
                                        (1e-3, 0, "0.00314", "0.00271 to 0.00412")):
        low, high = (3 * unit, 5 * unit) if step else (2.7182 * unit, 4.1111 * unit)
        row = {"title": "Alpha", "predicted": 3.14159265360 * unit, "low": low, "high": high, "rated": None}
        because = {"title": "Beta", "rating": 1000000004.0}
        suggest.show([row | {"because": None}, row | {"because": because}], 0.9, Scale(unit, 5 * unit, step))
        _, head, one, two = capsys.readouterr().out.split("\n")[:4]
        assert predicted in one and ends in one and two == f"{one}  you rated Beta 1000000004"
        for word, part in (("90 %", ends), ("item", "Alpha")):
            assert head.index(word) == one.index(part)


def test_rated_items_are_left_out_when_asked_for(place, capsys):
    items = suggested(capsys, "--user", 3, "--top", 20, "--exclude-rated")
    assert {row["id"] for row in items} == {i + 10 for i in range(20) if not place[2, i]}
    assert all(row["rated"] is None for row in items)


def test_sure_orders_by_the_low_end(place, capsys):
    items = suggested(capsys, "--user", 3, "--top", 20, "--sure")
    lows = [row["low"] for row in items]
    assert lows == sorted(lows, reverse=True)


def test_reasons_are_what_the_user_has_rated_high(place, capsys):
    mean = place[2][place[2] > 0].mean()
    reasoned = [row["because"] for row in suggested(capsys, "--user", 3, "--top", 20) if row["because"]]
    assert reasoned
    for because in reasoned:
        assert because["rating"] == place[2, because["id"] - 10] >= mean


@pytest.mark.parametrize("unit", [1e-9, 1.0, 1e9])
@pytest.mark.parametrize("given", [["4.1"] * 6, ["-0.1"] * 6, ["0.7"] * 3, ["3.3"], ["0.1", "0.2", "0.3"],
                                   ["1.1", "4.1", "4.2", "4.3"]])
def test_what_is_rated_at_the_very_mean_is_a_reason(given, unit):
    """The mean of six times 4.1 rounds above 4.1. Every item has a twin; its reason is there if it is rated high."""
    exact = [Fraction(x) for x in given]
    high = [x >= sum(exact) / len(exact) for x in exact]
    twins = np.repeat(np.random.RandomState(0).choice([1.0, 5.0], (200, len(given))), 2, axis=1)
    rated, x = np.arange(0, 2 * len(given), 2), unit * np.array(given, dtype=float)
    found = reasons.nearest(catalogue.baselines.effects(twins), csr_array(unit * twins), rated + 1, rated, x)
    assert [found[j] == rated[j] for j in range(len(given))] == high


@pytest.mark.parametrize("unit", [1e-9 / 3, 1.0, 1e9 / 3])
def test_items_that_all_rate_alike_are_like_none(unit):
    """Less their mean nothing is left of their ratings, or of what a model has learnt of them, but rounding errors."""
    X = np.random.RandomState(0).choice([1.0, 5.0], (60, 4))
    X[:, :2] = 4.1
    alike = reasons.cosines_of_ratings(csr_array(unit * X), np.arange(4), np.arange(4))
    assert np.abs(alike[:2]).max() < 1e-3 and np.allclose(np.diag(alike)[2:], 1)
    mu = unit * X[:7]
    V = (mu - mu.mean(axis=0)).T
    alike = reasons.cosines(V, V)
    assert np.abs(alike[:2]).max() < 1e-3 and np.allclose(np.diag(alike)[2:], 1)
    assert not reasons.cosines(0 * V, 0 * V).any()


def test_the_nearest_item_is_the_one_that_is_rated_alike():
    """Of three pairs of twins, each is the reason for its twin; by the factors, and by the ratings alone."""
    random = np.random.RandomState(0)
    twins = np.repeat(random.choice([1.0, 5.0], (200, 3)), 2, axis=1)
    X = np.where(random.rand(200, 6) < 0.9, np.clip(twins + random.normal(0, 0.3, twins.shape), 1, 5), 0)
    liked = np.array([0, 2, 4])
    state = catalogue.factorization.run(csr_array(X), 3, 1.0, weighted=False)
    for model in (state, catalogue.baselines.effects(X)):
        found = reasons.nearest(model, csr_array(X), np.array([5, 1, 3, 0]), liked, np.array([4.0, 4.0, 4.0]))
        assert found[:3] == [4, 0, 2] and found[3] != 0


def test_the_type_of_a_user_is_the_group_that_counts_most(tmp_path, monkeypatch):
    shorten(monkeypatch, catalogue)
    one = saved("em-12")
    kind = reasons.type_of_user(one.predictor.state, 4)
    post = one.predictor.state.model.model.post
    assert kind.of == post.shape[1] and kind.number - 1 == post[4].argmax() and kind.sure == post[4].max()
    assert reasons.type_of_user(saved("effects").predictor.state, 4) is None


def test_somebody_new_is_folded_in(place, capsys):
    items = suggested(capsys, "--ratings", "10=5", "Beta, The=4", "--titles", "u.item", "--top", 20)
    assert {row["id"]: row["rated"] for row in items if row["rated"]} == {10: 5, 11: 4}
    folded = model_file.read("m.npz").predictor.fold_in(np.array([0, 1]), np.array([5.0, 4.0]))
    assert items[0]["predicted"] == pytest.approx(folded.predict(np.zeros(1, int), np.array([items[0]["id"] - 10]))[0])


def test_a_new_user_with_the_ratings_of_a_known_one_is_that_user(place, capsys):
    """Of the effects exactly: theirs is found from the movies' effects as in the last half of a sweep."""
    words = [f"{i + 10}={x:g}" for i, x in enumerate(place[2]) if x]
    new, known = (suggested(capsys, *who, "--top", 20) for who in (["--ratings", *words], ["--user", 3]))
    for one, other in zip(new, known, strict=True):
        assert one["id"] == other["id"] and one["predicted"] == pytest.approx(other["predicted"], abs=0.02)


@pytest.mark.parametrize("words, says", [
    (["--user", "77"], "m.npz knows no user '77'; expected an ID as 1, 2, 3"),
    (["--user", "x\n\x1b[2J"], "knows no user 'x\\n\\x1b[2J'"),
    (["--ratings", "10=6"], "--ratings '10=6': expected ITEM=RATING, the rating a number from 1 to 5"),
    (["--ratings", "10=nan"], "expected ITEM=RATING"),
    (["--ratings", "10"], "expected ITEM=RATING"),
    (["--ratings", "5"], "expected ITEM=RATING"),
    (["--ratings", "10=5", "Alpha=4", "--titles", "u.item"], "'Alpha (1990)' is rated twice"),
    (["--ratings", "Gamma=4", "--titles", "u.item"], "title of 2 items (12 is Gamma (1992); 13 is Gamma (1993))"),
    (["--ratings", "Alfa=4", "--titles", "u.item"], "no item is called 'Alfa'; near it are 'Alpha (1990)'"),
    (["--ratings", "Alpha=4"], "titles are known with --titles FILE"),
    (["--user", "1", "--ratings", "10=5"], "not allowed with"),
    ([], "one of the arguments --user --ratings is required"),
    (["--user", "1", "--top", "0"], "expected a whole number from 1"),
    (["--user", "1", "--titles", "none"], "none does not exist"),
    (["--user", "1", "--titles", "other"], "has a title of none of the items of m.npz"),
    (["--user", "1", "--json", "m.npz"], "would replace a file that is read"),
    (["--user", "1", "--titles", "u.item", "--json", "u.item"], "would replace a file that is read"),
])
def test_bad_calls_end_in_one_line(words, says, place, capsys):
    Path("other").write_text("1000|Omega (1999)|01-Jan-1990||http://x|0|0|0\n")
    assert says in said(capsys, "suggest", "m.npz", *words, status=2)


def test_titles_and_ids_of_any_text_stay_in_their_line(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    X = ratings(n=30, d=3)[0]
    evil = np.array(sorted(["a\x1b[2J", "b\nFor user 1", "c\u202e"]))
    one = saved(X=X)
    model_file.write("m.npz", one._replace(table=one.table._replace(items=evil)))
    out = said(capsys, "suggest", "m.npz", "--user", 1)
    assert "\x1b" not in out and "\u202e" not in out and len(out.splitlines()) == 6
    names = Names(one.table._replace(items=evil), {"a\x1b[2J": "t\x07"})
    assert names.find("t\x07") == 0 and names.find("b\nFor user 1") == 1


@pytest.mark.parametrize("text, number", [
    ("Alpha (1990)", 0), ("alpha  (1990)", 0), ("ALPHA", 0), ("The Beta", 1), ("The Beta (1991)", 1), ("Beta, The", 1),
    ("Gamma (1993)", 3), ("14", 4), ("15", 5),
])
def test_an_item_is_found_by_id_title_and_title_without_year(text, number):
    names = Names(table(ratings(d=20)[0]), {10 + i: title for i, title in enumerate(TITLES)})
    assert names.find(text) == number


def test_titles_of_items_that_nobody_rated_are_said_to_be_so():
    names = Names(table(ratings(d=2)[0]), {10 + i: title for i, title in enumerate(TITLES)})
    with pytest.raises(InputError, match="nobody has rated 'Gamma \\(1992\\)'"):
        names.find("Gamma (1992)")
