"""EM and least squares on a store: equal to em.run, plain loops and models.factorization, whatever kernel is used."""

import json
import os

import numpy as np
import pytest
from scipy.sparse import csr_array

import common
import em
import plain_loops
from benchmarks import scale as benchmark
from common import GaussianMixture
from console import InputError, run_program
from recommender import __main__ as recommender
from recommender import model_file
from recommender.models import factorization
from recommender.models.units import Rescaled, in_stars
from recommender.scale import checkpoint, factors, kernels, mixtures, passes, planted, store
from recommender.scale import em as program
from recommender.scale.kernels import products
from recommender.scale.local import Local
from recommender.sparse import as_ratings
from tests import cases, exact, mixed, scale_cases

KERNELS = ("numba", "scipy by value", "scipy expanded", "dense")
every_kernel = pytest.mark.parametrize("kernel", KERNELS)


@pytest.fixture(autouse=True)
def many_blocks(monkeypatch):
    scale_cases.small(monkeypatch)


@pytest.fixture
def place(tmp_path, monkeypatch):
    """Returns the place of passes over ratings, 0 where missing or a csr_array, with one of KERNELS."""
    def made(X, kernel="scipy", memory=10**9, hide=0.0):
        if kernel == "numba":
            scale_cases.needs("numba")
        kernel, _, how = kernel.partition(" ")
        if how:
            monkeypatch.setattr(products, "MANY", 1e-9 if how == "by value" else 1e9)
        found = Local(scale_cases.stored(tmp_path / f"store{len(os.listdir(tmp_path))}", X), kernel, memory, hide)
        if how:
            by_value = how == "by value" and len(found.store.values) > 0
            assert isinstance(found._shelf.kernel, products.ByValue if by_value else products.Expanded)
        return found
    return made


def first_iteration(where, mixture, floor):
    """Return the Run after one iteration."""
    runs = []
    with pytest.raises(Stopped):
        mixtures.run(where, mixture, floor, callback=lambda run: (runs.append(run), stop_after(1)(run)))
    return runs[0]


def equal(run, where, expected, rtol=1e-9, atol=1e-12):
    """Assert that a Run is what em.run or its plain loops have returned."""
    mixture, post, log_likelihood = expected
    cases.same(run.mixture, mixture, rtol, atol)
    np.testing.assert_allclose(mixtures.posts(where, run.before), post, rtol=1e-6, atol=1e-9)
    assert run.log_likelihoods[-1] == pytest.approx(log_likelihood, rel=1e-11)


# Kernels


@every_kernel
@pytest.mark.parametrize("kind", scale_cases.KINDS)
@pytest.mark.parametrize("K", [1, 4])
def test_an_iteration_is_that_of_plain_loops(place, kernel, kind, K):
    random = np.random.RandomState(K)
    X = scale_cases.ratings(random, 40, 12, kind=kind)
    mixture, where = cases.mixture(random, K, 12), place(X, kernel)
    post, log_likelihood = plain_loops.em_estep(X, mixture)
    sums = passes.sum_of(where.each(passes.sums, mixture))
    np.testing.assert_allclose(mixtures.posts(where, mixture), post, rtol=1e-10, atol=1e-14)
    assert sums.log_likelihood == pytest.approx(log_likelihood, rel=1e-12)
    cases.same(mixtures.mstep(where, sums, mixture, 0.25), plain_loops.em_mstep(X, post, mixture), rtol=1e-10)


@every_kernel
@pytest.mark.parametrize("n, d, K, missing", [(30, 8, 3, 0.3), (9, 3, 6, 0.3), (16, 20, 12, 0.7), (25, 60, 2, 0.9)])
def test_a_run_is_that_of_plain_loops_and_of_em(place, kernel, n, d, K, missing):
    """So many types for so few users that supports of exactly 1 are common, which rounding must not tip."""
    X = scale_cases.ratings(np.random.RandomState(n), n, d, missing)
    where = place(X, kernel)
    start, heard = mixtures.init(where, K, 1), []
    run = mixtures.run(where, start, callback=heard.append)
    equal(run, where, plain_loops.em_run(X, start), rtol=1e-8, atol=1e-10)
    for form in (X, csr_array(X)):
        equal(run, where, em.run(form, start), rtol=1e-8, atol=1e-10)
    assert [each.log_likelihoods for each in heard] == [run.log_likelihoods[:k + 1] for k in range(len(heard))]


@every_kernel
@pytest.mark.parametrize("offset", [1e4, 1e8])
def test_ratings_far_from_0_keep_their_digits(place, kernel, offset):
    random = np.random.RandomState(2)
    X, mixture = scale_cases.ratings(random, 30, 6), cases.mixture(random, 3, 6)
    mixture = mixture._replace(mu=np.round(mixture.mu * 1024) / 1024)
    far = np.where(X, X + offset, 0)
    post, log_likelihood = plain_loops.em_estep(X, mixture)
    where, moved = place(far, kernel), mixture._replace(mu=mixture.mu + offset)
    sums = passes.sum_of(where.each(passes.sums, moved))
    new, expected = mixtures.mstep(where, sums, moved, 0.25), plain_loops.em_mstep(X, post, mixture)
    assert sums.log_likelihood == pytest.approx(log_likelihood, rel=1e-9)
    cases.same(new._replace(mu=new.mu - offset), expected, rtol=max(1e-9, 1e-15 * offset))


@every_kernel
def test_no_digits_are_lost_at_any_location_and_spread(place, kernel):
    """Also where the means begin at 0, as the course's do in gaps. A new mean has the last digits of the old one."""
    for X, mixture, _, floor in mixed.rating_cases(3):
        if not X.any():
            continue
        where = place(X, kernel)
        for before in (mixture, mixtures.init(where, len(mixture.p))):
            run = first_iteration(where, before, floor)
            post, part = mixed.check_estep((mixtures.posts(where, before), run.log_likelihoods[0]),
                                           *exact.log_joint(X, X != 0, before, 1e-16))
            mixed.check_em(run.mixture, X, post, before, floor, 3 * part.max(), mixed.LAST * np.abs(before.mu))


@every_kernel
def test_a_stored_0_is_a_rating(place, kernel):
    """Shifted by 3, the ratings 1 to 5 are -2 to 2."""
    random = np.random.RandomState(3)
    X, mixture = scale_cases.ratings(random, 40, 7), cases.mixture(random, 3, 7)
    shifted = csr_array(X)
    shifted.data -= 3
    run = mixtures.run(place(shifted, kernel), mixture._replace(mu=mixture.mu - 3))
    expected, _, log_likelihood = em.run(X, mixture)
    cases.same(run.mixture._replace(mu=run.mixture.mu + 3), expected)
    assert run.log_likelihoods[-1] == pytest.approx(log_likelihood, rel=1e-11)


@every_kernel
def test_threads_and_memory_change_no_bit(place, kernel, monkeypatch):
    X = scale_cases.ratings(np.random.RandomState(4), 40, 11)
    where, runs = place(X, kernel), []
    for threads, memory in ((1, 0), (2, 0), (3, 10**9), (2, 2000)):
        monkeypatch.setattr("console.cores.cores", lambda threads=threads: threads)
        other = Local(where.store, where.kernel, memory)
        runs.append(mixtures.run(other, mixtures.init(other, 4, 0)))
        assert len(other._shelf._kept) == len(where.store.chunks) if memory == 10**9 else memory == 2000 or not memory
    for run in runs:
        assert run.log_likelihoods == runs[0].log_likelihoods
        assert all(np.array_equal(*parts) for parts in zip(run.mixture, runs[0].mixture, strict=True))


def test_the_quickest_kernel_is_chosen(tmp_path, monkeypatch):
    random = np.random.RandomState(0)
    full, gaps = (scale_cases.stored(tmp_path / name, scale_cases.ratings(random, 40, 10, missing))
                  for name, missing in (("full", 0.1), ("gaps", 0.9)))
    for installed, name in ((True, "numba"), (False, "scipy")):
        monkeypatch.setattr(kernels, "find_spec", lambda _, installed=installed: installed)
        assert kernels.choose(full) == "dense" and kernels.choose(gaps) == name
    assert kernels.choose(gaps, "dense") == "dense"
    with pytest.raises(InputError, match="needs the package numba"):
        kernels.choose(gaps, "numba")


# The start


@pytest.mark.parametrize("kind", scale_cases.KINDS)
@pytest.mark.parametrize("K, seed", [(1, 0), (7, 3), (40, 1)])
def test_the_start_is_that_of_the_matrix(place, kind, K, seed):
    X = scale_cases.ratings(np.random.RandomState(seed), 40, 12, kind=kind)
    start, (expected, _) = mixtures.init(place(X), K, seed), common.init(X, K, seed)
    assert np.array_equal(start.mu, expected.mu)
    cases.same(start, expected, rtol=1e-12)


def test_a_start_among_equal_users_has_variance_1(place):
    start = mixtures.init(place(np.tile([2.0, 0, 4], (30, 1))), 3)
    assert np.array_equal(start.var, [1, 1, 1])


def test_a_start_around_the_means_counts_no_gaps(place):
    X = scale_cases.ratings(np.random.RandomState(0), 400, 30, 0.8)
    start = mixtures.init_around_means(place(X), 200, 2)
    rated = (X != 0).sum(axis=0)
    mean = np.where(rated > 0, X.sum(axis=0) / np.maximum(rated, 1), X[X != 0].mean())
    assert (rated == 0).any()
    var = ((X - mean)[X != 0] ** 2).mean()
    np.testing.assert_allclose(start.var, var)
    assert (np.abs(start.mu.mean(axis=0) - mean) < 5 * 0.3 * np.sqrt(var / 200)).all()
    assert (start.mu - mean).std() == pytest.approx(0.3 * np.sqrt(var), rel=0.05)


def test_moments_of_parts_add_up():
    random = np.random.RandomState(0)
    parts = [random.normal(1e6, 1, size) for size in (5, 0, 1, 9)]
    total = passes.Moments(*np.zeros((3, 1)))
    for x in parts:
        mean = x.mean() if len(x) else 0.0
        total += passes.Moments(*np.array([[len(x)], [mean], [((x - mean) ** 2).sum()]]))
    x = np.concatenate(parts)
    np.testing.assert_allclose([*total], [[15], [x.mean()], [((x - x.mean()) ** 2).sum()]], rtol=1e-9)


# Hidden ratings


@every_kernel
def test_hidden_ratings_are_not_seen(place, kernel):
    X = scale_cases.ratings(np.random.RandomState(6), 80, 12)
    where = place(X, kernel, hide=0.3)
    hidden = np.zeros(X.shape, dtype=bool)
    for chunk in range(len(where.store.chunks)):
        for block in where._shelf.hidden(chunk):
            hidden[block.first + block.user.astype(int), block.item] = True
            assert np.array_equal(np.bincount(block.user, minlength=len(block.counts)), block.counts)
    train = np.where(hidden, 0, X)
    assert not (hidden & (X == 0)).any() and 0.2 < hidden.sum() / (X != 0).sum() < 0.4
    start = mixtures.init(where, 3, 0)
    cases.same(start, common.init(train, 3, 0)[0])
    run = mixtures.run(where, start)
    equal(run, where, em.run(train, start))
    filled = np.clip(em.fill_matrix(train, run.mixture), 1, 5)
    expected = common.rmse(filled[hidden], X[hidden])
    assert mixtures.rmse(where, run.mixture) == pytest.approx(expected, rel=1e-9)


def test_without_hidden_ratings_there_is_no_rmse(place):
    where = place(scale_cases.ratings(np.random.RandomState(6), 20, 5))
    assert mixtures.rmse(where, mixtures.init(where, 2)) is None and factors.rmse(where, None) is None


# Checkpoints


class Stopped(Exception):
    pass


def stop_after(number):
    def callback(run):
        if len(run.log_likelihoods) == number:
            raise Stopped
    return callback


def test_a_run_goes_on_from_a_checkpoint_to_the_same_bits(place, tmp_path):
    where, file = place(scale_cases.ratings(np.random.RandomState(7), 60, 9)), tmp_path / "check"
    start = mixtures.init(where, 3, 0)
    whole = mixtures.run(where, start)
    kept = []
    with pytest.raises(Stopped):
        mixtures.run(where, start, callback=lambda run: (kept.append(run), stop_after(3)(run)))
    checkpoint.write(file, {"k": 3}, {0: kept[-1]})
    state = checkpoint.read(file, {"k": 3})[0]
    assert state.seconds == kept[-1].seconds
    went_on = mixtures.run(where, None, state=state)
    assert went_on.log_likelihoods == whole.log_likelihoods and len(whole.log_likelihoods) > 4
    for ours, theirs in zip((*went_on.mixture, *went_on.before), (*whole.mixture, *whole.before), strict=True):
        assert np.array_equal(ours, theirs)
    ended = checkpoint.write(file, {"k": 3}, {0: whole}) or checkpoint.read(file, {"k": 3})[0]
    assert ended.ended and mixtures.run(None, None, state=ended) is ended


@pytest.mark.parametrize("content", [b"", b"no zip", b"PK\3\4", None])
def test_what_is_no_checkpoint_is_refused(tmp_path, content):
    file = tmp_path / "check"
    if content is None:
        with open(file, "wb") as opened:
            np.savez(opened, about=np.array('{"format": "another"}'))
    else:
        file.write_bytes(content)
    with pytest.raises(InputError, match="is no checkpoint of em, or damaged"):
        checkpoint.read(file, {})


def test_a_damaged_checkpoint_is_refused(tmp_path):
    mixture = GaussianMixture(np.ones((2, 50)), np.ones(2), np.ones(2) / 2)
    checkpoint.write(tmp_path / "check", {}, {0: mixtures.Run(mixture, mixture, (-1.0,), (1.0,))})
    content = (tmp_path / "check").read_bytes()
    packed = content.index(b"PK\1\2") + 10  # how the archive says that its first member is packed
    for cut in (content[:-100], content[:100], content[:900] + b"\1" + content[901:],
                content[:packed] + b"\xff" + content[packed + 1:]):
        (tmp_path / "check").write_bytes(cut)
        with pytest.raises(InputError, match="or damaged"):
            checkpoint.read(tmp_path / "check", {})


@pytest.mark.parametrize("change", [
    {"about": {"runs": None}}, {"about": {"runs": [[0, [1.0]]]}}, {"about": {"runs": [["x", [1.0], [1.0]]]}},
    {"about": {"runs": [[1, [1.0], [1.0]]]}}, {"about": {"runs": [[0, "x", None]]}}, {"about": {"settings": 3}},
    {"about": {"format": []}}, {"0_mixture_mu": np.ones(50)}, {"0_mixture_var": np.ones(3)},
    {"0_before_p": np.array(["a", "b"])}, {"0_before_mu": np.full((2, 50), np.nan)}, {"0_before_mu": np.ones((2, 49))},
])
def test_a_forged_checkpoint_is_refused(tmp_path, change):
    mixture = GaussianMixture(np.ones((2, 50)), np.ones(2), np.ones(2) / 2)
    checkpoint.write(tmp_path / "check", {}, {0: mixtures.Run(mixture, mixture, (-1.0,), (1.0,))})
    assert checkpoint.read(tmp_path / "check", {}).keys() == {0}
    with np.load(tmp_path / "check") as found:
        arrays = dict(found)
    about = json.loads(str(arrays["about"])) | change.pop("about", {})
    with open(tmp_path / "check", "wb") as file:
        np.savez(file, **arrays | change | {"about": np.array(json.dumps(about))})
    with pytest.raises(InputError, match="or damaged"):
        checkpoint.read(tmp_path / "check", {})


def test_a_mistake_of_ours_is_not_told_as_damage_of_a_checkpoint(tmp_path, monkeypatch):
    checkpoint.write(tmp_path / "check", {}, {0: mixtures.Run(*[GaussianMixture(*np.ones((3, 1, 1)))] * 2, (), ())})
    monkeypatch.setattr(checkpoint, "_run", lambda *_: None + 1)
    with pytest.raises(TypeError):
        checkpoint.read(tmp_path / "check", {})


# Least squares


@pytest.mark.parametrize("weighted", [True, False])
@pytest.mark.parametrize("kind", scale_cases.KINDS)
def test_least_squares_are_those_of_the_matrix(place, weighted, kind):
    X = scale_cases.ratings(np.random.RandomState(8), 50, 12, kind=kind)
    where, losses, expected = place(X), [], []
    movies = factors.run(where, 3, 0.4, weighted, sweeps=4, seed=1, callback=losses.append)
    stars, unit = in_stars(as_ratings(X))
    theirs = factorization.run(stars, 3, 0.4, weighted, sweeps=4, seed=1, callback=expected.append)
    np.testing.assert_allclose(losses, expected, rtol=1e-8)
    ours, found = factors.factors(where, movies)
    np.testing.assert_allclose(ours.P, theirs.P, rtol=1e-7, atol=1e-8)
    np.testing.assert_allclose(ours.Q, theirs.Q, rtol=1e-7, atol=1e-8)
    np.testing.assert_allclose(found, unit, rtol=1e-12)


def test_hidden_ratings_of_least_squares(place):
    X = scale_cases.ratings(np.random.RandomState(9), 60, 12)
    where = place(X, hide=0.3)
    hidden = [block for chunk in range(len(where.store.chunks)) for block in where._shelf.hidden(chunk)]
    u = np.concatenate([block.first + block.user.astype(int) for block in hidden])
    i, x = (np.concatenate([getattr(block, name) for block in hidden]) for name in ("item", "x"))
    train = X.copy()
    train[u, i] = 0
    stars, unit = in_stars(as_ratings(train))
    fitted = Rescaled(factorization.run(stars, 2, 0.5, sweeps=3), unit)
    movies = factors.run(where, 2, 0.5, sweeps=3)
    assert factors.rmse(where, movies) == pytest.approx(common.rmse(np.clip(fitted.predict(u, i), 1, 5), x), rel=1e-9)


# Planted types


def test_planted_types_are_found_again(tmp_path, monkeypatch):
    monkeypatch.undo()
    truth = planted.write(tmp_path / "store", 200_000, d=300, types=3, seed=1)
    where = Local(store.open_store(tmp_path / "store"), "scipy", 10**9)
    runs = [mixtures.run(where, mixtures.init_around_means(where, 3, seed)) for seed in range(3)]
    best = max(runs, key=lambda run: run.log_likelihoods[-1])
    found = mixtures.posts(where, best.mixture).argmax(axis=1)
    table = np.zeros((3, 3))
    np.add.at(table, (truth.kind, found), 1)
    assert sorted(table.argmax(axis=1)) == [0, 1, 2] and table.max(axis=1).sum() > 0.9 * len(found)


def test_the_benchmark_measures_every_way(monkeypatch, capsys):
    monkeypatch.undo()
    names = ("em.run", "scipy", "ALS, rank 20")
    found = {name: (function, False) for name, (function, _) in benchmark.ways().items() if name in names}
    monkeypatch.setattr(benchmark, "ways", lambda: found)
    assert run_program(benchmark.main, ["--ratings", "30000", "10000", "--iterations", "1", "--seeds", "1"]) == 0
    said = capsys.readouterr().out
    rows = [row.split("|")[1:3] for row in said.splitlines() if row.startswith("| ")][1:]
    assert tuple(name.strip() for name, _ in rows) == names * 2
    assert sum(int(row[1].replace(",", "")) for row in rows) > 3 * 30000
    assert said.count("slope") == 3 and "planted types" in said


def test_a_stamp_is_kept_of_each_iteration_but_the_first(monkeypatch):
    clock = iter([9, 10, 11, 14, 20])
    monkeypatch.setattr(benchmark.time, "perf_counter", lambda: next(clock))
    measured = benchmark.timed(lambda callback: [callback("anything") for _ in range(9)], 4)
    assert measured.wall == 2.0 and measured.peak > 10**7


# The programs


def status(*words):
    try:
        return run_program(recommender.main, list(map(str, words)))
    except SystemExit as stopped:
        return stopped.code or 0


@pytest.fixture
def example(tmp_path, monkeypatch):
    """A folder to work in, with a store in it."""
    X = scale_cases.ratings(np.random.RandomState(10), 60, 9)
    scale_cases.stored(tmp_path / "store", X, np.arange(60) + 5, np.arange(9) + 3)
    monkeypatch.chdir(tmp_path)
    return X


def test_em_writes_what_it_has_found(example, tmp_path):
    assert status("em", "store", "--k", 3, "--seeds", 1, 0, "--json", "a.json", "--kernel", "scipy") == 0
    told = json.loads((tmp_path / "a.json").read_text())
    floor = 0.25 * in_stars(as_ratings(example))[1].size ** 2
    runs = {seed: em.run(example, *common.init(example, 3, seed), min_variance=floor)[2] for seed in (0, 1)}
    assert told["log_likelihood"][-1] == pytest.approx(max(runs.values()), rel=1e-11)
    assert told["seed"] == max(runs, key=runs.get) and told["rmse"] is None and told["kernel"] == "scipy"
    assert (told["users"], told["items"], told["ratings"]) == (60, 9, np.count_nonzero(example))
    assert len(told["seconds"]) == len(told["log_likelihood"]) and told["peak_mb"] > 10 and told["workers"] >= 1


@pytest.mark.parametrize("words", [["em", "--k", 3], ["als", "--rank", 2, "--strength", 0.3, "--sweeps", 3]])
def test_the_model_file_serves_suggest(example, tmp_path, capsys, words):
    command, *more = words
    assert status(command, "store", *more, "--hide", 0.2, "--out", "model", "--json", "a.json") == 0
    saved = model_file.read(tmp_path / "model")
    assert np.array_equal(saved.table.X.toarray(), example) and saved.table.items[0] == 3
    assert json.loads((tmp_path / "a.json").read_text())["rmse"] > 0
    assert status("suggest", "model", "--user", 7, "--top", 2) == 0
    assert "For user 7" in capsys.readouterr().out


def test_an_interrupted_program_goes_on(example, tmp_path, monkeypatch, capsys):
    words = ("em", "store", "--k", 3, "--seeds", 0, 1, "--kernel", "scipy", "--json")
    assert status(*words, "whole.json") == 0
    written = []

    def interrupted(*given, write=checkpoint.write):
        write(*given)
        written.append(given)
        if len(written) in (4, 9):
            raise KeyboardInterrupt

    monkeypatch.setattr(checkpoint, "write", interrupted)
    for expected in (130, 130, 0):
        assert status(*words, "parts.json", "--checkpoint", "check") == expected
    whole, parts = (json.loads((tmp_path / f"{name}.json").read_text()) for name in ("whole", "parts"))
    assert parts["log_likelihood"] == whole["log_likelihood"] and parts["seed"] == whole["seed"]
    capsys.readouterr()
    for other, said in ((("--k", 2), "k 3, not 2"), (("--hide", 0.1), "hide 0.0, not 0.1"),
                        (("--start", "means"), "start course, not means"),
                        (("--kernel", "dense"), "kernel scipy, not dense"),
                        (("--seeds", 1), r"seeds [0, 1], not [1]")):
        assert status(*words[:-1], "--checkpoint", "check", *other) == 2
        error = capsys.readouterr().err
        assert "is the checkpoint of another run" in error and said in error and error.count("\n") == 1


@pytest.mark.parametrize("words, says", [
    (["em", "store"], "the following arguments are required: --k"),
    (["em", "nowhere", "--k", 2], "nowhere is no store of ratings"),
    (["em", "store", "--k", 61], "expected at most as many components as users, 60"),
    (["em", "store", "--k", 0], "expected a whole number from 1"),
    (["em", "store", "--k", 2, "--memory", "much"], "expected a size as 350MB or 1.5GB, got 'much'"),
    (["em", "store", "--k", 2, "--hide", 1], "expected a share from 0 to less than 1, got '1'"),
    (["em", "store", "--k", 2, "--hide", "nan"], "expected a share"),
    (["em", "store", "--k", 2, "--out", "model"], "--out needs hidden ratings"),
    (["em", "store", "--k", 2, "--json", "store/header.json"], "would replace a file that is read"),
    (["em", "store", "--k", 2, "--json", "text"], "is not a JSON file"),
    (["em", "store", "--k", 2, "--checkpoint", "text"], "is no checkpoint of em"),
    (["em", "store", "--k", 2, "--checkpoint", "store/users.npy"], "is a file of the store"),
    (["em", "store", "--k", 2, "--checkpoint", "no/folder"], "not a folder that can be written to"),
    (["em", "store", "--k", 2, "--checkpoint", "new", "--json", "new"], "would replace a file that is read"),
    (["em", "store", "--k", 2, "--workers", 1, "--scheduler", "a"], "not allowed with"),
    (["als", "store", "--strength", 0], "expected a number above 0, got '0'"),
    (["als", "store", "--rank", 0], "expected a whole number from 1"),
])
def test_what_is_given_wrongly_ends_in_one_line(example, tmp_path, capsys, words, says):
    (tmp_path / "text").write_text("not ours\n")
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert status(*words) == 2
    error = capsys.readouterr().err
    assert says in error and error.count("\n") == 1
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


@pytest.mark.parametrize("words", [["em", "--k", 2], ["em", "--k", 2, "--start", "means"], ["als"]])
def test_with_all_ratings_hidden_nothing_can_be_learnt(tmp_path, monkeypatch, capsys, words):
    monkeypatch.chdir(tmp_path)
    scale_cases.stored(tmp_path / "store", np.array([[5.0, 3.0], [4.0, 0.0]]))
    assert status(*words, "store", "--hide", 0.99) == 2
    error = capsys.readouterr().err
    assert "all 3 ratings are hidden" in error and error.count("\n") == 1


def test_without_dask_the_options_say_what_is_missing(example, monkeypatch, capsys):
    monkeypatch.setattr("recommender.scale.options.find_spec", lambda name: None)
    assert status("em", "store", "--k", 2, "--workers", 2) == 2
    assert "need Dask: pip install -r recommender/requirements.txt" in capsys.readouterr().err


@pytest.mark.parametrize("text, size", [("350MB", 350e6), ("1GB", 1e9), ("1.5 g", 1.5e9), ("12", 12), ("2kB", 2000)])
def test_sizes(text, size):
    from recommender.scale import options

    assert options.size(text) == size


def test_the_time_left_is_told_once_it_is_known():
    """Improvements that halve, from 1000 on, with 1 being enough: ten more."""
    assert program.iterations_left([-1e6 - 2e3, -1e6 - 1e3]) is None
    assert program.iterations_left([-1e6 - 2e3, -1e6, -1e6 + 1e3]) == pytest.approx(np.log2(1000), rel=0.01)
    assert program.iterations_left([-1e6, -1e6 + 1, -1e6 + 3]) is None


def test_the_time_left_stands_where_a_narrow_terminal_does_not_cut_it_off():
    run = mixtures.Run(None, None, [-1.39e8 - 2e6, -1.39e8, -1.39e8 + 1e6], [100.0] * 3)
    left = 100 * np.log2(1e6 / 138)
    assert program.report(run, 10**8).startswith(f"iteration 3, about {left:.0f} s left: log-likelihood -138000000.0")
    assert program.report(run._replace(log_likelihoods=[-1.0]), 10**8).startswith("iteration 3: log-likelihood")
