"""The catalogue of tests, and the command that shows it."""

from __future__ import annotations

import dataclasses
import inspect
import re
import sys

import numpy as np
import pytest
from click.testing import CliRunner

from analysis.abnormal import AbnormalPath
from analysis.cli import main
from analysis.errors import MarketImpactError
from analysis.inference import methods
from analysis.inference.catalog import TESTS, explain, find, listing, registered
from analysis.inference.firm import FirmSample
from analysis.inference.firm_battery import firm_battery
from analysis.inference.group import GroupSample
from analysis.inference.group_battery import group_battery
from analysis.inference.outcome import Outcome
from analysis.inference.page import methods_page
from analysis.inference.registry import Registry, Settings
from analysis.models.linear import LeastSquares


@pytest.mark.parametrize("method", TESTS.values(), ids=list(TESTS))
def test_every_test_says_all_there_is_to_know(method):
    for field in dataclasses.fields(method):
        value = getattr(method, field.name)
        assert not isinstance(value, str) or value.strip(), field.name
    assert any(digit in method.reference for digit in "0123456789")


def test_an_unknown_name_is_met_with_the_nearest():
    assert find("kp") is TESTS["kp"]
    with pytest.raises(MarketImpactError, match="did you mean 'patell'"):
        find("pattell")


TOY = """
from analysis.inference.outcome import Outcome
from analysis.inference.registry import StatisticalTest

TESTS = (
    StatisticalTest(
        id="toy-{subject}",
        title="Toy of a {subject}",
        family="other effects",
        subject="{subject}",
        null="the window has an even number of sessions",
        formula="L modulo 2",
        distribution="none",
        assumptions="none",
        valid_when="played with",
        fails_when="taken in earnest",
        reference="Toy (2025)",
        run=lambda sample, settings: Outcome("toy-{subject}", statistic=1.0, p=0.5),
    ),
)
"""


@pytest.mark.parametrize("subject", ["firm", "group"])
def test_a_test_is_added_by_one_file_and_then_stands_everywhere(subject, tmp_path, monkeypatch):
    (tmp_path / "toy.py").write_text(TOY.replace("{subject}", subject))
    monkeypatch.setattr(methods, "__path__", [*methods.__path__, str(tmp_path)])
    monkeypatch.delitem(sys.modules, "analysis.inference.methods.toy", raising=False)
    tests = registered()
    name = f"toy-{subject}"
    assert list(tests) == [*TESTS, name]
    assert f"{name}  " in listing(tests)
    assert "taken in earnest" in explain(name, tests)
    assert f"(`{name}`)" in methods_page(tests)
    if subject == "firm":
        rng = np.random.default_rng(1)
        x = rng.standard_normal((41, 1))
        fit = LeastSquares().fit(x[:40, 0] + rng.standard_normal(40), x[:40], ("m",))
        ahead = fit.predict(x[40:], gap=0)
        path = AbnormalPath(0, np.array([3.0]), ahead.expected, ahead.covariance)
        rows = (x[:40, 0], x[:40], np.array([3.0]), x[40:], ("m",))
        sample = FirmSample(LeastSquares(), fit, path, *rows)
        found = firm_battery(sample, Settings(draws=99), tests=tests)
    else:
        rng = np.random.default_rng(2)
        table = rng.standard_normal((50, 4))
        sample = GroupSample(
            residuals=table,
            leverage=np.zeros((50, 4)),
            sigma=np.ones(4),
            df=np.full(4, 48.0),
            ar=np.array([[1.0, 2.0, 0.5, 0.1]]),
            covariance=np.ones((4, 1, 1)),
        )
        found = group_battery(sample, Settings(draws=99), tests=tests)
    assert found[-1] == Outcome(name, statistic=1.0, p=0.5)
    monkeypatch.delitem(sys.modules, "analysis.inference.methods.toy", raising=False)


def test_a_module_without_tests_and_an_id_that_stands_twice_are_defects(tmp_path, monkeypatch):
    with pytest.raises(MarketImpactError, match="'kp' is registered twice"):
        TESTS.with_(TESTS["kp"])
    (tmp_path / "empty_toy.py").write_text("")
    monkeypatch.setattr(methods, "__path__", [*methods.__path__, str(tmp_path)])
    with pytest.raises(TypeError, match="has no TESTS"):
        registered()


def test_a_test_needs_a_function_unless_it_is_of_p_values():
    with pytest.raises(MarketImpactError, match="needs a function"):
        Registry(dataclasses.replace(TESTS["kp"], run=None))


@pytest.mark.parametrize("subject", ["firm", "group"])
def test_every_need_is_one_that_the_sample_knows(subject):
    """A need that no sample knows would be a KeyError in the midst of a battery."""
    known = inspect.getsource({"firm": FirmSample, "group": GroupSample}[subject])
    for test in TESTS.of(subject):
        for need in test.needs:
            assert f'"{need}": (' in known


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


def test_the_page_of_methods_has_each_test_under_its_family():
    sections = methods_page().split("## Tests: ")[1:]
    families = dict.fromkeys(test.family for test in TESTS.values())
    assert [section.partition("\n")[0] for section in sections] == list(families)
    for section, family in zip(sections, families, strict=True):
        told = re.findall(r"^### .*\(`([^`]+)`\)$", section, flags=re.MULTILINE)
        assert told == [test.id for test in TESTS.values() if test.family == family]
