"""Figures of what surrounds the results: what is plotted equals the details, titles say it."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.errors import StudyError
from analysis.figures.export import drawers, figure_files, wants_details
from analysis.figures.style import LIGHT, texts_of

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def drawn(full_details):
    return {name: draw(LIGHT) for name, draw in drawers(full_details.result, full_details).items()}


def finding(figure) -> str:
    return texts_of(figure)[0].replace("\u00a0", " ").replace("\u2212", "-")


def heights(axes) -> list[float]:
    return [bar.get_height() for bar in axes.patches]


def test_the_curve_draws_every_specification_once(drawn, full_details) -> None:
    figure, curve = drawn["specification-curve"], full_details.multiverse.leading
    top, matrix = figure.axes
    answers = [p.answer / 1e9 for p in curve.points]
    dots = [line for line in top.lines if line.get_marker() in ("o", "s")]
    plotted = dict(pair for line in dots for pair in zip(*line.get_data(), strict=True))
    assert [plotted[rank] for rank in range(1, len(answers) + 1)] == answers
    headline = next(line for line in top.lines if line.get_marker() == "D")
    assert headline.get_data()[1][0] == answers[curve.headline_rank - 1]
    choices = dict.fromkeys(("benchmark", "model", "length", "gap", "returns"), 0.0)
    assert len(matrix.texts) == len(choices)  # a heading each
    wide = [
        float(np.ptp(box[:, 0]))
        for patch in matrix.patches
        for box in patch.get_path().to_polygons(closed_only=False)
    ]
    assert sum(wide) == 5 * len(answers)  # each has one value of each of the five choices
    assert f"{len(answers)} specifications" in finding(figure)


def test_reaction_dates_are_the_firms_own(drawn, full_details) -> None:
    dates = full_details.reaction_dates
    bars = drawn["reaction-dates"].axes[0].patches
    drawn_values = [bar.get_height() for bar in bars if bar.get_width() == pytest.approx(0.7)]
    assert drawn_values == pytest.approx([100 * item.ar for item in dates.own])
    assert str(dates.sessions[0].date()) == "2024-12-02"
    assert str(dates.sessions[-1].date()) == "2025-02-07"
    assert "only 27 January 2025 stands out, with -16.6 %" in finding(drawn["reaction-dates"])


def test_contagion_points(drawn, full_details) -> None:
    points = full_details.contagion.points
    line = next(x for x in drawn["contagion"].axes[0].lines if x.get_marker() == "o")
    assert list(line.get_xdata()) == [p.correlation for p in points]
    assert list(line.get_ydata()) == [100 * p.abnormal for p in points]


def test_index_parts_add_up(drawn, full_details) -> None:
    widths = [bar.get_width() for bar in drawn["index-arithmetic"].axes[0].patches]
    total = sum(share.move for share in full_details.index_shares)
    assert sum(widths) == pytest.approx(100 * total)
    spy = next(share for share in full_details.index_shares if share.index == "SPY")
    assert "NVIDIA made 1.15 of the 1.41 points that the S&P 500 lost net of" in finding(
        drawn["index-arithmetic"]
    )
    rows = [row["contribution"] for row in spy.rows]
    assert rows[-1] == spy.rest
    assert sum(rows) == pytest.approx(spy.move, abs=1e-15)


def test_the_worst_days_beside_the_largest_losses(drawn, full_details) -> None:
    left, right = drawn["history"].axes
    assert [bar.get_width() for bar in left.patches] == pytest.approx(
        [-100 * day.move for day in full_details.worst_days]
    )
    least = [min(item.loss, *item.others, item.loss) / 1e9 for item in full_details.largest_losses]
    assert [bar.get_width() for bar in right.patches] == least
    assert least == sorted(least, reverse=True)
    assert finding(drawn["history"]) == (
        "In percent only NVIDIA's ninth-worst session since 1999; the worst was -35.2 % in 2004; "
        "in money the largest published loss of a day, 1.6 times the next"
    )


def test_paths_start_at_the_eve(drawn, full_details) -> None:
    path = full_details.synthetic
    lines = drawn["synthetic-control"].axes[0].lines
    eve = -path.first - 1
    for line in lines:
        if len(line.get_ydata()) == len(path.actual):
            assert line.get_ydata()[eve] == pytest.approx(100)
    assert sum(path.weights.values()) == pytest.approx(1)
    recovery = full_details.recovery
    last = drawn["recovery-path"].axes[0].lines
    assert any(
        len(x.get_ydata()) == len(recovery.path) and np.allclose(x.get_ydata(), 100 * recovery.path)
        for x in last
    )


def test_conformal_residuals_in_order(drawn, full_details) -> None:
    residuals = full_details.conformal.residuals
    tops = sorted(
        segment[1][1]
        for collection in drawn["conformal"].axes[0].collections
        for segment in collection.get_segments()
    )
    assert tops == pytest.approx(sorted(100 * residuals))


def test_volatility_leaves_the_event_out(drawn, full_details) -> None:
    change = full_details.volatility
    event = full_details.result.headline.path
    assert 0 not in change.offsets
    assert change.after < 2 * change.before  # with the event session it would not be
    assert len(event.raw) > 1
    shown = np.concatenate([x.get_ydata() for x in drawn["volatility"].axes[0].lines[:2]])
    assert shown == pytest.approx(100 * change.rolling)


def test_the_same_details_give_the_same_bytes(full, full_details) -> None:
    names = ("contagion", "recovery-path")
    first, second = (
        figure_files(full, full_details, formats=("svg",), only=names) for _ in range(2)
    )
    assert first == second
    assert list(first) == [f"{name}.svg" for name in names]


def test_a_figure_that_there_is_not_is_refused(small, snapshot) -> None:
    from analysis.context.details import find_details

    details = find_details(small, snapshot)
    with pytest.raises(StudyError, match=r"contagion.*needs 5 other firms"):
        figure_files(small, details, only=("contagion",))
    with pytest.raises(StudyError, match="cannot be drawn"):
        figure_files(small, only=("contagion",))
    assert wants_details(())
    assert not wants_details(("event-path",))
