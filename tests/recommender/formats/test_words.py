"""Words: numbers, times, IDs."""

from datetime import datetime, timedelta, timezone

import numpy as np
import pytest

from recommender.formats import words


def test_whole_numbers_and_names():
    assert words.identifiers(["7", "-1", "0"]).dtype == np.int64
    for word in ("007", "+7", "7.5", "-0", "1" * 19, "７", "x"):
        assert words.identifiers(["1", word]).tolist() == ["1", word]


TIME = datetime(2005, 9, 6, 12, 30, 5, tzinfo=timezone.utc)


@pytest.mark.parametrize("word, time", [
    ("2005-09-06", TIME.replace(hour=0, minute=0, second=0)), ("2005/9/6", TIME.replace(hour=0, minute=0, second=0)),
    ("06.09.2005", TIME.replace(hour=0, minute=0, second=0)), ("2005-09-06 12:30:05", TIME),
    ("2005-09-06T12:30:05Z", TIME), ("2005-09-06T12:30:05.5+00:00", TIME + timedelta(seconds=0.5)),
    ("2005-09-06T14:30:05+0200", TIME), ("2005-09-06 09:00:05-03:30", TIME), ("2005-09-06 12:30:05 UTC", TIME),
    ("2005-09-06 12:30", TIME.replace(second=0)), ("2005-09-06 12", TIME.replace(second=0, minute=0))])
def test_times_as_people_write_them(word, time):
    assert words.moment(word) == time.timestamp()


def test_days_and_months_are_told_apart_by_other_dates():
    for date, first in (("31/12/2009", True), ("12-31-2009", False), ("01/02/2009", None), ("2009-12-31", None)):
        assert words.day_first(["02/01/2009", date]) is first
    assert words.day_first(["31/12/2009", "12/31/2009"]) is None
    assert words.moment("09/06/2005", True) == words.moment("2005-06-09")
    assert words.moment("09/06/2005", False) == words.moment("2005-09-06")
    for word in ("09/06/2005", "soon", "2005-13-06", "2005-02-30", "2005-09/06", "1_0", "12:30"):
        with pytest.raises(ValueError, match="is no time; expected a number or a date like 2005-09-06"):
            words.moment(word)
    assert np.isnan(words.moment("")) and np.isnan(words.moment("NaN"))


def test_ratings():
    assert [words.rating(word) for word in ("3,5", "-.5", "1e1", "0")] == [3.5, -0.5, 10, 0]
    assert all(np.isnan(words.rating(word)) for word in ("", "NaN", "NULL", "\\N", "n/a"))
    for word in ("1.000,5", "1,000,000", "inf", "1_0", "x", "1e400", "1e-200"):
        with pytest.raises(ValueError, match=r"is no rating|too small or too large"):
            words.rating(word)
