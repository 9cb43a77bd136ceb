"""Pictures, read and resized, and the test pictures."""

import numpy as np
import pytest
from PIL import Image

from black_hole import observation, pictures


def test_resize_takes_means_and_keeps_the_mean():
    picture = np.random.RandomState(17).rand(12, 12)
    np.testing.assert_allclose(pictures.resize(picture, (4, 4)), picture.reshape(4, 3, 4, 3).mean((1, 3)))
    assert pictures.resize(picture, (5, 7)).mean() == pytest.approx(picture.mean())
    np.testing.assert_allclose(pictures.resize(picture, (24, 24)), np.kron(picture, np.ones((2, 2))))


@pytest.mark.parametrize("mode, suffix", [
    ("L", "png"), ("RGB", "jpg"), ("CMYK", "jpg"), ("RGBA", "png"), ("LA", "png"), ("P", "png"), ("I;16", "png"),
    ("F", "tif"),
])
def test_pictures_of_every_mode_are_read_alike(tmp_path, mode, suffix):
    grey = np.kron([[0, 64], [128, 255]], np.ones((16, 16)))
    picture = Image.fromarray(grey.astype(np.uint8))
    if mode == "I;16":
        picture = Image.fromarray((grey * 257).astype(np.uint16))
    elif mode == "CMYK":
        picture = picture.convert("RGB").convert("CMYK")
    else:
        picture = picture.convert(mode)
    picture.save(tmp_path / f"a.{suffix}")
    with Image.open(tmp_path / f"a.{suffix}") as written:
        assert written.mode.startswith(mode)
    np.testing.assert_allclose(pictures.read_picture(tmp_path / f"a.{suffix}"), grey / 255, atol=0.03)


def test_transparent_parts_are_black(tmp_path):
    pixels = np.full((4, 4, 4), 255, np.uint8)
    pixels[:2, :, 3], pixels[2, :, 3] = 0, 51
    Image.fromarray(pixels).save(tmp_path / "a.png")
    np.testing.assert_allclose(pictures.read_picture(tmp_path / "a.png")[:, 0], [0, 0, 0.2, 1])


def test_test_pictures_are_bright_and_the_crescent_is_as_described():
    truths = pictures.test_pictures()
    assert len(truths) >= 5 and set(pictures.RINGS) <= set(truths)
    for truth in truths.values():
        assert truth.shape == (64, 64) and truth.min() >= 0 and 0.5 < truth.max() <= 2
    radius = np.hypot(*observation.sky())
    assert 2 * (radius * truths["crescent"]).sum() / truths["crescent"].sum() == pytest.approx(42, rel=0.05)
