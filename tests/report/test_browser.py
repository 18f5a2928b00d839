"""The page in a real browser: quiet, sortable, exportable, accessible, without overflow."""

from __future__ import annotations

import csv
import io
import shutil

import pytest

from analysis.report.page import report_page

playwright = pytest.importorskip("playwright.sync_api", reason="needs the package playwright")

CHROMIUM = shutil.which("chromium")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium: apt-get install chromium"),
]
ARGS = [
    *("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"),
    *("--disable-component-update", "--no-first-run", "--disable-quic"),
]


@pytest.fixture(scope="module")
def address(details, tmp_path_factory) -> str:
    path = tmp_path_factory.mktemp("report") / "report.html"
    path.write_text(report_page(details))
    return path.as_uri()


@pytest.fixture(scope="module")
def browser():
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=CHROMIUM, args=ARGS)
        yield browser
        browser.close()


@pytest.fixture
def opened(browser, address):
    """Open the page and keep what it says and asks for."""
    said: list[str] = []
    asked: list[str] = []
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(address)
    yield page, said, asked
    context.close()


def test_it_loads_in_silence(opened, address) -> None:
    page, said, asked = opened
    assert said == []
    assert asked == [address]
    assert page.locator("h1").count() == 1
    headings = page.locator("h2").all_inner_texts()
    assert headings[:2] == ["Figures", "What the press said"]
    assert {"Tables", "Method", "Data and provenance"} <= set(headings)
    shown = page.locator("figure svg[role=img]")
    assert shown.count() >= 14
    for place in range(shown.count()):
        box = shown.nth(place).bounding_box()
        assert box is not None
        assert box["height"] > 150


def test_a_click_sorts_and_another_turns_it(opened) -> None:
    page, said, _ = opened
    values = "rows => rows.map(r => Number(r.cells[5].dataset.v))"
    button = page.locator("#firms th button", has_text="abnormal")
    button.click()
    rising = page.eval_on_selector_all("#firms tbody tr", values)
    assert rising == sorted(rising)
    button.click()
    falling = page.eval_on_selector_all("#firms tbody tr", values)
    assert falling == sorted(rising, reverse=True)
    assert page.locator("#firms th[aria-sort=descending]").count() == 1
    assert said == []


def test_csv_holds_the_exact_values(opened, details) -> None:
    page, said, _ = opened
    with page.expect_download() as waiting:
        page.locator(".table:has(#firms) .csv").click()
    assert waiting.value.suggested_filename == "firms.csv"
    text = waiting.value.path().read_text()
    rows = {row["firm"]: row for row in csv.DictReader(io.StringIO(text))}
    head = details.result.headline
    assert float(rows["NVDA"]["abnormal"]) == details.result.headline_window.car
    assert set(rows) == set(details.result.study.symbols)
    assert head.symbol in rows
    assert said == []


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_runs_over_the_edge(browser, address, width, scheme) -> None:
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
    page = context.new_page()
    page.goto(address)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    beyond = page.evaluate(
        """() => [...document.querySelectorAll('main > *, header > *, figure > *')]
            .filter(e => e.getBoundingClientRect().right > innerWidth + 1)
            .map(e => e.outerHTML.slice(0, 80))"""
    )
    assert beyond == []
    dark = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (dark == "rgb(20, 23, 26)") == (scheme == "dark")
    context.close()


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(browser, address, scheme) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="needs axe")
    context = browser.new_context(color_scheme=scheme)
    page = context.new_page()
    page.goto(address)
    page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true; })")
    found = axe.Axe().run(page).response["violations"]
    grave = [v["id"] for v in found if v["impact"] in {"serious", "critical"}]
    assert grave == [], found
    context.close()


def test_it_reads_without_javascript(browser, address) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(address)
    assert page.locator("#firms tbody tr").count() > 3
    assert page.locator(".csv:visible").count() == 0
    assert page.locator("#firms th").first.inner_text() == "firm"
    context.close()


def test_it_prints_on_white_with_all_figures(browser, address) -> None:
    context = browser.new_context(color_scheme="dark")
    page = context.new_page()
    page.goto(address)
    page.emulate_media(media="print")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.locator("nav:visible").count() == 0
    assert len(page.pdf()) > 50_000
    context.close()
