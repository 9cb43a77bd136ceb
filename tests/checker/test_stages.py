"""The stages on a matrix of ratings that is not the course's."""

import itertools
from functools import partial

import pytest

import common
import data
from checker import formulas, stages
from data import Source, sample


def cut(n, d):
    """Return the Source of a corner of the built-in sample."""
    files = {name: b"".join(b" ".join(row.split()[:d]) + b"\n" for row in content.splitlines()[:n])
             for name, content in sample.contents(data.NETFLIX).items()}
    return Source(files, "elsewhere", False, "")


@pytest.mark.parametrize("n, d, clear", [(60, 40, False), (420, 12, True)])
def test_a_run_that_hangs_on_rounding_is_left_out(n, d, clear):
    source = cut(n, d)
    X, _ = data.netflix(source)
    mixture, _ = common.init(X, 12, 1)
    one, other = (formulas.LOOPS["em"].path(X, mixture, mstep=partial(
        formulas.mstep, enough=lambda support, post, seen, least=least: support >= least))[-1][-1]
        for least in (1 - 1e-9, 1))  # right solutions of which each rounds in its own way
    assert (abs(one - other) < 1e-6) == clear
    netflix = stages.netflix_stages(source, itertools.count().__next__)
    assert ("em.run" in [stage.step.name for stage in netflix.stages]) == clear
    assert ("em.run" in netflix.left_out) != clear
