"""Pages: what others have named stays text, nothing is asked of the network, and numbers are those of the runs.

What a page does is looked at in a real browser, where there is one; .ci/run installs it where it may.
"""

import base64
import hashlib
import itertools
import json
import os
import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

import common
import data
import em
import kmeans
import main
import naive_em
import pages
from answers import film, page, story
from answers.runs import Run, sweep
from answers.sheet import Sheet
from answers.toy import Toy
from checker.judge import Result
from checker.overview import overview
from console import GIF, HTML, InputError, check_outputs, run_program
from recommender.page import comparison
from tests import cases

ROOT = Path(main.__file__).resolve().parent
EVIL = ["<script>alert(1)</script>", "</script><img src=x onerror=alert(1)>", "a\" onclick=\"alert(1)",
        "'&amp;$title${data}", "<!-- ", "]]>", "\u2028\u2029\x1b[2J\n", "\udcff"]


class Elements(HTMLParser):
    """What a page is made of: (name, attributes) of the elements, and their texts."""

    def __init__(self, content):
        super().__init__()
        self.elements, self.texts, self.inside = [], [], {"script": [], "style": []}
        self._within = None
        self.feed(content)
        self.close()

    def handle_starttag(self, name, attributes):
        self.elements.append((name, dict(attributes)))
        self._within = name

    def handle_endtag(self, name):
        self._within = None

    def handle_data(self, content):
        self.inside.get(self._within, self.texts).append(content)


# Elements and pages


@pytest.mark.parametrize("evil", EVIL)
def test_what_others_have_named_stays_text(evil):
    content = pages.page(evil, pages.tag("p", evil, class_=evil), pages.table(evil, [evil], [[evil]]),
                         pages.section("a", evil, evil), pages.paragraph(evil), data={evil: evil}, scripts=["run()"])
    plain = pages.page("", pages.tag("p", "", class_=""), pages.table("", [""], [[""]]), pages.section("a", "", ""),
                       pages.paragraph("x"), data={}, scripts=["run()"])
    found, bare = Elements(content), Elements(plain)
    assert [name for name, _ in found.elements if name != "p"] == [name for name, _ in bare.elements if name != "p"]
    assert [list(attributes) for _, attributes in found.elements if "onclick" in attributes] == []
    assert found.inside["style"] == bare.inside["style"] and found.inside["script"][1:] == bare.inside["script"][1:]
    shown = data_shown(evil)
    assert [text for text in found.texts if shown in text] and json.loads(found.inside["script"][0]) == {evil: evil}
    content.encode()  # no half of a pair of surrogates is left


def data_shown(text):
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def test_json_cannot_end_its_element():
    value = {"</script>": ["<!--", "\u2028", "&amp;", "]]>"], "a": [1.5, None, True]}
    content = pages.embedded(value)
    assert json.loads(content) == value and not set("<>&\u2028") & set(content)
    with pytest.raises(ValueError):
        pages.embedded(float("nan"))


def test_only_our_script_may_run_and_nothing_may_be_asked_for():
    found = Elements(pages.page("a", scripts=["run()"], data=[1]))
    policy = next(a["content"] for _, a in found.elements if a.get("http-equiv") == "Content-Security-Policy")
    allowed = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert allowed["default-src"] == "'none'" and allowed["img-src"] == "data:"
    for kind, content in (("script-src", found.inside["script"][1]), ("style-src", found.inside["style"][0])):
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert allowed[kind] == f"'sha256-{digest}'"
    assert "unsafe" not in policy
    addresses = [a[key] for _, a in found.elements for key in ("src", "href") if key in a]
    assert all(address.startswith(("#", "data:")) for address in addresses)


# The outputs


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """A folder with small files of the course's names, and a name of its own that is no HTML."""
    folder = tmp_path_factory.mktemp("small") / "<b>\"it's\" & co"
    folder.mkdir()
    random = np.random.RandomState(3)
    points = np.vstack([random.normal(mean, 0.6, (14, 2)) for mean in ([0, 0], [3, 0], [1.5, 3], [-8, -8])])
    complete = random.randint(1, 6, (40, 8))
    incomplete = complete * (random.uniform(size=complete.shape) < 0.7)
    for name, matrix in zip(data.TOY + data.NETFLIX, (points, incomplete, complete), strict=True):
        np.savetxt(folder / name, matrix, "%.3f")
    return folder


def arguments(folder, *more):
    return ["--data", str(folder), "--toy-ks", "1", "2", "3", "--netflix-ks", "1", "3", "--seeds", "0", "1", "4",
            "--no-figures", *map(str, more)]


@pytest.fixture(scope="module")
def made(small, tmp_path_factory):
    """(page, answers as JSON) of main.py on the small files."""
    folder = tmp_path_factory.mktemp("made")
    files = [folder / "a.html", folder / "a.json"]
    assert main.main(arguments(small, "--page", files[0], "--json", files[1])) == 0
    assert sorted(folder.iterdir()) == files  # and nothing half-written
    return files[0], json.loads(files[1].read_text())


def contents_of(page):
    return Elements(page.read_text(encoding="utf-8"))


def test_what_is_said_of_the_data_line_by_line_stays_apart():
    found = Elements(page.page("a sample\nThe answers are for others", Sheet(published=False), {}))
    assert "Data: a sample" in found.texts and "The answers are for others" in found.texts


def test_numbers_on_the_page_are_those_of_the_json(made, small):
    page, answers = made
    texts = contents_of(page).texts
    toy, netflix = answers["toy"], answers["netflix"]
    expected = [*(toy["kmeans"][K]["cost"] for K in "123"), *(toy["em"][K]["log_likelihood"] for K in "123"),
                *(toy["em"][K]["bic"] for K in "123"), *(netflix[K]["log_likelihood"] for K in "13"),
                *(run["log_likelihood"] for K in "13" for run in netflix[K]["runs"])]
    for number in expected:
        assert f"{number:.6f}" in texts
    for number in (netflix["1"]["rmse"], netflix["3"]["rmse"], answers["mean_rating"]["rmse"]):
        assert f"{number:.16f}" in texts
    assert any(small.name in text for text in texts)  # its name, as text


def test_films_are_the_runs(made, small):
    """Every mixture of every run, numbered from left to right; each follows from the one before it."""
    kept = json.loads(contents_of(made[0]).inside["script"][0])["toy"]
    X = data.toy(data.find(data.TOY, small))
    np.testing.assert_array_equal(kept["points"], X)
    assert [(one["K"], one["seed"]) for one in kept["films"]] == list(itertools.product([1, 2, 3], [0, 1, 4]))
    for one in kept["films"]:
        for run in (one["kmeans"], one["em"]):
            mixtures = [common.GaussianMixture(*map(np.array, mixture.values())) for mixture in run["mixtures"]]
            assert len(mixtures) == len(run["values"]) + 1
            assert sorted(mixtures[-1].mu[:, 0]) == mixtures[-1].mu[:, 0].tolist()
            start = common.init(X, one["K"], one["seed"])[0]
            np.testing.assert_array_equal(np.sort(mixtures[0].mu, axis=0), np.sort(start.mu, axis=0))
        for before, after in itertools.pairwise(mixtures):
            cases.same(after, naive_em.mstep(X, naive_em.estep(X, before)[0]), rtol=1e-8, atol=1e-12)


@pytest.mark.parametrize("half, there, absent", [("toy", "film", "types"), ("netflix", "types", "film")])
def test_a_page_of_one_half(half, there, absent, small, tmp_path):
    assert main.main(arguments(small, "--only", half, "--page", tmp_path / "a.html")) == 0
    ids = {attributes.get("id") for _, attributes in contents_of(tmp_path / "a.html").elements}
    assert there in ids and absent not in ids and "answers" in ids


def test_no_rating_is_on_the_page(small, tmp_path):
    """Each user has a rating of their own kind, and types that are single users are found: they are not told of."""
    odd = tmp_path / "odd"
    shutil.copytree(small, odd)
    X = np.loadtxt(odd / data.NETFLIX[0])
    X[X > 0] = np.round(1 + 3 * np.random.RandomState(0).uniform(size=np.count_nonzero(X)), 6)
    X[0], X[0, 0] = 0, 97.53108  # far from all others: a type of its own
    for name in data.NETFLIX:
        np.savetxt(odd / name, X, "%.6f")
    options = ["--only", "netflix", "--netflix-ks", "6", "--seeds", *range(12), "--page", tmp_path / "a.html"]
    assert main.main(arguments(odd, *options)) == 0
    content = (tmp_path / "a.html").read_text()
    assert "too few users to say" in content
    for rating in X[X > 0]:
        assert f"{rating:.4f}" not in content


BAD = [(["--page", "{small}/toy_data.txt"], "--page: ", "would replace a file that is read"),
       (["--film", "film.png"], "--film: film.png", "expected a name that ends in .gif"),
       (["--film", "film"], "--film: film", "expected a name that ends in .gif"),
       (["--page", "netflix_complete.txt"], "--page: ", "has the name of a file that is read"),
       (["--page", "notes.txt"], "notes.txt", "is not a HTML file"),
       (["--film", "notes.gif"], "notes.gif", "is not a GIF file"),
       (["--json", "a", "--page", "a"], "--page: a", "is where --json goes"),
       (["--page", "a.gif", "--film", "./a.gif"], "--film: ", "is where --page goes"),
       (["--page", "folder"], "folder is a folder", "not a file that can be written"),
       (["--film", "nowhere/a.gif"], "nowhere/a.gif", "is not a folder that can be written to"),
       (["--film", "a.gif", "--only", "netflix"], "--film: ", "--only netflix leaves out")]


@pytest.mark.parametrize("options, says", [(options, says) for options, *says in BAD])
def test_bad_command(options, says, small, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder").mkdir()
    for name in ("notes.gif", "notes.txt"):
        (tmp_path / name).write_text("notes")
    before = [(small / name).read_bytes() for name in data.TOY + data.NETFLIX]
    try:
        status = run_program(main.main, arguments(small, *(option.format(small=small) for option in options)))
    except SystemExit as error:
        status = error.code
    out, err = capsys.readouterr()
    assert status == 2 and out == "" and all(word in err for word in says) and err.count("\n") == 1, err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["folder", "notes.gif", "notes.txt"]
    assert before == [(small / name).read_bytes() for name in data.TOY + data.NETFLIX]


@pytest.mark.parametrize("kind, own, foreign", [
    (HTML, pages.BEGINNING.encode() + b"...", b"<p>"), (GIF, b"GIF89a...", b"\x89PNG\r\n\x1a\n")])
def test_only_files_of_the_kind_are_replaced(kind, own, foreign, tmp_path):
    path = tmp_path / "file"
    for content in (own, b""):
        path.write_bytes(content)
        check_outputs([("--out", path, kind)])
    path.write_bytes(foreign)
    with pytest.raises(InputError, match=f"is not a {kind.name} file"):
        check_outputs([("--out", path, kind)])


def test_a_page_is_written_whole_or_not_at_all(tmp_path, monkeypatch):
    path = tmp_path / "a.html"
    pages.write(path, pages.page("first"))
    before = path.read_bytes()

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(OSError, match="No space left"):
        pages.write(path, pages.page("second"))
    assert path.read_bytes() == before and list(tmp_path.iterdir()) == [path]


# What is kept


def run_of(seed, value, K=2, iterations=3, random=None):
    random = random or np.random.RandomState(seed)
    mixtures = [cases.mixture(random, K, 2) for _ in range(iterations + 1)]
    return Run(seed, mixtures[-1], None, value, [value] * iterations, mixtures, 0.0)


def test_a_seed_in_a_poor_optimum_is_found():
    alike = {K: [run_of(seed, 100.0) for seed in range(3)] for K in (1, 2)}
    differ = [run_of(5, 100.0), run_of(6, 50.0), run_of(7, 99.9)]
    assert story._start(alike, alike, 2) is None
    assert story._start(alike, {1: alike[1], 2: differ}, 2) == {"method": "em", "K": 2, "good": 5, "poor": 6}
    assert story._start({1: alike[1], 2: differ}, alike, 2) == {"method": "kmeans", "K": 2, "good": 6, "poor": 5}
    assert story._start(alike, {1: differ, 2: alike[2]}, 2)["K"] == 1
    assert story._start({2: alike[2][:1]}, {2: alike[2][:1]}, 2) is None


def test_a_large_sweep_still_makes_a_small_page():
    random = np.random.RandomState(0)
    X = random.normal(size=(3000, 2))
    hard, soft = ({K: [run_of(seed, -100.0 - seed, K, 40, random) for seed in range(30)] for K in (2, 12)}
                  for _ in range(2))
    kept = story.toy_story(Toy(X, hard, soft, {}, {2: -1.0, 12: -2.0}))
    assert len(pages.embedded(kept)) < pages.LARGEST - 300_000  # the rest of the page has room, too
    there = {(one["K"], one["seed"]) for one in kept["films"]}
    assert {(2, 0), (12, 0), (2, 29)} <= there  # the best ones, and the poor one that is shown beside it
    assert kept["left_out"] == 60 - len(there) > 0 and len(kept["points"]) == 1000


def test_types_are_what_plain_loops_find():
    random = np.random.RandomState(0)
    X = cases.ratings(random, 60, 6, missing=0.3)
    mixture, post, _ = em.run(X, *common.init(X, 2, 1))
    found = story._types(X, Run(1, mixture, post, 0.0, [], [], 0.0))
    assert [one["share"] for one in found["types"]] == sorted(mixture.p.tolist(), reverse=True)
    assert sum(one["users"] for one in found["types"]) == 60
    for one, j in zip(found["types"], np.argsort(-mixture.p), strict=True):
        more = {}
        for i in range(6):
            ratings = [X[u, i] for u in range(60) if X[u, i]]
            if sum(post[u, j] for u in range(60) if X[u, i]) >= story.SUPPORT:
                more[i + 1] = mixture.mu[j, i] - sum(ratings) / len(ratings)
        ranked = sorted(more, key=more.get)
        assert [movie for movie, _ in one["least"]] == ranked[:len(more) // 2]
        assert [movie for movie, _ in one["most"]] == ranked[::-1][:len(more) // 2]
        assert dict([*one["most"], *one["least"]]) == pytest.approx({movie: more[movie] for movie, _ in
                                                                    [*one["most"], *one["least"]]})
        own = [max(row) for row in post if max(row) == row[j]]
        assert one["sure"] == pytest.approx(sum(own) / len(own))


def test_the_sheet_remembers_what_it_has_printed(capsys):
    sheet = Sheet(published=True)
    sheet.title("Tab 2")
    sheet.answer("K = 1", 1.00001, 1.0, note="   seed 3")
    sheet.answer("K = 2", 2.5, 2.0)
    sheet.answer("K = 3", 3.0)
    assert [row["mark"] for row in sheet.rows] == [True, False, None] and sheet.marks == [True, False]
    out = capsys.readouterr().out
    assert all(row["value"] in out and row["tab"] == "Tab 2" for row in sheet.rows)
    assert sheet.conclusion() == "1 of 2 answers differ from the published ones." and sheet.close() == 1


# The moving picture


def test_the_film_moves(small, tmp_path, capsys):
    from PIL import Image

    path = tmp_path / "a.gif"
    assert main.main(arguments(small, "--only", "toy", "--toy-ks", "1", "--seeds", "0", "--film", path)) == 0
    assert f"\nFilm: {path}\n" in capsys.readouterr().out
    X = data.toy(data.find(data.TOY, small))
    iterations = [len(run.history) for module in (kmeans, naive_em) for run in sweep(module.run, X, 1, [0])]
    with Image.open(path) as picture:
        durations = []
        for number in range(picture.n_frames):
            picture.seek(number)
            durations.append(picture.info["duration"])
        assert picture.n_frames == 1 + max(iterations)  # the start, and every iteration
        assert durations[-1] >= 5 * durations[0]  # the end stays
    assert path.stat().st_size < pages.LARGEST and list(tmp_path.iterdir()) == [path]


def test_few_iterations_are_all_shown_and_many_in_part():
    assert film.iterations(5) == [0, 1, 2, 3, 4, 5]
    for last in (29, 30, 31, 400):
        shown = film.iterations(last)
        assert shown == sorted(set(shown)) and len(shown) <= film.FRAMES
        assert shown[:4] == [0, 1, 2, 3] and shown[-1] == last


# Other pages


RATINGS = {"users": 943, "items": 1682, "train": 80000, "hidden": 20000, "scale": [0.5, 5]}


def row_of(name, rmse, **more):
    """A row of the comparison's result."""
    return {"name": name, "params": {}, "rmse": rmse, "mae": 0.94, "coverage_90": 0.91, "seconds": 0.01,
            "choosing_seconds": 0.0, "peak_mb": 14.2} | more


RESULT = {"ratings": RATINGS, "best": EVIL[0], "models": [row_of("mean", 1.15), row_of(
    EVIL[0], 0.8888, params={"rank": 30, "note": EVIL[1]}, mae=0.7, coverage_90=0.897, seconds=101.3,
    choosing_seconds=20.5, peak_mb=412)]}


def test_a_comparison_as_a_page():
    content = comparison(RESULT, "Which")
    text = "\n".join(Elements(content).texts)
    for number in ("1.1500", "0.8888", "0.7000", "89.7 %", "101.3", "20.5", "412", "943 users", "from 0.5 to 5",
                   "80,000 ratings to learn", "20,000 held-out"):
        assert number in text
    assert text.index(EVIL[0]) < text.index("mean")  # by RMSE
    assert sum(name == "script" for name, _ in Elements(content).elements) == 2 and EVIL[1] in text
    assert "folds" not in text and "±" not in text


def test_a_comparison_names_the_model_to_use():
    """The one with the least RMSE may have won by chance."""
    rows = [row_of("near", 0.95), row_of("effects", 1.0)]
    for best, says in (("near", False), ("effects", True)):
        found = comparison({"ratings": RATINGS, "models": rows, "best": best}, "T")
        assert ("use effects" in found) == says


FOLDS = {"ratings": RATINGS, "best": "near", "models": [row_of("near", 9.5, rmse_sd=0.25, folds=[{}] * 3),
                                                        row_of("far", 10.25, rmse_sd=0.5, folds=[{}] * 3)]}


def test_a_comparison_of_folds_says_so():
    text = "\n".join(Elements(comparison(FOLDS, "Which")).texts)
    assert "means of 3 folds" in text and "9.5000 ± 0.2500" in text and "10.2500 ± 0.5000" in text


@pytest.mark.parametrize("unit, near, mae", [(1e9, "9.012e+08 ± 2.000e+06", "7.000e+08"),
                                             (1e-6, "9.012e-07 ± 2.000e-09", "7.000e-07"),
                                             (1.0, "0.9012 ± 0.0020", "0.7000")])
def test_a_comparison_in_any_unit_has_digits_enough(unit, near, mae):
    row = row_of("near", 0.9012 * unit, rmse_sd=0.002 * unit, mae=0.7 * unit, folds=[{}] * 3)
    text = "\n".join(Elements(comparison({"ratings": RATINGS, "best": "near", "models": [row]}, "Which")).texts)
    assert near in text and mae in text and f"held-out ratings, {near.partition(' ')[0]}" in text


def result(name, status="pass", detail="", diagnosis=None, kind=""):
    return Result(name, status, detail, diagnosis, kind=kind)


REPORTS = [("anna", [result("em.estep: test case"), result("em.run: test case")], None),
           (EVIL[0], [result("em.estep: test case"), result("em.run: test case", "fail", f"LL: {EVIL[1]}",
                                                            "no threshold. A mean is updated.")], None),
           ("carla", [result("em.run: test case", "fail", "LL: 1",
                             "no threshold. A mean is updated. And: log p. Add it."),
                      result("em.run: Netflix, K = 12", "timeout", "not finished")], None),
           ("dmitri", [result("em.estep: test case", "error", f"raises {EVIL[1]}", kind="ValueError")], None),
           ("emil", None, "emil has no em.py")]


def test_reports_as_a_page():
    found = Elements(overview(REPORTS, f"Data: here\nNetflix: {EVIL[0]}"))
    text = "\n".join(found.texts)
    for words in ("1 of 5 solutions right.", EVIL[0], EVIL[1], "emil has no em.py", "no threshold. A mean is updated.",
                  "How many of 5 made each mistake"):
        assert words in text
    kinds = [attributes["data-kinds"] for name, attributes in found.elements if "data-kinds" in attributes]
    assert kinds == ["", "em.run: no threshold", "em.run: no threshold\nem.run: log p", "em.estep: raises ValueError",
                     "not checked"]
    bars = [attributes["width"] for name, attributes in found.elements if name == "rect"]
    assert bars == ["40.00", "20.00", "20.00"]  # of five
    assert sum(name == "script" for name, _ in found.elements) == 2
    assert not [name for name, attributes in found.elements if name == "img" or "onerror" in attributes]


def test_the_checker_writes_its_page(tmp_path, sample_folder, monkeypatch, capsys):
    import runpy

    checker = runpy.run_path(str(ROOT / "test.py"))["main"]
    monkeypatch.chdir(tmp_path)
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    (theirs / "em.py").write_text("raise KeyError('nothing there')\n")
    usual = ["theirs", "--no-netflix", "--data", str(sample_folder), "--page"]
    for _ in range(2):  # also over a page of its own, even within the folder
        assert run_program(checker, [*usual, "theirs/a.html"]) == 1
    assert "KeyError: &#x27;nothing there&#x27;" in (theirs / "a.html").read_text()
    (theirs / "notes.html").write_text("<html>theirs")
    for name in ("notes.html", "em.py"):
        before = (theirs / name).read_text()
        assert run_program(checker, [*usual, f"theirs/{name}"]) == 2
        assert f"theirs/{name}" in capsys.readouterr().err
        assert (theirs / name).read_text() == before


# The E-step in the page's own language


@pytest.mark.skipif(shutil.which("node") is None, reason="node is not here")
@pytest.mark.parametrize("d, K", [(1, 2), (2, 1), (2, 4), (5, 7)])
def test_soft_counts_of_the_script_are_those_of_python(d, K):
    random = np.random.RandomState(10 * d + K)
    mixture = cases.mixture(random, K, d)
    X = random.uniform(-40, 40, (50, d))  # far out, too, where densities underflow
    given = json.dumps({"X": X.tolist(), "mixture": {name: part.tolist() for name, part in mixture._asdict().items()}})
    script = f"""{(ROOT / "answers" / "em.js").read_text()}
        const {{X, mixture}} = {given};
        console.log(JSON.stringify([X.map(x => softCounts(x, mixture)), X.map(x => hardCounts(x, mixture))]))"""
    done = subprocess.run(["node", "-"], input=script, capture_output=True, text=True, timeout=600, check=True)
    soft, hard = json.loads(done.stdout)
    np.testing.assert_allclose(soft, naive_em.estep(X, mixture)[0], rtol=0, atol=1e-9)
    np.testing.assert_array_equal(hard, kmeans.estep(X, mixture))


# In a browser


FILM = "PAIRS.film.panels"


def choose(tab, K, seed=None):
    """Choose the film of a K, and of a seed, as a person does."""
    for number, value in enumerate([K] if seed is None else [K, seed]):
        tab.run(f"""(select => {{ select.value = {value}; select.dispatchEvent(new Event("change")) }})
            (document.querySelectorAll("#film-place select")[{number}])""")


def test_the_film_plays_to_its_end(opened, made):
    tab = opened(made[0])
    assert tab.run(f"{FILM}.map(panel => panel.half)") == [0, 0]  # nothing plays by itself
    choose(tab, K=2)
    tab.run("PAIRS.film.together.speed.select.value = '8'")
    tab.click("PAIRS.film.together.play")
    assert tab.run("PAIRS.film.together.play.textContent") == "Pause"
    assert tab.run(f"{FILM}[0].now.getAttribute('aria-live')") == "off"
    tab.wait_for("PAIRS.film.together.play.textContent === 'Play'")
    assert tab.run(f"{FILM}.every(panel => panel.half === panel.run.last)")
    said = tab.run(f"{FILM}.map(panel => panel.now.textContent)")
    assert all(text.endswith("converged") for text in said)
    assert tab.run(f"{FILM}[0].now.getAttribute('aria-live')") == "polite"


def test_each_k_and_seed_can_be_chosen(opened, made, small):
    """And ends with the run's own value; those of the best seeds are in the JSON."""
    tab = opened(made[0])
    X = data.toy(data.find(data.TOY, small))
    selects = "document.querySelectorAll('#film-place select')"
    for K in tab.run(f"[...{selects}[0].options].map(one => one.value)"):
        for seed in tab.run(f"[...{selects}[1].options].map(one => one.value)"):
            choose(tab, K, seed)
            shown = tab.run(f"(PAIRS.film.together.go(1e9), {FILM}.map(panel => panel.now.textContent))")
            for text, run in zip(shown, (kmeans.run, naive_em.run), strict=True):
                value = run(X, *common.init(X, int(K), int(seed)))[2]
                assert f"{value:.6f}".replace("-", "\u2212") in text
            best = made[1]["toy"]["em"][K]
            if best["seed"] == int(seed):
                assert f"{best['log_likelihood']:.6f}".replace("-", "\u2212") in shown[1]
    assert tab.run(f"[...{selects}[0].options].length * [...{selects}[1].options].length") == 9


def test_soft_counts_in_the_page_are_those_of_python(opened, made, small):
    tab = opened(made[0])
    X = data.toy(data.find(data.TOY, small))
    for method, step in (("kmeans", lambda mixture: kmeans.estep(X, mixture)),
                         ("em", lambda mixture: naive_em.estep(X, mixture)[0])):
        shown = tab.run(f"""DATA.toy.films.map(film => new Run("{method}", film)).map(run =>
            run.mixtures.map((mixture, i) => [mixture, run.post(i + 1)]))""")
        assert len(shown) == 9
        for mixture, post in itertools.chain.from_iterable(shown):
            mixture = common.GaussianMixture(*(np.array(mixture[name]) for name in ("mu", "var", "p")))
            np.testing.assert_allclose(post, step(mixture), rtol=0, atol=1e-9)


def test_what_changes_hands_is_marked(opened, made, small):
    tab = opened(made[0])
    X = data.toy(data.find(data.TOY, small))
    choose(tab, K=3)
    mixtures = tab.run(f"{FILM}[1].run.mixtures")
    owners = [naive_em.estep(X, common.GaussianMixture(*(np.array(one[name]) for name in ("mu", "var", "p"))))[0]
              .argmax(axis=1) for one in mixtures]
    any_moved = 0
    for iteration in range(2, len(mixtures)):
        marked = tab.run(f"""(PAIRS.film.together.go({2 * iteration - 1}), {FILM}[1].dots.flatMap((dot, i) =>
            dot.classList.contains("moved") ? [i] : []))""")
        assert marked == np.flatnonzero(owners[iteration - 1] != owners[iteration - 2]).tolist()
        any_moved += len(marked)
    assert any_moved > 0


def test_an_e_step_moves_no_circle_and_an_m_step_shares_nothing_out(opened, made):
    tab = opened(made[0])
    choose(tab, K=3)
    circles = f"{FILM}[1].rings.map(({{ring}}) => ['cx', 'cy', 'r'].map(name => ring.getAttribute(name)).join())"
    colours = f"{FILM}[1].dots.map(dot => dot.getAttribute('fill')).join()"
    seen = [tab.run(f"(PAIRS.film.together.go({half}), [{circles}, {colours}])") for half in range(5)]
    for half, (before, after) in enumerate(itertools.pairwise(seen), 1):
        assert (before[0] == after[0]) == (half % 2 == 1) and (before[1] == after[1]) == (half % 2 == 0)
    scale, last = tab.run(f"[{FILM}[1].scale, {FILM}[1].run.mixtures[2]]")
    radii = [float(circle.split(",")[2]) for circle in seen[4][0]]
    np.testing.assert_allclose(radii, scale * np.sqrt(last["var"]))  # one standard deviation


def test_a_click_shows_numbers(opened, made):
    tab = opened(made[0])
    tab.run("PAIRS.film.together.go(4)")
    # The point at the very top has nothing upon it.
    i = tab.run("POINTS.findIndex(point => point[1] === Math.max(...POINTS.map(other => other[1])))")
    tab.click(f"{FILM}[1].dots[{i}]")
    post = tab.run(f"{FILM}[1].run.post(2)[{i}]")
    said = tab.run(f"{FILM}[1].numbers.textContent")
    assert said.startswith(f"Point {i + 1} at ") and all(f"{share:.6f}" in said for share in post)
    tab.click(f"{FILM}[1].rings[0].name")
    mixture = tab.run(f"{FILM}[1].run.mixtures[2]")
    said = tab.run(f"{FILM}[1].numbers.textContent").replace("\u2212", "-")
    for number in (*mixture["mu"][0], mixture["var"][0], mixture["p"][0]):
        assert f"{number:.6f}" in said
    assert tab.run(f"{FILM}[1].number.value") == ""


def test_the_keyboard_is_enough(opened, made):
    """Tab leads to every control, each with a name; Enter and Space press, arrows scrub and choose a point."""
    tab = opened(made[0])
    tab.run("document.querySelector('#film-place select').focus()")
    names = []
    for _ in range(60):
        names.append(tab.run("document.activeElement.closest('label, button, [aria-label]')?.textContent.trim()"
                             " || document.activeElement.ariaLabel"))
        focused = tab.run("document.activeElement.textContent")
        if focused == "Step":
            tab.press("Enter")
            tab.press(" ")
        elif tab.run("document.activeElement === PAIRS.film.together.range"):
            tab.press("ArrowRight")
        elif tab.run(f"document.activeElement === {FILM}[1].number"):
            tab.press("ArrowUp")
            break
        tab.press("Tab")
    assert tab.run("PAIRS.film.together.half") == 3 and all(names)
    assert tab.run(f"{FILM}[1].numbers.textContent").startswith("Point 1 at ")
    assert tab.run("getComputedStyle(document.activeElement).outlineStyle") == "solid"  # and where it is can be seen


def test_in_step_or_each_on_its_own(opened, made):
    tab = opened(made[0])
    tab.run("PAIRS.film.together.go(2)")
    tab.click("PAIRS.film.tick")
    tab.run("PAIRS.film.apart[1].go(1)")
    assert tab.run(f"{FILM}.map(panel => panel.half)") == [2, 1]
    assert tab.run("[PAIRS.film.together, ...PAIRS.film.apart].map(one => one.all.hidden)") == [True, False, False]
    tab.click("PAIRS.film.tick")
    assert tab.run(f"{FILM}.map(panel => panel.half)") == [2, 2]


def test_bic_leads_to_its_film(opened, made):
    tab = opened(made[0], still=True)
    tab.click("document.querySelector('#bic button[data-k=\"2\"]')")
    assert tab.run(f"{FILM}.map(panel => panel.run.K)") == [2, 2]
    assert tab.run(f"{FILM}[1].run.seed") == made[1]["toy"]["em"]["2"]["seed"]
    tab.click("document.querySelector('#bic .pick')")
    assert tab.run(f"{FILM}.map(panel => panel.run.K)") == [1, 1]


@pytest.mark.parametrize("room, filmed", [(0, []), (1, [1])])
def test_a_page_without_room_for_all_films(room, filmed, opened, small, tmp_path, monkeypatch):
    """All that is there still works: no film at all, or one K alone, which is not the best."""
    wanted = story._fitting
    monkeypatch.setattr(story, "_fitting", lambda films, best: wanted([one for one in films if one["K"] <= room], best))
    assert main.main(arguments(small, "--only", "toy", "--page", tmp_path / "a.html")) == 0
    tab = opened(tmp_path / "a.html", still=True)
    assert tab.run("[...new Set(DATA.toy.films.map(film => film.K))]") == filmed
    assert tab.run("[...document.querySelectorAll('#bic button')].map(one => Number(one.dataset.k))") == filmed
    assert tab.run("document.querySelectorAll('#bic .pick').length") == 3 and not tab.run("Boolean(PAIRS.start)")
    for number in range(3):
        tab.click(f"document.querySelectorAll('#bic .pick')[{number}]")
    assert tab.run("Boolean(PAIRS.film)") == bool(filmed)
    assert not filmed or tab.run(f"{FILM}.map(panel => panel.run.K)") == [1, 1]


def test_curves_and_start(opened, made):
    tab = opened(made[0])
    assert tab.run("document.querySelectorAll('#curves-place polyline').length") == 6
    start = tab.run("DATA.toy.start")
    seeds = [start["good"], start["poor"]]
    assert tab.run("PAIRS.start.panels.map(panel => panel.run.seed)") == seeds and seeds[0] != seeds[1]
    assert tab.run("PAIRS.start.panels.every(panel => panel.half === panel.run.last)")


def test_two_seeds_are_compared_on_the_same_axes(opened, made):
    """Equal numbers at equal places, the ends well apart, and what is not to be seen is said."""
    tab = opened(made[0])
    charts = tab.run("""PAIRS.start.panels.map(({ curve, run }) => ({
        written: [...curve.querySelectorAll("text")].map(one => [one.textContent, one.getAttribute("x"),
                                                                 one.getAttribute("y")]),
        frame: Number(curve.querySelector("rect").getAttribute("height")), values: run.values,
        dots: [...curve.querySelectorAll("circle:not(.mark)")].map(one => Number(one.getAttribute("cy"))) }))""")
    assert charts[0]["written"][:-2] == charts[1]["written"][:-2] and len(charts[0]["written"]) > 4
    ends = [one["dots"][-1] for one in charts]
    assert abs(ends[0] - ends[1]) > charts[0]["frame"] / 6
    left_out = [len(one["values"]) - len(one["dots"]) for one in charts]
    assert max(left_out) > 0
    for one, number in zip(charts, left_out, strict=True):
        words = {0: "", 1: " (1 lies below)"}.get(number, f" (1 to {number} lie below)")
        assert one["written"][-2][0] == "iteration" + words


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("width", [360, 800, 1400])
def test_fits_any_width_in_light_and_dark(width, dark, opened, made):
    tab = opened(made[0], width=width, dark=dark, still=True)
    assert tab.run("document.documentElement.scrollWidth <= innerWidth")
    assert tab.run("getComputedStyle(document.querySelector('.ring')).transitionDuration") == "0s"  # as asked for
    light = tab.run("getComputedStyle(document.body).backgroundColor.match(/[0-9]+/g).reduce((a, b) => a + +b, 0)")
    assert (light < 150) == dark


def test_evil_names_stay_text_in_the_browser(opened, tmp_path):
    pages.write(tmp_path / "a.html", overview(REPORTS, EVIL[1]))
    pages.write(tmp_path / "b.html", comparison(RESULT, "Which"))
    for name in ("a.html", "b.html"):
        tab = opened(tmp_path / name)
        assert tab.run("document.querySelectorAll('script').length") == 2
        assert tab.run("document.querySelectorAll('img, [onclick], [onerror]').length") == 0
        assert EVIL[0] in tab.run("document.body.innerText")


def test_reports_are_filtered_and_sorted(opened, tmp_path):
    pages.write(tmp_path / "a.html", overview(REPORTS, "Data: here"))
    tab = opened(tmp_path / "a.html")
    bodies = "document.querySelector('table.cards').tBodies"
    tab.run("(select => { select.value = 0; select.dispatchEvent(new Event('change')) })"
            "(document.querySelector('.filter select'))")
    seen = tab.run(f"[...{bodies}].filter(body => !body.hidden).map(body => body.rows[0].cells[0].textContent)")
    assert seen == [EVIL[0], "carla"] and tab.run("document.querySelector('output').textContent") == "2 of 5 shown"
    tab.click("document.querySelector('th button')")
    first = tab.run(f"[...{bodies}].map(body => body.rows[0].cells[0].textContent)")
    assert tab.run("document.querySelector('.cards th').ariaSort") == "ascending"
    assert first[1:] == ["anna", "carla", "dmitri", "emil"]
    choices = tab.run("[...document.querySelectorAll('.filter option')].map(one => one.textContent)")
    assert choices == ["all (5)", "em.run: no threshold (2)", "em.run: log p (1)", "em.estep: raises ValueError (1)",
                       "not checked (1)"]
    tab.click("[...document.querySelectorAll('th button')].find(one => one.textContent === 'wrong')")
    counts = tab.run(f"[...{bodies}].map(body => body.rows[0].cells[3].textContent)")
    assert counts == ["0", "1", "1", "1", ""]
    tab.click("document.querySelector('tbody:not([hidden]) summary')")
    assert tab.run("[...document.querySelectorAll('details')].some(one => one.open)")


@pytest.mark.parametrize("width", [390, 820, 1100])
def test_reports_are_whole_in_any_width(width, opened, tmp_path):
    """No column is beyond the edge or cut, neither of the solutions nor of the counts."""
    long = [(f"students/{'a_long_name_' * 4}{i}.zip", REPORTS[2][1], None) for i in range(3)]
    pages.write(tmp_path / "a.html", overview([*REPORTS[2:], *long], "Data: here"))
    tab = opened(tmp_path / "a.html", width=width)
    assert tab.run("document.documentElement.scrollWidth <= innerWidth")
    assert tab.run("[...document.querySelectorAll('.wide')].every(one => one.scrollWidth <= one.clientWidth)")
    cells = ("[...document.querySelectorAll('.cards > * > tr:first-child > *, .counts td, .counts th')]"
             ".map(cell => { const box = cell.getBoundingClientRect();"
             " return box.left >= 0 && box.right <= innerWidth && cell.scrollWidth <= cell.clientWidth + 1; })")
    seen = tab.run(cells)
    assert len(seen) > 40 and all(seen)
    assert "not finished" in tab.run("document.querySelector('.cards thead').innerText")


def test_means_of_folds_are_sorted_as_numbers(opened, tmp_path):
    pages.write(tmp_path / "a.html", comparison(FOLDS, "Which"))
    tab = opened(tmp_path / "a.html")
    for expected in (["near", "far"], ["far", "near"]):
        tab.click("[...document.querySelectorAll('th button')].find(one => one.textContent === 'RMSE')")
        bodies = "[...document.querySelector('table').tBodies]"
        assert tab.run(f"{bodies}.map(body => body.rows[0].cells[0].textContent)") == expected


def test_the_policy_holds(chromium, tmp_path):
    """Were a script of somebody else's to get in, it would not run, and could ask for nothing."""
    pages.write(tmp_path / "a.html", pages.page("a"))
    tab = chromium.open(tmp_path / "a.html")
    assert tab.run("""(() => { const evil = document.createElement("div");
        evil.innerHTML = '<img src=x onerror="window.harm = 1"><button onclick="window.harm = 2">x</button>';
        const script = document.createElement("script");
        script.textContent = "window.harm = 3";
        document.body.append(evil, script);
        evil.querySelector("button").click();
        return window.harm === undefined; })()""")
    assert tab.run("fetch('http://localhost:9/').then(() => 'went', () => 'refused')") == "refused"
    assert any("Content Security Policy" in said for said in tab.complaints())
    tab.close()


def test_without_a_script_the_tables_are_there(made):
    """The answers need no script; of what does, the page says so."""
    found = contents_of(made[0])
    assert sum(name == "noscript" for name, _ in found.elements) >= 3
    assert sum(name == "table" for name, _ in found.elements) >= 5
    assert re.search(r"needs the page's own\s+script", " ".join(found.texts))
