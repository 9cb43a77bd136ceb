"""Somebody's folder, file or archive: what is a solution, and what of it is copied."""

import os
import zipfile
from pathlib import Path

import pytest

from checker import child
from checker.check import check
from checker.solution import open_solution
from console import InputError
from tests.checker.in_process import InProcess
from tests.checker.solutions import BROADCAST


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
    results = check(open_solution(tmp_path / "em.py"), plan, said.append, InProcess)
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
    folder = Path(open_solution(theirs).copy_into(copy))
    assert sorted(str(path.relative_to(folder))
                  for path in folder.rglob("*.py")) == ["common.py", "em.py", "helpers/tools.py"]
    assert not (folder / "film.mp4").exists()
    assert sorted(path.name
                  for path in Path(child.last_places(str(folder))[-1]).iterdir()) == ["arithmetic"]


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


ARCHIVES = {
    "../em.py": "may lead outside", "/em.py": "may lead outside", "a/../../em.py": "may lead outside",
    "C:\\em.py": "may lead outside",
    "notes.txt": "has no em.py", "__MACOSX/em.py": "has no em.py",
}


@pytest.mark.parametrize("name", ARCHIVES)
def test_archives_that_are_refused(name, tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr(name, "x = 1")
    with pytest.raises(InputError, match=ARCHIVES[name]):
        open_solution(tmp_path / "a.zip")


def test_more_archives(tmp_path):
    path = tmp_path / "a.ZIP"
    path.write_bytes(b"PK\3\4 no archive")
    with pytest.raises(InputError, match=r"cannot be read as a .zip archive"):
        open_solution(path)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("em.py", b"#" * 9 * 10**6)
    with pytest.raises(InputError, match=r"em.py has more than"):
        open_solution(path)
    with zipfile.ZipFile(path, "w") as archive:
        for name in ("a/em.py", "b/em.py"):
            archive.writestr(name, "x = 1")
    with pytest.raises(InputError, match=r"contains both a/em.py and b/em.py"):
        open_solution(path)
    with zipfile.ZipFile(path, "w") as archive:
        for name in ("deep/er/em.py", "top/em.py", "top/kmeans.py", "deep/naive_em.py", "top/evil.py"):
            archive.writestr(name, f"name = {name!r}")
    solution = open_solution(path)
    assert solution.name == "top" and set(solution.modules) == {"em", "kmeans"} and "top/em.py" in solution.text("em")
    copy = Path(solution.copy_into(tmp_path / "copy"))
    assert sorted(file.name for file in copy.iterdir()) == ["common.py", "em.py", "kmeans.py"]
