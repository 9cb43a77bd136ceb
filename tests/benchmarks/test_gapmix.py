"""benchmarks.mixtures and benchmarks.imputation: what they hide, measure, judge and draw, on small planted tables."""

import json
from types import SimpleNamespace

import numpy as np
import pytest
from scipy.stats import norm

import gapmix
from benchmarks import drawings, imputation, mixtures
from console import run_program
from tests.gapmix.conftest import needed

SMALL = mixtures.Case(80, 3, 0.2, iterations=2)


@pytest.fixture
def sklearn():
    needed("sklearn")


@pytest.fixture
def here(monkeypatch):
    """What is measured in a process of its own is measured in this one, where tests can plant tables."""
    for program in (imputation, mixtures):
        monkeypatch.setattr(program, "in_process", lambda threads, function, *given: function(*given))


# Imputation


@pytest.mark.parametrize("share", imputation.SHARES)
@pytest.mark.parametrize("mechanism", imputation.MECHANISMS)
def test_as_many_entries_are_hidden_as_said(share, mechanism):
    X = np.random.default_rng(0).normal(size=(20_000, 3))
    gaps = imputation.hidden(X, share, mechanism, np.random.default_rng(1))
    np.testing.assert_allclose(gaps.mean(axis=0), share, atol=0.015)
    apart = X[gaps].mean() - X[~gaps].mean()
    assert apart > 0.5 if mechanism == "not at random" else abs(apart) < 0.05


def test_log_density_is_of_the_hidden_entries_given_the_others():
    """For two correlated normals: the second given the first is normal, too, and alone it is standard normal."""
    X, gaps = np.array([[0.3, -1.0], [2.0, 1.5], [-1.0, 0.2]]), np.array([[False, True], [True, True], [False, False]])
    fitted = SimpleNamespace(weights_=np.ones(1), means_=np.zeros((1, 2)),
                             covariances_=np.array([[[1, 0.8], [0.8, 1]]]), covariance_type="full")
    expected = [norm.logpdf(-1.0, 0.8 * 0.3, 0.6), norm.logpdf(2.0), norm.logpdf(1.5, 0.8 * 2.0, 0.6)]
    assert imputation.log_density(X, gaps, fitted) == pytest.approx(np.mean(expected), rel=1e-12)


@pytest.mark.parametrize("ours, theirs, sign, first", [
    ([1, 1.2], [2, 2.4], -1, True), ([1, 1.2], [2, 2.4], 1, False), ([2, 2.4], [1, 1.2], -1, False),
    ([1.0, 1.4, 1.0], [1.1, 1.1, 1.1], -1, True),  # 0.033 behind, and the standard error is 0.133
    ([1.2, 1.3, 1.2], [1.1, 1.1, 1.1], -1, False),  # 0.133 behind, and it is 0.033
    ([1.0], [1.1], -1, True), ([1.2], [1.1], -1, False)])
def test_who_leads(ours, theirs, sign, first):
    far = np.full(len(ours), -sign * 100.0)
    for others in ([theirs, far], [far, theirs]):
        assert imputation.leads(np.array([ours, *others], float).T, sign) is first


def test_the_mixture_of_filled_tables_is_chosen_by_bic(sklearn):
    X = np.random.default_rng(0).normal(size=(90, 2)) + np.repeat([[0, 0], [9, 0], [0, 9]], 30, axis=0)
    assert imputation.by_bic(X, 0).n_components == 3


def test_imputation_as_a_whole(sklearn, here, monkeypatch, tmp_path, capsys):
    """The column mean's RMSE is computed by hand; pictures and figures are written."""
    random = np.random.default_rng(0)
    X = random.normal(size=(200, 1)) + 0.3 * random.normal(size=(200, 5))
    monkeypatch.setattr(imputation, "standardised", lambda name: X)
    monkeypatch.setattr(imputation, "by_bic", lambda X, seed: gapmix.GaussianMixture(random_state=seed).fit(X))
    monkeypatch.setattr(gapmix, "select", lambda X, **given: gapmix.GaussianMixture(1, **given).fit(X))
    out = tmp_path / "table.json"
    assert run_program(imputation.main, ["--seeds", "2", "--only", "iris", "--json", str(out),
                                         "--figures", str(tmp_path / "drawn")]) == 0
    rows = json.loads(out.read_text())
    assert len(rows) == 2 * len(imputation.SHARES) * len(imputation.MECHANISMS)
    for row in rows:
        gaps = imputation.hidden(X, row["share"], row["mechanism"], np.random.default_rng(row["seed"]))
        means = np.nanmean(np.where(gaps, np.nan, X), axis=0)
        assert row["column mean"][0] == pytest.approx(np.sqrt(((means - X)[gaps] ** 2).mean()), rel=1e-9)
        assert row["gapmix"][0] < row["column mean"][0]  # the columns are strongly correlated
    out = capsys.readouterr().out
    assert out.count("| log density |") == 6 and "hidden at random: RMSE" in out
    assert {file.name for file in (tmp_path / "drawn").iterdir()} == {drawings.CONDITIONAL, drawings.IMPUTATION}


def test_the_picture_shows_the_means():
    rows = [{"table": "a", "mechanism": "m", "share": share, "seed": seed, "x": [share + seed, 0, 0], "y": [5, 0, 0]}
            for share in (0.1, 0.5) for seed in (0, 1)]
    ax, = drawings.draw_imputation(rows, ["x", "y"]).axes
    drawn = [container.lines[0].get_ydata(orig=False) for container in ax.containers]
    np.testing.assert_allclose(drawn, [[0.6, 1.0], [5, 5]])


# Mixtures


def test_the_table_has_gaps_as_said():
    X, complete = mixtures.table(mixtures.Case(20_000, 4, 0.3))
    gaps = np.isnan(X)
    assert X.shape == (20_000, 4) and not np.isnan(complete).any() and gaps.mean() == pytest.approx(0.3, abs=0.01)
    np.testing.assert_array_equal(X[~gaps], complete[~gaps])


@pytest.mark.parametrize("package, function", [
    ("sklearn", mixtures.ours), ("sklearn", mixtures.without_numba), ("sklearn", mixtures.scikit_learn),
    ("tgmm", mixtures.tgmm)])
@pytest.mark.parametrize("kind", ["full", "diag"])
@pytest.mark.filterwarnings("ignore:.*converge")
def test_as_many_iterations_are_done_as_counted(package, function, kind):
    pytest.importorskip(package)
    case = SMALL._replace(kind=kind)
    assert function(case, *mixtures.table(case)).n_iter_ == case.iterations - (package == "tgmm")  # it counts from 0


def test_mixtures_as_a_whole(sklearn, here, monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(mixtures, "CASES", [SMALL, SMALL._replace(kind="diag")])
    monkeypatch.setattr(mixtures, "LARGE", SMALL)
    out = tmp_path / "table.json"
    assert run_program(mixtures.main, ["--repeat", "1", "--json", str(out)]) == 0
    rows = json.loads(out.read_text())
    assert {(row["case"], row["name"]) for row in rows} >= {
        ("80 x 3, 20% gaps", "gapmix"), ("80 x 3, 20% gaps, diagonal", "scikit-learn, complete")}
    assert all(row["seconds"] >= 0 for row in rows[:-1]) and rows[-1]["memory"] >= 0
    assert "besides it" in capsys.readouterr().out


@pytest.mark.parametrize("program", [imputation, mixtures])
def test_without_scikit_learn(program, monkeypatch, capsys):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert run_program(program.main, []) == 2
    out, err = capsys.readouterr()
    assert out == "" and "scikit-learn is not installed: pip install -r gapmix/requirements.txt" in err
