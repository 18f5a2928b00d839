"""The tests of many firm-events on dates of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from analysis.inference.clustered import (
    date_bootstrap_test,
    date_cluster_of,
    date_portfolio_of,
    two_way_of,
    weighted_mean_test,
    wild_cluster_test,
)
from analysis.inference.outcome import Outcome
from analysis.inference.registry import StatisticalTest

if TYPE_CHECKING:
    from analysis.inference.events import EventSample
    from analysis.inference.registry import Settings

_MEAN_ZERO = "the mean abnormal return of the firm-events is zero"
_FEW = "fewer than about 10 dates carry the sample"


def _date_cluster(sample: EventSample, settings: Settings) -> Outcome:
    return date_cluster_of(sample.by_date, sample.reach, level=settings.level)


def _two_way(sample: EventSample, settings: Settings) -> Outcome:
    mean = sample.by_date.mean
    return two_way_of(mean, len(sample.car), sample.squares, level=settings.level)


def _wild(sample: EventSample, settings: Settings) -> Outcome:
    rng = np.random.default_rng(settings.seed)  # the same draws for every window
    return wild_cluster_test(sample.car, sample.dates, rng, draws=settings.draws)


def _bootstrap(sample: EventSample, settings: Settings) -> Outcome:
    rng = np.random.default_rng(settings.seed)
    return date_bootstrap_test(
        sample.car, sample.dates, rng, draws=settings.draws, level=settings.level
    )


def _portfolio(sample: EventSample, settings: Settings) -> Outcome:
    return date_portfolio_of(sample.by_date, sample.reach, level=settings.level)


def _weighted(sample: EventSample, settings: Settings) -> Outcome:
    given = np.isfinite(sample.weight) & (sample.weight > 0)
    if not given.any():
        return Outcome.missing("weighted", "no weights are given")
    _, outcome = weighted_mean_test(
        sample.car[given],
        sample.weight[given],
        sample.position[given],
        sample.reach,
        level=settings.level,
    )
    return outcome


TESTS: tuple[StatisticalTest, ...] = (
    StatisticalTest(
        id="date-cluster",
        title="clustered by date",
        family="many events",
        subject="events",
        null=_MEAN_ZERO,
        formula="mean / se, se^2 = G / (G - 1) sum S_g S_h / N^2 over dates closer than the window "
        "is long, S_g the deviations from the mean summed over date g",
        distribution="Student t, one less than the dates that share no session",
        assumptions="pairs of dates further apart are independent",
        valid_when="many dates, any number of pairs on each, event-induced variance",
        fails_when=_FEW + "; one date holds most pairs",
        reference="Liang and Zeger (1986), Biometrika 73; Hansen and Hodrick (1980), J. Political "
        "Economy 88",
        run=_date_cluster,
    ),
    StatisticalTest(
        id="two-way-cluster",
        title="clustered by date and firm",
        family="many events",
        subject="events",
        null=_MEAN_ZERO,
        formula="mean / se, se^2 that by date plus that by firm less that by both",
        distribution="Student t, one less than the smaller number of clusters",
        assumptions="pairs that share neither date nor firm are independent",
        valid_when="many dates and many firms",
        fails_when="few dates or few firms; windows of neighbouring dates overlap",
        reference="Cameron, Gelbach and Miller (2011), J. Business and Economic Statistics 29",
        run=_two_way,
    ),
    StatisticalTest(
        id="wild-cluster",
        title="wild cluster bootstrap by date",
        family="many events",
        subject="events",
        null=_MEAN_ZERO,
        formula="rank of the clustered t among those of dates with redrawn signs, the null imposed",
        distribution="discrete: (1 + #{|t_b| >= |t|}) / (B + 1)",
        assumptions="dates are independent; symmetry by date",
        valid_when="5 to 50 dates",
        fails_when="fewer than 5 dates; windows of neighbouring dates overlap",
        reference="Cameron, Gelbach and Miller (2008), Review of Economics and Statistics 90; Webb "
        "(2023), Canadian J. Economics 56",
        run=_wild,
    ),
    StatisticalTest(
        id="date-bootstrap",
        title="bootstrap by date",
        family="many events",
        subject="events",
        null=_MEAN_ZERO,
        formula="clustered t among those of redrawn dates about the sample mean",
        distribution="discrete: twice the smaller tail of B redraws",
        assumptions="dates are independent and of one law",
        valid_when="skewed abnormal returns, 30 dates or more",
        fails_when=_FEW + "; windows of neighbouring dates overlap",
        reference="Efron and Tibshirani (1993), An Introduction to the Bootstrap, ch. 12",
        run=_bootstrap,
    ),
    StatisticalTest(
        id="date-portfolio",
        title="portfolio by date",
        family="many events",
        subject="events",
        null="the mean over dates of each date's mean abnormal return is zero",
        formula="mean(m_g) / se, m_g the mean of date g, overlapping windows' covariances counted",
        distribution="Student t, one less than the dates that share no session",
        assumptions="pairs of dates further apart are independent",
        valid_when="many dates of unequal size; the question is about dates, not about pairs",
        fails_when=_FEW,
        reference="Jaffe (1974), J. of Business 47; Brown and Warner (1985), J. Fin. Economics 14",
        run=_portfolio,
    ),
    StatisticalTest(
        id="calendar-portfolio",
        title="calendar-time portfolio of abnormal returns",
        family="many events",
        subject="events",
        null="the portfolio that holds each pair during its window earns no abnormal return",
        formula="mean(A_t) / se, A_t the held pairs' mean abnormal return, se of Newey and West",
        distribution="Student t, T - 1 degrees of freedom",
        assumptions="the portfolio's abnormal returns are stationary",
        valid_when="overlapping windows of any length; many sessions",
        fails_when="few sessions; the number of pairs held varies much, as sessions weigh alike",
        reference="Jaffe (1974), J. Business 47; Mandelker (1974), J. Financial Economics 1; Fama "
        "(1998), J. Financial Economics 49",
        run=None,
    ),
    StatisticalTest(
        id="calendar-portfolio-weighted",
        title="calendar-time portfolio, weighted",
        family="many events",
        subject="events",
        null="the weighted portfolio of the pairs in their windows earns no abnormal return",
        formula="as the calendar-time portfolio, pairs by their weights",
        distribution="Student t, T - 1 degrees of freedom",
        assumptions="the portfolio's abnormal returns are stationary",
        valid_when="weights are given; overlapping windows of any length",
        fails_when="few sessions; one pair carries the weight",
        reference="Fama (1998), J. Financial Economics 49",
        run=None,
    ),
    StatisticalTest(
        id="placebo-shift",
        title="placebo dates, all events shifted",
        family="many events",
        subject="events",
        null="the mean standardised CAR is a draw from its law when all events are moved back",
        formula="rank of |mean SCAR| among those with every event s sessions earlier",
        distribution="discrete: (1 + #{|T_b| >= |T_0|}) / (B + 1)",
        assumptions="the past of the pairs is like their present, variance included",
        valid_when="any overlap and correlation: the calendar of the sample is kept",
        fails_when="the event raises the variance; p below 1 / (B + 1) is asked",
        reference="Kothari and Warner (2007), Handbook of Corporate Finance 1; Phipson and Smyth "
        "(2010), Stat. Appl. in Genetics and Molecular Biology 9",
        run=None,
    ),
    StatisticalTest(
        id="weighted",
        title="weighted mean",
        family="many events",
        subject="events",
        null="the weighted mean abnormal return is zero",
        formula="sum(w x) / sum(w) over the root of the clustered variance of its terms",
        distribution="Student t, one less than the dates",
        assumptions="pairs of different dates are independent",
        valid_when="weights are given and many dates carry them",
        fails_when="few pairs carry most of the weight",
        reference="Liang and Zeger (1986), Biometrika 73",
        run=_weighted,
    ),
    StatisticalTest(
        id="group-difference",
        title="difference of two groups",
        family="many events",
        subject="events",
        null="two groups have the same mean abnormal return",
        formula="difference of means over the root of the clustered variance of its terms",
        distribution="Student t, one less than the dates of both",
        assumptions="pairs of different dates are independent",
        valid_when="many dates; groups may share dates, which then cancel",
        fails_when=_FEW,
        reference="Liang and Zeger (1986), Biometrika 73; Welch (1947), Biometrika 34",
        run=None,
    ),
)
