"""An event at a time by least squares on explicit rows: the independent answer to the engine."""

from __future__ import annotations

import numpy as np
import scipy.linalg


def by_rows(returns, factors, position, columns, estimation, window):
    """
    Estimate one event with SciPy's least squares on centred rows.

    Returns None where the estimation window holds too few rows or the event window a gap, else a
    dict of what the engine gives and ``se``, the coefficients' standard errors.
    """
    rows = np.arange(position + estimation.start, position + estimation.end + 1)
    rows = rows[(rows >= 0) & (rows < len(returns))]
    x_all = factors[:, list(columns)]
    rows = rows[np.isfinite(returns[rows]) & np.isfinite(x_all[rows]).all(axis=1)]
    days = np.arange(position + window.start, position + window.end + 1)
    if days[0] < 0 or days[-1] >= len(returns):
        return None
    n, p = len(rows), len(columns) + 1
    if n <= p or not (np.isfinite(returns[days]).all() and np.isfinite(x_all[days]).all()):
        return None
    x_all, middle = centred(x_all, rows)
    y_all, level = centred(returns, rows)
    x, y = x_all[rows], y_all[rows]
    scale = np.sqrt((x**2).sum(axis=0))
    slope = scipy.linalg.lstsq(x / scale, y)[0] / scale if p > 1 else np.zeros(0)
    rss = ((y - x @ slope) ** 2).sum()
    sigma2 = rss / (n - p)
    # the full forecast-error covariance, not its closed form
    design = np.column_stack([np.ones(n), x / scale])
    level_counts = len(days) <= 5  # a longer window is expected to earn what its factors earn
    ahead = np.column_stack([np.ones(len(days)), x_all[days] / scale])
    if not level_counts:
        ahead = np.column_stack([np.zeros(len(days)), (x_all[days] + middle) / scale])
    upper = np.linalg.qr(design, mode="r")
    half = scipy.linalg.solve_triangular(upper, ahead.T, trans="T")
    covariance = sigma2 * (np.eye(len(days)) + half.T @ half)
    expected = level + x_all[days] @ slope
    error = np.sqrt(covariance.sum())
    car = (y_all[days] - x_all[days] @ slope).sum()
    if not level_counts:
        expected = factors[np.ix_(days, list(columns))] @ slope
        car = (returns[days] - expected).sum()
    return {
        "n": n,
        "coefficients": np.concatenate([[level - middle @ slope], slope]),
        "sigma2": sigma2,
        "car": car,
        "car_se": error,
        "scar": car / error,
        "bhar": np.prod(1 + returns[days]) - np.prod(1 + expected),
        "held": np.prod(1 + returns[days]),
        "se": np.sqrt(sigma2) * np.linalg.norm(np.linalg.inv(upper), axis=1) / [1, *scale],
    }


def centred(values, rows):
    """Take off the mean of some rows, and what rounding left of it; also return the mean."""
    mean = values[rows].mean(axis=0)
    left = values - mean
    rest = left[rows].mean(axis=0)
    return left - rest, mean + rest


def assert_agrees(found, event, model, expected, *, rtol=1e-9):
    """Hold one event of the engine's results against the oracle's."""
    assert found.ok[event, model], found.status_text()[event, model]
    assert found.n_estimation[event, model] == expected["n"]
    k = len(expected["coefficients"])
    got = found.coefficients[event, model]
    gap = np.abs(got[:k] - expected["coefficients"])
    # a coefficient that is nearly nothing is judged by its standard error
    assert (gap <= rtol * np.maximum(np.abs(expected["coefficients"]), expected["se"])).all(), gap
    assert np.isnan(got[k:]).all()
    for name in ("sigma2", "car_se"):
        np.testing.assert_allclose(getattr(found, name)[event, model], expected[name], rtol=rtol)
    size = np.maximum(abs(expected["car"]), expected["car_se"])
    assert abs(found.car[event, model] - expected["car"]) <= rtol * size
    assert abs(found.scar[event, model] - expected["scar"]) <= rtol * max(1, abs(expected["scar"]))
    # a difference of two products cannot be better than their own rounding
    size = max(abs(expected["bhar"]), expected["car_se"], 1e-5 * abs(expected["held"]))
    assert abs(found.bhar[event, model] - expected["bhar"]) <= rtol * size
