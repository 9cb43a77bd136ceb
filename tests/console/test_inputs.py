"""Anything in the place of a file that is read."""

import gzip
import io
import os
import re
import socket
import struct
import tarfile
import tracemalloc
import zlib
from pathlib import Path

import numpy as np
import pytest

import data
import main
from black_hole import __main__ as black_hole
from black_hole import comparison
from console import (
    InputError,
    escaped,
    inputs,
    read_file,
)
from data import sample, source, text
from tests.console.cases import CASES, PNG, bad_call, checker


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
    monkeypatch.setattr(comparison, "learn", None)  # nothing of the long work has begun
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
