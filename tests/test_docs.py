"""The pages hold what they say: links, pictures, commands, options, snippets, published figures, the rooms' drawing."""

import ast
import contextlib
import importlib
import importlib.util
import io
import re
from functools import cache
from pathlib import Path

import numpy as np
import pytest

import data
from checker import mistakes
from data import course

ROOT = Path(__file__).resolve().parent.parent
README = ROOT / "README.md"
PAGES = [README, ROOT / "CHANGELOG.md", ROOT / "data" / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
every_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
STARTS = re.compile(r"^    sys\.exit\(run(?:_program)?\(", re.MULTILINE)  # what makes a file a program
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def text(page):
    return page.read_text(encoding="utf-8")


def prose(page):
    """The page without blocks of code, in which brackets and hashes mean other things."""
    return re.sub(r"^    .*$", "", FENCE.sub("", text(page)), flags=re.MULTILINE)


def anchors(page):
    """The names under which the web shows a page's headings: lower case, blanks as hyphens, no other signs."""
    headings = re.findall(r"^#+ +(.*)$", prose(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def links(page):
    """What a page links to, pictures included, on the web or in the project."""
    return [first or second for first, second in re.findall(r"\]\(([^)\s]+)\)|src=\"([^\"]+)\"", prose(page))]


def linked_files(page):
    """The files of the project that a page links to, each with the heading or "" for the whole."""
    here = [link.partition("#") for link in links(page) if "://" not in link]
    return [((page.parent / name).resolve() if name else page, anchor) for name, _, anchor in here]


# Links and pictures


@every_page
def test_links_lead_somewhere(page):
    for file, anchor in linked_files(page):
        assert file.is_file(), f"{page.name} links to {file}"
        assert not anchor or anchor in anchors(file), f"{page.name} links to {file.name}#{anchor}"


def test_every_page_and_every_picture_is_linked():
    linked = {file for page in PAGES for file, _ in linked_files(page)}
    shown = {file for pattern in ("*.md", "*.png", "*.svg", "*.gif") for file in (ROOT / "docs").glob(pattern)}
    assert not shown - linked - {ROOT / "docs" / "README.md"}


def test_links_and_headings_are_found(tmp_path):
    page = tmp_path / "a.md"
    shown = '# K-means, *and* EM\n<img src="a.png"> [x](a.md#k-means-and-em)\n'
    page.write_text(shown + "```\n# no\n[y](z)\n```\n    # no\n")
    assert anchors(page) == {"k-means-and-em"} and links(page) == ["a.png", "a.md#k-means-and-em"]


# The README


def test_the_readme_is_one_page():
    assert len(text(README).splitlines()) <= 130


@pytest.mark.parametrize("end", ["-m pytest", "main.py"])
def test_the_two_commands_can_be_taken_from_the_readme(end):
    """.ci/run takes the first of them by this pattern."""
    assert len(re.findall(rf"^    (python3 -m venv .* {re.escape(end)})$", text(README), re.MULTILINE)) == 1


def test_the_readme_quotes_the_catalogue():
    said = " ".join(text(README).split())
    entries = [entry for each in vars(mistakes).values() if isinstance(each, list) for entry in each]
    assert any(f"{entry.name}. {entry.advice}" in said for entry in entries)


# Commands and options


def programs():
    """What can be run: main.py, test.py, and modules by the names that python -m takes."""
    files = [file for file in ROOT.glob("[!.]*/**/*.py") if STARTS.search(text(file))]
    modules = {".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__main__") for file in files}
    return {"main.py", "test.py", *modules}


@cache
def options(program):
    """The options that a program's --help names."""
    if program.endswith(".py"):
        spec = importlib.util.spec_from_file_location(f"the_program_{program[:-3]}", ROOT / program)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    else:
        package = (ROOT.joinpath(*program.split(".")) / "__main__.py").is_file()
        module = importlib.import_module(f"{program}.__main__" if package else program)
    helps = [["--help"], *([command, "--help"] for command in getattr(module, "COMMANDS", ()))]
    return set().union(*(options_of(module.main, words) for words in helps))


def options_of(main, words):
    with contextlib.redirect_stdout(io.StringIO()) as said, pytest.raises(SystemExit) as stopped:
        main(words)
    assert stopped.value.code in (0, None)
    return set(re.findall(r"--[a-z][\w-]*", said.getvalue()))


def commands(page):
    """(program, words) of every Python command on a page, those of venv, pip and pytest left out."""
    content = re.sub(r"^(    |\$ )recommender (?=\w)", r"\1python -m recommender ", text(page), flags=re.MULTILINE)
    for line in re.findall(r"\bpython3? (-m [\w.]+.*?|[\w/]+\.py.*?)(?:`|&&|#|$)", content, re.MULTILINE):
        program, *words = line.removeprefix("-m ").split()
        if program not in ("venv", "pip", "pytest"):
            yield program, words


@every_page
def test_commands_exist(page):
    for program, words in commands(page):
        assert program in programs(), f"{page.name}: python {program}"
        unknown = {word.partition("=")[0] for word in words if word.startswith("--")} - options(program) - {"--help"}
        assert not unknown, f"{page.name}: {program} has no {unknown}"
    for file in re.findall(r"\bpip install .*?-r ([\w./]+)", text(page)):
        assert (ROOT / file).is_file(), f"{page.name}: {file}"


@every_page
def test_options_exist(page):
    """Options on their own, as tables of options and sentences have them."""
    known = set().union(*map(options, programs()))
    for option in re.findall(r"`(--[a-z][\w-]*)", prose(page)):
        assert option in known, f"{page.name}: {option}"


def test_every_program_is_on_some_page():
    assert programs() <= {program for page in PAGES for program, _ in commands(page)}


def test_what_the_commands_of_the_pages_write_is_ignored():
    written = re.compile(r"(?:--(?:json|csv|page|film|figures|out|image-out|checkpoint)|convert \S+) ([a-z.]+)")
    ignored = {line.strip("/") for line in text(ROOT / ".gitignore").splitlines()}
    names = {name for page in PAGES for _, words in commands(page) for name in written.findall(" ".join(words))}
    assert {"film.html", "ratings.store", "run.npz", "table.json"} <= names <= ignored


# Figures and snippets

FOUR_DECIMALS = (course.KMEANS_COST, course.TOY_LOG_LIKELIHOOD, course.TOY_BIC, course.FIRST_LOG_LIKELIHOOD,
                 course.NETFLIX_LOG_LIKELIHOOD)
PUBLISHED = [figure for table in FOUR_DECIMALS for figure in table.values()]


def test_every_published_figure_is_among_the_answers():
    answers = text(ROOT / "docs" / "answers.md")
    for figure in [*(f"{figure:.4f}" for figure in PUBLISHED), *map(repr, course.NETFLIX_RMSE.values())]:
        assert re.search(rf"(?<![\d.-]){re.escape(figure)}(?!\d)", answers), figure


@every_page
def test_figures_near_a_published_one_are_it(page):
    """Less than one unit of the fourth decimal off, or the RMSE's 1e-12, as main.py marks them."""
    for word in re.findall(r"-?\d+\.\d{4,}", text(page)):
        for figure in PUBLISHED:
            assert not 1e-4 <= abs(float(word) - figure) < 0.1, f"{page.name}: {word}, published {figure}"
        for figure in course.NETFLIX_RMSE.values():
            exact = len(word) > 8 and abs(float(word) - figure) < 1e-6
            assert not exact or abs(float(word) - figure) < 1e-12, f"{page.name}: {word}, published {figure}"


def test_figures_of_the_comparison_stand_in_its_table():
    """What the points below the table say of it, to four decimals or in seconds, is what it says."""
    section = text(ROOT / "docs" / "comparison.md").split("\n## Which model predicts best\n")[1].split("\n## ")[0]
    table = {cell.strip() for line in section.splitlines() if line.startswith("|") for cell in line.split("|")}
    points = re.findall(r"^- \*\*.*?(?=^-|\Z)", section, re.MULTILINE | re.DOTALL)
    said = [figure for point in points for figure in re.findall(r"\d\.\d{4}\b|\d+\.\d(?= s\b)", point)]
    assert len(said) > 5 and not set(said) - table


@pytest.mark.parametrize("name", ["CHANGELOG.md", "docs/recommender.md"])
def test_how_much_intervals_hold_is_said_by_tables_alone(name):
    lines = [line for line in prose(ROOT / name).splitlines() if not line.startswith("|")]
    assert not re.findall(r"\d\d\.\d %", "\n".join(lines))


@pytest.mark.parametrize("page, number", [(page, number) for page in PAGES for number, (kind, _) in
                                          enumerate(FENCE.findall(text(page))) if kind == "python"],
                         ids=lambda part: getattr(part, "name", part))
def test_snippets_run(page, number, tmp_path, monkeypatch):
    """Each by itself, on small data in the place of the course's; scikit-learn is optional."""
    snippet = FENCE.findall(text(page))[number][1]
    if "sklearn" in snippet:
        pytest.importorskip("sklearn", reason="scikit-learn is not installed (gapmix/requirements.txt)")
    random = np.random.RandomState(0)
    complete = random.randint(1, 6, (1200, 20))
    np.savetxt(tmp_path / data.NETFLIX[0], complete * (random.uniform(size=complete.shape) < 0.7), "%d")
    np.savetxt(tmp_path / data.NETFLIX[1], complete, "%d")
    monkeypatch.setenv("NETFLIX_DATA", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    exec(compile(snippet, page.name, "exec"), {})


# The rooms


def rooms():
    """{name: its files} of what can be imported from the project's folder."""
    flat = {file.name: [file] for file in ROOT.glob("*.py")}
    packages = [file.parent for file in ROOT.glob("*/__init__.py")]
    return flat | {f"{package.name}/": list(package.rglob("*.py")) for package in packages}


def imported(file):
    """The first names of all that a file imports, within functions too."""
    for node in ast.walk(ast.parse(text(file))):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield node.module.partition(".")[0]


def test_rooms_use_only_rooms_drawn_below_them():
    page = text(ROOT / "docs" / "going_on.md")
    drawing = next(block for _, block in FENCE.findall(page) if "tests/" in block)
    lines = enumerate(drawing.splitlines())
    floor = {room: number for number, line in lines for room in re.findall(r"\w+(?:\.py|/)", line)}
    assert set(floor) == set(rooms())
    for room, files in rooms().items():
        assert f"`{room}`" in page, f"{room} is not in the table of rooms"
        for file in files:
            used = {other for name in imported(file) for other in (f"{name}.py", f"{name}/") if other in floor} - {room}
            above = {other for other in used if floor[other] <= floor[room]}
            assert not above, f"{file.relative_to(ROOT)} imports {above}, not below it in the drawing"
