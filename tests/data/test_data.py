"""Finding, verifying and reading the files; whatever is wrong with them is said in one line."""

import hashlib
import io
import os
import shutil
import tarfile

import numpy as np
import pytest

import common
import data
import naive_em
from console import InputError
from data import course, sample, source, text

ALL = data.TOY + data.NETFLIX + data.TEST_CASE


@pytest.fixture
def folder(sample_folder, tmp_path):
    return shutil.copytree(sample_folder, tmp_path / "files")


@pytest.fixture
def nowhere(monkeypatch, tmp_path):
    """A project root with no course files in it or beside it."""
    monkeypatch.setattr(source, "_ROOT", tmp_path / "project")
    return tmp_path


def packed(folder, path, prefix="netflix/", mode="w:gz"):
    with tarfile.open(path, mode) as archive:
        for file in sorted(folder.iterdir()):
            archive.add(file, prefix + file.name)
    return path


# Where files are looked for


def test_order_of_the_places(nowhere, sample_folder):
    places = [nowhere / "variable", nowhere / "project" / "data", nowhere / "shared" / "data"]
    environ = {"NETFLIX_DATA": str(places[0])}
    assert data.find(data.TOY, environ=environ).place == "built-in sample"
    for place in reversed(places):
        place.mkdir(parents=True)
        shutil.copy(sample_folder / "toy_data.txt", place)
        said = data.find(data.TOY, environ=environ).description.split(":")[0]
        assert said.endswith(f"{place.parent.name}/{place.name}")
    given = shutil.copytree(sample_folder, nowhere / "given")
    assert data.find(data.TOY, given, environ).place == str(given)


def test_an_installed_copy_does_not_name_its_own_folder(nowhere, sample_folder, monkeypatch):
    shutil.copytree(sample_folder, nowhere / "project" / "data")
    assert data.find(data.TOY, environ={}).place == str(nowhere / "project" / "data")
    monkeypatch.setattr(source, "_INSTALLED", True)
    said = data.find(data.TOY, environ={}).description
    assert "NETFLIX_DATA" in said and "into data/" not in said
    assert data.may_read(data.TOY, environ={}) == []
    given = {"NETFLIX_DATA": str(nowhere / "project" / "data")}
    assert data.find(data.TOY, environ=given).place == given["NETFLIX_DATA"]


def test_a_place_without_all_files_is_passed_over_and_said(nowhere, sample_folder):
    (nowhere / "some").mkdir()
    shutil.copy(sample_folder / "toy_data.txt", nowhere / "some")
    environ = {"NETFLIX_DATA": str(nowhere / "some")}
    assert data.find(data.TOY, environ=environ).place == environ["NETFLIX_DATA"]
    found = data.find(data.TOY + data.TEST_CASE, environ=environ)
    assert found.place == "built-in sample" and "Passed over: " in found.description
    with pytest.raises(InputError, match=r"holds no netflix_incomplete\.txt"):
        data.find(data.TOY + data.NETFLIX, nowhere / "some")


def test_verified_only_with_the_published_checksums(folder, monkeypatch):
    assert not data.find(data.TOY, folder).verified
    digest = hashlib.sha256((folder / "toy_data.txt").read_bytes()).hexdigest()
    monkeypatch.setitem(source.CHECKSUMS, "toy_data.txt", digest)
    assert data.find(data.TOY, folder).verified
    assert not data.find(data.TOY + data.NETFLIX, folder).verified
    with open(folder / "toy_data.txt", "a") as file:
        file.write("\n")
    found = data.find(data.TOY, folder)
    assert not found.verified and "toy_data.txt" in found.description


def test_course_files_are_verified(course_files):
    assert course_files.verified and set(course_files.files) == set(course.CHECKSUMS)


@pytest.mark.parametrize("mode", ["w:gz", "w", "w:xz"])
@pytest.mark.parametrize("prefix", ["", "netflix/", "./a/b/"])
def test_archive_is_read_in_memory(folder, tmp_path, mode, prefix):
    for name in data.NETFLIX:  # compressing the whole ones takes seconds
        (folder / name).write_text("1 0\n2 3\n")
    before = sorted(tmp_path.rglob("*"))
    path = packed(folder, tmp_path / "netflix.tar", prefix, mode)
    found = data.find(ALL, path)
    assert found.files == {name: (folder / name).read_bytes() for name in ALL}
    assert sorted(tmp_path.rglob("*")) == sorted([*before, path])


def test_archive_of_a_folder_by_its_dot(folder, tmp_path):
    with tarfile.open(tmp_path / "netflix.tar", "w") as archive:
        archive.add(folder, ".")
    assert set(data.find(data.TOY, tmp_path / "netflix.tar").files) == set(data.TOY)


def test_archive_in_the_data_folder(nowhere, sample_folder):
    (nowhere / "project" / "data").mkdir(parents=True)
    path = nowhere / "project" / "data" / "netflix.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        archive.add(sample_folder / "toy_data.txt", "netflix/toy_data.txt")
    assert data.find(data.TOY, environ={}).place == str(path)
    path.write_bytes(b"broken")
    found = data.find(data.TOY, environ={})
    assert found.place == "built-in sample" and "Passed over: " in found.description


@pytest.mark.parametrize("mode", ["w:gz", "w:xz", "w:bz2"])
def test_archive_that_is_damaged(folder, tmp_path, mode):
    for name in data.NETFLIX + data.TEST_CASE:
        (folder / name).unlink()
    content = bytearray(packed(folder, tmp_path / "a.tar", mode=mode).read_bytes())
    for place in range(12, len(content), max(1, len(content) // 60)):
        damaged = bytes(content[:place]) + bytes([content[place] ^ 0xFF]) + bytes(content[place + 1 :])
        (tmp_path / "a.tar").write_bytes(damaged)
        try:
            data.find(data.TOY, tmp_path / "a.tar")
        except InputError as error:
            assert "\n" not in str(error)


def test_archive_with_a_file_that_is_too_large(folder, tmp_path, monkeypatch):
    for name in data.NETFLIX:  # compressing the whole ones takes time
        (folder / name).write_bytes(bytes(10**6))
    path = packed(folder, tmp_path / "a.tar")
    monkeypatch.setattr(source, "_LARGEST", 10**6)
    with pytest.raises(InputError, match="holds more than 1000000 bytes; expected the course's files"):
        data.find(ALL, path)
    monkeypatch.setattr(source, "_LARGEST", 1000)
    with pytest.raises(InputError, match=r"a\.tar has .* bytes; expected .*, 1000 bytes at most"):
        data.find(ALL, path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no FIFOs here")
def test_what_is_neither_folder_nor_file(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(InputError, match="pipe is a pipe; expected a folder with"):
        data.find(data.TOY, tmp_path / "pipe")


def test_place_that_cannot_be_read(nowhere, sample_folder, monkeypatch):
    """Said where it was asked for, passed over where not. Root may read everything, so the refusal is played."""
    shutil.copytree(sample_folder, nowhere / "shared" / "data")

    def refuse(path, flags):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(InputError, match=r"toy_data\.txt cannot be read: Permission denied"):
        data.find(data.TOY, nowhere / "shared" / "data")
    found = data.find(data.TOY, environ={})
    assert found.place == "built-in sample" and "Passed over: " in found.description


def test_archive_that_is_none(tmp_path):
    (tmp_path / "a.tar.gz").write_bytes(b"not an archive")
    with pytest.raises(InputError, match="neither a folder nor a whole tar archive"):
        data.find(data.TOY, tmp_path / "a.tar.gz")


@pytest.mark.parametrize("part", [0.0, 0.1, 0.5, 0.9])
@pytest.mark.parametrize("mode", ["w:gz", "w"])
def test_archive_cut_short(folder, tmp_path, part, mode):
    for name in data.NETFLIX + data.TEST_CASE:
        (folder / name).unlink()
    path = packed(folder, tmp_path / "netflix.tar.gz", mode=mode)
    content = path.read_bytes()
    path.write_bytes(content[: int(part * (len(content) if mode == "w:gz" else 3000))])
    with pytest.raises(InputError, match=r"netflix\.tar\.gz is neither a folder nor a whole tar archive"):
        data.find(data.TOY, path)


@pytest.mark.parametrize("name", ["/etc/toy_data.txt", "../toy_data.txt", "a/../../toy_data.txt", "..\\toy_data.txt",
                                  "C:/toy_data.txt"])
def test_archive_with_paths_that_lead_outside(folder, tmp_path, name):
    with tarfile.open(tmp_path / "bad.tar", "w") as archive:
        member = tarfile.TarInfo(name)
        member.size = 4
        archive.addfile(member, io.BytesIO(b"1 2\n"))
    with pytest.raises(InputError, match="leads outside of the archive"):
        data.find(data.TOY, tmp_path / "bad.tar")


def test_archive_with_a_link_in_the_place_of_a_file(tmp_path):
    with tarfile.open(tmp_path / "link.tar", "w") as archive:
        member = tarfile.TarInfo("toy_data.txt")
        member.type, member.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(member)
    with pytest.raises(InputError, match=r"holds no toy_data\.txt"):
        data.find(data.TOY, tmp_path / "link.tar")


# Text


@pytest.mark.parametrize("content, says", [
    (b"", "f.txt is empty"),
    (b" \n\n", "f.txt is empty"),
    (b"1 2\n3\n", "f.txt, line 2: 1 numbers, expected 2 as in line 1"),
    (b"1 2\n\n3 4 5\n", "f.txt, line 3: 3 numbers, expected 2"),
    (b"1 2\n3 x\n", "f.txt, line 2: 'x' is not a number"),
    (b"# 2\n", "f.txt, line 1: '#' is not a number"),
    (b"1 2\n3 nan\n", "f.txt, line 2: nan is not a finite number"),
    (b"\n1 2\n\n-inf 3\n", "f.txt, line 4: -inf is not a finite number"),
    (b"1 2\n3 -4\n", "f.txt, line 2: -4 is negative"),
    (b"1 2\n3 \x00\n", "f.txt, line 2: not text"),
    (b"1 2\n3 4\n\xff\xfe\n", "f.txt, line 3: not text"),
    (b"\x1f\x8b\x08\x00abc", "f.txt, line 1: not text"),
    ("1 2\n3 \N{GREEK SMALL LETTER ALPHA}\n".encode(), "f.txt, line 2"),
    (b"1,2\n", "f.txt, line 1: '1,2' is not a number"),
    (b"1 2\n1 1_0\n", "f.txt, line 2: '1_0' is not a number"),
    (b"1 2\r1\r", "f.txt, line 2: 1 numbers"),
    (b"1 2\n1 1e200\n", "f.txt, line 2: 1e+200 is too small or too large"),
    (b"1 2\n1e-200 1\n", "f.txt, line 2: 1e-200 is too small or too large"),
])
def test_what_is_wrong_with_a_matrix(content, says):
    with pytest.raises(InputError) as error:
        text.parse_matrix(content, "f.txt", ratings=True)
    assert says in str(error.value) and "\n" not in str(error.value)


@pytest.mark.parametrize("content", [b"1 2\n-3 4.5", b"1 2\r\n-3 4.5\r\n", b"\n 1\t2 \n\n-3 4.5e0\n",
                                     "\ufeff1 2\n-3 4.5".encode()])
def test_matrix(content):
    assert text.parse_matrix(content, "f.txt").tolist() == [[1, 2], [-3, 4.5]]


@pytest.mark.parametrize("names", [data.NETFLIX, data.TEST_CASE])
def test_matrices_that_do_not_fit_together(folder, names):
    lines = (folder / names[1]).read_text().splitlines(keepends=True)
    (folder / names[1]).write_text("".join(lines[:-1]))
    load = data.netflix if names == data.NETFLIX else data.test_case
    with pytest.raises(InputError, match=f"{names[0]} is .* but {names[1]} is .* expected one shape"):
        load(data.find(names, folder))


def test_ratings_that_are_all_missing(folder):
    for name in data.NETFLIX:
        (folder / name).write_text("0 0\n0 0\n")
    with pytest.raises(InputError, match=r"netflix_incomplete\.txt holds no rating"):
        data.netflix(data.find(data.NETFLIX, folder))


@pytest.mark.parametrize("damage, says", [
    (lambda s: "", "line 1: expected X: there"),
    (lambda s: s[: s.index("X_pred")], "expected X_pred: there"),
    (lambda s: s.replace("\nK: 4", "\nK:"), "line 23: K is not a whole array of numbers"),
    (lambda s: s.replace("Var: [", "Var: [x ", 1), "line 29: Var is not a whole array"),
    (lambda s: s.replace("LL:", "XX:", 1), "expected LL: there"),
    (lambda s: s[: s.index("RMSE")] + "RMSE: \n", "RMSE is not a whole array"),
    (lambda s: s.replace("\nK: 4", "\nK: 9"), "K is 9, but Mu has 4 rows"),
    (lambda s: s.replace("P: [0.25 0.25", "P: [0.25", 1), "line 30: P has shape (3,), expected (4,)"),
])
def test_what_is_wrong_with_the_solutions(folder, damage, says):
    content = damage((folder / "test_solutions.txt").read_text()).encode()
    with pytest.raises(InputError) as error:
        text.parse_solutions(content)
    assert "test_solutions.txt" in str(error.value) and says in str(error.value)


def test_solutions_are_read_back_as_written(sample_folder):
    content = (sample_folder / "test_solutions.txt").read_bytes()
    assert text.format_solutions(text.parse_solutions(content)).encode() == content


def test_solutions_of_the_course_are_read_and_written_alike(course_files):
    content = course_files.files["test_solutions.txt"]
    again = text.format_solutions(text.parse_solutions(content)).encode()
    assert again.replace(b"LL: ", b"LL:") == content.replace(b"LL: ", b"LL:")


# The sample


def test_sample_has_the_shapes_and_properties_of_the_course_files():
    X = sample.toy()
    assert X.shape == (250, 2)
    ratings, complete = sample.ratings()
    assert ratings.shape == complete.shape == (1200, 1200)
    assert set(np.unique(complete)) == {1, 2, 3, 4, 5}
    observed = ratings != 0
    assert observed.mean() == pytest.approx(0.77, abs=0.01)
    np.testing.assert_array_equal(ratings[observed], complete[observed])
    assert observed.any(axis=0).all() and observed.any(axis=1).all()
    case = text.parse_solutions(sample.content("test_solutions.txt"))
    assert case.X.shape == (20, 5) and case.run_mixture.p.min() > 0.05  # all four components live


def test_bic_chooses_the_three_groups_of_the_sample():
    X = sample.toy()
    criterion = {}
    for K in range(1, 6):
        runs = [naive_em.run(X, *common.init(X, K, seed)) for seed in range(5)]
        mixture, _, value = max(runs, key=lambda run: run[2])
        criterion[K] = common.bic(X, mixture, value)
    assert max(criterion, key=criterion.get) == 3


def test_sample_is_the_same_every_time(sample_folder):
    np.random.seed(1)  # the global random state must not matter
    contents = sample.contents()
    assert contents == {name: (sample_folder / name).read_bytes() for name in ALL}
    assert sample.content("test_complete.txt") == contents["test_complete.txt"]
    source_of_sample = data.Source(contents, "", False, "")
    X, complete, solutions = data.test_case(source_of_sample)
    np.testing.assert_array_equal(solutions.X, X)
    np.testing.assert_array_equal(solutions.X_gold, complete)


def test_sample_is_written_once_and_never_over_other_files(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(sample, "contents", lambda: dict.fromkeys(ALL, b"text"))
    assert sample.main([str(tmp_path / "new" / "folder")]) == 0
    written = {file.name: file.read_bytes() for file in (tmp_path / "new" / "folder").iterdir()}
    assert set(written) == set(course.CHECKSUMS)
    with pytest.raises(InputError, match="nothing is overwritten"):
        sample.main([str(tmp_path / "new" / "folder")])
    assert written == {file.name: file.read_bytes() for file in (tmp_path / "new" / "folder").iterdir()}


DIGITS = b"".join(b" ".join(b"%d" % x for x in row) + b"\n" for row in np.random.RandomState(0).randint(1, 6, (7, 4)))
LIKE_DIGITS = [DIGITS.replace(b"\n", b"\r\n"), DIGITS.replace(b"\n", b" \n"), DIGITS[:-1], DIGITS.replace(b" ", b"\t"),
               b" " + DIGITS, DIGITS + b"\n", DIGITS.replace(b"3", b"31"), DIGITS.replace(b" 4", b"  4"),
               DIGITS.replace(b"2 ", b"2.")]


@pytest.mark.parametrize("content", [DIGITS, *LIKE_DIGITS])
def test_digits_are_read_as_numpy_reads_them(content):
    """Single digits with a blank in between have a quick way; whatever differs from that in one character has not."""
    try:
        expected = np.loadtxt(content.decode().splitlines(), ndmin=2)
    except ValueError:
        with pytest.raises(InputError):
            text.parse_matrix(content, "f.txt")
    else:
        found = text.parse_matrix(content, "f.txt")
        np.testing.assert_array_equal(found, expected)
        assert found.dtype == float
