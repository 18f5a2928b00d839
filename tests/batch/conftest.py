"""A small panel in files."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analysis.batch.batch import BatchRequest
from analysis.batch.inputs import FactorModel
from analysis.windows import Window


@pytest.fixture
def panel_frames():
    """Returns of 12 firms on 400 business days, three factors, 80 events in no order."""
    rng = np.random.default_rng(20250127)
    days = pd.bdate_range("2020-01-01", periods=400)
    factors = pd.DataFrame(rng.normal(0, 0.01, (400, 3)), columns=["mktrf", "smb", "hml"])
    factors.insert(0, "session", days.strftime("%Y-%m-%d"))
    rows = []
    for permno in range(10001, 10013):
        values = factors[["mktrf", "smb", "hml"]].to_numpy() @ rng.normal(1, 0.3, 3)
        values = values + rng.normal(0, 0.02, 400)
        rows.append(
            pd.DataFrame({"symbol": permno, "session": factors["session"], "return": values})
        )
    returns = pd.concat(rows, ignore_index=True)
    returns = returns[rng.random(len(returns)) > 0.02].reset_index(drop=True)
    events = pd.DataFrame(
        {
            "symbol": rng.integers(10001, 10013, 80),
            "event_date": rng.choice(factors["session"], 80),
        }
    )
    return returns, factors, events


@pytest.fixture
def request_for(tmp_path, panel_frames):
    """Write the panel to files of a kind and give the request on them."""

    def make(kind="csv", *, out="out.csv", frames=panel_frames, **changes):
        paths = []
        for name, frame in zip(("returns", "factors", "events"), frames, strict=True):
            path = tmp_path / f"{name}.{kind}"
            if kind == "csv":
                frame.to_csv(path, index=False)
            else:
                frame.to_parquet(path, index=False)
            paths.append(path)
        given = {
            "models": (FactorModel.parse("market=mktrf"), FactorModel.parse("ff3=mktrf+smb+hml")),
            "estimation": Window(-120, -11),
            "window": Window(-1, 2),
        }
        return BatchRequest(*paths, tmp_path / out, **(given | changes))

    return make
