"""test.py as its users run it: exit statuses, several solutions, JSON, colour, interruption; and the messages."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import data
from checker import complaints, report
from checker.check import Result
from checker.compare import numbers
from data import sample
from tests.checker_solutions import EDITS, LOOP, SOURCES

PROJECT = Path(__file__).resolve().parent.parent
STATUSES = {"pass", "fail", "missing", "error", "timeout", "skipped"}


@pytest.fixture(scope="module")
def sample_folder(tmp_path_factory):
    """The test case and toy data of the sample; no Netflix matrix."""
    folder = tmp_path_factory.mktemp("data")
    for name in data.TEST_CASE + data.TOY:
        (folder / name).write_bytes(sample.content(name))
    return folder


def run(*arguments, cwd, **environment):
    return subprocess.run([sys.executable, PROJECT / "test.py", *map(str, arguments)], cwd=cwd, capture_output=True,
                          text=True, timeout=120, env={**os.environ, **environment})


def folder_of(place, files):
    place.mkdir()
    for module, text in files.items():
        (place / f"{module}.py").write_text(text)
    return place


def edited(name):
    return LOOP.replace(EDITS[name].old, EDITS[name].new)


def test_own_modules_pass_from_anywhere(tmp_path, sample_folder):
    done = run("--no-netflix", "--data", sample_folder, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert "not the course's files" in lines[1] and lines[-1].startswith("All right: ")
    stages = [line for line in lines if line.startswith("ok ")]
    assert len(stages) == len(lines) - 3 and sum("largest difference" in line for line in stages) == len(stages) - 7
    assert list(tmp_path.iterdir()) == []


def test_own_modules_pass_on_the_courses_files(course_files, tmp_path):
    done = run("--data", str(Path(course_files.place).resolve()), "--json", "report.json", cwd=tmp_path)
    assert done.returncode == 0, done.stdout
    stages = json.loads((tmp_path / "report.json").read_text())["stages"]
    assert {stage["status"] for stage in stages} == {"pass"}
    assert [stage["name"] for stage in stages if "Netflix" in stage["name"]] == [
        "em.estep: Netflix", "em.mstep: Netflix", "em.run: Netflix, K = 12", "em.fill_matrix: Netflix, K = 12",
        "common.rmse: Netflix, K = 12"]


@pytest.fixture(scope="module")
def small_netflix(tmp_path_factory, sample_folder):
    """The sample with a Netflix matrix of fewer users, for what does not depend on its size."""
    folder = tmp_path_factory.mktemp("small")
    for file in sample_folder.iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    for name in data.NETFLIX:
        rows = sample.content(name).splitlines(keepends=True)[:150]
        (folder / name).write_bytes(b"".join(b" ".join(row.split()[:90]) + b"\n" for row in rows))
    return folder


@pytest.mark.parametrize("name, said", [("absolute_stop", "absolute stopping rule"), ("no_threshold", "follows from em.mstep")])
def test_a_wrong_netflix_figure_has_a_reason(name, said, tmp_path, small_netflix):
    folder_of(tmp_path / "theirs", {"em": edited(name)})
    done = run("theirs", "--json", "report.json", "--data", small_netflix, cwd=tmp_path)
    stages = {stage["name"]: stage for stage in json.loads((tmp_path / "report.json").read_text())["stages"]}
    netflix = stages["em.run: Netflix, K = 12"]
    assert done.returncode == 1 and netflix["status"] == "fail" and netflix["diagnosis"].startswith(said)


def test_steps_that_hand_each_other_something_of_their_own(sample_folder, tmp_path):
    """The project's em.py, whose run prepares the ratings once: ours cannot stand in for a wrong step of it."""
    text = (PROJECT / "em.py").read_text()
    assert "support >= 1, total" in text
    (tmp_path / "em.py").write_text(text.replace("support >= 1, total / np.maximum(support, 1)",
                                                  "support > 0, total / np.maximum(support, 1e-300)"))
    done = run(str(tmp_path), "--no-netflix", "--data", str(sample_folder), cwd=tmp_path)
    assert done.returncode == 1 and "no threshold" in done.stdout and "TypeError" not in done.stdout, done.stdout


def test_json(tmp_path, sample_folder):
    folder_of(tmp_path / "theirs", {"em": edited("full_d")})
    done = run("theirs", "--no-netflix", "--json", "report.json", "--data", sample_folder, cwd=tmp_path)
    assert done.returncode == 1
    written = json.loads((tmp_path / "report.json").read_text())
    assert (set(written), written["solution"], written["passed"]) == ({"solution", "passed", "stages"}, "theirs", False)
    for stage in written["stages"]:
        assert set(stage) == {"name", "status", "detail", "diagnosis", "seconds"} and stage["status"] in STATUSES
    failed = [stage for stage in written["stages"] if stage["status"] == "fail"]
    assert failed[0]["name"] == "em.estep: test case" and failed[0]["diagnosis"].startswith("full d")
    assert "--> full d in the normalisation. The normalisation" in done.stdout
    assert "Begin with em.estep: test case." in done.stdout


def test_several_solutions(tmp_path, sample_folder):
    folder_of(tmp_path / "right", SOURCES)
    folder_of(tmp_path / "wrong", {"em": edited("no_floor")})
    done = run("right", "wrong/em.py", "--no-netflix", "--json", "all.json", "--data", sample_folder, cwd=tmp_path)
    assert done.returncode == 1
    assert done.stdout.splitlines()[1:] == ["ok      right", "FAIL    wrong/em.py: em.mstep: variance floor: no variance floor",
                                            "1 of 2 all right"]
    done = run("absent", "wrong", "--no-netflix", "--json", "all.json", "--data", sample_folder, cwd=tmp_path)
    assert done.returncode == 2 and "absent does not exist" in done.stdout and "1 could not be checked" in done.stdout
    assert [one["passed"] for one in json.loads((tmp_path / "all.json").read_text())["solutions"]] == [False, False]


@pytest.mark.parametrize("arguments, said", [
    (["absent"], "absent does not exist"),
    (["."], "has no em.py"),
    (["notes.txt"], "is not an em.py"),
    (["theirs", "--json", "absent/report.json"], "cannot be written"),
    (["theirs", "--data", "absent"], "absent does not exist"),
    (["theirs", "--timeout", "0"], "--timeout"),
    (["theirs", "--timeout", "soon"], "--timeout"),
    (["theirs", "--no-such-option"], "--no-such-option"),
])
def test_what_cannot_be_checked(arguments, said, tmp_path):
    folder_of(tmp_path / "theirs", {"em": LOOP})
    (tmp_path / "notes.txt").write_text("")
    done = run(*arguments, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr and done.stderr.count("\n") == 1 and done.stderr.startswith("test.py: ")


@pytest.mark.skipif(os.name != "posix", reason="sends a signal as a terminal does")
def test_interruption(tmp_path, sample_folder):
    pid_file = tmp_path / "pid"
    code = f"import os\nopen({str(pid_file)!r}, 'w').write(str(os.getpid()))\nwhile True: pass\n"
    folder_of(tmp_path / "theirs", {"em": code})
    process = subprocess.Popen([sys.executable, PROJECT / "test.py", "theirs", "--no-netflix", "--data", sample_folder], cwd=tmp_path,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    while not (pid_file.exists() and pid_file.read_text()):
        assert process.poll() is None
    process.send_signal(signal.SIGINT)
    _, error = process.communicate(timeout=60)
    assert (process.returncode, error) == (130, "test.py: interrupted\n")
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid_file.read_text()), 0)


# The report


class Terminal:
    def __init__(self, is_one):
        self.is_one = is_one

    def isatty(self):
        return self.is_one


def test_colour_only_on_a_terminal_that_wants_it():
    assert report.wants_colour(Terminal(True), {"TERM": "xterm"})
    for terminal, environment in [(False, {}), (True, {"NO_COLOR": "1"}), (True, {"TERM": "dumb"})]:
        assert not report.wants_colour(Terminal(terminal), environment)
    results = [Result("em: import", "pass"), Result("em.estep: test case", "fail", "post", "log p missing. Add it.")]
    assert "\033[" in report.full(results, colour=True) and "\033[" not in report.full(results)


@pytest.mark.parametrize("columns", [60, 100])
def test_report_keeps_to_its_width_and_says_things_once(columns):
    wrong = Result("em.estep: test case", "fail", "LL: expected 1, got 2 " + "and more " * 20, "log p missing. Add the log of p to it. " * 4)
    text = report.full([wrong, wrong._replace(name="em.estep: unequal weights", detail="LL: expected 3, got 4")], columns=columns)
    assert max(map(len, text.splitlines())) <= columns
    assert text.count("--> ") == 2 and text.count("as above") == 1
    assert text.splitlines()[-1] == "2 of 2 stages wrong. Begin with em.estep: test case."


# Exceptions


def error_of(kind, message="", text="", missing=None):
    kinds = [base.__name__ for base in kind.__mro__]
    return {"error": kinds[0], "kinds": kinds, "message": message, "where": ["em.py", 3, text, "estep"], "missing": missing, "file": None}


@pytest.mark.parametrize("name, replacement", [("float", "float"), ("product", "np.prod"), ("Inf", "np.inf"), ("in1d", "np.isin")])
def test_removed_numpy_names(name, replacement):
    detail, advice = complaints.complaint(error_of(AttributeError, f"module 'numpy' has no attribute '{name}'"), "em", "estep")
    assert detail == f"em.estep raises AttributeError: module 'numpy' has no attribute '{name}' (em.py, line 3)"
    assert advice == f"np.{name} was removed from NumPy. Write {replacement} instead."


def test_arguments_that_do_not_fit():
    error = {**error_of(TypeError, "(X, K)"), "kinds": ["WrongArguments"]}
    assert complaints.complaint(error, "em", "run", ("X", "mixture", "post"))[0] == \
        "run(X, K) does not fit the course's call, run(X, mixture, post)"


def test_line_0_is_no_line():
    error = {**error_of(SyntaxError, "source code string cannot contain null bytes"), "where": ["em.py", 0, "", None]}
    assert complaints.complaint(error, "em")[0].endswith("null bytes (em.py)")


def test_what_no_line_of_theirs_raised_is_not_said_to_be_theirs():
    error = {**error_of(TypeError, "not to be read"), "where": None}
    assert complaints.complaint(error, "em", "estep")[0] == "em.estep could not be checked: TypeError: not to be read"


@pytest.mark.parametrize("expected, got, texts", [
    (1.0, 2.0, ("1", "2")), (0.12345678, 0.12345679, ("0.12345678", "0.12345679")), (-12345.678901, -12345.678902, ("-12345.678901", "-12345.678902"))])
def test_numbers_that_differ_look_different(expected, got, texts):
    assert numbers(expected, got) == texts


def test_what_was_not_loaded_is_said_once():
    results = [Result("em: import", "error", "broken"), Result("em.estep: test case", "skipped", "em.py cannot be imported"),
               Result("kmeans: import", "missing", "no kmeans.py"), Result("kmeans.run: toy cost", "missing", "no kmeans.py")]
    assert report.full(results).splitlines() == [
        "ERROR   em: import      broken", "missing kmeans: import  no kmeans.py",
        "1 of 1 stages wrong, 2 not in the folder, 1 skipped. Begin with em: import."]


def test_moved_scipy_function():
    error = error_of(ModuleNotFoundError, "No module named 'scipy.misc'", "from scipy.misc import logsumexp", "scipy.misc")
    assert complaints.complaint(error, "em")[1] == "logsumexp has moved: write from scipy.special import logsumexp."


def test_missing_package_and_missing_module():
    detail, advice = complaints.complaint(error_of(ModuleNotFoundError, "No module named 'tqdm'", "import tqdm", "tqdm"), "em")
    assert "importing em.py needs tqdm" in detail and "pip install tqdm" in advice
    detail, advice = complaints.complaint(error_of(ModuleNotFoundError, "", "import kmeans", "kmeans"), "em")
    assert advice == "Put kmeans.py into the folder, or do without it."
