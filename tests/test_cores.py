"""Work side by side: in order, whole or dropped, and nothing left running."""

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from console import cores
from console.cores import Background, one_blas_thread, side_by_side


def test_results_come_in_the_order_of_the_values_whoever_is_done_first(monkeypatch):
    monkeypatch.setattr(cores, "cores", lambda: 2)
    second_is_done = threading.Event()

    def work(value):
        if value == 0:
            assert second_is_done.wait(600)  # side by side, or never
        else:
            second_is_done.set()
        return value, threading.get_ident()

    values, threads = zip(*side_by_side(work, range(20)), strict=True)
    assert values == tuple(range(20)) and threading.get_ident() not in threads


def test_what_has_not_begun_when_the_caller_leaves_is_not_done(monkeypatch):
    monkeypatch.setattr(cores, "cores", lambda: 1)
    begun, go_on = [], threading.Event()

    def work(value):
        begun.append(value)
        if value == 1:
            assert go_on.wait(600)

    results = side_by_side(work, range(1000))
    next(results)
    threading.Timer(0.05, go_on.set).start()
    results.close()
    assert begun in ([0], [0, 1]) and threading.active_count() < 10


def test_errors_of_the_work_are_raised_where_its_result_is_asked_for():
    results = side_by_side(lambda value: 1 // value, [1, 0])
    assert next(results) == 1
    with pytest.raises(ZeroDivisionError):
        next(results)


def write(path, text):
    with open(path, "a") as file:
        file.write(f"{text} {os.getpid()}\n")


def fail(message):
    raise OSError(28, "No space left on device", message)


@pytest.mark.parametrize("how_many", [1, 2])
def test_background_does_all_in_order_and_elsewhere(how_many, tmp_path, monkeypatch):
    monkeypatch.setattr(cores, "cores", lambda: how_many)
    with Background() as background:
        for number in range(5):
            background.do(write, tmp_path / "done", number)
    numbers, pids = zip(*(line.split() for line in (tmp_path / "done").read_text().splitlines()), strict=True)
    assert numbers == tuple("01234") and len(set(pids)) == 1
    if how_many > 1 and sys.platform == "linux":
        with pytest.raises(ProcessLookupError):
            os.kill(int(pids[0]), 0)


ORPHAN = """
import os, time
from console import cores

def tell():
    print(os.getpid(), flush=True)

cores.cores = lambda: 2
with cores.Background() as background:
    background.do(tell)
    background.do(time.sleep, 10**6)
    time.sleep(10**6)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="nothing is forked elsewhere")
def test_the_background_ends_with_a_parent_that_is_killed():
    with subprocess.Popen([sys.executable, "-c", ORPHAN], stdout=subprocess.PIPE, text=True,
                          cwd=Path(cores.__file__).parent.parent) as process:
        try:
            worker = int(process.stdout.readline())
        finally:
            process.kill()
        assert process.communicate(timeout=600)[0] == ""  # which ends when the worker, too, has let go of it
    assert worker != process.pid


@pytest.mark.parametrize("how_many", [1, 2])
def test_errors_in_the_background_are_raised_at_its_end(how_many, monkeypatch):
    monkeypatch.setattr(cores, "cores", lambda: how_many)
    with pytest.raises(OSError, match="No space left"), Background() as background:
        background.do(fail, "a.png")


@pytest.mark.skipif(sys.platform != "linux", reason="nothing is forked elsewhere: errors are raised at once")
def test_errors_of_ours_go_before_those_of_the_background(monkeypatch):
    monkeypatch.setattr(cores, "cores", lambda: 2)
    with pytest.raises(KeyboardInterrupt), Background() as background:
        background.do(fail, "a.png")
        raise KeyboardInterrupt


@pytest.mark.parametrize("said, kept", [({}, "1"), ({"OPENBLAS_NUM_THREADS": ""}, "1"),
                                        ({"OPENBLAS_NUM_THREADS": "4"}, "4"), ({"OMP_NUM_THREADS": "4"}, "4"),
                                        ({"OMP_NUM_THREADS": "4", "OPENBLAS_NUM_THREADS": "2"}, "2")])
def test_one_blas_thread_unless_the_user_says_otherwise(said, kept, monkeypatch):
    monkeypatch.setattr(os, "environ", dict(said))
    one_blas_thread()
    assert os.environ["OPENBLAS_NUM_THREADS"] == kept
