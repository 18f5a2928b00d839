"""Matrix completion: where it begins, how fast it settles, donors left out and placed."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.errors import WindowError
from analysis.models import completion
from analysis.models.base import Capabilities
from analysis.models.completion import (
    MatrixCompletion,
    SplitMarket,
    best_penalty,
    completed,
    penalties,
)


def market(rows, donors, seed=1):
    rng = np.random.default_rng(seed)
    factors = rng.standard_normal((rows, 2))
    x = 0.3 + factors @ rng.standard_normal((2, donors)) + 0.5 * rng.standard_normal((rows, donors))
    return 0.7 + factors @ [1.0, -0.4] + 0.5 * rng.standard_normal(rows), x


def effects(y, x, known):
    """Missing cells by effects of rows and columns alone: difference in differences."""
    others = x.mean(axis=1)
    return y[known].mean() + others[~known] - others[known].mean()


@pytest.mark.parametrize("donors", [5, 30])
@pytest.mark.parametrize("without", [None, 2])
def test_the_market_is_split_as_a_whole_decomposition_does(donors, without):
    y, x = market(12, donors)
    split = SplitMarket.of(x)
    others = x if without is None else np.delete(x, without, axis=1)
    np.testing.assert_allclose(split.sums, x.sum(axis=1))
    np.testing.assert_allclose(split.mean_of_others(without), others.mean(axis=1), atol=1e-12)
    total, count = split.totals(y, without)
    np.testing.assert_allclose(total, others.sum(axis=1) + y, atol=1e-12)
    assert count == others.shape[1] + 1
    matrix = np.column_stack([others, y])
    centred = matrix - matrix.mean(0) - matrix.mean(1, keepdims=True) + matrix.mean()
    np.testing.assert_allclose(split.own(y, without), centred[:, -1], atol=1e-12)
    left, sizes, _ = np.linalg.svd(centred, full_matrices=False)
    penalty = float(sizes[2] * 0.9)
    vectors, shares = split.axes(y, penalty, without)
    kept = sizes > penalty
    shrunk = (left[:, kept] * (1 - penalty / sizes[kept])) @ left[:, kept].T
    np.testing.assert_allclose((vectors * shares) @ vectors.T, shrunk, atol=1e-9)


def test_what_is_kept_of_a_market_depends_on_its_longer_side():
    _, x = market(12, 12)
    for part, size in ((x, 12), (x[:, :11], 0), (x[:5], 5)):
        split = SplitMarket.of(part)
        assert split.values.shape == (size,)
        assert split.vectors.shape == (size, size)
        centred = part - part.mean(axis=0)
        sizes = np.linalg.svd(centred, compute_uv=False)[:size]
        np.testing.assert_allclose(split.values, np.square(sizes), atol=1e-9)


@pytest.mark.parametrize("donors", [4, 40])
@pytest.mark.parametrize("without", [None, 1])
def test_it_begins_where_effects_alone_end(donors, without, monkeypatch):
    """No axis passes a penalty beyond all: the first round finds nothing to do."""
    y, x = market(20, donors)
    known = np.arange(20) % 7 != 3
    others = x if without is None else np.delete(x, without, axis=1)
    monkeypatch.setattr(completion, "_MOST_ROUNDS", 1)
    column = np.where(known, y, np.nan)
    found = completed(np.nan_to_num(column), SplitMarket.of(x), known, 1e6, without=without)
    np.testing.assert_allclose(found[~known], effects(y, others, known), atol=1e-9)


@pytest.mark.parametrize("donors", [4, 40])
@pytest.mark.parametrize("without", [None, 1])
def test_one_step_goes_all_the_way_where_the_axes_stay(donors, without, monkeypatch):
    y, x = market(20, donors)
    known = np.arange(20) % 7 != 3
    others = x if without is None else np.delete(x, without, axis=1)
    monkeypatch.setattr(completion, "_MOST_ROUNDS", 2)
    start = np.where(known, y, 5.0)
    found = completed(start, SplitMarket.of(x), known, 1e6, warm=True, without=without)
    np.testing.assert_allclose(found[~known], effects(y, others, known), atol=1e-9)


@pytest.mark.parametrize(("donors", "rank", "rounds"), [(4, 1, 8), (40, 2, 5)])
def test_a_few_steps_settle_where_the_axes_move(donors, rank, rounds, monkeypatch):
    y, x = market(30, donors)
    known = np.arange(30) < 27
    split = SplitMarket.of(x)
    penalty = float(penalties(y, x)[rank])
    settled = completed(y, split, known, penalty)
    monkeypatch.setattr(completion, "_MOST_ROUNDS", rounds)
    np.testing.assert_allclose(completed(y, split, known, penalty), settled, atol=5e-5)
    # settled: lowered singular values give the missing cells back
    column = np.where(known, y, settled)
    np.testing.assert_allclose(split.fitted(column, penalty)[~known], settled[~known], atol=1e-6)


def test_a_firm_that_never_moved_is_completed_too():
    _, x = market(20, 4)
    known = np.arange(20) < 18
    found = completed(np.zeros(20), SplitMarket.of(x), known, 1e6)
    np.testing.assert_allclose(found[~known], effects(np.zeros(20), x, known), atol=1e-9)


@pytest.mark.parametrize("donors", [4, 40])
def test_the_unit_of_the_returns_changes_nothing_but_the_unit(donors):
    y, x = market(30, donors)
    known = np.arange(30) < 26
    penalty = float(penalties(y, x)[1])
    plain = completed(y, SplitMarket.of(x), known, penalty)
    for unit in (1e-5, 1e5):
        found = completed(unit * y, SplitMarket.of(unit * x), known, unit * penalty)
        np.testing.assert_allclose(found, unit * plain, rtol=1e-6, atol=1e-6 * unit)


@pytest.mark.parametrize("penalty", [None, 1.5])
def test_a_donor_that_is_placed_is_fitted_on_the_others(penalty):
    _, x = market(44, 6)
    before, after = x[:40], x[40:]
    estimator = MatrixCompletion(penalty)
    gaps, errors = estimator.place(before, after, [0, 4])
    for row, place in enumerate([0, 4]):
        others = np.delete(before, place, axis=1)
        fit = estimator.fit(before[:, place], others, tuple("abcde"))
        expected = fit.predict(np.delete(after, place, axis=1), gap=0).expected
        np.testing.assert_allclose(gaps[row], after[:, place] - expected, atol=1e-5)
        assert errors[row] == pytest.approx(np.sqrt(np.mean(fit.residuals**2)), rel=1e-5)
    with pytest.raises(WindowError, match="40 estimation sessions, there are 39"):
        estimator.place(before[1:], after, [0])


def test_what_a_fit_says_of_itself():
    y, x = market(45, 5)
    fit = MatrixCompletion(2.0).fit(y, x, tuple("abcde"))
    assert fit.coefficients == {"alpha": pytest.approx(y.mean()), "penalty": 2.0}
    assert (fit.df, fit.tuning) == (44, 2.0)
    for held in range(5):
        known = np.arange(45) % 5 != held
        others = completed(y, SplitMarket.of(x), known, 2.0)
        np.testing.assert_allclose(fit.residuals[~known], (y - others)[~known], atol=1e-5)
    assert len(MatrixCompletion(2.0).fit(y[:40], x[:40], tuple("abcde")).residuals) == 40
    given, free = MatrixCompletion(2.0).capabilities, MatrixCompletion().capabilities
    assert given == Capabilities(order_free=True, controls=True, intercept="kept")
    assert free == Capabilities(order_free=False, controls=True, intercept="kept")
    assert MatrixCompletion().tuned(0.5) == MatrixCompletion(0.5)


def test_the_search_ends_at_the_second_rise_of_the_error():
    """Not at the first, after which the error may fall again."""
    y, x = market(40, 6, 3)
    split = SplitMarket.of(x)
    grid = penalties(y, x)[1::2]

    def error(penalty):
        return float(np.square(best_penalty(y, split, np.array([penalty]))[1]).sum())

    totals = {float(p): error(p) for p in grid}
    best, second, middle, worst = sorted(totals, key=totals.__getitem__)
    assert best_penalty(y, split, np.array([middle, worst, best]))[0] == best
    assert best_penalty(y, split, np.array([middle, worst, worst, best]))[0] == middle
    # a fall between two rises begins the count anew
    assert best_penalty(y, split, np.array([middle, worst, second, worst, best]))[0] == best
