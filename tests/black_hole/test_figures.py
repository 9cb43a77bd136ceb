"""The figures of the comparison: what can be read in them."""

import numpy as np

from black_hole import figures, observation, pictures

EAST, NORTH = observation.sky()


def test_overview_says_what_is_drawn_brighter_and_keeps_its_words_in_their_panels():
    truth = pictures.gaussian_ring(EAST, NORTH, 42, 8, 0.5, 200)
    figure = figures.draw_overview([("ring", truth, {"faint": truth / 8, "bright": truth / 2})] * 6)
    figure.draw_without_rendering()
    texts = [(axis, text) for axis in figure.axes for text in axis.texts]
    assert [text.get_text() for _, text in texts] == ["40 µas"] + 6 * ["x 8.0"]
    for axis, text in texts:
        box, panel = text.get_window_extent(), axis.get_window_extent()
        assert panel.x0 + 2 < box.x0 and box.x1 < panel.x1 - 2 and panel.y0 + 2 < box.y0 and box.y1 < panel.y1 - 2


def test_label_of_v_stands_upright():
    coverage = observation.Coverage(*np.ones((4, 3)))
    axes = figures.draw_comparison("a", np.eye(4), coverage, {}, {}).axes
    assert [axis.yaxis.label.get_rotation() for axis in axes if axis.get_ylabel() == "v"] == [0]


def test_stations_at_one_spot_are_drawn_without_a_warning():
    coverage = observation.Coverage(*np.zeros((2, 3)), *np.ones((2, 3)))
    figures.draw_comparison("a", np.eye(4), coverage, {}, {})
