"""Clicks, purchases and plays: whatever tells a choice, the same counts are read."""

from collections import Counter

import numpy as np
import pytest
from scipy import sparse

import recommender
from console import InputError
from recommender import formats
from recommender.formats import Told
from tests.recommender.formats.cases import as_dict, npz

CHOICES = Told(implicit=True)
LINES = [("ann", "Heat"), ("bob", "Up"), ("ann", "Heat"), ("ann", "Up"), ("cat", "Big"), ("ann", "Heat")]
CLICKS = [(u, 100 + u * k % 53) for u in range(1, 40) for k in (1, 2, 3)]
COUNTS = Counter(LINES)  # what reading has to find


def text(rows, separator=",", header=()):
    return "".join(separator.join(map(str, row)) + "\n" for row in [*([header] if header else []), *rows]).encode()


def counted(rows):
    """Return rows with a count each: what comes twice has 1 and then the rest."""
    left, found = Counter(COUNTS), []
    for row in rows:
        found.append((*row, min(left[row], 1 + (row in [each[:2] for each in found]))))
        left[row] -= found[-1][-1]
    return found


FILES = {
    "a header": text(LINES, header=("user", "item")),
    "no header": text(LINES),
    "tabs": text(LINES, "\t"),
    "times": text([(*row, f"2024-01-{day:02}") for day, row in enumerate(LINES, 1)], header=("user", "item", "time")),
    "times without a header": text([(*row, 1.7e9 + day) for day, row in enumerate(LINES)]),
    "plays": text([(*row, count) for row, count in COUNTS.items()], "\t", ("userID", "artist", "weight")),
    "plays without a header": text([(*row, count) for row, count in COUNTS.items()], "\t"),
    "plays in several lines": text(counted(LINES), "\t", ("user", "artist", "plays")),
    "plays and times": text([(*row, count, 1.7e9) for row, count in COUNTS.items()], "::"),
    "zeros": text([*((*row, count) for row, count in COUNTS.items()), ("dan", "Heat", 0), ("ann", "Big", "0.0")],
                  header=("user", "item", "plays")),
    "events": text([(*row, "view") for row in LINES], header=("visitorid", "itemid", "event")),
    "events without a header": text([(*row, "view", 1.7e9) for row in LINES], "\t"),
    "JSON": b"".join(b'{"user": "%s", "x": 3, "item": "%s"}\n' % (u.encode(), i.encode()) for u, i in LINES),
    "quotes": text([(f'"{u}"', f'"{i}"') for u, i in LINES], header=("user_id", "item_id")),
}


@pytest.mark.parametrize("case", FILES)
def test_choices_are_counted(case, write, reader):
    path = write(FILES[case])
    found = formats.read(path, told=CHOICES)
    assert found.implicit and as_dict(found) == COUNTS and (found.X.data > 0).all()


def test_the_order_of_lines_changes_nothing(write):
    first, *lines = FILES["plays in several lines"].splitlines(True)
    assert as_dict(formats.read(write(b"".join([first, *lines[::-1]])), told=CHOICES)) == COUNTS


def test_times_are_those_of_the_last_choice(write):
    found = formats.read(write(FILES["times without a header"]), told=CHOICES)
    last = {pair: 1.7e9 + day for day, pair in enumerate(LINES)}
    assert as_dict(found._replace(X=found.times)) == last


def test_a_matrix_of_choices(write):
    X = (np.random.RandomState(0).rand(30, 4) < 0.4) * 1.0
    X[:, 0] = 1
    for width in (4, 3):
        content = text(X[:, :width].astype(int), " ")
        found = formats.read(write(content), told=CHOICES)
        np.testing.assert_array_equal(found.X.toarray(), X[:, :width])
        assert "(a guess; --format list if it is a list)" in found.notes[0]
    X = np.random.RandomState(0).poisson(1.0, (30, 6)) * 1.0
    for content in (text(X.astype(int), ","), npz(sparse.csr_array(X)), npz(sparse.coo_array(X + 0))):
        found = formats.read(write(content), told=CHOICES)
        np.testing.assert_array_equal(found.X.toarray(), X)
        assert found.X.nnz == (X > 0).sum()


def test_numbers_are_a_list_unless_that_cannot_be(write):
    rows = [(u, i, 1 + (u + i) % 7) for u in range(1, 9) for i in range(1, 9)]
    for content in (text(rows, " "), text([row[:2] for row in rows])):
        found = formats.read(write(content), told=CHOICES)
        assert found.X.shape == (8, 8) and "a guess; --format matrix if it is a matrix" in found.notes[0]


def test_events_of_several_kinds_are_asked_for(write):
    rows = [(*row, kind) for row, kind in zip(LINES, ["view", "view", "buy", "view", "buy", "view"], strict=True)]
    for header in (("user", "item", "event"), ()):
        path = write(text(rows, header=header))
        with pytest.raises(InputError, match=r"events: view \(4\), buy \(2\); say which to count, as in --events view"):
            formats.read(path, told=CHOICES)
        found = formats.read(path, told=CHOICES._replace(events=("buy",)))
        assert as_dict(found) == {("ann", "Heat"): 1, ("cat", "Big"): 1}
        assert "4 lines of other events left out" in found.notes
        assert as_dict(formats.read(path, told=CHOICES._replace(events=("buy", "view")))) == COUNTS
        with pytest.raises(InputError, match=r"has no event 'sale'; it has view \(4\), buy \(2\)"):
            formats.read(path, told=CHOICES._replace(events=("buy", "sale")))
    path = write(text(rows, header=("user", "item", "event")))
    assert as_dict(formats.read(path, told=CHOICES._replace(columns={"event": "none"}))) == COUNTS


def test_events_may_be_numbers(write, reader):
    rows = [(u, 100 + i, (u + i) % 3) for u in range(8) for i in range(8)]
    path = write(text(rows, "\t", ("user", "item", "action")))
    with pytest.raises(InputError, match=r"events: 1 \(22\), [02] \(21\), [02] \(21\); say which"):
        formats.read(path, told=CHOICES)
    found = formats.read(path, told=CHOICES._replace(events=("0", "2")))
    assert as_dict(found) == {(u, i): 1 for u, i, action in rows if action != 1}


def test_what_tells_a_choice_is_said_and_can_be_overridden(write):
    path = write(text([(*row, 4, 2) for row in LINES], header=("user", "item", "rating", "plays")))
    found = formats.read(path, told=CHOICES)
    assert as_dict(found) == {pair: 2 * count for pair, count in COUNTS.items()}
    assert "the numbers of plays count choices (--columns rating=none counts each line once)" in found.notes[0]
    assert "2 more lines of the same pairs added" in found.notes[-1]
    found = formats.read(path, told=CHOICES._replace(columns={"rating": "none"}))
    assert as_dict(found) == COUNTS and "; each line counts once" in found.notes[0]
    found = formats.read(path, told=CHOICES._replace(columns={"rating": "rating"}))
    assert as_dict(found) == {pair: 4 * count for pair, count in COUNTS.items()}
    assert "the numbers of rating count choices, though they look like ratings (" in found.notes[0]
    wide = write(text([("x", *row, "pv", 1.7e9) for row in LINES]))
    columns = {"user": "2", "item": "3", "event": "4", "time": "5"}
    assert as_dict(formats.read(wide, told=CHOICES._replace(columns=columns))) == COUNTS


@pytest.mark.parametrize("content, told, says", [
    (text([("ann", "Heat", -1), ("bob", "Up", 2)]), {}, "a count of choices is -1; expected 0 or more"),
    (text([("ann", "Heat", 0)] * 2), {}, "holds no choice"),
    (text([("ann", "2014-04-07T10:51:09Z", 5, 0)]), {}, "names no user and no item"),
    (text(LINES, header=("user", "item")), {"columns": {"rating": "plays"}}, "rating=plays: there is no such column"),
    (text(LINES, header=("user", "item")), {"columns": {"time": "when"}}, "time=when: there is no such column"),
    (text([(*row, 1) for row in LINES], header=("user", "thing", "n")), {}, "names no item; say which: --columns"),
])
def test_what_is_wrong_is_said_in_one_line(content, told, says, write):
    with pytest.raises(InputError, match=says) as error:
        formats.read(write(content), told=CHOICES._replace(**told))
    assert "\n" not in str(error.value)


def test_a_column_beside_the_items_is_no_event_if_that_is_said(write):
    """As in Last.fm's list of 360,000 users: user, number of the artist, name, plays."""
    rows = [(u, f"n{i}", f"artist {i}", 1 + u * i % 9) for u in range(5) for i in range(60)]
    path = write(text(rows, "\t"))
    with pytest.raises(InputError, match=r"has 60 different events: artist .*; if they are none, say --columns"):
        formats.read(path, told=CHOICES)
    found = formats.read(path, told=CHOICES._replace(columns={"user": "1", "item": "3", "rating": "4"}))
    assert as_dict(found) == {(u, name): plays for u, _, name, plays in rows}
    found = formats.read(path, told=CHOICES._replace(columns={"event": "none", "time": "none"}))
    assert as_dict(found) == {(u, number): 1 for u, number, *_ in rows} and found.times is None


def test_ratings_without_a_header_count_once_if_that_is_said(write):
    rows = [(u, 100 + i, 1 + (u + i) % 5, 880000000 + i) for u in range(1, 9) for i in range(8)]
    path = write(text(rows, "\t"))
    assert as_dict(formats.read(path, told=CHOICES)) == {row[:2]: row[2] for row in rows}
    found = formats.read(path, told=CHOICES._replace(columns={"rating": "none"}))
    assert as_dict(found) == {row[:2]: 1 for row in rows} and found.times is not None
    assert "no header, user, item, time separated by tabs" in found.notes[0]


def test_a_missing_count_can_be_left_out(write):
    found = formats.read(write(text([("ann", "Heat", -1), ("bob", "Up", 2)])), told=CHOICES._replace(missing=(-1,)))
    assert as_dict(found) == {("bob", "Up"): 2} and "1 line with -1 or 0 left out" in found.notes


@pytest.mark.parametrize("content", [text(LINES, header=("user", "item")), text(LINES), text(CLICKS),
                                     text([(*row, "view") for row in LINES], header=("user", "item", "event"))])
def test_without_the_option_the_message_names_it(content, write):
    with pytest.raises(InputError, match="--implicit"):
        formats.read(write(content))


def test_choices_in_memory():
    users, items = zip(*LINES, strict=True)
    for columns in ((users, items), (users, items, [1] * 6), (users, items, [1] * 6, range(6))):
        found = recommender.read(columns, implicit=True)
        assert found.implicit and as_dict(found) == COUNTS
    found = recommender.read((users, items, [2, 0, np.nan, 1, 5, 1]), implicit=True)
    assert as_dict(found) == {("ann", "Heat"): 3, ("ann", "Up"): 1, ("cat", "Big"): 5}
    assert found.users.tolist() == ["ann", "cat"]
    X = np.array([[2.0, 0, 1], [0, 3, 0]])
    for matrix in (X, sparse.csr_array(X), sparse.csr_array((np.array([2.0, 0, 1, 3]), [0, 1, 2, 1], [0, 3, 4]))):
        np.testing.assert_array_equal(recommender.read(matrix, implicit=True).X.toarray(), X)
    for wrong, low in (((users, items, [-1, 2, 3, 1, 1, 9]), -1), (-X, -3)):
        with pytest.raises(InputError, match=f"count of choices is {low}"):
            recommender.read(wrong, implicit=True)
    with pytest.raises(InputError, match="implicit=True takes"):
        recommender.read((users, items))
    with pytest.raises(InputError, match="this Table holds ratings"):
        recommender.read(recommender.read((users, items, range(6))), implicit=True)
    with pytest.raises(InputError, match="expected at least 1 rating, got none"):
        recommender.read(sparse.csr_array((np.zeros(1), [0], [0, 1]), shape=(1, 1)), implicit=True)
    with pytest.raises(InputError, match="events can be told of files alone"):
        recommender.read((users, items), implicit=True, events=("view",))
    with pytest.raises(InputError, match=r"implicit=True\), too"):
        recommender.read((users, items), events=("view",))


def test_a_frame_of_choices():
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(LINES, columns=["customer", "product"])
    assert as_dict(recommender.read(frame, implicit=True)) == COUNTS
    frame["event"] = ["view", "view", "buy", "view", "buy", None]
    with pytest.raises(InputError, match=r"the DataFrame has several kinds of events: view \(3\), buy \(2\)"):
        recommender.read(frame, implicit=True)
    found = recommender.read(frame, implicit=True, events=("buy",))
    assert as_dict(found) == {("ann", "Heat"): 1, ("cat", "Big"): 1}
    assert "; 4 lines of other events left out" in found.notes[0] and "dropped" not in " ".join(found.notes)
    frame["plays"] = [1, 2, 3, 4, 5, 6]
    with pytest.raises(InputError, match=r"got customer, product, event, plays; .*; or implicit=True if these are"):
        recommender.read(frame)
    found = as_dict(recommender.read(frame.drop(columns="event"), implicit=True))
    assert found == {("ann", "Heat"): 10, ("bob", "Up"): 2, ("ann", "Up"): 4, ("cat", "Big"): 5}
