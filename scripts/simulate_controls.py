#!/usr/bin/env python3
"""
Measure bias and size of control portfolios beside the market model's, in simulated markets.

    python scripts/simulate_controls.py            writes the table of docs/counterfactuals.md
    python scripts/simulate_controls.py --print    prints it, writes nothing
    python scripts/simulate_controls.py --quick    forty draws of sixty firms, printed

500 firms with a market, a style and a size factor and errors of Student's t with 5 degrees. The
firm has a market beta of 1.6 and no style; donors have betas of 0.4 to 1.6 and a style of 0.5 to
1.5. There is no effect. Seeded: the same program gives the same table. Penalties are those of the
first draw.
"""

from __future__ import annotations

import argparse
import math
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from analysis.inference.conformal import ConformalSetting, conformal_p
from analysis.inference.controls import placebo_units
from analysis.models.catalog import MODELS
from analysis.models.linear import LeastSquares
from analysis.models.tuning import tuned

if TYPE_CHECKING:
    from collections.abc import Iterator

    from analysis._typing import FloatArray
    from analysis.models.base import Estimator

PAGE = Path(__file__).resolve().parent.parent / "docs" / "counterfactuals.md"
BEGIN, END = "<!-- simulated: begin -->", "<!-- simulated: end -->"
SEED = 20250127
FIRMS = 500
DRAWS = 2000
FEWER = {"sdid": 1000, "matrix-completion": 200, "elastic-net": 500, "synthetic-ridge": 500}
"""Draws of the slower models; the others have `DRAWS`."""

KEPT = frozenset({"matrix-completion", "elastic-net", "synthetic-ridge"})
"""Models that keep the penalty of the first draw."""

PLACED = {"did": 400, "synthetic": 400, "sdid": 100, "ife": 100}
"""Draws on which donors are placed in the firm's stead."""

PLACEBOS = 39
"""How many of them."""

EFFECT = -0.06
"""Abnormal return that power is measured at."""

MARKET = "market"


@dataclass(frozen=True, slots=True)
class Design:
    """
    A market in which models are tried.

    Attributes
    ----------
    name : str
    sessions : int
        Of the estimation window.
    volatile : float
        What the event session's factors and errors are multiplied by.
    shock : float
        Move of the style on the event session, besides.
    """

    name: str
    sessions: int
    volatile: float = 1.0
    shock: float = 0.0


DESIGNS = (
    Design("calm, 250 sessions", 250),
    Design("calm, 60 sessions", 60),
    Design("volatile day, 250 sessions", 250, volatile=3.0),
    Design("volatile day, 60 sessions", 60, volatile=3.0),
    Design("style moves 4 %, 250 sessions", 250, shock=0.04),
    Design("style moves 4 %, 60 sessions", 60, shock=0.04),
)


@dataclass(slots=True)
class Tally:
    """
    What a model gave in a design.

    Attributes
    ----------
    gaps, ranks, conformal, space : list of float
        Abnormal returns; p-values of the rank among estimation residuals, of the conformal test,
        and of the rank among donors.
    found, found_space : list of bool
        Whether the ranks reject with the effect.
    """

    gaps: list[float]
    ranks: list[float]
    conformal: list[float]
    space: list[float]
    found: list[bool]
    found_space: list[bool]


def market(
    rng: np.random.Generator, design: Design, firms: int
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Draw the firm's returns, shape (M + 1,), the donors', (M + 1, J), and the market's."""
    rows, donors = design.sessions + 1, firms - 1
    factors = rng.normal(size=(rows, 3)) * np.array([0.01, 0.006, 0.004])
    errors = rng.standard_t(5, size=(rows, firms)) / math.sqrt(5 / 3)
    errors *= np.append(0.02, rng.uniform(0.012, 0.025, donors))
    factors[-1] *= design.volatile
    errors[-1] *= design.volatile
    factors[-1, 1] += design.shock
    loads = np.array(
        [rng.uniform(0.4, 1.6, firms), rng.uniform(0.5, 1.5, firms), rng.normal(0, 0.5, firms)]
    )
    loads[:, 0] = 1.6, 0.0, 0.0
    returns = factors @ loads + errors
    return returns[:, 0].copy(), np.ascontiguousarray(returns[:, 1:]), factors[:, 0]


def draw(
    model: str,
    estimator: Estimator,
    tally: Tally,
    given: tuple[FloatArray, FloatArray, FloatArray],
    names: tuple[str, ...],
) -> Estimator:
    """Fit once and note what came of it; the estimator, what it chose kept."""
    y, x, index = given
    if model == MARKET:
        x, names = index[:, None], (MARKET,)
    fit = estimator.fit(y[:-1], np.ascontiguousarray(x[:-1]), names)
    gap = float(y[-1] - fit.predict(x[-1:], gap=0).expected[0])
    sizes = np.sort(np.abs(fit.residuals))
    tally.gaps.append(gap)
    tally.ranks.append(rank(sizes, gap))
    tally.found.append(rank(sizes, gap + EFFECT) <= 0.05)
    kept = tuned(estimator, fit)
    if kept.capabilities.order_free and model != "matrix-completion":
        tally.conformal.append(conformal_p(ConformalSetting(kept, y, x, names, 1)))
    return kept


def rank(sizes: FloatArray, gap: float) -> float:
    """Give the share of sessions, the event's included, that are as far from nought."""
    wide = len(sizes) - int(np.searchsorted(sizes, abs(gap) * (1 - 1e-12)))
    return (1 + wide) / (len(sizes) + 1)


def in_space(
    estimator: Estimator, tally: Tally, given: tuple[FloatArray, FloatArray, FloatArray]
) -> None:
    """Place donors in the firm's stead on one draw."""
    y, x, _ = given
    names = labels(x.shape[1])
    fit = estimator.fit(y[:-1], np.ascontiguousarray(x[:-1]), names)
    error = math.sqrt(float(np.square(fit.residuals).mean()))
    units = placebo_units(estimator, np.ascontiguousarray(x[:-1]), x[-1:], names, most=PLACEBOS)
    p = units.outcome(tally.gaps[-1], error).p
    struck = units.outcome(tally.gaps[-1] + EFFECT, error).p
    tally.space.append(1.0 if p is None else p)
    tally.found_space.append(struck is not None and struck <= 0.05)


def labels(count: int) -> tuple[str, ...]:
    """Name donors so that their order is that of their columns."""
    return tuple(f"d{at:04d}" for at in range(count))


def simulate(design: Design, *, firms: int, most: int) -> dict[str, Tally]:
    """Run every model on the same draws of a design."""
    rng = np.random.default_rng([SEED, zlib.crc32(design.name.encode())])
    estimators: dict[str, Estimator] = {MARKET: LeastSquares()}
    estimators |= {name: spec.estimator for name, spec in MODELS.items() if spec.uses_donors}
    tallies = {name: Tally([], [], [], [], [], []) for name in estimators}
    names = labels(firms - 1)
    for at in range(min(most, DRAWS)):
        given = market(rng, design, firms)
        for model, tally in tallies.items():
            if at >= FEWER.get(model, DRAWS):
                continue
            kept = draw(model, estimators[model], tally, given, names)
            if at < PLACED.get(model, 0):
                in_space(kept, tally, given)
            if model in KEPT:
                estimators[model] = kept
    return tallies


def rows(*, firms: int, most: int) -> Iterator[str]:
    """Give the table, a line a model and design."""
    yield (
        "| design | model | draws | mean, % | s.e. | spread, % | rank, % | conformal, % | donors, %"
        " | power: rank, % | donors, % |"
    )
    yield "|---|---|---|---|---|---|---|---|---|---|---|"
    for design in DESIGNS:
        for model, tally in simulate(design, firms=firms, most=most).items():
            yield line(design, model, tally)


def line(design: Design, model: str, tally: Tally) -> str:
    """Write a row of the table; what was not run is blank."""
    gaps = 100 * np.array(tally.gaps)
    spread = float(gaps.std(ddof=1))
    cells = [
        design.name,
        f"`{model}`",
        f"{len(gaps):,}",
        f"{gaps.mean():+.2f}",
        f"{spread / math.sqrt(len(gaps)):.2f}",
        f"{spread:.2f}",
        share(np.array(tally.ranks) <= 0.05),
        share(np.array(tally.conformal) <= 0.05),
        share(np.array(tally.space) <= 0.05),
        share(np.array(tally.found)),
        share(np.array(tally.found_space)),
    ]
    return f"| {' | '.join(cells)} |"


def share(marks: np.ndarray) -> str:
    """Write a share in percent; nothing where there is none."""
    return f"{100 * marks.mean():.1f}" if len(marks) else ""


def main() -> None:
    """Simulate, print, and write where not told otherwise."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").strip().splitlines()[0])
    parser.add_argument("--print", action="store_true", dest="only_print")
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args()
    found = []
    for row in rows(firms=60 if options.quick else FIRMS, most=40 if options.quick else DRAWS):
        print(row, flush=True)
        found.append(row)
    if options.quick or options.only_print:
        return
    text = PAGE.read_text(encoding="utf-8")
    before, rest = text.split(BEGIN)
    table = "\n".join(found)
    PAGE.write_text(f"{before}{BEGIN}\n{table}\n{END}{rest.split(END)[1]}", encoding="utf-8")


if __name__ == "__main__":
    main()
