"""The page in a browser: its numbers are Python's, its lists are in order, and what others have named stays text."""

import json

import numpy as np
import pytest

import recommender
from recommender import reasons
from recommender.titles import keys, plain
from tests.recommender.taste.cases import UNITS, fitted, reference, written

NEW = [(3, 0.9), (5, 0.1), (0, 0.6), (17, 0.35), (22, 1.0)]  # places on the page, and how high on the scale


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A function that returns a model in a unit, its page, and the numbers of the page's items."""
    done = {}

    def make(unit="stars"):
        if unit not in done:
            path, model = tmp_path_factory.mktemp("taste") / f"{unit}.html", fitted(unit)
            done[unit] = model, path, written(path, model)
        return done[unit]
    return make


def rated(scale, new=NEW):
    """Ratings of somebody new: {place on the page: rating}."""
    low, high, step = scale
    length = high - low
    return {i: float(low + (step * round(part * length / step) if step else part * length)) for i, part in new}


def opening(opened, path, **options):
    """The page in a tab, without ratings of an earlier one."""
    tab = opened(path, **options)
    tab.run("localStorage.clear(); people = [someone('You')]; go(0)")
    return tab


def rate(tab, ratings, name=None):
    if name:
        assert tab.run(f"add({json.dumps(name)})")
    tab.run(f"for (const [i, x] of {json.dumps(list(ratings.items()))}) rate(person(), i, x)")


def shown(tab):
    """The numbers of the items in the list."""
    return tab.run("[...list.children].map(one => Number(one.dataset.item))")


def order(worth, without=()):
    return [int(i) for i in np.argsort(-worth, kind="stable") if i not in without]


def folded(made_, ratings):
    """The Predictor of somebody new with the page's rounded factors; u and i for all items of the page."""
    model, _, kept = made_
    at = sorted(ratings, key=lambda i: kept[i])
    found = reference(model).fold_in(kept[at], np.array([ratings[i] for i in at]))
    return found, (np.zeros(len(kept), int), kept)


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize("number", [1, 5])
def test_numbers_are_those_of_python(number, unit, made, opened):
    """Predictions, half-widths, ends, and the part of taste, to 1e-6; reasons and similar items."""
    model, path, kept = made(unit)
    ratings = rated(model.table.scale, NEW[:number])
    tab = opening(opened, path)
    given = f"new Map({json.dumps(list(ratings.items()))})"
    js = tab.run(f"""(() => {{ const it = predictions({given}); return {{...Object.fromEntries(Object.entries(it)
        .map(([name, xs]) => [name, [...xs]])), ends: COUNTS.map((_, i) => ends(it.predicted[i], it.half[i])),
        reasons: COUNTS.map((_, i) => reason(i, liked({given})) ?? null), similar: similar(2, 9)}} }})()""")
    found, pairs = folded(made(unit), ratings)
    size = found.fitted.unit.size
    raw = found.fitted.predict(*pairs)
    np.testing.assert_allclose(js["predicted"], raw, rtol=0, atol=1e-6 * size)
    np.testing.assert_allclose(js["half"], found.half_width(*pairs), rtol=0, atol=1e-6 * size)
    np.testing.assert_allclose(np.transpose(js["ends"]), found.interval(*pairs), rtol=0, atol=1e-6 * size)
    factors = found.fitted.model.model
    personal = size * factors.Q[kept, :-1] @ factors.P[0, :-1]
    np.testing.assert_allclose(js["personal"], personal, rtol=0, atol=1e-6 * size)
    assert abs(raw - model.predictor.fold_in(kept[list(ratings)], np.array(list(ratings.values())))
               .fitted.predict(*pairs)).max() < 0.01 * size  # what half precision changes
    at = sorted(ratings, key=lambda i: kept[i])
    why = reasons.nearest(found.fitted, model.table.X, kept, kept[at], np.array([ratings[i] for i in at]))
    assert js["reasons"] == [None if each is None else kept.tolist().index(each) for each in why]
    V = factors.Q[kept, :-1]
    assert js["similar"] == order(reasons.cosines(V, V[[2]])[:, 0], without=[2])[:9]


def test_a_rating_is_high_if_it_equals_the_mean_but_for_rounding(made, opened):
    _, path, _ = made("stars")
    tab = opening(opened, path)
    assert tab.run("liked(new Map([[0, 0.1], [1, 0.2], [2, -0.3], [3, 0]]))") == [0, 1, 3]  # their sum is 6e-17


@pytest.mark.parametrize("unit", ["stars", "hundreds", "any"])
def test_lists_are_in_order(unit, made, opened):
    """By the prediction, by the low end, by what taste adds above the average; without what is rated."""
    model, path, kept = made(unit)
    ratings = rated(model.table.scale)
    found, pairs = folded(made(unit), ratings)
    factors = found.fitted.model.model
    raw, personal = found.fitted.predict(*pairs), factors.Q[kept, :-1] @ factors.P[0, :-1]
    worth = {"Likely": raw, "Sure": raw - found.half_width(*pairs),
             "Surprising": np.where(personal + factors.Q[kept, -1] > 0, personal, -np.inf)}
    tab = opening(opened, path)
    rate(tab, ratings)
    tab.click("more")
    for words, by in worth.items():
        tab.click(f"[...orders.children].find(one => one.textContent === '{words}')")
        tab.run("shown = 99; draw()")
        assert shown(tab) == [i for i in order(by, ratings) if by[i] > -np.inf]
    assert set(shown(tab)) < set(range(len(kept))) - set(ratings)
    rate(tab, dict.fromkeys(range(len(kept)), ratings[NEW[0][0]]))
    assert shown(tab) == [] and tab.run("about.textContent") == "Nothing is left to recommend."


def test_the_unit_does_not_change_the_order(made, opened):
    lists = []
    for unit in ("stars", "hundreds"):
        tab = opening(opened, made(unit)[1])
        rate(tab, rated(made(unit)[0].table.scale))
        lists.append([tab.run(f"(order = '{by}', draw())") or shown(tab) for by in ("likely", "sure", "surprising")])
    assert lists[0] == lists[1]


def test_a_list_for_all(made, opened):
    """By the least prediction or by the mean; without what anybody has rated, and without people who rated nothing."""
    model, path, kept = made()
    both = rated(model.table.scale), rated(model.table.scale, [(i, 1 - part) for i, part in NEW[1:4]] + [(9, 1.0)])
    predicted = [(lambda found, pairs: found.fitted.predict(*pairs))(*folded(made(), ratings)) for ratings in both]
    tab = opening(opened, path)
    assert tab.run("people.push(someone('x')), go(2), about.textContent") == "Nobody has rated anything yet."
    assert shown(tab) == []
    tab.run("people.pop(), go(0)")
    rate(tab, both[0])
    rate(tab, both[1], "Anna")
    rate(tab, {}, "Ben")
    tab.click("[...crowd.children].find(one => one.textContent === 'All together')")
    for words, by in (("Mean", np.mean(predicted, axis=0)), ("Least", np.min(predicted, axis=0))):
        tab.click(f"[...orders.children].find(one => one.textContent === '{words}')")
        tab.run("shown = 99; draw()")
        assert shown(tab) == order(by, {*both[0], *both[1]})
    assert "left out: Ben" in tab.run("about.textContent")
    first = shown(tab)[0]
    numbers = tab.run("[...list.firstElementChild.querySelectorAll('.each')].map(one => one.innerText.split(/\\s+/))")
    assert [one[:2] for one in numbers] == [[name, f"{np.clip(x[first], 1, 5):.2f}"] for name, x in
                                            zip(["You", "Anna"], predicted, strict=True)]
    cells = tab.run("[...side.querySelectorAll('tbody tr')].map(row => [...row.cells].map(cell => cell.textContent))")
    ids = [f"i{i:02}" for i in kept]
    assert sorted(cells) == sorted([ids[i], *(f"{one[i]:g}" if i in one else "–" for one in (*both, {}))]
                                   for i in {*both[0], *both[1]})


def test_by_keyboard_alone(made, opened):
    """Search, rate, read, change, take back; the focus is never lost."""
    _, path, kept = made()
    tab = opening(opened, path)
    tab.run("seek.focus()")
    tab.run("seek.value = 'i0'; seek.dispatchEvent(new Event('input'))")
    found = [i for i in range(len(kept)) if kept[i] < 10][:8]
    assert tab.run("[...matches.children].map(one => one.firstChild.textContent)") == [f"i{kept[i]:02}" for i in found]
    tab.press("ArrowDown")
    active = tab.run("document.getElementById(seek.getAttribute('aria-activedescendant')).innerText")
    assert active.startswith(f"i{kept[found[1]]:02}")
    for key in ("Enter", "ArrowRight", "ArrowRight", "ArrowRight", "Enter"):
        tab.press(key)
    assert tab.run("[...people[0].ratings]") == [[found[1], 4]]
    assert tab.run("document.activeElement === seek && !pending.children.length")
    first = shown(tab)[0]
    tab.run("list.querySelector('.rate [tabindex=\"0\"]').focus()")
    tab.press("Enter")
    assert tab.run("[...people[0].ratings]") == [[found[1], 4], [first, 1]] and first not in shown(tab)
    assert tab.run("list.firstElementChild.contains(document.activeElement)")
    tab.run("rated.querySelector('.rate [aria-pressed=\"true\"]').focus()")
    for key in ("ArrowRight", " "):
        tab.press(key)
    assert tab.run("[...people[0].ratings]") == [[found[1], 4], [first, 2]]
    assert tab.run("document.activeElement.getAttribute('aria-label')") == "2 of 5"
    tab.run("rated.querySelector('.remove').focus()")
    tab.press("Enter")
    assert tab.run("[...people[0].ratings]") == [[found[1], 4]] and tab.run("rated.contains(document.activeElement)")
    for place, number in (("orders", 1), ("crowd", 0)):
        tab.run(f"{place}.children[{number}].focus()")
        tab.press("Enter")
        assert tab.run(f"document.activeElement === {place}.children[{number}]")
    assert tab.run("order") == "sure"


def test_the_map_opens_items(made, opened):
    """By Enter the one that is named, wherever the pointer is; by a click the one below it."""
    _, path, kept = made()
    tab, title = opening(opened, path), "dialog.open && dialog.querySelector('h2').textContent"
    tab.run("window.canvas = document.querySelector('canvas'); map.show(7); map.whole()")
    corner = tab.run("(box => [box.x, box.y])(canvas.getBoundingClientRect())")
    x, y = np.add(corner, tab.run("map.places()(3)")).tolist()
    tab.call("Input.dispatchMouseEvent", type="mouseMoved", x=x, y=y)
    tab.press("Enter")
    assert tab.run(title) == f"i{kept[7]:02}"
    tab.run("dialog.close()")
    for kind in ("mousePressed", "mouseReleased"):
        tab.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)
    assert tab.run(title) == f"i{kept[3]:02}"
    tab.run("dialog.close(); map.show(7)")
    middle = tab.run("[canvas.clientWidth / 2, canvas.clientHeight / 2]")
    assert tab.run(f"map.nearest({middle}, 1)") == 7
    tab.press("ArrowRight")
    assert tab.run("map.places()(7)[0]") < middle[0]
    tab.run("map.whole()")
    places = np.array(tab.run("COUNTS.map((_, i) => map.places()(i))"))
    assert (places > 0).all() and (places < 2 * np.array(middle)).all()


def test_ratings_stay_and_can_be_saved(made, opened, tmp_path):
    """In the browser, if it lets them; as text that the recommender reads and the page takes back."""
    model, path, _ = made("halves")
    ratings = rated(model.table.scale)
    tab = opening(opened, path)
    rate(tab, ratings)
    rate(tab, {0: 2.5, 1: 1.0}, 'Anna "</script>')
    again = opened(path)
    kept_there = again.run("people.map(one => [one.name, [...one.ratings]])")
    assert kept_there == [["You", [list(pair) for pair in ratings.items()]], ['Anna "</script>', [[0, 2.5], [1, 1.0]]]]
    text = again.run("JSON.stringify(records())")
    (tmp_path / "saved.json").write_text(text)
    table = recommender.read(tmp_path / "saved.json")
    assert table.X.nnz == len(ratings) + 2 and set(table.users) == {"You", 'Anna "</script>'}
    again.run("people = [someone('You')]; go(0)")
    assert again.run(f"load({json.dumps(text)})") == f"{len(ratings) + 2} ratings loaded."
    assert again.run("people.map(one => [one.name, [...one.ratings]])") == kept_there
    record = {"user": "You", "item": "i00", "title": "i00", "rating": 2}
    other = json.dumps([{**record, "rating": 99}, {**record, "title": "other"}])
    assert "0 ratings loaded, 2 left out" in again.run(f"load({json.dumps(other)})")
    for damaged in ("", "{}", "[null]", "<html>"):
        assert "expected one from Save" in again.run(f"load({json.dumps(damaged)})")
    assert again.run("people.map(one => [one.name, [...one.ratings]])") == kept_there
    again.run(f"load({json.dumps(json.dumps([record]))})")
    assert again.run("people.map(one => one.name)") == ["You", 'Anna "</script>', "You 2"]
    again.run("""Object.defineProperty(window, "localStorage", {get() { throw new Error("refused"); }}), 0""")
    again.run("rate(person(), 4, 2)")


EVIL = ["</script><script>window.harm = 1</script>", "<img src=x onerror='window.harm = 1'>", "\" onclick=\"harm()",
        "\u202egnorw yaw eht morf", "مرحبا (1999)", "x" * 300, "Twin (1990)", "Twin (1990)", "<!-- ",
        "\u2028\x1b[2J", "\udcff"]


def test_evil_titles_stay_text(made, opened, tmp_path):
    model, _, kept = made()
    titles = {f"i{number:02}": title for number, title in zip(kept, EVIL, strict=False)}
    written(tmp_path / "a.html", model, titles)
    for width in (390, 820, 1100):
        tab = opening(opened, tmp_path / "a.html", width=width)
        assert "i" + f"{kept[len(EVIL)]:02}" in tab.run("list.innerText")  # an item without a title
        rate(tab, {i: 1 + i % 5 for i in range(0, 12, 2)})
        rate(tab, {i: 1 + i % 5 for i in range(1, 12, 2)}, EVIL[0][:40])
        for group in (False, True):
            tab.run("go(2)" if group else "go(1)")
            assert tab.run("document.documentElement.scrollWidth <= innerWidth")
            for item in range(3):
                tab.run(f"show({item})")
                assert tab.run("dialog.querySelector('h2').textContent") == EVIL[item]
                assert tab.run("dialog.scrollWidth <= dialog.clientWidth")
                tab.run("dialog.close()")
        assert tab.run("document.querySelectorAll('script').length") == 2
        assert tab.run("document.querySelectorAll('img, [onclick], [onerror]').length") == 0
        assert tab.run("window.harm === undefined")
        assert tab.run("search('twin').length") == 2 and tab.run("search('مرحبا')") == [4]


TITLES = ["Matrix, The (1999)", "Seven (Se7en) (1995)", "E.T. the Extra-Terrestrial (1982)", "Amélie (2001)", "Heat",
          "Dr. Strangelove or: How I Learned (1963)", "Les Misérables", "Postino, Il (1994)", "Straße & Weg", "2001",
          "ΣΊΣΥΦΟΣ (1990)", "东京物语 (1953)", "A", "(1999)", "  Out   of  Africa ", "'Til There Was You", "***", "½",
          "İstanbul"]


def test_titles_are_read_as_python_reads_them(made, opened):
    tab = opening(opened, made()[1])
    for title in TITLES + EVIL[:8]:
        written_so = json.dumps(title)
        assert tab.run(f"plain({written_so})").replace("ς", "σ") == plain(title)
        assert {key.replace("ς", "σ") for key in tab.run(f"keys({written_so})")} == keys(title)


@pytest.mark.parametrize("unit, kind", [("stars", "stars"), ("halves", "stars halves"), ("likes", "steps"),
                                        ("any", "number")])
def test_any_scale_can_be_given(unit, kind, made, opened):
    """Stars where the scale has few steps above 0, numbers on buttons from 0 or below, else a field."""
    model, path, _ = made(unit)
    tab, (low, high, _) = opening(opened, path), model.table.scale
    assert tab.run("document.querySelector('.rate').className") == f"rate {kind}"
    if kind == "number":
        field = "list.querySelector('.rate input')"
        for value, there in ((high + 1, 0), (low, 1)):
            tab.run(f"{field}.value = {value!r}; {field}.dispatchEvent(new Event('change'))")
            assert tab.run("people[0].ratings.size") == there
    else:
        tab.click("list.querySelector('.rate button:last-child')")
    assert tab.run("[...people[0].ratings]") == [[0, low if kind == "number" else high]]


@pytest.mark.parametrize("width", [390, 820, 1100])
def test_the_page_fits_any_width(width, made, opened):
    tab = opening(opened, made()[1], width=width, dark=width == 820)
    rate(tab, rated(made()[0].table.scale))
    assert tab.run("document.documentElement.scrollWidth <= innerWidth")
    assert tab.run("[...document.querySelectorAll('button, input, select')].filter(one => one.checkVisibility())"
                   ".every(one => one.textContent.trim() || one.ariaLabel)")
