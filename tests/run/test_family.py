"""Which firms moved beyond chance: one count, by Romano-Wolf, wherever firms are counted."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from analysis.figures.catalog import FIGURES
from analysis.inference.outcome import Outcome
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
