"""Donors of a study: whatever is wrong with them gets one clear message."""

from __future__ import annotations

import datetime as dt
import warnings
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from analysis.errors import DataError, MarketImpactError, ReliabilityWarning, StudyError
from analysis.prices.market_data import MarketData
from analysis.prices.reference import IndexWeight, Reference
from analysis.prices.snapshot import LEVELS
from analysis.run.donors import (
    DonorPool,
    _some,
    donor_pool,
    warn_of_collinear,
    with_donor_levels,
)
from analysis.run.flags import LEAST_WEIGHT
from analysis.run.plan import plan_study
from analysis.run.study import run_study
from analysis.sessions import sessions_between
from analysis.study_file import parse_study
from analysis.tables.gallery.models import lay_out
from analysis.windows import Window

SESSIONS = sessions_between("XNYS", dt.date(2024, 8, 1), dt.date(2025, 2, 14))
NAMES = ("D0", "D1", "D2", "D3")


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(3)
    market = rng.normal(0, 0.01, len(SESSIONS))
    returns = {"M": market, "A": 1.5 * market + rng.normal(0, 0.02, len(SESSIONS))}
    for at, name in enumerate(NAMES):
        returns[name] = (0.5 + 0.3 * at) * market + rng.normal(0, 0.01, len(SESSIONS))
    return MarketData(
        "made up", "XNYS", 100 * (1 + pd.DataFrame(returns, index=SESSIONS)).cumprod()
    )


def asked(**more):
    study = parse_study(
        """
        id = "t"
        event_firm = "A"
        symbols = ["A"]
        models = ["synthetic", "ife"]
        donors = ["D0", "D1", "D2", "D3"]
        estimation = "-100..-11"
        windows = ["0..0"]
        [headline]
        model = "synthetic"
        [[events]]
        id = "e"
        title = "E"
        when = 2025-01-27
        [[benchmarks]]
        id = "M"
        """
    )
    return replace(study, **more)


def with_levels(data, **columns):
    return replace(data, levels=data.levels.assign(**columns))


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        ({"donors": ()}, StudyError, "needs 'donors'; list symbols under that key"),
        ({"donors": ("D0",)}, StudyError, "needs 2 donors or more, made up leaves 1"),
        ({"donors": ("A", "D1")}, StudyError, "A cannot be a donor of itself"),
        ({"donors": ("D0", "DX")}, StudyError, "'donors' names DX, which is not in made up"),
        ({"symbols": ("A", "D1")}, StudyError, "donors D1 are firms that the event touched"),
    ],
)
def test_donors_that_cannot_be(data, change, error, words):
    with pytest.raises(error, match=words):
        plan_study(asked(**change), data)


def test_no_donor_left(data):
    bare = replace(data, levels=data.levels[["M", "A"]])
    with pytest.raises(StudyError, match="needs 2 donors or more, made up leaves 0"):
        plan_study(asked(donors=("all-untreated",)), bare)


def test_a_donor_that_lacks_a_session(data):
    level = data.levels["D1"].copy()
    level.loc["2025-01-27"] = np.nan
    with pytest.raises(
        DataError, match=r"donors D1 lack returns around event 'e', first on 2025-01-27"
    ):
        plan_study(asked(), with_levels(data, D1=level))


def test_a_window_past_the_data(data):
    far = Window(0, 60)
    study = asked()
    study = replace(study, windows=(far,), headline=replace(study.headline, window=far))
    with pytest.raises(
        MarketImpactError, match=r"reaching 60 sessions from event .e. .* is outside made up"
    ):
        run_study(study, data)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda levels: levels["D1"] * 2, "donors D1 and D3 have the same returns"),
        (
            lambda levels: 100 * (1 + levels[["D0", "D1"]].pct_change().mean(axis=1)).cumprod(),
            "some donors are mixes of the others",
        ),
    ],
)
def test_collinear_donors_are_told_and_change_no_answer(data, make, words):
    three = run_study(asked(donors=NAMES[:3]), data).headline_window
    with pytest.warns(ReliabilityWarning, match=words) as told:
        found = run_study(asked(), with_levels(data, D3=make(data.levels))).headline_window
    assert found.car == pytest.approx(three.car, abs=1e-9)
    assert len({str(each.message) for each in told}) == 1
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        plan_study(asked(), data)


def test_donors_are_twins_to_the_twelfth_digit():
    """Returns that differ by the rounding of a level are the same; beyond it they are mixes."""
    wave = 0.01 * np.tile([1.0, -1.0], 30)
    for apart, words in ((3e-13, "a and b have the same returns"), (3e-12, "are mixes of")):
        columns = {"a": wave, "b": wave * (1 + 100 * apart)}
        with pytest.warns(ReliabilityWarning, match=words):
            warn_of_collinear(DonorPool(("a", "b")), columns, slice(0, 60))


def test_a_fund_is_tied_from_the_least_weight_on(data):
    """Weights of several firms of the study add up; of one firm the largest counts."""
    day = dt.date(2025, 1, 24)

    def tied(*weights):
        known = tuple(IndexWeight("D0 2025", s, w, day, "made up") for s, w in weights)
        given = replace(data, reference=Reference(weights=known))
        study = asked(donors=("all-untreated",), symbols=("A", "D3"))
        return donor_pool(study, given).refused

    assert tied(("A", LEAST_WEIGHT)) == {"D0": "holds A"}
    assert tied(("A", LEAST_WEIGHT * 0.999)) == {}
    assert tied(("A", 0.001), ("A", 0.002)) == {}
    assert tied(("A", 0.002), ("D3", 0.001)) == {"D0": "holds A, D3"}


def test_what_is_forced_is_refused_by_nobody(data):
    day = dt.date(2025, 1, 24)
    weight = IndexWeight("D0 2025", "A", 0.1, day, "made up")
    held = replace(data, reference=Reference(weights=(weight,)))
    study = asked(donors=("all-untreated",), force_donors=True)
    pool = donor_pool(study, held)
    assert (pool.names, pool.refused) == (NAMES, {})


def test_levels_of_ones_own_get_no_bundled_donors(snapshot):
    lacking = asked(donors=("GLD", "TLT"))
    own = replace(snapshot, inputs=tuple(i for i in snapshot.inputs if i.name != LEVELS))
    assert own.inputs
    assert with_donor_levels(lacking, own) is own


def test_donors_without_a_return_or_a_move_are_passed_over():
    rng = np.random.default_rng(5)
    column = rng.normal(size=60)
    columns = {"a": column, "b": rng.normal(size=60), "c": np.full(60, np.nan), "d": np.zeros(60)}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warn_of_collinear(DonorPool(tuple(columns)), columns, slice(0, 60))
        warn_of_collinear(DonorPool(("c", "d")), columns, slice(0, 60))


def test_a_control_that_fits_worse_than_the_market_model_says_so_first(data):
    rng = np.random.default_rng(8)
    returns = data.levels.pct_change().fillna(0.0)
    close = 100 * (1 + 1.5 * returns["M"] + rng.normal(0, 0.002, len(SESSIONS))).cumprod()
    result = run_study(asked(models=("synthetic",)), with_levels(data, A=close))
    (firm,) = result.firms
    rows = slice(len(SESSIONS) - 14 - 1 - 100, len(SESSIONS) - 14 - 1 - 10)
    own, market = close.pct_change().to_numpy()[rows], returns["M"].to_numpy()[rows]
    design = np.column_stack([np.ones(90), market])
    left = own - design @ np.linalg.lstsq(design, own, rcond=None)[0]
    flag = next(f for f in firm.windows[0].flags if f.startswith("control-fit:"))
    rmse = 100 * firm.sigma * np.sqrt(firm.df / 90)
    assert flag == f"control-fit:{rmse:.2f}/{100 * np.sqrt(np.mean(left**2)):.2f}"
    first = lay_out(result).heading.splitlines()[0]
    assert first.startswith("The control fits A worse than the market model does")
    better = with_levels(data, A=(data.levels["D0"] + data.levels["D1"]) / 2)
    found = run_study(asked(models=("synthetic",)), better)
    assert not any("control-fit" in f for f in found.firms[0].windows[0].flags)
    assert lay_out(found).heading.startswith("HEADLINE")


def told(**columns: np.ndarray) -> list[str]:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        warn_of_collinear(DonorPool(tuple(columns)), columns, slice(5, 45))
    return [str(item.message) for item in caught]


def test_donors_that_move_alike_but_for_a_constant_are_the_same() -> None:
    """An intercept takes the constant; of as many donors as sessions nothing can be said."""
    rng = np.random.default_rng(4)
    a, b, c = rng.normal(0, 0.01, (3, 50))
    assert told(a=a, b=b, c=c) == []
    assert "donors a and b have the same returns" in told(a=a, b=a + 0.02)[0]
    assert "collinear" in told(a=a, b=b, c=2 * a - 3 * b + 0.05)[0]
    assert told(a=a) == []
    short = slice(5, 8)
    many = {name: rng.normal(0, 0.01, 50) for name in "abc"}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warn_of_collinear(DonorPool(tuple(many)), many, short)


def test_three_names_are_written_out_and_the_others_counted() -> None:
    assert _some(["A", "B", "C"]) == "A, B, C"
    assert _some(["A", "B", "C", "D"]) == "A, B, C and 1 more"
    assert _some(["A", "B", "C", "D", "E"]) == "A, B, C and 2 more"


def test_bundled_donors_stand_beside_the_snapshot_and_leave_levels_of_ones_own(study, snapshot):
    with_two = with_donor_levels(replace(study, donors=("PG", "KO", "ZZZ")), snapshot)
    assert {"PG", "KO"} <= set(with_two.levels)
    assert len(with_two.levels.columns) == len(snapshot.levels.columns) + 2
    assert len(with_two.inputs) == len(snapshot.inputs) + 1
    for donors in (("ZZZ",), ("NVDA",), ()):  # unknown, there already, none
        assert with_donor_levels(replace(study, donors=donors), snapshot) is snapshot
    own = replace(snapshot, inputs=())
    assert with_donor_levels(replace(study, donors=("PG",)), own) is own
