"""Messages between the checker and the process of a solution."""

import io
import random

import numpy as np
import pytest

from checker import messages
from checker.compare import Misfit, flatten


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


def test_whatever_comes_is_an_answer_throughout_or_none():
    """Answers with something else in a random place, and with random bytes: read and compared, or refused."""
    chance = random.Random(0)
    values = [None, -1, 5, 1e400, float("nan"), "", "x", [], [[]], {}, {"other": 3}, np.ones(2), True,
              messages.Mixture(1, 2, 3)]
    good = [{"id": 1, "status": "ok", "seconds": 0.1, "changed": ["X"], "calls": 2, "replaced": ["inv"], "value": value,
             "warning": ["em.py", 3, "text"]} for value in (
        np.ones((2, 2)), ["estep"], messages.Mixture(np.ones((2, 2)), np.ones(2), np.ones(2)),
        {"other": "a tuple of 2", "parts": [np.ones(2), np.ones(())]})]
    good.append({"id": 1, "status": "error", "seconds": 0.1, "changed": [], "calls": 0, "replaced": [], "error": {
        "error": "E", "kinds": ["E"], "message": "m", "where": ["em.py", 3, "text", None], "fact": None,
        "script": ["em.py", 3]}})
    assert all(messages.fits(messages.unpack(messages.pack(one)), messages.ANSWER) for one in good)

    def spoilt(tree):
        if isinstance(tree, (dict, list)) and tree and chance.random() < 0.8:
            key = chance.choice(list(tree) if isinstance(tree, dict) else range(len(tree)))
            copy = tree.copy()
            copy[key] = spoilt(tree[key])
            return copy
        return chance.choice(values)

    refused = 0
    for _ in range(2000):
        content = bytearray(messages.pack(spoilt(chance.choice(good))))
        for _ in range(chance.choice([0, 0, 1, 5])):
            content[chance.randrange(len(content))] = chance.randrange(256)
        try:
            message = messages.receive(io.BytesIO(bytes(content)))
        except Exception:  # as isolated._read does
            message = "no message"
        if not messages.fits(message, messages.ANSWER):
            refused += 1
            continue
        try:
            flatten(message.get("value"), ("mixture",))
        except Misfit as misfit:
            assert str(misfit)
    assert 500 < refused < 2000
