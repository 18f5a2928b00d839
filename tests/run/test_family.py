"""Which firms moved beyond chance: one count, by Romano-Wolf, wherever firms are counted."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from analysis.figures.catalog import FIGURES
from analysis.inference.outcome import Outcome
from analysis.inference.scaled import ScaledPlacebo
from analysis.narrative import summary_paragraph
from analysis.narrative_tests import each_firm
from analysis.results.verdict import family_count, family_method
from analysis.run.family import asked_at_once, firm_family
from analysis.tables.gallery import firms as firms_table
from analysis.windows import Window

if TYPE_CHECKING:
    from analysis.results import FirmResult, StudyResult

DAY = Window(0, 0)


def step_down(statistics: dict[str, float], draws: dict[str, np.ndarray]) -> dict[str, float]:
    """Romano and Wolf (2005), written out firm by firm and date by date."""
    order = sorted(statistics, key=lambda symbol: -abs(statistics[symbol]))
    p, before = {}, 0.0
    for place, symbol in enumerate(order):
        rest = order[place:]
        count = total = 0
        for date in zip(*(draws[s] for s in draws), strict=True):
            values = dict(zip(draws, date, strict=True))
            present = [abs(v) for v in values.values() if np.isfinite(v)]
            if len(present) < 0.9 * len(draws):
                continue
            total += 1
            largest = max((abs(values[s]) for s in rest if np.isfinite(values[s])), default=0.0)
            count += largest >= abs(statistics[symbol])
        before = max(before, (1 + count) / (total + 1))
        p[symbol] = before
    return p


def test_the_column_is_romano_wolf_on_the_scaled_placebo_dates(full: StudyResult) -> None:
    cells = {firm.symbol: firm.at(DAY) for firm in full.headline_firms}
    by_hand = step_down(
        {s: cell.pseudo.car / cell.pseudo.forecast for s, cell in cells.items()},
        {s: cell.pseudo.cars / cell.pseudo.forecasts for s, cell in cells.items()},
    )
    rows = full.tidy
    rows = rows[(rows["event"] == "sell-off") & (rows["window"] == "0..0")]
    leading = rows[(rows["model"] == "market") & (rows["benchmark"] == "SPY-ex")]
    assert len(leading) == 26
    assert dict(zip(leading["symbol"], leading["p_romano_wolf"], strict=True)) == pytest.approx(
        by_hand, abs=1e-12
    )
    others = rows.drop(leading.index)
    assert others["p_romano_wolf"].isna().all()


def test_one_count_stands_everywhere(full: StudyResult) -> None:
    family = full.family
    below = [s for s, p in family.p.items() if p <= 0.05]
    assert list(family.beyond) == below == ["NVDA", "ANET", "VRT", "VST"]
    assert (family.fell, family.rose) == (family.beyond, ())
    said = "4 of 26 firms fell by more than chance explains"
    assert family_count(family) == said
    assert said in firms_table.lay_out(full).note
    assert said in each_firm(full)
    assert said in summary_paragraph(full)
    title = FIGURES["firms"](full).texts
    assert any(said in text.get_text().replace("\n", " ") for text in title)


def faked(firm: FirmResult, **changes: object) -> FirmResult:
    return replace(firm, windows=tuple(replace(cell, **changes) for cell in firm.windows))


def test_a_model_without_dates_goes_by_holm_and_without_a_test_by_nothing(
    full: StudyResult,
) -> None:
    bare = [faked(f, pseudo=None) for f in full.headline_firms]
    asked = asked_at_once(bare)
    assert "no volatility is forecast" in asked[0].at(DAY).joint.unavailable
    family = firm_family(asked, DAY, 0.95)
    raw = sorted((f.at(DAY).t.p, f.symbol) for f in asked)
    running, by_hand = 0.0, {}
    for place, (p, symbol) in enumerate(raw):
        running = max(running, min(1.0, p * (len(raw) - place)))
        by_hand[symbol] = running
    assert family.p == pytest.approx(by_hand)
    assert family_method(family) == "all 26 asked at once (Holm on Student p)"
    none = [faked(f, pseudo=None, t=Outcome.missing("t", "no covariance")) for f in bare]
    nothing = firm_family(asked_at_once(none), DAY, 0.95)
    assert not nothing.tested
    assert family_count(nothing) == "no test of the 26 firms is at hand"
    assert not family_method(nothing)


def test_a_firm_alone_is_judged_by_its_own_verdict(small: StudyResult) -> None:
    assert small.family.beyond == ("NVDA",)
    assert small.headline_window.joint.unavailable == "one firm is no family"
    assert not each_firm(small)
    quiet = Outcome("placebo-ewma", -0.1, 0.9, draws=999)
    same = Outcome("placebo", -0.1, 0.8, draws=999)
    assert not firm_family([faked(small.headline, scaled=quiet, placebo=same)], DAY, 0.95).beyond


def test_a_firm_whose_own_tests_disagree_is_not_counted(full: StudyResult) -> None:
    """Its plain rank says no where the scaled one says yes: no verdict alone, none among all."""
    at_odds = [
        faked(f, placebo=replace(f.at(DAY).placebo, p=0.2)) if f.symbol == "NVDA" else f
        for f in full.headline_firms
    ]
    family = firm_family(at_odds, DAY, 0.95)
    assert family.p["NVDA"] == full.family.p["NVDA"] <= 0.05
    assert family.beyond == tuple(s for s in full.family.beyond if s != "NVDA")


def made(small: StudyResult, dates: int = 60, **firms: dict[str, object]) -> list[FirmResult]:
    """Firms of one window whose statistics on made-up dates are standard normal."""
    found = []
    for place, (symbol, given) in enumerate(firms.items()):
        draws = np.random.default_rng(place).normal(size=dates)
        hidden = given.pop("hidden", 0)
        draws[:hidden] = np.nan
        own = given.pop("statistic", 0.0)
        spread = np.full(dates, 0.01)
        pseudo = ScaledPlacebo(own * 0.01, 0.01, draws * 0.01, spread, np.arange(dates))
        p = given.pop("p", 0.5)
        known = {
            "pseudo": pseudo, "car": own * 0.01, "t": Outcome("t", own, p), "impact": None,
            "scaled": Outcome("placebo-ewma", own, p, draws=2000),
            "placebo": Outcome("placebo", own, p, draws=2000), "sq": Outcome.missing("sq", "none"),
            **given,
        }  # fmt: skip
        cell = replace(small.headline_window, window=DAY, **known)
        found.append(replace(small.headline, symbol=symbol, windows=(cell,)))
    return found


@pytest.mark.parametrize(("level", "by"), [(0.95, "romano-wolf"), (0.96, "holm")])
def test_nineteen_dates_reach_a_level_of_95_percent_and_no_higher_one(small, level, by) -> None:
    """The least p of 19 dates is 1 / 20; a count by it could find nothing at a higher level."""
    firms = asked_at_once(made(small, 19, A={"statistic": -3.5, "p": 0.001}, B={}))
    family = firm_family(firms, DAY, level)
    assert (family.adjustment, family.draws) == (by, 19 if by == "romano-wolf" else None)
    if by == "holm":
        assert family.p == pytest.approx({"A": 0.002, "B": 0.5})
        assert (family.fell, family.rose) == (("A",), ())


@pytest.mark.parametrize(("p", "counted"), [(0.125, True), (0.13, False)])
def test_a_firm_is_counted_up_to_the_level(small: StudyResult, p: float, counted: bool) -> None:
    """Twice an eighth is a quarter, the level's own; each firm alone is beyond it either way."""
    bare = {"pseudo": None, "p": p}
    firms = asked_at_once(made(small, A={"statistic": 1.5, **bare}, B={"statistic": 0.1, **bare}))
    family = firm_family(firms, DAY, 0.75)
    assert family.adjustment == "holm"
    assert family.rose == (("A", "B") if counted else ())


def test_firms_are_ranked_together_by_hand(small: StudyResult) -> None:
    firms = made(
        small, A={"statistic": -3.5}, B={"statistic": 2.0, "hidden": 10}, C={"statistic": -0.5}
    )
    cells = {f.symbol: f.at(DAY).pseudo for f in firms}
    by_hand = step_down(
        {s: c.car / c.forecast for s, c in cells.items()},
        {s: c.cars / c.forecasts for s, c in cells.items()},
    )
    joint = {f.symbol: f.at(DAY).joint for f in asked_at_once(firms)}
    assert {s: o.p for s, o in joint.items()} == pytest.approx(by_hand, abs=1e-12)
    assert {o.draws for o in joint.values()} == {50}  # two of three are no nine tenths
    assert [joint[s].statistic for s in "AC"] == pytest.approx([-3.5, -0.5])


def test_nine_of_ten_firms_make_a_date(small: StudyResult) -> None:
    for hidden, draws in ((1, 60), (2, 50)):
        names = "ABCDEFGHIJ"
        given = {s: {"hidden": 10 if k < hidden else 0} for k, s in enumerate(names)}
        assert asked_at_once(made(small, **given))[0].at(DAY).joint.draws == draws


def test_too_few_dates_and_firms_without_any(small: StudyResult) -> None:
    for dates, there in ((19, True), (18, False)):
        firms = asked_at_once(made(small, dates, A={"statistic": -3.0}, B={}))
        assert (firms[0].at(DAY).joint.p is not None) is there
    assert f"only {dates} pseudo-dates" in firms[0].at(DAY).joint.unavailable
    (alone,) = asked_at_once(made(small, A={}))
    assert alone.at(DAY).joint.unavailable == "one firm is no family"
    bare = asked_at_once(made(small, A={}, B={"pseudo": None}))
    assert "no volatility is forecast" in bare[0].at(DAY).joint.unavailable
    nan = asked_at_once(made(small, A={"statistic": np.nan}, B={"statistic": -3.0}))
    assert nan[0].at(DAY).joint.unavailable == "no statistic of the event"
    assert nan[1].at(DAY).joint.p is not None
    none = asked_at_once(made(small, A={"statistic": np.nan}, B={"statistic": np.nan}))
    assert none[0].at(DAY).joint.unavailable.startswith("only 60 pseudo-dates")


def test_who_is_beyond_chance_by_the_sign_of_its_move(small: StudyResult) -> None:
    firms = asked_at_once(
        made(
            small, 2000, A={"statistic": -6.0, "p": 0.001}, B={"statistic": 6.0, "p": 0.001},
            C={"statistic": -6.0, "p": 0.2}, D={"statistic": 0.5},
        )
    )  # fmt: skip
    family = firm_family(firms, DAY, 0.95)
    assert (family.adjustment, family.fell, family.rose) == ("romano-wolf", ("A",), ("B",))
    assert (family.symbols, family.draws) == (("A", "B", "C", "D"), 2000)
    assert family.beyond == ("A", "B")
    assert family.p["C"] < 0.01  # its own tests do not reject


def test_dates_must_be_many_enough_to_reach_the_level(small: StudyResult) -> None:
    enough = ((19, 0.94, "romano-wolf"), (19, 0.96, "holm"), (99, 0.98, "romano-wolf"))
    for dates, level, by in enough:
        firms = asked_at_once(made(small, dates, A={"statistic": -9.0, "p": 0.001}, B={}))
        assert firm_family(firms, DAY, level).adjustment == by


def test_a_p_on_the_level_counts_and_a_move_of_nothing_has_no_side(small: StudyResult) -> None:
    firms = made(small, A={"pseudo": None, "p": 0.025}, B={"pseudo": None, "p": 0.5})
    family = firm_family(asked_at_once(firms), DAY, 0.95)
    assert family.adjustment == "holm"
    assert family.p == pytest.approx({"A": 0.05, "B": 0.5})
    assert family.beyond == ()  # a CAR of exactly 0 neither fell nor rose
    fell = made(small, A={"pseudo": None, "p": 0.025, "car": -0.01}, B={"pseudo": None})
    assert firm_family(asked_at_once(fell), DAY, 0.95).fell == ("A",)
    untested = {
        "pseudo": None, "t": Outcome.missing("t", "none"),
        "scaled": Outcome.missing("placebo-ewma", "none"),
        "placebo": Outcome.missing("placebo", "none"),
    }  # fmt: skip
    nothing = firm_family(asked_at_once(made(small, A=dict(untested), B=dict(untested))), DAY, 0.95)
    assert (nothing.adjustment, nothing.p, nothing.tested) == ("", {}, False)


def test_a_firm_alone_goes_by_its_own_verdict(small: StudyResult) -> None:
    for p, fell in ((0.001, ("A",)), (0.2, ())):
        (firm,) = asked_at_once(made(small, A={"statistic": -3.0, "p": p}))
        family = firm_family([firm], DAY, 0.95)
        assert (family.adjustment, family.fell, family.tested) == ("", fell, True)
