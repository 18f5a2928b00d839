"""
Measure a study of a million firm-events against a loop over statsmodels, in the same run.

Usage: python scripts/benchmark_sample.py [--events N] [--firms N] [--out FILE] [--quick]
                                           [--package PYTHON]

Simulates returns of many firms on one market, then measures every pair with a path of -10..20 and
two windows, averages them and makes every test: without rank tests and with them, and once with
the other events of a firm kept in its estimation windows, from which they are left out by default.
The peer does the same for some of the pairs as most scripts do: statsmodels' OLS event by event,
the path by pandas, the parametric tests by NumPy and SciPy. Prints seconds, events a second, the
ratio and the largest memory; on a machine that does other work too, read the processor seconds.
``--quick`` takes 20,000 pairs. Loading is not counted: returns are in memory. ``--package`` names
an interpreter that has the package eventstudy (0.1a12), which averages firm-events: it does in the
same run what it can of the same work, OLS event by event, the path and the t of its average.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import statsmodels.api as sm
from scipy import stats

from analysis.panel import PanelReturns
from analysis.panel.engine import usable_processors
from analysis.sample.data import SampleData
from analysis.sample.events import FirmEvents, Labels
from analysis.sample.run import run_sample
from analysis.sample.spec import SampleSpec
from analysis.sessions import sessions_between
from analysis.windows import Window

SPEC = SampleSpec(
    benchmark="MARKET",
    windows=(Window(-1, 1), Window(0, 0)),
    path=Window(-10, 20),
    ranks=False,
    min_estimation=125,  # a firm has so many events that a quarter of its sessions are left out
)
SESSIONS = 2500
MARKET = "MARKET"


def simulate(n_events: int, n_firms: int, seed: int = 20250127) -> tuple[SampleData, FirmEvents]:
    """Simulate returns from one market, and events that have all their sessions."""
    rng = np.random.default_rng(seed)
    first, last = pd.Timestamp("2010-01-04").date(), pd.Timestamp("2022-12-30").date()
    days = sessions_between("XNYS", first, last)[:SESSIONS]
    days = days.to_numpy().astype("datetime64[D]").astype(np.int32)
    market = rng.normal(0.0003, 0.01, SESSIONS)
    returns = np.asfortranarray(rng.normal(0.0, 0.02, (n_firms + 1, SESSIONS)).T)
    returns[:, :n_firms] += market[:, None] * rng.normal(1.0, 0.4, n_firms)
    returns[:, n_firms] = market
    symbols = [f"F{at:05d}" for at in range(n_firms)]
    data = SampleData(
        name="simulated",
        calendar="XNYS",
        sessions=days,
        symbols={name: at for at, name in enumerate([*symbols, MARKET])},
        panel=PanelReturns.from_matrix(returns),
    )
    cells = rng.choice(n_firms * (SESSIONS - 300), n_events, replace=False)
    firm, position = cells % n_firms, 270 + cells // n_firms
    nothing = Labels.none(n_events)
    events = FirmEvents(
        symbol=Labels(firm.astype(np.int64), tuple(symbols)),
        day=days[position],
        instant=np.broadcast_to(np.iinfo(np.int64).min, (n_events,)),
        naive=np.zeros(n_events, dtype=bool),
        ids=nothing,
        group=nothing,
        benchmark=nothing,
        title=nothing,
        source=nothing,
        weight=np.broadcast_to(np.nan, (n_events,)),
        characteristics=pd.DataFrame(index=pd.RangeIndex(n_events)),
    )
    return data, events


def by_loop(data: SampleData, events: FirmEvents, n: int) -> None:
    """Measure and test some of the pairs, one at a time."""
    rows = data.panel.rows
    market = data.market(MARKET)
    position = np.searchsorted(data.sessions, events.day[:n])
    paths, cars, scars, dfs = [], [], [], []
    for firm, at in zip(events.symbol.codes[:n], position, strict=True):
        y = rows.values[rows.offsets[firm] : rows.offsets[firm + 1]]
        x = sm.add_constant(market)
        before, ahead = slice(at - 260, at - 10), slice(at - 10, at + 21)
        fit = sm.OLS(y[before], x[before]).fit()
        ar = pd.Series(y[ahead] - x[ahead] @ fit.params, index=range(-10, 21))
        total = x[at - 1 : at + 2].sum(axis=0)
        se = np.sqrt(fit.mse_resid * (3 + total @ fit.normalized_cov_params @ total))
        paths.append(ar)
        cars.append(ar.loc[-1:1].sum())
        scars.append(cars[-1] / se)
        dfs.append(fit.df_resid)
    frame = pd.DataFrame(paths)
    _ = frame.mean(), frame.mean().cumsum(), frame.apply(lambda day: stats.ttest_1samp(day, 0))
    car, scar, df = np.array(cars), np.array(scars), np.array(dfs)
    _ = stats.ttest_1samp(car, 0), stats.ttest_1samp(scar, 0), stats.skew(car, bias=False)
    _ = scar.sum() / np.sqrt((df / (df - 2)).sum())


PACKAGE = """
import sys, time
import numpy as np
from eventstudy import Multiple, Single, models
given = np.load(sys.argv[1])
started = time.perf_counter()
events = [
    Single(models.market_model, {"security_returns": y, "market_returns": x},
           event_window=(-10, 20), estimation_size=250, buffer_size=0)
    for y, x in zip(given["firm"], given["market"])
]
Multiple(events).results()
print(len(events) / (time.perf_counter() - started))
"""


def by_package(python: str, data: SampleData, events: FirmEvents, n: int) -> float:
    """Let the package do some of the pairs in an interpreter that has it; events a second."""
    rows, market = data.panel.rows, data.market(MARKET)
    position = np.searchsorted(data.sessions, events.day[:n])
    pairs = zip(events.symbol.codes[:n], position, strict=True)
    firms, markets = [], []
    for firm, at in pairs:
        y = rows.values[rows.offsets[firm] : rows.offsets[firm + 1]]
        firms.append(y[at - 260 : at + 21])
        markets.append(market[at - 260 : at + 21])
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "pairs.npz"
        np.savez(path, firm=firms, market=markets)
        done = subprocess.run(  # noqa: S603 - the interpreter that was asked for
            [python, "-c", PACKAGE, str(path)], capture_output=True, text=True, check=True
        )
    return float(done.stdout)


def seconds(function: Any) -> float:  # noqa: ANN401 - anything that can be called
    """Time one call by the wall clock."""
    started = time.perf_counter()
    function()
    return time.perf_counter() - started


def measure(n_events: int, n_firms: int, sample: int, package: str | None) -> dict[str, float]:
    """Run everything once and gather the figures."""
    data, events = simulate(n_events, n_firms)
    keep = replace(SPEC.policies, other_events="keep")
    small = replace(
        events,
        **{name: getattr(events, name)[:500] for name in ("day", "instant", "naive", "weight")},
        symbol=Labels(events.symbol.codes[:500], events.symbol.words),
        **{name: Labels.none(500) for name in ("ids", "group", "benchmark", "title", "source")},
        characteristics=pd.DataFrame(index=pd.RangeIndex(500)),
    )
    run_sample(small, data, replace(SPEC, ranks=True))  # loads the compiled code
    found = {"events": float(n_events), "processors": float(usable_processors())}
    for name, spec in (
        ("parametric", SPEC),
        ("parametric_kept", replace(SPEC, policies=keep)),
        ("with_ranks", replace(SPEC, ranks=True)),
    ):
        started, used = time.perf_counter(), time.process_time()
        result = run_sample(events, data, spec)
        found[f"{name}_s"] = time.perf_counter() - started
        found[f"{name}_processor_s"] = time.process_time() - used
        found[f"{name}_measured"] = float(result.averages[0].n)
        del result
    loop = sample / seconds(lambda: by_loop(data, events, sample))
    found["loop_events_a_second"] = loop
    found["events_a_second"] = n_events / found["parametric_s"]
    found["ratio"] = found["events_a_second"] / loop
    if package is not None:
        found["package_events_a_second"] = by_package(package, data, events, sample)
        found["ratio_to_package"] = found["events_a_second"] / found["package_events_a_second"]
    found["memory_gb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    return found


def main() -> None:
    """Read the options, measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--firms", type=int, default=5_000)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--out", type=Path)
    parser.add_argument("--package", metavar="PYTHON")
    chosen = parser.parse_args()
    n_events, n_firms = (20_000, 500) if chosen.quick else (chosen.events, chosen.firms)
    found = measure(n_events, n_firms, 300, chosen.package)
    for name, value in found.items():
        print(f"{name:>24} {value:>14,.2f}")
    if chosen.out is not None:
        chosen.out.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
