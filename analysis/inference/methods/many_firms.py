"""The tests of many firms."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from analysis.inference.cross_section import (
    cross_sectional_test,
    generalised_sign_test,
    patell_test,
    skewness_adjusted_test,
    wilcoxon_test,
)
from analysis.inference.many_firms import (
    bmp_test,
    kolari_pynnonen_patell_test,
    kolari_pynnonen_test,
)
from analysis.inference.outcome import Outcome
from analysis.inference.placebo_dates import placebo_bmp_test, placebo_mean_test
from analysis.inference.portfolio import (
    calendar_time_test,
    crude_dependence_test,
    portfolio_garch_test,
    portfolio_test,
)
from analysis.inference.rank_tests import corrado_test, corrado_zivney_test, grank_test
from analysis.inference.registry import StatisticalTest
from analysis.inference.scaled import scaled_test, volatile_test

if TYPE_CHECKING:
    from analysis.inference.group import GroupSample
    from analysis.inference.registry import Settings

_MEAN_ZERO = "the firms' mean abnormal return is zero"
_INDEPENDENT = "firms are independent"
_CLUSTERED = "firms share the date and their residuals are correlated"
_WIDER = "the event raises the variance"
_COMMON = "only the common shock becomes more volatile on the event (no test survives that)"


def _scaled(sample: GroupSample, _: Settings) -> Outcome:
    if sample.scaled is None:
        return Outcome.missing("placebo-scaled", sample.lacks("scaled placebo"))
    return scaled_test("placebo-scaled", sample.scaled)


def _volatile(sample: GroupSample, _: Settings) -> Outcome:
    if sample.scaled is None:
        return Outcome.missing("placebo-volatile", sample.lacks("scaled placebo"))
    return volatile_test("placebo-volatile", sample.scaled)


def _garch(sample: GroupSample, settings: Settings) -> Outcome:
    return portfolio_garch_test(sample, level=settings.level)


def _kp(sample: GroupSample, _: Settings) -> Outcome:
    return kolari_pynnonen_test(sample.scar, sample.correlation)


def _grank_t(sample: GroupSample, _: Settings) -> Outcome:
    return grank_test(sample.sar, sample.scar, "grank-t")


def _grank_z(sample: GroupSample, _: Settings) -> Outcome:
    return grank_test(sample.sar, sample.scar, "grank-z")


def _placebo_bmp(sample: GroupSample, _: Settings) -> Outcome:
    return placebo_bmp_test(sample)


def _placebo_mean(sample: GroupSample, _: Settings) -> Outcome:
    return placebo_mean_test(sample)


def _kp_patell(sample: GroupSample, _: Settings) -> Outcome:
    return kolari_pynnonen_patell_test(sample.scar, sample.df, sample.correlation)


def _portfolio(sample: GroupSample, settings: Settings) -> Outcome:
    return portfolio_test(sample, level=settings.level)


def _crude(sample: GroupSample, _: Settings) -> Outcome:
    return crude_dependence_test(sample)


def _calendar_time(sample: GroupSample, settings: Settings) -> Outcome:
    if sample.portfolio is None or sample.factors is None:
        return Outcome.missing("calendar-time", "the portfolio's factor rows were not given")
    event = np.arange(len(sample.portfolio)) >= len(sample.portfolio) - sample.length
    return calendar_time_test(sample.portfolio, sample.factors, event, level=settings.level)


def _corrado_zivney(sample: GroupSample, _: Settings) -> Outcome:
    return corrado_zivney_test(sample.sar, sample.event_sar)


def _corrado(sample: GroupSample, _: Settings) -> Outcome:
    return corrado_test(sample.residuals, sample.ar)


def _bmp(sample: GroupSample, _: Settings) -> Outcome:
    return bmp_test(sample.scar)


def _patell(sample: GroupSample, _: Settings) -> Outcome:
    return patell_test(sample.scar, sample.df)


def _cross(sample: GroupSample, _: Settings) -> Outcome:
    return cross_sectional_test(sample.car)


def _hall(sample: GroupSample, _: Settings) -> Outcome:
    return skewness_adjusted_test(sample.car, "hall")


def _johnson(sample: GroupSample, _: Settings) -> Outcome:
    return skewness_adjusted_test(sample.car, "johnson")


def _sign(sample: GroupSample, _: Settings) -> Outcome:
    return generalised_sign_test(sample.car, sample.residuals)


def _wilcoxon(sample: GroupSample, _: Settings) -> Outcome:
    return wilcoxon_test(sample.car)


TESTS: tuple[StatisticalTest, ...] = (
    StatisticalTest(
        id="placebo-scaled",
        title="placebo dates, volatility-scaled portfolio",
        family="many firms",
        subject="group",
        null="the portfolio's scaled residual is exchangeable with those of other dates",
        formula="rank of |CAAR / s|, s the EWMA forecast (0.94) of the portfolio's residual sd "
        "made before the window, at the event and at every pseudo-date alike",
        distribution="discrete: (1 + #{|T_b| >= |T_0|}) / (B + 1)",
        assumptions="the portfolio's residuals in units of their forecast volatility are "
        "exchangeable across dates",
        valid_when="one common date; few or many firms, hit evenly or not; volatility clusters",
        fails_when=_WIDER + ": see placebo-volatile and k; p below 1 / (B + 1) is asked",
        reference="Brown and Warner (1985), Journal of Financial Economics 14; Phipson and Smyth "
        "(2010), Stat. Appl. in Genetics and Molecular Biology 9; RiskMetrics Technical Document "
        "(1996)",
        run=_scaled,
        needs=("scaled placebo",),
    ),
    StatisticalTest(
        id="portfolio-garch",
        title="GARCH-t on the portfolio",
        family="many firms",
        subject="group",
        null="the portfolio's return is a draw from its conditional law of that day",
        formula="AR_0 / sigma_{0|-1} of the equal-weighted portfolio, sigma filtered through the "
        "session before the event",
        distribution="Student t scaled to unit variance, nu estimated with the model",
        assumptions="the GARCH law holds; parameters are known",
        valid_when="one common date, one session; volatility clusters",
        fails_when="few sessions; " + _WIDER,
        reference="Bollerslev (1987), Review of Economics and Statistics 69",
        run=_garch,
        needs=("one session", "portfolio"),
        slow=True,
    ),
    StatisticalTest(
        id="placebo-volatile",
        title="most volatile quarter of placebo dates",
        family="many firms",
        subject="group",
        null="the portfolio's abnormal return is a draw from its law on turbulent dates",
        formula="rank of |CAAR| among the quarter of pseudo-dates with the largest forecast sd",
        distribution="discrete: (1 + #{|CAAR_b| >= |CAAR_0|}) / (B + 1)",
        assumptions="the event was as turbulent as those dates",
        valid_when="one common date that may have been volatile only: the answer to that doubt",
        fails_when="the event was more turbulent than all of them",
        reference="Brown and Warner (1985), Journal of Financial Economics 14",
        run=_volatile,
        needs=("scaled placebo",),
    ),
    StatisticalTest(
        id="kp",
        title="KP-adjusted BMP",
        family="many firms",
        subject="group",
        null=_MEAN_ZERO,
        formula="BMP sqrt((1 - r) / (1 + (N - 1) r)), r the mean correlation of residuals",
        distribution="Student t, N - 1 degrees of freedom",
        assumptions="residual correlation on the event is that of the estimation window",
        valid_when="one common date, also with event-induced variance",
        fails_when=_COMMON + "; r near -1 / (N - 1)",
        reference="Kolari and Pynnonen (2010), Review of Financial Studies 23",
        run=_kp,
        needs=("prediction error",),
    ),
    StatisticalTest(
        id="grank-t",
        title="GRANK-T",
        family="many firms",
        subject="group",
        null="the window's standardised abnormal returns have median zero",
        formula="Z sqrt((T - 2) / (T - 1 - Z^2)), Z the mean scaled rank of the window over the "
        "root mean square of daily mean ranks, T = M + 1",
        distribution="Student t, T - 2 degrees of freedom",
        assumptions="ranks of the window and of other sessions are alike under the null",
        valid_when="one common date, fat tails, event-induced variance",
        fails_when="correlation is high: 1 to 3 points too many rejections; " + _COMMON,
        reference="Kolari and Pynnonen (2011), Journal of Empirical Finance 18",
        run=_grank_t,
        needs=("prediction error",),
    ),
    StatisticalTest(
        id="placebo-bmp",
        title="placebo dates, BMP ratio",
        family="many firms",
        subject="group",
        null="the event's BMP ratio is a draw from its law on other dates",
        formula="rank of |BMP ratio| among pseudo-dates that move all firms together",
        distribution="discrete: (1 + #{|T_b| >= |T_0|}) / (B + 1)",
        assumptions="dates are exchangeable up to the scale of all components",
        valid_when="one common date; correlation of any shape; event-induced variance",
        fails_when=_COMMON + "; p below 1 / (B + 1) is asked",
        reference="Kothari and Warner (2007), Handbook of Corporate Finance 1; Phipson and Smyth "
        "(2010), Stat. Appl. in Genetics and Molecular Biology 9",
        run=_placebo_bmp,
        needs=("prediction error",),
    ),
    StatisticalTest(
        id="placebo-mean",
        title="placebo dates, mean SCAR",
        family="many firms",
        subject="group",
        null="the event's mean standardised CAR is a draw from its law on other dates",
        formula="rank of |mean SCAR| among pseudo-dates that move all firms together",
        distribution="discrete: (1 + #{|T_b| >= |T_0|}) / (B + 1)",
        assumptions="dates are exchangeable, variance included",
        valid_when="one common date; correlation of any shape",
        fails_when=_WIDER,
        reference="Kothari and Warner (2007), Handbook of Corporate Finance 1",
        run=_placebo_mean,
        needs=("prediction error",),
        assumes=frozenset({"steady variance"}),
    ),
    StatisticalTest(
        id="kp-patell",
        title="KP-adjusted Patell",
        family="many firms",
        subject="group",
        null=_MEAN_ZERO,
        formula="Patell Z / sqrt(1 + (N - 1) r), r the mean correlation of residuals",
        distribution="standard normal",
        assumptions="correlation and variance on the event are those of the estimation window",
        valid_when="one common date without change of variance",
        fails_when=_WIDER,
        reference="Kolari and Pynnonen (2010), Review of Financial Studies 23",
        run=_kp_patell,
        needs=("prediction error",),
        assumes=frozenset({"steady variance"}),
    ),
    StatisticalTest(
        id="portfolio",
        title="portfolio with prediction error",
        family="many firms",
        subject="group",
        null=_MEAN_ZERO,
        formula="CAAR / S, S the prediction error of the equal-weighted portfolio's regression",
        distribution="Student t, M - p degrees of freedom",
        assumptions="the portfolio's errors are independent and of constant variance",
        valid_when="one common date without change of variance",
        fails_when=_WIDER,
        reference="Brown and Warner (1985), Journal of Financial Economics 14",
        run=_portfolio,
        needs=("prediction error",),
        assumes=frozenset({"steady variance"}),
    ),
    StatisticalTest(
        id="crude",
        title="crude dependence adjustment",
        family="many firms",
        subject="group",
        null=_MEAN_ZERO,
        formula="CAAR / (sqrt(L) s), s the time-series standard deviation of the daily mean",
        distribution="Student t, M - 1 degrees of freedom",
        assumptions="as the portfolio test; parameter error is left out",
        valid_when="one common date without change of variance; short windows",
        fails_when=_WIDER,
        reference="Brown and Warner (1980, 1985), Journal of Financial Economics 8 and 14",
        run=_crude,
        assumes=frozenset({"steady variance"}),
    ),
    StatisticalTest(
        id="calendar-time",
        title="calendar-time portfolio",
        family="many firms",
        subject="group",
        null="the portfolio of event firms earns no abnormal return a session",
        formula="t of an event dummy in the portfolio's factor regression",
        distribution="Student t, T - k - 2 degrees of freedom",
        assumptions="the portfolio's errors are independent and of constant variance",
        valid_when="events on many dates, long windows; for one session it is the portfolio test",
        fails_when=_WIDER + "; few sessions carry the portfolio",
        reference="Jaffe (1974), J. of Business 47; Mandelker (1974), J. of Financial Economics 1; "
        "Fama (1998), J. of Financial Economics 49",
        run=_calendar_time,
        needs=("portfolio",),
        assumes=frozenset({"steady variance"}),
    ),
    StatisticalTest(
        id="corrado-zivney",
        title="Corrado-Zivney rank",
        family="many firms",
        subject="group",
        null="the window's standardised abnormal returns have median zero",
        formula="sqrt(L) mean(U_event) / S, U scaled ranks of standardised abnormal returns, event "
        "sessions divided by their cross-sectional spread",
        distribution="standard normal",
        assumptions="ranks of the window and of other sessions are alike under the null",
        valid_when="short windows, fat tails, event-induced variance",
        fails_when="long windows (power falls); correlation is high: 1 to 3 points too many "
        "rejections",
        reference="Corrado and Zivney (1992), J. Financial and Quantitative Analysis 27",
        run=_corrado_zivney,
        needs=("prediction error",),
    ),
    StatisticalTest(
        id="corrado",
        title="Corrado rank",
        family="many firms",
        subject="group",
        null="the window's abnormal returns have the median of other sessions",
        formula="sqrt(L) mean(D_event) / sqrt(mean(D_t^2)), D the daily mean scaled rank",
        distribution="standard normal",
        assumptions="ranks of the window and of other sessions are alike under the null",
        valid_when="one session, fat tails, one common date",
        fails_when=_WIDER + "; long windows",
        reference="Corrado (1989), J. Financial Economics 23; windows: Cowan (1992)",
        run=_corrado,
        assumes=frozenset({"steady variance"}),
    ),
    StatisticalTest(
        id="bmp",
        title="BMP",
        family="many firms",
        subject="group",
        null=_MEAN_ZERO,
        formula="mean(SCAR) sqrt(N) / sd(SCAR)",
        distribution="Student t, N - 1 degrees of freedom",
        assumptions=_INDEPENDENT,
        valid_when="scattered dates, also with event-induced variance",
        fails_when=_CLUSTERED,
        reference="Boehmer, Musumeci and Poulsen (1991), Journal of Financial Economics 30",
        run=_bmp,
        needs=("prediction error",),
        assumes=frozenset({"independent firms"}),
    ),
    StatisticalTest(
        id="patell",
        title="Patell Z",
        family="many firms",
        subject="group",
        null=_MEAN_ZERO,
        formula="sum(SCAR) / sqrt(sum(d / (d - 2)))",
        distribution="standard normal",
        assumptions=_INDEPENDENT + "; variance does not change",
        valid_when="scattered dates without change of variance",
        fails_when=_CLUSTERED + "; " + _WIDER,
        reference="Patell (1976), Journal of Accounting Research 14",
        run=_patell,
        needs=("prediction error",),
        assumes=frozenset({"independent firms", "steady variance"}),
    ),
    StatisticalTest(
        id="cross-t",
        title="cross-sectional t",
        family="many firms",
        subject="group",
        null=_MEAN_ZERO,
        formula="mean(CAR) sqrt(N) / sd(CAR)",
        distribution="Student t, N - 1 degrees of freedom",
        assumptions=_INDEPENDENT + "; CARs of one law",
        valid_when="scattered dates, also with event-induced variance",
        fails_when=_CLUSTERED,
        reference="Brown and Warner (1980), Journal of Financial Economics 8",
        run=_cross,
        assumes=frozenset({"independent firms"}),
    ),
    StatisticalTest(
        id="hall",
        title="skewness-adjusted t (Hall)",
        family="many firms",
        subject="group",
        null=_MEAN_ZERO,
        formula="sqrt(N) (S + g S^2 / 3 + g^2 S^3 / 27 + g / (6 N)), S = mean / sd, g skewness",
        distribution="Student t, N - 1 degrees of freedom",
        assumptions=_INDEPENDENT + "; CARs of one law",
        valid_when="skewed CARs of 30 firms or more on scattered dates",
        fails_when=_CLUSTERED + "; fewer than 30 firms",
        reference="Hall (1992), J. Royal Statistical Society B 54",
        firms_wanted=30,
        run=_hall,
        assumes=frozenset({"independent firms"}),
    ),
    StatisticalTest(
        id="johnson",
        title="skewness-adjusted t (Johnson)",
        family="many firms",
        subject="group",
        null=_MEAN_ZERO,
        formula="sqrt(N) (S + g S^2 / 3 + g / (6 N)), S = mean / sd, g skewness",
        distribution="Student t, N - 1 degrees of freedom",
        assumptions=_INDEPENDENT + "; CARs of one law",
        valid_when="skewed CARs of 30 firms or more on scattered dates",
        fails_when=_CLUSTERED + "; fewer than 30 firms",
        reference="Johnson (1978), J. American Statistical Assoc. 73; Lyon, Barber and Tsai (1999)",
        firms_wanted=30,
        run=_johnson,
        assumes=frozenset({"independent firms"}),
    ),
    StatisticalTest(
        id="grank-z",
        title="GRANK-Z",
        family="many firms",
        subject="group",
        null="the window's standardised abnormal returns have median zero",
        formula="mean(U_0) sqrt(12 N (T + 1) / (T - 1)), U scaled ranks, T = M + 1",
        distribution="standard normal",
        assumptions=_INDEPENDENT,
        valid_when="scattered dates, fat tails, event-induced variance",
        fails_when=_CLUSTERED,
        reference="Kolari and Pynnonen (2011), Journal of Empirical Finance 18",
        run=_grank_z,
        needs=("prediction error",),
        assumes=frozenset({"independent firms"}),
    ),
    StatisticalTest(
        id="sign",
        title="generalised sign",
        family="many firms",
        subject="group",
        null="CARs are positive as often as estimation residuals",
        formula="(w - N p) / sqrt(N p (1 - p)), w positive CARs, p share of positive residuals",
        distribution="standard normal",
        assumptions=_INDEPENDENT,
        valid_when="scattered dates, 20 firms or more",
        fails_when=_CLUSTERED,
        reference="Cowan (1992), Review of Quantitative Finance and Accounting 2",
        run=_sign,
        assumes=frozenset({"independent firms"}),
    ),
    StatisticalTest(
        id="wilcoxon",
        title="Wilcoxon signed rank",
        family="many firms",
        subject="group",
        null="CARs are symmetric about zero",
        formula="smaller sum of the ranks of |CAR| by sign",
        distribution="exact law of signed ranks up to 50 firms, normal beyond",
        assumptions=_INDEPENDENT + "; symmetry",
        valid_when="scattered dates, symmetric CARs",
        fails_when=_CLUSTERED + "; skewed CARs",
        reference="Wilcoxon (1945), Biometrics Bulletin 1",
        run=_wilcoxon,
        assumes=frozenset({"independent firms"}),
    ),
)
