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
from checker import report
from checker.stages import em_stages
from console import run_program
from data import sample
from tests.checker.solutions import BROADCAST, EDITS, LOOP, SOURCES

PROJECT = Path(__file__).resolve().parents[2]
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
    modules = [["ok", module] for module in ("common", "em", "kmeans", "naive_em")]
    assert [line.split()[:2] for line in lines[2:-1]] == modules
    assert list(tmp_path.iterdir()) == []


def test_verbose_shows_every_stage(run, tmp_path, sample_folder):
    folder_of(tmp_path / "theirs", {"em": BROADCAST})
    done = run("theirs", "--no-netflix", "--verbose", "--data", sample_folder)
    assert done.returncode == 0
    stages = [line for line in done.stdout.splitlines() if line.startswith("ok ")]
    own = [stage for stage in em_stages(data.find(data.TEST_CASE, str(sample_folder))) if stage.step.module == "em"]
    assert sum("largest difference" in line for line in stages) == len(own)
    assert len(stages) == len(own) + 2  # the import, and that the arguments do not change
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
    assert set(written) == {"solution", "passed", "verdict", "begin_with", "mistakes", "stages"}
    assert (written["solution"], written["passed"], written["verdict"]) == ("theirs", False, "wrong")
    for stage in written["stages"]:
        assert set(stage) == {"name", "status", "detail", "diagnosis", "seconds"} and stage["status"] in STATUSES
    failed = [stage for stage in written["stages"] if stage["status"] == "fail"]
    assert failed[0]["name"] == written["begin_with"] == "em.mstep: variance floor"
    assert failed[0]["diagnosis"].startswith("no variance floor")
    (mistake,) = written["mistakes"]
    assert mistake["function"] == "em.mstep" and mistake["mistake"] == "no variance floor"
    assert mistake["fix"] == failed[0]["diagnosis"] and failed[0]["name"] in mistake["stages"]
    line = FLOOR[:FLOOR.index("def mstep")].count("\n") + 1
    assert mistake["place"] == f"em.py, line {line}"
    assert "--> mistake 1: no variance floor" in done.stdout
    assert f"\n1.  em.py, line {line} (em.mstep): no variance floor. The variance" in done.stdout
    assert '--show "em.mstep: variance floor" prints' in done.stdout
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
    done = run(f"{students}/*", "--no-netflix", "--json", "all.json", "--csv", "all.csv", "--data", sample_folder)
    assert done.returncode == 2 and "\x1b" not in done.stdout
    names = [line[8:].strip().replace(str(students), "") for line in done.stdout.splitlines()[1:]]
    lines = " ".join(names)
    order = ["notes.txt is not an em.py", "no threshold", "bert", "emil_em.py", "fred.zip", "cleo", "anna"]
    assert [lines.index(one) for one in order] == sorted(lines.index(one) for one in order), lines
    assert done.stdout.splitlines()[-1] == "2 of 7 solutions right, 1 could not be checked"
    assert "\n   3  em.mstep: no variance floor\n   1  em.mstep: no threshold\n" in done.stdout
    reports = json.loads((tmp_path / "all.json").read_text())["solutions"]
    assert [one["verdict"] for one in reports] == ["wrong", "right", "wrong", "right, with remarks", "wrong", "wrong",
                                                   "not checked"]
    rows = list(csv.DictReader(io.StringIO((tmp_path / "all.csv").read_text())))
    assert [row["verdict"] for row in rows] == [one["verdict"] for one in reports] and tuple(rows[0]) == report.COLUMNS
    assert [row["mistakes"] for row in rows if row["begin_with"] == "em.mstep: variance floor"] == [
        "em.mstep: no variance floor"] * 3


def test_a_report_for_each_student(run, students, sample_folder, tmp_path):
    paths = [students / name for name in ("bert", "emil_em.py", "notes.txt", "anna/em.py", "bert/em.py")]
    usual = ["--no-netflix", "--data", sample_folder, "--out-dir", "out"]
    for _ in range(2):  # also over reports of its own
        assert run(*paths, *usual).returncode == 2
    names = sorted(path.name for path in (tmp_path / "out").iterdir())
    anna, bert = (f"{str(path).strip('/').replace('/', '_')}.txt" for path in paths[3:])
    assert names == sorted(["bert.txt", "emil_em.txt", "notes.txt", anna, bert])
    text = (tmp_path / "out" / "bert.txt").read_text()
    assert text.startswith(f"Solution: {students}/bert\nData: ") and "(em.mstep): no variance floor. The" in text
    assert "Not checked: " in (tmp_path / "out" / "notes.txt").read_text()
    assert "All right" in (tmp_path / "out" / anna).read_text()
    (tmp_path / "out" / "bert.txt").write_text("my own notes")
    done = run(*paths, *usual)
    assert done.returncode == 2 and "bert.txt is not a report file, and is not replaced" in done.stderr


def test_quick_begins_with_what_was_changed_last(run, sample_folder, tmp_path):
    folder_of(tmp_path / "theirs", {"em": FLOOR, "kmeans": SOURCES["kmeans"].replace("1e-4", "1e3")})
    for newer, older in (("em", "kmeans"), ("kmeans", "em")):
        os.utime(tmp_path / "theirs" / f"{older}.py", (1e9, 1e9))
        os.utime(tmp_path / "theirs" / f"{newer}.py", (2e9, 2e9))
        done = run("theirs", "--quick", "--data", sample_folder)
        assert done.returncode == 1 and "Quick: without the Netflix matrix" in done.stdout
        first = next(line for line in done.stdout.splitlines() if line.startswith("FAIL"))
        assert first.split()[1].startswith(newer), done.stdout
        assert "2 mistakes in" in done.stdout


def test_show_prints_python_alone(run, sample_folder, tmp_path):
    folder_of(tmp_path / "theirs", {"em": FLOOR})
    done = run("theirs", "--no-netflix", "--data", sample_folder, "--show", "em.mstep: variance floor")
    assert done.returncode == 1 and done.stdout.startswith("# em.mstep: variance floor\n")
    compile(done.stdout, "shown", "exec")
    for arguments in (["theirs", "theirs", "--show", "em.mstep: rare"], ["theirs", "--show", "nothing"]):
        done = run(*arguments, "--no-netflix", "--data", sample_folder)
        assert (done.returncode, done.stdout) == (2, "") and "--show: " in done.stderr and done.stderr.count("\n") == 1


def test_a_folder_one_level_down_is_named(run, sample_folder, tmp_path):
    folder_of(tmp_path / "theirs" / "netflix", {"em": BROADCAST})
    done = run("theirs", "--no-netflix", "--data", sample_folder)
    assert done.returncode == 0 and done.stdout.startswith(f"Solution: {os.path.join('theirs', 'netflix')}\n")


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


@pytest.mark.parametrize("arguments, said", [
    (["absent"], "absent does not exist"),
    (["empty"], "has no em.py"),
    (["nobody/*"], "nothing matches nobody/*"),
    (["notes.txt"], "is not an em.py"),
    (["theirs", "--out-dir", "notes.txt"], "notes.txt cannot be used as a folder"),
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
    (tmp_path / "empty").mkdir()
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
    code = f"import os\n    open({str(pid_file)!r}, 'w').write(str(os.getpid()))\n    while True: pass\n"
    folder_of(tmp_path / "theirs", {"em": BROADCAST.replace("    mask = X != 0\n", f"    {code}")})
    process = subprocess.Popen([sys.executable, PROJECT / "test.py", "theirs", "theirs", "--jobs", jobs,
                                "--no-netflix", "--timeout", "99999", "--data", sample_folder],
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
