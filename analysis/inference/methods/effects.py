"""The tests of other effects than the return: volume, variance, the long run, recovery."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from analysis.inference.effects.buy_and_hold import bhar_bootstrap_test, drift
from analysis.inference.effects.halves import half_test
from analysis.inference.effects.recovery import recovery_test
from analysis.inference.effects.variance import (
    beaver_test,
    brown_forsythe_test,
    predictive_f_test,
)
from analysis.inference.effects.volume import abnormal_volume_test
from analysis.inference.outcome import NO_COVARIANCE, Outcome
from analysis.inference.registry import StatisticalTest
from analysis.models.linear import LeastSquares

if TYPE_CHECKING:
    from analysis._typing import FloatArray
    from analysis.inference.effects.halves import Half
    from analysis.inference.firm import FirmSample
    from analysis.inference.group import GroupSample
    from analysis.inference.registry import Settings


def _volume(sample: FirmSample, settings: Settings) -> Outcome:
    if not len(sample.daily.turnover[0]):
        return Outcome.missing("volume", "needs the volume of every session of the windows")
    before, ahead = map(_alone, sample.daily.turnover)
    return abnormal_volume_test(*before, *ahead, level=settings.level)


def _alone(series: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Pair a series with no regressor: the constant-mean model."""
    return series, np.empty((len(series), 0))


def _half(sample: FirmSample, settings: Settings, half: Half) -> Outcome:
    daily = sample.daily
    if not len(daily.overnight[0]):
        return Outcome.missing(half, "needs an open and a close of every session of the window")
    own, market = (
        (daily.overnight, daily.market_overnight)
        if half == "overnight"
        else (daily.intraday, daily.market_intraday)
    )
    outcome = half_test(
        half,
        LeastSquares(),
        (own[0], market[0]),
        (own[1], market[1]),
        ("market",)[: market[0].shape[1]],
        gap=daily.gap,
        level=settings.level,
    )
    if market[0].shape[1]:
        return outcome
    told = "no opens of the benchmark are at hand: the return is held against its own mean"
    return replace(outcome, warning="; ".join(filter(None, [outcome.warning, told])))


def _overnight(sample: FirmSample, settings: Settings) -> Outcome:
    return _half(sample, settings, "overnight")


def _intraday(sample: FirmSample, settings: Settings) -> Outcome:
    return _half(sample, settings, "intraday")


def _recovery(sample: FirmSample, _: Settings) -> Outcome:
    return recovery_test(sample.daily.levels, sample.daily.position).outcome


def _predictive_f(sample: FirmSample, _: Settings) -> Outcome:
    if sample.path.covariance is None:
        return Outcome.missing("variance-f", NO_COVARIANCE)
    return predictive_f_test(sample.path.abnormal, sample.path.covariance, sample.fit.df)


def _brown_forsythe(sample: FirmSample, _: Settings) -> Outcome:
    return brown_forsythe_test(sample.fit.residuals, sample.after)


def _drift(sample: FirmSample, _: Settings) -> tuple[Outcome, ...]:
    run = sample.long_run
    if run is None:
        return (Outcome.missing("bhar-placebo", "no long run of the firm's returns is at hand"),)
    return tuple(
        replace(
            point.outcome,
            warning="; ".join(filter(None, [f"{point.sessions} sessions", point.outcome.warning])),
        )
        for point in drift(run)
    )


def _beaver(sample: GroupSample, _: Settings) -> Outcome:
    return beaver_test(sample)


def _bhar(sample: GroupSample, settings: Settings) -> Outcome:
    if sample.bhar is None:
        return Outcome.missing("bhar", "the firms' buy-and-hold returns were not given")
    return bhar_bootstrap_test(sample.bhar, settings.rng("bhar"), draws=settings.draws)


TESTS: tuple[StatisticalTest, ...] = (
    StatisticalTest(
        id="volume",
        title="abnormal volume, AR(1)-GLS",
        family="other effects",
        subject="firm",
        null="log turnover of the window is as the model of the estimation window expects",
        formula="cumulative abnormal log turnover over its prediction error with AR(1) errors",
        distribution="Student t, M - p - 1 degrees of freedom",
        assumptions="log turnover is linear in the market's with normal AR(1) errors",
        valid_when="short windows; volume and shares on one split basis",
        fails_when="turnover trends; the first-order law is too short a memory for long windows",
        reference="Ajinkya and Jain (1989), J. Accounting and Economics 11; Campbell and Wasley "
        "(1996), Review of Quantitative Finance and Accounting 6",
        run=_volume,
        needs=("history",),
        of_return=False,
    ),
    StatisticalTest(
        id="variance-f",
        title="predictive F (Chow)",
        family="other effects",
        subject="firm",
        null="the window's abnormal returns have mean zero and the variance of other sessions",
        formula="AR' (I + X2 (X1'X1)^-1 X2')^-1 AR / (L sigma^2)",
        distribution="F with L and M - p degrees of freedom",
        assumptions="independent normal errors",
        valid_when="a joint test of mean and variance is wanted and errors are normal",
        fails_when="errors are fat-tailed or volatility clusters (12 % instead of 5 %)",
        reference="Chow (1960), Econometrica 28",
        run=_predictive_f,
        of_return=False,
    ),
    StatisticalTest(
        id="beaver",
        title="mean squared SAR on placebo dates",
        family="other effects",
        subject="group",
        null="the event's mean squared standardised return is a draw from its law on other dates",
        formula="rank of mean_i SAR_i0^2 among the sessions of the estimation window",
        distribution="discrete: (1 + #{U_t >= U_0}) / (M + 1)",
        assumptions="dates are exchangeable",
        valid_when="one session, many firms, one common date",
        fails_when="volatility regimes; tells no mean effect from a variance effect",
        reference="Beaver (1968), Journal of Accounting Research 6 (supplement)",
        run=_beaver,
        needs=("one session", "prediction error"),
        of_return=False,
    ),
    StatisticalTest(
        id="brown-forsythe",
        title="volatility of 60 sessions after against before (Brown-Forsythe)",
        family="other effects",
        subject="firm",
        null="the 60 sessions after the window spread as the estimation residuals do",
        formula="F of absolute deviations from each side's median",
        distribution="F with 1 and M + L - 2 degrees of freedom",
        assumptions="independent sessions",
        valid_when="a lasting change of volatility is asked about",
        fails_when="volatility clusters: sessions are then not independent and p is too small",
        reference="Brown and Forsythe (1974), J. American Statistical Assoc. 69",
        run=_brown_forsythe,
        of_return=False,
    ),
    StatisticalTest(
        id="bhar",
        title="BHAR, skewness-adjusted bootstrap",
        family="other effects",
        subject="group",
        null="the firms' mean buy-and-hold abnormal return is zero",
        formula="sqrt(N) (S + g S^2 / 3 + g / (6 N)) of the BHARs, S = mean / sd, g skewness",
        distribution="B resamples of N / 4 firms, centred on the sample mean",
        assumptions="firms are independent",
        valid_when="long windows of many firms on scattered dates",
        fails_when="firms share the date; fewer than 20 firms",
        reference="Barber and Lyon (1997), J. Financial Economics 43; Lyon, Barber and Tsai "
        "(1999), Journal of Finance 54",
        run=_bhar,
        needs=("buy-and-hold returns",),
        assumes=frozenset({"independent firms"}),
    ),
    StatisticalTest(
        id="bhar-placebo",
        title="BHAR on placebo dates",
        family="other effects",
        subject="firm",
        null="the event's buy-and-hold abnormal return is a draw from its law on other dates",
        formula="rank of |BHAR| among windows of the same length that begin on other dates, each "
        "by the fit before its own date, frozen, without its alpha",
        distribution="discrete: (1 + #{|B_b| >= |B_0|}) / (B + 1)",
        assumptions="dates are exchangeable",
        valid_when="one firm, drift up to a few months, years of history",
        fails_when="the window is long against the history: overlapping windows are few draws",
        reference="Barber and Lyon (1997), J. Financial Economics 43",
        run=_drift,
        needs=("least squares",),
    ),
    StatisticalTest(
        id="recovery",
        title="recovery time",
        family="other effects",
        subject="firm",
        null="the level takes as long to come back as after equally deep falls on other dates",
        formula="sessions until the level is at or above that before the event; censored at the "
        "end of the figures",
        distribution="discrete: share of earlier falls that took at least as long",
        assumptions="earlier falls of at least the given depth are comparable",
        valid_when="long histories with several such falls",
        fails_when="few such falls; falls within one slump are not independent",
        reference="rank p-value: Phipson and Smyth (2010), Stat. Appl. in Genetics and Molecular "
        "Biology 9",
        run=_recovery,
        needs=("history",),
        of_return=False,
    ),
    StatisticalTest(
        id="overnight",
        title="overnight abnormal return",
        family="other effects",
        subject="firm",
        null="the abnormal return from close to open is zero",
        formula="t of the overnight return against the benchmark's overnight return",
        distribution="Student t, M - p degrees of freedom",
        assumptions="those of t; opens on the basis of the closes",
        valid_when="news came while the exchange was closed",
        fails_when="the open is thin or delayed",
        reference="halves: 1 + R = (1 + R_overnight)(1 + R_intraday); test: Patell (1976)",
        run=_overnight,
        needs=("history",),
    ),
    StatisticalTest(
        id="intraday",
        title="intraday abnormal return",
        family="other effects",
        subject="firm",
        null="the abnormal return from open to close is zero",
        formula="t of the intraday return against the benchmark's intraday return",
        distribution="Student t, M - p degrees of freedom",
        assumptions="those of t; opens on the basis of the closes",
        valid_when="news came while the exchange was open, or a reversal after it is asked about",
        fails_when="the open is thin or delayed",
        reference="halves: 1 + R = (1 + R_overnight)(1 + R_intraday); test: Patell (1976)",
        run=_intraday,
        needs=("history",),
    ),
)
