"""What the models are, as their authors have them."""

from __future__ import annotations

from analysis.models.catalog import MODELS


def test_returns_are_in_excess_of_the_risk_free_rate_where_a_theory_says_so() -> None:
    """Sharpe's and the factor models; the market model and its kin take returns as they are."""
    excess = {name for name, spec in MODELS.items() if spec.excess}
    assert excess == {"capm", "ff3", "carhart", "ff5", "ff6"}
    assert all(("rf" in MODELS[name].factors) == (name in excess) for name in MODELS)


def test_a_model_takes_the_regressors_that_its_authors_gave_it() -> None:
    factors = {
        "ff3": ["mkt_rf", "smb", "hml"],
        "carhart": ["mkt_rf", "smb", "hml", "mom"],
        "ff5": ["mkt_rf", "smb", "hml", "rmw", "cma"],
        "ff6": ["mkt_rf", "smb", "hml", "rmw", "cma", "mom"],
    }
    for name, wanted in factors.items():
        assert list(MODELS[name].regressors) == wanted
    assert [name for name, spec in MODELS.items() if spec.uses_industry] == ["market-industry"]
    donors = ["did", "synthetic", "synthetic-ridge", "sdid", "ife"]
    donors += ["matrix-completion", "elastic-net"]
    assert [name for name, spec in MODELS.items() if spec.uses_donors] == donors
    without = {name for name, spec in MODELS.items() if not spec.uses_benchmark}
    assert without == {"mean", *factors, *donors}
    lags = {name: len(spec.regressors) for name, spec in MODELS.items() if "imson" in spec.title}
    assert lags == {"dimson": 2, "dimson-lead": 3}


def test_every_model_has_a_title_and_a_source_of_its_own() -> None:
    assert len({spec.title for spec in MODELS.values()}) == len(MODELS)
    for spec in MODELS.values():
        assert any(str(year) in spec.reference for year in range(1960, 2026)), spec.id
