"""Checkpoints: a run continues to the same bits, and files that are none are refused."""

import json

import numpy as np
import pytest

from common import GaussianMixture
from console import InputError
from recommender.scale import checkpoint, mixtures
from tests.recommender.scale import cases
from tests.recommender.scale.test_mixtures import Stopped, stop_after


def test_a_run_goes_on_from_a_checkpoint_to_the_same_bits(place, tmp_path):
    where, file = place(cases.ratings(np.random.RandomState(7), 60, 9)), tmp_path / "check"
    start = mixtures.init(where, 3, 0)
    whole = mixtures.run(where, start)
    kept = []
    with pytest.raises(Stopped):
        mixtures.run(where, start, callback=lambda run: (kept.append(run), stop_after(3)(run)))
    checkpoint.write(file, {"k": 3}, {0: kept[-1]})
    state = checkpoint.read(file, {"k": 3})[0]
    assert state.seconds == kept[-1].seconds
    went_on = mixtures.run(where, None, so_far=state)
    assert went_on.log_likelihoods == whole.log_likelihoods and len(whole.log_likelihoods) > 4
    for ours, theirs in zip((*went_on.mixture, *went_on.before), (*whole.mixture, *whole.before), strict=True):
        assert np.array_equal(ours, theirs)
    ended = checkpoint.write(file, {"k": 3}, {0: whole}) or checkpoint.read(file, {"k": 3})[0]
    assert ended.ended and mixtures.run(None, None, so_far=ended) is ended


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
