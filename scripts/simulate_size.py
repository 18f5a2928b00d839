#!/usr/bin/env python3
"""
Measure how often each test rejects a true null, and a false one, in simulated markets.

    python scripts/simulate_size.py            writes simulated_sizes.csv and methods.md
    python scripts/simulate_size.py --print    prints the table, writes nothing

They lie in analysis/inference and in docs.

Seeded: the same program gives the same bytes, whatever the number of processes. The rates come from
the functions that studies run, not from copies of them.
"""

from __future__ import annotations

import argparse
import csv
import io
import math
import multiprocessing
import os
import sys
import warnings
import zlib
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from analysis.abnormal import AbnormalPath
from analysis.errors import ReliabilityWarning
from analysis.inference.battery import run_tests
from analysis.inference.catalog import SIZES, TESTS
from analysis.inference.firm import FirmSample
from analysis.inference.group import GroupSample
from analysis.inference.page import methods_page
from analysis.inference.registry import Settings
from analysis.models.linear import LeastSquares, with_constant

if TYPE_CHECKING:
    from collections.abc import Iterator

    from analysis.inference.outcome import Outcome

FIRMS, SESSIONS, WINDOW = 30, 250, 5
PAGE = Path(__file__).resolve().parent.parent / "docs" / "methods.md"
REPLICATIONS = 2000
SEED = 20250127
CHUNK = 100
LEVELS = (0.05, 0.01)
DRAWS = 399


@dataclass(frozen=True, slots=True)
class Scenario:
    """
    A market in which tests are tried.

    Attributes
    ----------
    name : str
        As the table shows it.
    firms : int
        1 for the tests of one firm.
    correlation : float
        Of the firms' errors.
    fat : bool
        Student t with 4 degrees of freedom instead of normal errors.
    garch : bool
        A variance that all firms share and that clusters.
    autocorrelation : float
        Of an error with the one before.
    event_scale, common_scale : float
        Factor on the errors of the event window, and on their common part alone.
    effect : float
        Shift of the event window's first session in error standard deviations; 0 is a true null.
    """

    name: str
    firms: int = FIRMS
    correlation: float = 0.0
    fat: bool = False
    garch: bool = False
    autocorrelation: float = 0.0
    event_scale: float = 1.0
    common_scale: float = 1.0
    effect: float = 0.0

    def errors(self, rng: np.random.Generator) -> np.ndarray:
        """Draw errors of unit variance, shape (SESSIONS + WINDOW, firms)."""
        rows = SESSIONS + WINDOW
        common, own = self._draw(rng, (rows, 1)), self._draw(rng, (rows, self.firms))
        common[SESSIONS:] *= self.common_scale
        errors = math.sqrt(self.correlation) * common + math.sqrt(1 - self.correlation) * own
        if self.autocorrelation:
            fresh = math.sqrt(1 - self.autocorrelation**2)
            for k in range(1, rows):
                errors[k] = self.autocorrelation * errors[k - 1] + fresh * errors[k]
        if self.garch:
            errors *= np.sqrt(_clustered_variance(rng, rows))[:, None]
        errors[SESSIONS:] *= self.event_scale
        errors[SESSIONS] += self.effect
        return errors

    def _draw(self, rng: np.random.Generator, shape: tuple[int, int]) -> np.ndarray:
        if self.fat:
            return rng.standard_t(4, shape) / math.sqrt(2)
        return rng.standard_normal(shape)


MANY = (
    Scenario("30 firms: independent, normal"),
    Scenario("30 firms: independent, fat tails (t4)", fat=True),
    Scenario("30 firms: independent, event variance x 2", event_scale=math.sqrt(2)),
    Scenario("30 firms: one date, correlation 0.2", correlation=0.2),
    Scenario(
        "30 firms: one date, correlation 0.2, GARCH, t4", correlation=0.2, fat=True, garch=True
    ),
    Scenario(
        "30 firms: one date, correlation 0.2, event variance x 2",
        correlation=0.2,
        event_scale=math.sqrt(2),
    ),
    Scenario(
        "30 firms: one date, correlation 0.2, common shock's sd x 2",
        correlation=0.2,
        common_scale=2.0,
    ),
    Scenario("30 firms: POWER, correlation 0.2, effect of 1.5 sd", correlation=0.2, effect=-1.5),
)

ONE = (
    Scenario("1 firm: normal", firms=1),
    Scenario("1 firm: fat tails (t4)", firms=1, fat=True),
    Scenario("1 firm: autocorrelation 0.15", firms=1, autocorrelation=0.15),
    Scenario("1 firm: GARCH, t4", firms=1, fat=True, garch=True),
    Scenario("1 firm: event variance x 2", firms=1, event_scale=math.sqrt(2)),
    Scenario("1 firm: POWER, effect of 3 sd", firms=1, effect=-3.0),
)

SCENARIOS = (*MANY, *ONE)


def _clustered_variance(rng: np.random.Generator, rows: int) -> np.ndarray:
    """Variance of mean 1 that follows a GARCH recursion driven by its own normal shocks."""
    shocks = rng.standard_normal(rows + 200) ** 2
    path = np.ones(rows + 200)
    for k in range(1, len(path)):
        path[k] = 0.05 + 0.10 * path[k - 1] * shocks[k - 1] + 0.85 * path[k - 1]
    return path[200:]


def draw_returns(scenario: Scenario, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Draw returns of the market, (T, 1), and of firms with their own betas, (T, N)."""
    market = 0.0004 + 0.01 * rng.standard_normal((SESSIONS + WINDOW, 1))
    beta = rng.uniform(0.6, 2.0, scenario.firms)
    sigma = rng.uniform(0.01, 0.03, scenario.firms)
    return market, 0.0002 + market * beta + sigma * scenario.errors(rng)


def group_of(market: np.ndarray, returns: np.ndarray, window: int) -> GroupSample:
    """Fit the market model of every firm at once and put the sample together."""
    design = with_constant(market)
    before, after = design[:SESSIONS], design[SESSIONS : SESSIONS + window]
    inverse = np.linalg.inv(before.T @ before)
    coefficients = inverse @ before.T @ returns[:SESSIONS]
    residuals = returns[:SESSIONS] - before @ coefficients
    df = SESSIONS - design.shape[1]
    variance = np.square(residuals).sum(axis=0) / df
    leverage = np.einsum("ij,jk,ik->i", before, inverse, before)
    scale = np.eye(window) + after @ inverse @ after.T
    rows = SESSIONS + window
    firms = returns.shape[1]
    return GroupSample(
        residuals=residuals,
        leverage=np.repeat(leverage[:, None], firms, axis=1),
        sigma=np.sqrt(variance),
        df=np.full(firms, float(df)),
        ar=returns[SESSIONS:rows] - after @ coefficients,
        covariance=variance[:, None, None] * scale,
        portfolio=returns[:rows].mean(axis=1),
        factors=market[:rows],
    )


def firm_of(market: np.ndarray, returns: np.ndarray, window: int) -> FirmSample:
    """Fit the market model of the one firm and put its sample together."""
    y, estimator = returns[:, 0], LeastSquares()
    ahead = slice(SESSIONS, SESSIONS + window)
    fit = estimator.fit(y[:SESSIONS], market[:SESSIONS], ("market",))
    prediction = fit.predict(market[ahead], gap=0)
    return FirmSample(
        estimator=estimator,
        fit=fit,
        path=AbnormalPath(0, y[ahead], prediction.expected, prediction.covariance),
        y=y[:SESSIONS],
        x=market[:SESSIONS],
        post_y=y[ahead],
        post_x=market[ahead],
        names=("market",),
    )


def many_firms(scenario: Scenario, rng: np.random.Generator, seed: int) -> Iterator[Outcome]:
    """Run every test of many firms once, on one session."""
    market, returns = draw_returns(scenario, rng)
    tests = [test for test in TESTS.of("group") if not test.slow]
    yield from run_tests(tests, group_of(market, returns, 1), Settings(draws=DRAWS, seed=seed))


def one_firm(scenario: Scenario, rng: np.random.Generator, seed: int) -> Iterator[Outcome]:
    """Run every test of one firm once on one session, and on a window of five."""
    market, returns = draw_returns(scenario, rng)
    tests = [test for test in TESTS.of("firm") if scenario.garch or not test.slow]
    for window, suffix in ((1, ""), (WINDOW, f":{WINDOW}")):
        # level 1 asks for no interval, which is what takes time
        settings = Settings(level=1.0, draws=DRAWS, seed=seed)
        for outcome in run_tests(tests, firm_of(market, returns, window), settings):
            yield replace(outcome, test=outcome.test + suffix)


def run_chunk(task: tuple[Scenario, int, int]) -> dict[str, np.ndarray]:
    """Count rejections of a run of replications: by test, at 5 %, at 1 %, and the outcomes."""
    scenario, chunk, count = task
    rng = np.random.default_rng([SEED, zlib.crc32(scenario.name.encode()), chunk])
    run = one_firm if scenario.firms == 1 else many_firms
    counts: dict[str, np.ndarray] = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ReliabilityWarning)
        for replication in range(count):
            seed = chunk * CHUNK + replication
            for outcome in run(scenario, rng, seed):
                if outcome.p is not None:
                    row = counts.setdefault(outcome.test, np.zeros(3, dtype=int))
                    row += [*(outcome.p <= level for level in LEVELS), 1]
    return counts


def simulate(
    scenarios: tuple[Scenario, ...] = SCENARIOS,
    replications: int = REPLICATIONS,
    processes: int | None = None,
) -> dict[tuple[str, str], tuple[float, float, int]]:
    """
    Simulate scenarios.

    Parameters
    ----------
    scenarios : tuple of Scenario
    replications : int
        A multiple of `CHUNK`.
    processes : int, optional
        All processors by default; the result does not depend on it.

    Returns
    -------
    dict of (test, scenario) to (share at 5 %, share at 1 %, replications)
    """
    tasks = [(s, chunk, CHUNK) for s in scenarios for chunk in range(replications // CHUNK)]
    totals: dict[tuple[str, str], np.ndarray] = {}
    for (scenario, _, _), counts in zip(tasks, _counts(tasks, processes), strict=True):
        for test, row in counts.items():
            key = (test, scenario.name)
            totals[key] = totals.get(key, 0) + row
    return {key: (row[0] / row[2], row[1] / row[2], int(row[2])) for key, row in totals.items()}


def _counts(
    tasks: list[tuple[Scenario, int, int]], processes: int | None
) -> Iterator[dict[str, np.ndarray]]:
    if processes == 1:
        yield from map(run_chunk, tasks)
        return
    # fresh processes, so that each takes one thread for its small matrices
    os.environ["OPENBLAS_NUM_THREADS"] = "1"
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes or os.cpu_count(), mp_context=context) as pool:
        for done, counts in enumerate(pool.map(run_chunk, tasks), start=1):
            if sys.stderr.isatty():
                sys.stderr.write(f"\r{done} of {len(tasks)} parts")
            yield counts


def as_csv(sizes: dict[tuple[str, str], tuple[float, float, int]]) -> str:
    """Write the table; a window of five sessions is named after the test it belongs to."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(["test", "scenario", "at_5", "at_1", "replications"])
    for (test, scenario), (five, one, count) in sizes.items():
        name, _, window = test.partition(":")
        suffix = f" (window of {window})" if window else ""
        writer.writerow([name, scenario + suffix, f"{five:.4f}", f"{one:.4f}", count])
    return file.getvalue()


def main() -> None:
    """Simulate everything and write the table and the pages made from it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[1])
    parser.add_argument("--print", action="store_true", help="print the table, write nothing")
    parser.add_argument("--replications", type=int, default=REPLICATIONS)
    options = parser.parse_args()
    text = as_csv(simulate(replications=options.replications))
    if options.print:
        sys.stdout.write(text)
        return
    for path, content in ((SIZES, lambda: text), (PAGE, methods_page)):
        part = path.with_suffix(".part")
        part.write_text(content(), encoding="utf-8")
        part.replace(path)


if __name__ == "__main__":
    main()
