"""What the tests of the checker look at: data of the built-in sample."""

import itertools

import pytest

import data
from checker import stages
from checker.stages import Plan
from data import Source, sample


@pytest.fixture(scope="session")
def plan():
    """The stages of all modules, but for the Netflix matrix."""
    source = Source(sample.contents(data.TEST_CASE + data.TOY), "sample", False, "")
    return Plan(stages.em_stages(source) + stages.toy_stages(source))


@pytest.fixture(scope="session")
def em_plan(plan):
    """The stages of em.py alone."""
    return plan._replace(stages=[stage for stage in plan.stages if stage.step.module == "em"])


@pytest.fixture(scope="session")
def small_netflix(em_plan):
    """The stages of em.py, also on a Netflix matrix of fewer users and movies."""
    files = {name: b"".join(b" ".join(row.split()[:40]) + b"\n" for row in content.splitlines()[:60])
             for name, content in sample.contents(data.NETFLIX).items()}
    netflix = stages.netflix_stages(Source(files, "built-in sample", False, ""), itertools.count().__next__)
    return em_plan._replace(stages=em_plan.stages + netflix.stages, netflix=netflix)
