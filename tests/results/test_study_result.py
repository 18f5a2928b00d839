"""What a result says of itself: where numbers stand in its files, its leading parts."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from analysis.impact import Impact
from analysis.inference.outcome import Outcome
from analysis.results.placed import PlacedEvent, PlacedWindow
from analysis.results.records import Battery, GroupResult, Place, Recovery, Unmeasured
from analysis.results.shock import Exposure, MarketShock, RankedReturn
from analysis.windows import Window

DAY = pd.Timestamp("2025-01-27")
NONE = Outcome.missing("kp", "not asked here")


def group(result, **more) -> GroupResult:
    head = result.headline
    known = {
        "event": head.event, "group": "g", "model": head.model, "benchmark": head.benchmark,
        "session": DAY, "window": result.study.headline.window, "symbols": ("A", "B", "C"),
        "n_estimation": 250, "alpha": "estimated", "caar": -0.1, "se": 0.02, "t": NONE,
        "mean_correlation": 0.25, "bmp": NONE, "kp": NONE, "scaled": NONE, "volatile": NONE,
        "k": None, "down": 2, "pseudo": None, "valued": (), "impact": None, "flags": ("x", "y"),
    }  # fmt: skip
    return GroupResult(**{**known, **more})


def money(currency: str, rate: float | None) -> Impact:
    return Impact(100.0, -12.0, -2.0, -10.0, 1.0, -12.0, -8.0, currency, rate)


def test_a_place_leads_to_the_row_of_the_file(small) -> None:
    """Line 1 is the header: row k of a frame stands on line k + 2."""
    firm = small.headline
    for window in firm.windows:
        place = small.place(firm, window.window, "car")
        assert place.file == "results.csv"
        assert small.tidy.iloc[place.line - 2]["car"] == window.car
    rows = [
        Battery("firm", "A", (Outcome("t", 1.0, 0.3), Outcome("sq", 2.0, 0.2))),
        Battery("group", "A", (Outcome("t", 3.0, 0.1),)),
        Battery("group", "B", (Outcome("t", 4.0, 0.01), Outcome("sq", 5.0, 0.4))),
    ]
    tested = replace(small, batteries=tuple(rows))
    asked = [(b.kind, b.subject, o) for b in rows for o in b.outcomes]
    for line, (kind, subject, outcome) in enumerate(asked, start=2):
        place = tested.test_place(kind, subject, outcome.test, "p")
        assert place == Place("tests.csv", line, "p")
        assert tested.tidy_tests.iloc[line - 2]["statistic"] == outcome.statistic
    groups = (group(small), group(small, group="h"), group(small))
    grouped = replace(small, groups=groups)
    places = [grouped.group_place(one, "caar").line for one in groups]
    assert places == [2, 3, 4]
    assert str(grouped.group_place(groups[1], "caar")) == "groups.csv, line 3, caar"


@pytest.mark.parametrize(
    ("held", "shown"),
    [
        ([], "USD"),
        ([("JPY", None)], "JPY"),
        ([("JPY", None), ("JPY", 0.0067)], "JPY"),
        ([("JPY", 0.0067), ("EUR", 1.1)], "USD"),
        ([("JPY", 0.0067), ("EUR", None)], "EUR+JPY"),
        ([("USD", 1.0), ("EUR", 1.1)], "USD"),
    ],
)
def test_the_currency_of_the_tables(small, held, shown) -> None:
    firm = small.headline
    firms = [
        replace(
            firm,
            symbol=f"F{place}",
            windows=tuple(replace(w, impact=money(*known)) for w in firm.windows),
        )
        for place, known in enumerate(held)
    ]
    bare = replace(firm, windows=tuple(replace(w, impact=None) for w in firm.windows))
    result = replace(small, firms=(bare, *firms))
    assert result.currency == shown
    euros = money("EUR", 1.1)
    assert result.shown(None) is None
    found = result.shown(euros)
    assert found.abnormal == pytest.approx(-11.0 if shown == "USD" else -10.0)


def test_the_variance_of_a_mean_of_correlated_firms(small) -> None:
    """Three firms, correlation 1/4: the variance of the mean is half as large again."""
    assert group(small).variance_inflation == pytest.approx(1.5)
    r = np.full((3, 3), 0.25) + 0.75 * np.eye(3)
    assert group(small).variance_inflation == pytest.approx(r.sum() / 3)
    row = replace(small, groups=(group(small),)).tidy_groups.iloc[0]
    assert (row["n_firms"], row["symbols"], row["flags"]) == (3, "A B C", "x;y")


def test_what_leads_is_of_the_headlines_event_window_and_specification(small) -> None:
    firm, head = small.headline, small.study.headline
    other = replace(firm, event="other")
    another = replace(firm, symbol="B")
    model = replace(firm, model="mean", benchmark="none")
    short = replace(firm, symbol="C", windows=firm.windows[:0])
    result = replace(small, firms=(firm, other, another, model, short))
    assert result.headline_firms == (firm, another)
    assert result.headline_dates == (firm, other)
    assert result.headline_models == (firm, model)
    assert result.firm("other", head.symbol, firm.model, firm.benchmark) is other
    windows = [w.window for w in firm.windows if w.window != head.window]
    mine, wide = group(small), group(small, window=windows[0])
    foreign, plain = group(small, event="other"), group(small, model="mean", benchmark="none")
    found = replace(small, groups=(wide, foreign, plain, mine))
    assert found.headline_groups == (mine,)


def test_a_window_of_an_event_is_found_or_there_is_none(small) -> None:
    placed = small.headline_event
    for window in placed.windows:
        assert small.placed(placed.event.id, window.window) is window
    with pytest.raises(KeyError):
        small.placed(placed.event.id, Window(77, 78))
    twice = replace(placed, event=replace(placed.event, id="twin"))
    both = replace(small, events=(twice, placed))
    first = placed.windows[0]
    assert both.placed(placed.event.id, first.window) is first
    assert both.headline_event is placed


def test_rows_of_what_was_not_measured_and_of_recoveries(small) -> None:
    lost = (Unmeasured("e", "A", None, "gone"), Unmeasured("e", "B", Window(0, 1), "a gap"))
    times = (
        Recovery("e", "A", DAY, fell=True, session=None, sessions=7, last=DAY),
        Recovery("e", "B", DAY, fell=True, session=DAY, sessions=3, last=DAY),
    )
    result = replace(small, unmeasured=lost, recoveries=times)
    assert result.tidy_unmeasured["window"].tolist() == ["", "0..1"]
    assert result.tidy_recoveries["recovered"].tolist()[1] == "2025-01-27"
    assert pd.isna(result.tidy_recoveries["recovered"].iloc[0])


def test_the_beta_is_the_first_slope_and_a_control_has_none(small) -> None:
    firm = small.headline
    assert firm.beta == firm.coefficients[next(n for n in firm.coefficients if n != "alpha")]
    first = replace(firm, coefficients={"alpha": 0.1, "x": 2.0, "y": 3.0})
    assert (first.alpha, first.beta) == (0.1, 2.0)
    bare = replace(firm, coefficients={"x": 2.0})
    assert np.isnan(bare.alpha)
    assert np.isnan(replace(firm, coefficients={"alpha": 0.1}).beta)
    assert np.isnan(replace(firm, model="synthetic", coefficients={"D0": 1.0}).beta)
    assert firm.has(small.study.headline.window)
    assert not firm.has(Window(77, 78))
    with pytest.raises(KeyError):
        firm.at(Window(77, 78))


def test_the_name_of_a_result_holds_its_headline(small) -> None:
    cell = small.headline_window
    assert f"CAR {cell.car:.4f}, t {cell.t.statistic:.2f}>" in repr(small)
    firm = small.headline
    untested = tuple(replace(w, t=NONE) for w in firm.windows)
    bare = replace(small, firms=(replace(firm, windows=untested),))
    assert repr(bare).endswith("t none>")


def test_flags_of_a_window_name_its_closure(small) -> None:
    placed = small.headline_event.windows[0]
    plain = PlacedWindow(placed.window, placed.eve, placed.first, placed.last, ())
    assert plain.flags == ()
    closed = replace(plain, closure=(DAY, 5))
    assert closed.flags == ("closure:5-weekdays",)
    event = PlacedEvent(small.headline_event.event, DAY, 3, (closed,))
    assert event.windows == (closed,)


def ranked(scaled: float | None, placebo: float | None) -> RankedReturn:
    return RankedReturn(
        "M", "its mean", -0.03, -0.031, Outcome("t", -3.0, 0.003),
        Outcome("placebo-ewma", -3.0, scaled, draws=99),
        Outcome("placebo", -3.0, placebo, draws=98),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("scaled", "placebo", "beyond"),
    [(0.05, 0.05, True), (0.051, 0.01, False), (0.01, 0.051, False), (None, 0.01, False)],
)
def test_a_shock_is_beyond_by_both_ranks(scaled, placebo, beyond) -> None:
    assert ranked(scaled, placebo).beyond(0.05) is beyond


def test_rows_of_a_shock_are_those_that_were_measured() -> None:
    one = ranked(0.01, 0.02)
    rank = Outcome("placebo", 1.0, 0.04, draws=97)
    exposure = Exposure(9, -0.02, 0.001, 0.01, rank)
    shock = MarketShock("e", Window(0, 1), one, True)
    assert shock.tidy["what"].tolist() == ["benchmark"]
    whole = replace(shock, mean_adjusted=one, exposure=exposure, untreated=one).tidy
    assert whole["what"].tolist() == ["benchmark", "mean-adjusted", "untreated", "exposure"]
    assert whole["subject"].iloc[3] == "9 firms"
    assert whole["abnormal_return"].tolist() == [-0.031, -0.031, -0.031, -0.02]
    assert whole["n_placebo"].tolist() == [98, 98, 98, 97]
