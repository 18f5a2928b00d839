"""
Checks that a series must pass before it replaces an older one.

Each check is a pure function of bars (and actions) and returns findings. An *error* in what is new
keeps it out of the store; a *warning* is stored with the series and shown.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analysis.plausible import LARGEST_JUMP
from analysis.prices.store.records import Finding
from analysis.sessions import sessions_between

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from analysis._typing import BoolArray, FloatArray

SPLIT_RATIOS = (2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 10.0, 15.0, 20.0, 25.0, 30.0, 50.0, 100.0)
"""Ratios that firms choose; a reverse split is the inverse of one. Smaller ones (3:2) are left out:
real moves of a third happen (NVIDIA on 2002-07-31) and are reported as outliers."""

SPLIT_BAND = 0.10
"""Widest move (log) beside a split's ratio by which a jump still counts as that split; half of it
for ratios below 3, which ordinary moves come closer to."""

LARGEST_RATIO = 10_000.0
"""No split has given more new shares for an old one, nor a reverse split taken more."""

STALE_RUN = 5
"""Sessions in a row with one and the same close that count as a stale quotation."""

OUTLIER_SCALES = 10.0
"""Robust standard deviations (1.4826 MAD) beyond which a return needs an action to be believed."""

LEAST_OUTLIER = 0.15
"""No smaller log return is an outlier, however calm the series."""

FACTOR_STEP = 1e-4
"""Relative step of adj_close / close that rounding does not make."""

SNAPSHOT_TOLERANCE = 2e-3
"""Largest difference of a session's return from the snapshot's that rounding explains."""


@dataclass(frozen=True, slots=True, eq=False)
class Series:
    """
    One symbol's figures as the checks see them.

    Attributes
    ----------
    symbol, calendar : str
    bars : pandas.DataFrame
        Indexed by session, sorted, unique; columns as `analysis.prices.bars.BAR_COLUMNS`.
    actions : pandas.DataFrame
        Columns as `analysis.prices.bars.ACTION_COLUMNS`.
    snapshot : pandas.Series or None
        The bundled total-return levels of the symbol, where it has any.
    """

    symbol: str
    calendar: str
    bars: pd.DataFrame
    actions: pd.DataFrame
    snapshot: pd.Series | None = None

    def amounts(self, kind: str) -> dict[pd.Timestamp, float]:
        """Actions of one kind by session."""
        chosen = self.actions[self.actions["kind"] == kind]
        return {
            pd.Timestamp(session): float(value)
            for session, value in zip(chosen["session"], chosen["value"], strict=True)
        }

    def ratios(self) -> dict[pd.Timestamp, float]:
        """Ratios of splits by session, those that can be."""
        splits = self.amounts("split")
        return {day: ratio for day, ratio in splits.items() if 0 < ratio < np.inf}


def check_series(series: Series) -> list[Finding]:
    """Run every check of `SERIES_CHECKS`; findings by session."""
    if len(series.bars) == 0:
        return []
    found = [finding for check in SERIES_CHECKS for finding in check(series)]
    return sorted(found, key=lambda f: (f.session or pd.Timestamp.min, f.check))


def gaps(series: Series) -> Iterator[Finding]:
    """Find runs of the exchange's sessions inside the series that it lacks; value: how many."""
    index = series.bars.index
    expected = sessions_between(series.calendar, index[0].date(), index[-1].date())
    absent = ~expected.isin(index)
    for start, length in _runs(absent):
        yield Finding(
            series.symbol,
            expected[start],
            "gap",
            float(length),
            "warning",
            f"{length} session(s) of {series.calendar} without a bar",
        )


def stale_runs(series: Series) -> Iterator[Finding]:
    """Find closes that stand still for `STALE_RUN` sessions or more; value: how many."""
    close = series.bars["close"].to_numpy(dtype=float)
    for start, length in _runs(np.append(False, close[1:] == close[:-1])):
        if length + 1 >= STALE_RUN:
            yield Finding(
                series.symbol,
                series.bars.index[start - 1],
                "stale-run",
                float(length + 1),
                "warning",
                f"the same close on {length + 1} sessions in a row",
            )


def silent_moves(series: Series) -> Iterator[Finding]:
    """Find sessions without volume on which the close moved; value: the return."""
    volume = series.bars["volume"].to_numpy(dtype=float)
    moves = _returns(series.bars["close"])
    for i in _where((volume == 0) & (np.abs(moves) > 1e-9)):
        yield Finding(
            series.symbol,
            series.bars.index[i],
            "zero-volume",
            float(moves[i]),
            "warning",
            "the close moved although nothing was traded",
        )


def impossible_bars(series: Series) -> Iterator[Finding]:
    """Find bars whose close lies outside low and high by more than 1 %; value: the close."""
    bars = series.bars
    close, low, high = (bars[name].to_numpy(dtype=float) for name in ("close", "low", "high"))
    with np.errstate(invalid="ignore"):
        outside = (low > high * 1.01) | (close > high * 1.01) | (close < low * 0.99)
    for i in _where(outside):
        yield Finding(
            series.symbol,
            bars.index[i],
            "bar-range",
            float(close[i]),
            "warning",
            "the close lies outside the session's low and high",
        )


def outliers(series: Series) -> Iterator[Finding]:
    """Find returns beyond a robust bound on a session without an action; value: the return."""
    moves = np.log1p(_returns(series.bars["close"]))
    bound = _robust_bound(moves)
    acted = set(series.actions["session"])
    for i in _where(np.abs(moves) > bound):
        day = series.bars.index[i]
        if day not in acted and _split_like(moves[i]) is None:
            yield Finding(
                series.symbol,
                day,
                "outlier",
                float(np.expm1(moves[i])),
                "warning",
                f"beyond {np.expm1(bound):+.0%} and no action that session",
            )


def unapplied_splits(series: Series) -> Iterator[Finding]:
    """Find recorded splits that the closes still jump by; value: close over the close before."""
    close = series.bars["close"]
    for day, ratio in series.ratios().items():
        before = close[close.index < day]
        after = close[close.index >= day]
        if before.empty or after.empty or after.index[0] != day:
            continue
        jump = float(after.iloc[0] / before.iloc[-1])
        residual = abs(np.log(jump * ratio))
        if residual < abs(np.log(jump)) and residual < 2 * SPLIT_BAND:
            yield Finding(
                series.symbol,
                day,
                "split-not-applied",
                jump,
                "error",
                f"a {ratio:g}:1 split is recorded but earlier closes are not adjusted for it",
            )


def unrecorded_splits(series: Series) -> Iterator[Finding]:
    """Find jumps by a split's ratio on sessions without one; value: close over the close before."""
    close = series.bars["close"].to_numpy(dtype=float)
    moves = _without_dividends(series)
    bound = _robust_bound(np.log1p(_returns(series.bars["close"])))
    recorded = series.ratios()
    for i in _where(np.abs(moves) > bound):
        ratio = _split_like(moves[i])
        day = series.bars.index[i]
        if ratio is not None and day not in recorded:
            yield Finding(
                series.symbol,
                day,
                "jump-like-a-split",
                float(close[i] / close[i - 1]),
                "error",
                f"the close jumps as in a {ratio} split but none is recorded",
            )


def impossible_moves(series: Series) -> Iterator[Finding]:
    """Find moves beyond `LARGEST_JUMP` that no dividend explains; value: the return."""
    close = series.bars["close"].to_numpy(dtype=float)
    adjusted = series.bars["adj_close"].to_numpy(dtype=float)
    moves, whole = _log_moves(close), _without_dividends(series)
    bound = _robust_bound(moves)
    recorded = series.ratios()
    for i in _where((np.abs(whole) > LARGEST_JUMP) | (np.abs(_log_moves(adjusted)) > LARGEST_JUMP)):
        day = series.bars.index[i]
        ratio = recorded.get(day)
        unapplied = ratio is not None and abs(moves[i] + np.log(ratio)) <= LARGEST_JUMP
        unrecorded = abs(whole[i]) > bound and _split_like(whole[i]) is not None
        by_close = abs(whole[i]) > LARGEST_JUMP
        if by_close and (unapplied or unrecorded):
            continue  # which have checks of their own
        name, levels = ("close", close) if by_close else ("adjusted close", adjusted)
        yield Finding(
            series.symbol,
            day,
            "impossible-move",
            float(levels[i] / levels[i - 1] - 1),
            "error",
            f"the {name} moves from {levels[i - 1]:g} to {levels[i]:g} without an action",
        )


def impossible_actions(series: Series) -> Iterator[Finding]:
    """Find dividends and split ratios that cannot be; value: the amount or the ratio."""
    close = series.bars["close"]
    for day, amount in series.amounts("dividend").items():
        before = close[close.index < day]
        most = float(before.iloc[-1]) if len(before) else float(close.iloc[0])
        if not 0 < amount <= most:
            detail = f"a dividend of {amount:g} on a share of {most:g}"
            yield Finding(series.symbol, day, "bad-dividend", amount, "error", detail)
    for day, ratio in series.amounts("split").items():
        if not 1 / LARGEST_RATIO <= ratio <= LARGEST_RATIO:
            detail = f"a split by {ratio:g}"
            yield Finding(series.symbol, day, "bad-split", ratio, "error", detail)


def unexplained_adjustments(series: Series) -> Iterator[Finding]:
    """Find steps of adj_close / close without a dividend; value: the step (a ratio)."""
    factor = series.bars["adj_close"] / series.bars["close"]
    step = (factor / factor.shift(1)).to_numpy(dtype=float)
    paid = series.amounts("dividend")
    split = series.amounts("split")
    for i in _where(np.abs(step - 1) > FACTOR_STEP):
        day = series.bars.index[i]
        if day not in paid and day not in split:
            yield Finding(
                series.symbol,
                day,
                "adjustment-without-action",
                float(step[i]),
                "warning",
                "adj_close is adjusted here but no dividend is recorded",
            )


def unapplied_dividends(series: Series) -> Iterator[Finding]:
    """Find recorded dividends that adj_close does not carry; value: the dividend."""
    bars = series.bars
    factor = (bars["adj_close"] / bars["close"]).to_numpy(dtype=float)
    close = bars["close"].to_numpy(dtype=float)
    for day, amount in series.amounts("dividend").items():
        i = int(bars.index.searchsorted(day))
        if 0 < i < len(bars) and bars.index[i] == day:
            due = amount / close[i - 1]
            if due > 2 * FACTOR_STEP and factor[i] / factor[i - 1] - 1 < due / 10:
                yield Finding(
                    series.symbol,
                    day,
                    "dividend-not-applied",
                    amount,
                    "warning",
                    "a dividend is recorded but adj_close is not adjusted for it",
                )


def snapshot_disagreements(series: Series) -> Iterator[Finding]:
    """Find where total returns differ from the bundled ones; value: the largest difference."""
    if series.snapshot is None:
        return
    both = series.bars.index.intersection(series.snapshot.dropna().index)
    ours = _returns(series.bars["adj_close"].loc[both])
    theirs = _returns(series.snapshot.loc[both])
    difference = np.abs(ours - theirs)
    count = int((difference > SNAPSHOT_TOLERANCE).sum())
    if count:
        i = int(difference.argmax())
        yield Finding(
            series.symbol,
            both[i],
            "snapshot",
            float(ours[i] - theirs[i]),
            "warning",
            f"return {ours[i]:+.4f}, in the bundled snapshot {theirs[i]:+.4f}; "
            f"{count} of {len(both)} sessions differ",
        )


SERIES_CHECKS: tuple[Callable[[Series], Iterator[Finding]], ...] = (
    gaps,
    stale_runs,
    silent_moves,
    impossible_bars,
    outliers,
    unapplied_splits,
    unrecorded_splits,
    impossible_moves,
    impossible_actions,
    unexplained_adjustments,
    unapplied_dividends,
    snapshot_disagreements,
)
"""Every check of a whole series."""


def _returns(levels: pd.Series) -> FloatArray:
    values = levels.to_numpy(dtype=float)
    result = np.zeros(len(values))
    result[1:] = values[1:] / values[:-1] - 1
    return result


def _without_dividends(series: Series) -> FloatArray:
    """Give the log moves of the closes, falls as if what was paid were still in the price."""
    close = series.bars["close"].to_numpy(dtype=float)
    paid = pd.Series(series.amounts("dividend"), dtype=float)
    due = paid.reindex(series.bars.index).fillna(0.0).to_numpy()
    moves = _log_moves(close)
    with np.errstate(invalid="ignore"):
        whole = np.minimum(moves + np.log1p(np.maximum(due, 0.0) / close), 0.0)
    return np.where(moves < 0, whole, moves)


def _log_moves(levels: FloatArray) -> FloatArray:
    moves = np.zeros(len(levels))
    moves[1:] = np.log(levels[1:]) - np.log(levels[:-1])
    return moves


def _robust_bound(moves: FloatArray) -> float:
    centre = float(np.median(moves))
    scale = 1.4826 * float(np.median(np.abs(moves - centre)))
    return max(LEAST_OUTLIER, OUTLIER_SCALES * scale)


def _split_like(move: float) -> str | None:
    """Name the split that a log move looks like, if any."""
    for ratio in SPLIT_RATIOS:
        band = SPLIT_BAND if ratio >= 3 else SPLIT_BAND / 2
        if abs(abs(move) - np.log(ratio)) < band:
            return f"{ratio:g}:1" if move < 0 else f"1:{ratio:g}"
    return None


def _where(flags: BoolArray) -> list[int]:
    return [int(i) for i in np.flatnonzero(flags)]


def _runs(flags: BoolArray) -> Iterator[tuple[int, int]]:
    """Yield (start, length) of each run of True."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], flags, [False])).astype(int)))
    for start, end in zip(edges[::2], edges[1::2], strict=True):
        yield int(start), int(end - start)
