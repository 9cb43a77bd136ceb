"""The words that stand in the place of a file, and the files that a path reads."""

from recommender import sources
from recommender.ratings import Scale


def test_words_mean_the_course_s_matrix_and_the_sample(monkeypatch, tmp_path, sample_folder):
    monkeypatch.setenv("NETFLIX_DATA", str(sample_folder))
    course, sample = sources.read("course"), sources.read("sample")
    assert (course.table.X != sample.table.X).nnz == 0 and course.complete.shape == sample.table.X.shape
    assert course.table.scale == Scale(1.0, 5.0, 1.0) and len(course.table.users) == 1200
    assert sources.may_read("sample") == []


def test_the_files_that_may_be_read_are_those_of_the_path(tmp_path):
    """A file, those in a folder, and the archive that a path leads through."""
    (tmp_path / "a.zip").write_bytes(b"")
    assert str(tmp_path / "a.zip") in sources.may_read(str(tmp_path / "a.zip" / "in" / "u.data"))
    assert str(tmp_path / "a.zip") in sources.may_read(str(tmp_path)) and "none" in sources.may_read("none")
