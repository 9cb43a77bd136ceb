"""The row of a picture made with unknown gains, against planted ones."""

import numpy as np
import pytest

from black_hole import blind, eht, gains, imaged, observation, pictures
from black_hole.measure import fit_ring
from tests.black_hole.cases import random_gains


def test_gains_of_the_lmt_are_those_planted(net, monkeypatch):
    monkeypatch.setattr(gains, "AMPLITUDE_SD", np.full(len(eht.STATIONS), 100.0))
    truth, model = random_gains(net, 3), np.exp(2j * np.random.RandomState(4).rand(len(net.value)))
    sure = net._replace(value=gains.apply_gains(net, truth, model), sigma=np.full(len(model), 1e-3))
    lmt = eht.STATIONS.index("LM")
    there = sorted({scan for scan, *ends in zip(net.scan, net.first, net.second, strict=True) if lmt in ends})
    full = np.bincount(net.scan)[there] > 3  # of two or three stations' amplitudes only products are seen
    found = np.array(imaged.lmt_gains(sure, model))
    assert len(found) == len(there) and full.sum() > 5
    np.testing.assert_allclose(found[full], np.exp(truth.real[there, lmt])[full], atol=2e-3)


def test_a_row_says_what_the_picture_has(few):
    """The row of a planted ring that is measured without noise or gains, and of a picture without a ring."""
    ring = pictures.gaussian_ring(*observation.sky(blind.PIXELS, blind.FIELD), 42, 10, 0.5, 170)
    ring *= blind.FLUX / ring.sum()
    sight = blind.sight(few)
    net = sight.net._replace(value=sight.F @ ring.ravel())
    row = imaged.row(imaged.Result(few, sight._replace(net=net), "natural", ring, fit_ring(ring, blind.FIELD), [], 1.0))
    assert (row["day"], row["band"], row["prior"]) == (100, "lo", "natural")
    expected = {"diameter_uas": 42, "width_uas": 10, "bright_side_deg": 170, "flux_jy": blind.FLUX}
    assert {key: row[key] for key in expected} == pytest.approx(expected, rel=1e-3)
    assert row["chi2_closure_phase"] < 1e-9 and row["chi2_log_closure_amplitude"] < 1e-9
    assert row["centre_over_ring"] < 0.01
    np.testing.assert_allclose(row["lmt_gains"], 1, atol=1e-3)
    none = imaged.row(imaged.Result(few, sight, "natural", ring, None, [], 1.0))
    assert none["diameter_uas"] is none["width_uas"] is none["bright_side_deg"] is none["centre_over_ring"] is None
