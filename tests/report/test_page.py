"""The page as text: self-contained, traceable, safe, and in step with the results."""

from __future__ import annotations

import csv
import html
import io
import json
import re
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest

from analysis.context.details import find_details
from analysis.figures.sample.path import fitting
from analysis.narrative import report_narrative
from analysis.overrides import Overrides, override
from analysis.prices.snapshot import load_snapshot
from analysis.report.cells import cite
from analysis.report.notes import Footnotes
from analysis.report.page import report_page
from analysis.results import Place
from analysis.run.study import run_study
from analysis.study import Event
from analysis.study_file import load_study
from analysis.tables.cells import Cell, label
from analysis.windows import Window

VOID = {"meta", "link", "br", "img", "input", "hr"}

pytestmark = pytest.mark.slow


class Page(HTMLParser):
    """Collects what the tests ask for, and the tags left open."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.open: list[str] = []
        self.texts: list[tuple[str, str]] = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, {k: v or "" for k, v in attrs}))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, {k: v or "" for k, v in attrs}))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open:
            self.texts.append((self.open[-1], data))

    def all(self, tag):
        return [attrs for name, attrs in self.tags if name == tag]


@pytest.fixture(scope="module")
def parsed(page):
    return Page(page)


def results_of(page: str) -> dict:
    """Read what the page's script reads."""
    inside = re.search(r'<script type="application/json" id="results">(.*?)</script>', page)
    return json.loads(inside[1])


KINDS = pytest.mark.parametrize("kind", ["files", "many_files"])


@KINDS
def test_the_page_is_one_sound_document(request, kind) -> None:
    parsed = Page(request.getfixturevalue(kind)["report.html"])
    assert parsed.open == []
    ids = [attrs["id"] for _, attrs in parsed.tags if "id" in attrs]
    assert len(ids) == len(set(ids))


def test_nothing_is_loaded_from_outside(parsed) -> None:
    for tag, attrs in parsed.tags:
        assert not attrs.get("src")
        for name in ("href", "xlink:href"):
            target = attrs.get(name, "")
            assert target.startswith("#") or not target or tag == "a"
    assert not parsed.all("iframe")
    policy = next(m["content"] for m in parsed.all("meta") if "http-equiv" in m)
    assert policy.startswith("default-src 'none'")


def test_every_reference_within_the_page_is_there(parsed) -> None:
    ids = {attrs["id"] for _, attrs in parsed.tags if "id" in attrs}
    for tag, attrs in parsed.tags:
        for name in ("href", "xlink:href"):
            if attrs.get(name, "").startswith("#"):
                assert attrs[name][1:] in ids, (tag, attrs[name])
        for clip in re.findall(r"url\(#([^)]*)\)", attrs.get("clip-path", "")):
            assert clip in ids


@KINDS
def test_numbers_name_the_line_that_holds_them(request, kind) -> None:
    """Each cited exact value is the value in that line and column of that file."""
    files = request.getfixturevalue(kind)
    results = results_of(files["report.html"])
    tables = {
        name: list(csv.DictReader(io.StringIO(text)))
        for name, text in files.items()
        if name.endswith(".csv")
    }
    cited = 0
    for table in results["tables"]:
        for row, values in enumerate(table["rows"]):
            for at, value in enumerate(values):
                place = place_of(table, row, at)
                if not place or value is None:
                    continue
                cited += 1
                name, line, column = re.fullmatch(r"(\S+), line (\d+), (\S+)", place).groups()
                stored = tables[name][int(line) - 2][column]
                if column == "symbols_valued":
                    stored = str(len(stored.split()))
                try:
                    assert float(value) == pytest.approx(float(stored), rel=1e-12)
                except ValueError:
                    assert value == (stored or value)
    assert cited > 400


def place_of(table, row: int, at: int) -> str:
    """Name the place of a value as the page's script does."""
    odd = table.get("odd", {}).get(f"{row},{at}")
    column = table["columns"][at]
    if odd or len(column) < 5:
        return odd or ""
    lines = table["lines"]
    line = lines + row if isinstance(lines, int) else lines[row][column[3]]
    return f"{table['files'][column[3]]}, line {line}, {column[4]}" if line else ""


@KINDS
def test_footnotes_name_the_line_that_holds_their_numbers(request, kind) -> None:
    files = request.getfixturevalue(kind)
    text = html.unescape(files["report.html"])
    notes = re.findall(r"<span>([^:]*): (\S+\.csv), line (\d+), (\w+)</span>", text)
    assert len(notes) >= 7
    for number, name, line, column in notes:
        rows = list(csv.DictReader(io.StringIO(files[name])))
        stored = float(rows[int(line) - 2][column])
        digits = re.search(r"\d[\d,]*(?:\.\d+)?", number)[0].replace(",", "")
        scale = 100 if "%" in number else 1e-9 if re.search(r"bn|billion", number) else 1
        if "%" not in number and abs(stored) > 1e5:
            scale = 1e-9
        half = 0.5 * 10 ** -len(digits.partition(".")[2])
        if "<" in number:
            assert stored < float(digits)
        elif "≤" in number:
            assert stored <= float(digits) + 1e-12
        else:
            assert abs(abs(stored * scale) - float(digits)) <= half * 1.0001


def test_the_same_results_give_the_same_bytes(details, page) -> None:
    assert report_page(details) == page


def test_figures_carry_their_finding_as_alternative_text(page, parsed) -> None:
    drawings = [attrs for attrs in parsed.all("svg") if attrs.get("role") == "img"]
    assert len(drawings) == 2 * len(parsed.all("figure")) >= 28
    titles = re.findall(r"<svg[^>]*><title id=[^>]*>([^<]*)</title><desc[^>]*>([^<]*)</desc>", page)
    assert len(titles) == len(drawings)
    assert all(len(finding) > 20 and detail for finding, detail in titles)


def test_colours_of_figures_are_the_pages_own(page) -> None:
    for drawing in re.findall(r"<svg.*?</svg>", page, re.DOTALL):
        assert not re.findall(r"#[0-9a-f]{6}\b", drawing), "a colour that dark mode cannot change"


def test_the_narrative_is_short_and_follows_the_results(details, null_details) -> None:
    told = " ".join(report_narrative(details))
    assert 120 <= len(told.split()) <= 420
    null = " ".join(report_narrative(null_details))
    assert "not more than chance explains" in null
    assert told != null


def test_a_null_result_reads_as_one(null_details) -> None:
    text = report_page(null_details)
    assert "none of them is significant" in text
    assert "more than chance explains:" not in text
    assert "<title>Nothing out of the ordinary for NVIDIA on 26 December 2024</title>" in text


def test_a_single_firm_without_groups(single_details) -> None:
    text = report_page(single_details)
    assert "firms together" not in text
    assert "<li>firms: needs two firms</li>" in text
    assert "Only this firm was asked about." in text
    assert 'id="groups"' not in text


def test_an_event_on_the_last_session() -> None:
    study = override(
        load_study(),
        Overrides(
            events=("sell-off",),
            symbols=("MSFT", "AAPL"),
            models=("market",),
            benchmarks=("RSP",),
            windows=(Window(0, 0),),
        ),
    )
    data = load_snapshot()
    last = data.levels[["MSFT", "AAPL", "RSP"]].dropna().index[-1].date()
    study = replace(study, events=(replace(study.events[0], when=last),))
    text = report_page(find_details(run_study(study, data), data))
    assert "volatility: needs 20 sessions after the event, and the data have 0" in text
    assert "The data end with that session" in text
    assert "was not back by" not in text


EVIL = "<script>alert(1)</script><img src=x onerror=alert(2)>\"'</title>"


def test_names_from_a_study_file_cannot_inject_markup() -> None:
    study = override(
        load_study(),
        Overrides(events=("sell-off",), symbols=("NVDA", "AMD"), models=("market",)),
    )
    event = study.events[0]
    study = replace(
        study,
        title=EVIL,
        events=(Event(id="sell-off", title=EVIL, when=event.when, source=EVIL),),
        groups=tuple(replace(group, title=EVIL) for group in study.groups),
    )
    data = load_snapshot()
    text = report_page(find_details(run_study(study, data), data))
    parsed = Page(text)
    assert [attrs.get("type") for attrs in parsed.all("script")] == ["application/json", None]
    assert not parsed.all("img")
    assert not [a for _, attrs in parsed.tags for a in attrs if a.startswith("on")]
    assert "&lt;script&gt;" in text


def test_marks_in_prose_escape_what_they_hold() -> None:
    notes = Footnotes()
    shown = str(notes.text(f"<i> {cite('<b>5</b>', Place(chr(34) + '><script>', 2, 'x'))}"))
    assert "<b>" not in shown
    assert "<script>" not in shown
    assert shown.startswith("&lt;i&gt; &lt;b&gt;5")


def test_only_web_addresses_become_links() -> None:
    assert label("javascript:alert(1)").href == ""
    assert label('https://a.example/"><script>').href == "https://a.example/"
    assert label("see https://a.example/x ; more").text == "see a.example ; more"


def test_a_cell_exports_its_exact_value() -> None:
    assert Cell("0.33", 1 / 3).exact == repr(1 / 3)
    assert Cell("-").exact == ""
    assert Cell("-", float("nan")).exact == ""


def test_a_short_history_leaves_the_curve_out() -> None:
    """A study may run on an estimation window of which the curve wants more sessions."""
    data = load_snapshot()
    position = data.levels.index.get_loc(pd.Timestamp("2025-01-27"))
    levels = data.levels.iloc[position - 56 :].copy()
    levels.iloc[10:22:2, levels.columns.get_loc("NVDA")] = np.nan  # leaves 39 of 51 returns
    data = replace(data, levels=levels)
    study = override(
        load_study(),
        Overrides(
            events=("sell-off",),
            symbols=("NVDA",),
            models=("market",),
            benchmarks=("RSP",),
            estimation=Window(-53, -3),
            windows=(Window(0, 0),),
        ),
    )
    study = replace(study, id="short", min_estimation=39)
    details = find_details(run_study(study, data), data)
    assert details.multiverse.leading is None
    text = report_page(details)
    assert "<li>specification-curve: the data allow none of its specifications</li>" in text
    assert "<li>placebo-dates: " in text
    assert "combinations of choices" not in text
    assert "degrees of freedom, p &lt; 0.0001" in text


def test_every_answer_about_many_events_is_that_of_the_results(many, many_page) -> None:
    told = results_of(many_page)["sample"]
    assert len(told["of"]) == len(told["answers"]) == told["groups"] + len(many.pairs)
    for at, window in enumerate(many.spec.windows):
        average = many.of("all", window)
        tiles, said = told["answers"][0][at]
        assert [value for _, value, _ in tiles] == [
            fitting(average.mean, average),
            fitting(average.median, average),
            f"{100 * average.positive:.0f} %",
        ]
        line = int(re.search(r"averages.csv, line (\d+)", said)[1])
        assert many.tidy.iloc[line - 2]["mean"] == average.mean
    rows = many.firm_events
    for place, answers in enumerate(told["answers"][told["groups"] :]):
        for at, (tiles, said) in enumerate(answers):
            row = rows.iloc[place * len(answers) + at]
            if np.isfinite(row["car"]):
                assert float(tiles[0][1].removesuffix(" %")) == pytest.approx(
                    100 * row["car"], abs=0.51
                )
                assert f"firm_events.csv, line {place * len(answers) + at + 2})" in said
            else:
                assert row["status"] in said


def test_a_page_of_many_events_names_no_symbol_at_its_top(many_page) -> None:
    top = re.sub(r"<script.*|<style.*?</style>", "", many_page, flags=re.DOTALL)
    top = top.partition('<h2 id="appendix">')[0]
    words = re.sub(r"<details.*?</details>|<[^>]*>", " ", top, flags=re.DOTALL)
    assert "the S&amp;P 500" in words
    assert "NVIDIA, " in words
    assert not re.search(r"\bSPY\b|\bNVDA\b|\d\.\.\d|\bCAR\b", words)
