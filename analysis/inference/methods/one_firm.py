"""The tests of one firm at one event."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from analysis.inference.autocorrelation import hac_t_test
from analysis.inference.bootstrap import prediction_errors
from analysis.inference.conformal import conformal_test
from analysis.inference.extremes import tail_test
from analysis.inference.garch_test import SHORTEST_GARCH, garch_test
from analysis.inference.one_firm import sample_quantile_test, t_test
from analysis.inference.outcome import Outcome
from analysis.inference.power import minimum_detectable_effect
from analysis.inference.rank import fitted_t_test, rank_test
from analysis.inference.registry import StatisticalTest
from analysis.inference.scaled import volatility_forecasts
from analysis.models.garch import Garch, GarchFit

if TYPE_CHECKING:
    from analysis._typing import FloatArray
    from analysis.inference.conformal import Scheme
    from analysis.inference.firm import FirmSample
    from analysis.inference.registry import Settings


RECENT_SESSIONS = 15 * 252
"""Fifteen years: the firm as it is, where the whole history is of several."""


def _t(sample: FirmSample, settings: Settings) -> Outcome:
    return t_test(sample.car, sample.se, sample.fit.df, level=settings.level)


def _hac(sample: FirmSample, settings: Settings) -> Outcome:
    fit = sample.fit
    return hac_t_test(
        sample.car, sample.se, fit.df, fit.residuals, sample.window, level=settings.level
    )


def _sample_quantile(sample: FirmSample, _: Settings) -> Outcome:
    return sample_quantile_test(sample.car, sample.fit.residuals)


def _placebo(sample: FirmSample, _: Settings) -> Outcome:
    return rank_test("placebo", sample.statistic, sample.placebo)


def _fitted(sample: FirmSample, _: Settings) -> Outcome:
    return fitted_t_test("placebo-t", sample.statistic, sample.placebo)


def _permuted(sample: FirmSample, settings: Settings, scheme: Scheme) -> Outcome:
    return conformal_test(
        sample.conformal,
        settings.rng(scheme),
        scheme=scheme,
        level=settings.level,
        draws=settings.draws,
    )


def _conformal(sample: FirmSample, settings: Settings) -> Outcome:
    return _permuted(sample, settings, "conformal")


def _conformal_block(sample: FirmSample, settings: Settings) -> Outcome:
    return _permuted(sample, settings, "conformal-block")


def _redrawn(sample: FirmSample, settings: Settings, test: str, block: float | None) -> Outcome:
    rows = sample.conformal
    errors = prediction_errors(
        rows.y, rows.x, sample.window, settings.rng(test), draws=settings.draws, block=block
    )
    return errors.outcome(test, level=settings.level)


def _bootstrap(sample: FirmSample, settings: Settings) -> Outcome:
    return _redrawn(sample, settings, "bootstrap", 1.0)


def _bootstrap_stationary(sample: FirmSample, settings: Settings) -> Outcome:
    return _redrawn(sample, settings, "bootstrap-stationary", None)


def _garch(sample: FirmSample, settings: Settings) -> Outcome:
    if len(sample.y) < SHORTEST_GARCH:
        return Outcome.missing(
            "garch-t", f"needs {SHORTEST_GARCH} estimation sessions, there are {len(sample.y)}"
        )
    own = sample.fit
    fit = own if isinstance(own, GarchFit) else Garch().fit(sample.y, sample.x, sample.names)
    after = None if sample.gap_y is None or sample.gap_x is None else (sample.gap_y, sample.gap_x)
    return garch_test(fit, sample.post_y, sample.post_x, after=after, level=settings.level)


def _tail(sample: FirmSample, settings: Settings) -> Outcome:
    return _filtered_tail("evt", sample.losses, sample.loss, settings)


def _recent_tail(sample: FirmSample, settings: Settings) -> Outcome:
    return _filtered_tail("evt-recent", sample.losses[-RECENT_SESSIONS:], sample.loss, settings)


def _filtered_tail(test: str, losses: FloatArray, loss: float, settings: Settings) -> Outcome:
    """Take each loss in units of the volatility forecast before it."""
    forecasts = volatility_forecasts(losses)
    scaled = losses / forecasts[:-1]
    outcome = tail_test(
        scaled[np.isfinite(scaled)], loss / float(forecasts[-1]), level=settings.level
    )
    return replace(outcome, test=test)


def _power(sample: FirmSample, settings: Settings) -> Outcome:
    return minimum_detectable_effect(sample.se, sample.fit.df, alpha=1 - settings.level)


TESTS: tuple[StatisticalTest, ...] = (
    StatisticalTest(
        id="t",
        title="t with exact prediction error",
        family="one firm",
        subject="firm",
        null="the abnormal return of the window is zero",
        formula="CAR / S, S^2 = sigma^2 [L + s'(X'X)^-1 s], s the sum of the window's regressors",
        distribution="Student t, M - p degrees of freedom",
        assumptions="independent normal errors of constant variance; parameters stay the same",
        valid_when="one session or a short window of a liquid share in calm markets",
        fails_when="errors are fat-tailed and the p-value is far below 5 %, or are autocorrelated "
        "over a window; more estimation sessions repair neither",
        reference="Patell (1976), Journal of Accounting Research 14; Campbell, Lo and MacKinlay "
        "(1997), The Econometrics of Financial Markets, ch. 4",
        run=_t,
        always=True,
        needs=("prediction error",),
        assumes=frozenset({"normal errors", "independent sessions", "constant volatility"}),
    ),
    StatisticalTest(
        id="hac-t",
        title="t with autocorrelation-adjusted error",
        family="one firm",
        subject="firm",
        null="the abnormal return of the window is zero",
        formula="t / sqrt(c), c = 1 + 2 sum_{k<L} (1 - k/L) r_k of the estimation residuals",
        distribution="Student t, M - p degrees of freedom",
        assumptions="stationary errors; autocorrelations estimated well from M sessions",
        valid_when="the window has several sessions and the residuals are autocorrelated",
        fails_when="the window is a large share of the estimation window; for one session it is t",
        reference="Newey and West (1987), Econometrica 55 (Bartlett weights, L - 1 lags)",
        run=_hac,
        needs=("prediction error",),
        assumes=frozenset({"normal errors", "constant volatility"}),
    ),
    StatisticalTest(
        id="sq",
        title="sample quantile (SQ)",
        family="one firm",
        subject="firm",
        null="the event session's abnormal return is a draw from the law of other sessions",
        formula="rank of AR_0 among the estimation residuals",
        distribution="discrete: twice the smaller of (1 + #{u <= AR}) / (M + 1) and its mirror",
        assumptions="stationary residuals; no law is assumed",
        valid_when="one session; p above 2 / (M + 1) is all that is asked",
        fails_when="volatility on the event is that of another regime; windows of several sessions",
        reference="Gelbach, Helland and Klick (2013), American Law and Economics Review 15",
        run=_sample_quantile,
        always=True,
        needs=("one session",),
        assumes=frozenset({"constant volatility"}),
        sides=2,
    ),
    StatisticalTest(
        id="placebo",
        title="placebo dates",
        family="one firm",
        subject="firm",
        null="the event's statistic is a draw from its law on other dates",
        formula="rank of |T_0| among |T_b|, each refitted on its own preceding estimation window",
        distribution="discrete: (1 + #{|T_b| >= |T_0|}) / (B + 1)",
        assumptions="dates are exchangeable",
        valid_when="many dates before the event, of the same volatility",
        fails_when="overlapping windows leave few independent draws; the event falls in a "
        "volatile regime",
        reference="Phipson and Smyth (2010), Stat. Appl. in Genetics and Molecular Biology 9",
        run=_placebo,
        always=True,
        needs=("placebo dates",),
    ),
    StatisticalTest(
        id="placebo-t",
        title="placebo dates, fitted t",
        family="one firm",
        subject="firm",
        null="the event's statistic is a draw from its law on other dates",
        formula="T_0 / s, scale s and degrees of freedom nu fitted to the T_b of the placebo dates",
        distribution="Student t about zero, nu degrees of freedom, by maximum likelihood",
        assumptions="dates are exchangeable; the tail beyond the draws is that of a Student t",
        valid_when="the event lies beyond all placebo dates, whose rank then says only p < 1 / B",
        fails_when="few draws or overlapping windows: nu is then poorly known; the event falls in "
        "a volatile regime",
        reference="Lange, Little and Taylor (1989), J. American Statistical Assoc. 84",
        run=_fitted,
        always=True,
        needs=("placebo dates",),
    ),
    StatisticalTest(
        id="conformal",
        title="conformal, all permutations",
        family="one firm",
        subject="firm",
        null="the abnormal return of every session of the window is the one supposed",
        formula="rank of |sum of post residuals| among permutations, refitted on all M + L rows "
        "under the null",
        distribution="discrete: share of permutations, identity included, that are as extreme",
        assumptions="exchangeable errors and a fit that does not depend on the order of rows",
        valid_when="errors are close to independent; exact in finite samples then",
        fails_when="errors are serially dependent (use the moving block)",
        reference="Chernozhukov, Wuthrich and Zhu (2021), J. American Statistical Assoc. 116",
        run=_conformal,
        always=True,
        needs=("permutations", "short window"),
        assumes=frozenset({"independent sessions"}),
    ),
    StatisticalTest(
        id="conformal-block",
        title="conformal, moving block",
        family="one firm",
        subject="firm",
        null="the abnormal return of every session of the window is the one supposed",
        formula="rank of |sum of post residuals| among the cyclic shifts of the residuals, "
        "refitted on all M + L rows under the null",
        distribution="discrete: share of the M + L shifts, identity included; at least 1 / (M + L)",
        assumptions="stationary, weakly dependent errors",
        valid_when="windows of several sessions; keeps autocorrelation",
        fails_when="p below 1 / (M + L) is asked; volatility regimes",
        reference="Chernozhukov, Wuthrich and Zhu (2021), J. American Statistical Assoc. 116",
        run=_conformal_block,
        needs=("permutations", "short window"),
    ),
    StatisticalTest(
        id="bootstrap",
        title="residual bootstrap",
        family="one firm",
        subject="firm",
        null="the abnormal return of the window is zero",
        formula="CAR against redrawn prediction errors: sum of redrawn post errors less "
        "s'(theta* - theta)",
        distribution="B redraws of residuals / sqrt(1 - h), centred",
        assumptions="independent errors of one law, whatever it is",
        valid_when="fat tails or skewness matter for a window's interval",
        fails_when="errors are autocorrelated or their volatility changes",
        reference="Efron and Tibshirani (1993), An Introduction to the Bootstrap; Stine (1985), "
        "J. American Statistical Assoc. 80",
        run=_bootstrap,
        needs=("least squares",),
        assumes=frozenset({"independent sessions", "constant volatility"}),
    ),
    StatisticalTest(
        id="bootstrap-stationary",
        title="stationary bootstrap",
        family="one firm",
        subject="firm",
        null="the abnormal return of the window is zero",
        formula="as the residual bootstrap, with residuals redrawn in blocks of random length",
        distribution="B redraws in blocks of geometric length",
        assumptions="stationary, weakly dependent errors",
        valid_when="windows of several sessions with short-run dependence",
        fails_when="volatility on the event is that of another regime",
        reference="Politis and Romano (1994), J. American Statistical Assoc. 89; block length: "
        "Politis and White (2004), Econometric Reviews 23",
        run=_bootstrap_stationary,
        needs=("least squares",),
    ),
    StatisticalTest(
        id="garch-t",
        title="GARCH-t",
        family="one firm",
        subject="firm",
        null="the event session's return is a draw from its conditional law of that day",
        formula="AR_0 / sigma_{0|-1}, sigma filtered through the session before the event",
        distribution="Student t scaled to unit variance, nu estimated with the model",
        assumptions="the GARCH law holds; parameters are known",
        valid_when="500 sessions or more; volatility clusters",
        fails_when="few sessions; parameter error is ignored, so that p is a little too small",
        reference="Bollerslev (1987), Review of Economics and Statistics 69",
        run=_garch,
        always=True,
        needs=("one session", "own regressors", "few regressors"),
        slow=True,
    ),
    StatisticalTest(
        id="evt",
        title="peaks over threshold",
        family="one firm",
        subject="firm",
        null="the event's fall, in units of its forecast volatility, belongs to the tail of other "
        "sessions",
        formula="P(X > x) = (N_u / n) (1 + xi (x - u) / beta)^(-1 / xi), X the loss over its EWMA "
        "forecast (0.94) made before the session",
        distribution="generalised Pareto tail fitted by maximum likelihood; profile likelihood for "
        "the interval of P",
        assumptions="independent exceedances of one law once volatility is filtered out",
        valid_when="ten years of sessions or more; the interval is read, not the point",
        fails_when="few exceedances; xi < 0 puts an end to the tail and says that it cannot happen",
        reference="Davison and Smith (1990), J. Royal Statistical Society B 52; McNeil and Frey "
        "(2000), J. Empirical Finance 7",
        run=_tail,
        always=True,
        needs=("one session", "losses"),
        of_return=False,
    ),
    StatisticalTest(
        id="evt-recent",
        title="peaks over threshold, last 15 years",
        family="one firm",
        subject="firm",
        null="the event's fall, in units of its forecast volatility, belongs to the tail of other "
        "sessions",
        formula="P(X > x) = (N_u / n) (1 + xi (x - u) / beta)^(-1 / xi), X the loss over its EWMA "
        "forecast (0.94) made before the session",
        distribution="generalised Pareto tail fitted by maximum likelihood; profile likelihood for "
        "the interval of P",
        assumptions="independent exceedances of one law once volatility is filtered out",
        valid_when="the firm of the last fifteen years is another than before; the interval is "
        "read, not the point",
        fails_when="few exceedances; xi < 0 puts an end to the tail and says that it cannot happen",
        reference="Davison and Smith (1990), J. Royal Statistical Society B 52; McNeil and Frey "
        "(2000), J. Empirical Finance 7",
        run=_recent_tail,
        always=True,
        needs=("one session", "losses"),
        of_return=False,
    ),
    StatisticalTest(
        id="mde",
        title="minimum detectable effect",
        family="one firm",
        subject="firm",
        null="none: the effect that the t-test would find with the power asked for",
        formula="delta S with P(|t'_{d, delta}| > t_{d, 1 - alpha / 2}) = power",
        distribution="noncentral Student t, M - p degrees of freedom",
        assumptions="those of t",
        valid_when="stated before the result is seen",
        fails_when="power is computed at the estimate: that repeats the p-value",
        reference="Lehmann and Romano (2005), Testing Statistical Hypotheses",
        run=_power,
        always=True,
        needs=("prediction error",),
        of_return=False,
    ),
)
