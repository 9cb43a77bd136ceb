"""Passes by Dask's workers: the same bits as in one process, whichever of them die, come or go."""

import contextlib
import gc
import json
import logging
import os
import signal
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from console import InputError, run_program
from recommender import __main__ as recommender
from recommender.scale import checkpoint, factors, mixtures, passes
from recommender.scale.passes import Local
from tests.recommender.scale import cases

ROOT = Path(__file__).resolve().parents[3]
PATIENCE = 120  # s for processes to come and go, on however busy a machine


@pytest.fixture(scope="module")
def dask():
    """The module recommender.scale.cluster, where Dask is installed."""
    cases.needs("distributed")
    from recommender.scale import cluster

    return cluster


@pytest.fixture(scope="module")
def example(tmp_path_factory):
    """A store of many chunks."""
    with pytest.MonkeyPatch.context() as patch:
        cases.small(patch)
        X = cases.ratings(np.random.RandomState(0), 40, 9)
        return cases.stored(tmp_path_factory.mktemp("scale") / "store", X)


@pytest.fixture(scope="module")
def expected(example):
    """The Run of one process."""
    where = Local(example, "scipy", 10**9)
    return mixtures.run(where, mixtures.init(where, 3, 0))


@pytest.fixture(scope="module")
def cluster(dask):
    with dask.client(workers=2) as client:
        yield client


@pytest.fixture
def client(cluster):
    """The client of two workers."""
    cluster.cluster.scale(2)
    until(lambda: len(cluster.nthreads()) == 2)
    return cluster


def same(run, expected):
    assert run.log_likelihoods == expected.log_likelihoods
    for ours, theirs in zip((*run.mixture, *run.before), (*expected.mixture, *expected.before), strict=True):
        assert np.array_equal(ours, theirs)


def at_iteration(number, action):
    """Return a callback of runs that acts once."""
    def callback(run):
        if len(run.log_likelihoods) == number:
            action()
    return callback


def until(condition):
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.05)


def killing(flag, function, shelf, chunk, *given):
    """Do as `function`, but where the file `flag` is, the process that comes to chunk 1 removes it and is killed."""
    if chunk == 1:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(flag)
            os.kill(os.getpid(), signal.SIGKILL)
    return function(shelf, chunk, *given)


@pytest.mark.parametrize("kernel", ["scipy", "numba", "dense"])
def test_workers_give_the_bits_of_one_process(dask, client, example, kernel):
    if kernel == "numba":
        cases.needs("numba")
    places = dask.Cluster(client, example, kernel, 10**9, 0.2), Local(example, kernel, 10**9, 0.2)
    ours, theirs = (mixtures.run(where, mixtures.init(where, 3, 0)) for where in places)
    same(ours, theirs)
    assert np.array_equal(*(mixtures.posts(where, ours.mixture) for where in places))
    assert len({passes.rmse(where, mixtures.predictions, ours.mixture) for where in places}) == 1
    least, squares = (factors.run(where, 2, 0.5, sweeps=2) for where in places)
    assert np.array_equal(least.Q, squares.Q)
    assert places[0].workers == 2 and places[0].peak_bytes() > 10**7


def test_a_worker_killed_in_mid_iteration_changes_no_bit(dask, client, example, expected, tmp_path):
    flag = tmp_path / "flag"

    class Killing(dask.Cluster):
        def each(self, function, *given):
            return super().each(partial(killing, flag, function), *given)

    where = Killing(client, example, "scipy", 10**9)
    same(mixtures.run(where, mixtures.init(where, 3, 0), callback=at_iteration(3, flag.touch)), expected)
    assert not flag.exists()


def test_a_worker_that_comes_changes_no_bit(dask, client, example, expected):
    where = dask.Cluster(client, example, "scipy", 10**9)

    def another():
        client.cluster.scale(3)
        until(lambda: where.workers == 3)

    same(mixtures.run(where, mixtures.init(where, 3, 0), callback=at_iteration(2, another)), expected)
    assert where.workers == 3


@contextlib.contextmanager
def command(*words):
    """A process of Dask's, as a user starts it, that ends with the context."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OPENBLAS_NUM_THREADS": "1"}
    process = subprocess.Popen([sys.executable, "-m", "distributed.cli." + words[0], *words[1:]], env=environment,
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


@contextlib.contextmanager
def scheduler(folder):
    """A scheduler of its own process; its process and address."""
    file = folder / "scheduler.json"
    with command("dask_scheduler", "--port", "0", "--host", "127.0.0.1", "--no-dashboard", "--scheduler-file",
                 str(file)) as process:
        until(lambda: file.exists() and file.read_text().endswith("}"))
        yield process, json.loads(file.read_text())["address"]


def worker(address, folder):
    return command("dask_worker", address, "--nthreads", "1", "--no-nanny", "--no-dashboard", "--local-directory",
                   str(folder))


def test_a_worker_lost_for_good_changes_no_bit(dask, example, expected, tmp_path):
    with scheduler(tmp_path) as (_, address), worker(address, tmp_path / "a") as lost, \
            worker(address, tmp_path / "b"), dask.client(address=address) as client:
        where = dask.Cluster(client, example, "scipy", 10**9)
        until(lambda: where.workers == 2)
        run = mixtures.run(where, mixtures.init(where, 3, 0), callback=at_iteration(3, lost.kill))
        same(run, expected)
        until(lambda: where.workers == 1)


def test_the_scheduler_s_death_ends_in_one_line_and_the_checkpoint_goes_on(dask, example, expected, tmp_path, capfd,
                                                                           monkeypatch):
    words = ["em", str(example.path), "--k", "3", "--kernel", "scipy", "--checkpoint", str(tmp_path / "check")]
    with scheduler(tmp_path) as (process, address), worker(address, tmp_path / "a"):
        def killing(*given, write=checkpoint.write):
            write(*given)
            if len(given[2][0].log_likelihoods) == 3:
                process.kill()

        monkeypatch.setattr(checkpoint, "write", killing)
        assert run_program(recommender.main, [*words, "--scheduler", address]) == 2
    monkeypatch.undo()
    error = capfd.readouterr().err
    assert "Dask's scheduler is lost" in error and error.count("\n") == 1, error
    settings = {"store": example.identity, "k": 3, "seeds": [0], "start": "course", "hide": 0.0, "kernel": "scipy"}
    assert checkpoint.read(tmp_path / "check", settings)[0].log_likelihoods == expected.log_likelihoods[:3]
    assert run_program(recommender.main, words) == 0
    same(checkpoint.read(tmp_path / "check", settings)[0], expected)


def test_where_no_scheduler_answers_one_line_says_so(dask, monkeypatch):
    monkeypatch.setattr(dask, "PATIENCE", 1)
    for address in ("tcp://127.0.0.1:9", "nonsense"):
        with pytest.raises(InputError, match="no scheduler of Dask answers at"), dask.client(address=address):
            pass


def test_a_worker_without_the_store_says_so(dask, client, example):
    where = dask.Cluster(client, example._replace(identity="another"), "scipy", 10**9)
    with pytest.raises(InputError, match="is not the store that the run began with"):
        list(where.each(passes.moments))


def test_work_that_kills_every_worker_ends_in_one_line(dask, example, monkeypatch):
    monkeypatch.setitem(dask.SETTINGS, "distributed.scheduler.allowed-failures", 0)
    with dask.client(workers=1) as client, pytest.raises(InputError, match="several workers have died"):
        list(dask.Cluster(client, example, "scipy", 10**9).each(suicide))


def suicide(shelf, chunk):
    os.kill(os.getpid(), signal.SIGKILL)


def test_the_program_works_in_processes(dask, example, expected, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    words = ["em", str(example.path), "--k", "3", "--kernel", "scipy", "--workers", "2", "--json", "a.json"]
    assert run_program(recommender.main, words) == 0
    told = json.loads((tmp_path / "a.json").read_text())
    assert told["log_likelihood"] == list(expected.log_likelihoods) and told["workers"] == 2
    assert sorted(os.listdir(tmp_path)) == ["a.json", "temporary"] and not os.listdir(tmp_path / "temporary")


@pytest.fixture(autouse=True)
def no_cluster_is_left():
    """Collect now what an ended cluster leaves in circles.

    In the thread that starts the next one it would wait for a lock that the main thread holds until that has started.
    """
    gc.collect()
    yield
    gc.collect()


@pytest.fixture(autouse=True)
def loggers():
    """Dask's loggers as they were: the client lowers their voice for the program's time."""
    before = logging.getLogger("distributed").level
    yield
    logging.getLogger("distributed").setLevel(before)
