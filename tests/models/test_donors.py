"""What controls choose, by brute force; their boundaries; donors that are all alike."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.errors import DataError, WindowError
from analysis.models.base import Capabilities
from analysis.models.donors import (
    FEWEST_DONORS,
    ElasticNet,
    RidgeAugmented,
    SyntheticControl,
    augmented_weights,
    best_ridge,
    check_memory,
    elastic_path,
    forward_errors,
    simplex_weights,
)


def market(rows, donors, seed=1):
    rng = np.random.default_rng(seed)
    factor = rng.standard_normal(rows)
    x = np.outer(factor, 1 + 0.3 * rng.standard_normal(donors))
    x += 0.7 * rng.standard_normal((rows, donors))
    return factor + 0.7 * rng.standard_normal(rows), x


def letters(x):
    return tuple("abcdefghijklmnopqrstuvwxyz"[: x.shape[1]])


def ridge_by_refits(y, x):
    """
    Every session but the last left out in turn, the control and its correction fitted anew.

    The largest penalty whose mean squared error lies within a standard error of the least.
    """
    z = x - x.mean(axis=1, keepdims=True)
    grid = np.logspace(0, -8, 21)
    largest = np.linalg.svd(z, compute_uv=False)[0] ** 2
    errors = np.empty((len(y) - 1, len(grid)))
    for out in range(len(y) - 1):
        keep = np.arange(len(y)) != out
        weights = simplex_weights(y[keep], x[keep])
        misfit = y[keep] - x[keep] @ weights
        for at, penalty in enumerate(grid):
            inner = z[keep] @ z[keep].T + penalty * largest * np.eye(len(y) - 1)
            whole = weights + z[keep].T @ np.linalg.solve(inner, misfit)
            errors[out, at] = (y[out] - x[out] @ whole) ** 2
    mean = errors.mean(axis=0)
    least = mean.argmin()
    spread = errors[:, least].std(ddof=1) / np.sqrt(len(errors))
    return grid[mean <= mean[least] + spread].max()


def test_the_ridge_penalty_is_that_of_refits():
    found = []
    for seed in range(28):
        y, x = market(5 + seed % 3, 3, seed)
        y = x @ [1.6, -0.6, 0.0] + 0.03 * (1 + seed % 20) * y  # which no simplex holds
        found.append(best_ridge(y, x))
        assert found[-1] == pytest.approx(ridge_by_refits(y, x))
    assert len(set(found)) > 5


@pytest.mark.parametrize("value", [0.0, 0.01])
def test_donors_that_are_all_alike_leave_nothing_to_correct_by(value):
    y = market(50, 2)[0]
    x = np.full((50, 3), value)
    fit = RidgeAugmented().fit(y, x, letters(x))
    weights = np.array(list(fit.coefficients.values()))[1:]
    assert weights.sum() == pytest.approx(1)
    assert fit.tuning == 1
    np.testing.assert_allclose(fit.residuals, y - value, atol=1e-15)
    twice = np.column_stack([y, y])
    np.testing.assert_array_equal(augmented_weights(y, twice, 0.1), simplex_weights(y, twice))


@pytest.mark.parametrize("mix", [0.0, 0.5, 1.0])
def test_the_elastic_net_takes_the_penalty_that_errs_least_forward(mix):
    """From the one beyond which no donor is used down to a thousandth, in 25 steps."""
    y, x = (0.01 * drawn for drawn in market(60, 4))
    scaled = (x - x.mean(axis=0)) / x.std(axis=0)
    largest = np.abs(np.corrcoef(scaled.T, y)[-1, :-1]).max() * y.std() / max(mix, 1e-3)
    grid = [float(value) for value in largest * 1000 ** -(np.arange(25) / 24)]
    errors = forward_errors(y, x, lambda a, b: elastic_path(a, b, mix, grid))
    best = int(np.argmin(errors))
    fit = ElasticNet(mix).fit(y, x, letters(x))
    assert fit.tuning == pytest.approx(grid[best])
    values = elastic_path(y, x, mix, [grid[best]])[0]
    np.testing.assert_allclose(list(fit.coefficients.values()), values, atol=1e-8)
    if mix == 1.0:
        below = elastic_path(y, x, mix, [grid[0] * 1.001, grid[0] * 0.999])[:, 1:]
        assert np.count_nonzero(below, axis=1).tolist() == [0, 1]


def test_a_penalty_that_is_given_is_kept():
    y, x = market(50, 4)
    assert ElasticNet() == ElasticNet(0.5, None)
    for estimator in (ElasticNet(0.5, 0.03), RidgeAugmented(0.03)):
        fit = estimator.fit(y, x, letters(x))
        assert fit.tuning == 0.03
    np.testing.assert_allclose(
        list(fit.coefficients.values())[1:], augmented_weights(y, x, 0.03), rtol=1e-12
    )
    assert fit.coefficients["alpha"] == 0
    assert SyntheticControl().fit(y, x, letters(x)).tuning is None


def test_folds_begin_at_half_and_end_at_the_end():
    y, x = market(47, 2)
    seen = []

    def path(train_y, train_x):
        seen.append(len(train_y))
        assert len(train_x) == len(train_y)
        return np.array([[0.1, 1.0, -0.5], [0.0, 0.0, 0.0]])

    total = forward_errors(y, x, path)
    assert seen == [23, 27, 32, 37, 42]
    late = slice(23, None)
    first = np.square(y[late] - 0.1 - x[late] @ [1.0, -0.5]).sum()
    np.testing.assert_allclose(total, [first, np.square(y[late]).sum()])


@pytest.mark.parametrize("estimator", [SyntheticControl(), RidgeAugmented(), ElasticNet()])
def test_forty_sessions_are_enough_and_one_less_is_not(estimator):
    y, x = market(40, 3)
    assert len(estimator.fit(y, x, letters(x)).residuals) == 40
    with pytest.raises(WindowError, match="needs 40 estimation sessions, there are 39;"):
        estimator.fit(y[1:], x[1:], letters(x))
    with pytest.raises(WindowError, match="needs donors"):
        estimator.fit(y, x[:, :0], ())


def test_a_fit_that_uses_up_its_sessions_keeps_one_degree_of_freedom():
    y, x = market(40, 60)
    fit = ElasticNet(0.01, 1e-6).fit(y, x, tuple(map(str, range(60))))
    assert np.count_nonzero(list(fit.coefficients.values())) > 40
    assert fit.df == 1


def test_a_portfolio_is_of_two_donors_or_more():
    assert FEWEST_DONORS == 2


def test_a_quarter_of_two_gibibytes_of_returns_is_allowed():
    """Of 8 bytes each: 2^26 of them."""
    check_memory(2**16, 2**10)
    with pytest.raises(DataError, match=r"65,537 donors over 1,024 sessions need about 2\.0 GB"):
        check_memory(2**16 + 1, 2**10)
    with pytest.raises(DataError, match=r"need about 4\.0 GB"):
        check_memory(2**16, 2**11)


def test_what_inference_may_do_with_them():
    weights = Capabilities(order_free=True, controls=True, intercept="none")
    assert SyntheticControl().capabilities == weights
    assert RidgeAugmented(0.1).capabilities == weights
    assert ElasticNet(0.5, 0.1).capabilities == Capabilities(order_free=True, controls=True)
    assert RidgeAugmented().capabilities == Capabilities(controls=True, intercept="none")
    assert ElasticNet().capabilities == Capabilities(controls=True)


def test_residuals_are_what_the_control_does_not_say():
    y, x = market(50, 4)
    y = y + 3.0
    for estimator in (SyntheticControl(), RidgeAugmented(0.1), ElasticNet(0.5, 0.1)):
        fit = estimator.fit(y, x, letters(x))
        np.testing.assert_allclose(fit.residuals, y - fit.predict(x, gap=0).expected, atol=1e-12)
    assert fit.coefficients["alpha"] == pytest.approx(3.0, abs=0.5)
