"""Messages between the checker and the process of a solution."""

import numpy as np
import pytest

from checker import messages


def test_messages_come_back_as_they_were():
    tree = {"a": [np.arange(3.0), None, "text", 1.5, np.zeros((0, 3)), np.ones((), np.float32)],
            "m": messages.Mixture(np.ones((2, 3)), np.ones(2), np.array([0.5, np.nan]))}
    back = messages.unpack(messages.pack(tree))
    for ours, theirs in zip([*tree["a"], *tree["m"]], [*back["a"], *back["m"]], strict=False):
        np.testing.assert_array_equal(ours, theirs)
        assert np.shape(ours) == np.shape(theirs) and getattr(ours, "dtype", None) == getattr(theirs, "dtype", None)
    assert isinstance(back["m"], messages.Mixture)


def test_messages_hold_no_pickles():
    with pytest.raises(ValueError, match="not an array of numbers"):
        messages.unpack(messages.pack({"object": np.array([print])}))
