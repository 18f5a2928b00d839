"""The catalogue of models."""

from __future__ import annotations

import pytest

from analysis.models.catalog import MODELS


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
