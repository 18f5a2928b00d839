"""Every sentence that a verdict can print, word by word."""

from __future__ import annotations

from dataclasses import replace

import pytest

from analysis.inference.outcome import Outcome, student
from analysis.results.family import FirmFamily
from analysis.results.verdict import (
    family_count,
    family_method,
    family_text,
    firm_verdict,
    group_verdict,
    leading,
    small,
    stretch,
)

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
    on_it, below = (Outcome("placebo", -1.0, 0.3, draws=draws) for draws in (3, 2))
    assert leading([on_it], ("placebo",), 0.25) is on_it
    assert leading([below], ("placebo",), 0.25) is None


def test_k_is_t_over_its_critical_value() -> None:
    # t(248) at 97.5 %: 1.96957 by R 4.3, qt(0.975, 248)
    assert stretch(student("portfolio", -4.7, 248), 0.95) == pytest.approx(4.7 / 1.96957, abs=1e-4)
    assert stretch(Outcome.missing("portfolio", "none"), 0.95) is None


def test_the_family() -> None:
    assert family_text(0.0012, 8, 0.95) == "among 8 at once (Romano-Wolf) p = 0.0012"
    assert family_text(0.08, 8, 0.95) == "among 8 at once (Romano-Wolf) p = 0.0800, above 5 %"
    assert not family_text(None, 8, 0.95)


def firm_family(adjustment: str, size: int, fell: int, rose: int, p: bool = True) -> FirmFamily:
    names = tuple(f"F{k}" for k in range(size))
    tested = dict.fromkeys(names, 0.03) if p else {}
    return FirmFamily(adjustment, names, tested, names[:fell], names[fell : fell + rose], 99)


@pytest.mark.parametrize(
    ("size", "fell", "rose", "said"),
    [
        (1, 1, 0, "F0 fell by more than chance explains"),
        (1, 0, 1, "F0 rose by more than chance explains"),
        (1, 0, 0, "F0 did not move by more than chance explains"),
        (4, 0, 0, "none of 4 firms moved by more than chance explains"),
        (4, 2, 2, "2 of 4 firms fell and 2 rose by more than chance explains"),
        (4, 1, 2, "2 of 4 firms rose and 1 fell by more than chance explains"),
        (4, 3, 0, "3 of 4 firms fell by more than chance explains"),
        (4, 0, 3, "3 of 4 firms rose by more than chance explains"),
    ],
)
def test_how_many_firms_moved(size, fell, rose, said) -> None:
    assert family_count(firm_family("holm", size, fell, rose)) == said


def test_firms_without_a_test_are_not_counted() -> None:
    untested = firm_family("", 4, 0, 0, p=False)
    assert family_count(untested) == "no test of the 4 firms is at hand"
    assert family_method(untested) == ""
    assert untested.beyond == ()
    one = firm_family("", 1, 1, 0, p=False)
    assert family_count(one) == "F0 fell by more than chance explains"
    ranked = firm_family("romano-wolf", 4, 1, 0)
    assert family_method(ranked) == "all 4 asked at once (Romano-Wolf among 99 placebo dates)"
    none = replace(ranked, draws=None)
    assert family_method(none) == "all 4 asked at once (Romano-Wolf among 0 placebo dates)"


@pytest.mark.parametrize("level", [0.90, 0.95, 0.99])
def test_the_level_is_the_edge_of_every_verdict(level) -> None:
    """A p of 1 - level rejects, one a little above does not; so do tests beside the leading one."""
    alpha = 1 - level
    for p, beyond in ((alpha, True), (alpha + 1e-9, False)):
        assert firm_verdict([Outcome("t", -2.0, p)], level=level).significant is beyond
        scaled = Outcome("placebo-scaled", -2.0, p, draws=2000)
        found = group_verdict([scaled], mean=0.0, down=1, firms=3, level=level)
        assert found.significant is beyond
        assert "2 of 3 firms rose" in found.text  # a mean of nothing is no fall
        assert ("a rise beyond" in found.text) is beyond
        ranks = [
            Outcome("placebo-ewma", -2.0, p, draws=2000),
            Outcome("placebo", -2.0, p, draws=2000),
        ]
        assert firm_verdict(ranks, level=level).significant is beyond
        text = family_text(p, 3, level)
        assert ("above" in text) is not beyond


def test_the_usual_level_is_95_percent() -> None:
    for p, beyond in ((0.05, True), (0.0501, False)):
        assert firm_verdict([Outcome("t", -2.0, p)]).significant is beyond
        outcome = Outcome("placebo-scaled", -2.0, p, draws=2000)
        assert group_verdict([outcome], mean=-0.1, down=1, firms=2).significant is beyond


def test_a_student_p_under_a_thousandth_has_its_word_and_another_has_none() -> None:
    for p, there in ((0.0009, True), (0.001, False)):
        assert small(p) is there
        for test in ("t", "portfolio"):
            outcome = Outcome(test, -9.0, p)
            said = (
                firm_verdict([outcome])
                if test == "t"
                else group_verdict([outcome], mean=-0.1, down=2, firms=2)
            )
            assert ("which takes errors for normal" in said.text) is there
    assert "normal" not in firm_verdict([Outcome("garch-t", -9.0, 0.0001)]).text


def test_a_t_at_its_critical_value_or_below_stretches_nothing() -> None:
    for t, there in ((-1.96, False), (-1.98, True)):
        outcomes = [Outcome("placebo-scaled", t, 0.01, draws=2000), student("portfolio", t, 248)]
        said = group_verdict(outcomes, mean=-0.1, down=2, firms=2).text
        assert ("times the ordinary" in said) is there
        assert "volatile" not in said.partition("(null")[2]
    coarse = [o for o in group() if o.test != "placebo-volatile"]
    coarse.append(Outcome("placebo-volatile", -0.1, 0.2, draws=4))  # cannot reject: is not told
    assert "most volatile" not in group_verdict(coarse, mean=-0.1, down=2, firms=2).text


def test_tests_beside_that_reject_where_the_leading_one_does_not() -> None:
    facts = {"mean": -0.1, "down": 2, "firms": 2}
    two = group_verdict(group((0.2, 2000), 0.01, 0.02, -1.0), **facts).text
    assert "the tests disagree: GARCH-t on the portfolio p = 0.0100, placebo dates" in two
    assert "0.0200 among 2,000 reject" in two
    one = group_verdict(group((0.2, 2000), 0.01, 0.3, -1.0), **facts).text
    assert "the tests disagree: GARCH-t on the portfolio p = 0.0100 rejects" in one
    lost = group_verdict(group((0.01, 2000), 0.2, 0.3, -1.0), **facts).text
    assert "0.3000 among 2,000 do not" in lost


def test_why_the_rank_that_should_lead_does_not() -> None:
    facts = {"mean": -0.1, "down": 2, "firms": 2}
    said = group_verdict(
        [Outcome.missing("placebo-scaled", "the dates are few"), student("portfolio", -4.0, 248)],
        **facts,
    ).text
    assert "no rank among other dates: the dates are few" in said
    bare = group_verdict([student("portfolio", -4.0, 248)], **facts).text
    assert "other date" not in bare
    undrawn = Outcome("placebo-scaled", -4.0, None)
    assert (
        "0 other dates are too few"
        in group_verdict([undrawn, student("portfolio", -4.0, 248)], **facts).text
    )


def test_a_firm_whose_plain_rank_cannot_reject_is_not_held_against_it() -> None:
    scaled = Outcome("placebo-ewma", -7.0, 0.002, draws=2000)
    coarse = Outcome("placebo", -5.6, 0.2, draws=4)
    assert firm_verdict([scaled, coarse]).significant is True
    assert firm_verdict([Outcome("t", None, None)]).text == "untested"
    two = [Outcome.missing("t", "first"), Outcome.missing("sq", "second")]
    assert firm_verdict(two).text == "untested, for second"
