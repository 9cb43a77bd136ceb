"""Solutions that do not behave: each becomes one clear line, the other stages still run, nothing is disturbed."""

import os
import time
from pathlib import Path

import numpy as np
import pytest

from checker import child, stages
from checker.check import Plan, check
from checker.isolated import Isolated
from checker.solution import open_solution
from data import TEST_CASE, InputError, Source, sample
from tests.checker_solutions import BROADCAST as RIGHT

@pytest.fixture(scope="module")
def plan():
    """A few stages: what is proved here does not depend on which."""
    source = Source({name: sample.content(name) for name in TEST_CASE}, "sample", False, "")
    wanted = {"em.estep: test case", "em.estep: unequal weights", "em.mstep: test case", "em.fill_matrix: test case"}
    return Plan([stage for stage in stages.em_stages(source) if stage.name in wanted])


def solution(folder, text, **more):
    (folder / "em.py").write_text(text, encoding="utf-8")
    for module, content in more.items():
        (folder / f"{module}.py").write_text(content, encoding="utf-8")
    return open_solution(folder)


def results_of(folder, text, plan, **more):
    return {result.name: result for result in check(solution(folder, text, **more), plan)}


def in_estep(code):
    """Return the right solution whose estep begins, in line 11, with `code`."""
    return RIGHT.replace("def estep(X, mixture):\n", f"def estep(X, mixture):\n    {code}\n")


# Of each: how estep begins, the status of its first stage, and what the line says.
IN_ESTEP = {
    "endless loop": ("while True: pass", "timeout", "did not end within 2 s"),
    "sys.exit": ("import sys; sys.exit('bye')", "error", "ends the program with sys.exit (em.py, line 11"),
    "os._exit": ("import os; os._exit(3)", "error", "ended the whole process (exit status 3)"),
    "exit status 0": ("import os; os._exit(0)", "error", "ended the whole process (exit status 0)"),
    "exception": ("X[0, 99]", "error", "raises IndexError: index 99 is out of bounds for axis 1 with size 5 (em.py, line 11: X[0, 99]"),
    "message that cannot be made": ("class E(Exception): __str__ = lambda self: 1 / 0\n    raise E", "error", "raises E (em.py, line 12"),
    "keyboard interrupt": ("raise KeyboardInterrupt", "error", "raises KeyboardInterrupt"),
    "endless recursion": ("return estep(X, mixture)", "error", "RecursionError"),
    "not written": ("raise NotImplementedError", "error", "estep is still to be written"),
    "waits for input": ("input('K? ')", "error", "waits for somebody to type"),
    "reads a file": ("np.loadtxt('netflix_incomplete.txt')", "error", "netflix_incomplete.txt not found"),
    "returns text": ("return 'done'", "fail", "returns str"),
    "returns nothing": ("return", "fail", "returns nothing (None); expected 2 values: post, LL"),
    "returns objects": ("return np.array([None]), 1", "fail", "an array of object where post was expected"),
    "returns rows": ("return [[1.0, 2.0]] * 20", "fail", "returns a list (make it a NumPy array: np.array(...)); expected"),
    "returns many values": ("return (X,) * 20", "fail", "returns a tuple of 20; expected"),
    "returns a list of values": ("return [X, 1, mixture]", "fail", "returns a list of 3; expected"),
    "returns names": ("return {'post': 1, 'll': 2}", "fail", "returns dict"),
    "closes every descriptor": ("import os; os.closerange(3, 64)", "error", "ended the whole process"),
}


@pytest.mark.parametrize("name", IN_ESTEP)
def test_misbehaving_estep(name, plan, tmp_path):
    code, status, said = IN_ESTEP[name]
    results = results_of(tmp_path, in_estep(code), plan._replace(timeout=2.0) if status == "timeout" else plan)
    first = results["em.estep: test case"]
    assert first.status == status and said in first.detail, first
    assert "\n" not in first.detail
    assert results["em.mstep: test case"].status == results["em.fill_matrix: test case"].status == "pass"
    second = results["em.estep: unequal weights"].status
    assert second == ("skipped" if status == "timeout" or "process" in first.detail or "to be written" in first.detail else status)


# Of each: what is done on import, and whenever estep begins, and changes nothing.
HARMLESS = {
    "huge output": "[print('x' * 10**6) for _ in range(20)]",
    "output on stderr": "import sys; sys.stderr.write('x' * 10**6)",
    "output past sys.stdout": "import os; os.write(1, b'y' * 10**6)",
    "closes stdout": "import sys; print('so far'); sys.stdout.close()",
    "closes descriptor 1": "import os; os.close(1)",
    "no stdout at all": "import sys; sys.stdout.write('so far'); sys.stdout = None",
    "shows a figure": "import matplotlib.pyplot as plt; plt.figure(); plt.show()",
    "changes the folder": "import os; open('em.py').close(); os.chdir('/')",
    "sets the random state": "np.random.seed(1)",
    "makes warnings errors": "import warnings; warnings.simplefilter('error')",
    "makes NumPy strict": "np.seterr(divide='raise', invalid='raise')",
    "starts a thread": "import threading, time; threading.Thread(target=time.sleep, args=(60,)).start()",
    "starts a process": "import subprocess, sys; subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])",
}


@pytest.mark.parametrize("name", HARMLESS)
def test_harmless_noise(name, plan, tmp_path, capfd):
    on_import_too = in_estep(HARMLESS[name]).replace("\n\n\n", f"\n\n{HARMLESS[name]}\n", 1)
    results = results_of(tmp_path, on_import_too, plan)
    assert [result for result in results.values() if result.name.startswith("em") and result.status != "pass"] == []
    assert capfd.readouterr() == ("", "")


ON_IMPORT = {
    "raises": ("raise ValueError('no data')", "error", "importing em.py raises ValueError: no data (em.py, line 1: raise"),
    "sys.exit": ("import sys; sys.exit()", "error", "importing em.py ends the program with sys.exit (em.py, line 1"),
    "os._exit": ("import os; os._exit(1)", "error", "importing em.py ended the whole process (exit status 1)"),
    "endless loop": ("while True: pass", "timeout", "importing em.py did not end within 2 s"),
    "syntax": ("def estep(X, mixture)\n    pass", "error", "SyntaxError"),
    "indentation": ("def estep(X, mixture):\npass", "error", "IndentationError"),
    "missing package": ("import no_such_package.part", "error", "needs no_such_package, which is neither installed here nor"),
    "missing module of theirs": ("from kmeans import run", "error", "needs kmeans, which is neither"),
    "missing name": ("from common import Mixture", "error", "cannot import name 'Mixture' from 'common'"),
    "relative import": ("from .common import GaussianMixture", "error", "attempted relative import with no known parent package"),
    "reads a file": ("import numpy\nX = numpy.loadtxt('toy_data.txt')", "error", "toy_data.txt"),
    "not Python": ("\0\1", "error", "importing em.py"),
}


@pytest.mark.parametrize("name", ON_IMPORT)
def test_import_that_fails(name, plan, tmp_path):
    code, status, said = ON_IMPORT[name]
    results = results_of(tmp_path, f"{code}\n{RIGHT}", plan._replace(timeout=2.0) if status == "timeout" else plan)
    first = results["em: import"]
    assert first.status == status and said in first.detail and "\n" not in first.detail, first
    assert results["em.estep: test case"].status == "skipped"


def test_a_relative_import_is_explained(plan, tmp_path):
    first = results_of(tmp_path, "from .common import GaussianMixture\n" + RIGHT, plan)["em: import"]
    assert first.diagnosis == "The course's modules are not a package: write from common import GaussianMixture."


def test_a_file_read_on_import_is_explained(plan, tmp_path):
    code = "import numpy\nX = numpy.loadtxt('toy_data.txt')\n"
    first = results_of(tmp_path, code + RIGHT, plan)["em: import"]
    assert "is read at import" in first.diagnosis and "(em.py, line 2: X = numpy" in first.detail
    (tmp_path / "toy_data.txt").write_text("1 2\n")
    assert results_of(tmp_path, code + RIGHT, plan)["em.estep: test case"].status == "pass"  # where it lies beside em.py, it is found


def test_common_of_theirs_wins_and_its_faults_are_theirs(plan, tmp_path):
    results = results_of(tmp_path, RIGHT, plan, common="raise OSError('broken')")
    assert results["em: import"].status == "error" and "(common.py, line 1" in results["em: import"].detail


def test_mixture_of_other_fields(plan, tmp_path):
    text = RIGHT.replace("from common import", "from collections import namedtuple #").replace(
        "def _log", "GaussianMixture = namedtuple('GaussianMixture', 'mu var pi')\n\n\ndef _log").replace("mixture.p[", "mixture.pi[")
    first = results_of(tmp_path, text, plan)["em.estep: test case"]
    assert (first.status, first.detail) == ("error", "GaussianMixture has the fields mu, var, pi; the course's are mu, var, p")


def test_modules_with_names_of_the_checker_or_of_python(plan, tmp_path):
    """A folder may hold test.py, data.py, json.py: they are its own, and the checker does not trip over them."""
    broken = "raise RuntimeError('imported by mistake')"
    more = {name: broken for name in ("test", "data", "json", "queue", "child", "formulas", "checker")}
    results = results_of(tmp_path, RIGHT, plan, **more)
    assert all(result.status in ("pass", "missing") for result in results.values())


def test_folder_of_theirs_stays_as_it_is(plan, tmp_path):
    code = "open('em.py', 'w').write('raise SystemExit'); open('new.txt', 'w').write('x'); open('notes.txt', 'a').write('x')"
    (tmp_path / "notes.txt").write_text("mine")
    text = in_estep(code + "; import os; os._exit(0)")
    before = {"em.py": text, "notes.txt": "mine"}
    results = results_of(tmp_path, text, plan)
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == before
    assert results["em.mstep: test case"].status == "pass"  # a fresh process, with a fresh copy of em.py


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks for processes where Linux lists them")
def test_nothing_is_left_behind(plan, tmp_path, monkeypatch):
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    pid_file = tmp_path / "pid"
    fork = f"import os; pid = os.fork(); pid or [0 for _ in iter(int, 1)]; open({str(pid_file)!r}, 'w').write(str(pid))"
    check(solution(tmp_path, in_estep(fork)), plan._replace(stages=plan.stages[:1]))
    assert list(temporary.iterdir()) == []
    assert wait_until(lambda: not alive(int(pid_file.read_text())))


def test_process_ends_with_the_checker(plan, tmp_path):
    """Even in an endless loop: when nobody listens any more, it is over."""
    text = "import os\nopen(os.environ['PID_FILE'], 'w').write(str(os.getpid()))\nwhile True: pass\n"
    pid_file = tmp_path / "pid"
    os.environ["PID_FILE"] = str(pid_file)
    try:
        process = Isolated(solution(tmp_path, text))
        with process:
            process._start()
            child.send(process._process.stdin, {"module": "em", "names": []})
            assert wait_until(lambda: pid_file.exists() and pid_file.read_text())
            process._process.stdin.close()
            assert wait_until(lambda: process._process.poll() is not None)
    finally:
        del os.environ["PID_FILE"]


def alive(pid):
    """Return whether a process runs, and is not only waiting to be buried by the system."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().split()[2] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def wait_until(condition, seconds=20):
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.01)
    return condition()


def test_answers_that_are_no_messages(plan, tmp_path):
    """A process that writes what it likes where answers belong is lost, and no more."""
    code = "import os\n    for descriptor in range(3, 20):\n        try: os.write(descriptor, b'\\0' * 7 + b'\\5junk!' * 50)\n        except OSError: pass"
    results = results_of(tmp_path, in_estep(code), plan._replace(timeout=2.0))
    assert results["em.estep: test case"].status in ("error", "timeout")
    assert results["em.mstep: test case"].status == "pass"


@pytest.mark.skipif(not hasattr(os, "killpg"), reason="memory is limited on POSIX only")
def test_memory_hog(plan, tmp_path):
    first = results_of(tmp_path, in_estep("np.ones(10**12)"), plan)["em.estep: test case"]
    assert first.status == "error" and "Memory" in first.detail and "array over users" in first.diagnosis


def test_messages_come_back_as_they_were_and_hold_no_pickles():
    tree = {"a": [np.arange(3.0), None, "text", 1.5], "m": child.Mixture(np.ones((2, 3)), np.ones(2), np.array([0.5, np.nan]))}
    back = child.unpack(child.pack(tree))
    np.testing.assert_array_equal(back["a"][0], tree["a"][0])
    assert back["a"][1:] == tree["a"][1:] and isinstance(back["m"], child.Mixture)
    np.testing.assert_array_equal(back["m"].p, tree["m"].p)
    with pytest.raises(ValueError, match="allow_pickle"):
        child.unpack(child.pack({"object": np.array([print])}))


@pytest.mark.parametrize("name, message", [("absent", "does not exist"), ("empty", "has no em.py"), ("em.txt", "is not an em.py")])
def test_what_is_no_solution(name, message, tmp_path):
    (tmp_path / "empty").mkdir()
    (tmp_path / "em.txt").write_text("")
    with pytest.raises(InputError, match=message):
        open_solution(tmp_path / name)


def test_path_to_an_em_py(plan, tmp_path):
    solution(tmp_path, RIGHT)
    said = []
    results = check(open_solution(tmp_path / "em.py"), plan, said.append)
    assert said == [stage.name for stage in plan.stages] + ["diagnosis"]
    assert all(result.status == "pass" for result in results if result.name.startswith("em"))


def test_copy_leaves_environments_and_huge_files_behind(tmp_path):
    theirs, copy = tmp_path / "theirs", tmp_path / "copy"
    for name in ("em.py", "helpers/tools.py", ".git/config", "env/pyvenv.cfg", "env/lib/big.py", "__pycache__/em.pyc"):
        (theirs / name).parent.mkdir(parents=True, exist_ok=True)
        (theirs / name).write_text("x = 1")
    with open(theirs / "film.mp4", "wb") as film:
        film.truncate(10**9)
    (theirs / "loop").symlink_to(theirs)
    folder, fallback = open_solution(theirs).copy_into(copy)
    assert sorted(str(path.relative_to(folder)) for path in (copy / "solution").rglob("*.py")) == ["em.py", "helpers/tools.py"]
    assert not (copy / "solution" / "film.mp4").exists()
    assert sorted(os.listdir(fallback)) == ["arithmetic", "common.py"]
