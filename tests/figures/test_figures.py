"""Figures show the results and nothing else; titles say what the numbers say; no text overlaps."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from matplotlib.collections import FillBetweenPolyCollection
from matplotlib.text import Annotation, Text

from analysis.errors import StudyError
from analysis.figures.catalog import FIGURES
from analysis.figures.export import drawers, figure_files, render
from analysis.figures.style import DARK, LIGHT
from analysis.impact import Impact
from analysis.inference.outcome import Outcome
from analysis.overrides import Overrides, override
from analysis.run.study import run_study
from analysis.windows import Window

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from analysis.results import StudyResult


def heading(figure: Figure) -> str:
    """The finding, on one line."""
    return " ".join(figure.texts[0].get_text().split()).replace("\u2212", "-")


def detail(figure: Figure) -> str:
    return " ".join(figure.texts[1].get_text().split())


def labels(figure: Figure) -> list[str]:
    return [text.get_text() for text in figure.findobj(Text) if text.get_text()]


def one(study, snapshot, symbol: str, event: str = "sell-off", **more) -> StudyResult:
    choices = Overrides(events=(event,), symbols=(symbol,), models=("market",), **more)
    return run_study(override(study, choices), snapshot)


@pytest.fixture(scope="module")
def figures(full) -> dict[str, Figure]:
    return {name: draw(LIGHT) for name, draw in drawers(full).items()}


# what is plotted


def test_the_path_is_the_level_with_the_eve_at_100(figures, full) -> None:
    axes = figures["event-path"].axes[0]
    line = axes.lines[0]
    levels = full.levels["NVDA"]
    at = levels.index.get_loc(pd.Timestamp("2025-01-27"))
    expected = levels.iloc[at - 40 : at + 101] / levels.loc["2025-01-24"] * 100
    np.testing.assert_allclose(line.get_ydata(), expected)
    assert list(pd.DatetimeIndex(line.get_xdata())) == list(expected.index)
    assert figures["event-path"].axes[0].get_ylabel() == "total-return level, eve = 100"


def test_the_path_names_the_events_and_lists_other_news_by_their_own_dates(figures, full) -> None:
    axes = figures["event-path"].axes[0]
    named = [" ".join(text.get_text().split()) for text in axes.texts]
    assert len(named) == len(full.events) == 4
    for placed in full.events:
        title = placed.event.title.partition(" (")[0]
        assert any(title in text for text in named)
    assert any(text.startswith("20 Jan 2025 first session 21 Jan") for text in named)
    key = axes.get_xlabel().replace("\u00a0", " ")
    assert "27 Jan 2025 (first session 28 Jan): US President announces coming tariffs" in key
    others = next(line for line in axes.lines if line.get_marker() == "D")
    told = re.search(r"and (\d+) more", key)
    listed = len(re.findall(r"^\d+ [A-Z][a-z]{2} \d{4}", key, flags=re.MULTILINE))
    assert len(others.get_xdata()) == listed + int(told[1])


def test_the_bars_are_the_abnormal_returns_with_their_band(figures, full) -> None:
    axes = figures["abnormal-returns"].axes[0]
    path, band = full.headline.path, full.headline.band
    bars = axes.patches
    np.testing.assert_allclose([b.get_height() for b in bars], 100 * path.abnormal)
    centres = [b.get_x() + b.get_width() / 2 for b in bars]
    np.testing.assert_allclose(centres, np.arange(-1, 21))
    shade = next(c for c in axes.collections if isinstance(c, FillBetweenPolyCollection))
    extent = shade.get_paths()[0].vertices[:, 1]
    assert extent.max() == pytest.approx(100 * band.max())
    assert extent.min() == pytest.approx(-100 * band.max())
    accents = [b for b in bars if mpl.colors.same_color(b.get_facecolor(), LIGHT.accent)]
    assert len(accents) == int((np.abs(path.abnormal) > band).sum())
    assert axes.get_ylabel() == "abnormal return, %"


def rows_of(figures, full) -> dict[str, float]:
    """The row of each firm, by symbol."""
    axes = figures["firms"].axes[0]
    symbols = {full.names[s]: s for s in full.study.symbols}
    labels = [symbols[text.get_text()] for text in axes.get_yticklabels()]
    return dict(zip(labels, axes.get_yticks(), strict=True))


def test_the_firms_have_their_intervals_their_verdicts_and_where_they_stood_later(
    figures, full
) -> None:
    axes, rows = figures["firms"].axes[0], rows_of(figures, full)
    assert sorted(rows) == sorted(full.study.symbols)
    marks = {
        line.get_ydata()[0]: line
        for line in axes.lines
        if line.get_marker() in "os" and len(line.get_xdata())
    }
    later = {
        line.get_ydata()[0]: line
        for line in axes.lines
        if line.get_marker() == "D" and len(line.get_xdata())
    }
    spans = {
        line.get_ydata()[0]: tuple(line.get_xdata())
        for line in axes.lines
        if line.get_marker() == "None" and len(set(line.get_ydata())) == 1
    }
    for symbol, y in rows.items():
        firm = full.firm("sell-off", symbol, "market", "SPY-ex")
        cell = firm.at(Window(0, 0))
        assert marks[y].get_xdata()[0] == pytest.approx(100 * cell.car)
        assert spans[y] == pytest.approx((100 * cell.t.low, 100 * cell.t.high))
        assert later[y].get_xdata()[0] == pytest.approx(100 * firm.at(Window(0, 20)).car)
        filled = marks[y].get_markerfacecolor() != LIGHT.background
        assert filled == (symbol in full.family.beyond)
        assert (marks[y].get_marker() == "s") == (not filled and cell.t.p >= 0.05)


def test_the_firms_are_sorted_within_their_groups(figures, full) -> None:
    rows = rows_of(figures, full)
    cars = {s: full.firm("sell-off", s, "market", "SPY-ex").windows[0].car for s in rows}
    for group in full.study.groups:
        shown = sorted((s for s in rows if s in group.symbols), key=rows.get)
        assert shown == sorted(shown, key=cars.get)
    axes = figures["firms"].axes[0]
    heads = [t.get_text() for t in axes.texts]
    assert sorted(heads) == sorted(group.title for group in full.study.groups)
    bold = [t.get_text() for t in axes.get_yticklabels() if t.get_fontweight() == "bold"]
    assert bold == ["NVIDIA"]


def test_the_dots_are_the_dollars_under_each_benchmark_beside_one_rule(figures, full) -> None:
    axes = figures["benchmarks"].axes[0]
    rule = next(line for line in axes.lines if line.get_linewidth() == 3)
    dots = [line for line in axes.lines if line.get_marker() in "os" and len(line.get_xdata())]
    shown = {(line.get_marker(), round(line.get_ydata()[0])): line.get_xdata()[0] for line in dots}
    intervals = [tuple(line.get_xdata()) for line in axes.lines if len(line.get_xdata()) == 2]
    for row, benchmark in enumerate(("SPY", "SPY-ex", "RSP", "SOXX")):
        impact = full.firm("sell-off", "NVDA", "market", benchmark).windows[0].impact
        assert list(rule.get_xdata()) == pytest.approx([impact.raw / 1e9] * 2)
        assert shown["s", row] == pytest.approx(impact.expected / 1e9)
        assert shown["o", row] == pytest.approx(impact.abnormal / 1e9)
        assert any(i == pytest.approx((impact.low / 1e9, impact.high / 1e9)) for i in intervals)
    assert axes.get_xlabel().replace("\u00a0", " ") == "change in market value, USD bn"
    names = [" ".join(t.get_text().split()) for t in axes.get_yticklabels()]
    assert names[:2] == ["S&P 500", "S&P 500 without NVIDIA"]
    values = [t.get_text() for t in axes.texts]
    assert "fell 592" in values


def test_the_histogram_counts_every_placebo_date(figures, full) -> None:
    axes = figures["placebo-dates"].axes[0]
    assert sum(p.get_height() for p in axes.patches) == full.headline_window.placebo.draws
    line = axes.lines[0]
    assert set(line.get_xdata()) == {full.headline_window.t.statistic}


# what the titles say


@pytest.mark.parametrize(
    ("name", "said"),
    [
        (
            "event-path",
            "NVIDIA returned -17.0 % on 27 January 2025 and was back at its old level on 9",
        ),
        (
            "firms",
            "the lowest is Vertiv with -29.5 %; 20 sessions later 2 of the 4 stood lower still",
        ),
        ("benchmarks", "The abnormal loss is USD 289 bn to 608 bn, depending on the bench"),
        ("placebo-dates", "10 of 3,014 placebo dates reach the size of the event (p = 0.0036)"),
    ],
)
def test_titles_of_the_bundled_study(figures, name: str, said: str) -> None:
    assert said in heading(figures[name])


def test_the_count_of_firms_in_the_title_is_that_of_the_results(figures, full) -> None:
    rows = full.tidy.query("event == 'sell-off' and window == '0..0' and p_romano_wolf <= 0.05")
    assert (rows["car"] < 0).all()
    assert heading(figures["firms"]).startswith(f"{len(rows)} of 26 firms fell by more")


def test_a_null_event(study, snapshot) -> None:
    result = one(study, snapshot, "NVDA", "v3-report", windows=(Window(0, 0),))
    drawn = {name: heading(draw(LIGHT)) for name, draw in drawers(result).items()}
    assert drawn["abnormal-returns"] == "No session's abnormal return leaves the band of chance"
    assert heading(FIGURES["firms"](result)) == ("NVDA did not move by more than chance explains")
    assert drawn["placebo-dates"].split()[1:4] == ["of", "225", "placebo"] or (
        "placebo dates reach the size of the event (p =" in drawn["placebo-dates"]
    )


def test_one_session_outside_is_told_with_its_own_value(study, snapshot) -> None:
    result = one(study, snapshot, "NVDA", windows=(Window(0, 0),))
    figure = FIGURES["abnormal-returns"](result, LIGHT)
    assert heading(figure) == "Only session 0 leaves the band of chance, with -16.6 %"


def test_the_session_outside_is_named_and_not_the_largest_inside(small) -> None:
    head = small.headline
    band = np.where(np.arange(len(head.band)) == 5, 0.0, 1.0)
    result = replace(
        small, firms=tuple(replace(f, band=band) if f is head else f for f in small.firms)
    )
    figure = FIGURES["abnormal-returns"](result, LIGHT)
    value = 100 * head.path.abnormal[5]
    assert heading(figure) == f"Only session 4 leaves the band of chance, with {value:.1f} %"


def test_a_gain_without_groups(study, snapshot) -> None:
    result = one(study, snapshot, "AAPL", benchmarks=("SPY",))
    bare = replace(
        result,
        study=replace(result.study, groups=()),
        firms=tuple(replace(f, group="") for f in result.firms),
    )
    assert "AAPL rose by more than chance explains" in heading(FIGURES["firms"](bare, LIGHT))
    assert heading(FIGURES["benchmarks"](result, LIGHT)).startswith("The abnormal gain is U")
    assert heading(FIGURES["event-path"](result, LIGHT)) == (
        "Apple returned 3.2 % on 27 January 2025"
    )
    assert "-ex" not in detail(FIGURES["benchmarks"](result, LIGHT))


def without_dollars(result: StudyResult) -> StudyResult:
    bare = tuple(
        replace(f, windows=tuple(replace(w, impact=None) for w in f.windows)) for f in result.firms
    )
    return replace(result, firms=bare)


def test_a_firm_without_share_count_is_shown_in_percent(study, snapshot) -> None:
    figure = FIGURES["benchmarks"](without_dollars(one(study, snapshot, "ARM")), LIGHT)
    assert figure.axes[0].get_xlabel() == "return, %"
    assert heading(figure) == (
        "The tests do not agree: an abnormal return of -10.6 % to 1.0 %, depending on the benchmark"
    )
    rows = [" ".join(t.get_text().split()) for t in figure.axes[0].get_yticklabels()]
    assert "S&P 500 without NVIDIA" in rows
    alone = without_dollars(one(study, snapshot, "ARM", benchmarks=("SPY",)))
    single = FIGURES["benchmarks"](alone, LIGHT)
    assert heading(single) == "Within what chance explains: an abnormal return of -5.8 %"


@pytest.mark.parametrize(
    ("abnormal", "said"),
    [
        (
            (-50e9, 60e9),
            "The abnormal change is a loss of USD 50 bn to a gain of 60 bn, depending",
        ),
        ((-50e9, -60e9), "The abnormal loss is USD 50 bn to 60 bn, depending on the benchmark"),
        ((60e9, 50e9), "The abnormal gain is USD 50 bn to 60 bn, depending on the benchmark"),
    ],
)
def test_the_range_over_benchmarks_keeps_its_signs(study, snapshot, abnormal, said: str) -> None:
    result = one(study, snapshot, "NVDA", benchmarks=("SPY", "RSP"), windows=(Window(0, 0),))
    firms = tuple(
        replace(f, windows=(replace(f.windows[0], impact=Impact(1e12, 0, 0, a, 1, a, a)),))
        for f, a in zip(result.firms, abnormal, strict=True)
    )
    assert said in heading(FIGURES["benchmarks"](replace(result, firms=firms), LIGHT))


def test_not_recovered_and_few_placebo_dates_are_said(study, snapshot, small) -> None:
    until = replace(snapshot, levels=snapshot.levels.loc[:"2026-01-30"])
    figure = FIGURES["event-path"](one(study, until, "MRVL"), LIGHT)
    assert heading(figure).endswith("and was not back by 30 January 2026")
    head, cell = small.headline, small.headline_window
    none = replace(cell, placebo=Outcome.missing("placebo", "few"), draws=np.empty(0))
    windows = tuple(none if w is cell else w for w in head.windows)
    firms = tuple(replace(f, windows=windows) if f is head else f for f in small.firms)
    lacking = replace(small, firms=firms)
    assert FIGURES["placebo-dates"].reason(lacking, None) == "few"
    assert "placebo-dates" not in drawers(lacking)


def test_a_model_without_covariance_has_no_band(small) -> None:
    head = small.headline
    firms = tuple(replace(f, band=None) if f is head else f for f in small.firms)
    figure = FIGURES["abnormal-returns"](replace(small, firms=firms), LIGHT)
    assert not [c for c in figure.axes[0].collections if isinstance(c, FillBetweenPolyCollection)]


# how they look


@pytest.mark.parametrize(
    "width",
    [8.0, pytest.param(6.0, marks=pytest.mark.slow), pytest.param(14.0, marks=pytest.mark.slow)],
)
@pytest.mark.parametrize("name", FIGURES)
def test_no_two_texts_overlap_and_none_leaves_the_page(
    full, full_details, name: str, width: float
) -> None:
    figure = drawers(full, full_details)[name](replace(LIGHT, width=width))
    figure.draw_without_rendering()
    renderer = figure._get_renderer()
    page = figure.bbox
    boxes = []
    for text in figure.findobj(Text):
        if not text.get_text().strip() or not text.get_visible():
            continue
        box = (
            Text.get_window_extent(text, renderer)
            if isinstance(text, Annotation)
            else text.get_window_extent(renderer)
        )
        if _outside_axis(text, figure):
            continue
        boxes.append((text.get_text(), box))
        assert box.x0 >= page.x0 - 1, text
        assert box.x1 <= page.x1 + 1, text
        assert box.y0 >= page.y0 - 1, text
        assert box.y1 <= page.y1 + 1, text
    for i, (first, a) in enumerate(boxes):
        for second, b in boxes[:i]:
            wide = min(a.x1, b.x1) - max(a.x0, b.x0)
            high = min(a.y1, b.y1) - max(a.y0, b.y0)
            assert min(wide, high) <= 1.0, (first, second)


def _outside_axis(text: Text, figure: Figure) -> bool:
    """Tick labels of ticks beyond the limits are never drawn."""
    for axes in figure.axes:
        for axis, (low, high) in ((axes.xaxis, axes.get_xlim()), (axes.yaxis, axes.get_ylim())):
            for tick in axis.get_major_ticks() + axis.get_minor_ticks():
                if text in (tick.label1, tick.label2):
                    place = tick.get_loc()
                    return not min(low, high) <= place <= max(low, high)
    return False


@pytest.mark.slow
def test_the_same_results_give_the_same_bytes(small) -> None:
    """Every figure in every format is compared across processes in tests/cli."""
    first, second = (figure_files(small, only=("placebo-dates",)) for _ in range(2))
    assert first == second
    assert set(first) == {f"placebo-dates.{suffix}" for suffix in ("png", "svg", "pdf")}


def test_files_are_what_their_suffix_says(small) -> None:
    files = figure_files(small, only=("placebo-dates",), style="dark", width=6)
    assert files["placebo-dates.png"].startswith(b"\x89PNG")
    assert files["placebo-dates.pdf"].startswith(b"%PDF")
    assert b"<svg" in files["placebo-dates.svg"]
    assert DARK.background.encode() in files["placebo-dates.svg"]


def test_drawing_leaves_the_settings_of_matplotlib_alone(small) -> None:
    before = dict(mpl.rcParams)
    render(FIGURES["placebo-dates"](small, DARK), "svg", DARK)
    assert dict(mpl.rcParams) == before


@pytest.mark.parametrize(("only", "width"), [(("nope",), 8.0), ((), 30.0)])
def test_wrong_choices_are_refused(small, only: tuple[str, ...], width: float) -> None:
    with pytest.raises(StudyError):
        figure_files(small, only=only, width=width)
