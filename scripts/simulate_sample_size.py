#!/usr/bin/env python3
"""
Measure how often each test of a sample of firm-events rejects a true null, and a false one.

    python scripts/simulate_sample_size.py              writes simulated_sample_sizes.csv
    python scripts/simulate_sample_size.py --print      prints the table, writes nothing

The table lies in analysis/inference; scripts/write_methods.py puts it into the page of methods.
Seeded: the same program gives the same bytes, whatever the number of processes. The rates come from
`analysis.sample.run_sample` itself.
"""

from __future__ import annotations

import argparse
import csv
import io
import multiprocessing
import os
import warnings
import zlib
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analysis.inference.catalog import SAMPLE_SIZES
from analysis.panel import PanelReturns
from analysis.sample.data import SampleData
from analysis.sample.events import FirmEvents, Labels
from analysis.sample.policies import Policies
from analysis.sample.run import run_sample
from analysis.sample.spec import SampleSpec
from analysis.windows import Window

if TYPE_CHECKING:
    from collections.abc import Iterator

REPLICATIONS = 2000
CHUNK = 50
LEVELS = (0.05, 0.01)
FIRMS, SESSIONS, EVENTS = 40, 500, 60
LEAD = "lead"


@dataclass(frozen=True, slots=True)
class Scenario:
    """
    A sample on which tests are tried.

    Attributes
    ----------
    name : str
    dates : int
        Different dates of the `EVENTS` events.
    within : int
        Sessions within which the dates lie; 0 for dates whose windows do not overlap.
    window : Window
    correlation : float
        Of residuals of different firms on one session.
    variance : float
        Factor of the residual variance on the sessions of the windows.
    tails : float
        Degrees of freedom of the residuals' Student t; 0 for normal ones.
    effect : float
        Abnormal return of the first session of the window: 0 under the null.
    """

    name: str
    dates: int = EVENTS
    within: int = 0
    window: Window = Window(0, 0)  # noqa: RUF009 - frozen
    correlation: float = 0.0
    variance: float = 1.0
    tails: float = 0.0
    effect: float = 0.0


WEEK = Window(0, 4)
SCENARIOS = (
    Scenario("60 events: independent dates"),
    Scenario("60 events: independent dates, fat tails (t4)", tails=4),
    Scenario("60 events: independent dates, event variance x 2", variance=2),
    Scenario("60 events: 30 dates, correlation 0.2", dates=30, correlation=0.2),
    Scenario("60 events: 8 dates, correlation 0.2", dates=8, correlation=0.2),
    Scenario("60 events: 8 dates, correlation 0.2, event variance x 2", dates=8, correlation=0.2,
             variance=2),
    Scenario("60 events: windows of 5 that overlap, correlation 0.2", dates=40, within=120,
             window=WEEK, correlation=0.2),
    Scenario("60 events: POWER, independent dates, +0.6 %", effect=0.006),
    Scenario("60 events: POWER, 30 dates, correlation 0.2, +0.8 %", dates=30, correlation=0.2,
             effect=0.008),
)  # fmt: skip


def simulate(scenario: Scenario, rng: np.random.Generator) -> tuple[SampleData, FirmEvents]:
    """Draw returns and events."""
    if scenario.within:
        first = rng.integers(130, SESSIONS - 20 - scenario.within)
        days = first + rng.choice(scenario.within, scenario.dates, replace=False)
    else:
        days = 130 + rng.choice((SESSIONS - 150) // 5, scenario.dates, replace=False) * 5
    day = days[np.arange(EVENTS) % scenario.dates]
    firm = np.concatenate([rng.permutation(FIRMS)[: int((day == d).sum())] for d in np.unique(day)])
    day = np.sort(day)
    market = rng.normal(0, 0.01, SESSIONS)
    shape = (SESSIONS, FIRMS + 1)
    common = rng.normal(size=(SESSIONS, 1))
    own = rng.normal(size=shape)
    noise = np.sqrt(scenario.correlation) * common + np.sqrt(1 - scenario.correlation) * own
    if scenario.tails:
        noise = rng.standard_t(scenario.tails, shape) / np.sqrt(
            scenario.tails / (scenario.tails - 2)
        )
    sigma = rng.uniform(0.012, 0.03, FIRMS + 1)
    noise = noise * sigma
    length = len(scenario.window)
    inside = day[:, None] + np.arange(length)
    cells = np.zeros(shape, dtype=bool)
    cells[inside, firm[:, None]] = True
    noise[cells] *= np.sqrt(scenario.variance)
    returns = market[:, None] * rng.uniform(0.6, 1.8, FIRMS + 1) + noise
    returns[day, firm] += scenario.effect
    returns[:, FIRMS] = market
    names = tuple(f"F{at}" for at in range(FIRMS))
    data = SampleData(
        name="simulated",
        calendar="XNYS",
        sessions=np.arange(SESSIONS, dtype=np.int32),
        symbols={name: at for at, name in enumerate((*names, "MARKET"))},
        panel=PanelReturns.from_matrix(returns),
    )
    nothing = Labels.none(EVENTS)
    events = FirmEvents(
        symbol=Labels(firm.astype(np.int64), names),
        day=day.astype(np.int32),
        instant=np.full(EVENTS, np.iinfo(np.int64).min),
        naive=np.zeros(EVENTS, dtype=bool),
        ids=nothing,
        group=nothing,
        benchmark=nothing,
        title=nothing,
        source=nothing,
        weight=np.full(EVENTS, np.nan),
        characteristics=pd.DataFrame(index=range(EVENTS)),
    )
    return data, events


def chunk(task: tuple[str, int, int]) -> Counter[tuple[str, float]]:
    """Count rejections by test and level over some replications of a scenario."""
    name, start, stop = task
    scenario = next(s for s in SCENARIOS if s.name == name)
    spec = SampleSpec(
        benchmark="MARKET",
        estimation=Window(-120, -11),
        windows=(scenario.window,),
        path=Window(0, 0),
        policies=Policies(other_events="keep"),
        draws=199,
    )
    counts: Counter[tuple[str, float]] = Counter()
    for replication in range(start, stop):
        rng = np.random.default_rng([replication, zlib.crc32(name.encode())])
        data, events = simulate(scenario, rng)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            result = run_sample(events, data, spec, threads=1)
        average = result.of("all", scenario.window)
        outcomes = [*average.battery.outcomes, *(o for _, o in average.extra)]
        found = {o.test: o.p for o in outcomes if o.p is not None}
        found[LEAD] = average.lead.p
        for test, p in found.items():
            counts[test, 1.0] += 1
            for level in LEVELS:
                counts[test, level] += p is not None and p <= level + 1e-12
    return counts


def table(replications: int, processes: int) -> Iterator[dict[str, object]]:
    """Simulate every scenario; one row a test that could nearly always be made."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, mp_context=context) as pool:
        for scenario in SCENARIOS:
            tasks = [
                (scenario.name, start, min(start + CHUNK, replications))
                for start in range(0, replications, CHUNK)
            ]
            counts: Counter[tuple[str, float]] = Counter()
            for found in pool.map(chunk, tasks):
                counts.update(found)
            for test in dict.fromkeys(test for test, level in counts if level == 1.0):
                made = counts[test, 1.0]
                if made >= 0.95 * replications:
                    yield {
                        "test": test,
                        "scenario": scenario.name,
                        "at_5": f"{counts[test, LEVELS[0]] / made:.4f}",
                        "at_1": f"{counts[test, LEVELS[1]] / made:.4f}",
                        "replications": replications,
                    }


def main() -> None:
    """Read the options, simulate, write or print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--print", action="store_true", dest="shown")
    parser.add_argument("--replications", type=int, default=REPLICATIONS)
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    chosen = parser.parse_args()
    buffer = io.StringIO()
    fields = ("test", "scenario", "at_5", "at_1", "replications")
    writer = csv.DictWriter(buffer, fields, lineterminator="\n")
    writer.writeheader()
    writer.writerows(table(chosen.replications, chosen.processes))
    if chosen.shown:
        print(buffer.getvalue(), end="")
        return
    part = SAMPLE_SIZES.with_suffix(".part")
    part.write_text(buffer.getvalue(), encoding="utf-8")
    part.replace(SAMPLE_SIZES)


if __name__ == "__main__":
    main()
