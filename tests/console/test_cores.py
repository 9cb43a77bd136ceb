"""Work side by side: in order, whole or dropped, and nothing left running."""

import multiprocessing
import os
import signal
import struct
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from console import cores
from console.cores import each_in_a_process, processes, side_by_side

ROOT = Path(__file__).resolve().parents[2]
forked = pytest.mark.skipif(sys.platform != "linux", reason="processes are forked on Linux only")


def test_results_come_in_the_order_of_the_values_whoever_is_done_first():
    second_is_done = threading.Event()

    def work(value):
        if value == 0:
            assert second_is_done.wait(600)  # side by side, or never
        else:
            second_is_done.set()
        return value, threading.get_ident()

    values, threads = zip(*side_by_side(work, range(20), 2), strict=True)
    assert values == tuple(range(20)) and threading.get_ident() not in threads


def test_what_has_not_begun_when_the_caller_leaves_is_not_done():
    begun, go_on = [], threading.Event()

    def work(value):
        begun.append(value)
        if value == 1:
            assert go_on.wait(600)

    results = side_by_side(work, range(1000), 1)
    next(results)
    threading.Timer(0.05, go_on.set).start()
    results.close()
    assert begun in ([0], [0, 1]) and threading.active_count() < 10


def test_errors_of_the_work_are_raised_where_its_result_is_asked_for():
    results = side_by_side(lambda value: 1 // value, [1, 0])
    assert next(results) == 1
    with pytest.raises(ZeroDivisionError):
        next(results)


# Processes run what they can look up by name: functions of this module.


def pid_and_bytes(x, say=None):
    time.sleep(0.02 * (3 - x))  # the first takes longest
    return os.getpid(), bytes([x]) * 10**6


def fails_at_one(x, say=None):
    if x == 1:
        raise OSError(28, "No space left on device", "a.png")
    if x > 1:
        time.sleep(600)


def killed(_, say=None):
    os.kill(os.getpid(), signal.SIGKILL)


def says_until_heard(heard, say):
    """Say "a", and go on once the parent has heard it."""
    say("a")
    for number in range(1000):
        say(number)
    heard.poll(60)
    return "done"


def identity_of_first(item, say):
    return id(item[0])


def divides(x, say):
    return 1 // x


@pytest.mark.parametrize("count", [1, 2, 5])
def test_values_come_whole_and_in_order_from_other_processes(count):
    with processes(count) as pool:
        values = list(pool.map(pid_and_bytes, range(4)))
    assert [value for _, value in values] == [bytes([x]) * 10**6 for x in range(4)]
    assert os.getpid() not in dict(values) and not multiprocessing.active_children()


def test_an_error_is_raised_and_ends_the_rest():
    with pytest.raises(OSError, match="No space left"), processes(2) as pool:
        list(pool.map(fails_at_one, range(5)))
    assert not multiprocessing.active_children()


@pytest.mark.parametrize("error", [KeyboardInterrupt, GeneratorExit])
def test_whoever_leaves_early_leaves_no_process(error):
    with pytest.raises(error), processes(2) as pool:
        pool.submit(time.sleep, 600)
        raise error
    assert not multiprocessing.active_children()


def test_each_item_has_a_process_of_its_own():
    values = list(each_in_a_process(pid_and_bytes, range(4)))
    assert [value for _, value in values] == [bytes([x]) * 10**6 for x in range(4)]
    assert len({os.getpid(), *(pid for pid, _ in values)}) == 5


def test_what_processes_say_is_heard_while_they_run(monkeypatch):
    """Each of two items waits until its own first words were heard. The thousand that follow at once are dropped."""
    monkeypatch.setattr(cores, "cores", lambda: 1)
    pipes, heard = [multiprocessing.Pipe(duplex=False) for _ in range(2)], []

    def hear(said, left):
        heard.append((dict(said), left))
        for number, value in said.items():
            if value == "a":
                pipes[number][1].send("go on")

    assert list(cores.each_in_a_process(says_until_heard, [ours for ours, _ in pipes], hear)) == ["done", "done"]
    assert heard == [({0: "a"}, 1), ({}, 1), ({1: "a"}, 0), ({}, 0)]


@forked
def test_items_are_not_copied():
    item = [np.zeros(10**6)]
    assert list(each_in_a_process(identity_of_first, [item])) == [id(item[0])]


def test_an_error_keeps_its_traceback():
    with pytest.raises(ZeroDivisionError) as raised:
        list(each_in_a_process(divides, [1, 0]))
    assert "return 1 // x" in str(raised.value.__cause__)


@pytest.mark.parametrize("leave", ["close", "an error"])
def test_whoever_has_seen_enough_of_them_leaves_no_process(leave):
    done = each_in_a_process(fails_at_one, range(5))
    assert next(done) is None
    if leave == "close":
        done.close()
    else:
        with pytest.raises(OSError, match="No space left"):
            next(done)
    for _ in range(600):
        if not multiprocessing.active_children():
            return
        time.sleep(0.1)
    raise AssertionError("a process is left")


@forked
@forked
def test_a_process_that_is_killed_while_it_sends_is_told():
    ours, theirs = multiprocessing.Pipe(duplex=False)
    os.write(theirs.fileno(), struct.pack("!i", 100) + b"the first of 100 bytes")
    theirs.close()
    ended, failed = cores._received(ours)
    assert ended and "a process was killed" in str(failed.error)


def test_a_process_that_is_killed_is_told():
    with pytest.raises(RuntimeError, match="a process was killed"), processes(1) as pool:
        list(pool.map(killed, [0]))
    with pytest.raises(RuntimeError, match="a process was killed"):
        list(each_in_a_process(killed, [0]))


@forked
def test_processes_end_with_a_parent_that_is_killed():
    """Each says who it is and sleeps for ten minutes; then the parent is killed without a word."""
    program = ("import os, time; from console.cores import processes\n"
               "def work(x):\n"
               "    os.write(1, b'%d\\n' % os.getpid())  # at once: print may write a line in two parts\n"
               "    time.sleep(600)\n"
               "with processes(2) as pool:\n"
               "    list(pool.map(work, range(2)))")
    parent = subprocess.Popen([sys.executable, "-c", program], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    children = [int(parent.stdout.readline()) for _ in range(2)]
    parent.kill()
    parent.communicate(timeout=600)  # ends when nobody holds the pipe any more
    for child in children:
        with pytest.raises(ProcessLookupError):
            for _ in range(600):
                os.kill(child, 0)
                time.sleep(0.1)
