"""What an estimator says of itself is what it does."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.models.base import Capabilities
from analysis.models.catalog import MODELS
from analysis.models.linear import LeastSquares

ROWS = 160


def rows_of(spec, seed: int):
    rng = np.random.default_rng(seed)
    columns = 6 if spec.uses_donors else max(len(spec.regressors), 0)
    x = 0.01 * rng.standard_normal((ROWS, columns))
    scale = 1 + 0.5 * np.sin(np.arange(ROWS) / 15)
    noise = 0.01 * scale * rng.standard_t(5, ROWS)
    slope = 1 + np.cumsum(0.15 * rng.standard_normal(ROWS))  # for the model that follows it
    return 0.001 + slope * x.sum(axis=1) / max(columns, 1) + noise, x


@pytest.mark.parametrize("spec", MODELS.values(), ids=list(MODELS))
def test_order_free_means_that_permuted_rows_give_the_same_fit(spec):
    y, x = rows_of(spec, 1)
    names = tuple(f"x{i}" for i in range(x.shape[1]))
    # the middle trades places with the end, where fits that look back look first
    order = np.r_[np.arange(60), np.arange(120, 160), np.arange(60, 120)]
    one = spec.estimator.fit(y, x, names)
    other = spec.estimator.fit(y[order], x[order], names)
    same = np.allclose(
        list(one.coefficients.values()), list(other.coefficients.values()), rtol=1e-5, atol=1e-8
    ) and np.allclose(one.residuals[order], other.residuals, atol=1e-7)
    if spec.estimator.capabilities.order_free:
        assert same
    # a tuned penalty may fall on the same point of its grid by chance
    elif spec.id not in {"synthetic-ridge", "elastic-net", "matrix-completion"}:
        assert not same


@pytest.mark.parametrize("spec", MODELS.values(), ids=list(MODELS))
def test_linear_means_least_squares(spec):
    y, x = rows_of(spec, 2)
    names = tuple(f"x{i}" for i in range(x.shape[1]))
    found = list(spec.estimator.fit(y, x, names).coefficients.values())
    plain = list(LeastSquares().fit(y, x, names).coefficients.values())
    same = len(found) == len(plain) and np.allclose(found, plain, rtol=1e-9)
    # a random walk whose likeliest step is 0 is least squares by chance
    if spec.id != "kalman":
        assert same == spec.estimator.capabilities.linear


def test_what_is_not_drawn_says_why():
    with pytest.raises(ValueError, match="not_drawn"):
        Capabilities(placebo="none")
    with pytest.raises(ValueError, match="not_drawn"):
        Capabilities(not_drawn="no")
