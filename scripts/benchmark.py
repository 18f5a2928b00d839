"""
Measure the panel engine against its peers in the same run on the same machine.

Usage: python scripts/benchmark.py [--quick] [--out FILE]

Prints a table and writes JSON. Peers: (a) statsmodels' OLS event by event, on a sample of the
events and scaled; (b) a NumPy solution from prefix sums with batched ``np.linalg.solve``. The full
run simulates 10,000 firms on 2,500 sessions and takes some minutes and 3 GB of memory; ``--quick``
takes seconds and gives the two ratios, that of the bundled study to its libraries, and that of a
study on a price store of many symbols to one on a store of few.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import statsmodels.api as sm

from analysis.batch.inputs import read_factors, read_returns
from analysis.columns import days, texts
from analysis.panel import PanelReturns, estimate_panel
from analysis.panel.engine import usable_processors
from analysis.pieces import Problems
from analysis.prices.snapshot import load_snapshot
from analysis.tabular import read_pieces
from analysis.windows import Window

if TYPE_CHECKING:
    from collections.abc import Callable

ESTIMATION, WINDOW = Window(-260, -11), Window(-10, 10)
MARKET, FOUR = (0,), (0, 1, 2, 3)
NAMES = ("mktrf", "smb", "hml", "mom")
FIRST_DAY = 10957  # 2000-01-01


@dataclass(frozen=True)
class Simulated:
    """Returns of shape (n_sessions, n_firms), factors, and events."""

    returns: np.ndarray
    factors: np.ndarray
    firm: np.ndarray
    position: np.ndarray


def simulate(n_firms: int, n_sessions: int, n_events: int, seed: int = 20250127) -> Simulated:
    """Simulate returns from four factors, and events that have all their sessions."""
    rng = np.random.default_rng(seed)
    factors = rng.normal(0.0003, 0.01, (n_sessions, 4))
    returns = np.asfortranarray(rng.normal(0.0, 0.02, (n_firms, n_sessions)).T)
    for firm in range(n_firms):
        returns[:, firm] += factors @ rng.normal(0.7, 0.4, 4)
    first, last = -ESTIMATION.start, n_sessions - WINDOW.end - 1
    return Simulated(
        returns, factors, rng.integers(0, n_firms, n_events), rng.integers(first, last, n_events)
    )


def best(
    times: int, function: Callable[[], object], clock: Callable[[], float] = time.perf_counter
) -> float:
    """Return the least of some timings, in seconds."""
    taken = []
    for _ in range(times):
        started = clock()
        function()
        taken.append(clock() - started)
    return min(taken)


def by_statsmodels(data: Simulated, n_events: int) -> None:
    """Estimate both models with all outputs, an event at a time."""
    for firm, position in zip(data.firm[:n_events], data.position[:n_events], strict=True):
        rows = slice(position + ESTIMATION.start, position + ESTIMATION.end + 1)
        ahead = slice(position + WINDOW.start, position + WINDOW.end + 1)
        for columns in (MARKET, FOUR):
            x = sm.add_constant(data.factors[:, columns])
            fit = sm.OLS(data.returns[rows, firm], x[rows]).fit()
            expected = x[ahead] @ fit.params
            observed = data.returns[ahead, firm]
            total = x[ahead].sum(axis=0)
            car = (observed - expected).sum()
            error = np.sqrt(
                fit.mse_resid * (len(WINDOW) + total @ fit.normalized_cov_params @ total)
            )
            _ = car / error, np.prod(1 + observed) - np.prod(1 + expected)


def by_numpy(data: Simulated) -> None:
    """Estimate the four-factor model from prefix sums: all outputs but BHAR."""
    order = np.argsort(data.firm, kind="stable")
    bounds = np.searchsorted(data.firm[order], np.arange(data.returns.shape[1] + 1))
    ones = np.ones((len(data.factors), 1))
    for firm in range(data.returns.shape[1]):
        position = data.position[order[bounds[firm] : bounds[firm + 1]]]
        z = np.hstack([ones, data.factors, data.returns[:, [firm]]])
        products = (z[:, :, None] * z[:, None, :]).reshape(len(z), -1)
        sums = np.vstack([np.zeros(products.shape[1]), np.cumsum(products, axis=0)])
        window = sums[position + ESTIMATION.end + 1] - sums[position + ESTIMATION.start]
        moments = window.reshape(-1, 6, 6)
        ahead = sums[position + WINDOW.end + 1] - sums[position + WINDOW.start]
        total = ahead.reshape(-1, 6, 6)[:, 0, :]
        right = np.stack([moments[:, :5, 5], total[:, :5]], axis=2)
        solved = np.linalg.solve(moments[:, :5, :5], right)
        beta = solved[:, :, 0]
        rss = moments[:, 5, 5] - (beta * moments[:, :5, 5]).sum(axis=1)
        variance = rss / (len(ESTIMATION) - 5)
        car = total[:, 5] - (beta * total[:, :5]).sum(axis=1)
        error = np.sqrt(variance * (len(WINDOW) + (total[:, :5] * solved[:, :, 1]).sum(axis=1)))
        _ = car / error


def by_engine(
    panel: PanelReturns,
    data: Simulated,
    models: tuple[tuple[int, ...], ...],
    threads: int,
    n_events: int | None = None,
) -> None:
    """Estimate with the engine; all outputs."""
    chosen = slice(n_events)
    estimate_panel(
        panel,
        data.factors,
        data.firm[chosen],
        data.position[chosen],
        models=models,
        estimation=ESTIMATION,
        window=WINDOW,
        threads=threads,
    )


def ratios(data: Simulated, panel: PanelReturns, *, sample: int, threads: int) -> dict[str, float]:
    """Compare the engine with its peers in events a second; of processor time on one thread."""
    clock = time.process_time if threads == 1 else time.perf_counter
    n_events = data.firm.size
    by_engine(panel, data, (MARKET, FOUR), threads, 10)  # loads the compiled code
    engine = n_events / best(3, lambda: by_engine(panel, data, (MARKET, FOUR), threads), clock)
    engine_four = n_events / best(3, lambda: by_engine(panel, data, (FOUR,), threads), clock)
    loop = sample / best(3, lambda: by_statsmodels(data, sample), clock)
    batched = n_events / best(2, lambda: by_numpy(data), clock)
    return {
        "threads": threads,
        "engine, both models (events/s)": engine,
        "engine, four factors (events/s)": engine_four,
        "(a) statsmodels loop, both models (events/s)": loop,
        "(b) NumPy batched, four factors (events/s)": batched,
        "engine over (a)": engine / loop,
        "engine over (b)": engine_four / batched,
    }


def write_files(data: Simulated, folder: Path) -> None:
    """Write returns, factors and events as Parquet."""
    n_sessions, n_firms = data.returns.shape
    day = pa.array(np.arange(FIRST_DAY, FIRST_DAY + n_sessions, dtype=np.int32)).cast(pa.date32())
    schema = pa.schema([("symbol", pa.int32()), ("session", pa.date32()), ("return", pa.float64())])
    with pq.ParquetWriter(folder / "returns.parquet", schema) as writer:
        for firm in range(0, n_firms, 200):
            block = data.returns[:, firm : firm + 200]
            symbol = np.repeat(np.arange(firm, firm + block.shape[1], dtype=np.int32), n_sessions)
            session = pa.concat_arrays([day] * block.shape[1])
            values = [pa.array(symbol), session, pa.array(block.T.ravel())]
            writer.write_table(pa.Table.from_arrays(values, schema=schema))
    columns = dict(zip(NAMES, data.factors.T, strict=True))
    pq.write_table(pa.table({"session": day, **columns}), folder / "factors.parquet")
    events = {"symbol": data.firm.astype(np.int32), "event_date": day.take(pa.array(data.position))}
    pq.write_table(pa.table(events), folder / "events.parquet")


def stages(data: Simulated, folder: Path) -> dict[str, float]:
    """Time the stages from files to results in this process."""
    problems = Problems()
    clock = [time.perf_counter()]
    factors = read_factors(
        folder / "factors.parquet", NAMES, date_column="session", calendar=None, problems=problems
    )
    loaded = read_returns(
        folder / "returns.parquet",
        factors.sessions,
        symbol_column="symbol",
        date_column="session",
        return_column="return",
        problems=problems,
    )
    clock.append(time.perf_counter())
    firm, position = [], []
    for piece in read_pieces(folder / "events.parquet", ["symbol", "event_date"]):
        codes, words = texts(piece.table.column(0))
        firm.append(np.array([loaded.symbols.get(word, -1) for word in words])[codes])
        position.append(factors.session_of(days(piece.table.column(1))))
    found = Simulated(data.returns, factors.values, np.concatenate(firm), np.concatenate(position))
    clock.append(time.perf_counter())
    by_engine(loaded.panel, found, (MARKET, FOUR), usable_processors())
    clock.append(time.perf_counter())
    return dict(zip(("load", "prepare", "solve"), np.diff(clock).tolist(), strict=True))


BATCH = """
import re, sys, time
from pathlib import Path
from analysis.batch.batch import BatchRequest, run_batch
from analysis.batch.inputs import FactorModel
from analysis.windows import Window
folder = Path(sys.argv[1])
started = time.perf_counter()
run_batch(BatchRequest(
    *(folder / f"{name}.parquet" for name in ("returns", "factors", "events", "out")),
    models=(FactorModel.parse("market=mktrf"), FactorModel.parse("four=mktrf+smb+hml+mom")),
    estimation=Window(-260, -11), window=Window(-10, 10)))
status = Path("/proc/self/status")  # getrusage would count the process that started this one
peak = re.search(r"VmHWM:\\s+(\\d+)", status.read_text())[1] if status.exists() else "nan"
print(time.perf_counter() - started, float(peak) / 1024)
"""

COMPILE = """
import time, numpy as np
from analysis.panel import estimate_panel
from analysis.windows import Window
rng = np.random.default_rng(0)
started = time.perf_counter()
estimate_panel(rng.normal(size=99), rng.normal(size=99), [0], [90], models=[(0,)],
               estimation=Window(-60, -11), window=Window(0, 0))
print(time.perf_counter() - started)
"""


STUDY = """
import sys, time
from analysis.cli import main
sys.stdout = open("/dev/null" if sys.platform != "win32" else "nul", "w")
main(["study", *sys.argv[1:]], standalone_mode=False)
print(time.process_time(), file=sys.__stdout__)
"""

FETCH = """
import sys
from analysis.cli import main
sys.stdout = open("/dev/null" if sys.platform != "win32" else "nul", "w")
main(["fetch", *sys.argv[1:]], standalone_mode=False)
"""

LIBRARIES = """
import time
import pandas, statsmodels.api, matplotlib.pyplot
print(time.process_time())
"""


def study_ratio(times: int = 5) -> dict[str, float]:
    """
    Compare the processor time of the bundled study with that of importing three libraries.

    Once with its tables alone, and once with files that hold every cell.
    """
    with tempfile.TemporaryDirectory() as folder:
        runs = [
            (
                in_new_process(STUDY)[0],
                in_new_process(STUDY, "--out", f"{folder}/results")[0],
                in_new_process(LIBRARIES)[0],
            )
            for _ in range(times)
        ]
    study, files, libraries = (min(taken) for taken in zip(*runs, strict=True))
    return {
        "market-impact study (processor s)": study,
        "the same with --out DIR (processor s)": files,
        "importing pandas, statsmodels, matplotlib": libraries,
        "study over the imports": study / libraries,
        "study with --out over the imports": files / libraries,
    }


def store_ratio(few: int = 12, many: int = 500, times: int = 3) -> dict[str, float]:
    """Compare the processor time of one firm's study on a store of many symbols and of few."""
    levels = load_snapshot().levels[["NVDA", "SPY"]].dropna()
    walks = np.random.default_rng(20250127).normal(0, 0.02, (len(levels), many - 2))
    others = pd.DataFrame(100 * np.exp(walks.cumsum(axis=0)), index=levels.index).add_prefix("Q")
    table = levels.join(others)
    asked = [
        *("--event", "sell-off", "--symbols", "NVDA", "--benchmark", "SPY"),
        *("--model", "market", "--window", "0..0"),
    ]
    taken: dict[int, list[float]] = {few: [], many: []}
    with tempfile.TemporaryDirectory() as folder:
        stores = {n: f"{folder}/{n}.duckdb" for n in taken}
        for n, store in stores.items():
            table.iloc[:, :n].to_csv(f"{folder}/{n}.csv", index_label="session")
            in_new_process(FETCH, "--from", f"{folder}/{n}.csv", "--db", store, "--accept", "-q")
        for _ in range(times):
            for n, store in stores.items():
                taken[n] += in_new_process(STUDY, *asked, "--db", store)
    seconds = {n: min(found) for n, found in taken.items()}
    return {
        f"a study of one firm, {few} symbols stored": seconds[few],
        f"the same, {many} symbols stored": seconds[many],
        "many over few": seconds[many] / seconds[few],
    }


def in_new_process(code: str, *words: str, cache: str | None = None) -> list[float]:
    """Run code in a process of its own and read the numbers that it prints."""
    environment = os.environ | ({"NUMBA_CACHE_DIR": cache} if cache else {})
    command = [sys.executable, "-c", code, *words]
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)  # noqa: S603
    return [float(word) for word in done.stdout.split()]


def full(measured: dict[str, Any]) -> None:
    """Run everything; see the module's text."""
    data = simulate(10_000, 2_500, 10_000_000)
    million = Simulated(
        data.returns, data.factors, data.firm[:1_000_000], data.position[:1_000_000]
    )
    panel = PanelReturns.from_matrix(data.returns)
    cores = usable_processors()
    measured["ratios"] = ratios(million, panel, sample=1_000, threads=cores)
    measured["seconds by events and threads"] = {
        f"{n:,}": {
            str(threads): best(
                2, lambda n=n, threads=threads: by_engine(panel, data, (MARKET, FOUR), threads, n)
            )
            for threads in sorted({1, cores})
        }
        for n in (10**3, 10**4, 10**5, 10**6, 10**7)
    }
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_files(million, folder)
        measured["seconds by stage, 1,000,000 events"] = stages(million, folder)
        seconds, megabytes = in_new_process(BATCH, name)
        measured["files to file, 1,000,000 events"] = {"seconds": seconds, "peak MB": megabytes}
        write_files(data, folder)
        seconds, megabytes = in_new_process(BATCH, name)
        measured["files to file, 10,000,000 events"] = {"seconds": seconds, "peak MB": megabytes}
    with tempfile.TemporaryDirectory() as cache:
        first, second = (in_new_process(COMPILE, cache=cache)[0] for _ in range(2))
    measured["first call in a process"] = {"compiling": first, "from the cache": second}


def shown(measured: dict[str, Any], indent: str = "") -> list[str]:
    """Lay the measurements out as text."""
    lines = []
    for name, value in measured.items():
        if isinstance(value, dict):
            lines += [f"{indent}{name}", *shown(value, indent + "  ")]
        elif isinstance(value, float):
            lines.append(
                f"{indent}{name:<50} {value:>14,.3f}"
                if value < 100
                else f"{indent}{name:<50} {value:>14,.0f}"
            )
        else:
            lines.append(f"{indent}{name:<50} {value!s:>14}")
    return lines


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[1])
    parser.add_argument("--quick", action="store_true", help="the two ratios on a small panel")
    parser.add_argument("--out", type=Path, default=Path("results/benchmark.json"))
    given = parser.parse_args()
    measured: dict[str, Any] = {
        "machine": {
            "processor": platform.processor() or platform.machine(),
            "processors used": usable_processors(),
            "python": platform.python_version(),
            "numpy": np.__version__,
        }
    }
    if given.quick:
        data = simulate(200, 1_000, 20_000)
        panel = PanelReturns.from_matrix(data.returns)
        measured["ratios"] = ratios(data, panel, sample=200, threads=1)
    else:
        full(measured)
    measured["bundled study"] = study_ratio()
    measured["price store"] = store_ratio()
    print("\n".join(shown(measured)))
    given.out.parent.mkdir(parents=True, exist_ok=True)
    given.out.write_text(json.dumps(measured, indent=2) + "\n")


if __name__ == "__main__":
    main()
