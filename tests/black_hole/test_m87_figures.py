"""The figures of M87: what can be read in them."""

from datetime import date

import numpy as np

from black_hole import gains, m87_figures
from black_hole.measure import Ring

RING = Ring(41.7, 10.0, 170.0, 1.0, 2.0)


def test_days_without_a_ring_say_so_and_days_without_a_picture_stay_empty():
    picture = np.eye(5)
    first, second = date(2017, 4, 5), date(2018, 4, 21)
    panels = {"both": {first: (picture, RING), second: (picture, None)}, "mine.png": {second: (picture, RING)}}
    figure = m87_figures.draw_days(panels)
    figure.draw_without_rendering()
    words = [[text.get_text() for text in axis.texts if "µas" in text.get_text() or "ring" in text.get_text()]
             for axis in figure.axes]
    assert words == [["41.7 µas", "50 µas"], ["no ring"], [], ["41.7 µas"]]
    assert [axis.axison for axis in figure.axes] == [True, True, False, True]
    assert [axis.get_title() for axis in figure.axes] == ["5 April 2017", "21 April 2018", "", "21 April 2018"]
    assert figure.axes[2].get_ylabel() == "taught by mine.png"


def test_predicted_phases_are_drawn_next_to_the_measured_ones(net, averages):
    """On the same side of 180 degrees, whatever the picture predicts."""
    model = net.value * np.exp(1j * np.random.RandomState(0).uniform(-3, 3, len(net.value)))
    time = gains.long_baselines(averages).time
    figure = m87_figures.draw_closures(net, time, {"both": model, "natural": net.value}, averages.date)
    for axis in figure.axes:
        measured, both, natural = (line.get_ydata() for line in axis.lines[:3])
        assert np.abs(both - measured).max() <= 180 + 1e-9
        np.testing.assert_allclose(natural, measured, atol=1e-9)


def test_measured_phases_go_the_short_way(net, averages):
    """Phases drawn at random leap over 180 degrees; on the page they do not."""
    net = net._replace(value=net.value * np.exp(1j * np.random.RandomState(0).uniform(-3, 3, len(net.value))))
    figure = m87_figures.draw_closures(net, gains.long_baselines(averages).time, {}, averages.date)
    assert all(np.abs(np.diff(axis.lines[0].get_ydata())).max() <= 180 + 1e-9 for axis in figure.axes)
