"""What every test may lean on."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import hypothesis
import pandas as pd
import pytest

from analysis.context.details import Details, find_details
from analysis.overrides import Overrides, override
from analysis.prices.snapshot import load_snapshot
from analysis.run.study import run_study
from analysis.study_file import load_study

if TYPE_CHECKING:
    from analysis.prices.market_data import MarketData
    from analysis.results import StudyResult
    from analysis.study import Study

# A busy machine fails no test, and the same tree is tested with the same examples every time; new
# ones are looked for on purpose: pytest --hypothesis-profile exploring.
hypothesis.settings.register_profile("steady", deadline=None, derandomize=True, database=None)
hypothesis.settings.register_profile("exploring", deadline=None, max_examples=2_000)
hypothesis.settings.load_profile("steady")

# Tables take the width of the terminal: that of whoever runs the tests, and what xdist tells its
# workers of it, decides no test.
for variable in ("COLUMNS", "LINES"):
    os.environ.pop(variable, None)

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def root() -> Path:
    """The checkout."""
    return ROOT


@pytest.fixture(scope="session")
def shared() -> Path:
    """Larger data that lie beside the checkout; tests that need them skip where they are absent."""
    folder = ROOT.parent / "shared"
    if not folder.is_dir():
        pytest.skip("needs the data folder ../shared, which does not lie beside this checkout")
    return folder


@pytest.fixture(scope="session")
def bundle(root: Path) -> Path:
    """The bundled data."""
    return root / "data"


@pytest.fixture(scope="session")
def levels_csv(bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bundled levels as a user would bring them: a wide CSV file, every digit kept."""
    path = tmp_path_factory.mktemp("levels") / "levels.csv"
    levels = pd.read_parquet(bundle / "prices/total_return_index.parquet")
    levels.to_csv(path, index=False, date_format="%Y-%m-%d")
    return path


@pytest.fixture(scope="session")
def snapshot() -> MarketData:
    """The bundled figures, loaded once."""
    return load_snapshot()


@pytest.fixture(scope="session")
def study() -> Study:
    """The bundled study."""
    return load_study("deepseek-2025")


@pytest.fixture(scope="session")
def small_study(study: Study) -> Study:
    """NVIDIA on the day of the sell-off, market model: quick to run."""
    return override(study, Overrides(events=("sell-off",), symbols=("NVDA",), models=("market",)))


@pytest.fixture(scope="session")
def full(study: Study, snapshot: MarketData) -> StudyResult:
    """The whole bundled study, run once."""
    return run_study(study, snapshot)


@pytest.fixture(scope="session")
def full_details(full: StudyResult, snapshot: MarketData) -> Details:
    """What surrounds the whole bundled study, computed once."""
    return find_details(full, snapshot)


@pytest.fixture(scope="session")
def small(small_study: Study, snapshot: MarketData) -> StudyResult:
    """The small study, run once."""
    return run_study(small_study, snapshot)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave what leans on the whole study to the slow tests, before the marks are read."""
    for item in items:
        if os.name == "nt" and item.get_closest_marker("posix"):
            item.add_marker(pytest.mark.skip(reason="needs pipes, signals or devices of POSIX"))
        if {"full", "full_details"} & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.slow)


ALLOWED_SKIPS = (
    "needs the data folder ../shared",
    "the long figures are not at hand",  # of that folder
    "may not mount a tmpfs here",
    "has no German locale",
)
"""In CI a test may be skipped for these reasons alone: a missing tool fails the run."""


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Remember what CI should have run and did not."""
    if not report.skipped or os.environ.get("MARKET_IMPACT_CI") is None:
        return
    reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    if not any(allowed in reason for allowed in ALLOWED_SKIPS):
        UNEXPECTED.append(f"{report.nodeid}: {reason}")


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail a run of CI that left something out; the workers of xdist leave it to their master."""
    if UNEXPECTED and not hasattr(session.config, "workerinput"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """List what was left out."""
    for line in UNEXPECTED:
        terminalreporter.write_line(f"SKIPPED, which CI must not: {line}", red=True)


UNEXPECTED: list[str] = []
