"""The path of a firm beside its control, and the band of the donors placed in its stead."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.context.synthetic import DonorReaction, SyntheticPath
from analysis.inference.controls import PlaceboUnits
from analysis.inference.outcome import Outcome


def path_of(gaps, errors, *, level=0.95, error=0.01):
    sessions = gaps.shape[1]
    names = tuple(f"D{at:02d}" for at in range(len(gaps)))
    control = np.linspace(0.9, 1.1, sessions)
    return SyntheticPath(
        symbol="A",
        weights=dict.fromkeys(names, 1 / len(names)),
        first=-2,
        actual=control * 0.9,
        control=control,
        gap=-0.1,
        error=error,
        market_error=None,
        gap_without_rotation=-0.1,
        reaction=DonorReaction(np.zeros(len(names)), np.zeros(len(names))),
        outcome=Outcome.missing("placebo", "not drawn here"),
        units=PlaceboUnits(names, gaps, errors),
        in_space=Outcome.missing("placebo-space", "not drawn here"),
        level=level,
    )


def test_the_band_is_the_gap_that_few_donors_exceed_for_their_misfit():
    rng = np.random.default_rng(1)
    gaps, errors = rng.normal(0, 0.01, (39, 6)), rng.uniform(0.005, 0.02, 39)
    path = path_of(gaps, errors)
    low, high = path.band
    since = np.cumsum(gaps, axis=1) - np.cumsum(gaps, axis=1)[:, [1]]  # the eve is the second
    for session in range(6):
        half = np.sort(np.abs(since[:, session]) / errors)[-2] * 0.01  # two of forty may exceed
        assert high[session] == pytest.approx(path.control[session] * (1 + half))
        assert low[session] == pytest.approx(path.control[session] * (1 - half))
    assert low[1] == high[1] == path.control[1]
    frame = path.tidy
    assert frame["growth_control_low"].tolist() == low.tolist()
    assert (frame["growth_control_high"] >= frame["growth_control"]).all()


def test_few_donors_or_a_high_level_leave_no_band():
    gaps, errors = np.full((18, 4), 0.01), np.full(18, 0.01)
    assert path_of(gaps, errors).band is None
    assert path_of(gaps, errors).tidy["growth_control_low"].isna().all()
    gaps, errors = np.full((39, 4), 0.01), np.full(39, 0.01)
    assert path_of(gaps, errors, level=0.99).band is None
    assert path_of(gaps, errors, level=0.95).band is not None
