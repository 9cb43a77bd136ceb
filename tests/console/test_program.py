"""Programs that are interrupted, and streams that are closed or full."""

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager

import pytest

from console import (
    run_program,
)
from tests.console.cases import ROOT

# Interrupted


@contextmanager
def python(code, **options):
    """Yield a process that runs the code; it does not outlive the context."""
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen([sys.executable, "-c", code], env=environ, text=True, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options) as process:
        try:
            yield process
        finally:
            process.kill()


RUNNING = """
import os, sys, tempfile, time
from console import run_program
from console.cores import processes, side_by_side

def alone():
    print("ready", flush=True)
    time.sleep(600)

def in_processes():
    with processes(2) as pool:
        list(pool.map(sleep_there, range(4)))

def sleep_there(number):
    os.write(1, b"ready\\n" if number == 1 else b"")
    time.sleep(600)

def beside_threads():
    for _ in side_by_side(time.sleep, [0, 2]):
        print("ready", flush=True)

def main(argv):
    with tempfile.TemporaryDirectory(dir="."):
        return globals()[argv[0]]()

sys.exit(run_program(main, [{case!r}]))
"""


@pytest.mark.parametrize("case", ["alone", "in_processes", "beside_threads"])
@pytest.mark.parametrize("number, word", [(signal.SIGINT, "interrupted"), (signal.SIGTERM, "terminated")])
def test_an_interrupt_ends_in_one_line_and_leaves_nothing(case, number, word, tmp_path):
    """The pipes are at their end only when no process that has them is left."""
    with python(RUNNING.format(case=case), cwd=tmp_path) as process:
        assert process.stdout.readline() == "ready\n"
        process.send_signal(number)
        assert process.communicate(timeout=600) == ("", f"-c: {word}\n") and process.returncode == 128 + number
    assert list(tmp_path.iterdir()) == []


def test_the_way_with_sigterm_is_given_back(capsys):
    before = signal.getsignal(signal.SIGTERM)

    def stopped(argv):
        signal.raise_signal(signal.SIGTERM)

    assert run_program(stopped) == 143 and capsys.readouterr().err.endswith(": terminated\n")
    assert signal.getsignal(signal.SIGTERM) == before


def test_a_check_that_is_terminated_leaves_nothing(tmp_path, sample_folder):
    """Neither its temporary folder nor the process in which the solution runs."""
    theirs, temporary = tmp_path / "theirs", tmp_path / "temporary"
    theirs.mkdir()
    temporary.mkdir()
    (theirs / "em.py").write_text("import os, time\nopen('started', 'w').write(str(os.getpid()))\ntime.sleep(600)\n")
    command = [sys.executable, ROOT / "test.py", theirs, "--data", sample_folder, "--no-netflix"]
    with subprocess.Popen(command, env={**os.environ, "TMPDIR": str(temporary)}, stdout=subprocess.DEVNULL,
                          stderr=subprocess.PIPE, text=True) as process:
        try:
            limit = time.monotonic() + 600
            while not (started := [path for path in temporary.rglob("started") if path.read_text()]):
                assert time.monotonic() < limit and process.poll() is None
                time.sleep(0.01)
            child = int(started[0].read_text())
            process.terminate()
            assert process.communicate(timeout=600)[1] == "test.py: terminated\n" and process.returncode == 143
        finally:
            process.kill()
    assert list(temporary.iterdir()) == []
    with pytest.raises(ProcessLookupError):
        os.kill(child, 0)


# Streams, and what is shown on them


def shell(command, cwd, *arguments):
    return subprocess.run(["sh", "-c", f'exec "$@" {command}', "sh", sys.executable, *map(str, arguments)], cwd=cwd,
                          capture_output=True, text=True, timeout=600,
                          env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": ""})


def test_a_check_with_closed_streams(tmp_path, sample_folder):
    shell(">&- 2>&-", tmp_path, ROOT / "test.py", "--no-netflix", "--json", "a.json", "--data", sample_folder)
    assert json.loads((tmp_path / "a.json").read_text())["passed"] is True


TALKING = """
import sys
from console import run_program, write_json

def main(argv):
    print("said", sys.stdin.read(), flush=True)
    print("told", file=sys.stderr, flush=True)
    write_json("a.json", [sys.stdin.fileno(), sys.stdout.fileno(), sys.stderr.fileno()])
    return 7

sys.exit(run_program(main))
"""


@pytest.mark.parametrize("closed, out, err", [
    ("<&-", "said \n", "told\n"), (">&-", "", "told\n"), ("2>&-", "said \n", ""), ("<&- >&- 2>&-", "", ""),
])
def test_closed_streams_are_like_ones_to_nowhere(closed, out, err, tmp_path):
    done = shell(f"< /dev/null {closed}", tmp_path, "-c", TALKING)
    assert (done.returncode, done.stdout, done.stderr) == (7, out, err)
    assert json.loads((tmp_path / "a.json").read_text()) == [0, 1, 2]  # no file of ours has got the number of a stream


FULL = """
import resource, sys
from console import run_program, write_json
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))
sys.exit(run_program(lambda argv: write_json("answers.json", list(range(1000)))))
"""


def test_a_full_disk_is_told_with_the_name_of_the_file(tmp_path):
    with python(FULL, cwd=tmp_path) as process:
        _, err = process.communicate(timeout=600)
    assert process.returncode == 2 and err == f"-c: {tmp_path.resolve()}/answers.json: File too large\n"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full here")
@pytest.mark.parametrize("flush, error, said", [
    (True, "None", "standard output: No space left on device"),
    (False, "None", "standard output: No space left on device"),
    (False, "InputError('bad')", "bad"),
])
def test_a_full_standard_output_is_told(flush, error, said, tmp_path):
    done = shell("> /dev/full", tmp_path, "-c", f"""
import sys
from console import InputError, run_program

def main(argv):
    print("x" * 1000, flush={flush})
    if {error}:
        raise {error}

sys.exit(run_program(main))
""")
    assert done.returncode == 2 and done.stderr == f"-c: {said}\n"
