"""Fixtures that several modules of these tests share."""

import itertools

import numpy as np
import pytest

from black_hole import blind, eht, gains, mixture, observation, pictures, training


@pytest.fixture(scope="session")
def small_sky():
    """A crescent on 24 x 24 pixels, its measurement matrix in units of noise, and the matrix's informative part."""
    coverage = observation.cover(observation.EHT_2017)
    truth = pictures.gaussian_ring(*observation.sky(24), diameter=50, width=15, contrast=0.6, bright_side=200)
    F = observation.fourier(coverage.u, coverage.v, *observation.sky(24)) / np.tile(coverage.sigma, 2)[:, None]
    return truth / truth.sum(), F, observation.concentrate(F)


@pytest.fixture(scope="session")
def averages():
    return eht.read_visibilities(eht.shipped_file(101, "lo"))


@pytest.fixture(scope="session")
def net(averages):
    return gains.network(gains.long_baselines(averages))


@pytest.fixture(scope="session")
def few():
    """The shortest of the days, which is the quickest to image."""
    return eht.read_visibilities(eht.shipped_file(100, "lo"))


@pytest.fixture(scope="session")
def prior():
    """A small prior on 4 x 4 patches of simulated sources."""
    return mixture.run(training.training_patches("celestial", 4000, b=4, seed=3), 6, most=8)[0]


@pytest.fixture
def in_a_hurry(monkeypatch):
    """Few and short rounds from two starts."""
    few = dict(itertools.islice(blind.starts().items(), 1, 3))
    monkeypatch.setattr(blind, "ROUNDS", (2, 1))
    monkeypatch.setattr(blind, "STEPS", 1)
    monkeypatch.setattr(blind, "starts", lambda flux: few)
    return ["--prior", "natural", "--patches", "1000", "--clusters", "2"]
