"""The page in a real browser: quiet, sortable, exportable, accessible, without overflow."""

from __future__ import annotations

import csv
import io
import json
import re

import pytest

pytestmark = pytest.mark.slow


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
    assert said == []
    assert all(url == address or url.startswith(("blob:", "data:")) for url in asked)


def unfold(page, fold: str) -> None:
    page.locator(f"details#{fold} > summary").click()


def test_it_loads_in_silence_and_is_short(opened, address) -> None:
    page, said, asked = opened
    assert said == []
    assert asked == [address]
    assert page.locator("h1").count() == 1
    headings = [text.rstrip(" #") for text in page.locator("h2").all_inner_texts()]
    assert headings[0] == "How sure are we?"
    assert {"What the press said", "Appendix"} <= set(headings)
    assert page.locator(".sure dl > div").count() == 4
    assert page.locator("figure.story").count() in {6, 7}
    shown = page.locator("figure.story .wide svg")
    for place in range(shown.count()):
        assert shown.nth(place).bounding_box()["height"] > 150
    assert page.evaluate("document.documentElement.scrollHeight") <= 7000


def test_a_click_sorts_and_another_turns_it(opened) -> None:
    page, _, _ = opened
    unfold(page, "tables")
    button = page.locator("#firms th button", has_text="abnormal")
    shown = "rows => rows.map(r => parseFloat(r.cells[5].textContent.replace('\\u2212', '-')))"
    button.click()
    rising = page.eval_on_selector_all("#firms tbody tr", shown)
    assert rising == sorted(rising)
    button.click()
    falling = page.eval_on_selector_all("#firms tbody tr", shown)
    assert falling == sorted(rising, reverse=True)
    assert page.locator("#firms th[aria-sort=descending]").count() == 1


def test_a_number_names_its_place_by_tap_and_by_key(opened, details) -> None:
    page, _, _ = opened
    unfold(page, "tables")
    box = page.locator(".table[data-table=firms]")
    row = box.locator("tbody tr", has=page.locator("th", has_text=re.compile("^NVDA$|NVIDIA")))
    row.locator("td").nth(4).click()
    result = details.result
    place = result.place(result.headline, result.study.headline.window, "car")
    assert str(place) in box.locator(".where").inner_text()
    first = box.locator("tbody th[tabindex='0']")
    first.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    assert "results.csv, line" in box.locator(".where").inner_text()


def test_csv_holds_the_exact_values(opened, details) -> None:
    page, _, _ = opened
    unfold(page, "tables")
    with page.expect_download() as waiting:
        page.locator(".table[data-table=firms] .csv").click()
    assert waiting.value.suggested_filename == "firms.csv"
    text = waiting.value.path().read_text()
    rows = {row["firm"]: row for row in csv.DictReader(io.StringIO(text))}
    head = details.result.headline
    assert float(rows[head.symbol]["abnormal"]) == details.result.headline_window.car
    assert set(rows) == set(details.result.study.symbols)


def test_every_button_of_a_figure_saves_by_key(opened) -> None:
    page, _, _ = opened
    figure = page.locator("figure[data-figure=specification-curve]")
    saved = []
    for words in ("SVG", "PNG", "CSV", "Embed"):
        with page.expect_download() as waiting:
            figure.locator("button", has_text=words).focus()
            page.keyboard.press("Enter")
        saved.append(waiting.value.suggested_filename)
    assert saved == [f"specification-curve.{kind}" for kind in ("svg", "png", "csv", "html")]
    assert "var(--paper)" in waiting.value.path().read_text()


def test_a_set_of_columns_is_chosen_by_key(opened) -> None:
    page, _, _ = opened
    unfold(page, "tables")
    box = page.locator(".table[data-table=firms]")

    def columns() -> int:
        return sum(one.is_visible() for one in box.locator("thead th").all())

    few = columns()
    box.locator("button[value=all]").focus()
    page.keyboard.press("Enter")
    assert box.locator("button[value=all]").get_attribute("aria-pressed") == "true"
    assert columns() > few
    box.locator("button[value=short]").focus()
    page.keyboard.press("Space")
    assert columns() == few


def test_the_script_writes_numbers_as_the_program_does(opened) -> None:
    """A table built by the script reads as the same cells written in Python."""
    page, _, _ = opened
    page.locator("#figure-specification-curve details > summary").click()
    shown = page.eval_on_selector_all(
        "#specifications tbody tr", "rows => rows.map(r => [...r.cells].map(c => c.textContent))"
    )
    payload = json.loads(page.locator("#results").text_content())
    table = next(one for one in payload["tables"] if one["id"] == "specifications")
    from analysis.report.payload import FORMATS
    from analysis.report.words import typeset

    assert len(shown) == len(table["rows"]) > 60
    for texts, values in zip(shown, table["rows"], strict=True):
        for text, value, how in zip(texts, values, table["formats"], strict=True):
            if isinstance(how, str) and how in FORMATS and value is not None:
                assert text == typeset(FORMATS[how](value))


def test_the_search_leaves_what_was_asked_for(opened) -> None:
    page, _, _ = opened
    page.locator("#figure-specification-curve details > summary").click()
    page.locator(".table[data-table=specifications] input").fill("ff3")
    seen = page.eval_on_selector_all(
        "#specifications tbody tr", "rows => rows.filter(r => !r.hidden).map(r => r.textContent)"
    )
    assert seen
    assert all("ff3" in text for text in seen)


def test_the_reader_can_choose_otherwise(opened, details) -> None:
    """Tiles, sentence and the mark on the curve follow the choice, by keyboard alone."""
    page, _, _ = opened
    result = details.result
    before = page.locator("[data-tile=abnormal] .value").inner_text()
    page.locator("#picker select").nth(0).focus()
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowDown")
    chosen = page.locator("#picker select").nth(1).input_value()
    assert chosen != result.study.headline.model
    after = page.locator("[data-tile=abnormal] .value").inner_text()
    assert after != before
    other = next(f for f in result.headline_models if f.model == chosen)
    window = other.at(result.study.headline.window)
    assert after.replace("\u2212", "-").replace("\u00a0", " ") == f"{100 * window.car:.1f} %"
    said = page.locator("#chosen").inner_text()
    assert f"results.csv, line {result.place(other, window.window, 'car').line}" in said
    spot = page.locator("figure[data-figure=specification-curve] .wide .chosen-spot")
    assert not spot.is_visible(), "factors ask another question than the curve"
    page.locator("#picker button").click()
    assert page.locator("[data-tile=abnormal] .value").inner_text() == before
    page.locator("#picker select").nth(2).focus()
    page.keyboard.press("ArrowDown")
    third = details.multiverse.leading.points
    ranks = [p.benchmark for p in third]
    assert page.locator("#picker select").nth(2).evaluate("s => s.selectedOptions[0].text") == (
        "equally weighted S&P 500"
    )
    assert "RSP" in ranks
    moved = middle_of(spot)
    page.keyboard.press("ArrowUp")
    own = middle_of(spot)
    assert abs(own[0] - moved[0]) > 5
    accents = page.eval_on_selector_all(
        "figure[data-figure=specification-curve] .wide svg use",
        """uses => uses.filter(u => getComputedStyle(u).fill === 'rgb(191, 82, 0)')
            .map(u => u.getBoundingClientRect())
            .map(r => [r.x + r.width / 2, r.y + r.height / 2])""",
    )
    assert min(abs(own[0] - x) + abs(own[1] - y) for x, y in accents) < 3


def middle_of(locator) -> tuple[float, float]:
    box = locator.bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def test_a_drawing_tells_its_values_to_pointer_key_and_finger(browser, opened, address) -> None:
    page, _, _ = opened
    drawing = page.locator("#figure-cumulative-abnormal .wide")
    drawing.scroll_into_view_if_needed()
    drawing.focus()
    page.keyboard.press("ArrowRight")
    told = drawing.locator(".hot")
    assert told.inner_text().startswith("\u221210: ")
    page.keyboard.press("Escape")
    assert not told.is_visible()
    context = browser.new_context(
        viewport={"width": 390, "height": 800}, has_touch=True, is_mobile=True
    )
    phone = context.new_page()
    phone.goto(address)
    slim = phone.locator("#figure-cumulative-abnormal .slim")
    slim.scroll_into_view_if_needed()
    box = slim.locator("svg").bounding_box()
    phone.touchscreen.tap(box["x"] + box["width"] * 0.5, box["y"] + box["height"] * 0.4)
    assert slim.locator(".hot").inner_text()
    context.close()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("kind", ["address", "many_address"])
def test_nothing_runs_over_the_edge_or_over_another(browser, request, kind, theme) -> None:
    context = browser.new_context(color_scheme=theme)
    page = context.new_page()
    page.goto(request.getfixturevalue(kind))
    page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true; })")
    for width in (1280, 768, 390, 360):
        page.set_viewport_size({"width": width, "height": 900})
        stays_in_its_place(page, width)
    context.close()


def stays_in_its_place(page, width: int) -> None:
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    beyond = page.evaluate(
        """() => [...document.querySelectorAll('main *, header *')]
            .filter(e => !e.closest('.scroll') && !e.closest('svg') && !e.closest('.skip'))
            .filter(e => e.getClientRects().length)
            .filter(e => e.getBoundingClientRect().right > innerWidth + 1)
            .map(e => e.outerHTML.slice(0, 80))"""
    )
    assert beyond == []
    clipped = page.evaluate(
        """() => [...document.querySelectorAll('figure svg')].filter(s => s.clientWidth)
            .flatMap(s => { const b = s.getBoundingClientRect();
                return [...s.querySelectorAll('text, use, path')].filter(t => {
                    const r = t.getBoundingClientRect();
                    return !t.closest('defs, clipPath') && !t.closest('[clip-path]')
                        && !t.hasAttribute('clip-path') && r.width
                        && (r.right > b.right + 2 || r.left < b.left - 2
                            || r.bottom > b.bottom + 2 || r.top < b.top - 2);
                }).map(t => s.dataset.name + ': ' + t.outerHTML.slice(0, 60)); })"""
    )
    assert clipped == []
    over = page.evaluate(
        """() => { const found = [];
            for (const kind of ['.tiles', '.cards', '.sure dl', '#picker', 'main'])
                for (const box of document.querySelectorAll(kind)) {
                    const rects = [...box.children].map(e => e.getBoundingClientRect())
                        .filter(r => r.width && r.height);
                    rects.forEach((a, i) => rects.slice(i + 1).forEach(b => {
                        if (Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1
                            && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 1)
                            found.push(kind); }));
                }
            return found; }"""
    )
    assert over == []


def test_axe_finds_nothing(browser, address) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="needs axe")
    context = browser.new_context(color_scheme="light")
    page = context.new_page()
    page.goto(address)
    page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true; })")
    page.wait_for_function("!document.querySelector('.table:not(:has(.where))')")
    page.evaluate(
        "document.querySelectorAll('tbody tr:nth-child(n + 25)').forEach(row => row.remove())"
    )
    contrast = {"runOnly": ["color-contrast"]}
    for scheme, options, ground in (
        ("light", None, "rgb(255, 255, 255)"),
        ("dark", contrast, "rgb(20, 23, 26)"),
    ):
        page.emulate_media(color_scheme=scheme)
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == ground
        found = axe.Axe().run(page, options=options).response["violations"]
        assert [(v["id"], [n["html"][:120] for n in v["nodes"][:3]]) for v in found] == []
    context.close()


def test_it_reads_without_javascript(browser, address) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(address)
    assert page.locator("#firms tbody tr").count() > 3
    assert page.locator("#firms th").first.text_content() == "firm"
    assert page.locator("button:visible, select:visible, input:visible").count() == 0
    assert "lost" in page.locator("h1").inner_text()
    assert page.locator(".sure dl > div").count() == 4
    assert page.locator("details:not([open])").count() == 0
    assert page.locator("p.nojs:visible", has_text="specifications.csv beside").count() == 1
    context.close()


def test_it_prints_on_few_white_pages(browser, address) -> None:
    context = browser.new_context(color_scheme="dark")
    page = context.new_page()
    page.goto(address)
    page.emulate_media(media="print")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.locator("nav:visible, button:visible, select:visible").count() == 0
    printed = page.pdf(prefer_css_page_size=True)
    assert len(printed) > 50_000
    assert 3 <= len(re.findall(rb"/Type\s*/Page\b(?!s)", printed)) <= 10
    context.close()
