"""test.py as its users run it: exit statuses, several solutions, JSON, CSV, colour, interruption; the messages."""

import csv
import io
import json
import os
import runpy
import signal
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import data
from checker import complaints, page, report
from checker.compare import numbers
from checker.judge import Result
from checker.solution import open_solution
from console import InputError, run_program
from data import sample
from tests.checker_solutions import BROADCAST, EDITS, LOOP, SOURCES

PROJECT = Path(__file__).resolve().parent.parent
STATUSES = {"pass", "warn", "fail", "missing", "error", "timeout", "skipped"}
FLOOR = BROADCAST.replace("np.maximum(sse / weight.sum((0, 2)), min_variance)", "sse / weight.sum((0, 2))")


@pytest.fixture(scope="module")
def sample_folder(tmp_path_factory):
    """The test case and toy data of the sample; no Netflix matrix."""
    folder = tmp_path_factory.mktemp("data")
    for name in data.TEST_CASE + data.TOY:
        (folder / name).write_bytes(sample.content(name))
    return folder


class Done:
    """What a program left: as subprocess.CompletedProcess has it."""

    def __init__(self, returncode, output):
        self.returncode, self.stdout, self.stderr = returncode, output.out, output.err


@pytest.fixture
def run(tmp_path, monkeypatch, capfd):
    """Run test.py's main as the program does, in tmp_path, without starting another interpreter."""
    main = runpy.run_path(str(PROJECT / "test.py"))["main"]
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["test.py"])
    monkeypatch.setattr(sys.modules["__main__"], "__spec__", None)

    def call(*arguments):
        capfd.readouterr()
        return Done(run_program(main, list(map(str, arguments))), capfd.readouterr())

    return call


def folder_of(place, files):
    place.mkdir(parents=True)
    for module, text in files.items():
        (place / f"{module}.py").write_text(text)
    return place


def test_own_modules_pass_from_anywhere(tmp_path, sample_folder):
    done = subprocess.run([sys.executable, PROJECT / "test.py", "--no-netflix", "--data", sample_folder], cwd=tmp_path,
                          capture_output=True, text=True, timeout=600)
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert "not the course's files" in lines[1] and lines[-1].startswith("All right: ")
    assert [line.split()[:2] for line in lines[2:-1]] == [["ok", module]
                                                          for module in ("common", "em", "kmeans", "naive_em")]
    assert list(tmp_path.iterdir()) == []


def test_verbose_shows_every_stage(run, tmp_path, sample_folder):
    folder_of(tmp_path / "theirs", {"em": BROADCAST})
    done = run("theirs", "--no-netflix", "--verbose", "--data", sample_folder)
    assert done.returncode == 0
    stages = [line for line in done.stdout.splitlines() if line.startswith("ok ")]
    assert len(stages) == 18 and sum("largest difference" in line for line in stages) == 16
    assert "warn" not in done.stdout


def test_own_modules_pass_on_the_courses_files(course_files, run, tmp_path):
    done = run("--data", Path(course_files.place).resolve(), "--json", "report.json")
    assert done.returncode == 0, done.stdout
    stages = json.loads((tmp_path / "report.json").read_text())["stages"]
    assert {stage["status"] for stage in stages} == {"pass"}
    assert [stage["name"] for stage in stages if "Netflix" in stage["name"]] == [
        "em.estep: Netflix", "em.mstep: Netflix", "em.run: Netflix, K = 12", "em.fill_matrix: Netflix, K = 12",
        "common.rmse: Netflix, K = 12"]
    assert "Netflix, K = 12 in " in " ".join(done.stdout.split())


@pytest.mark.skipif(not hasattr(os, "wait4"), reason="counts the CPU seconds of processes where the system tells them")
def test_a_check_of_a_vectorised_solution_takes_two_seconds_of_cpu(sample_folder, tmp_path):
    """Twenty times what it may take is the limit: this guards the order of size, whatever the machine."""
    folder_of(tmp_path / "theirs", {"em": BROADCAST})
    process = subprocess.Popen([sys.executable, PROJECT / "test.py", "theirs", "--no-netflix", "--data",
                                sample_folder], cwd=tmp_path,
                               stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0 and used.ru_utime + used.ru_stime < 40


def test_steps_that_hand_each_other_something_of_their_own(run, sample_folder, tmp_path):
    """A run that prepares the ratings once: ours cannot stand in for a wrong step of it."""
    text = BROADCAST.replace("    mask = X != 0\n",
                             "    X, mask = prepared(X)\n").replace("    mask = (X != 0)\n",
                                                                    "    X, mask = prepared(X)\n") \
        .replace("    prev, cur", "    X = prepared(X)\n    prev, cur").replace("support >= 1",
                                                                                "support > 0").replace("/ X.shape[0]",
                                                                                                       "/ len(post)")
    text += "\n\ndef prepared(X):\n    return X if isinstance(X, tuple) else (X, X != 0)\n"
    folder_of(tmp_path / "theirs", {"em": text})
    done = run("theirs", "--no-netflix", "--data", sample_folder)
    assert done.returncode == 1 and "no threshold" in done.stdout and "TypeError" not in done.stdout, done.stdout


def test_json(run, tmp_path, sample_folder):
    folder_of(tmp_path / "theirs", {"em": FLOOR})
    done = run("theirs", "--no-netflix", "--json", "report.json", "--data", sample_folder)
    assert done.returncode == 1
    written = json.loads((tmp_path / "report.json").read_text())
    assert set(written) == {"solution", "passed", "verdict", "begin_with", "stages"}
    assert (written["solution"], written["passed"], written["verdict"]) == ("theirs", False, "wrong")
    for stage in written["stages"]:
        assert set(stage) == {"name", "status", "detail", "diagnosis", "seconds"} and stage["status"] in STATUSES
    failed = [stage for stage in written["stages"] if stage["status"] == "fail"]
    assert failed[0]["name"] == written["begin_with"] == "em.mstep: variance floor"
    assert failed[0]["diagnosis"].startswith("no variance floor")
    assert "--> no variance floor. The variance" in done.stdout
    assert "Begin with em.mstep: variance floor." in done.stdout


@pytest.fixture(scope="module")
def students(tmp_path_factory):
    """A folder of solutions of all sorts."""
    place = tmp_path_factory.mktemp("class") / "students"
    folder_of(place / "anna", SOURCES)
    folder_of(place / "bert", {"em": FLOOR})
    folder_of(place / "cleo", {"em": LOOP.replace(EDITS["ll_as_array"].old, EDITS["ll_as_array"].new)})
    folder_of(place / "=dora()\x1b[2J", {"em": BROADCAST.replace("support >= 1", "support > 0")})
    (place / "emil_em.py").write_text(FLOOR)
    with zipfile.ZipFile(place / "fred.zip", "w") as archive:
        for name, text in {"fred/em.py": FLOOR.replace("from common", "from fred.common"),
                           "fred/common.py": SOURCES["common"], "fred/../fred/x": ""}.items():
            ".." in name or archive.writestr(name, text)
    (place / "notes.txt").write_text("anna is good")
    return place


def test_several_solutions(run, students, sample_folder, tmp_path):
    paths = sorted(str(path) for path in students.iterdir())
    done = run(*paths, "--no-netflix", "--json", "all.json", "--csv", "all.csv", "--data", sample_folder)
    assert done.returncode == 2 and "\x1b" not in done.stdout
    names = [line[8:].strip().replace(str(students), "") for line in done.stdout.splitlines()[1:]]
    lines = " ".join(names)
    order = ["notes.txt is not an em.py", "no threshold", "bert", "emil_em.py", "fred.zip", "cleo", "anna"]
    assert [lines.index(one) for one in order] == sorted(lines.index(one) for one in order), lines
    assert done.stdout.splitlines()[-1] == "2 of 7 all right, 1 could not be checked"
    reports = json.loads((tmp_path / "all.json").read_text())["solutions"]
    assert [one["verdict"] for one in reports] == ["wrong", "right", "wrong", "right, with remarks", "wrong", "wrong",
                                                   "not checked"]
    rows = list(csv.DictReader(io.StringIO((tmp_path / "all.csv").read_text())))
    assert [row["verdict"] for row in rows] == [one["verdict"] for one in reports] and tuple(rows[0]) == report.COLUMNS
    assert {row["mistake"] for row in rows if row["begin_with"] == "em.mstep: variance floor"} == {"no variance floor"}


def test_side_by_side_gives_the_same(run, students, sample_folder, tmp_path):
    paths = [students / name for name in ("notes.txt", "emil_em.py", "bert", "absent")]
    done = [run(*paths, "--no-netflix", "--json", f"{jobs}.json", "--jobs", jobs, "--data", sample_folder)
            for jobs in (1, 3)]
    assert done[0].stdout == done[1].stdout and done[0].returncode == done[1].returncode == 2

    def timeless(jobs):
        reports = json.loads((tmp_path / f"{jobs}.json").read_text())["solutions"]
        return [{**one, "stages": [{**stage, "seconds": 0} for stage in one["stages"]]} for one in reports]

    assert timeless(1) == timeless(3)


@pytest.mark.parametrize("option, target", [
    ("--csv", "theirs/em.py"), ("--csv", "theirs/table.csv"), ("--csv", "link.csv"),
    ("--csv", "notes.txt"), ("--csv", "test_solutions.txt"),
    ("--json", "theirs/em.py"), ("--csv", "report.json"), ("--csv", "fifo.csv")])
def test_no_output_replaces_an_input(option, target, run, tmp_path, sample_folder):
    theirs = folder_of(tmp_path / "theirs", {"em": BROADCAST})
    (theirs / "table.csv").write_text("a,b\n1,2\n")
    (tmp_path / "link.csv").symlink_to(theirs / "table.csv")
    (tmp_path / "notes.txt").write_text("one\ntwo, three\n")
    (tmp_path / "report.json").write_text("{}\n")
    os.mkfifo(tmp_path / "fifo.csv")
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    done = run("theirs", option, target, "--no-netflix", "--data", sample_folder)
    assert (done.returncode, done.stdout) == (2, "") and target in done.stderr and done.stderr.count("\n") == 1
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


def test_a_table_of_ours_is_replaced(run, tmp_path, sample_folder):
    theirs = folder_of(tmp_path / "theirs", {"em": FLOOR})
    for _ in range(2):  # in the folder of the solution, too
        assert run("theirs", "--csv", "theirs/table.csv", "--no-netflix", "--data", sample_folder).returncode == 1
    assert (theirs / "table.csv").read_text().startswith("solution,verdict,begin_with")
    same = run("theirs", "--csv", "x", "--json", "x", "--no-netflix", "--data", sample_folder)
    assert same.returncode == 2 and "is where --json goes" in same.stderr


def test_a_cell_is_no_formula():
    assert [report.cell(value)
            for value in ("=1+1", "+1", "-1", "@x", "a=1", -1)] == ["'=1+1", "'+1", "'-1", "'@x", "a=1", "-1"]


ARCHIVES = {
    "../em.py": "may lead outside", "/em.py": "may lead outside", "a/../../em.py": "may lead outside",
    "C:\\em.py": "may lead outside",
    "notes.txt": "has no em.py", "__MACOSX/em.py": "has no em.py",
}


@pytest.mark.parametrize("name", ARCHIVES)
def test_archives_that_are_refused(name, tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr(name, "x = 1")
    with pytest.raises(InputError, match=ARCHIVES[name]):
        open_solution(tmp_path / "a.zip")


def test_more_archives(tmp_path):
    path = tmp_path / "a.ZIP"
    path.write_bytes(b"PK\3\4 no archive")
    with pytest.raises(InputError, match=r"is not a whole .zip archive"):
        open_solution(path)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("em.py", b"#" * 9 * 10**6)
    with pytest.raises(InputError, match=r"em.py has more than"):
        open_solution(path)
    with zipfile.ZipFile(path, "w") as archive:
        for name in ("a/em.py", "b/em.py"):
            archive.writestr(name, "x = 1")
    with pytest.raises(InputError, match=r"holds both a/em.py and b/em.py"):
        open_solution(path)
    with zipfile.ZipFile(path, "w") as archive:
        for name in ("deep/er/em.py", "top/em.py", "top/kmeans.py", "deep/naive_em.py", "top/evil.py"):
            archive.writestr(name, f"name = {name!r}")
    solution = open_solution(path)
    assert solution.name == "top" and set(solution.modules) == {"em", "kmeans"} and "top/em.py" in solution.text("em")
    copy = Path(solution.copy_into(tmp_path / "copy"))
    assert sorted(file.name for file in copy.iterdir()) == ["common.py", "em.py", "kmeans.py"]


@pytest.mark.parametrize("arguments, said", [
    (["absent"], "absent does not exist"),
    (["."], "has no em.py"),
    (["notes.txt"], "is not an em.py"),
    (["theirs/kmeans.py"], "is one module of a solution"),
    (["theirs", "--json", "absent/report.json"], "cannot be written"),
    (["theirs", "--csv", "absent/table.csv"], "cannot be written"),
    (["theirs", "--data", "absent"], "absent does not exist"),
    (["theirs", "--timeout", "0"], "--timeout"),
    (["theirs", "--timeout", "soon"], "--timeout"),
    (["theirs", "--jobs", "0"], "--jobs"),
    (["theirs", "--no-such-option"], "--no-such-option"),
])
def test_what_cannot_be_checked(arguments, said, run, tmp_path, monkeypatch):
    folder_of(tmp_path / "theirs", {"em": LOOP, "kmeans": "x = 1"})
    (tmp_path / "notes.txt").write_text("")
    try:
        done = run(*arguments)
    except SystemExit as leaving:  # as argparse ends
        done = Done(leaving.code, type("Output", (), {"out": "", "err": f"test.py: {said}\n"}))
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr and done.stderr.count("\n") == 1 and done.stderr.startswith("test.py: ")


@pytest.mark.skipif(os.name != "posix", reason="sends a signal as a terminal does")
@pytest.mark.parametrize("jobs", ["1", "2"])
def test_interruption(jobs, tmp_path, sample_folder):
    pid_file, temporary = tmp_path / "pid", tmp_path / "temporary"
    temporary.mkdir()
    code = f"import os\nopen({str(pid_file)!r}, 'w').write(str(os.getpid()))\nwhile True: pass\n"
    folder_of(tmp_path / "theirs", {"em": code})
    process = subprocess.Popen([sys.executable, PROJECT / "test.py", "theirs", "theirs", "--jobs", jobs,
                                "--no-netflix", "--data", sample_folder],
                               cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                               env={**os.environ, "TMPDIR": str(temporary)})
    while not (pid_file.exists() and pid_file.read_text()):
        assert process.poll() is None
    process.send_signal(signal.SIGINT)
    _, error = process.communicate(timeout=600)
    assert (process.returncode, error) == (130, "test.py: interrupted\n")
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid_file.read_text()), 0)
    assert list(temporary.iterdir()) == []


def test_the_page_of_mistakes_is_current():
    assert page.PAGE.read_text(encoding="utf-8") == page.page(), "python -m checker.page makes it anew"


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
    wrong = Result("em.estep: test case", "fail", "LL: expected 1, got 2 " + "and more " * 20,
                   "log p missing. Add the log of p to it. " * 4)
    text = report.full([wrong, wrong._replace(name="em.estep: unequal weights", detail="LL: expected 3, got 4")],
                       columns=columns)
    assert max(map(len, text.splitlines())) <= columns
    assert text.count("--> ") == 2 and text.count("as above") == 1
    assert text.splitlines()[-1] == "2 of 2 stages wrong. Begin with em.estep: test case."


# Exceptions


def error_of(kind, message="", text="", missing=None):
    kinds = [base.__name__ for base in kind.__mro__]
    return {"error": kinds[0], "kinds": kinds, "message": message, "where": ["em.py", 3, text, "estep"],
            "missing": missing, "file": None}


@pytest.mark.parametrize("name, replacement",
                         [("float", "float"), ("product", "np.prod"), ("Inf", "np.inf"), ("in1d", "np.isin")])
def test_removed_numpy_names(name, replacement):
    detail, advice = complaints.complaint(error_of(AttributeError, f"module 'numpy' has no attribute '{name}'"), "em",
                                          "estep")
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
    (1.0, 2.0, ("1", "2")), (0.12345678, 0.12345679, ("0.12345678", "0.12345679")),
    (-12345.678901, -12345.678902, ("-12345.678901", "-12345.678902"))])
def test_numbers_that_differ_look_different(expected, got, texts):
    assert numbers(expected, got) == texts


def test_what_was_not_loaded_is_said_once():
    results = [Result("em: import", "error", "broken"),
               Result("em.estep: test case", "skipped", "em.py cannot be imported"),
               Result("kmeans: import", "missing", "no kmeans.py"),
               Result("kmeans.run: toy cost", "missing", "no kmeans.py")]
    assert report.full(results).splitlines() == [
        "ERROR   em: import  broken", "missing kmeans      no kmeans.py",
        "1 of 1 stages wrong, 2 not in the folder, 1 skipped. Begin with em: import."]
    assert report.full(results, verbose=True).splitlines()[:2] == ["ERROR   em: import      broken",
                                                                   "missing kmeans: import  no kmeans.py"]


def test_what_is_wrong_comes_first():
    results = [Result("em.estep: a", "pass"), Result("em: arguments unchanged", "warn", "estep changes X", "Copy it."),
               Result("em.run: slow", "timeout", "not finished"),
               Result("em.mstep: b", "fail", "Mu: expected 1, got 2")]
    words = [line.split()[0] for line in report.full(results).splitlines() if not line.startswith(" ")]
    assert words == ["FAIL", "TIMEOUT", "warn", "ok", "1"]
    assert report.verdict(results) == "1 of 4 stages wrong, 1 not finished, 1 remark. Begin with em.mstep: b."
    assert report.verdict(results[:2]) == "All right, with 1 remark: 1 stages passed."
    assert report.verdict(results[:3]).startswith("Nothing wrong was found, but em.run: slow was not finished")


def test_nothing_of_theirs_reaches_the_terminal_raw():
    result = Result("em: import", "error", "raises E: \x1b[2J\r\n (em.py, line 1: \x07)", "Look at \x9b.")
    assert not set("\x1b\r\x07\x9b") & set(report.full([result])) and "\\x1b[2J" in report.full([result])


def test_moved_scipy_function():
    error = error_of(ModuleNotFoundError, "No module named 'scipy.misc'", "from scipy.misc import logsumexp",
                     "scipy.misc")
    assert complaints.complaint(error, "em")[1] == "logsumexp has moved: write from scipy.special import logsumexp."


def test_missing_package_and_missing_module():
    detail, advice = complaints.complaint(error_of(ModuleNotFoundError, "No module named 'tqdm'", "import tqdm",
                                                   "tqdm"), "em")
    assert "importing em.py needs tqdm" in detail and "pip install tqdm" in advice
    detail, advice = complaints.complaint(error_of(ModuleNotFoundError, "", "import kmeans", "kmeans"), "em")
    assert advice == "Put kmeans.py into the folder, or do without it."
