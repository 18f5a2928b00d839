"""Text and LaTeX tables."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from analysis.overrides import Overrides, override
from analysis.run.study import run_study
from analysis.tables.latex import latex_table
from analysis.tables.render import WIDTH
from analysis.tables.summary import summary_text

if TYPE_CHECKING:
    from analysis.results import StudyResult


def test_the_bundled_study_has_every_table(full: StudyResult) -> None:
    text = summary_text(full)
    for head in ("EVENTS", "HEADLINE NVDA", "WINDOWS of NVDA", "DATES: NVDA", "FIRMS,", "GROUPS,"):
        assert f"\n{head}" in text
    assert "r1-release  2025-01-20  2025-01-21  DeepSeek-R1 released" in text
    assert (
        "* market           SPY-ex     2.10  -16.97       -0.33  -16.64  -22.49 .. -10.79" in text
    )
    assert "  market           SPY        2.67  -16.97       -3.59  -13.37" in text
    assert text.endswith("after the event.\n")


def test_the_notes_say_what_the_dollars_and_the_benchmark_rest_on(full: StudyResult) -> None:
    text = " ".join(summary_text(full).split())
    assert "NVDA 24.4770 bn of 2025-01-26 (balance sheet (10-K FY2025)) at 142.62;" in text
    assert "META 2.5337 bn of 2025-01-24 (cover (10-K): A 2,189,898,148 + B 343,761,117)" in text
    assert "NVDA at 6.27 % of 2025-01-24 6.27 -0.37 2.16 -16.42" in text
    assert (
        "only bounded: the abnormal part is USD billion 581 without NVDA, 612 without AVGO too"
        in text
    )
    assert "would have had to return -0.94 % by itself, not -0.29 %" in text
    assert "2025-01-28 US President announces coming tariffs" in text


def test_every_firm_without_dollars_is_named_once(full: StudyResult) -> None:
    """The firms with a dash in the table are those that the notes name; others with their count."""
    old = {"share-count-too-old:2024-05-06": ["SMCI"], "no-share-count": ["TSM", "VRT"]}
    unvalued = {symbol: flag for flag, symbols in old.items() for symbol in symbols}
    shares = {s: count for s, count in full.shares.items() if s not in unvalued}
    notes = " ".join(
        summary_text(replace(full, unvalued=unvalued, shares=shares)).split("NOTES")[1].split()
    )
    assert (
        "No figure in money for SMCI: its nearest share count is of 2024-05-06, too far from the "
        "event." in notes
    )
    assert "No figure in money for TSM, VRT: no share count is at hand." in notes
    assert "NVDA 24.4770 bn" in notes
    assert "SMCI 0." not in notes


def test_the_bundled_study_gives_every_firm_dollars_and_says_of_which_count(full) -> None:
    notes = " ".join(summary_text(full).split("NOTES")[1].split())
    assert not full.unvalued
    for symbol in full.study.symbols:
        count = full.shares[symbol]
        assert f"{symbol} {count.shares / 1e9:,.4f} bn of {count.as_of} (" in notes
    assert "No figure in money" not in notes
    everyone = next(g for g in full.groups if g.group == "all")
    assert len(everyone.valued) == 26


def test_one_firm_and_one_event_need_fewer_tables(small: StudyResult) -> None:
    text = summary_text(small)
    assert "FIRMS" not in text
    assert "DATES" not in text
    assert "All firms" not in text


def test_p_is_never_printed_as_zero(full: StudyResult) -> None:
    assert " 0.0000 " not in summary_text(full)
    assert "0.0000" not in latex_table(full).replace("<$0.0001", "")


def test_fewer_estimation_sessions_are_said(study, snapshot) -> None:
    levels = snapshot.levels.copy()
    levels.loc["2024-06-03", "AMD"] = float("nan")
    two = override(
        study, Overrides(events=("sell-off",), symbols=("NVDA", "AMD"), models=("market",))
    )
    result = run_study(two, replace(snapshot, levels=levels))
    assert "Fewer estimation sessions than 250: AMD 248." in summary_text(result)
    amd = result.firm("sell-off", "AMD", "market", "SPY")
    assert amd.n_estimation == 248
    assert "estimation:248/250" in amd.windows[0].flags
    assert result.firm("sell-off", "NVDA", "market", "SPY").n_estimation == 250
    group = next(g for g in result.groups if g.group == "accelerators")
    assert (group.n_estimation, "estimation:248/250" in group.flags) == (248, True)


def test_notes_keep_to_the_width(full: StudyResult) -> None:
    notes = summary_text(full).split("NOTES")[1].splitlines()
    assert max(map(len, notes)) <= WIDTH


@pytest.mark.parametrize(
    ("symbol", "escaped"),
    [
        ("BRK_B", r"BRK\_B"),
        ("^GSPC", r"\textasciicircum{}GSPC"),
        ("A&B", r"A\&B"),
        ("X~Y", r"X\textasciitilde{}Y"),
        ("X\\Y", r"X\textbackslash{}Y"),
    ],
)
def test_latex_escapes_what_latex_reads(small: StudyResult, symbol: str, escaped: str) -> None:
    firms = tuple(replace(firm, symbol=symbol) for firm in small.firms)
    assert f"& {escaped} &" in latex_table(replace(small, firms=firms))


def test_latex_has_one_row_a_result(small: StudyResult) -> None:
    text = latex_table(small)
    assert text.startswith(r"\begin{tabular}{llllll")
    assert text.count(r"\\") == 1 + len(small.tidy)
    assert "$<$0.0001" in text
    head = text.splitlines()[2]
    assert head.count("&") == text.splitlines()[4].count("&")
