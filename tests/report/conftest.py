"""Reports and a browser made once for all tests of the room."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import page_texts
import pytest

from analysis.report.files import report_files
from analysis.report.sample import sample_page
from analysis.sample.export import sample_files
from analysis.sample.file import load_sample
from analysis.sample.regression import explain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from analysis.context.details import Details
    from analysis.sample.result import SampleResult

ARGS = [
    *("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"),
    *("--disable-component-update", "--no-first-run", "--disable-quic"),
]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep the room on one worker: its pages, its studies and its browser are made once."""
    for item in items:
        if "tests/report/" in item.nodeid:
            item.add_marker(pytest.mark.xdist_group("report"))


@pytest.fixture(scope="session")
def details() -> Details:
    return page_texts.deepseek()


@pytest.fixture(scope="session")
def null_details() -> Details:
    return page_texts.null()


@pytest.fixture(scope="session")
def single_details() -> Details:
    return page_texts.single()


@pytest.fixture(scope="session")
def files(details: Details) -> dict[str, str | bytes]:
    """The folder of a report."""
    return report_files(details)


@pytest.fixture(scope="session")
def page(files: dict[str, str | bytes]) -> str:
    """A report's page."""
    return str(files["report.html"])


@pytest.fixture(scope="session")
def many() -> SampleResult:
    """A study of many firms' events."""
    return load_sample("largest-falls").run()


@pytest.fixture(scope="session")
def many_files(many: SampleResult) -> dict[str, str]:
    """Its files, and its page among them."""
    regressions = [explain(many, "car ~ fall")]
    return {
        "report.html": sample_page(many, regressions),
        **sample_files(many, regressions),
    }


@pytest.fixture(scope="session")
def many_page(many_files: dict[str, str]) -> str:
    """Its page."""
    return many_files["report.html"]


@pytest.fixture(scope="session")
def address(page: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The page as a browser opens it."""
    path = tmp_path_factory.mktemp("report") / "report.html"
    path.write_text(page, encoding="utf-8")
    return path.as_uri()


@pytest.fixture(scope="session")
def many_address(many_page: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The page of many events as a browser opens it."""
    path = tmp_path_factory.mktemp("many") / "report.html"
    path.write_text(many_page, encoding="utf-8")
    return path.as_uri()


@pytest.fixture(scope="session")
def browser() -> Iterator[object]:
    """Chromium."""
    playwright = pytest.importorskip("playwright.sync_api", reason="needs the package playwright")
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("needs Chromium: apt-get install chromium")
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=chromium, args=ARGS)
        yield browser
        browser.close()
