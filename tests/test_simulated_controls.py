"""The simulation of controls, and the table that it left in the documents."""

from __future__ import annotations

import importlib.util
import sys

import numpy as np
import pytest

from analysis.models.catalog import MODELS

NAMES = ["market", *(name for name, spec in MODELS.items() if spec.uses_donors)]


@pytest.fixture(scope="module")
def script(root):
    path = root / "scripts" / "simulate_controls.py"
    spec = importlib.util.spec_from_file_location("simulate_controls", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules["simulate_controls"] = module
    spec.loader.exec_module(module)
    yield module
    del sys.modules["simulate_controls"]


@pytest.fixture(scope="module")
def table(root, script):
    """Rows of the page by design and model."""
    text = (root / "docs" / "counterfactuals.md").read_text(encoding="utf-8")
    block = text.split(script.BEGIN)[1].split(script.END)[0].strip().splitlines()[2:]
    rows = [[cell.strip() for cell in line.strip("| ").split("|")] for line in block]
    return {(row[0], row[1].strip("`")): row[2:] for row in rows}


def test_the_page_has_every_model_in_every_design(table, script):
    assert list(table) == [(design.name, name) for design in script.DESIGNS for name in NAMES]
    assert int(table["calm, 250 sessions", "synthetic"][0].replace(",", "")) == script.DRAWS


def test_what_the_page_says_of_bias_and_size_is_in_its_table(table):
    for (design, name), row in table.items():
        draws, mean, error = int(row[0].replace(",", "")), float(row[1]), float(row[2])
        if "style" not in design or name == "market":
            assert abs(mean) < 3.5 * error + 0.005  # rounded
        else:
            assert mean < -1
        three = 300 * np.sqrt(0.05 * 0.95 / draws)
        if "calm" in design and row[5]:
            assert abs(float(row[5]) - 5) < three + 1
        if "volatile" in design:
            assert float(row[4]) > 40


def test_the_market_of_the_simulation_is_what_its_text_says(script):
    rng = np.random.default_rng(3)
    design = script.Design("long", 20_000)
    y, x, index = script.market(rng, design, 12)
    assert np.polyfit(index, y, 1)[0] == pytest.approx(1.6, abs=0.05)
    assert y[:-1].std() == pytest.approx(np.hypot(0.016, 0.02), rel=0.03)
    assert all(0.3 < np.polyfit(index, column, 1)[0] < 1.7 for column in x.T)
    moved = script.market(np.random.default_rng(3), script.Design("long", 20_000, shock=0.04), 12)
    assert moved[0][-1] == y[-1]
    assert ((moved[1] - x)[-1] >= 0.02).all()
    assert not (moved[1] - x)[:-1].any()


def test_the_same_draws_give_the_same_table(script):
    design = script.Design("short", 60)
    one, two = (script.simulate(design, firms=25, most=2) for _ in range(2))
    assert one.keys() == set(NAMES)
    assert [tally.gaps for tally in one.values()] == [tally.gaps for tally in two.values()]
    assert script.rank(np.array([0.1, 0.2, 0.3]), -0.25) == 0.5
