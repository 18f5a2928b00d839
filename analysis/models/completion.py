"""
Matrix completion: the firm's returns in a window as missing cells of a matrix of low rank.

Singular values are lowered on the smaller side of the matrix. Where there are more donors than
sessions, the donors' own Gram matrix of sessions is split once; every step of every completion,
whichever firm stands in the treated place, then changes two or three directions of it.

References
----------
Athey, Bayati, Doudchenko, Imbens and Khosravi (2021), Journal of the American Statistical
Association 116; Mazumder, Hastie and Tibshirani (2010), Journal of Machine Learning Research 11.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from analysis.models.base import Capabilities, Prediction
from analysis.models.donors import check_control
from analysis.models.point import PointFit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from analysis._typing import BoolArray, FloatArray

FOLDS = 5
"""Sets of estimation sessions held out in turn to choose the penalty."""

_PENALTIES = 8
_SETTLED = 1e-7
_MOST_ROUNDS = 200
_MANY = 0.35  # of the sessions: more singular values than that are found faster all at once


@dataclass(frozen=True, slots=True, eq=False)
class SplitMarket:
    """
    Donors' returns, and the principal axes of their sessions.

    Attributes
    ----------
    x : ndarray of shape (T, J)
        No NaN.
    values : ndarray of shape (T,)
        Squared singular values of `x` less each donor's mean, descending; empty where T > J.
    vectors : ndarray of shape (T, T)
        Their left singular vectors.
    sums : ndarray of shape (T,)
        Of all donors, each session.
    """

    x: FloatArray
    values: FloatArray
    vectors: FloatArray
    sums: FloatArray

    @classmethod
    def of(cls, x: FloatArray) -> SplitMarket:
        """Split, where that saves work: with more donors than sessions."""
        sums = x.sum(axis=1)
        if len(x) > x.shape[1]:
            return cls(x, np.zeros(0), np.zeros((0, 0)), sums)
        centred = x - x.mean(axis=0)
        values, vectors = np.linalg.eigh(centred @ centred.T)
        turned = np.ascontiguousarray(vectors[:, ::-1])
        return cls(x, np.ascontiguousarray(values[::-1]), turned, sums)

    def mean_of_others(self, without: int | None) -> FloatArray:
        """Mean return of the donors each session, shape (T,); `without` leaves one out."""
        if without is None:
            return np.asarray(self.sums / self.x.shape[1])
        return np.asarray((self.sums - self.x[:, without]) / (self.x.shape[1] - 1))

    def axes(
        self, column: FloatArray, penalty: float, without: int | None = None
    ) -> tuple[FloatArray, FloatArray]:
        """
        Find the axes of the sessions of donors and firm whose singular values pass the penalty.

        Parameters
        ----------
        column : ndarray of shape (T,)
            The firm's returns.
        penalty : float
            What singular values are lowered by, to nought at least.
        without : int, optional
            A donor to leave out.

        Returns
        -------
        vectors : ndarray of shape (T, k)
            Left singular vectors of the matrix less the effects of rows and columns; those of no
            weight in the firm's column may be missing.
        shares : ndarray of shape (k,)
            What is left of each singular value, over it.
        """
        sums, count = self.totals(column, without)
        if not len(self.values):
            x = self.x if without is None else np.delete(self.x, without, axis=1)
            centred = _centred(np.column_stack([x, column]))
            sizes, turns = np.linalg.eigh(centred.T @ centred)
            kept = sizes > penalty**2
            roots = np.sqrt(sizes[kept])
            return centred @ (turns[:, kept] / roots), 1 - penalty / roots
        scales, parts = [1.0, -1.0 / count], [column, sums]
        if without is not None:
            scales, parts = [*scales, -1.0], [*parts, self.x[:, without]]
        moves = np.column_stack(parts)
        directions = self.vectors.T @ (moves - moves.mean(axis=0))
        if np.count_nonzero(self.values > penalty**2) > _MANY * len(column):
            whole = (directions * np.array(scales)) @ directions.T
            whole[np.diag_indices(len(column))] += self.values
            sizes, turns = np.linalg.eigh(whole)
            kept = sizes > penalty**2
            sizes, turns = sizes[kept], turns[:, kept]
        else:
            from analysis.models.completion_kernel import (  # noqa: PLC0415 - numba loads late
                leading_axes,
            )

            sizes, rows = leading_axes(self.values, directions, np.array(scales), penalty**2)
            turns = rows.T
        return self.vectors @ turns, 1 - penalty / np.sqrt(sizes)

    def totals(self, column: FloatArray, without: int | None) -> tuple[FloatArray, int]:
        """Sum donors and firm each session, shape (T,), and count them."""
        if without is None:
            return np.asarray(self.sums + column), self.x.shape[1] + 1
        return np.asarray(self.sums - self.x[:, without] + column), self.x.shape[1]

    def fitted(self, column: FloatArray, penalty: float, without: int | None = None) -> FloatArray:
        """Lower the singular values of the matrix; the firm's column of it, effects included."""
        vectors, shares = self.axes(column, penalty, without)
        own = self.own(column, without)
        return np.asarray(column - own + vectors @ (shares * (vectors.T @ own)))

    def own(self, column: FloatArray, without: int | None) -> FloatArray:
        """Take the effects of rows and columns off the firm's column, shape (T,)."""
        sums, count = self.totals(column, without)
        return np.asarray(column - column.mean() - (sums - sums.mean()) / count)


@dataclass(frozen=True, slots=True, eq=False)
class CompletionFit(PointFit):
    """
    A matrix whose missing cells are the firm's returns in a window.

    Attributes
    ----------
    coefficients : mapping of str to float
        ``alpha``, the firm's mean return in the estimation window, and ``penalty``, on the sum of
        singular values.
    residuals : ndarray of shape (M,)
        Of sessions held out in turn: the firm's return less what the completion says of it.
    df, tuning
        M less one; the penalty.
    y : ndarray of shape (M,)
    donors : ndarray of shape (M, J)
    """

    y: FloatArray = field(kw_only=True)
    donors: FloatArray = field(kw_only=True)

    def predict(self, x: FloatArray, *, gap: int, alpha: bool = True) -> Prediction:  # noqa: ARG002 - no state, and the firm's level is part of what is completed
        """Complete the window's cells, given the donors' returns there; the level always counts."""
        market = SplitMarket.of(np.concatenate([self.donors, x]))
        known, penalty = np.arange(len(market.x)) < len(self.y), self.coefficients["penalty"]
        own = np.concatenate([self.y, np.zeros(len(x))])
        return Prediction(completed(own, market, known, penalty)[~known], None)


@dataclass(frozen=True, slots=True)
class MatrixCompletion:
    """
    Matrix completion with effects of firms and sessions and a penalty on singular values.

    Attributes
    ----------
    penalty : float or None
        On the sum of singular values, in returns; None chooses it on estimation sessions of the
        firm held out in turn.
    """

    penalty: float | None = None

    @property
    def capabilities(self) -> Capabilities:
        """Which sessions are held out to choose a penalty goes by their place."""
        return Capabilities(order_free=self.penalty is not None, controls=True, intercept="kept")

    def tuned(self, tuning: float) -> MatrixCompletion:
        """Keep a penalty."""
        return replace(self, penalty=tuning)

    def fit(self, y: FloatArray, x: FloatArray, names: tuple[str, ...]) -> CompletionFit:  # noqa: ARG002 - donors weigh in by the matrix
        """
        Choose the penalty.

        Raises
        ------
        WindowError
            If no donor or too few sessions are given.
        """
        check_control(y, x)
        grid = penalties(y, x) if self.penalty is None else np.array([self.penalty])
        penalty, residuals = best_penalty(y, SplitMarket.of(x), grid)
        means = {"alpha": float(y.mean()), "penalty": penalty}
        return CompletionFit(means, residuals, len(y) - 1, penalty, y=y, donors=x)

    def place(
        self, x: FloatArray, post_x: FloatArray, chosen: Sequence[int]
    ) -> tuple[FloatArray, FloatArray]:
        """
        Place donors in the firm's stead, the axes of all donors split once.

        Parameters
        ----------
        x, post_x : ndarray of shape (M, J), (L, J)
        chosen : sequence of int
            Columns of the donors placed.

        Returns
        -------
        gaps : ndarray of shape (B, L)
        errors : ndarray of shape (B,)
            Root mean squared residuals.

        Raises
        ------
        WindowError
            As `fit`.
        """
        check_control(x[:, 0], x)
        before = SplitMarket.of(x)
        whole = SplitMarket.of(np.concatenate([x, post_x]))
        known = np.arange(len(whole.x)) < len(x)
        gaps, errors = np.empty((len(chosen), len(post_x))), np.empty(len(chosen))
        for row, place in enumerate(chosen):
            own = np.ascontiguousarray(x[:, place])
            grid = np.array([self.penalty])
            if self.penalty is None:
                grid = penalties(own, np.delete(x, place, axis=1))
            penalty, residuals = best_penalty(own, before, grid, without=place)
            column = np.append(own, np.zeros(len(post_x)))
            found = completed(column, whole, known, penalty, without=place)
            gaps[row] = post_x[:, place] - found[~known]
            errors[row] = math.sqrt(float(np.square(residuals).mean()))
        return gaps, errors


def completed(
    y: FloatArray,
    market: SplitMarket,
    known: BoolArray,
    penalty: float,
    *,
    warm: bool = False,
    without: int | None = None,
) -> FloatArray:
    """
    Estimate the firm's column of a matrix of donors and firm, some of its cells missing.

    Singular values of the matrix less the effects of rows and columns are lowered by the penalty;
    missing cells are those at which this gives them back. With the axes held, they solve a linear
    system; the axes are found again, and so on until no cell moves. Each step minimises a bound on
    the penalised distance, since that is concave in the squares of the singular values.

    Parameters
    ----------
    y : ndarray of shape (T,)
        The firm's returns.
    market : SplitMarket
        The donors'.
    known : ndarray of bool, shape (T,)
    penalty : float
    warm : bool
        Whether to start from what `y` holds in missing rows.
    without : int, optional
        A donor to leave out.

    Returns
    -------
    ndarray of shape (T,)
    """
    column = y
    if not warm:
        others = market.mean_of_others(without)
        column = np.where(known, y, y[known].mean() + others - others[known].mean())
    scale = float(column[known].std()) or 1.0
    missing = ~known
    for _ in range(_MOST_ROUNDS):
        vectors, shares = market.axes(column, penalty, without)
        own = market.own(column, without)
        rest = own - vectors @ (shares * (vectors.T @ own))
        if float(np.abs(rest[missing]).max(initial=0.0)) <= _SETTLED * scale:
            break
        some = vectors[missing]
        system = -(some * shares) @ some.T - 1 / len(y)
        system[np.diag_indices(len(some))] += 1.0
        count = market.totals(column, without)[1]
        step = np.zeros(len(y))
        step[missing] = np.linalg.solve(system * (1 - 1 / count), rest[missing])
        column = column - step
    return np.asarray(column - rest)


def penalties(y: FloatArray, x: FloatArray) -> FloatArray:
    """List the penalties to try, from the largest singular value down to a hundredth of it."""
    centred = _centred(np.column_stack([x, y]))
    gram = centred @ centred.T if len(y) <= x.shape[1] else centred.T @ centred
    largest = math.sqrt(max(float(np.linalg.eigvalsh(gram)[-1]), 0.0))
    grid: FloatArray = largest * np.logspace(0, -2, _PENALTIES)
    return grid


def best_penalty(
    y: FloatArray, market: SplitMarket, grid: FloatArray, *, without: int | None = None
) -> tuple[float, FloatArray]:
    """
    Choose the penalty of matrix completion on the firm's own sessions, held out in turn.

    Parameters
    ----------
    y : ndarray of shape (M,)
    market : SplitMarket
        The donors' returns of the same sessions.
    grid : ndarray of shape (g,)
        Falling; the search ends where the error has risen twice.
    without : int, optional
        A donor to leave out.

    Returns
    -------
    penalty : float
    residuals : ndarray of shape (M,)
        The firm's returns less what the others and its other sessions say of them.
    """
    fold = np.arange(len(y)) % FOLDS
    starts = [y.copy() for _ in range(FOLDS)]
    best, residuals, least, rises = float(grid[0]), np.zeros(len(y)), math.inf, 0
    for penalty in grid:
        errors = np.empty(len(y))
        for held, start in enumerate(starts):
            known = fold != held
            warm = penalty != grid[0]
            found = completed(start, market, known, float(penalty), warm=warm, without=without)
            errors[~known] = (y - found)[~known]
            starts[held] = np.where(known, y, found)
        total = float(errors @ errors)
        if total < least:
            best, residuals, least, rises = float(penalty), errors, total, 0
        else:
            rises += 1
            if rises == 2:
                break
    return best, residuals


def _centred(matrix: FloatArray) -> FloatArray:
    rows, columns = matrix.mean(axis=1, keepdims=True), matrix.mean(axis=0)
    centred: FloatArray = matrix - rows - columns + matrix.mean()
    return centred
