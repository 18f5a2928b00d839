"""Jumps in a user's levels: refused by name, unless the study says that they were real."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from analysis.errors import DataError, StudyError
from analysis.overrides import Overrides
from analysis.run.jumps import check_jumps
from analysis.run.study import run_study
from analysis.study_file import dump_study, load_study, parse_study


@pytest.fixture
def asked(tmp_path):
    choices = Overrides(
        events="sell-off", symbols="NVDA", models="market", benchmarks="SPY",
        data=str(tmp_path / "levels.csv"),
    )  # fmt: skip
    return load_study("deepseek-2025", choices)


def scaled(data, symbol, before, factor):
    levels = data.levels.copy()
    levels.loc[levels.index < before, symbol] *= factor
    return replace(data, name="levels.csv", levels=levels)


@pytest.mark.parametrize("factor", [10, 1 / 10, 3.5, 1 / 3.5])
@pytest.mark.parametrize("symbol", ["NVDA", "SPY"])
def test_a_missed_split_is_refused_by_name(asked, snapshot, symbol, factor):
    split = scaled(snapshot, symbol, "2024-06-10", factor)
    with pytest.raises(
        DataError, match=rf"levels\.csv: {symbol} on 2024-06-10 is .* times"
    ) as caught:
        run_study(asked, split)
    assert f'allow_jump = ["{symbol} 2024-06-10"]' in str(caught.value)


def test_one_bad_bar_is_two_jumps(asked, snapshot):
    levels = snapshot.levels.copy()
    levels.loc["2024-06-10", "NVDA"] *= 100
    with pytest.raises(DataError, match=r"2024-06-10 .*\(and 1 more such move\)|1 more such moves"):
        check_jumps(asked, replace(snapshot, levels=levels))


@pytest.mark.parametrize("ratio", [3.0, 1 / 3.0])
def test_threefold_is_allowed_and_one_jump_is_told_alone(asked, snapshot, ratio):
    """The bundled levels of one firm in place of which a level jumps by just threefold."""
    before = snapshot.levels.index < "2024-06-10"
    flat = snapshot.levels.assign(NVDA=np.where(before, 1.0, ratio))
    check_jumps(asked, replace(snapshot, levels=flat))
    more = snapshot.levels.assign(NVDA=np.where(before, 1.0, 3.01))
    with pytest.raises(DataError, match=r"3\.01 times the level before; is a split"):
        check_jumps(asked, replace(snapshot, levels=more))


def test_a_move_that_was_real_is_allowed_by_symbol_and_session(asked, snapshot):
    moved = scaled(snapshot, "NVDA", "2024-06-10", 1 / 4)
    allowing = replace(asked, allow_jump=("NVDA 2024-06-10",))
    run_study(allowing, moved)
    assert parse_study(dump_study(allowing)).allow_jump == ("NVDA 2024-06-10",)
    with pytest.raises(DataError, match="NVDA on 2024-06-10"):
        check_jumps(replace(asked, allow_jump=("NVDA 2024-06-11", "AMD 2024-06-10")), moved)
    with pytest.raises(StudyError, match="allow_jump holds 'NVDA'; write a symbol and its session"):
        check_jumps(replace(asked, allow_jump=("NVDA",)), moved)


def test_large_moves_and_strangers_are_no_jumps(asked, snapshot):
    check_jumps(asked, scaled(snapshot, "NVDA", "2024-06-10", 2.5))
    check_jumps(asked, scaled(snapshot, "QQQ", "2024-06-10", 100))  # not asked for
    check_jumps(replace(asked, data="snapshot"), scaled(snapshot, "NVDA", "2024-06-10", 10))


def test_a_jump_over_sessions_without_a_level_is_found(asked, snapshot):
    levels = scaled(snapshot, "NVDA", "2024-06-10", 10).levels
    levels.loc["2024-06-06":"2024-06-12", "NVDA"] = np.nan
    with pytest.raises(DataError, match="NVDA on 2024-06-13"):
        check_jumps(asked, replace(snapshot, levels=levels))
