"""The options: which go together, and the old names of some."""

import pytest

from black_hole import options
from tests.black_hole.cases import bad_call


def test_the_old_name_of_the_components_still_works():
    assert options.parse(["--clusters", "7"]).components == options.parse(["--components", "7"]).components == 7
    assert options.parse([]).components == 30


@pytest.mark.parametrize("call, message", [
    (["--m87", "--flux", "2"], "--flux does not go with --m87 or --gains"),
    (["--gains", "--handout"], "--handout does not go with --m87, --gains or --movie"),
    (["--gains", "--array", "a.txt"], "--array does not go with"),
    (["--gains", "--m87"], "not allowed with"),
    (["--band", "lo"], "--band needs --m87 or --gains"),
    (["--gains", "--cross-validate"], "--cross-validate needs --m87"),
    (["--visibilities", "a.csv"], "--visibilities needs --m87"),
    (["--image-out", "a.npy"], "--image-out needs --m87"),
])
def test_options_without_an_effect_are_refused(capsys, call, message):
    assert message in bad_call(capsys, *call)
