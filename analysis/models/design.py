"""
From aligned returns to the regressors of a model.

Rows are the sessions of one calendar, in order, over estimation window, gap and event window; NaN
where a series has no return. Nothing is filled. A regressor of an estimation row never reads a row
of the event window or later.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from analysis.errors import DataError, StudyError
from analysis.models.linear import LeastSquares
from analysis.models.spec import (
    BENCHMARK,
    BENCHMARK_AFTER,
    BENCHMARK_BEFORE,
    BENCHMARK_EXCESS,
    DONORS,
    INDUSTRY,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from analysis._typing import BoolArray, FloatArray
    from analysis.models.spec import ModelSpec


@dataclass(frozen=True, slots=True, eq=False)
class ReturnArrays:
    """
    The returns that a model may ask for, simple and in decimals, each of shape (T,).

    Attributes
    ----------
    symbol : str
        The firm; it is left out of `members`.
    firm : ndarray of shape (T,)
    benchmark : ndarray of shape (T,) or None
    factors : mapping of str to ndarray of shape (T,)
        ``mkt_rf``, ``smb`` ... and ``rf``.
    members : mapping of str to ndarray of shape (T,)
        Firms of the industry, by symbol.
    donors : mapping of str to ndarray of shape (T,)
        Series for control portfolios, by symbol; see `check_donors`.
    """

    symbol: str
    firm: FloatArray
    benchmark: FloatArray | None = None
    factors: Mapping[str, FloatArray] = field(default_factory=dict)
    members: Mapping[str, FloatArray] = field(default_factory=dict)
    donors: Mapping[str, FloatArray] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class Design:
    """
    What a model is fitted on and predicts with.

    Attributes
    ----------
    y : ndarray of shape (T,)
        The firm's return, less `base`.
    x : ndarray of shape (T, k)
    names : tuple of str
        Names of the k columns.
    base : ndarray of shape (T,)
        The risk-free rate where the model is of excess returns, else 0; add it to what the model
        expects.
    """

    y: FloatArray
    x: FloatArray
    names: tuple[str, ...]
    base: FloatArray

    @property
    def complete(self) -> BoolArray:
        """Rows without NaN, shape (T,)."""
        known: BoolArray = np.logical_and(np.isfinite(self.y), np.isfinite(self.x).all(axis=1))
        return known


def build_design(
    spec: ModelSpec, returns: ReturnArrays, estimation: BoolArray, event: BoolArray
) -> Design:
    """
    Build the regressors of a model.

    Parameters
    ----------
    spec : ModelSpec
    returns : ReturnArrays
    estimation, event : ndarray of bool, shape (T,)
        Rows of the two windows; the estimation window ends before the event window begins.

    Returns
    -------
    Design
        The benchmark's return of the session after is NaN on the last row of the estimation window,
        whose fit must not depend on a session beyond it, and on the row before the event window; it
        is 0 from the event window on, where no model reads it.

    Raises
    ------
    DataError
        If a series that the model needs is missing, or the windows are out of order.
    StudyError
        If the model needs donors or an industry and none is given.
    """
    first = int(np.argmax(event)) if event.any() else len(event)
    if estimation[first:].any():
        raise DataError("the estimation window must end before the event window begins")
    columns: list[FloatArray] = []
    names: list[str] = []
    for token in spec.regressors:
        if token == DONORS:
            if not returns.donors:
                raise StudyError(f"model '{spec.id}' needs donors; list them in the study")
            columns += list(returns.donors.values())
            names += list(returns.donors)
        else:
            columns.append(_column(token, spec, returns, estimation, first))
            names.append(token)
    base = _factor("rf", spec, returns) if spec.excess else np.zeros(len(returns.firm))
    x = np.column_stack(columns) if columns else np.empty((len(returns.firm), 0))
    return Design(returns.firm - base, x, tuple(names), base)


def check_donors(
    donors: Collection[str], affected: Collection[str], firm: str, *, force: bool = False
) -> None:
    """
    Refuse donors that the event touched.

    Parameters
    ----------
    donors : collection of str
    affected : collection of str
        Firms of the study and others known to be touched.
    firm : str
        The firm of the headline, which is refused even by force.
    force : bool
        Take affected donors all the same.

    Raises
    ------
    StudyError
        Names the donors that must go.

    Examples
    --------
    >>> check_donors(["XLP", "XLV"], ["NVDA", "AMD"], "NVDA")
    """
    if firm in donors:
        raise StudyError(f"{firm} cannot be a donor of itself; take it off the donors")
    touched = sorted(set(donors) & set(affected))
    if touched and not force:
        raise StudyError(
            f"donors {', '.join(touched)} are firms that the event touched; take them off the "
            "donors, or force them"
        )


def industry_index(members: Mapping[str, FloatArray], firm: str) -> FloatArray:
    """
    Average an industry's returns without the firm, equally weighted.

    Parameters
    ----------
    members : mapping of str to ndarray of shape (T,)
    firm : str

    Returns
    -------
    ndarray of shape (T,)
        NaN on sessions on which fewer than half the members have a return.

    Raises
    ------
    StudyError
        If there is no member but the firm.
    """
    others = [series for symbol, series in members.items() if symbol != firm]
    if not others:
        raise StudyError(f"the industry of {firm} has no other member; list some in the study")
    table = np.column_stack(others)
    known = np.isfinite(table)
    present = known.sum(axis=1)
    mean = np.where(known, table, 0.0).sum(axis=1) / np.maximum(present, 1)
    return np.where(present >= len(others) / 2, mean, np.nan)


def _column(
    token: str, spec: ModelSpec, returns: ReturnArrays, estimation: BoolArray, first: int
) -> FloatArray:
    makers: Mapping[str, Callable[[], FloatArray]] = {
        BENCHMARK: lambda: _benchmark(spec, returns),
        BENCHMARK_EXCESS: lambda: _benchmark(spec, returns) - _factor("rf", spec, returns),
        BENCHMARK_BEFORE: lambda: np.append(np.nan, _benchmark(spec, returns)[:-1]),
        BENCHMARK_AFTER: lambda: _after(_benchmark(spec, returns), estimation, first),
        INDUSTRY: lambda: _orthogonal(
            industry_index(returns.members, returns.symbol),
            _benchmark(spec, returns),
            estimation & np.isfinite(returns.firm),
        ),
    }
    return makers[token]() if token in makers else _factor(token, spec, returns)


def _benchmark(spec: ModelSpec, returns: ReturnArrays) -> FloatArray:
    if returns.benchmark is None:
        raise DataError(f"model '{spec.id}' needs a benchmark, and none was given")
    return returns.benchmark


def _factor(name: str, spec: ModelSpec, returns: ReturnArrays) -> FloatArray:
    if name not in returns.factors:
        raise DataError(f"model '{spec.id}' needs the factor '{name}', and none was given")
    return returns.factors[name]


def _after(benchmark: FloatArray, estimation: BoolArray, first: int) -> FloatArray:
    """Return of the session after, none that lies past the estimation window or in the event."""
    after = np.append(benchmark[1:], np.nan)
    after[np.flatnonzero(estimation)[-1:]] = np.nan
    after[max(first - 1, 0) : first] = np.nan
    after[first:] = 0.0
    return after


def _orthogonal(industry: FloatArray, benchmark: FloatArray, estimation: BoolArray) -> FloatArray:
    """Take the industry's own market model, fitted on the estimation rows, from its return."""
    rows = estimation & np.isfinite(industry) & np.isfinite(benchmark)
    fit = LeastSquares().fit(industry[rows], benchmark[rows, None], (BENCHMARK,))
    alpha, beta = fit.coefficients.values()
    return industry - alpha - beta * benchmark
