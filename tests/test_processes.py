"""Work in several processes: order, errors, and nothing left behind."""

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from console import processes
from console.processes import in_processes, memory_beyond

ROOT = Path(__file__).parent.parent


def nobody_is_left():
    return not multiprocessing.active_children()


@pytest.mark.parametrize("count", [1, 2, 5])
def test_values_come_in_the_items_order(count):
    def square(x):
        time.sleep(0.02 * (3 - x))  # the first takes longest
        return x * x

    assert list(in_processes(square, iter(range(4)), count)) == [0, 1, 4, 9]
    assert list(in_processes(square, [], count)) == []
    assert nobody_is_left()


@pytest.mark.skipif(sys.platform != "linux", reason="processes are forked on Linux only")
def test_large_values_come_whole_from_processes_of_their_own():
    values = list(in_processes(lambda x: (os.getpid(), bytes([x]) * 10**6), [1, 2, 3], 2))
    assert [value for _, value in values] == [bytes([x]) * 10**6 for x in (1, 2, 3)]
    assert len({os.getpid(), *(process for process, _ in values)}) == 4


@pytest.mark.parametrize("error", [ValueError("no"), KeyboardInterrupt()])
@pytest.mark.parametrize("count", [1, 2])
def test_errors_are_raised_in_their_turn_and_end_the_rest(count, error):
    def work(x):
        if x == 1:
            raise error
        if x > 1 and count > 1:
            time.sleep(600)

    done = in_processes(work, range(5), count)
    assert next(done) is None
    with pytest.raises(type(error)):
        next(done)
    assert nobody_is_left()


def test_whoever_has_seen_enough_leaves_no_process():
    done = in_processes(lambda x: time.sleep(600 * x), [0, 1], 2)
    next(done)
    done.close()
    assert nobody_is_left()


@pytest.mark.skipif(sys.platform != "linux", reason="processes are forked on Linux only")
def test_a_process_that_is_killed_is_told():
    with pytest.raises(RuntimeError, match="without a result, with exit code -9"):
        list(in_processes(lambda x: os.kill(os.getpid(), signal.SIGKILL), [0], 2))


@pytest.mark.skipif(sys.platform != "linux", reason="processes are forked on Linux only")
def test_processes_end_with_a_parent_that_is_killed(tmp_path):
    """Each says who it is and sleeps for ten minutes; then the parent is killed without a word."""
    program = ("import os, time; from console.processes import in_processes\n"
               "list(in_processes(lambda x: print(os.getpid(), flush=True) or time.sleep(600), range(2), 2))")
    parent = subprocess.Popen([sys.executable, "-c", program], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    children = [int(parent.stdout.readline()) for _ in range(2)]
    parent.kill()
    parent.communicate(timeout=600)  # ends when nobody holds the pipe any more
    for child in children:
        with pytest.raises(ProcessLookupError):
            for _ in range(600):
                os.kill(child, 0)
                time.sleep(0.1)


@pytest.mark.parametrize("by_the_system", [True, False])
def test_memory_is_what_was_taken_beyond_what_was_there(by_the_system, monkeypatch):
    """64 MB that are held before and while it is measured do not count, nor do 64 MB that were let go before."""
    if by_the_system and sys.platform != "linux":
        pytest.skip("only Linux forgets a peak")
    if not by_the_system:
        monkeypatch.setattr(processes, "_peak_forgotten", lambda: False)
    before, gone = np.ones(8 * 10**6), np.ones(8 * 10**6)
    del gone
    with memory_beyond() as most:
        np.ones(4 * 10**6).sum()
        np.ones(2 * 10**6).sum()
        assert 0.9 * 32e6 < most() < 1.3 * 32e6
    assert before.all()
