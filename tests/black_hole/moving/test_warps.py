"""Motions, against sources drawn at their new places, and against one another."""

import numpy as np
import pytest

from black_hole.measure import nrmse
from black_hole.moving import warps
from black_hole.moving.sources import spot
from black_hole.observation import fourier, sky

MOTIONS = [("none", ()), ("translation", (3.0, -2.0)), ("rotation", (20.0,)), ("scale", (0.05,)),
           ("rotation and translation", (20.0, 3.0, -2.0)), ("affine", (1.0, 2.0, 10.0, 0.05, 0.03, -0.02))]
every_motion = pytest.mark.parametrize("kind, theta", MOTIONS, ids=[kind for kind, _ in MOTIONS])


def drawn(M, b):
    """An elongated spot, drawn where and how it is after p -> M p + b, with the same flux."""
    east, north = sky()
    x, y = np.tensordot(np.linalg.inv(M), np.array([east - b[0], north - b[1]]), 1)
    return spot(x, y, 10, -12, 30, 18, 40) / np.linalg.det(M)


@every_motion
def test_pictures_and_visibilities_are_carried_along(kind, theta):
    t = np.array([-2.0, 0.5, 3.0])
    first = drawn(np.eye(2), np.zeros(2))
    film = np.array([drawn(M, b) for M, b in zip(*warps.powers(kind, theta, t), strict=True)])
    assert nrmse(warps.warp_picture(kind, theta, t, first), film) < 2e-3
    rng = np.random.RandomState(0)
    u, v = 4e9 * rng.randn(2, 3)
    u_0, v_0, phase = warps.warp_uv(kind, theta, t, u, v)
    real, imaginary = np.split(fourier(u_0, v_0, *sky()) @ first.ravel(), 2)
    for k in range(3):
        value = fourier(u[k : k + 1], v[k : k + 1], *sky()) @ film[k].ravel()
        carried = np.exp(1j * phase[k]) * (real[k] + 1j * imaginary[k])
        assert carried == pytest.approx(value @ [1, 1j], abs=1e-6 * first.sum())


@every_motion
def test_motions_are_powers_of_one_map(kind, theta):
    M, b = warps.powers(kind, theta, [-3, 1, 2, 3])
    np.testing.assert_allclose(M[1] @ M[2], M[3], atol=1e-12)
    np.testing.assert_allclose(M[1] @ b[2] + b[1], b[3], atol=1e-10)
    np.testing.assert_allclose(M[0] @ M[3], np.eye(2), atol=1e-12)
    back, b_back = warps.powers(kind, [-x for x in theta], [3])
    np.testing.assert_allclose(back[0], M[0], atol=1e-10)
    np.testing.assert_allclose(b_back[0], b[0], atol=1e-10)


def test_angles_count_from_north_through_east():
    (M,), _ = warps.powers("rotation", (90.0,), [1])
    np.testing.assert_allclose(M @ [0, 1], [1, 0], atol=1e-12)  # north goes to east


@every_motion
def test_a_step_is_what_happens_from_frame_to_frame(kind, theta):
    step = warps.step(kind, theta)
    assert tuple(step) == warps.KINDS[kind]
    _, (b,) = warps.powers(kind, theta, [1])
    assert step.get("east_uas", 0) == pytest.approx(b[0]) and step.get("north_uas", 0) == pytest.approx(b[1])
    assert step.get("turn_deg") == dict(zip(warps.KINDS[kind], theta, strict=True)).get("turn_deg")
