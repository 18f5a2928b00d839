"""
Measure control portfolios against full quadratic programs, in the same run.

Usage: python scripts/benchmark_counterfactuals.py [--quick] [--out FILE]

Simulates returns with five factors and fat tails. First the simplex solver beside quadprog (the
Gram matrix of all donors; skipped beyond 2,000, where it takes minutes) and OSQP (no Gram matrix;
skipped beyond 500, and stopped after ten seconds), on the same figures: seconds, ratio, and by how
much the objective exceeds the least that any found. Then every estimator with 500 donors and 250
sessions: one fit with its prediction, and every method of inference, the factor model's bootstrap
of 1,000 draws among them. Last a thousand events, each with 4,000 donors and its own 250 sessions:
the solver alone, and as ``market-impact batch --method synthetic`` does it, with fit, conformal
rank and the market model beside it. On a machine that does other work too, read ratios and
processor seconds; the load is printed. ``--quick`` takes only the small sizes.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import osqp
import quadprog
from scipy import sparse

from analysis.batch.control_events import ControlOptions, ControlPanel, estimate_event
from analysis.inference.conformal import ConformalSetting, conformal_test
from analysis.inference.controls import jackknife_plus, placebo_units
from analysis.inference.factor_bootstrap import factor_bootstrap
from analysis.models.catalog import MODELS
from analysis.models.latent import InteractiveEffects
from analysis.models.simplex import simplex_least_squares
from analysis.models.tuning import tuned
from analysis.windows import Window

if TYPE_CHECKING:
    from collections.abc import Callable

    from analysis._typing import FloatArray

SIZES = (500, 2000, 5000, 10_000)
SESSIONS = (100, 250)
MOST_QUADPROG, MOST_OSQP = 2000, 500
OSQP_SECONDS = 10.0
PLACEBOS = 100
LONGEST = 40.0
"""Placebo refits that would take more seconds are measured on fewer units."""


def market(sessions: int, donors: int, seed: int) -> tuple[FloatArray, FloatArray]:
    """Simulate a firm and its donors: five factors, errors of Student's t with 4 degrees."""
    rng = np.random.default_rng(seed)
    common = rng.normal(size=(sessions, 5)) * 0.01
    loads = rng.normal(1, 0.5, size=(5, donors + 1))
    returns = common @ loads + rng.standard_t(4, size=(sessions, donors + 1)) * 0.02
    return returns[:, 0].copy(), np.ascontiguousarray(returns[:, 1:])


def timed(run: Callable[[], Any], repeats: int = 1) -> tuple[float, float, Any]:
    """Run; the least wall and processor seconds of the repeats, and what it gave."""
    walls, processors, found = [], [], None
    for _ in range(repeats):
        wall, processor = time.perf_counter(), time.process_time()
        found = run()
        walls.append(time.perf_counter() - wall)
        processors.append(time.process_time() - processor)
    return min(walls), min(processors), found


def by_quadprog(y: FloatArray, x: FloatArray) -> FloatArray:
    """Goldfarb and Idnani's method; a tiny ridge makes the Gram matrix positive definite."""
    donors = x.shape[1]
    gram = x.T @ x + 1e-9 * np.eye(donors)
    sides = np.column_stack([np.ones(donors), np.eye(donors)])
    weights: FloatArray = quadprog.solve_qp(
        gram, x.T @ y, sides, np.append(1.0, np.zeros(donors)), 1
    )[0]
    return weights


def by_osqp(y: FloatArray, x: FloatArray) -> FloatArray:
    """Minimise over weights and residuals, the residuals being those of the weights."""
    sessions, donors = x.shape
    cost = sparse.block_diag([sparse.csc_matrix((donors, donors)), 2 * sparse.eye(sessions)])
    rows = sparse.vstack(
        [
            sparse.hstack([sparse.csc_matrix(x), sparse.eye(sessions)]),
            sparse.csc_matrix(np.append(np.ones(donors), np.zeros(sessions))[None, :]),
            sparse.hstack([sparse.eye(donors), sparse.csc_matrix((donors, sessions))]),
        ]
    )
    scale = float(y.std())
    low = np.concatenate([y, [1.0], np.zeros(donors)])
    high = np.concatenate([y, [1.0], np.ones(donors)])
    solver = osqp.OSQP()
    solver.setup(
        cost.tocsc() / scale**2,
        np.zeros(donors + sessions),
        rows.tocsc(),
        low,
        high,
        verbose=False,
        eps_abs=1e-8,
        eps_rel=1e-8,
        max_iter=200_000,
        time_limit=OSQP_SECONDS,
    )
    weights = np.maximum(np.asarray(solver.solve().x[:donors], dtype=np.float64), 0.0)
    return weights / weights.sum()


def solver_rows(sizes: tuple[int, ...]) -> list[dict[str, Any]]:
    """Solve the same problems by each solver."""
    simplex_least_squares(*market(60, 20, 0))  # compiles
    rows = []
    for donors in sizes:
        for sessions in SESSIONS:
            y, x = market(sessions, donors, donors + sessions)
            peers: dict[str, Callable[[], FloatArray]] = {
                "ours": lambda y=y, x=x: simplex_least_squares(y, x).dense(x.shape[1]),
            }
            if donors <= MOST_OSQP:
                peers["osqp"] = lambda y=y, x=x: by_osqp(y, x)
            if donors <= MOST_OSQP or (donors <= MOST_QUADPROG and sessions == SESSIONS[-1]):
                peers["quadprog"] = lambda y=y, x=x: by_quadprog(y, x)
            row: dict[str, Any] = {"donors": donors, "sessions": sessions}
            costs = {}
            for name, run in peers.items():
                wall, processor, weights = timed(run, 3 if name == "ours" else 1)
                row[f"{name} s"], row[f"{name} cpu s"] = wall, processor
                costs[name] = float(np.square(y - x @ weights).sum())
            for name in peers:
                row[f"{name} excess"] = costs[name] / min(costs.values()) - 1
                row[f"{name} ratio"] = row[f"{name} cpu s"] / row["ours cpu s"]
            rows.append(row)
            print(shown(row), flush=True)
    return rows


def method_rows(donors: int) -> list[dict[str, Any]]:
    """Fit and infer by every estimator on the same figures."""
    y, x = market(251, donors, 11)
    names = tuple(f"d{i:04d}" for i in range(donors))
    before, ahead = x[:250].copy(), x[250:].copy()
    rows = []
    for spec in MODELS.values():
        if not spec.uses_donors:
            continue
        estimator = spec.estimator
        estimator.fit(y[:60], before[:60, :8], names[:8])  # compiles
        row: dict[str, Any] = {"model": spec.id}

        def point(estimator: Any = estimator) -> Any:  # noqa: ANN401 - any estimator
            fit = estimator.fit(y[:250], before, names)
            fit.predict(ahead, gap=10)
            return fit

        row["point s"], row["point cpu s"], fit = timed(point)
        kept = tuned(estimator, fit)
        one, _, _ = timed(lambda kept=kept: kept.fit(y[:250], before, names).predict(ahead, gap=10))
        count = max(min(PLACEBOS, int(LONGEST / max(one, 1e-6))), 3)
        row["placebos s"], row["placebos cpu s"], units = timed(
            lambda kept=kept, count=count: placebo_units(kept, before, ahead, names, most=count)
        )
        row["placebos"] = len(units.names)
        if 30 * one < LONGEST:
            row["jackknife+ s"], _, _ = timed(
                lambda kept=kept: jackknife_plus(
                    kept, y[:250], before, float(y[250]), x[250], names
                )
            )
        if isinstance(estimator, InteractiveEffects):
            row["bootstrap s"], row["bootstrap cpu s"], _ = timed(
                lambda rank=int(fit.tuning): factor_bootstrap(
                    y[:250], before, y[250:], ahead, np.random.default_rng(0), rank=rank
                )
            )
        if 120 * one < LONGEST and estimator.capabilities.order_free:
            setting = ConformalSetting(estimator, y, x, names, 1)
            row["conformal s"], _, _ = timed(
                lambda setting=setting: conformal_test(setting, np.random.default_rng(0))
            )
        rows.append(row)
        print(shown(row), flush=True)
    return rows


def many_events(events: int, donors: int) -> dict[str, Any]:
    """Fit a synthetic control to events of firms of their own, each with its own sessions."""
    _, x = market(1200, donors, 5)
    rng = np.random.default_rng(6)
    dates = rng.integers(261, 1200, events)
    firms = rng.normal(size=(1200, 40)) * 0.02 + x[:, :40] * 0.5 + x[:, 40:80] * 0.5

    def run() -> float:
        total = 0.0
        for at, date in enumerate(dates):
            rows = slice(date - 260, date - 10)
            y = np.ascontiguousarray(firms[:, at % 40])
            fit = simplex_least_squares(y[rows], x[rows])
            total += float(y[date] - x[date, fit.donors] @ fit.weights)
        return total

    seen = np.zeros((len(x) + 1, donors), dtype=np.int32)
    np.cumsum(np.isfinite(x), axis=0, out=seen[1:])
    names = tuple(f"d{i:04d}" for i in range(donors))
    panel = ControlPanel(names, x, seen, x[:, :1], "constant")
    how = ControlOptions(("synthetic",), Window(-260, -11), (Window(0, 0),), 125, 0)

    def by_batch() -> None:
        for at, date in enumerate(dates):
            estimate_event(panel, how, at % donors, int(date), [np.ones(donors, dtype=np.bool_)])

    wall, processor, _ = timed(run)
    row = {"events": events, "donors": donors, "s": wall, "cpu s": processor}
    row["batch s"], row["batch cpu s"], _ = timed(by_batch)
    print(shown(row), flush=True)
    return row


def shown(row: dict[str, Any]) -> str:
    """One line of a row."""
    return "  ".join(
        f"{name} {value:.3g}" if isinstance(value, float) else f"{name} {value}"
        for name, value in row.items()
    )


def main() -> None:
    """Measure, print, and write where asked."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").strip().splitlines()[0])
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    before = os.getloadavg()
    found: dict[str, Any] = {
        "processors": os.cpu_count(),
        "solver": solver_rows(SIZES[:2] if options.quick else SIZES),
        "methods": method_rows(100 if options.quick else 500),
        "events": many_events(*((50, 500) if options.quick else (1000, 4000))),
        "memory MB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "load before and after": [before[0], os.getloadavg()[0]],
    }
    print(f"memory MB {found['memory MB']:.0f}  load {found['load before and after']}")
    if options.out:
        options.out.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
