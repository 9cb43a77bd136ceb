"""Work in several processes: order, errors, and nothing left behind."""

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from console.processes import in_processes

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
               "def work(x):\n"
               "    os.write(1, b'%d\\n' % os.getpid())  # at once: print may write a line in two parts\n"
               "    time.sleep(600)\n"
               "list(in_processes(work, range(2), 2))")
    parent = subprocess.Popen([sys.executable, "-c", program], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    children = [int(parent.stdout.readline()) for _ in range(2)]
    parent.kill()
    parent.communicate(timeout=600)  # ends when nobody holds the pipe any more
    for child in children:
        with pytest.raises(ProcessLookupError):
            for _ in range(600):
                os.kill(child, 0)
                time.sleep(0.1)


MEMORY = """
import sys
import numpy as np
from console import processes

if "counted" in sys.argv:
    processes._peak_forgotten = lambda: False
before, gone = np.ones(10**7), np.ones(10**7)
del gone
with processes.memory_beyond() as most:
    np.ones(4 * 10**6).sum()
    np.ones(6 * 10**6).sum()
    print(most())
"""


@pytest.mark.parametrize("how", ["told by the system", "counted"])
def test_memory_is_what_was_taken_beyond_what_was_there(how):
    """48 MB at a time; 80 MB that were there before and are still do not count, nor do 80 MB that had been let go."""
    if how != "counted" and sys.platform != "linux":
        pytest.skip("only Linux forgets a peak")
    done = subprocess.run([sys.executable, "-c", MEMORY, how], cwd=ROOT, capture_output=True, text=True, check=True)
    assert 0.9 * 48e6 < int(done.stdout) < 1.2 * 48e6
