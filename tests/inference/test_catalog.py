"""The catalogue of tests, and the command that shows it."""

from __future__ import annotations

import dataclasses

import pytest
from click.testing import CliRunner

from analysis.cli import main
from analysis.errors import MarketImpactError
from analysis.inference.catalog import TESTS, explain
from analysis.inference.group_battery import INDEPENDENT, ROBUST
from analysis.inference.outcome import Outcome


@pytest.mark.parametrize("method", TESTS.values(), ids=list(TESTS))
def test_every_test_says_all_there_is_to_know(method):
    for field in dataclasses.fields(method):
        assert getattr(method, field.name).strip(), field.name
    assert any(digit in method.reference for digit in "0123456789")


def test_every_test_of_the_battery_is_in_the_catalogue():
    assert {*ROBUST, *INDEPENDENT} <= set(TESTS)


def test_an_outcome_knows_its_method():
    assert Outcome("kp", statistic=1.0, p=0.3).method is TESTS["kp"]
    with pytest.raises(MarketImpactError, match="did you mean 'patell'"):
        _ = Outcome("pattell").method


def test_the_command_lists_every_test():
    result = CliRunner().invoke(main, ["tests"])
    assert result.exit_code == 0
    for method in TESTS.values():
        assert method.id in result.stdout
        assert method.title in result.stdout


@pytest.mark.parametrize("name", list(TESTS))
def test_the_command_explains_every_test(name):
    result = CliRunner().invoke(main, ["tests", "--explain", name])
    assert result.exit_code == 0
    assert result.stdout == explain(name) + "\n"
    for words in ("null", "assumes", "valid when", "fails when", "source"):
        assert words in result.stdout


def test_an_unknown_test_names_the_nearest_and_exits_2():
    result = CliRunner().invoke(main, ["tests", "--explain", "grankt"])
    assert result.exit_code == 2
    assert "did you mean 'grank-t'?" in result.stderr
    assert not result.stdout
