"""Every drawing of every kind of study can be read: nothing meets, nothing is cut or too pale."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from dataclasses import replace

import pytest
from figure_checks import contrast, faults, pale
from matplotlib.colors import to_rgba

from analysis.figures.export import drawers, render
from analysis.figures.sample import exposure
from analysis.figures.sample.files import SAMPLE_FIGURES
from analysis.figures.style import DARK, LIGHT, sized, texts_of
from analysis.sample.file import load_sample
from analysis.sample.regression import explain

LARGEST = 100_000
"""Bytes of a drawing."""

SVG = "{http://www.w3.org/2000/svg}"


@pytest.mark.slow
def test_no_words_meet_or_leave_a_drawing_and_all_can_be_seen(kind_details) -> None:
    for name, draw in drawers(kind_details.result, kind_details).items():
        for width in ("narrow", "column", "wide"):
            style = replace(sized(LIGHT, width), titled=False)
            figure = draw(style)
            assert faults(figure, style) == [], (name, width)
            if width == "column":
                assert pale(figure, style) == [], name
        dark = replace(DARK, titled=False)
        assert pale(draw(dark), dark) == [], name


@pytest.mark.slow
@pytest.mark.parametrize("name", ["largest-falls", "nvda-results-2016-2025"])
def test_so_of_many_events(name: str) -> None:
    study = load_sample(name)
    result = study.run()
    fits = [explain(result, formula) for formula in study.explain]
    ready = [(f.name, f.draw, result) for f in SAMPLE_FIGURES if not f.reason(result)]
    ready += [("exposure", exposure.draw, fit) for fit in fits if exposure.terms(fit)]
    for figure_name, draw, source in ready:
        for width in ("narrow", "column", "wide"):
            style = replace(sized(LIGHT, width), titled=False)
            figure = draw(source, style)
            assert faults(figure, style) == [], (figure_name, width)
            assert len(render(figure, "svg", style)) < LARGEST
        for style in (LIGHT, DARK):
            assert pale(draw(source, style), style) == [], figure_name


@pytest.mark.slow
def test_drawings_hold_text_a_title_a_description_and_few_bytes(full_details) -> None:
    for name, draw in drawers(full_details.result, full_details).items():
        for width in ("narrow", "column"):
            style = replace(sized(LIGHT, width), titled=False)
            figure = draw(style)
            drawing = render(figure, "svg", style)
            assert len(drawing) < LARGEST, (name, width)
            tree = ET.fromstring(drawing)
            assert [tree[0].tag, tree[1].tag] == [f"{SVG}title", f"{SVG}desc"]
            assert (tree[0].text, tree[1].text) == texts_of(figure)
            words = [" ".join(text.itertext()) for text in tree.iter(f"{SVG}text")]
            for axes in figure.axes:
                for line in axes.get_ylabel().splitlines():
                    assert line in words, (name, line)


def test_letters_of_a_pdf_are_its_own(small) -> None:
    figure = drawers(small)["placebo-dates"](LIGHT)
    assert b"/FontFile2" in render(figure, "pdf", LIGHT)  # TrueType, which can be searched


def test_the_measures_see_what_is_wrong() -> None:
    figure, axes = LIGHT.figure(3)
    axes.text(0.5, 0.5, "one", color=LIGHT.grid)
    axes.text(0.5, 0.5, "two")
    axes.text(1.5, 0.5, "away")
    axes.plot([0, 1], [0, 1], color=LIGHT.accent, alpha=0.3)
    said = faults(figure, LIGHT)
    assert "'one' and 'two' overlap" in said
    assert any("leaves the figure" in text for text in said)
    assert len(pale(figure, LIGHT)) == 2


@pytest.mark.parametrize("style", [LIGHT, DARK], ids=["light", "dark"])
def test_words_can_be_read_in_every_colour_of_marks(style) -> None:
    for colour in (style.text, style.faint, style.accent, style.plain, style.gain):
        assert contrast(to_rgba(colour), style.background) >= 4.5, colour
    assert contrast((0.0, 0.0, 0.0), "#ffffff") == pytest.approx(21)


def test_the_page_has_the_colours_that_were_measured(root) -> None:
    rules = (root / "analysis/report/templates/report.css").read_text()
    for style in (LIGHT, DARK):
        for name in ("accent", "plain", "gain"):
            assert f"--{name}: {getattr(style, name)};" in rules
