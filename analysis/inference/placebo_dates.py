"""
Placebo dates that move the whole cross-section together.

The event's statistic is ranked among the same statistic on other dates. All firms keep their
common shocks on every date, so correlation across firms needs no model.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from analysis.inference.rank import rank_test

if TYPE_CHECKING:
    from analysis._typing import FloatArray
    from analysis.inference.group import GroupSample
    from analysis.inference.outcome import Outcome


def placebo_bmp_test(sample: GroupSample) -> Outcome:
    """
    Rank the BMP ratio of the event among those of the placebo dates.

    Survives correlation across firms and event-induced variance common to all components; the
    default for one common date.

    Parameters
    ----------
    sample : GroupSample
        Pseudo-dates on which fewer than half the firms have a value are left out.

    Returns
    -------
    Outcome
        Two-sided p ``(1 + #{|draw| >= |statistic|}) / (B + 1)``.
    """
    return rank_test(
        "placebo-bmp", _ratio_each(sample.scar[None, :])[0], _ratio_each(draws(sample))
    )


def placebo_mean_test(sample: GroupSample) -> Outcome:
    """
    Rank the mean standardised CAR of the event among those of the placebo dates.

    Survives correlation across firms, not event-induced variance.

    Parameters
    ----------
    sample : GroupSample

    Returns
    -------
    Outcome
        As `placebo_bmp_test`.
    """
    return rank_test("placebo-mean", float(sample.scar.mean()), _mean_each(draws(sample)))


def draws(sample: GroupSample) -> FloatArray:
    """
    List the standardised CARs of the placebo dates.

    Parameters
    ----------
    sample : GroupSample

    Returns
    -------
    ndarray of shape (B, N)
        `GroupSample.placebo_scar`, refitted out of sample, where there is one; else sums over the
        M - L + 1 overlapping windows of the estimation window, over sqrt(L).
    """
    if sample.placebo_scar is not None:
        return sample.placebo_scar
    length = sample.length
    if length > len(sample.sar):
        return np.empty((0, sample.firms))
    windows = np.lib.stride_tricks.sliding_window_view(sample.sar, length, axis=0)
    total: FloatArray = windows.sum(axis=-1) / math.sqrt(length)
    return total


def _mean_each(scar: FloatArray) -> FloatArray:
    known = np.isfinite(scar)
    present = known.sum(axis=1)
    mean = np.where(known, scar, 0.0).sum(axis=1) / np.maximum(present, 1)
    return np.where(present >= max(1, scar.shape[1] / 2), mean, np.nan)


def _ratio_each(scar: FloatArray) -> FloatArray:
    known = np.isfinite(scar)
    present = known.sum(axis=1)
    mean = _mean_each(scar)
    squares = np.where(known, scar - mean[:, None], 0.0) ** 2
    spread = np.sqrt(squares.sum(axis=1) / np.maximum(present - 1, 1))
    usable = (present >= 2) & (spread > 0)
    ratio: FloatArray = np.full(len(scar), np.nan)
    ratio[usable] = mean[usable] * np.sqrt(present[usable]) / spread[usable]
    return ratio
