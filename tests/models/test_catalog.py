"""The catalogue of models."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pandas as pd
import pytest
from statsmodels.api import OLS

from analysis.models import specifications
from analysis.models.catalog import MODELS, registered

if TYPE_CHECKING:
    from pathlib import Path

    from analysis.prices.market_data import MarketData


def test_every_model_of_the_first_study_is_there() -> None:
    first = ["mean", "market-adjusted", "market", "capm", "ff3", "carhart", "ff5", "ff6"]
    assert [name for name in MODELS if name in first] == first
    assert all(spec.id == name for name, spec in MODELS.items())


@pytest.mark.parametrize(
    ("model", "factors", "benchmark"),
    [
        ("mean", (), False),
        ("market", (), True),
        ("capm", ("rf",), True),
        ("carhart", ("mkt_rf", "smb", "hml", "mom", "rf"), False),
    ],
)
def test_a_model_knows_what_it_needs(model: str, factors: tuple[str, ...], benchmark: bool) -> None:
    assert MODELS[model].factors == factors
    assert MODELS[model].uses_benchmark is benchmark


TOY = """
from analysis.models.linear import LeastSquares
from analysis.models.spec import BENCHMARK, ModelSpec

MODELS = (
    ModelSpec(
        id="toy-origin",
        title="market through the origin",
        family="one market",
        regressors=(BENCHMARK,),
        estimator=LeastSquares(constant=False),
        reference="Toy (2025)",
    ),
)
"""


@pytest.fixture
def outside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder whose modules count among the models."""
    folder = tmp_path / "outside"
    folder.mkdir()
    monkeypatch.setattr(specifications, "__path__", [*specifications.__path__, str(folder)])
    for name in ("toy_model", "empty_toy", "text_toy"):
        monkeypatch.delitem(sys.modules, f"{specifications.__name__}.{name}", raising=False)
    return folder


def test_a_model_is_added_by_one_file(outside: Path) -> None:
    (outside / "toy_model.py").write_text(TOY)
    found = registered()
    names = list(MODELS)
    after = names.index("capm") + 1  # the last of its family
    assert list(found) == [*names[:after], "toy-origin", *names[after:]]


def test_what_is_no_model_or_stands_twice_is_a_defect(outside: Path) -> None:
    (outside / "toy_model.py").write_text(TOY.replace("toy-origin", "market"))
    with pytest.raises(ValueError, match="'market' is registered twice"):
        registered()
    (outside / "toy_model.py").unlink()
    (outside / "empty_toy.py").write_text("")
    with pytest.raises(TypeError, match="has no MODELS"):
        registered()
    (outside / "empty_toy.py").unlink()
    (outside / "text_toy.py").write_text("MODELS = ('market',)")
    with pytest.raises(TypeError, match="'market' in MODELS is no ModelSpec"):
        registered()


@pytest.mark.slow
def test_an_added_model_stands_everywhere(root: Path, tmp_path: Path, snapshot: MarketData) -> None:
    """In lists, documents, the battery, the CSV files and the report, with a number of its own."""
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "toy_model.py").write_text(TOY)
    code = f"""
import sys
sys.path[:0] = ["scripts"]
from analysis.models import specifications
specifications.__path__.append({str(tmp_path / "models")!r})
from analysis.cli import main
from analysis.inference.page import methods_page
main(["list", "models"], standalone_mode=False)
print("page", methods_page().count("`toy-origin`"))
import write_reference
print("reference", write_reference.catalogues_page().count("{{#model-toy-origin}}"))
asked = ["--event", "sell-off", "--symbols", "NVDA", "--benchmark", "SPY", "--window", "0..0"]
asked += ["--model", "toy-origin"]
main(["study", *asked, "--out", {str(tmp_path / "out")!r}], standalone_mode=False)
main(["report", *asked, "--out", {str(tmp_path / "page")!r}], standalone_mode=False)
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=root, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "toy-origin         market through the origin" in done.stdout
    assert "page 1" in done.stdout
    assert "reference 1" in done.stdout
    assert "market through the origin" in (tmp_path / "page" / "report.html").read_text("utf-8")
    tests = pd.read_csv(tmp_path / "out" / "tests.csv")
    assert {"t", "sq", "conformal", "placebo", "placebo-ewma"} <= set(tests["test"])
    assert set(tests["model"]) == {"toy-origin"}
    cell = pd.read_csv(tmp_path / "out" / "results.csv").iloc[0]
    returns = snapshot.levels[["NVDA", "SPY"]].dropna().pct_change()
    day = returns.index.get_loc(pd.Timestamp("2025-01-27"))
    fitted = OLS(*(returns.iloc[day - 260 : day - 10][name] for name in ("NVDA", "SPY"))).fit()
    assert cell["beta"] == pytest.approx(fitted.params.iloc[0], rel=1e-10)
    assert cell["sigma"] == pytest.approx(fitted.scale**0.5, rel=1e-10)
    expected = fitted.params.iloc[0] * returns["SPY"].iloc[day]
    assert cell["car"] == pytest.approx(returns["NVDA"].iloc[day] - expected, rel=1e-10)
