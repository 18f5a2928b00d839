"""The tests of one firm against a control portfolio of donors."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from analysis.inference.controls import jackknife_plus, placebo_units
from analysis.inference.factor_bootstrap import DRAWS, TEST, factor_bootstrap
from analysis.inference.registry import StatisticalTest

if TYPE_CHECKING:
    from analysis.inference.firm import FirmSample
    from analysis.inference.outcome import Outcome
    from analysis.inference.registry import Settings


def _in_space(sample: FirmSample, settings: Settings) -> Outcome:
    units = placebo_units(sample.tuned, sample.x, sample.post_x, sample.names)
    error = math.sqrt(float(np.square(sample.fit.residuals).mean()))
    return units.outcome(sample.car, error, level=settings.level)


def _left_out(sample: FirmSample, settings: Settings) -> Outcome:
    return jackknife_plus(
        sample.tuned,
        sample.y,
        sample.x,
        float(sample.post_y[0]),
        sample.post_x[0],
        sample.names,
        level=settings.level,
    )


def _redrawn(sample: FirmSample, settings: Settings) -> Outcome:
    return factor_bootstrap(
        sample.y,
        sample.x,
        sample.post_y,
        sample.post_x,
        settings.rng(TEST),
        rank=sample.factors,
        level=settings.level,
        draws=min(DRAWS, settings.draws),
    )


TESTS: tuple[StatisticalTest, ...] = (
    StatisticalTest(
        id="placebo-space",
        title="placebo donors",
        family="one firm",
        subject="firm",
        null="the firm's gap to its control is no wider, for the control's misfit, than a donor's "
        "to a control of the other donors",
        formula="CAR / RMSE of the estimation window, of the firm and of every donor as if treated",
        distribution="rank among B donors: p = (1 + #{|R_b| >= |R_0|}) / (B + 1)",
        assumptions="the event could as well have struck any donor; donors were not struck "
        "themselves",
        valid_when="20 donors or more, as volatile and as well fitted as the firm",
        fails_when="the firm is more volatile than the donors on event days, or the donors share a "
        "reaction of their own, which their controls take out and the firm's does not",
        reference="Abadie, Diamond and Hainmueller (2010), J. American Statistical Assoc. 105",
        run=_in_space,
        needs=("donors",),
    ),
    StatisticalTest(
        id="jackknife-plus",
        title="jackknife+ of a control",
        family="one firm",
        subject="firm",
        null="the gap of the event session is no wider than those of sessions left out of the fit",
        formula="|gap of the event session| against |gap of each session left out|, the same fit "
        "for both; sessions are left out in 25 sets",
        distribution="rank among M sessions; covers 1 - 2 alpha or more for exchangeable sessions",
        assumptions="exchangeable sessions",
        valid_when="one session; errors without clusters of volatility",
        fails_when="volatility on the event is that of another regime; it costs 25 refits",
        reference="Barber, Candes, Ramdas and Tibshirani (2021), Annals of Statistics 49",
        run=_left_out,
        needs=("one session", "donors"),
    ),
    StatisticalTest(
        id=TEST,
        title="bootstrap of a factor control",
        family="one firm",
        subject="firm",
        null="the firm's CAR is what factors of the donors, its own loadings and an error give",
        formula="CAR / spread of the CARs redrawn: donors' errors redrawn over all sessions of a "
        "donor, the firm's from those of donors that others predict, scaled to its misfit; factors "
        "and loadings estimated anew",
        distribution="share of B = 1,000 draws as far from nought: (1 + #{|C_b| >= |C|}) / (B + 1)",
        assumptions="the factor model with that number of factors; errors of firm and donors alike "
        "but for their size",
        valid_when="10 donors or more, errors without clusters of volatility",
        fails_when="the event session is more volatile than those of the estimation window; a "
        "factor that moved that day and hardly before is not among those estimated",
        reference="Xu (2017), Political Analysis 25, algorithm 2",
        run=_redrawn,
        needs=("donors", "factors"),
        assumes=frozenset({"constant volatility"}),
    ),
)
