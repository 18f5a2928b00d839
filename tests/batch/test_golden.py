"""The bundled figures through files, against rows that statsmodels made."""

from __future__ import annotations

import pandas as pd
import pytest

from analysis.batch.batch import BatchRequest, run_batch
from analysis.batch.inputs import FactorModel
from analysis.prices.snapshot import load_snapshot
from analysis.windows import Window


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_golden_rows(root, tmp_path, kind):
    golden = pd.read_csv(root / "tests" / "golden" / "panel_rows_golden.csv")
    data = load_snapshot()
    returns = data.levels.div(data.levels.shift(1)).sub(1).stack().rename("return").reset_index()
    returns.columns = ["session", "symbol", "return"]
    frames = {
        "returns": returns[returns["session"] <= data.factors.index[-1]],
        "factors": data.factors.reset_index(),
        "events": golden[["symbol", "event_date"]].iloc[::2],
    }
    for name, frame in frames.items():
        write = frame.to_csv if kind == "csv" else frame.to_parquet
        write(tmp_path / f"{name}.{kind}", index=False)
    request = BatchRequest(
        *(tmp_path / f"{name}.{kind}" for name in ("returns", "factors", "events")),
        tmp_path / "out.csv",
        models=(
            FactorModel.parse("market=mkt_rf"),
            FactorModel.parse("carhart=mkt_rf+smb+hml+mom"),
        ),
        estimation=Window(-175, -26),
        window=Window(-10, 10),
    )
    summary = run_batch(request)
    assert summary.statuses == {"ok": len(golden)}
    assert not summary.problems.count
    found = pd.read_csv(request.out)
    assert (found["n_window"] == 21).all()
    # statsmodels' own rounding, on designs with 21 dummies, is of the order of 1e-12
    pd.testing.assert_frame_equal(found[golden.columns], golden, rtol=1e-10, atol=1e-14)
