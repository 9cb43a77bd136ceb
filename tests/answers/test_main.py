"""main.py and data.sample as a user runs them: from anywhere, with and without files, with all that can be wrong."""

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import common
import data
import em
import main
import pages
import plain_loops
from answers import drawings
from answers import netflix as tab8
from answers.runs import Run, best, sweep
from console import run_program, write_file, write_json
from data import course

ROOT = Path(main.__file__).resolve().parent
PNG = b"\x89PNG\r\n\x1a\n"


def run(*command, cwd, root=ROOT, **environ):
    """Run a program of the project with Python, in another folder; paths of its files are relative to the root."""
    command = [str(root / part) if str(part).endswith(".py") else str(part) for part in command]
    environ = {**os.environ, "NETFLIX_DATA": "", "PYTHONPATH": str(root), **environ}
    return subprocess.run([sys.executable, *command], cwd=cwd, env=environ, capture_output=True, text=True, timeout=600)


@pytest.fixture
def small(tmp_path):
    """A folder with small files of the course's names, so that a whole run takes no time."""
    random = np.random.RandomState(0)
    folder = tmp_path / "small"
    folder.mkdir()
    complete = random.randint(1, 6, (12, 8))
    incomplete = complete * (random.uniform(size=complete.shape) < 0.7)
    for name, matrix in zip(data.TOY + data.NETFLIX, (random.normal(size=(30, 2)), incomplete, complete), strict=True):
        np.savetxt(folder / name, matrix, "%g")
    return folder


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    """A copy of the project with no course files in it or beside it."""
    root = tmp_path_factory.mktemp("away") / "project"
    keep_out = shutil.ignore_patterns(".*", "figures", "__pycache__", "toy_data.txt", "netflix_*", "test_*.txt", "*.gz")
    return shutil.copytree(ROOT, root, ignore=keep_out)


def arguments(folder, *more):
    return ["--data", str(folder), "--toy-ks", "1", "2", "--netflix-ks", "1", "3", "--seeds", "0", "1", *map(str, more)]


# The whole job


def test_answers_on_the_course_files_from_another_folder(course_files, tmp_path):
    done = run("main.py", "--data", Path(course_files.place).resolve(), "--json", "answers.json", "--page",
               "page.html", cwd=tmp_path)
    assert done.returncode == 0 and done.stderr == "", done.stdout + done.stderr
    assert done.stdout.startswith("Data: ") and "verified by checksum" in done.stdout.splitlines()[0]
    quoted = len(course.KMEANS_COST) + len(course.TOY_LOG_LIKELIHOOD) + len(course.TOY_BIC) + 2
    quoted += len(course.NETFLIX_LOG_LIKELIHOOD) + len(course.NETFLIX_RMSE)
    assert done.stdout.count("  ok") == quoted and "DIFFERS" not in done.stdout
    answers = json.loads((tmp_path / "answers.json").read_text())
    assert answers["data"]["verified"] is True and answers["toy"]["best_k"] == course.TOY_BEST_K
    for K, cost in course.KMEANS_COST.items():
        assert answers["toy"]["kmeans"][str(K)]["cost"] == pytest.approx(cost, abs=1e-4)
        assert answers["toy"]["em"][str(K)]["log_likelihood"] == pytest.approx(course.TOY_LOG_LIKELIHOOD[K], abs=1e-4)
        assert answers["toy"]["em"][str(K)]["bic"] == pytest.approx(course.TOY_BIC[K], abs=1e-4)
    assert answers["netflix"]["12"]["rmse"] == pytest.approx(course.NETFLIX_RMSE[12], abs=1e-12)
    assert answers["netflix"]["12"]["seed"] == 1
    assert answers["published"] == {"compared": quoted, "obtained": quoted}
    assert answers["mean_rating"]["rmse"] < answers["netflix"]["12"]["rmse"]  # what the README says of this RMSE
    page = (tmp_path / "page.html").read_text()
    assert page.count(">ok<") == quoted and "DIFFERS" not in page and len(page) < pages.LARGEST
    names = {"toy_k1.png", "toy_k2.png", "toy_k3.png", "toy_k4.png", "toy_bic.png", "netflix_log_likelihood.png"}
    assert {file.name for file in (tmp_path / "figures").iterdir()} == names
    assert all((tmp_path / "figures" / name).read_bytes().startswith(PNG) for name in names)


def test_without_course_files_the_sample_does_the_whole_job(alone, tmp_path):
    done = run("main.py", "--seeds", "0", "--json", "answers.json", "--no-figures", cwd=tmp_path, root=alone)
    assert done.returncode == 0 and done.stderr == "", done.stderr
    assert "Data: the built-in sample" in done.stdout and "netflix.tar.gz" in done.stdout
    assert "published answers are for the course's files" in done.stdout and "  ok" not in done.stdout
    answers = json.loads((tmp_path / "answers.json").read_text())
    assert answers["data"] == {"source": "built-in sample", "verified": False}
    assert answers["toy"]["best_k"] == 3
    assert answers["netflix"]["12"]["rmse"] < answers["netflix"]["1"]["rmse"] < answers["mean_rating"]["rmse"]
    assert not (tmp_path / "figures").exists()


def test_sample_as_a_module(alone, tmp_path):
    done = run("-m", "data.sample", "here", cwd=tmp_path, root=alone)
    assert done.returncode == 0 and done.stderr == ""
    assert {file.name for file in (tmp_path / "here").iterdir()} == set(course.CHECKSUMS)


def test_a_wrong_answer_is_marked_and_ends_with_status_1(small, tmp_path, monkeypatch, capsys):
    """Files that pass for verified but give other answers."""
    monkeypatch.setattr(main.data, "find", lambda names, path: data.source.find(names, path)._replace(verified=True))
    status = main.main(arguments(small, "--no-figures", "--seeds", "4", "3", "2", "1", "0"))
    assert status == 1 and "DIFFERS" in capsys.readouterr().out
    assert main.main(arguments(small, "--no-figures")) == 0  # other seeds than the published ones: nothing to compare
    assert "not compared" in capsys.readouterr().out


def test_json_holds_what_the_functions_return(small, tmp_path, capsys):
    assert main.main(arguments(small, "--json", tmp_path / "a.json", "--figures", tmp_path / "f")) == 0
    assert capsys.readouterr().out.endswith(f"\n\nFigures: {tmp_path / 'f'}\nJSON: {tmp_path / 'a.json'}\n")
    answers = json.loads((tmp_path / "a.json").read_text())
    X, complete = data.netflix(data.find(data.NETFLIX, small))
    for K in ("1", "3"):
        found = answers["netflix"][K]
        mixture, _, value = em.run(X, *common.init(X, int(K), found["seed"]))
        assert found["log_likelihood"] == value == max(each["log_likelihood"] for each in found["runs"])
        assert found["rmse"] == pytest.approx(plain_loops.rmse(complete, em.fill_matrix(X, mixture)))
    mean = X[X > 0].mean()
    assert answers["mean_rating"]["rmse"] == pytest.approx(plain_loops.rmse(complete, np.where(X > 0, X, mean)))
    assert {"toy_k1.png", "toy_k2.png", "toy_bic.png"} < {file.name for file in (tmp_path / "f").iterdir()}


@pytest.mark.parametrize("half, other", [("toy", "netflix"), ("netflix", "toy")])
def test_one_half_needs_only_its_files(small, tmp_path, capsys, half, other):
    for file in small.glob(f"{other}_*"):
        file.unlink()
    assert main.main(arguments(small, "--only", half, "--no-figures", "--json", tmp_path / "a.json")) == 0
    answers = json.loads((tmp_path / "a.json").read_text())
    assert half in answers and other not in answers


def test_of_runs_that_differ_by_rounding_the_first_is_the_best():
    values = [-2.0, -1.0 - 2e-14, -1.0, -1.0 - 3e-14, -3.0]
    runs = [Run(seed, None, None, value, [], [], 0.0) for seed, value in enumerate(values)]
    assert best(runs).seed == 1 and best(runs, -1).seed == 4


def test_what_the_rmse_measures_is_read_off_the_data():
    X = np.array([[1.0, 0, 0], [2, 3, 0], [0, 4, 5]])
    one_value = np.where(X == 0, [[3], [0], [2]], X)
    assert "all gaps of a user hold the same value" in tab8.what_rmse_measures(X, one_value)
    assert "hold the same value" not in tab8.what_rmse_measures(X + 1, X + 1)  # no gap at all
    one_value[0, 2] = 1
    assert "the complete matrix holds different ratings" in tab8.what_rmse_measures(X, one_value)


# What can be wrong


BAD_COMMANDS = [
    (["--data", "nowhere"], "nowhere does not exist"),
    (["--data", "empty"], "empty holds no toy_data.txt"),
    (["--data", "small/toy_data.txt"], "neither a folder nor a whole tar archive"),
    (["--seeds"], "--seeds: expected at least one whole number"),
    (["--seeds", ","], "--seeds: expected at least one whole number"),
    (["--seeds", "-1"], "--seeds: expected numbers from 0"),
    (["--seeds", "x"], "argument --seeds: expected whole numbers, separated by blanks or commas, got 'x'"),
    (["--toy-ks", "0"], "--toy-ks: expected K from 1 to 30, the number of points, got 0"),
    (["--toy-ks", "1", "31"], "got 31"),
    (["--netflix-ks", "0"], "--netflix-ks: expected K from 1 to 12, the number of users, got 0"),
    (["--netflix-ks", "13"], "got 13"),
    (["--netflix-ks"], "--netflix-ks: expected at least one"),
    (["--figures", "small/toy_data.txt"], "small/toy_data.txt cannot be used as a folder"),
    (["--figures", "small/toy_data.txt/figures"], "cannot be used as a folder"),
    (["--json", "nowhere/a.json"], "nowhere is not a folder that can be written to"),
    (["--json", "empty"], "empty is a folder, not a file that can be written"),
    (["--json", ""], "is a folder, not a file that can be written"),
    (["--json", "small/toy_data.txt"], "small/toy_data.txt would replace a file that is read"),
    (["--json", "pictures/toy_k1.png"], "pictures/toy_k1.png is where pictures go"),
    (["--figures", "full"], "toy_bic.png is a folder, not a file that can be written"),
    (["--only", "books"], "invalid choice"),
    (["--unknown"], "unrecognized arguments: --unknown"),
]


@pytest.mark.parametrize("options, says", BAD_COMMANDS)
def test_bad_command(options, says, small, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    (tmp_path / "full" / "toy_bic.png").mkdir(parents=True)
    before = sorted(tmp_path.rglob("*"))
    try:
        usual = arguments("small", "--json", "answers.json", "--figures", "pictures")
        status = run_program(main.main, [*usual, *options])
    except SystemExit as error:
        status = error.code
    out, err = capsys.readouterr()
    assert status == 2 and out == "" and says in err and err.count("\n") == 1, err
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize("name, content, says", [
    ("toy_data.txt", b"", "toy_data.txt is empty"),
    ("toy_data.txt", b"1 2\n3\n", "toy_data.txt, line 2: 1 numbers"),
    ("toy_data.txt", b"1 2 3\n", "toy_data.txt: expected points of 2 coordinates, got 3"),
    ("netflix_incomplete.txt", b"1 2\n0 a\n", "netflix_incomplete.txt, line 2: 'a' is not a number"),
    ("netflix_incomplete.txt", b"1 2\n0 -1\n", "netflix_incomplete.txt, line 2: -1 is negative"),
    ("netflix_complete.txt", b"1 inf\n", "netflix_complete.txt, line 1: inf is not a finite number"),
    ("netflix_complete.txt", b"\x89PNG\xff", "netflix_complete.txt, line 1: not text"),
    ("netflix_complete.txt", b"1 2\n", "netflix_incomplete.txt is 12 x 8, but netflix_complete.txt is 1 x 2"),
])
def test_bad_file(name, content, says, small, tmp_path, monkeypatch, capsys):
    (small / name).write_bytes(content)
    monkeypatch.chdir(tmp_path)
    status = run_program(main.main, arguments("small", "--json", "answers.json"))
    out, err = capsys.readouterr()
    assert status == 2 and out == "" and says in err and err.count("\n") == 1, err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["small"]


def test_bad_command_in_a_process_of_its_own(tmp_path):
    done = run("main.py", "--data", "nowhere", cwd=tmp_path)
    assert done.returncode == 2 and done.stdout == "" and done.stderr.count("\n") == 1
    assert done.stderr.startswith("main.py: ")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(os.name == "nt", reason="no SIGINT to another process there")
def test_ctrl_c(tmp_path, sample_folder):
    command = [sys.executable, str(ROOT / "main.py"), "--data", str(sample_folder), "--only", "netflix",
               "--seeds", ",".join(map(str, range(1000))), "--json", "answers.json"]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            process.stdout.readline()
            process.send_signal(signal.SIGINT)
            _, err = process.communicate(timeout=600)
        finally:
            process.kill()
    assert process.returncode == 130 and err == "main.py: interrupted\n"
    assert list(tmp_path.iterdir()) == []


def test_reader_that_leaves(tmp_path, sample_folder):
    command = [sys.executable, str(ROOT / "main.py"), "--data", str(sample_folder), "--only", "toy", "--no-figures"]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        process.stdout.readline()
        process.stdout.close()
        err = process.stderr.read()
    assert err == ""


def test_figures_folder_that_may_not_be_written(small, tmp_path, monkeypatch, capsys):
    """Root may write everywhere, so the refusal is played."""
    def refused(path, flags, *more, open=os.open, **others):
        if Path(path).parent.name == "locked":
            raise PermissionError(13, "Permission denied", str(path))
        return open(path, flags, *more, **others)
    (tmp_path / "locked").mkdir()
    monkeypatch.setattr(os, "open", refused)
    status = run_program(main.main, arguments(small, "--figures", tmp_path / "locked"))
    out, err = capsys.readouterr()
    assert status == 2 and out == "" and "locked is not a folder that can be written to" in err


def test_file_system_that_fails_in_the_middle(small, tmp_path, monkeypatch, capsys):
    def full(*_):
        raise OSError(28, "No space left on device", "answers.json")

    monkeypatch.setattr(main, "write_json", full)
    status = run_program(main.main, arguments(small, "--no-figures", "--json", tmp_path / "answers.json"))
    assert status == 2 and capsys.readouterr().err.endswith(": answers.json: No space left on device\n")


def test_json_beside_the_figures(small, tmp_path):
    both = "--figures", tmp_path / "new", "--json", tmp_path / "new" / "a.json"
    assert main.main(arguments(small, "--only", "netflix", "--netflix-ks", "1", *both)) == 0
    assert json.loads((tmp_path / "new" / "a.json").read_text())


@pytest.mark.parametrize("off, mark", [(0.9e-4, "ok"), (-0.9e-4, "ok"), (1.1e-4, "DIFFERS"), (-1.1e-4, "DIFFERS")])
def test_marks_of_the_answer_sheet(off, mark, capsys):
    sheet = main.Sheet(published=True)
    sheet.answer("K = 1", 5462.2975 + off, 5462.2975)
    assert mark in capsys.readouterr().out
    assert sheet.close() == (mark == "DIFFERS")


def test_tolerance_of_the_rmse(small, monkeypatch, capsys):
    X, complete = data.netflix(data.find(data.NETFLIX, small))
    mixture, _, _ = em.run(X, *common.init(X, 3, 0))
    true = plain_loops.rmse(complete, em.fill_matrix(X, mixture))
    for off, status in ((0.9e-12, 0), (2e-12, 1)):
        monkeypatch.setattr(course, "NETFLIX_RMSE", {3: true + off})
        sheet = main.Sheet(published=True)
        tab8.print_answers(main.netflix(X, complete, [3], [0], lambda K, run: None), sheet)
        assert sheet.close() == status


def test_picture_of_the_toy_data_is_numbered_from_left_to_right(small):
    X = data.toy(data.find(data.TOY, small))
    (hard,), (soft,) = sweep(main.kmeans.run, X, 4, [0]), sweep(main.naive_em.run, X, 4, [0])
    for ax, run_ in zip(drawings.draw_toy(X, hard, soft).axes, (hard, soft), strict=True):
        left = [float(label.xy[0]) for label in ax.texts]
        assert left == sorted(left) == sorted(run_.mixture.mu[:, 0])


# Files written whole or not at all


def test_a_file_is_written_whole_or_not_at_all(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    path = tmp_path / "a.json"
    write_json(path, {"a": 1})
    with pytest.raises(ValueError):
        write_json(path, {"a": float("nan")})
    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(OSError, match="No space left") as error:
        write_file(path, b"half")
    assert error.value.filename == str(path)
    assert json.loads(path.read_text()) == {"a": 1} and [file.name for file in tmp_path.iterdir()] == ["a.json"]


def test_a_link_is_followed_and_a_device_refused(tmp_path):
    (tmp_path / "real.json").write_text("{}")
    (tmp_path / "link.json").symlink_to(tmp_path / "real.json")
    write_json(tmp_path / "link.json", [1])
    assert (tmp_path / "link.json").is_symlink() and json.loads((tmp_path / "real.json").read_text()) == [1]
    with pytest.raises(data.InputError, match="is a device, not a file that can be written"):
        write_json(os.devnull, [1])
