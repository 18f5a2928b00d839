"""Weighted medians of answers, and which choices their variance comes from."""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from analysis._typing import FloatArray

TOGETHER = "together"
"""What is left of the variance when every choice has its own part: choices acting together."""

ROUNDING = 1e-12
"""Of weights that sum to 1, and of a variance relative to the size of the answers."""


def middle_of(values: FloatArray, weights: FloatArray) -> FloatArray:
    """
    Take the weighted median of each row: the first value at which half of the weight is reached.

    Parameters
    ----------
    values : ndarray of shape (n, c)
        No NaN.
    weights : ndarray of shape (c,)
        Sum 1.

    Returns
    -------
    ndarray of shape (n,)

    Examples
    --------
    >>> middle_of(np.array([[3.0, 1.0, 2.0]]), np.array([0.2, 0.2, 0.6])).tolist()
    [2.0]
    """
    order = np.argsort(values, axis=1, kind="stable")
    reached = np.cumsum(weights[order], axis=1) >= 0.5 - ROUNDING
    first = reached.argmax(axis=1)
    rows = np.arange(len(values))
    return np.asarray(values[rows, order[rows, first]], dtype=np.float64)


def main_effects(
    values: FloatArray, weights: FloatArray, labels: Mapping[str, Sequence[str]]
) -> dict[str, float]:
    """
    Split the weighted variance of answers among the choices that made them.

    Each choice gets its Shapley value: what it adds to the share of variance that an additive fit
    on the choices explains, averaged over all orders in which the choices can be put in. Parts that
    overlap because choices are not crossed in full are so shared out once.

    Parameters
    ----------
    values : ndarray of shape (n,)
    weights : ndarray of shape (n,)
        Sum 1.
    labels : mapping of str to sequence of str
        The value of each choice, n of each.

    Returns
    -------
    dict of str to float
        Shares by choice, the largest first, then `TOGETHER`: they sum to 1. Choices of one value
        only are left out; empty where the answers do not differ.

    References
    ----------
    Lindeman, Merenda and Gold (1980), Introduction to Bivariate and Multivariate Analysis;
    Groemping (2007), The American Statistician 61.

    Examples
    --------
    >>> both = main_effects(np.array([1.0, 1.0, 3.0, 3.0]), np.full(4, 0.25),
    ...                     {"model": list("aabb"), "gap": list("5151")})
    >>> {name: round(share, 6) + 0.0 for name, share in both.items()}
    {'model': 1.0, 'gap': 0.0, 'together': 0.0}
    """
    centred = values - weights @ values
    total = float(weights @ centred**2)
    if total <= (ROUNDING * float(np.abs(values).max())) ** 2:
        return {}
    varied = [name for name in labels if len(set(labels[name])) > 1]
    root = np.sqrt(weights)
    dummies = {name: _dummies(labels[name]) * root[:, None] for name in varied}
    explained = {
        chosen: _explained(root * centred, [root[:, None], *(dummies[name] for name in chosen)])
        / total
        for size in range(len(varied) + 1)
        for chosen in itertools.combinations(varied, size)
    }
    shares = {name: _shapley(name, varied, explained) for name in varied}
    ordered = dict(sorted(shares.items(), key=lambda item: -item[1]))
    return {**ordered, TOGETHER: max(0.0, 1 - sum(shares.values()))}


def _dummies(labels: Sequence[str]) -> FloatArray:
    values = sorted(set(labels))
    return np.array([[label == value for value in values] for label in labels], dtype=np.float64)


def _explained(y: FloatArray, columns: list[FloatArray]) -> float:
    x = np.column_stack(columns)
    fitted = x @ np.linalg.lstsq(x, y, rcond=None)[0]
    return float(fitted @ fitted)


def _shapley(name: str, varied: Sequence[str], explained: Mapping[tuple[str, ...], float]) -> float:
    others, share = [other for other in varied if other != name], 0.0
    for size in range(len(others) + 1):
        weight = 1 / (len(varied) * math.comb(len(others), size))
        for before in itertools.combinations(others, size):
            after = tuple(other for other in varied if other in before or other == name)
            share += weight * (explained[after] - explained[before])
    return share
