"""Tests of signs and modified ranks of many firms, which other programs print."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from analysis.inference.cross_section import sign_test
from analysis.inference.rank_tests import corrado_sign_test, modified_rank_test
from analysis.inference.registry import StatisticalTest

if TYPE_CHECKING:
    from analysis.inference.group import GroupSample
    from analysis.inference.outcome import Outcome
    from analysis.inference.registry import Settings


def _modified_rank(sample: GroupSample, _: Settings) -> Outcome:
    return modified_rank_test(sample.residuals, sample.ar)


def _corrado_sign(sample: GroupSample, _: Settings) -> Outcome:
    return corrado_sign_test(sample.residuals, sample.ar)


def _binomial_sign(sample: GroupSample, _: Settings) -> Outcome:
    return sign_test(sample.car[np.isfinite(sample.car)], 0.5, "binomial-sign")


TESTS: tuple[StatisticalTest, ...] = (
    StatisticalTest(
        id="modified-rank",
        title="Campbell-Wasley modified rank",
        family="many firms",
        subject="group",
        null="the window's abnormal returns have the median of other sessions",
        formula="sqrt(L) mean(D_event) / sqrt(mean(D_t^2)), D the daily mean rank over T_i + 1, "
        "times sqrt(N_t / N) where returns are missing",
        distribution="standard normal",
        assumptions="ranks of the window and of other sessions are alike under the null",
        valid_when="thinly traded firms with missing returns",
        fails_when="the event raises the variance; long windows",
        reference="Campbell and Wasley (1993), J. Financial Economics 33",
        run=_modified_rank,
    ),
    StatisticalTest(
        id="corrado-sign",
        title="Corrado-Zivney sign",
        family="many firms",
        subject="group",
        null="the window's abnormal returns have the median of other sessions",
        formula="sqrt(L) mean(G_event) / sqrt(mean(G_t^2)), G_t the mean sign of the distance from "
        "each pair's own median, times sqrt(N_t / N)",
        distribution="standard normal",
        assumptions="signs of the window and of other sessions are alike under the null",
        valid_when="skewed abnormal returns; short windows",
        fails_when="long windows (power falls)",
        reference="Corrado and Zivney (1992), J. Financial and Quantitative Analysis 27",
        run=_corrado_sign,
    ),
    StatisticalTest(
        id="binomial-sign",
        title="binomial sign",
        family="many firms",
        subject="group",
        null="CARs are positive half of the time",
        formula="(w - N / 2) / sqrt(N / 4), w positive CARs",
        distribution="standard normal",
        assumptions="pairs are independent; abnormal returns have median zero",
        valid_when="symmetric abnormal returns on scattered dates",
        fails_when="daily abnormal returns are skewed, as they are: their median is below zero",
        reference="Brown and Warner (1980), J. Financial Economics 8",
        run=_binomial_sign,
        assumes=frozenset({"independent firms"}),
    ),
)
