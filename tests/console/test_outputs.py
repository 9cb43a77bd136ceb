"""Files that programs write: never over an input, whole or not at all."""

import json
import os
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest

import console
import data
import main
import pages
from console import (
    JSON,
    InputError,
    check_outputs,
    check_replaceable,
    make_folder,
    new_figure,
    pictures_in,
    write_csv,
    write_figure,
    write_file,
    write_json,
)
from data import sample
from recommender import model_file
from recommender.ratings import Table
from recommender.scale import checkpoint
from tests.console.cases import CASES, PNG, bad_call, checker, contents


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


@pytest.mark.skipif(os.name == "nt", reason="Windows knows no such modes")
@pytest.mark.parametrize("mode", [0o600, 0o640, 0o666])
def test_a_file_that_is_replaced_keeps_its_mode(mode, tmp_path):
    """Also through a link; a new file gets what the system gives to new files."""
    plain, new, link = (tmp_path / name for name in ("plain", "new", "link"))
    plain.touch()
    usual = plain.stat().st_mode
    writers = {"a.json": lambda path: write_json(path, [1]), "a.csv": lambda path: write_csv(path, [["a", "b"]]),
               "a.png": lambda path: write_figure(path, new_figure(1, 1)),
               "model": lambda path: model_file.write(path, saved),
               "page.html": lambda path: pages.write(path, "<html>"),
               "checkpoint": lambda path: checkpoint.write(path, {}, {})}
    saved = model_file.Saved("constant", {}, Table(*[None] * 4), None)
    for name, write in writers.items():
        path = tmp_path / name
        write(path)
        assert path.stat().st_mode == usual, name
        path.chmod(mode)
        link.symlink_to(path)
        for over in (path, link):
            write(over)
            assert path.stat().st_mode & 0o777 == mode, name
        link.unlink()
    write_file(new, b"content")
    assert new.stat().st_mode == usual


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
