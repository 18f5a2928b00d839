"""A control portfolio of donors that the event did not touch directly."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analysis.context.absent import Absent
from analysis.errors import MarketImpactError
from analysis.inference.controls import FEWEST_UNITS, PlaceboUnits, placebo_units
from analysis.inference.rank import rank_test
from analysis.models.donors import FEWEST_DONORS, FEWEST_ROWS, SyntheticControl
from analysis.models.latent import InteractiveEffects
from analysis.models.linear import LeastSquares, with_constant
from analysis.returns import complete_rows, simple_returns
from analysis.run.donors import donor_pool, with_donor_levels
from analysis.run.fit import rows_of
from analysis.windows import Window

if TYPE_CHECKING:
    from analysis._typing import FloatArray
    from analysis.inference.outcome import Outcome
    from analysis.run.case import Case

AFTER = 20
"""Sessions followed after the event, where the data have them."""

BEFORE = 60
"""Sessions shown before it."""


@dataclass(frozen=True, slots=True, eq=False)
class DonorReaction:
    """
    What the donors themselves did on the event session.

    Attributes
    ----------
    raw, abnormal : ndarray of shape (J,)
        Return, and return less what the market model (the mean, where there is no market) expects;
        decimal.
    """

    raw: FloatArray
    abnormal: FloatArray

    @property
    def median(self) -> float:
        """Median abnormal return."""
        return float(np.median(self.abnormal))

    @property
    def rose(self) -> float:
        """Share of donors with a positive abnormal return."""
        return float((self.abnormal > 0).mean())


@dataclass(frozen=True, slots=True, eq=False)
class SyntheticPath:
    """
    A firm's growth and that of its synthetic control, the eve of the event being 1.

    Attributes
    ----------
    symbol : str
    weights : mapping of str to float
        The donors', not negative, adding up to 1.
    first : int
        Event time of the first value.
    actual, control : ndarray of shape (L,)
    gap : float
        Return of the event session less the control's, decimal.
    error : float
        Root mean squared gap of the estimation window, decimal a session.
    market_error : float or None
        That of the market model on the same sessions; None where the headline has no market.
    gap_without_rotation : float
        The gap to interactive fixed effects of the same donors, which take out part of what the
        donors shared on the event session and the firm did not.
    reaction : DonorReaction
    outcome : Outcome
        Rank of the gap among those of the estimation window.
    units : PlaceboUnits
        Every donor as if treated; its window is `first` to the last session shown.
    in_space : Outcome
        Rank of the gap, over its misfit, among those of the donors.
    level : float
        Confidence level of the band.
    """

    symbol: str
    weights: dict[str, float]
    first: int
    actual: FloatArray
    control: FloatArray
    gap: float
    error: float
    market_error: float | None
    gap_without_rotation: float
    reaction: DonorReaction
    outcome: Outcome
    units: PlaceboUnits
    in_space: Outcome
    level: float

    @property
    def worse_than_market(self) -> bool:
        """Whether the control missed the firm by more than the market model did."""
        return self.market_error is not None and self.error > self.market_error

    @property
    def largest(self) -> float:
        """Share of weight in the three largest donors."""
        return sum(sorted(self.weights.values(), reverse=True)[:3])

    @property
    def placebo_lines(self) -> FloatArray:
        """Growth of each placebo unit over that of its control, the eve being 1, shape (B, L)."""
        return self._relative(self.units.gaps)

    @property
    def line(self) -> FloatArray:
        """The same of the firm, shape (L,)."""
        own = np.diff(self.actual, prepend=np.nan) / np.append(np.nan, self.actual[:-1])
        control = np.diff(self.control, prepend=np.nan) / np.append(np.nan, self.control[:-1])
        gaps = np.nan_to_num(own[1:] - control[1:])
        found: FloatArray = self._relative(np.append(0.0, gaps)[None, :])[0]
        return found

    @property
    def band(self) -> tuple[FloatArray, FloatArray] | None:
        """
        Bounds of the firm's growth without an effect, session by session, shape (L,) each.

        The control's growth less and plus the gap since the eve that ``1 - level`` of the donors
        placed in the firm's stead exceed, theirs taken for their misfit and given for the firm's.
        None where too few donors were placed.
        """
        count = len(self.units.names)
        rejecting = math.floor((1 - self.level) * (count + 1) + 1e-9)
        if count < FEWEST_UNITS or rejecting < 1:
            return None
        ratios = np.abs(self.placebo_lines) / np.maximum(self.units.errors, 1e-300)[:, None]
        half = np.sort(ratios, axis=0)[-rejecting] * self.error
        return self.control * (1 - half), self.control * (1 + half)

    @property
    def tidy(self) -> pd.DataFrame:
        """One row a session; the level of the eve is 1. The band is NaN where there is none."""
        low, high = self.band or (np.nan, np.nan)
        return pd.DataFrame(
            {
                "event_time": range(self.first, self.first + len(self.actual)),
                "growth": self.actual,
                "growth_control": self.control,
                "growth_control_low": low,
                "growth_control_high": high,
            }
        )

    @property
    def tidy_weights(self) -> pd.DataFrame:
        """One row a donor, with its own returns of the event session."""
        return pd.DataFrame(
            {
                "donor": list(self.weights),
                "weight": list(self.weights.values()),
                "return": self.reaction.raw,
                "abnormal_return": self.reaction.abnormal,
            }
        )

    @property
    def tidy_units(self) -> pd.DataFrame:
        """One row a donor placed in the firm's stead and session: its gap to its own control."""
        sessions = self.units.gaps.shape[1]
        return pd.DataFrame(
            {
                "donor": np.repeat(self.units.names, sessions),
                "event_time": np.tile(
                    np.arange(self.first, self.first + sessions), len(self.units.names)
                ),
                "gap": self.units.gaps.ravel(),
            }
        )

    def _relative(self, gaps: FloatArray) -> FloatArray:
        sums = np.cumsum(gaps, axis=1)
        found: FloatArray = sums - sums[:, [-self.first - 1]]
        return found


def synthetic_path(case: Case) -> SyntheticPath | Absent:
    """
    Fit a synthetic control on the estimation window and follow it through the event.

    Parameters
    ----------
    case : Case

    Returns
    -------
    SyntheticPath or Absent
        Absent where the study names no donors, or one that the event touched, or where fewer than
        two donors have a return on every session needed, with the reason.
    """
    study = case.study
    if not study.donors:
        return Absent("the study names no donors")
    try:
        data = with_donor_levels(study, case.plan.data)
        known = {str(name) for name in data.levels.columns}
        named = tuple(name for name in study.donors if name in known)  # the store may lack some
        pool = donor_pool(replace(study, donors=named or study.donors), data)
    except MarketImpactError as error:
        return Absent(str(error))
    position, estimation = case.placed.position, study.estimation
    span = Window(max(-BEFORE, estimation.start), min(AFTER, case.sessions_after))
    needed = slice(position + estimation.start, position + span.end + 1)
    table = simple_returns(data.levels[list(pool.names)]).to_numpy(dtype=np.float64)
    full = np.isfinite(table[needed]).all(axis=0)
    names = tuple(name for name, use in zip(pool.names, full, strict=True) if use)
    own = case.returns(case.symbol)
    if not complete_rows(own[needed]).all():
        return Absent(f"{case.symbol} lacks a return on some of the sessions needed")
    if len(names) < FEWEST_DONORS:
        return Absent(
            "needs two donors with a return on every session from the estimation window on; of the "
            f"{len(pool.names)} named, {len(names)} {'has' if len(names) == 1 else 'have'} one"
        )
    if len(estimation) < FEWEST_ROWS:
        return Absent(
            f"a control portfolio needs {FEWEST_ROWS} estimation sessions, the study has "
            f"{len(estimation)}"
        )
    return _path(case, names, np.ascontiguousarray(table[:, full]), span)


def _path(case: Case, names: tuple[str, ...], x: FloatArray, span: Window) -> SyntheticPath:
    position, own = case.placed.position, case.returns(case.symbol)
    rows, shown = rows_of(position, case.study.estimation), rows_of(position, span)
    fit = SyntheticControl().fit(own[rows], x[rows], names)
    weights = np.array([fit.coefficients[name] for name in names])
    eve = -span.start - 1
    actual, control = np.cumprod(1 + own[shown]), np.cumprod(1 + (x @ weights)[shown])
    gap = float(own[position] - x[position] @ weights)
    error = math.sqrt(float(np.square(fit.residuals).mean()))
    rotation = InteractiveEffects().fit(own[rows], x[rows], names)
    shared = float(rotation.predict(x[[position]], gap=0).expected[0])
    units = placebo_units(SyntheticControl(), x[rows], x[shown], names)
    day = PlaceboUnits(units.names, units.gaps[:, [-span.start]], units.errors)
    return SyntheticPath(
        symbol=case.symbol,
        weights=dict(zip(names, map(float, weights), strict=True)),
        first=span.start,
        actual=actual / actual[eve],
        control=control / control[eve],
        gap=gap,
        error=error,
        market_error=_market_error(case, own),
        gap_without_rotation=float(own[position]) - shared,
        reaction=_reaction(case, x),
        outcome=rank_test("placebo", gap, fit.residuals),
        units=units,
        in_space=day.outcome(gap, error, level=case.study.level),
        level=case.study.level,
    )


def _market_error(case: Case, own: FloatArray) -> float | None:
    market = case.specification.market_of(case.symbol)
    if market is None or not np.isfinite(market[case.rows]).all():
        return None
    fit = LeastSquares().fit(own[case.rows], market[case.rows, None], ("benchmark",))
    return math.sqrt(float(np.square(fit.residuals).mean()))


def _reaction(case: Case, x: FloatArray) -> DonorReaction:
    """Take from the donors' returns what the headline's market explains of them."""
    rows, day = case.rows, case.placed.position
    market = case.specification.market_of(case.symbol)
    known = market is not None and np.isfinite(market[rows]).all() and np.isfinite(market[day])
    factors = np.empty((len(x), 0)) if market is None or not known else market[:, None]
    slopes = np.linalg.lstsq(with_constant(factors[rows]), x[rows], rcond=None)[0]
    expected = with_constant(factors[[day]])[0] @ slopes
    return DonorReaction(x[day], x[day] - expected)
