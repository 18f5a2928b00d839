"""Why some pairs more than others: abnormal returns regressed on characteristics."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from analysis.errors import DataError, StudyError, nearest
from analysis.inference.clustered import FEWEST_CLUSTERS
from analysis.inference.student import critical_value, two_sided_p
from analysis.sample.pairs import OK

if TYPE_CHECKING:
    from analysis._typing import FloatArray, IntArray
    from analysis.sample.result import SampleResult
    from analysis.windows import Window

CHARACTERISTIC_COLUMNS = (
    *("formula", "window", "weighting", "covariance", "term", "estimate", "se", "t", "df", "p"),
    *("low", "high", "n", "r2"),
)
"""Columns of the regressions: one row a term, weighting and covariance."""

OUTCOMES = ("car", "scar", "bhar")
"""What a formula can have on its left."""

SAME_DATE_NOTE = (
    "all pairs share one date, so that their errors are correlated: HC3 is naive here; read the "
    "rows 'portfolio', which weight the pairs as the regression does and take their error from "
    "the time series (Sefcik and Thompson 1986)"
)


@dataclass(frozen=True, slots=True, eq=False)
class Regression:
    """
    One regression of abnormal returns on characteristics.

    Attributes
    ----------
    formula : str
    window : Window
    rows : pandas.DataFrame
        Columns as `CHARACTERISTIC_COLUMNS`.
    n, left_out : int
        Pairs used, and pairs without one of the characteristics.
    note : str
        What is to be known before the standard errors are believed; empty for nothing.
    frame : pandas.DataFrame
        The pairs used: the outcome, the fitted value and the characteristics.
    """

    formula: str
    window: Window
    rows: pd.DataFrame
    n: int
    left_out: int
    note: str
    frame: pd.DataFrame


def explain(result: SampleResult, formula: str, window: Window | None = None) -> Regression:
    """
    Regress the pairs' abnormal returns on their characteristics.

    Parameters
    ----------
    result : SampleResult
    formula : str
        As ``"car ~ log(size) + C(group)"``: ``car``, ``scar`` or ``bhar`` on the left; on the
        right characteristics, and ``group``, ``symbol``, ``beta``, ``sigma``, ``year``.
    window : Window, optional
        The first of the sample where None.

    Returns
    -------
    Regression
        Least squares and least squares weighted by ``1 / S^2`` (not for ``scar``, which is), each
        with HC3 errors and, from 5 dates on, clustered by date; on one date with the error of the
        portfolio that the regression's weights make (Sefcik and Thompson).

    Raises
    ------
    StudyError
        If the formula cannot be read, or names a column that there is not.
    DataError
        If too few pairs have all characteristics, or one of them does not vary.

    References
    ----------
    Sefcik and Thompson (1986), Journal of Accounting Research 24; MacKinnon and White (1985),
    Journal of Econometrics 29.
    """
    window = window or result.spec.windows[0]
    table = pair_table(result, window)
    outcome, y, x = _matrices(formula, table)
    used = table.loc[y.index]
    if len(y) < x.shape[1] + 2:
        raise DataError(
            f"'{formula}' has {x.shape[1]} terms and {len(y)} pairs with all of its "
            "characteristics; leave terms out, or fill characteristics in"
        )
    _refuse_collinear(formula, x)
    position = used["day_number"].to_numpy(np.int64)
    dates = len(np.unique(position))
    weightings: dict[str, FloatArray] = {"none": np.ones(len(y))}
    if outcome != "scar":
        weightings["1/S^2"] = 1 / np.square(used["se"].to_numpy(float))
    rows: list[dict[str, Any]] = []
    for weighting, weight in weightings.items():
        head = {"formula": formula, "window": str(window), "weighting": weighting}
        rows += _least_squares(head, y, x, weight, position, result.spec.level)
        if dates == 1:
            rows += _portfolio_rows(head, y, x, weight, used, result)
    fitted = x.to_numpy(float) @ np.linalg.lstsq(x.to_numpy(float), y.to_numpy(float))[0]
    return Regression(
        formula=formula,
        window=window,
        rows=pd.DataFrame(rows, columns=list(CHARACTERISTIC_COLUMNS)),
        n=len(y),
        left_out=len(table) - len(y),
        note=SAME_DATE_NOTE if dates == 1 else "",
        frame=used.assign(outcome=y, fitted=fitted),
    )


PLACES = ("place", "position", "day_number")
"""Columns of `pair_table` that say where a pair stands; no formula may name them."""


def pair_table(result: SampleResult, window: Window) -> pd.DataFrame:
    """
    Lay out the pairs measured over a window with everything that a formula may name.

    Returns
    -------
    pandas.DataFrame
        One row a pair that was measured.
    """
    at = result.spec.windows.index(window)
    pairs, measures = result.pairs, result.windows
    kept = np.flatnonzero((measures.status[at] == OK) & (measures.se[at] > 0))
    row = pairs.row[kept]
    car, se = measures.car[at, kept], measures.se[at, kept]
    coefficients = result.fits.coefficients[kept]
    sessions = result.data.sessions[pairs.position[kept]].astype("datetime64[D]")
    own = pd.DataFrame(
        {
            "place": kept,
            "symbol": result.events.symbol.texts()[row],
            "group": result.events.group.texts()[row],
            "car": car,
            "se": se,
            "scar": car / se,
            "bhar": measures.bhar[at, kept],
            "beta": coefficients[:, 1] if coefficients.shape[1] > 1 else np.nan,
            "sigma": np.sqrt(result.fits.sigma2[kept]),
            "position": pairs.position[kept],
            "day_number": pairs.date[kept],
            "year": sessions.astype("datetime64[Y]").astype(int) + 1970,
        }
    )
    given = result.events.characteristics.iloc[row].reset_index(drop=True)
    fresh = [name for name in given.columns if name not in own.columns]
    return pd.concat([own, given[fresh]], axis=1)


def _matrices(formula: str, table: pd.DataFrame) -> tuple[str, pd.Series, pd.DataFrame]:
    from formulaic import Formula  # noqa: PLC0415 - slow to import
    from formulaic.errors import FormulaicError  # noqa: PLC0415

    left, tilde, right = (part.strip() for part in formula.partition("~"))
    if left not in OUTCOMES or not tilde or not right:
        raise StudyError(
            f"'{formula}' is no formula of a sample; write {', '.join(OUTCOMES[:-1])} or "
            f"{OUTCOMES[-1]}, a tilde, and characteristics, as in 'car ~ log(size) + C(group)'"
        )
    try:
        wanted = Formula(right).required_variables
    except FormulaicError as error:
        raise StudyError(
            f"formula '{formula}' cannot be read: {str(error).splitlines()[0]}"
        ) from None
    for name in sorted(wanted):
        if name not in table.columns:
            known = [c for c in table.columns if c not in {*PLACES, *OUTCOMES, "se"}]
            raise StudyError(
                f"formula '{formula}' names '{name}', which no pair has; {nearest(name, known)}"
            )
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # a logarithm of 0 is caught below
            matrices = Formula(formula).get_model_matrix(table, na_action="drop")
    except (FormulaicError, TypeError, ValueError, KeyError) as error:
        raise StudyError(
            f"formula '{formula}' cannot be worked out: {str(error).splitlines()[0]}"
        ) from None
    y, x = pd.DataFrame(matrices.lhs), pd.DataFrame(matrices.rhs)
    finite = np.isfinite(x.to_numpy(float)).all(axis=1) & np.isfinite(y.to_numpy(float)[:, 0])
    return left, y.iloc[:, 0][finite], x[finite]


def _refuse_collinear(formula: str, x: pd.DataFrame) -> None:
    values = x.to_numpy(float)
    for name, column in zip(x.columns, values.T, strict=True):
        if name != "Intercept" and np.ptp(column) == 0 and "Intercept" in x.columns:
            raise DataError(
                f"'{formula}': '{name}' is the same for all pairs; leave it out of the formula"
            )
    scaled = values / np.linalg.norm(values, axis=0)
    if np.linalg.matrix_rank(scaled) < values.shape[1]:
        raise DataError(
            f"'{formula}': the terms {', '.join(map(str, x.columns))} say the same of these pairs; "
            "leave one out"
        )


def _least_squares(
    head: dict[str, str],
    y: pd.Series,
    x: pd.DataFrame,
    weight: FloatArray,
    position: IntArray,
    level: float,
) -> list[dict[str, Any]]:
    import statsmodels.api as sm  # noqa: PLC0415 - slow to import

    model = sm.WLS(y.to_numpy(float), x.to_numpy(float), weights=weight)
    plain = model.fit()
    dates = len(np.unique(position))
    fits = {"HC3": (plain.get_robustcov_results("HC3", use_t=True), float(plain.df_resid))}
    if dates >= FEWEST_CLUSTERS:
        by_date = plain.get_robustcov_results("cluster", groups=position, use_t=True)
        fits["date"] = (by_date, float(dates - 1))
    rows = []
    for covariance, (fit, df) in fits.items():
        for place, term in enumerate(x.columns):
            rows.append(
                {
                    **head,
                    "covariance": covariance,
                    "term": str(term),
                    **_estimate(float(fit.params[place]), float(fit.bse[place]), df, level),
                    "n": len(y),
                    "r2": float(plain.rsquared),
                }
            )
    return rows


def _portfolio_rows(
    head: dict[str, str],
    y: pd.Series,
    x: pd.DataFrame,
    weight: FloatArray,
    used: pd.DataFrame,
    result: SampleResult,
) -> list[dict[str, Any]]:
    """Coefficients as portfolios of the pairs, whose error is that of their own time series."""
    places = used["place"].to_numpy(np.int64)
    residuals = residual_matrix(result, places)
    complete = np.isfinite(residuals).all(axis=1)
    values = x.to_numpy(float)
    weighted = values * weight[:, None]
    portfolio = np.linalg.solve(weighted.T @ values, weighted.T)
    scale = np.sqrt(used["se"].to_numpy(float) ** 2 / result.fits.sigma2[places])
    history = residuals[complete] @ (portfolio * scale).T
    parameters = result.fits.coefficients.shape[1]
    df = int(complete.sum()) - parameters
    if df < 1:
        return []
    estimates = portfolio @ y.to_numpy(float)
    errors = np.sqrt(np.square(history).sum(axis=0) / df)
    return [
        {
            **head,
            "covariance": "portfolio",
            "term": str(term),
            **_estimate(
                float(estimates[place]), float(errors[place]), float(df), result.spec.level
            ),
            "n": len(y),
            "r2": np.nan,
        }
        for place, term in enumerate(x.columns)
    ]


def residual_matrix(result: SampleResult, places: IntArray) -> FloatArray:
    """
    Write out the estimation residuals of some pairs.

    Parameters
    ----------
    result : SampleResult
    places : ndarray of shape (n,)
        Of the pairs, in their own order.

    Returns
    -------
    ndarray of shape (L1, n)
        Rows are sessions of the estimation window; NaN where a pair was not fitted on one.
    """
    measurer, spec = result.measurer, result.spec
    rows = measurer.panel.rows
    length = len(spec.estimation)
    found = np.full((length, len(places)), np.nan)
    for column, place in enumerate(places.tolist()):
        firm, position = int(measurer.pairs.firm[place]), int(measurer.pairs.position[place])
        regressors = measurer.regressors[int(measurer.pairs.benchmark[place])]
        if regressors is None:
            continue
        t = position + np.arange(spec.estimation.start, spec.estimation.end + 1)
        at = rows.offsets[firm] + t - rows.first[firm]
        inside = (at >= rows.offsets[firm]) & (at < rows.offsets[firm + 1])
        if rows.left_out.size:
            inside[inside] = ~rows.left_out[at[inside]]
        y = np.full(length, np.nan)
        y[inside] = rows.values[at[inside]]
        if regressors.base is not None:
            y = y - regressors.base[t]
        coefficients = result.fits.coefficients[place]
        k = regressors.factors.shape[1]
        found[:, column] = y - coefficients[0] - regressors.factors[t] @ coefficients[1 : 1 + k]
    return found


def _estimate(value: float, se: float, df: float, level: float) -> dict[str, float]:
    half = critical_value(level, df) * se
    t = value / se if se > 0 else np.nan
    return {
        "estimate": value,
        "se": se,
        "t": t,
        "df": df,
        "p": two_sided_p(t, df) if se > 0 else np.nan,
        "low": value - half,
        "high": value + half,
    }
