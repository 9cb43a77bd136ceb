"""Solutions that do not behave: each becomes one clear line, the other stages still run, nothing is left behind."""

import os
import tempfile
import time
from pathlib import Path

import pytest

from checker import isolated, messages, stages
from checker.check import check
from checker.isolated import Isolated
from checker.solution import open_solution
from data import TEST_CASE, Source, sample
from tests.checker.in_process import InProcess
from tests.checker.solutions import BROADCAST as RIGHT

LINUX = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="only Linux knows what has escaped")
HEAD, BODY = RIGHT[RIGHT.index("def estep"):RIGHT.index("def mstep")].split("\n", 1)


@pytest.fixture(scope="module")
def plan():
    """A few stages: what is proved here does not depend on which."""
    source = Source({name: sample.content(name) for name in TEST_CASE}, "sample", False, "")
    wanted = {"em.estep: test case", "em.estep: unequal weights", "em.mstep: test case", "em.fill_matrix: test case"}
    return stages.Plan([stage for stage in stages.em_stages(source) if stage.name in wanted])


@pytest.fixture(scope="module", autouse=True)
def temporary(tmp_path_factory):
    """The checker's temporary folder, which is empty whenever a check is over."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tempfile, "tempdir", str(tmp_path_factory.mktemp("temporary")))
        yield Path(tempfile.tempdir)


def solution(folder, text, **more):
    for module, content in {"em": text, **more}.items():
        (folder / f"{module}.py").write_text(content, encoding="utf-8")
    return open_solution(folder)


def results_of(folder, text, plan, **more):
    results = {result.name: result for result in check(solution(folder, text, **more), plan)}
    assert os.listdir(tempfile.gettempdir()) == []
    return results


def in_estep(code):
    """Return the right solution whose estep begins, in line 11, with `code`."""
    return RIGHT.replace(HEAD, f"{HEAD}\n    {code}")


def all_at_once(folder, plan, cases):
    """Return the Result of each case: an estep that begins with its code. They share a solution, and its process."""
    functions = [f"{HEAD.replace('estep', f'case_{i}')}\n    {code}\n{BODY}" for i, code in enumerate(cases.values())]
    estep = plan.stages[0]
    own = [estep._replace(title=name, step=estep.step._replace(function=f"case_{i}")) for i, name in enumerate(cases)]
    others = [stage for stage in plan.stages if stage.step.function != "estep"]
    results = results_of(folder, RIGHT + "\n\n" + "\n\n".join(functions), plan._replace(stages=own + others))
    assert [results[stage.name] for stage in others if results[stage.name].status != "pass"] == []
    return {stage.title: results[stage.name] for stage in own}


# Of each: how estep begins, its status, and what the line says.
MISBEHAVING = {
    "sys.exit": ("import sys; sys.exit('bye')", "error", "raises SystemExit: bye (em.py, line "),
    "os._exit": ("import os; os._exit(3)", "error", "ended the whole process (exit status 3)"),
    "exit status 0": ("import os; os._exit(0)", "error", "ended the whole process (exit status 0)"),
    "signal": ("import os; os.kill(os.getpid(), 9)", "error", "ended the whole process (signal 9)"),
    "exception": ("X[0, 99]", "error",
                  "raises IndexError: index 99 is out of bounds for axis 1 with size 5 (em.py, line "),
    "message that cannot be made": ("class E(Exception): __str__ = lambda self: 1 / 0\n    raise E", "error",
                                    "raises E (em.py, line "),
    "keyboard interrupt": ("raise KeyboardInterrupt", "error", "raises KeyboardInterrupt"),
    "endless recursion": ("return estep(X, X) if 0 else globals()['case_' + '7'](X, mixture)", "error",
                          "RecursionError"),
    "not written": ("raise NotImplementedError", "error", "is not written yet: it raises NotImplementedError"),
    "waits for input": ("input('K? ')", "error", "raises EOFError: EOF when reading a line (em.py, line "),
    "reads a file": ("np.loadtxt('netflix_incomplete.txt')", "error", "netflix_incomplete.txt not found"),
    "writes a huge file": ("open('big', 'wb').truncate(2**40)", "error", "File too large"),
    "asks for memory": ("np.ones(10**12)", "error", "Memory"),
    "returns text": ("return 'done'", "fail", "returns str"),
    "returns nothing": ("return", "fail", "returns nothing (None); expected 2 values: post, LL"),
    "returns objects": ("return np.array([None]), 1", "fail", "an array of object where post was expected"),
    "returns rows": ("return [[1.0, 2.0]] * 20", "fail", "returns a list; expected 2 values"),
    "returns many values": ("return (X,) * 20", "fail", "returns a tuple of 20; expected"),
    "returns a list of values": ("return [X, 1, mixture]", "fail", "returns a list of 3; expected"),
    "returns names": ("return {'post': 1, 'll': 2}", "fail", "returns dict"),
    "returns what contains itself": ("a = []; a.append(a); return a", "error", "RecursionError"),
    "closes every descriptor": ("import os; os.closerange(3, 64)", "error", "ended the whole process"),
}

_TREE = ('{"status": "ok", "id": %s, "seconds": 0, "changed": %s, "calls": 0, "replaced": [], "value": [], "warning":'
         ' null}')
_FORGED = {
    "a list": "[]", "no JSON": "{", "deep": "[" * 10**5,
    "changed: 5": _TREE % ("ID", "5"), "of another call": _TREE % ("987654", "[]"),
    "no seconds": '{"status": "ok", "id": ID, "changed": [], "value": [], "warning": null}',
}
for _name, _text in _FORGED.items():
    MISBEHAVING[f"forges {_name}"] = (
        f"import os\n    forged = {_text!r}.replace('ID', '1') + '\\n'\n    for descriptor in range(3, 20):\n"
        "        try: os.write(descriptor, forged.encode())\n        except OSError: pass",
        "error", "wrote into the checker's own stream")


@pytest.fixture(scope="module")
def misbehaved(plan, tmp_path_factory):
    # Each restart of the process numbers its requests on: a forged number is never that of the request.
    return all_at_once(tmp_path_factory.mktemp("solution"), plan,
                       {name: code for name, (code, _, _) in MISBEHAVING.items()})


@pytest.mark.parametrize("name", MISBEHAVING)
def test_misbehaving_estep(name, misbehaved):
    _, status, said = MISBEHAVING[name]
    result = misbehaved[name]
    assert result.status == status and said in result.detail, result
    assert "\n" not in result.detail


def test_memory_has_an_explanation(misbehaved):
    assert "array over users" in misbehaved["asks for memory"].diagnosis


@pytest.mark.parametrize("code, second", [("while True: pass", "timeout"), ("raise NotImplementedError", "error"),
                                          ("import os; os._exit(3)", "error")])
def test_what_gave_no_answer_is_not_asked_again(code, second, plan, tmp_path):
    if second == "timeout":
        plan = plan._replace(timeout=2.0)
    results = results_of(tmp_path, in_estep(code), plan)
    assert [results[name].status
            for name in ("em.estep: test case", "em.estep: unequal weights")] == [second, "skipped"]
    assert results["em.mstep: test case"].status == results["em.fill_matrix: test case"].status == "pass"
    assert second != "timeout" or "did not end within 2 s" in results["em.estep: test case"].detail


# Of each: what is done on import, and whenever estep begins, and changes nothing.
HARMLESS = {
    "huge output": "[print('x' * 10**6) for _ in range(20)]",
    "output on stderr": "import sys; sys.stderr.write('x' * 10**6)",
    "output past sys.stdout": "import os; os.write(1, b'y' * 10**6)",
    "closes stdout": "import sys; print('so far'); sys.stdout.close(); sys.stdout = None",
    "closes descriptor 1": "import os; os.close(1); os.open('/dev/null', os.O_RDWR)",
    "no stdout at all": "import sys; sys.stdout = None",
    "shows a figure": "import matplotlib.pyplot as plt; plt.figure(); plt.show()",
    "changes the folder": "import os; open('em.py').close(); os.chdir('/')",
    "sets the random state": "np.random.seed(1)",
    "makes warnings errors": "import warnings; warnings.simplefilter('error')",
    "makes NumPy strict": "old = np.seterr(divide='raise', invalid='raise')",
    "starts a thread": "import threading, time; threading.Thread(target=time.sleep, args=(60,)).start()",
    "starts a process": "import subprocess, sys; subprocess.Popen([sys.executable, '-c', 'import time;"
    " time.sleep(60)'])",
    "ignores signals": "import signal; [signal.signal(n, signal.SIG_IGN) for n in (signal.SIGTERM, signal.SIGINT,"
    " signal.SIGPROF)]",
    "takes rights away": "import os; os.path.exists('closed') or (os.makedirs('closed/folder'), os.chmod('closed', 0))",
}


@pytest.fixture(scope="module")
def harmless(plan, tmp_path_factory):
    return all_at_once(tmp_path_factory.mktemp("harmless"), plan, HARMLESS)


@pytest.mark.parametrize("name", HARMLESS)
def test_harmless_noise(name, harmless):
    assert harmless[name].status == "pass", harmless[name]


def test_harmless_noise_on_import(plan, tmp_path, capfd):
    noise = "\n".join(code for name, code in HARMLESS.items() if "folder" not in name)
    results = results_of(tmp_path, RIGHT.replace("\n\n\n", f"\n\n{noise}\n", 1), plan)
    assert [result for result in results.values() if result.name.startswith("em") and result.status != "pass"] == []
    assert capfd.readouterr() == ("", "")


ON_IMPORT = {
    "raises": ("raise ValueError('no data')", "error",
               "importing em.py raises ValueError: no data (em.py, line 1: raise"),
    "sys.exit": ("import sys; sys.exit()", "error", "importing em.py raises SystemExit (em.py, line 1"),
    "os._exit": ("import os; os._exit(1)", "error", "importing em.py ended the whole process (exit status 1)"),
    "syntax": ("def estep(X, mixture)\n    pass", "error", "SyntaxError"),
    "indentation": ("def estep(X, mixture):\npass", "error", "IndentationError"),
    "missing package": ("import no_such_package.part", "not checked",
                        "needs no_such_package, which is neither installed here nor a file of the folder (em.py,"),
    "missing module of theirs": ("from kmeans import run", "not checked",
                                 "needs kmeans, which is neither installed here nor a file of the folder (em.py, line"),
    "missing name": ("from common import Mixture", "error", "cannot import name 'Mixture' from 'common'"),
    "relative import from above": ("from ..common import GaussianMixture", "error", "attempted relative import"),
    "reads a file": ("import numpy\nX = numpy.loadtxt('toy_data.txt')", "error", "toy_data.txt"),
    "not Python": ("\0\1", "error", "importing em.py"),
}


@pytest.mark.parametrize("name", ON_IMPORT)
def test_import_that_fails(name, plan, tmp_path):
    code, status, said = ON_IMPORT[name]
    run_in = Isolated if "os._exit" in code or "kmeans" in code else InProcess  # where ours could be found
    results = check(solution(tmp_path, f"{code}\n{RIGHT}"), plan._replace(stages=[]), run_in=run_in)
    first = next(result for result in results if result.name == "em: import")
    assert first.status == status and said in first.detail and "\n" not in first.detail, first


def test_import_that_never_ends(plan, tmp_path, monkeypatch):
    monkeypatch.setattr("checker.evidence.SMALL", 0.2)
    results = results_of(tmp_path, f"while True: pass\n{RIGHT}", plan)
    first = results["em: import"]
    assert first.status == "timeout" and "importing em.py did not end within 0.2 s" in first.detail
    assert results["em.estep: test case"].status == "pass"  # without the script


def test_a_file_read_on_import_is_explained(plan, tmp_path):
    code = "import numpy\nX = numpy.loadtxt('toy_data.txt')\n"
    first = results_of(tmp_path, code + RIGHT, plan._replace(stages=[]))["em: import"]
    assert "it runs when the module is imported" in first.diagnosis and "(em.py, line 2: X = numpy" in first.detail
    (tmp_path / "toy_data.txt").write_text("1 2\n")
    assert results_of(tmp_path, code + RIGHT,
                      plan)["em.estep: test case"].status == "pass"  # where it lies beside em.py, it is found


def test_common_of_theirs_wins_and_its_faults_are_theirs(plan, tmp_path):
    results = results_of(tmp_path, RIGHT, plan, common="raise OSError('broken')")
    assert results["common: import"].status == "error" and "(common.py, line 1" in results["common: import"].detail
    assert (results["em: import"].status, results["em: import"].detail) == (
        "skipped", "it imports common.py, which cannot be imported: see common: import")


def test_mixture_of_other_fields(plan, tmp_path):
    text = RIGHT.replace("from common import", "from collections import namedtuple #").replace(
        "def _log",
        "GaussianMixture = namedtuple('GaussianMixture', 'mu var pi')\n\n\ndef _log").replace("mixture.p[",
                                                                                              "mixture.pi[")
    first = results_of(tmp_path, text, plan._replace(stages=plan.stages[:1]))["em.estep: test case"]
    assert first.status == "error" and first.detail.startswith("em.estep cannot be called like the course's estep(X,")
    assert "got an unexpected keyword argument 'p'" in first.detail


def test_modules_with_names_of_the_checker_or_of_python(plan, tmp_path):
    """A folder may hold test.py, data.py, json.py: they are its own, and the checker does not trip over them."""
    broken = "raise RuntimeError('imported by mistake')"
    more = dict.fromkeys(("test", "data", "json", "queue", "child", "formulas", "checker", "console"), broken)
    results = results_of(tmp_path, RIGHT, plan, **more)
    assert all(result.status in ("pass", "missing") for result in results.values())
    first = results_of(tmp_path, RIGHT.replace("def estep", "import checker\ndef estep"), plan._replace(stages=[]),
                       **more)["em: import"]
    assert "imported by mistake (checker.py, line 1" in first.detail


def test_folder_of_theirs_stays_as_it_is(plan, tmp_path):
    code = ("open('em.py', 'w').write('raise SystemExit'); open('new.txt', 'w').write('x');"
            " open('notes.txt', 'a').write('x')")
    (tmp_path / "notes.txt").write_text("mine")
    text = in_estep(code + "; import os; os._exit(0)")
    before = {"em.py": text, "notes.txt": "mine"}
    results = results_of(tmp_path, text, plan)
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == before
    assert results["em.mstep: test case"].status == "pass"  # a fresh process, with a fresh copy of em.py


# What may outlive a call: started so, it writes its number to a file and sleeps.
SLEEP = "import os, time; open({0!r}, 'a').write(f'{{os.getpid()}} '); time.sleep(600)"


OUTLIVING = {
    "child": "os.fork() or sleep()",
    "another program": "subprocess.Popen([sys.executable, '-c', SLEEP], env={})",
    "double fork": "os.fork() or (os.fork() and os._exit(0), sleep())",
    "deaf to signals": "os.fork() or ([signal.signal(n, signal.SIG_IGN) for n in (1, 2, 15)], sleep())",
}


@LINUX
@pytest.mark.parametrize("last", ["", "wait(); os._exit(5)", "wait(); os.kill(os.getpid(), 9)"])
def test_no_process_outlives_the_check(last, plan, tmp_path):
    pids = tmp_path / "pids"
    text = (f"import os, signal, subprocess, sys, time\nSLEEP = {SLEEP.format(str(pids))!r}\n\n"
            f"def sleep():\n    exec(SLEEP)\n\n"
            f"def wait():\n    while not os.path.exists({str(pids)!r}) or len(open({str(pids)!r}).read().split()) <"
            f" {len(OUTLIVING)}: time.sleep(0.01)\n\n")
    begin = "\n    ".join([*OUTLIVING.values(), last or "wait()"])
    results_of(tmp_path, text + in_estep(begin), plan._replace(stages=plan.stages[:1]))
    started = pids.read_text().split()
    assert len(started) == len(OUTLIVING)
    assert wait_until(lambda: not any(map(alive, started)))


def test_process_ends_with_the_checker(plan, tmp_path, monkeypatch):
    """Even in an endless loop: when nobody listens any more, it is over."""
    pid_file = tmp_path / "pid"
    monkeypatch.setenv("PID_FILE", str(pid_file))
    text = "import os\nopen(os.environ['PID_FILE'], 'w').write(str(os.getpid()))\nwhile True: pass\n"
    process = Isolated(solution(tmp_path, text))
    with process:
        process._start()
        messages.send(process._process.stdin, {"id": 1, "module": "em", "names": [], "limit": 60, "until": {}})
        assert wait_until(lambda: pid_file.exists() and pid_file.read_text())
        process._process.stdin.close()
        assert wait_until(lambda: process._process.poll() is not None)


def alive(pid):
    """Return whether a process runs, and is not only waiting to be buried by the system."""
    try:
        return Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()[0] != b"Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def wait_until(condition, seconds=60):
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.01)
    return condition()


def test_a_process_that_ends_is_no_timeout_where_there_is_no_such_signal(monkeypatch, tmp_path, plan):
    monkeypatch.delattr(isolated.signal, "SIGPROF")
    result = results_of(tmp_path, in_estep("import os; os._exit(0)"), plan)["em.estep: test case"]
    assert (result.status, result.detail) == ("error", "em.estep ended the whole process (exit status 0)")
