"""The adjustments of p-values for many tests."""

from __future__ import annotations

from analysis.inference.registry import StatisticalTest

TESTS: tuple[StatisticalTest, ...] = (
    StatisticalTest(
        id="romano-wolf",
        title="Romano-Wolf step-down",
        family="multiplicity",
        subject="p-values",
        null="every one of the hypotheses not yet rejected holds",
        formula="(1 + #{max_{l >= j} |t_l^b| >= |t_j|}) / (B + 1), made monotone",
        distribution="placebo dates that keep the correlation between the statistics",
        assumptions="dates are exchangeable; statistics are on one scale",
        valid_when="many firms or dates are asked about at once",
        fails_when="p below 1 / (B + 1) is asked; the event raises the variance",
        reference="Romano and Wolf (2005), Econometrica 73",
        run=None,
    ),
    StatisticalTest(
        id="holm",
        title="Holm",
        family="multiplicity",
        subject="p-values",
        null="every one of the hypotheses not yet rejected holds",
        formula="running maximum of (S - j + 1) p_(j)",
        distribution="valid p-values",
        assumptions="none on dependence",
        valid_when="any family of tests with p-values fine enough",
        fails_when="rank p-values: with 30 tests nothing is rejected below 599 placebo dates",
        reference="Holm (1979), Scandinavian Journal of Statistics 6",
        run=None,
    ),
    StatisticalTest(
        id="bh",
        title="Benjamini-Hochberg",
        family="multiplicity",
        subject="p-values",
        null="each hypothesis; the expected share of false rejections is controlled",
        formula="running minimum of (S / j) p_(j) from the largest",
        distribution="valid p-values",
        assumptions="independent or positively dependent one-sided statistics",
        valid_when="a list for further study is wanted",
        fails_when="dependence is negative, or two-sided statistics are correlated (use BY)",
        reference="Benjamini and Hochberg (1995), J. Royal Statistical Society B 57",
        run=None,
    ),
    StatisticalTest(
        id="by",
        title="Benjamini-Yekutieli",
        family="multiplicity",
        subject="p-values",
        null="each hypothesis; the expected share of false rejections is controlled",
        formula="Benjamini-Hochberg times 1 + 1/2 + ... + 1/S",
        distribution="valid p-values",
        assumptions="none on dependence",
        valid_when="a list for further study is wanted, whatever the dependence",
        fails_when="power is short: the harmonic sum is dear",
        reference="Benjamini and Yekutieli (2001), Annals of Statistics 29",
        run=None,
    ),
)
