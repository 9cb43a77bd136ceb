"""What all programs share: outputs over inputs, anything in place of a file, interrupts, streams, and names shown."""

import gzip
import importlib.util
import io
import json
import os
import re
import signal
import socket
import struct
import subprocess
import sys
import tarfile
import time
import tracemalloc
import zlib
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np
import pytest

import console
import data
import main
from challenges.black_hole import __main__ as black_hole
from console import (
    JSON,
    InputError,
    check_outputs,
    check_replaceable,
    escaped,
    inputs,
    make_folder,
    pictures_in,
    read_file,
    run_program,
    write_file,
    write_json,
)
from data import sample, source, text

ROOT = Path(main.__file__).resolve().parent
PNG = b"\x89PNG\r\n\x1a\n"
PROGRAMS = sorted(str(path.relative_to(ROOT)) for path in (*ROOT.glob("*.py"), *ROOT.glob("[a-z]*/**/*.py"))
                  if "\n    sys.exit(run_program(main))\n" in path.read_text(encoding="utf-8"))
CASES = 100  # of each kind of generated ones; thousands find no more


def loaded(path):
    """Return a program of the root as a module; `import test` might be the standard library's."""
    spec = importlib.util.spec_from_file_location(f"program_{path.stem}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


checker = loaded(ROOT / "test.py")


def bad_call(capsys, program, *argv):
    """Return the one line that a call with status 2 says, and nothing else."""
    status = run_program(program, [str(word) for word in argv])
    out, err = capsys.readouterr()
    assert status == 2 and out == "" and err.count("\n") == 1, (status, out, err)
    return err


def contents(folder):
    """Return what is in all files of a folder, found through whatever links."""
    return {path: path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A working folder with data in D, a solution in S, and links of all sorts to them."""
    monkeypatch.chdir(tmp_path)
    for name in ("D", "S/deep/deeper/deepest", "pictures"):
        Path(name).mkdir(parents=True)
    Path("D/real.txt").write_text("1 2\n3 4\n5 6\n")
    Path("D/toy_data.txt").symlink_to("real.txt")
    os.link("D/real.txt", "hard.json")
    os.link("D/real.txt", "pictures/toy_bic.png")
    Path("link.json").symlink_to("D/toy_data.txt")
    Path("E").symlink_to("D")
    Path("loop").symlink_to("loop")
    for path, content in (("S/em.py", "pass"), ("notes.txt", "notes"), ("numbers.txt", "1"), ("outside.json", "[1]"),
                          ("S/settings.json", "[1]"), ("S/deep/deeper/deepest/settings.json", "{}")):
        Path(path).write_text(content)
    Path("S/linked.json").symlink_to("../outside.json")
    Path("picture.png").write_bytes(PNG)
    return tmp_path


# No output over an input


@pytest.mark.parametrize("output, says", [
    ("--json D/real.txt", "would replace a file that is read"),
    ("--json D/toy_data.txt", "would replace a file that is read"),
    ("--json E/real.txt", "would replace a file that is read"),
    ("--json hard.json", "would replace a file that is read"),
    ("--json link.json", "would replace a file that is read"),
    ("--json new/toy_data.txt", "has the name of a file that is read"),
    ("--json notes.txt", "notes.txt is not a JSON file"),
    ("--json numbers.txt", "numbers.txt is not a JSON file"),
    ("--json picture.png", "picture.png is not a JSON file"),
    ("--json loop", "loop cannot be written: Too many levels of symbolic links"),
    ("--json pictures", "pictures is a folder"),
    ("--json /dev/null", "/dev/null is a device"),
    ("--json new --figures new/pictures", "new is where pictures go"),
    ("--json new/TOY_K1.png --figures new", "is where pictures go"),
    ("--figures pictures", "would replace a file that is read"),
    ("--figures notes.txt", "notes.txt is a file"),
    ("--figures loop", "loop is not a file"),
    (f"--figures {'a/' * 3000}", "cannot be used as a folder: File name too long"),
    (f"--json {'x' * 300}", "cannot be written: File name too long"),
])
def test_no_output_of_main_replaces_anything_but_its_like(output, says, place, capsys):
    before = contents(place)
    line = bad_call(capsys, main.main, "--data", "D", "--only", "toy", "--toy-ks", 1, *output.split())
    assert says in line and contents(place) == before and not Path("new").exists(), line


@pytest.mark.parametrize("output", ["S/em.py", "S/settings.json", "S/deep/deeper/deepest/settings.json",
                                    "S/linked.json", "outside.json", "D/toy_data.txt", "notes.txt",
                                    "test_solutions.txt"])
@pytest.mark.parametrize("solutions", [["S"], ["S", "elsewhere"], ["S/em.py"]])
def test_the_report_of_a_check_replaces_nothing(output, solutions, place, capsys):
    before = contents(place)
    bad_call(capsys, checker.main, "--data", "D", "--json", output, *solutions)
    assert contents(place) == before


def test_the_report_of_a_check_replaces_an_earlier_one(place):
    for report in ({"solution": "S", "passed": True, "stages": []}, {"solutions": []}):
        write_json("S/report.json", report)
        checker.check_files(checker.parse(["S", "--json", "S/report.json"]), ["S"])


@pytest.mark.parametrize("kind, may, may_not", [
    (JSON, [b"{}", b" [1]\n", b"", '{"\u00e9": 1}'.encode("utf-16")],
     [b"1", b"{", b"text", PNG, b"[" * 10**5, b"\xff", b"null"]),
    (console.PNG, [PNG + b"rest", b""], [b"{}", b"text", PNG[1:], b"\xff\xd8\xff\xe0JFIF"]),
])
def test_what_may_be_replaced(kind, may, may_not, tmp_path):
    for content in may:
        (tmp_path / "file").write_bytes(content)
        assert check_replaceable(tmp_path / "file", kind) == (tmp_path / "file").resolve()
    for content in may_not:
        (tmp_path / "file").write_bytes(content)
        with pytest.raises(InputError, match=f"file is not a {kind.name} file"):
            check_replaceable(tmp_path / "file", kind)


def test_what_is_put_there_during_the_work_is_not_replaced_either(tmp_path):
    (tmp_path / "a.json").write_text("notes")
    with pytest.raises(InputError, match="not a JSON file"):
        write_json(tmp_path / "a.json", [1])
    assert (tmp_path / "a.json").read_text() == "notes"


def test_a_file_that_is_protected_is_not_replaced(tmp_path, monkeypatch):
    """Root may write everywhere, so the refusal is played."""
    (tmp_path / "a.json").write_text("{}")
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path).name != "a.json")
    with pytest.raises(InputError, match="is write-protected"):
        check_replaceable(tmp_path / "a.json", JSON)


def test_sample_is_written_whole_or_not_at_all(tmp_path, monkeypatch, capsys):
    (tmp_path / "test_complete.txt").symlink_to("elsewhere")
    assert "already holds test_complete.txt" in bad_call(capsys, sample.main, tmp_path)
    assert "cannot be used as a folder" in bad_call(capsys, sample.main, tmp_path / ("a/" * 1500))
    written = []

    def full_at_the_third(path, content):
        if len(written) == 2:
            raise OSError(28, "No space left on device", str(path))
        written.append(write_file(path, content))

    monkeypatch.setattr(sample, "contents", lambda: dict.fromkeys(data.TOY + data.NETFLIX, b"text"))
    monkeypatch.setattr(sample, "write_file", full_at_the_third)
    assert "netflix_complete.txt: No space left on device" in bad_call(capsys, sample.main, tmp_path / "new")
    assert len(written) == 2 and list((tmp_path / "new").iterdir()) == []


def random_tree(random, folder):
    """Make some files of all sorts and links to them in `folder`; return their paths, and some that are not there."""
    paths = [folder / name for name in ("a", "b.json", "c.png", "d.txt", "sub/e.json", "sub/f.png")]
    (folder / "sub").mkdir()
    for path in paths:
        made = random.randint(9)
        others = [other for other in paths if other != path]
        if made < 4:
            path.write_bytes([b"notes", b"[1]", PNG + b"x", b""][made])
        elif made == 4:
            path.mkdir()
        elif made == 5:
            path.symlink_to(others[random.randint(len(others))])
        elif made == 6:
            with suppress(OSError):
                os.link(others[random.randint(len(others))], path)
        elif made == 7:
            os.mkfifo(path)
    (folder / "link").symlink_to("sub")
    return [*paths, folder / "link" / "e.json", folder / "new.json", folder / "new" / "deep.json"]


def test_whatever_the_files_and_links_no_output_replaces_an_input_or_another_kind(tmp_path):
    refused = 0
    for case in range(CASES):
        random = np.random.RandomState(case)
        folder = tmp_path / str(case)
        folder.mkdir()
        paths = random_tree(random, folder)
        pick = [paths[i] for i in random.permutation(len(paths))]
        inputs, output = pick[:2], pick[2]
        figures = [None, folder, folder / "sub", folder / "link", pick[3]][random.randint(5)]
        before, read = contents(folder), {path.resolve() for path in inputs if path.is_file()}
        try:
            pictures = pictures_in(figures, ["c.png", "f.png"])
            check_outputs([*pictures, ("--json", output, JSON)], inputs)
            write_json(output, {"written": True})
            for _, path, _ in pictures:
                make_folder(figures)
                write_file(check_replaceable(path, console.PNG), PNG + b"written")
        except InputError:
            refused += 1
            assert contents(folder) == before, case
        else:
            after = contents(folder)
            assert json.loads(output.read_text()) == {"written": True}, case
            for path, content in before.items():
                if path.resolve() in read or content == b"notes":
                    assert after[path] == content, (case, path)
                if after[path] != content:
                    of_a_kind = (b"[1]", b"") if after[path].startswith(b"{") else (PNG + b"x", b"")
                    assert content in of_a_kind, (case, path)
        assert not list(folder.rglob(".*")), case
    assert 0.2 * CASES < refused < 0.95 * CASES  # both ends are met often


# Anything in the place of a file


@pytest.fixture
def strange(tmp_path):
    """Return {what it is: path} of things that are no file to be read."""
    paths = {what: tmp_path / name for what, name in {
        "a pipe": "pipe", "a socket": "socket", "a folder": "folder", "a link that leads in a circle": "loop",
        "a link to nowhere, which does not exist": "dangling", "20000000000 bytes": "sparse"}.items()}
    os.mkfifo(paths["a pipe"])
    with socket.socket(socket.AF_UNIX) as listener:
        os.chdir(tmp_path)  # the address of a socket must be short
        listener.bind("socket")
    paths["a folder"].mkdir()
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "dangling").symlink_to("nowhere")
    with open(tmp_path / "sparse", "wb") as file:
        file.truncate(20_000_000_000)
    (tmp_path / "zero").symlink_to("/dev/zero")
    paths |= {"a device": tmp_path / "zero", "does not exist": tmp_path / "none"}
    if os.path.exists("/proc/self/mem"):
        (tmp_path / "memory").symlink_to("/proc/self/mem")
        paths["the system makes it up"] = tmp_path / "memory"
    return paths


def test_what_is_no_file_is_said(strange):
    for what, path in strange.items():
        with pytest.raises(InputError, match=f"{re.escape(str(path))} .*{what}.*; expected a picture"):
            read_file(path, expected="a picture")


def test_a_folder_where_the_system_could_show_its_files_but_does_not_changes_nothing(tmp_path, monkeypatch):
    (tmp_path / "proc").mkdir()
    (tmp_path / "a").write_bytes(b"a")
    monkeypatch.setattr(inputs, "_MADE_UP", (str(tmp_path / "proc"),))
    assert read_file(tmp_path / "a") == b"a"


def test_every_program_says_what_is_no_file(strange, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(black_hole, "learn", None)  # nothing of the long work has begun
    toy = "--only", "toy", "--no-figures", "--data"
    Path(tmp_path / "D").mkdir()
    Path(tmp_path / "S").mkdir()
    for what, path in strange.items():
        if what != "does not exist":
            for inside in (tmp_path / "D" / "toy_data.txt", tmp_path / "S" / "em.py"):
                inside.unlink(missing_ok=True)
                inside.symlink_to(path)
            hidden = "leads in a circle|which does not exist" if "link" in what else what
            assert re.search(hidden, bad_call(capsys, main.main, *toy, tmp_path / "D"))
            assert re.search(hidden, bad_call(capsys, checker.main, "--data", tmp_path / "D", "S"))
        for option in ("--array", "--image", "--prior"):
            assert what in bad_call(capsys, black_hole.main, "--no-figures", option, path)
        if what != "a folder":
            assert what in bad_call(capsys, main.main, *toy, path)
            assert what in bad_call(capsys, checker.main, path)


def test_no_more_is_read_than_the_limit(tmp_path):
    (tmp_path / "file").write_bytes(b"12345")
    assert read_file(tmp_path / "file", 5) == b"12345"
    with pytest.raises(InputError, match="file has 5 bytes; expected a file, 4 bytes at most"):
        read_file(tmp_path / "file", 4)


def test_a_picture_with_too_many_pixels_is_not_unpacked(tmp_path, capsys, monkeypatch):
    head = b"IHDR" + struct.pack(">IIBBBBB", 9000, 9000, 1, 0, 0, 0, 0)
    chunks = [struct.pack(">I", len(c) - 4) + c + struct.pack(">I", zlib.crc32(c)) for c in (head, b"IDAT")]
    path = tmp_path / "huge.png"
    path.write_bytes(PNG + b"".join(chunks))
    tracemalloc.start()
    try:
        line = bad_call(capsys, black_hole.main, "--no-figures", "--image", path)
        assert "huge.png has 9000 x 9000 pixels; expected" in line
        assert tracemalloc.get_traced_memory()[1] < 50e6
    finally:
        tracemalloc.stop()


def header(kind, size, name="x"):
    """Return a tar header that says it is followed by `size` bytes."""
    member = tarfile.TarInfo(name)
    member.type, member.size = kind, size
    return member.tobuf(tarfile.GNU_FORMAT)


def unpacking_to(megabytes, start):
    """Return a gzip file of `start` and so many megabytes of zeros, made in no time."""
    return gzip.compress(start) + megabytes * gzip.compress(bytes(2**20))


@pytest.mark.parametrize("content, says", [
    (unpacking_to(3000, header(tarfile.GNUTYPE_LONGNAME, 3 * 2**30)), "a header of 3221225472 bytes"),
    (unpacking_to(3000, header(tarfile.XHDTYPE, 3 * 2**30)), "a header of 3221225472 bytes"),
    (unpacking_to(3000, header(tarfile.XGLTYPE, 3 * 2**30)), "a header of 3221225472 bytes"),
    (unpacking_to(3000, header(tarfile.REGTYPE, 3 * 2**30, "toy_data.txt")), "holds more than 8388608 bytes"),
    (unpacking_to(3000, header(tarfile.REGTYPE, 3 * 2**30)), "holds more than 8388608 bytes"),
    (header(tarfile.REGTYPE, -512), "a header of -512 bytes"),
    (header(tarfile.GNUTYPE_SPARSE, 2**40, "toy_data.txt"), "a sparse file"),
    (header(tarfile.XHDTYPE, 46) + b"22 GNU.sparse.major=1\n22 GNU.sparse.minor=0\n\n".ljust(512, b"\0")
     + header(tarfile.REGTYPE, 2**40, "toy_data.txt") + bytes(2**20), "a sparse file"),
    (3000 * (header(tarfile.GNUTYPE_LONGNAME, 1) + bytes(512)), "recursion"),
    (gzip.compress(2000 * header(tarfile.REGTYPE, 0)), "more than 1000 members"),
], ids=range(10))
def test_archive_that_unpacks_without_end(content, says, tmp_path, monkeypatch):
    monkeypatch.setattr(source, "_LARGEST", 2**23)
    (tmp_path / "a.tar").write_bytes(content)
    tracemalloc.start()
    try:
        with pytest.raises(InputError, match=says):
            data.find(data.TOY, tmp_path / "a.tar")
        assert tracemalloc.get_traced_memory()[1] < 6 * 2**23
    finally:
        tracemalloc.stop()


STRAY = [b"\0", b"\xff", b"-1", b"nan", b"1e999", b"[", b"]", b" ", b"\n", b"9" * 400, b"\x1b[2J", b"x", b"L"]


def damaged(random, content):
    """Return bytes with something cut, turned, doubled or put in."""
    content = bytearray(content)
    for _ in range(random.randint(1, 4)):
        i, j = sorted(random.randint(len(content) + 1, size=2))
        j = min(j, i + 600)
        what = random.randint(4)
        if what == 0:
            del content[i:j]
        elif what == 1:
            content[i:i] = content[i:j]
        else:
            content[i : i + (what == 2)] = STRAY[random.randint(len(STRAY))]
    return bytes(content)


def test_whatever_the_bytes_files_are_read_or_refused_in_one_line(tmp_path):
    random = np.random.RandomState(0)
    case = sample.contents(data.TEST_CASE)
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        for name, content in case.items():
            member = tarfile.TarInfo("a" * random.randint(1, 200) + "/" + name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    packed = [pack(archive.getvalue()) for pack in (bytes, gzip.compress)]
    refused = 0
    for number in range(CASES):
        (tmp_path / "a.tar").write_bytes(damaged(random, packed[number % 2]))
        for read, *arguments in ((text.parse_matrix, damaged(random, case["test_complete.txt"]), "f", True),
                                 (text.parse_solutions, damaged(random, case["test_solutions.txt"])),
                                 (data.find, data.TEST_CASE, tmp_path / "a.tar")):
            try:
                found = read(*arguments)
            except InputError as error:
                refused += 1
                assert "\n" not in escaped(error)
            else:
                assert not isinstance(found, np.ndarray) or np.isfinite(found).all()
    assert refused > CASES


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


@pytest.mark.parametrize("raw, shown", [
    ("plain \u00e9 \u4e2d \u03c7\u00b2", "plain \u00e9 \u4e2d \u03c7\u00b2"), ("a\nb\r\t", "a\\nb\\r\\t"),
    ("\x1b[2J\x07\x9b", "\\x1b[2J\\x07\\x9b"),
    ("\u202e\u2028\udcff", "\\u202e\\u2028\\udcff"),
])
def test_what_is_not_printable_is_escaped(raw, shown):
    assert escaped(raw) == shown == escaped(shown)


def test_no_name_reaches_the_terminal_as_it_is(place, capsys):
    evil = "D\x1b[2J\nAll right: 9 stages passed.\x9b\u202e"
    Path("D").rename(evil)
    small = ["--only", "toy", "--toy-ks", "1", "--seeds", "0"]
    assert run_program(main.main, ["--data", evil, *small, "--figures", f"{evil}/f"]) == 0
    out = capsys.readouterr().out
    assert "\\x1b[2J\\nAll right: 9 stages passed.\\x9b\\u202e" in out and "\nAll right" not in out
    assert all(line.isprintable() for line in out.split("\n"))
    for program, argv in ((main.main, ["--data", "none" + evil]), (main.main, [evil]),
                          (main.main, ["--json", evil, "--no-figures"]),
                          (checker.main, [evil]), (checker.main, ["--data", evil]), (sample.main, [evil]),
                          (black_hole.main, ["--image", evil]), (black_hole.main, ["--flux", evil])):
        if program is sample.main:
            Path(evil, "toy_data.txt").unlink()
            Path(evil, "toy_data.txt").symlink_to(evil)
        line = bad_call(capsys, program, *argv)
        assert line[:-1].isprintable(), line
