"""Weighted medians and parts of a variance against plain definitions and statsmodels."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import statsmodels.formula.api as smf
from hypothesis import given
from hypothesis import strategies as st
from pandas import DataFrame

from analysis.context.curve_effects import TOGETHER, main_effects, middle_of

WEIGHTS = st.lists(st.floats(0.01, 1), min_size=1, max_size=9)


@given(WEIGHTS, st.randoms(use_true_random=False))
def test_half_of_the_weight_lies_on_each_side_of_the_median(weights, random) -> None:
    values = np.array([random.gauss(0, 1) for _ in weights])
    share = np.array(weights) / sum(weights)
    middle = middle_of(values[None, :], share)[0]
    assert share[values < middle].sum() <= 0.5 + 1e-9
    assert share[values <= middle].sum() >= 0.5 - 1e-9


def test_parts_are_means_over_all_orders_of_what_a_choice_adds() -> None:
    """Lindeman, Merenda and Gold by brute force, each fit by statsmodels; choices not crossed."""
    rng = np.random.default_rng(3)
    table = DataFrame(
        [(a, b, c) for a in "xyz" for b in "pq" for c in "st" if (a, b) != ("z", "q")],
        columns=["a", "b", "c"],
    )
    table["w"] = rng.uniform(0.5, 2, len(table))
    table["y"] = table["a"].map({"x": 0, "y": 1, "z": 3}) + rng.normal(0, 0.5, len(table))

    def explained(names: tuple[str, ...]) -> float:
        formula = "y ~ " + (" + ".join(f"C({name})" for name in names) or "1")
        return smf.wls(formula, table, weights=table["w"]).fit().rsquared

    orders = list(itertools.permutations("abc"))
    parts = dict.fromkeys("abc", 0.0)
    for order in orders:
        for place, name in enumerate(order):
            gain = explained(order[: place + 1]) - explained(order[:place])
            parts[name] += gain / len(orders)
    weights = (table["w"] / table["w"].sum()).to_numpy()
    labels = {name: table[name].tolist() for name in "abc"}
    found = main_effects(table["y"].to_numpy(), weights, labels)
    for name in "abc":
        assert found[name] == pytest.approx(parts[name], abs=1e-10)
    assert found[TOGETHER] == pytest.approx(1 - sum(parts.values()), abs=1e-10)
    assert list(found)[:-1] == sorted("abc", key=lambda name: -parts[name])


def test_answers_that_do_not_differ_have_no_parts() -> None:
    labels = {"model": list("aabb")}
    assert main_effects(np.full(4, -0.2), np.full(4, 0.25), labels) == {}
    noise = -0.2 * (1 + 1e-14 * np.array([1, 1, -1, -1]))
    assert main_effects(noise, np.full(4, 0.25), labels) == {}


def test_parts_do_not_depend_on_the_unit_of_the_answers() -> None:
    values = np.array([1.0, 1.2, 3.0, 3.1])
    labels = {"model": list("aabb"), "gap": list("5151")}
    whole = main_effects(values, np.full(4, 0.25), labels)
    for unit in (1e-20, 1e12):
        assert main_effects(unit * values, np.full(4, 0.25), labels) == pytest.approx(whole)


def test_half_but_for_rounding_is_half() -> None:
    for off, middle in ((1e-12, 1.0), (3e-12, 2.0)):
        weights = np.array([0.5 - off, 0.5 + off])
        assert middle_of(np.array([[1.0, 2.0]]), weights)[0] == middle


def test_what_only_two_choices_together_explain() -> None:
    """Exclusive or: neither choice alone explains anything."""
    labels = {"model": list("aabb"), "gap": list("5151")}
    found = main_effects(np.array([0.0, 1.0, 1.0, 0.0]), np.full(4, 0.25), labels)
    assert found[TOGETHER] == pytest.approx(1)


def test_a_choice_that_was_never_made_otherwise_has_no_part_and_noughts_have_none() -> None:
    values, weights = np.array([1.0, 1.2, 3.0, 3.1]), np.full(4, 0.25)
    found = main_effects(values, weights, {"model": list("aabb"), "gap": list("5555")})
    assert list(found) == ["model", TOGETHER]
    assert main_effects(np.zeros(4), weights, {"model": list("aabb")}) == {}
