"""Notebooks: the functions of each module are found by name, and run without the rest of the notebook."""

import ast
import json
from itertools import pairwise

import pytest

from checker import notebook
from checker.check import check, passed
from checker.solution import open_solution
from console import InputError
from tests.checker.in_process import InProcess
from tests.checker.solutions import COMMON, EDITS, LOOP, SOURCES, edited
from tests.checker.styles import RIGHT


def written(*cells):
    """Return the text of a notebook of code cells, and of a cell of words."""
    words = {"cell_type": "markdown", "source": ["# Mixtures\n"], "metadata": {}}
    code = [{"cell_type": "code", "source": cell.splitlines(keepends=True), "metadata": {}, "outputs": [],
             "execution_count": None} for cell in cells]
    return json.dumps({"cells": [words, *code], "metadata": {}, "nbformat": 4, "nbformat_minor": 5})


def modules(*cells):
    return notebook.modules_in({"work.ipynb": written(*cells).encode()})


def functions(text):
    """Return the functions of a module's text, one by one."""
    return ["def " + part for part in text.split("\n\n\ndef ")[1:]]


def wrong(folder, plan, name="work.ipynb"):
    """Return the Results of a notebook that are not right, by name."""
    results = check(open_solution(folder / name), plan, run_in=InProcess)
    return {one.name: one for one in results if not one.right}


IMPORTS = "%matplotlib inline\n!pip install tqdm\nimport numpy as np\nfrom common import GaussianMixture\n"
PLOTS = "import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.show()\nraise RuntimeError('must not run')\n"


def test_the_functions_are_taken_without_magics_plots_and_scripts(tmp_path, plan):
    (tmp_path / "work.ipynb").write_text(written(
        IMPORTS, PLOTS, "EPSILON = 1e-16\n", LOOP.replace("1e-16", "EPSILON"), "%%bash\nls\n", "%time run(X)\nX?\n",
        "X = np.loadtxt('not_there.txt')\nfor K in range(3):\n    mixture, post = init(X, K)\n    run(X, mixture)\n"))
    solution = open_solution(tmp_path / "work.ipynb")
    text = solution.text("em")
    assert "EPSILON = 1e-16" in text and "def logsumexp" in text
    assert not any(word in text for word in ("plt", "loadtxt", "pip", "time", "RuntimeError", "for K in"))
    assert solution.notes == {"em": "from work.ipynb (code cell 4)"}
    assert wrong(tmp_path, plan) == {}


@pytest.mark.parametrize("style", [name for name, files in RIGHT.items() if isinstance(files, str) or len(files) == 1])
def test_a_right_solution_in_cells_of_one_statement_stays_right(style, em_plan, tmp_path):
    text = RIGHT[style] if isinstance(RIGHT[style], str) else RIGHT[style]["em"]
    lines = text.splitlines(keepends=True)
    starts = [min([node.lineno, *(one.lineno for one in getattr(node, "decorator_list", ()))])
              for node in ast.parse(text).body]
    (tmp_path / "work.ipynb").write_text(written(
        *("".join(lines[first - 1:end - 1]) for first, end in pairwise([*starts, len(lines) + 1]))))
    plan = em_plan._replace(stages=[stage for stage in em_plan.stages if not stage.large])
    assert wrong(tmp_path, plan) == {}


def test_three_modules_in_one_notebook_are_told_apart(tmp_path, plan):
    cells = [cell for text in (SOURCES["kmeans"], SOURCES["naive_em"], LOOP) for cell in functions(text)]
    (tmp_path / "work.ipynb").write_text(written(IMPORTS, *cells))
    assert len(cells) > 10
    assert open_solution(tmp_path / "work.ipynb").notes.keys() == {"kmeans", "naive_em", "em"}
    assert wrong(tmp_path, plan) == {}


def test_a_later_definition_replaces_an_earlier_one():
    first, second = LOOP, "# again\ndef mstep(X, post, mixture, min_variance=.25):\n    return 'second'\n"
    found = modules(first, second)
    assert "'second'" in found.files["em.py"].decode() and "np.zeros(K)" in found.files["em.py"].decode()
    assert found.files["em.py"].count(b"def mstep") == 1
    assert "work.ipynb (code cells 1, 2)" in found.notes["em"]


def test_what_runs_at_once_finds_what_it_needs(tmp_path, plan):
    mixture = "class GaussianMixture(NamedTuple):\n    mu: np.ndarray\n    var: np.ndarray\n    p: np.ndarray\n"
    helpers = "def scale(x):\n    return 2 * x\n", "def scale(x):\n    return 1 * x\n"
    text = LOOP.replace("from common import GaussianMixture\n", "").replace("    total = logsumexp(f)",
                                                                           "    total = logsumexp(scale(f))")
    (tmp_path / "work.ipynb").write_text(written(
        "import numpy as np\nfrom typing import NamedTuple", mixture, helpers[0], helpers[1], text))
    assert wrong(tmp_path, plan) == {}
    (tmp_path / "work.ipynb").write_text(written(
        "import numpy as np\nfrom typing import NamedTuple", mixture, helpers[1], helpers[0], text))
    assert "em.estep: test case" in wrong(tmp_path, plan)


def test_the_first_line_of_a_cell_says_the_module():
    estep = "def estep(X, mixture):\n    return answer(X)\n"
    with pytest.raises(InputError, match=r"work.ipynb, code cell 1: it cannot be told whether run, estep belong"):
        modules("def run(X, mixture, post):\n    return mixture\ndef estep(X, mixture):\n    return a, b\n")
    for line, module in [("# kmeans.py", "kmeans"), ("%%writefile naive_em.py", "naive_em"), ("#  em.py: tab 7", "em"),
                         ("%%file src/em.py", "em")]:
        assert modules(f"{line}\n{estep}").files.keys() == {f"{module}.py"}
    marked = modules(f"# em.py\n{LOOP}", SOURCES["kmeans"])  # the mark holds until a function comes again
    assert marked.files.keys() == {"em.py", "kmeans.py"}
    named = notebook.modules_in({"naive_em.ipynb": written(estep).encode()})
    assert named.files.keys() == {"naive_em.py"}


def test_rmse_and_bic_of_a_notebook_join_common(tmp_path, plan):
    bic = "def bic(X, mixture, log_likelihood):\n    return log_likelihood\n"
    (tmp_path / "work.ipynb").write_text(written(IMPORTS, LOOP, bic))
    assert list(wrong(tmp_path, plan)) == ["common.bic: toy BIC", "common.bic: other sizes"]
    results = {one.name: one for one in check(open_solution(tmp_path / "work.ipynb"), plan, run_in=InProcess)}
    assert results["common.rmse: rmse of the test case"].status == "missing"  # not ours, which would be right
    (tmp_path / "common.py").write_text(COMMON)
    results = {one.name: one for one in check(open_solution(tmp_path / "work.ipynb"), plan, run_in=InProcess)}
    assert results["common.rmse: rmse of the test case"].status == "pass"


def test_lines_are_those_of_the_cells(tmp_path, em_plan):
    text = LOOP.replace("    K = post.shape[1]\n", "    K = post.shape[1] + not_defined\n")
    line = text[:text.index("not_defined")].count("\n") + 1
    (tmp_path / "work.ipynb").write_text(written(IMPORTS, "\n\n" + text))
    found = wrong(tmp_path, em_plan)["em.mstep: test case"]
    assert f"work.ipynb, code cell 2, line {line + 2}" in found.detail
    assert found.where == ("work.ipynb, code cell 2", line + 2)
    (tmp_path / "work.ipynb").write_text(written(IMPORTS, edited(EDITS["no_floor"][:2])))
    first = LOOP[:LOOP.index("def mstep")].count("\n") + 1
    assert wrong(tmp_path, em_plan)["em.mstep: variance floor"].where == ("work.ipynb, code cell 2", first)


def test_a_cell_that_is_not_python_is_named(tmp_path, em_plan):
    (tmp_path / "work.ipynb").write_text(written(IMPORTS, LOOP, "def fill_matrix(X, mixture):\n    return X[\n"))
    found = wrong(tmp_path, em_plan)["em: import"]
    assert "SyntaxError" in found.detail and "work.ipynb, code cell 3, line 2" in found.detail


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"cells": [{"cell_type": "code"}]}', "\x00", '{"cells": 3}'])
def test_what_is_no_notebook(content, tmp_path):
    (tmp_path / "work.ipynb").write_text(content)
    with pytest.raises(InputError, match=r"work.ipynb is not a notebook that can be read"):
        open_solution(tmp_path / "work.ipynb")


def test_a_notebook_without_functions(tmp_path):
    (tmp_path / "work.ipynb").write_text(written(IMPORTS, PLOTS))
    for place in (tmp_path / "work.ipynb", tmp_path):
        with pytest.raises(InputError, match=r"defines none of the course's functions|has no em.py"):
            open_solution(place)


def test_a_notebook_in_a_folder_gives_what_has_no_file(tmp_path, plan):
    (tmp_path / "work.ipynb").write_text(written(IMPORTS, LOOP, SOURCES["kmeans"].replace("argmin", "argmax")))
    (tmp_path / "kmeans.py").write_text(SOURCES["kmeans"])
    (tmp_path / "plots.ipynb").write_text(written(PLOTS))
    results = check(open_solution(tmp_path), plan, run_in=InProcess)
    assert passed(results) and open_solution(tmp_path).notes.keys() == {"em"}
    (tmp_path / "em.py").write_text(LOOP)
    assert open_solution(tmp_path).notes == {}
