#!/usr/bin/env python3
"""
Measure size and power of the tests that lead a group on one date, for small and large groups.

    python scripts/simulate_size_of_groups.py            writes the table and the page made from it
    python scripts/simulate_size_of_groups.py --print    prints the table, writes nothing

The table is analysis/inference/simulated_group_sizes.csv, the page docs/methods.md.

A group of N firms is drawn from simulated markets (independent errors, errors that share a common
part, the same with the event's variance doubled) and from the bundled figures: the firms of the
bundled study, on every session as it was, with the volatility that it had. An effect is added to
the event session: even, or uneven (the firms' effects spread by 0.7 of their mean). Estimates and
tests are the program's own. Seeded: the same program gives the same bytes.
"""

from __future__ import annotations

import argparse
import csv
import io
import sys
import zlib
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from scipy import special

from analysis.inference.catalog import GROUP_SIZES, GroupRate
from analysis.inference.group import group_sample
from analysis.inference.many_firms import kolari_pynnonen_test
from analysis.inference.page import methods_page
from analysis.inference.scaled import scaled_placebo, scaled_test, volatility_forecasts
from analysis.models.linear import LeastSquares
from analysis.panel.engine import estimate_windows
from analysis.prices.snapshot import load_snapshot
from analysis.study_file import load_study
from analysis.windows import Window

if TYPE_CHECKING:
    from collections.abc import Iterator

    from analysis.inference.group import GroupSample

COUNTS = (2, 3, 5, 26)
EFFECTS = (0.0, -0.02, -0.05, -0.10, -0.20)
SPREAD = 0.7
"""Standard deviation of uneven effects, as a share of their mean."""

ESTIMATION = Window(-260, -11)
DATES = 400
"""Placebo dates of a simulated market."""

FEWEST = 500
"""Earlier dates that a real one is ranked among at least."""

REPLICATIONS = 1000
GROUPS = 20
"""Random groups of the bundled firms, of each size."""

CORRELATION = 0.35
LEVEL = 0.05
SEED = 20250127
PAGE = Path(__file__).resolve().parent.parent / "docs" / "methods.md"
TESTS = ("placebo-scaled", "placebo-mean", "portfolio")
EVENLY_HIT = "kp"
"""Asks whether the firms were hit evenly: beside the others in simulated markets."""

MARKETS = {
    "independent": (0.0, 1.0),
    "clustered": (CORRELATION, 1.0),
    "clustered, event variance x 2": (CORRELATION, 2.0),
}
"""Correlation of the firms' errors, and what the event multiplies their variance by."""

REAL = "real dates"


def effects(rng: np.random.Generator, firms: int, effect: float, *, evenly: bool) -> np.ndarray:
    """Draw the firms' effects; uneven ones have the mean asked for and its spread, exactly."""
    if evenly or firms < 2 or not effect:
        return np.full(firms, effect)
    z = rng.standard_normal(firms)
    return effect * (1 + SPREAD * (z - z.mean()) / z.std())


def portfolio_cars(
    series: np.ndarray, market: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """
    Abnormal returns of portfolios on all rows, each by the fit before it.

    The mean abnormal return of firms with shared regressors is that of their portfolio.

    Returns
    -------
    cars, errors : ndarray of shape (rows, portfolios)
    df : float
    """
    first = 1 - ESTIMATION.start
    rows, count = np.arange(first, len(series)), series.shape[1]
    found = estimate_windows(
        series,
        market[:, None],
        np.repeat(np.arange(count), len(rows)),
        np.tile(rows, count),
        models=[(0,)],
        estimation=ESTIMATION,
        windows=(Window(0, 0),),
        threads=1,
    )
    cars, errors = (x[:, 0, 0].reshape(count, -1).T for x in (found.car, found.car_se))
    return cars, errors, found.df[:, 0].reshape(count, -1).T


def simulated(market: str, replications: int) -> Iterator[GroupRate]:
    """Draw a market over and over; every effect is added to the same draws."""
    correlation, wider = MARKETS[market]
    rng = np.random.default_rng([SEED, zlib.crc32(market.encode())])
    hits = {
        (n, effect, evenly, test): 0
        for n in COUNTS
        for effect in EFFECTS
        for evenly in ((True, False) if effect else (True,))
        for test in (*TESTS, EVENLY_HIT)
    }
    sessions, most = 1 - ESTIMATION.start + DATES + 1, max(COUNTS)
    for _ in range(replications):
        index = 0.0004 + 0.01 * rng.standard_normal(sessions)
        common, own = rng.standard_normal((sessions, 1)), rng.standard_normal((sessions, most))
        errors = np.sqrt(correlation) * common + np.sqrt(1 - correlation) * own
        errors[-1] *= np.sqrt(wider)
        sigma, beta = rng.uniform(0.01, 0.03, most), rng.uniform(0.6, 2.0, most)
        returns = 0.0002 + index[:, None] * beta + sigma * errors
        series = np.column_stack([returns[:, :n].mean(axis=1) for n in COUNTS])
        cars, spread, df = portfolio_cars(series, index)
        for at, n in enumerate(COUNTS):
            sample = group_of(returns[:, :n], index)
            for effect, evenly in dict.fromkeys(key[1:3] for key in hits):
                shift = effects(rng, n, effect, evenly=evenly)
                moved = cars[:, at].copy()
                moved[-1] += shift.mean()
                for test in TESTS:
                    p = p_value(test, moved, spread[:, at], df[-1, at])
                    hits[n, effect, evenly, test] += p <= LEVEL
                scar = sample.scar + shift / np.sqrt(sample.car_variance)
                p_even = kolari_pynnonen_test(scar, sample.correlation).p
                hits[n, effect, evenly, EVENLY_HIT] += p_even is not None and p_even <= LEVEL
    for (n, effect, evenly, test), count in hits.items():
        yield GroupRate(market, n, effect, evenly, test, count / replications, replications)


def group_of(returns: np.ndarray, market: np.ndarray) -> GroupSample:
    """Put the group together on the estimation window before the last session."""
    last = len(returns) - 1
    rows = slice(last + ESTIMATION.start, last + ESTIMATION.end + 1)
    fits = [
        LeastSquares().fit(returns[rows, firm], market[rows, None], ("market",))
        for firm in range(returns.shape[1])
    ]
    return group_sample(
        fits,
        np.ones((len(ESTIMATION), len(fits)), dtype=np.bool_),
        [fit.predict(market[None, last:], gap=0) for fit in fits],
        returns[last:],
    )


def p_value(test: str, cars: np.ndarray, errors: np.ndarray, df: float) -> float:
    """Judge the last row by the others, or by Student's t."""
    last = len(cars) - 1
    if test == "portfolio":
        return float(2 * special.stdtr(df, -abs(cars[last] / errors[last])))
    dates = np.arange(last)
    if test == "placebo-mean":
        t = cars / errors
        return (1 + int((np.abs(t[:last]) >= abs(t[last])).sum())) / (last + 1)
    outcome = scaled_test(test, scaled_placebo(cars, cars, last, dates))
    return 1.0 if outcome.p is None else outcome.p


def real(groups: int) -> Iterator[GroupRate]:
    """Take every session of the bundled figures for an event in its turn, of random groups."""
    study, levels = load_study("deepseek-2025"), load_snapshot().levels
    returns = levels.pct_change(fill_method=None)
    symbols = [s for s in study.symbols if np.isfinite(returns[s].to_numpy()[1:]).all()]
    before = returns.index < "2025-01-27"
    rng = np.random.default_rng([SEED, zlib.crc32(REAL.encode())])
    own, index = returns.loc[before, symbols].to_numpy(), returns.loc[before, "SPY"].to_numpy()
    for n in COUNTS:
        size = min(n, len(symbols))
        members = [rng.choice(len(symbols), size, replace=False) for _ in range(groups)]
        members = members[: 1 if size == len(symbols) else groups]
        series = np.column_stack([own[:, m].mean(axis=1) for m in members])
        cars, errors, df = portfolio_cars(series, index)
        for effect in EFFECTS:
            for evenly in (True, False) if effect else (True,):
                shares = [
                    rates_of(cars[:, g], errors[:, g], df[:, g], rng, size, effect, evenly=evenly)
                    for g in range(len(members))
                ]
                for test in TESTS:
                    share = float(np.mean([found[test] for found in shares]))
                    trials = len(members) * (len(cars) - FEWEST)
                    yield GroupRate(REAL, n, effect, evenly, test, share, trials)


def rates_of(
    cars: np.ndarray,
    errors: np.ndarray,
    df: np.ndarray,
    rng: np.random.Generator,
    firms: int,
    effect: float,
    *,
    evenly: bool,
) -> dict[str, float]:
    """Share of dates on which each test rejects, every date ranked among those before it."""
    moved = cars + effects(rng, firms, effect, evenly=evenly).mean()
    scale = volatility_forecasts(cars)[:-1]
    shares = {}
    for test, unit in (("placebo-scaled", scale), ("placebo-mean", errors)):
        null, seen = np.abs(cars / unit), np.abs(moved / unit)
        p = [
            (1 + np.count_nonzero(null[:t] >= seen[t])) / (np.isfinite(null[:t]).sum() + 1)
            for t in range(FEWEST, len(cars))
        ]
        shares[test] = float((np.array(p) <= LEVEL).mean())
    t = 2 * special.stdtr(df, -np.abs(moved / errors))
    shares["portfolio"] = float((t[FEWEST:] <= LEVEL).mean())
    return shares


def rates(replications: int = REPLICATIONS, groups: int = GROUPS) -> list[GroupRate]:
    """Give every rate of the table, in order."""
    drawn = [rate for market in MARKETS for rate in simulated(market, replications)]
    return [*drawn, *real(groups)]


def as_csv(found: list[GroupRate]) -> str:
    """Write the table."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(["market", "firms", "effect", "evenly", "test", "at_5", "trials"])
    for r in found:
        even = "yes" if r.evenly else "no"
        writer.writerow([r.market, r.firms, r.effect, even, r.test, f"{r.share:.4f}", r.trials])
    return file.getvalue()


def main() -> None:
    """Simulate everything and write the table and the page made from it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[1])
    parser.add_argument("--print", action="store_true", help="print the table, write nothing")
    parser.add_argument("--replications", type=int, default=REPLICATIONS)
    options = parser.parse_args()
    text = as_csv(rates(options.replications))
    if options.print:
        sys.stdout.write(text)
        return
    for path, content in ((GROUP_SIZES, lambda: text), (PAGE, methods_page)):
        part = path.with_suffix(".part")
        part.write_text(content(), encoding="utf-8")
        part.replace(path)


if __name__ == "__main__":
    main()
