"""Every sentence that a verdict can print, word by word."""

from __future__ import annotations

import pytest

from analysis.inference.outcome import Outcome, student
from analysis.results.verdict import family_text, firm_verdict, group_verdict, leading, stretch

NULL = "(null: the portfolio's scaled residual is exchangeable with those of other dates)"


def group(scaled=(0.001, 2000), garch=0.004, plain=0.002, t=-4.0, volatile=0.01) -> list[Outcome]:
    return [
        Outcome("placebo-scaled", -5.0, scaled[0], draws=scaled[1]),
        Outcome("portfolio-garch", -4.0, garch),
        Outcome("placebo-mean", -3.0, plain, draws=2000),
        Outcome("placebo-volatile", -0.1, volatile, draws=500),
        student("portfolio", t, 248),
        Outcome("kp", -1.0, 0.6, df=1),
    ]


SAME = "GARCH-t on the portfolio p = {}, placebo dates, mean SCAR p = {} among 2,000"
STRETCH = (
    "for such a {} to be chance the day's standard deviation would have to be {} times the "
    "ordinary (among the most volatile quarter of dates p = 0.0100)"
)
SCALED = "placebo dates, volatility-scaled portfolio p = {} among 2,000"


def joined(*parts: str) -> str:
    return "; ".join(parts)


CASES = {
    "clear fall, small group": (
        group(),
        {"mean": -0.1, "down": 2, "firms": 2},
        True,
        joined(
            f"a fall beyond the group's ordinary days at 5%: {SCALED.format('0.0010')} {NULL}",
            SAME.format("0.0040", "0.0020") + " say the same",
            STRETCH.format("fall", "2.0"),
            "2 of 2 firms fell",
        ),
    ),
    "clear gain, large group": (
        group(t=4.0),
        {"mean": 0.1, "down": 3, "firms": 26},
        True,
        joined(
            f"a rise beyond the group's ordinary days at 5%: {SCALED.format('0.0010')} {NULL}",
            SAME.format("0.0040", "0.0020") + " say the same",
            STRETCH.format("rise", "2.0"),
            "23 of 26 firms rose",
        ),
    ),
    "null": (
        group((0.4, 2000), 0.5, 0.6, -0.7),
        {"mean": -0.01, "down": 14, "firms": 26},
        False,
        joined(
            f"within the group's ordinary days at 5%: {SCALED.format('0.4000')} {NULL}",
            SAME.format("0.5000", "0.6000") + " say the same",
            "14 of 26 firms fell",
        ),
    ),
    "tests disagree": (
        group((0.03, 2000), 0.2, 0.01, -2.5),
        {"mean": -0.03, "down": 3, "firms": 4},
        True,
        joined(
            f"a fall beyond the group's ordinary days at 5%: {SCALED.format('0.0300')} {NULL}",
            "placebo dates, mean SCAR p = 0.0100 among 2,000 says the same",
            "the tests disagree: GARCH-t on the portfolio p = 0.2000 does not",
            STRETCH.format("fall", "1.3"),
            "3 of 4 firms fell",
        ),
    ),
    "too few dates": (
        group((1 / 16, 15), 0.004, None),
        {"mean": -0.1, "down": 2, "firms": 2},
        True,
        joined(
            "a fall beyond the group's ordinary days at 5%: GARCH-t on the portfolio p = 0.0040 "
            "(null: the portfolio's return is a draw from its conditional law of that day)",
            "15 other dates are too few to rank among",
            STRETCH.format("fall", "2.0"),
            "2 of 2 firms fell",
        ),
    ),
    "no test": (
        [Outcome.missing("portfolio", "none")],
        {"mean": -0.1, "down": 1, "firms": 2},
        None,
        "no verdict at 5%: no test of the group's mean",
    ),
}


@pytest.mark.parametrize("case", list(CASES))
def test_a_group(case: str) -> None:
    outcomes, facts, significant, said = CASES[case]
    verdict = group_verdict(outcomes, **facts)
    assert (verdict.significant, verdict.text) == (significant, said)


def test_how_evenly_the_firms_were_hit_has_no_vote() -> None:
    """Tests of the firms' spread at any p leave the verdict to the letter."""
    facts = {"mean": -0.1, "down": 2, "firms": 2}
    spread = [Outcome(test, -9.0, p) for test in ("grank-t", "placebo-bmp") for p in (0.9, 1e-9)]
    assert group_verdict([*group(), *spread], **facts) == group_verdict(group(), **facts)


FIRM_NULL = (
    "null: the event's abnormal return, in units of its forecast volatility, is a draw from its "
    "law on other dates"
)


@pytest.mark.parametrize(
    ("scaled", "plain", "significant", "said"),
    [
        (0.002, 0.003, True, "more than chance explains"),
        (0.200, 0.300, False, "not more than chance explains"),
        (0.040, 0.100, None, "on which the tests disagree"),
    ],
)
def test_a_firm(scaled, plain, significant, said) -> None:
    outcomes = [
        Outcome("placebo-ewma", -7.0, scaled, draws=2000),
        Outcome("placebo", -5.6, plain, draws=2000),
        student("t", -5.6, 248),
    ]
    verdict = firm_verdict(outcomes)
    assert verdict.significant is significant
    assert verdict.text == (
        f"{said} (placebo dates, volatility-scaled p = {scaled:.4f} among 2,000, placebo dates p = "
        f"{plain:.4f} among 2,000; {FIRM_NULL})"
    )


def test_a_firm_without_dates_goes_by_student_and_without_a_test_is_untested() -> None:
    few = Outcome("placebo", -5.6, 1 / 15, draws=14)
    assert firm_verdict([few, student("t", -5.6, 248)]).text == (
        "more than chance explains (t with exact prediction error p < 0.0001, which takes errors "
        "for normal; null: the abnormal return of the window is zero)"
    )
    none = Outcome.missing("t", "the model has no covariance")
    assert firm_verdict([none]).text == "untested, for the model has no covariance"
    assert firm_verdict([none]).significant is None


def test_a_rank_leads_only_where_it_can_reject() -> None:
    sq = Outcome("sq", -0.1, 0.0488, draws=40)
    coarse = Outcome("sq", -0.1, 0.0645, draws=30)
    assert leading([sq], ("sq",), 0.05) is sq
    assert leading([coarse], ("sq",), 0.05) is None


def test_k_is_t_over_its_critical_value() -> None:
    # t(248) at 97.5 %: 1.96957 by R 4.3, qt(0.975, 248)
    assert stretch(student("portfolio", -4.7, 248), 0.95) == pytest.approx(4.7 / 1.96957, abs=1e-4)
    assert stretch(Outcome.missing("portfolio", "none"), 0.95) is None


def test_the_family() -> None:
    assert family_text(0.0012, 8, 0.95) == "among 8 at once (Romano-Wolf) p = 0.0012"
    assert family_text(0.08, 8, 0.95) == "among 8 at once (Romano-Wolf) p = 0.0800, above 5 %"
    assert not family_text(None, 8, 0.95)
