"""The figure of growth says the numbers that it was given, and what was not measured."""

from matplotlib.text import Text

from tests.benchmarks import scale_figure

MEASURED = {
    "cells": {"cores": 2, "runs": [{"engine": engine, "workers": workers, "cells_per_hour": rate} for engine, workers, rate in
                                   (("local", 1, 290.4), ("local", 2, 531.6), ("ray", 1, 288.8), ("ray", 4, 520.2))]},
    "preparation": {"cores": 2, "bare_per_core": 1200.0,
                    "runs": [{"pictures": 1000, "seconds": 4.0, "megabytes": 250.0},
                             {"pictures": 10_000, "seconds": 5.0, "megabytes": 260.0}]},
    "report": {"runs": [{"cells": 10, "images": 100, "seconds": 3.0}, {"cells": 10, "images": 1000, "seconds": 4.0}]}}


def words(figure):
    return [text.get_text() for text in figure.findobj(Text)]


def test_every_part_shows_what_was_measured():
    figure = scale_figure.draw(MEASURED)
    told = words(figure)
    assert {"290", "532", "289", "520", "1 worker", "2 workers", "1 node", "4 nodes", "dlib alone on 2 cores"} <= {*told}
    assert "not measured" not in told
    _, rate, memory, report = figure.axes
    assert [line.get_ydata().tolist() for line in (rate.lines[0], memory.lines[0], report.lines[0])] == [
        [1000 / 4, 10_000 / 5], [0.25, 0.26], [3.0, 4.0]]
    assert rate.lines[1].get_ydata() == [2 * 1200, 2 * 1200]


def test_a_part_that_was_not_measured_says_so():
    told = words(scale_figure.draw({"report": MEASURED["report"]}))
    assert told.count("not measured") == 3 and "10 cells" in told
