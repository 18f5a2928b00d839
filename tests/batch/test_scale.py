"""Memory that does not grow with the events, and speed as ratios to peers in the same run."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

pytestmark = pytest.mark.slow

BATCH = """
import re, sys
from pathlib import Path
from analysis import tabular
from analysis.batch.batch import BatchRequest, run_batch
from analysis.batch.inputs import FactorModel
from analysis.windows import Window
tabular.PARQUET_ROWS = 1 << 15
folder = Path(sys.argv[1])
run_batch(BatchRequest(
    *(folder / name for name in ("returns.csv", "factors.csv", "events.parquet", "out.parquet")),
    models=(FactorModel.parse("market=mktrf"), FactorModel.parse("ff3=mktrf+smb+hml")),
    estimation=Window(-120, -11), window=Window(-1, 2)))
print(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1])
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs Linux's /proc")
def test_memory_does_not_grow_with_the_events(request_for, panel_frames, tmp_path):
    _, factors, _ = panel_frames
    request_for()  # writes the files

    def peak_kilobytes(n_events):
        rng = np.random.default_rng(0)
        dates = pd.to_datetime(factors["session"]).to_numpy()
        events = pd.DataFrame(
            {
                "symbol": rng.integers(10001, 10013, n_events),
                "event_date": rng.choice(dates, n_events),
            }
        )
        events.to_parquet(tmp_path / "events.parquet", index=False, row_group_size=1 << 15)
        done = subprocess.run(
            [sys.executable, "-c", BATCH, str(tmp_path)], check=True, capture_output=True, text=True
        )
        return int(done.stdout)

    few, many = peak_kilobytes(100_000), peak_kilobytes(1_500_000)
    # all results of the many would take 400 MB
    assert many < few + 120_000
    assert many < 1_000_000


def test_ratio_to_peers_has_not_regressed(root, tmp_path):
    recorded = json.loads((root / "tests" / "batch" / "benchmark_ratios.json").read_text())
    out = tmp_path / "benchmark.json"
    subprocess.run(
        [sys.executable, root / "scripts" / "benchmark.py", "--quick", "--out", out],
        check=True,
        capture_output=True,
    )
    found = json.loads(out.read_text())
    assert found["price store"]["many over few"] < 1.5  # 0.99; reading the whole store cost 2.8
    measured = found["ratios"]
    for name, ratio in recorded.items():
        assert measured[name] > ratio / 2, f"{name}: {measured[name]:.1f}, recorded {ratio:.1f}"
