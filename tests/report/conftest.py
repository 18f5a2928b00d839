"""Reports made once for all tests of the room."""

from __future__ import annotations

import pytest

from analysis.context.details import Details, find_details
from analysis.overrides import Overrides, override
from analysis.prices.snapshot import load_snapshot
from analysis.run.study import run_study
from analysis.study_file import load_study
from analysis.windows import Window


def details_of(**choices) -> Details:
    study = override(load_study(), Overrides(**choices))
    data = load_snapshot()
    return find_details(run_study(study, data), data)


@pytest.fixture(scope="session")
def details() -> Details:
    """The sell-off with a few firms and models, so that it is quick."""
    return details_of(
        events=("r1-release", "sell-off"),
        symbols=("NVDA", "AMD", "AVGO", "MU", "TSM", "AAPL", "MSFT"),
        models=("market", "ff3"),
    )


@pytest.fixture(scope="session")
def null_details() -> Details:
    """An event of which nothing is seen."""
    return details_of(events=("v3-release",), symbols=("NVDA", "AMD", "MU"), models=("market",))


@pytest.fixture(scope="session")
def single_details() -> Details:
    """One firm, no group to speak of, one window."""
    return details_of(
        events=("sell-off",), symbols=("NVDA",), models=("market",), windows=(Window(0, 0),)
    )
