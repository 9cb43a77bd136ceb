"""Somebody's folder, file or archive: what is a solution, and what of it is copied."""

import io
import json
import os
import tarfile
import zipfile
from pathlib import Path

import pytest

from checker import child
from checker.check import check, passed
from checker.solution import expanded, open_solution
from console import InputError
from tests.checker.in_process import InProcess
from tests.checker.solutions import BROADCAST, SOURCES


@pytest.mark.parametrize("name, message", [
    ("absent", "does not exist"), ("empty", "has no em.py"), ("em.txt", "is not an em.py"),
    ("dangling", "is a link to nowhere, which does not exist"),
    ("pipe/em.py", "is a pipe; expected"), ("pipe", "em.py is a pipe; expected"),
    ("folder", "em.py is a folder; expected"),
    ("huge", "has 20000000000 bytes; expected"), ("loop", "leads in a circle")])
def test_what_is_no_solution(name, message, tmp_path):
    for folder in ("empty", "pipe", "folder/em.py", "huge"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "em.txt").write_text("")
    (tmp_path / "dangling").symlink_to("nowhere")
    (tmp_path / "loop").symlink_to("loop")
    os.mkfifo(tmp_path / "pipe" / "em.py")
    with open(tmp_path / "huge" / "em.py", "wb") as file:
        file.truncate(20 * 10**9)
    with pytest.raises(InputError, match=message):
        open_solution(tmp_path / name)


def test_path_to_an_em_py(plan, tmp_path):
    (tmp_path / "em.py").write_text(BROADCAST)
    said, plan = [], plan._replace(stages=plan.stages[:3])
    results = check(open_solution(tmp_path / "em.py"), plan, lambda *stage: said.append(stage), InProcess)
    assert said == [(stage.name, "") for stage in plan.stages]
    assert all(result.status == "pass" for result in results if result.name.startswith("em"))


def test_copy_leaves_environments_and_huge_files_behind(tmp_path):
    theirs, copy = tmp_path / "theirs", tmp_path / "copy"
    for name in ("em.py", "helpers/tools.py", ".git/config", "env/pyvenv.cfg", "env/lib/big.py", "__pycache__/em.pyc"):
        (theirs / name).parent.mkdir(parents=True, exist_ok=True)
        (theirs / name).write_text("x = 1")
    with open(theirs / "film.mp4", "wb") as film:
        film.truncate(10**9)
    (theirs / "loop").symlink_to(theirs)
    folder = Path(open_solution(theirs).copy_into(copy))
    assert sorted(str(path.relative_to(folder))
                  for path in folder.rglob("*.py")) == ["common.py", "em.py", "helpers/tools.py"]
    assert not (folder / "film.mp4").exists()
    assert sorted(path.name
                  for path in Path(child.last_places(str(folder))[-1]).iterdir()) == ["arithmetic"]


def test_the_modules_fit_into_the_copy_whatever_lies_beside_them(tmp_path):
    for number in range(9):
        with open(tmp_path / f"a{number}.dat", "wb") as file:
            file.truncate(8 * 2**20)
    (tmp_path / "em.py").write_text("x = 1")
    solution = open_solution(tmp_path)
    assert solution.has("em") and len(solution.files) == 8
    (tmp_path / "a0.dat").unlink()
    assert (Path(solution.copy_into(tmp_path / ".copy")) / "em.py").read_text() == "x = 1"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the system has no such files")
def test_copy_waits_for_nothing(tmp_path):
    """Files that never end, or never begin, beside em.py."""
    for name in ("/proc/self/mem", "/proc/kmsg", "/dev/zero", "/dev/stdin", "/dev/full"):
        (tmp_path / name.replace("/", "_")).symlink_to(name)
    os.mkfifo(tmp_path / "pipe.py")
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "dangling").symlink_to("nowhere")
    (tmp_path / "data.txt").symlink_to(tmp_path / "em.py")
    (tmp_path / "em.py").write_text(BROADCAST)
    folder = open_solution(tmp_path).copy_into(tmp_path / ".copy")
    assert all(Path(folder, name).stat().st_size == 0 for name in ("_proc_self_mem", "_proc_kmsg")
               if Path(folder, name).exists())
    assert Path(folder, "data.txt").read_text() == BROADCAST and "pipe.py" not in os.listdir(folder)


@pytest.mark.parametrize("name", ["my_em.py", "em.py"])
def test_a_single_file_brings_its_folder(name, plan, tmp_path):
    (tmp_path / name).write_text("import utils\n" + BROADCAST.replace("np.max(a, axis=1", "utils.maximum(a, axis=1"))
    (tmp_path / "utils.py").write_text("from numpy import max as maximum\n")
    (tmp_path / "common.py").write_text("from collections import namedtuple\n"
                                        "GaussianMixture = namedtuple('GaussianMixture', 'mu var p')\n")
    results = {one.name: one for one in check(open_solution(tmp_path / name), plan, run_in=InProcess)}
    assert results["em.estep: test case"].status == "pass"
    assert results["common: import"].status == "pass" and "none of rmse" in results["common: import"].detail


def test_errors_in_a_single_file_are_under_its_name(em_plan, tmp_path):
    (tmp_path / "my_em.py").write_text(BROADCAST.replace("    out = X.copy()", "    out = X.copi()"))
    results = {one.name: one for one in check(open_solution(tmp_path / "my_em.py"), em_plan, run_in=InProcess)}
    line = BROADCAST[:BROADCAST.index("    out = X.copy()")].count("\n") + 1
    assert results["em.fill_matrix: test case"].where == ("my_em.py", line)


def test_a_folder_without_an_em(plan, tmp_path):
    for module in ("kmeans", "naive_em"):
        (tmp_path / f"{module}.py").write_text(SOURCES[module])
    results = check(open_solution(tmp_path), plan, run_in=InProcess)
    assert passed(results)
    assert {one.status for one in results if one.module in ("kmeans", "naive_em")} == {"pass"}
    assert {one.status for one in results if one.module == "em"} == {"missing"}
    assert open_solution(tmp_path / "kmeans.py").folder == tmp_path.resolve()


@pytest.mark.parametrize("files, found", [
    (["netflix/em.py", "README.md"], "netflix"), (["toy/kmeans.py", "toy/naive_em.py"], "toy"),
    (["em.py", "old/em.py"], "."), (["common.py", "netflix/em.py"], "netflix"), (["common.py"], "."),
    (["kmeans.py", "empty/x.py"], ".")])
def test_one_level_down(files, found, tmp_path):
    for name in files:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("x = 1")
    assert open_solution(tmp_path).folder == (tmp_path / found).resolve()


@pytest.mark.parametrize("files, message", [
    (["a/em.py", "b/em.py"], "both a/em.py and b/em.py; expected one solution; to check several solutions, write"),
    (["a/em.py", "b/kmeans.py"], "contains both a/em.py and b/kmeans.py"),
    (["kmeans.py", "netflix/em.py"], "contains both netflix/em.py and kmeans.py; expected one solution$"),
    (["a/b/em.py"], "has no em.py")])
def test_which_of_several_is_asked(files, message, tmp_path):
    for name in files:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("x = 1")
    with pytest.raises(InputError, match=message):
        open_solution(tmp_path)


def test_patterns_are_expanded(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("students/b", "students/a", "[x]"):
        (tmp_path / name).mkdir(parents=True)
    assert expanded(["students/*", "[x]", "absent"]) == [os.path.join("students", "a"), os.path.join("students", "b"),
                                                        "[x]", "absent"]
    with pytest.raises(InputError, match=r"nothing matches nobody/\*"):
        expanded(["nobody/*"])


ARCHIVES = {
    "../em.py": "may lead outside", "/em.py": "may lead outside", "a/../../em.py": "may lead outside",
    "C:\\em.py": "may lead outside", "a\\..\\..\\em.py": "may lead outside",
    "notes.txt": "has no em.py", "__MACOSX/em.py": "has no em.py",
}


def archive(path, files):
    """Write an archive of {name: text} of the kind that the path's end says."""
    if path.name.lower().endswith(".zip"):
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
            for name, text in files.items():
                file.writestr(name, text)
        return path
    with tarfile.open(path, "w:gz") as file:
        for name, text in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(text)
            file.addfile(member, io.BytesIO(text.encode()))
    return path


@pytest.mark.parametrize("kind", ["zip", "tgz"])
@pytest.mark.parametrize("name", ARCHIVES)
def test_archives_that_are_refused(name, kind, tmp_path):
    with pytest.raises(InputError, match=ARCHIVES[name]):
        open_solution(archive(tmp_path / f"a.{kind}", {name: "x = 1"}))


@pytest.mark.parametrize("name", ["a.ZIP", "a.tgz", "a.tar.gz"])
def test_more_archives(name, tmp_path):
    path = tmp_path / name
    path.write_bytes(b"PK\3\4 no archive")
    with pytest.raises(InputError, match=r"cannot be read as an archive"):
        open_solution(path)
    with pytest.raises(InputError, match=r"em.py has more than"):
        open_solution(archive(path, {"em.py": "#" * 9 * 10**6}))
    with pytest.raises(InputError, match=r"contains both a/em.py and b/em.py"):
        open_solution(archive(path, dict.fromkeys(("a/em.py", "b/em.py"), "x = 1")))
    names = ("deep/er/em.py", "top/em.py", "top/kmeans.py", "deep/naive_em.py", "top/utils/tools.py", "top/.git/x.py")
    solution = open_solution(archive(path, {name: f"name = {name!r}" for name in names}))
    assert solution.name == "top" and set(solution.files) == {"em.py", "kmeans.py", "utils/tools.py"}
    assert "top/em.py" in solution.text("em") and solution.has_beside("utils") and not solution.has_beside("tools")
    copy = Path(solution.copy_into(tmp_path / "copy"))
    assert sorted(file.name for file in copy.iterdir()) == ["common.py", "em.py", "kmeans.py", "utils"]


@pytest.mark.parametrize("name", ["a.zip", "a.tgz"])
def test_an_archive_made_on_windows(name, em_plan, tmp_path):
    text = "from own_helpers import tools\n" + BROADCAST.replace("np.max(a, axis=1", "tools.maximum(a, axis=1")
    files = {"my work\\em.py": text, "my work\\own_helpers\\tools.py": "from numpy import max as maximum\n"}
    results = check(open_solution(archive(tmp_path / name, files)), em_plan, run_in=InProcess)
    assert passed(results)


def test_a_notebook_in_an_archive(em_plan, tmp_path):
    cells = [{"cell_type": "code", "source": BROADCAST, "metadata": {}, "outputs": []}]
    files = {"work/a.ipynb": json.dumps({"cells": cells, "nbformat": 4}), "work/plots.png": "x"}
    solution = open_solution(archive(tmp_path / "a.tgz", files))
    assert solution.name == "work" and passed(check(solution, em_plan, run_in=InProcess))
