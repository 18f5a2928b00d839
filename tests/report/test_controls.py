"""Every control of a page by finger and by key alone, on a page of one event and of many."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Hand:
    """
    A reader's way of using a page.

    Attributes
    ----------
    page : playwright.sync_api.Page
    finger : bool
        Whether by touch, else by the keyboard.
    fold, table : str
        What holds a table that can be searched, and its id.
    """

    page: Any
    finger: bool
    fold: str
    table: str

    def use(self, target: Any) -> None:
        """Tap it, or go to it and press Enter."""
        if self.finger:
            target.tap()
        else:
            target.focus()
            self.page.keyboard.press("Enter")

    @property
    def box(self) -> Any:
        """The table with its bar."""
        return self.page.locator(f".table[data-table={self.table}]")


def contents(hand: Hand) -> None:
    """The contents lead to the parts of the page, and stay in sight."""
    hand.use(hand.page.locator("nav.contents a[href='#appendix']"))
    assert hand.page.evaluate("location.hash") == "#appendix"
    assert hand.page.locator("#appendix").evaluate(in_sight)
    assert hand.page.locator("nav.contents").evaluate(in_sight)


in_sight = (
    "e => { const r = e.getBoundingClientRect(); return r.top < innerHeight && r.bottom > 0; }"
)


def fold(hand: Hand) -> None:
    """A fold opens, closes and opens again."""
    summary = hand.page.locator(f"{hand.fold} > summary").first
    fold = summary.locator("..")
    for opened in (True, False, True):
        hand.use(summary)
        assert fold.evaluate("d => d.open") is opened


def sorting(hand: Hand) -> None:
    """The heads of a table sort it."""
    head = hand.box.locator("thead th").first
    hand.use(head.locator("button"))
    assert head.get_attribute("aria-sort") == "ascending"
    shown = hand.box.locator("tbody tr > :first-child").all_inner_texts()
    assert len(shown) > 7
    hand.use(head.locator("button"))
    assert head.get_attribute("aria-sort") == "descending"


def columns(hand: Hand) -> None:
    """A set of columns is chosen."""
    few = hand.box.locator("thead th:visible").count()
    hand.use(hand.box.locator("button[value=all]"))
    assert hand.box.locator("thead th:visible").count() > few
    hand.use(hand.box.locator("button[value=short]"))
    assert hand.box.locator("thead th:visible").count() == few


def search(hand: Hand) -> None:
    """What is typed leaves the rows that hold it, and says how many."""
    rows = hand.box.locator("tbody tr")
    wanted = rows.first.locator("> *").first.inner_text()
    if hand.finger:
        hand.box.locator("input").tap()
    else:
        hand.box.locator("input").focus()
    hand.page.keyboard.type(wanted)
    left = hand.box.locator("tbody tr:visible")
    assert 0 < left.count() <= rows.count()
    assert all(wanted.lower() in text.lower() for text in left.all_text_contents())
    assert f"{left.count()} of {rows.count()} rows" in hand.box.locator(".where").inner_text()
    for _ in wanted:
        hand.page.keyboard.press("Backspace")
    assert left.count() == rows.count()


def cell(hand: Hand) -> None:
    """A number names the line of the file in which it stands."""
    if hand.finger:
        hand.box.locator("tbody tr").first.locator("td.n:visible").first.tap()
    else:
        hand.box.locator("tbody [tabindex='0']").focus()
        for _ in range(9):
            hand.page.keyboard.press("ArrowRight")
    assert re.search(r"\.csv, line \d+, \w+", hand.box.locator(".where").inner_text())


def saving(hand: Hand) -> None:
    """Tables and drawings are saved."""
    with hand.page.expect_download() as waiting:
        hand.use(hand.box.locator("button.csv"))
    assert waiting.value.suggested_filename == f"{hand.table}.csv"
    figure = hand.page.locator("figure.story").first
    name = figure.get_attribute("data-figure")
    for words, kind in (("SVG", "svg"), ("PNG", "png"), ("Embed", "html")):
        with hand.page.expect_download() as waiting:
            hand.use(figure.locator(".tools button", has_text=words))
        assert waiting.value.suggested_filename == f"{name}.{kind}"


def footnote(hand: Hand) -> None:
    """A note opens its fold and leads to it, and back."""
    hand.use(hand.page.locator("#ref-1"))
    note = hand.page.locator("#note-1")
    assert note.is_visible()
    assert note.evaluate(in_sight)
    assert re.search(r"\.csv, line \d+, \w+", note.inner_text())
    hand.use(note.locator("a"))
    assert hand.page.locator("#ref-1").evaluate(in_sight)


def paragraph_link(hand: Hand) -> None:
    """A part's own link stands in the address."""
    hand.use(hand.page.locator("#sure a.anchor"))
    assert hand.page.evaluate("location.hash") == "#sure"


def drawing(hand: Hand) -> None:
    """A drawing tells its values."""
    box = hand.page.locator("figure.story .drawing:visible").nth(1)
    told = box.locator(".hot")
    if hand.finger:
        box.scroll_into_view_if_needed()
        spots = hand.page.evaluate(
            """name => { const [x, y] = PICTURES[name].slim[0];
                const svg = document.querySelector(`[data-figure="${name}"] .slim svg`);
                const r = svg.getBoundingClientRect(), b = svg.viewBox.baseVal;
                return [r.x + x / b.width * r.width, r.y + y / b.height * r.height]; }""",
            box.locator("..").locator("..").get_attribute("data-figure"),
        )
        hand.page.touchscreen.tap(*spots)
    else:
        box.focus()
        hand.page.keyboard.press("ArrowRight")
    assert told.is_visible()
    assert re.search(r"\d", told.inner_text())


def picker(hand: Hand) -> None:
    """Another choice rewrites tiles and sentence; a button leads back."""
    tiles, chosen = hand.page.locator(".tiles"), hand.page.locator("#chosen")
    before, said = tiles.inner_text(), chosen.inner_text()
    box = hand.page.locator("#picker select").last
    if hand.finger:
        box.tap()
        hand.page.keyboard.press("Escape")
        box.select_option(index=1)
    else:
        box.focus()
        hand.page.keyboard.press("ArrowDown")
    assert tiles.inner_text() != before
    assert chosen.inner_text() != said
    hand.use(hand.page.locator("#picker button"))
    assert tiles.inner_text() == before


CONTROLS: tuple[Callable[[Hand], None], ...] = (
    *(contents, fold, sorting, columns, search, cell, saving),
    *(footnote, paragraph_link, drawing, picker),
)


@pytest.mark.parametrize("finger", [True, False], ids=["finger", "key"])
@pytest.mark.parametrize(
    ("kind", "fold", "table"),
    [
        ("address", "#figure-specification-curve details", "specifications"),
        ("many_address", "#tables", "firm-events"),
    ],
    ids=["one event", "many events"],
)
def test_every_control(browser, request, kind, fold, table, finger) -> None:
    touch = {"has_touch": True, "is_mobile": True, "viewport": {"width": 390, "height": 800}}
    context = browser.new_context(**(touch if finger else {}), reduced_motion="reduce")
    page = context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(request.getfixturevalue(kind))
    for control in CONTROLS:
        control(Hand(page, finger, fold, table))
    assert said == []
    context.close()


def test_the_colours_are_those_that_the_reader_has_set(browser, address) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.goto(address)
    for scheme, ground in (("light", "rgb(255, 255, 255)"), ("dark", "rgb(20, 23, 26)")):
        page.emulate_media(color_scheme=scheme)
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == ground
    context.close()


def test_the_choice_of_a_single_event_is_marked_on_its_figure(browser, many, many_address) -> None:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.goto(many_address)
    spot = page.locator("figure[data-figure=forest] .wide .chosen-spot")
    mean = spot.bounding_box()
    groups = page.locator("#picker select").first
    label = groups.locator("optgroup option", has_text="NVIDIA").inner_text()
    groups.select_option(label=label)
    own = spot.bounding_box()
    assert own["y"] < mean["y"] - 20
    rows = many.firm_events
    line = rows[(rows["symbol"] == "NVDA") & (rows["window"] == str(many.spec.windows[0]))]
    said = page.locator("#chosen").inner_text()
    assert f"firm_events.csv, line {line.index[0] + 2})" in said
    value = page.locator(".tiles .value").first.inner_text()
    shown = float(value.replace("\u2212", "-").replace("\u00a0%", ""))
    assert shown == pytest.approx(100 * line["car"].iloc[0], abs=0.51)
    page.locator("#picker select").last.select_option(index=1)
    assert not spot.is_visible()
    context.close()
