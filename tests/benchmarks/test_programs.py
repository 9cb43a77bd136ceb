"""The benchmarks: what they tell of planted times and sizes, processes that leave nothing behind, arguments."""

import contextlib
import os
import signal
import subprocess
import sys
from multiprocessing import active_children
from pathlib import Path

import numpy as np
import pytest

import common
import data
import em
from benchmarks import complete, growth, peers, processes, reading, timing
from benchmarks import em as em_benchmark
from checker.evidence import Exchange, Judged, judge
from checker.formulas import Mixture
from checker.isolated import Answer
from checker.stages import netflix_stages
from console import run_program
from recommender.formats import read

ROOT = Path(em.__file__).resolve().parent
PROGRAMS = {"em": em_benchmark, "complete": complete, "growth": growth, "peers": peers, "reading": reading}


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """A folder with small files of ratings, of the course's names."""
    random, folder = np.random.RandomState(0), tmp_path_factory.mktemp("small")
    complete = random.randint(1, 6, (60, 20))
    np.savetxt(folder / data.NETFLIX[0], complete * (random.uniform(size=complete.shape) < 0.7), "%d")
    np.savetxt(folder / data.NETFLIX[1], complete, "%d")
    return folder


def status_of(program, *arguments):
    try:
        return run_program(PROGRAMS[program].main, list(map(str, arguments)))
    except SystemExit as stopped:
        return stopped.code or 0


# What is told of times and sizes


def test_functions_are_called_in_turn():
    calls = []
    times = timing.in_turn([lambda: calls.append("a"), lambda: calls.append("b")], 3)
    assert "".join(calls) == "ab" * 4 and [len(each) for each in times] == [3, 3]


def test_what_is_measured_is_told_by_function_without_the_first_round():
    told = iter(range(100))
    assert timing.in_turn("ab", 3, lambda _: next(told)) == [(2, 4, 6), (3, 5, 7)]


def test_a_round_is_measured_even_where_time_is_over(monkeypatch):
    monkeypatch.setattr(timing, "PATIENCE", -1.0)
    assert timing.in_turn("ab", 3, lambda function: function) == [("a",), ("b",)]


def test_each_iteration_but_the_first_is_timed(monkeypatch):
    wall, cpu = iter([9, 10, 11, 14, 20]), iter([1, 2, 4, 8, 16])
    monkeypatch.setattr(timing.time, "perf_counter", lambda: next(wall))
    monkeypatch.setattr(timing.time, "process_time", lambda: next(cpu))
    times = timing.each_iteration(lambda callback: [callback("anything") for _ in range(9)], 4)
    np.testing.assert_array_equal(times, [[1, 1], [1, 2], [3, 4], [6, 8]])


def test_a_run_may_end_early():
    assert len(timing.each_iteration(lambda callback: [callback() for _ in range(3)], 9)) == 2


def test_ratios_are_taken_pair_by_pair():
    others = np.array([1.0, 10, 100, 1000, 10000])  # a machine that drifts
    assert timing.ratios(others * [1, 5, 2, 4, 3], others) == (3, 2, 4)
    assert timing.ratios([3.0], [2.0]) == (1.5, 1.5, 1.5)


@pytest.mark.parametrize("exponent", [-0.5, 0, 1, 2])
def test_slope_of_a_power_law(exponent):
    sizes = np.array([3, 6, 12, 24.0])
    assert timing.slope(sizes, 7 * sizes**exponent) == pytest.approx(exponent, abs=1e-9)
    wobble = np.exp([0.1, -0.1, -0.1, 0.1])  # orthogonal to a line
    assert timing.slope(sizes, 7 * sizes**exponent * wobble) == pytest.approx(exponent, abs=1e-9)


def test_peak_memory_is_that_of_the_call():
    kept = np.ones(10**6)
    assert timing.peak_bytes(lambda: [np.ones(10**6) for _ in range(3)]) == pytest.approx(24e6, rel=0.01)
    assert timing.peak_bytes(lambda: None) < 1e5 and kept.size


def test_numbers_keep_three_digits():
    assert list(map(timing.short, (1.0, 2.116, 0.03456, 211.4, 12345.0))) == ["1", "2.12", "0.0346", "211", "12300"]


def test_tables_are_markdown(capsys):
    table = timing.Table("what", "seconds", first=8)
    table.row("a", 1.2345)
    head, rule, row = capsys.readouterr().out.splitlines()
    assert (head, rule, row) == ("| what     | seconds |", "|---|---|", "| a        |    1.23 |")


# Processes


def environment(name):
    return os.environ[name], os.getpid()


def test_a_fresh_process_has_the_threads_that_it_is_told(monkeypatch):
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "5")
    monkeypatch.delenv("MKL_NUM_THREADS", raising=False)
    threads, process = processes.in_process(3, environment, "OPENBLAS_NUM_THREADS")
    assert threads == "3" and process != os.getpid()
    assert os.environ["OPENBLAS_NUM_THREADS"] == "5" and "MKL_NUM_THREADS" not in os.environ


def test_what_a_fresh_process_raises_is_raised_here():
    with pytest.raises(KeyError, match="NO_SUCH_NAME"):
        processes.in_process(1, environment, "NO_SUCH_NAME")
    with pytest.raises(RuntimeError, match="terminated abruptly"):
        processes.in_process(1, os._exit, 1)


def test_busy_processes_are_gone_afterwards():
    with processes.busy(2):
        assert len(active_children()) == 2
    assert not active_children()
    with pytest.raises(KeyboardInterrupt), processes.busy(2):
        raise KeyboardInterrupt
    assert not active_children()


def test_busy_processes_are_gone_when_their_parent_was_killed():
    """They hold its standard output, too, which ends only when all of them are gone."""
    code = "from benchmarks.processes import busy\nwith busy(2):\n    print('started', flush=True)\n    input()"
    command = [sys.executable, "-c", code]
    streams = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(command, cwd=ROOT, start_new_session=True, **streams) as parent:
        try:
            assert parent.stdout.readline() == b"started\n"
            parent.kill()
            assert parent.communicate(timeout=600)[0] == b""
        finally:  # where they are not, no test is to leave them behind
            with contextlib.suppress(ProcessLookupError, AttributeError):
                os.killpg(parent.pid, signal.SIGKILL)


# The programs


@pytest.mark.parametrize("program", PROGRAMS)
def test_help(program, capsys):
    assert status_of(program, "--help") == 0
    assert PROGRAMS[program].__doc__.split("\n")[0].split(",")[0] in " ".join(capsys.readouterr().out.split())


BAD_COMMANDS = [
    ("em", ["--repeat", "0"], "--repeat: expected a whole number from 1 to 1000, got '0'"),
    ("em", ["--busy", "-1"], "--busy"),
    ("em", ["--data", "nowhere"], "nowhere does not exist"),
    ("complete", ["--repeat", "x"], "--repeat: expected a whole number from 1 to 1000, got 'x'"),
    ("growth", ["--repeat", "1.5"], "--repeat: expected a whole number from 1 to 1000, got '1.5'"),
    ("reading", ["--ratings", "0"], "--ratings: expected a whole number from 1 to 1000000000, got '0'"),
    ("peers", [], "FOLDER"),
    ("peers", ["nowhere"], "nowhere does not exist; expected a folder with an em.py"),
    ("peers", [ROOT, "nowhere"], "nowhere does not exist; expected a folder with an em.py"),
    ("peers", [ROOT / "docs"], "docs has no em.py"),
    ("peers", [ROOT, "--timeout", "0"], "--timeout: expected a whole number from 1 to 100000, got '0'"),
    ("peers", [ROOT, "--data", "nowhere"], "nowhere does not exist"),
]


@pytest.mark.parametrize("program, arguments, says", BAD_COMMANDS)
def test_bad_commands(program, arguments, says, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert status_of(program, *arguments) == 2
    out, err = capsys.readouterr()
    assert out == "" and says in err and err.count("\n") == 1, err


@pytest.mark.parametrize("program, more", [("em", []), ("peers", [ROOT])])
def test_too_few_users(program, more, tmp_path, capsys):
    for name in data.NETFLIX:
        (tmp_path / name).write_text("1 2\n3 4\n")
    assert status_of(program, *more, "--data", tmp_path) == 2
    out, err = capsys.readouterr()
    assert out == "" and "expected at least 12 users for K = 12, got 2" in err and err.count("\n") == 1


def test_every_layout_does_the_same_four_products(small):
    X = em_benchmark.matrix(data.find(data.NETFLIX, small))
    mixture, _, _ = em.run(X, *common.init(X, em_benchmark.K, 1))
    post, _ = em.estep(X, mixture)
    mask = (X != 0).astype(float)
    distance = mask @ (mixture.mu**2).T - 2 * X @ mixture.mu.T  # of the E-step, but for what no mean changes
    for layout, products in em_benchmark.layouts(X, mixture).items():
        parts = products()
        if len(parts) == 4:
            shapes = post.shape, mixture.mu.shape
            first, second, total, support = (part if part.shape in shapes else part.T for part in parts)
            got = second - 2 * first, total, support
        else:
            stacked, sums = parts
            got = stacked.T, sums[:, : X.shape[1]], sums[:, X.shape[1] :]
        for part, expected in zip(got, (distance, post.T @ X, post.T @ mask), strict=True):
            np.testing.assert_allclose(part, expected, rtol=1e-9, atol=1e-9, err_msg=layout)


def test_em_prints_a_column_a_condition(small, capsys):
    """The loops are quick on small data; main.py is tried in its own tests."""
    assert status_of("em", "--data", small, "--repeat", 1, "--busy", 0, "--no-main") == 0
    rows = [line.split("|") for line in capsys.readouterr().out.splitlines() if line.startswith("|")]
    titles = [row[1].strip() for row in rows]
    assert len({len(row) for row in rows}) == 1
    assert {"`em.run`, set-up included", "`em.run` takes ... x the yardstick"} < set(titles)
    for column in range(2, len(rows[0]) - 1):
        assert sum("**" in row[column] for row in rows) == 1  # its yardstick


def test_growth_measures_every_size():
    axis, base = growth.Axis("n", (40, 80), "1", "1"), growth.Case(d=30, K=2, known=0.5)
    for stored in (np.asarray, growth.csr_array):
        seconds, memory = growth.measure(axis, base, stored, 1)
        assert len(seconds) == len(memory) == 2 and 0 < memory[0] < memory[1]


def test_reading_prints_a_row_for_every_way(tmp_path, capsys):
    assert status_of("reading", "--ratings", 3000) == 0
    rows = [line.split("|") for line in capsys.readouterr().out.splitlines() if line.startswith("|")][2:]
    assert [row[1].strip() for row in rows] == ["`wc -l`", "`formats.chunks`", "`formats.read`", "`convert`",
                                                "`formats.read`, text", "`numpy.loadtxt`"]
    assert all(float(row[2]) > 0 for row in rows) and [bool(row[6].strip()) for row in rows] == [0, 1, 1, 1, 1, 0]


def test_the_ratings_that_are_read_are_those_written(tmp_path):
    reading.write_ratings(tmp_path / "ratings.csv", 1000)
    found, rows = read(tmp_path / "ratings.csv"), np.loadtxt(tmp_path / "ratings.csv", delimiter=",", skiprows=1)
    assert rows.shape == (1000, 4) and found.X.nnz == len(np.unique(rows[:, :2], axis=0))
    assert found.scale == (0.5, 5, 0.5)


# Peers


def test_peers(small, tmp_path, capsys):
    """Solutions made of this project's em.py: right, wrong, and one that cannot be imported."""
    ours = (ROOT / "em.py").read_text()
    wrong = ours.replace("moved = support >= ENOUGH", "moved = support >= 0")
    for name, content in (("right", ours), ("wrong", wrong), ("broken", "import nowhere_at_all\n"), ("empty", "")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "em.py").write_text(content)
    assert wrong != ours
    folders = [tmp_path / name for name in ("right", "wrong", "broken", "empty")]
    assert status_of("peers", *folders, "--data", small, "--repeat", 1) == 0
    rows = [line.split("|") for line in capsys.readouterr().out.splitlines() if line.startswith("|")][2:]
    assert [row[1].strip() for row in rows] == list(map(str, folders))
    said = [row[4].strip() for row in rows]
    assert said[0].startswith("right") and said[1].startswith("LL: expected")
    assert "No module named 'nowhere_at_all'" in said[2] and said[3] == "em.py has no function run"


def test_what_the_call_takes_is_taken_off(small):
    stages = netflix_stages(data.find(data.NETFLIX, small), lambda: 0.0).stages
    stage = next(stage for stage in stages if stage.step.name == "em.run")
    X, mixture, post = stage.cases[0].arguments
    right = em.run(X, mixture, post)
    right = (Mixture(*right[0]), *right[1:])

    def planted(*seconds):
        """Answers that take these seconds."""
        answers = (Answer("ok", taken, right) for taken in seconds)
        return (judge(Judged(stage, stage.cases[0], Exchange(), answer)) for answer in answers).__next__

    row = peers.timed(planted(9, 9, 4.1, 8.2), planted(9, 2.1, 2.2), planted(9, 0.1, 0.2), 2, 1000)
    assert row.answer == "right" and row.seconds == pytest.approx(6) and row.beside == pytest.approx((3, 2.5, 3.5))
