"""The tests that lead on one date: ranks on the scale of each date's own volatility."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis.inference.outcome import Outcome
from analysis.inference.portfolio import portfolio_garch_test
from analysis.inference.registry import StatisticalTest
from analysis.inference.scaled import quiet_test, recent_test, scaled_test, volatile_test

if TYPE_CHECKING:
    from collections.abc import Callable

    from analysis.inference.firm import FirmSample
    from analysis.inference.group import GroupSample
    from analysis.inference.registry import Settings
    from analysis.inference.scaled import ScaledPlacebo

    Ranked = Callable[[str, ScaledPlacebo], Outcome]

_WIDER = "the event raises the variance"


def _group_scaled(sample: GroupSample, _: Settings) -> Outcome:
    if sample.scaled is None:
        return Outcome.missing("placebo-scaled", sample.lacks("scaled placebo"))
    return scaled_test("placebo-scaled", sample.scaled)


def _group_volatile(sample: GroupSample, _: Settings) -> Outcome:
    if sample.scaled is None:
        return Outcome.missing("placebo-volatile", sample.lacks("scaled placebo"))
    return volatile_test("placebo-volatile", sample.scaled)


def _portfolio_garch(sample: GroupSample, settings: Settings) -> Outcome:
    return portfolio_garch_test(sample, level=settings.level)


def _on_scale(test: str, sample: FirmSample, ranked: Ranked) -> Outcome:
    if sample.scaled is None:
        return Outcome.missing(test, sample.lacks("scaled placebo"))
    return ranked(test, sample.scaled)


def _scaled(sample: FirmSample, _: Settings) -> Outcome:
    return _on_scale("placebo-ewma", sample, scaled_test)


def _volatile(sample: FirmSample, _: Settings) -> Outcome:
    return _on_scale("placebo-turbulent", sample, volatile_test)


def _quiet(sample: FirmSample, _: Settings) -> Outcome:
    return _on_scale("placebo-unscheduled", sample, quiet_test)


def _recent(sample: FirmSample, _: Settings) -> Outcome:
    return _on_scale("placebo-recent", sample, recent_test)


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
        run=_group_scaled,
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
        run=_portfolio_garch,
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
        run=_group_volatile,
        needs=("scaled placebo",),
    ),
    StatisticalTest(
        id="placebo-ewma",
        title="placebo dates, volatility-scaled",
        family="one firm",
        subject="firm",
        null="the event's abnormal return, in units of its forecast volatility, is a draw from its "
        "law on other dates",
        formula="rank of |CAR / s|, s the EWMA forecast (0.94) of the residual sd made before the "
        "window, at the event and at every pseudo-date alike",
        distribution="discrete: (1 + #{|T_b| >= |T_0|}) / (B + 1)",
        assumptions="scaled residuals are exchangeable across dates",
        valid_when="many dates, of years of different volatility",
        fails_when="the event itself raises the variance; news was due on the dates that exceed it "
        "and not on the event",
        reference="Phipson and Smyth (2010), Stat. Appl. in Genetics and Molecular Biology 9; "
        "RiskMetrics Technical Document (1996)",
        run=_scaled,
        always=True,
        needs=("scaled placebo",),
    ),
    StatisticalTest(
        id="placebo-unscheduled",
        title="placebo dates without results, volatility-scaled",
        family="one firm",
        subject="firm",
        null="the event's scaled abnormal return is a draw from its law on sessions for which no "
        "results of the firm were due",
        formula="as placebo-ewma, without the sessions that first reacted to the firm's results",
        distribution="discrete: (1 + #{|T_b| >= |T_0|}) / (B + 1)",
        assumptions="scaled residuals are exchangeable across sessions without results",
        valid_when="the event is no results day, and the firm's results days are known",
        fails_when="the list of results days has gaps (dates before its first are left out)",
        reference="Patell and Wolfson (1984), J. of Financial Economics 13",
        run=_quiet,
        always=True,
        needs=("scaled placebo",),
    ),
    StatisticalTest(
        id="placebo-recent",
        title="last 250 placebo dates, volatility-scaled",
        family="one firm",
        subject="firm",
        null="the event's scaled abnormal return is a draw from its law on the 250 dates before",
        formula="as placebo-ewma, on the 250 pseudo-dates nearest to the event",
        distribution="discrete: (1 + #{|T_b| >= |T_0|}) / (B + 1)",
        assumptions="scaled residuals are exchangeable over the last year",
        valid_when="the firm is another than years ago",
        fails_when="p below 1 / 251 is asked",
        reference="Phipson and Smyth (2010), Stat. Appl. in Genetics and Molecular Biology 9",
        run=_recent,
        always=True,
        needs=("scaled placebo",),
    ),
    StatisticalTest(
        id="placebo-turbulent",
        title="most volatile quarter of placebo dates",
        family="one firm",
        subject="firm",
        null="the event's abnormal return is a draw from its law on turbulent dates",
        formula="rank of |CAR| among the quarter of pseudo-dates with the largest forecast sd",
        distribution="discrete: (1 + #{|CAR_b| >= |CAR_0|}) / (B + 1)",
        assumptions="the event was as turbulent as those dates",
        valid_when="the event may have been volatile only: the answer to that doubt",
        fails_when="the event was more turbulent than all of them",
        reference="Brown and Warner (1985), Journal of Financial Economics 14, on event-induced "
        "variance",
        run=_volatile,
        always=True,
        needs=("scaled placebo",),
    ),
)
