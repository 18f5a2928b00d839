"""Parts of the page: smaller drawings, marks, columns, colours, texts for scripts."""

from __future__ import annotations

import io
import re

import numpy as np
import pandas as pd
import pytest

from analysis.errors import StudyError
from analysis.figures.style import DARK, LIGHT
from analysis.report.hot import frame_of, hot_points
from analysis.report.page import asset, write_page
from analysis.report.payload import as_json, column_kind
from analysis.report.sample_picker import SampleAnswer
from analysis.report.shrink import shrink
from analysis.report.social import check_url, image_address
from analysis.report.svg import Sheet
from analysis.report.tables import detail_table
from analysis.tables.cells import Column
from analysis.tables.file import TidyFile

NUMBER = r"-?(?:\d+\.?\d*|\.\d+)(?:e-?\d+)?"


def places(path: str) -> list[tuple[float, float]]:
    """Follow a path of straight lines, absolute or in steps, to the points that it meets."""
    met: list[tuple[float, float]] = []
    at = (0.0, 0.0)
    for command, numbers in re.findall(rf"([MLlz])((?:\s*{NUMBER})*)", path):
        values = [float(number) for number in re.findall(NUMBER, numbers)]
        for x, y in zip(values[::2], values[1::2], strict=True):
            at = (at[0] + x, at[1] + y) if command == "l" else (x, y)
            met.append(at)
    return met


@pytest.fixture(scope="module")
def drawn():
    figure, axes = LIGHT.figure(3)
    rng = np.random.default_rng(5)
    axes.plot(np.arange(200), np.cumsum(rng.standard_normal(200)))
    axes.plot([3, 90], [0.5, -2.0], "o")
    buffer = io.BytesIO()
    with LIGHT.applied():
        figure.get_layout_engine().execute(figure)
        figure.set_layout_engine(None)
        figure.savefig(buffer, format="svg")
    return figure, buffer.getvalue().decode()


def test_no_point_of_a_path_moves_by_more_than_a_twentieth(drawn) -> None:
    _, text = drawn
    small = shrink(text, "x")
    before = [places(path) for path in re.findall(r'\bd="([^"]*)"', text) if "C" not in path]
    after = [places(path) for path in re.findall(r'\bd="([^"]*)"', small) if "C" not in path]
    assert len(small) < 0.7 * len(text)
    assert [len(path) for path in before] == [len(path) for path in after]
    assert max(map(len, before)) >= 190
    for old, new in zip(before, after, strict=True):
        assert np.allclose(old, new, atol=0.0501)


def test_what_is_referred_to_is_there_once(drawn) -> None:
    small = shrink(drawn[1], "x")
    ids = re.findall(r'\bid="([^"]*)"', small)
    named = set(re.findall(r'(?:href="#|url\(#)([^)"]*)[)"]', small))
    assert len(ids) == len(set(ids))
    assert named == set(ids)
    assert all(name.startswith("x") for name in ids)
    assert small.count("<g") == small.count("</g>")


def test_marks_lie_where_the_drawing_shows_them(drawn) -> None:
    figure, text = drawn
    uses = re.findall(rf'<use [^>]*x="({NUMBER})" y="({NUMBER})"', text)
    shown = {(float(x), float(y)) for x, y in uses}
    told = {p.text: (p.x, p.y) for p in hot_points(figure)}
    for text_of, value in (("3: 0.5", (3, 0.5)), ("90: −2", (90, -2.0))):
        x, y = told[text_of]
        assert min(abs(x - a) + abs(y - b) for a, b in shown) < 0.2, value
    frame = frame_of(figure)
    x0, x1, left, right = frame[:4]
    assert told["3: 0.5"][0] == pytest.approx(left + (3 - x0) / (x1 - x0) * (right - left), abs=0.1)


def test_json_cannot_end_its_element() -> None:
    text = as_json({"a": "</script><!--\u2028&"})
    assert "<" not in text
    assert "\u2028" not in text
    assert "&" not in text


@pytest.mark.parametrize(
    ("name", "kind"),
    [("abnormal", "returns"), ("USD bn from", "money"), ("p, placebo", "tests"), ("note", "more")],
)
def test_columns_are_sorted_into_sets(name: str, kind: str) -> None:
    assert column_kind(Column(name), 3, 1) == kind
    assert column_kind(Column(name), 0, 1) == "key"


def test_the_page_has_the_colours_of_the_figures() -> None:
    names = {"paper": "background", "rule": "grid", "accent": "accent", "plain": "plain"}
    names |= {"ink": "text", "gain": "gain"}
    light, dark, printed = re.findall(r":root \{(.*?)\}", asset("report.css"), re.DOTALL)
    for text, style in ((light, LIGHT), (dark, DARK)):
        shown = dict(re.findall(r"--(\w+): (#\w+)", text))
        assert {n: shown[n].lower() for n in names} == {
            n: getattr(style, field).lower() for n, field in names.items()
        }
    assert dict(re.findall(r"--(accent|plain|gain): (#\w+)", printed)) == {
        name: getattr(LIGHT, name) for name in ("accent", "plain", "gain")
    }


@pytest.mark.parametrize(
    ("column", "value", "text"),
    [
        ("overnight_p", 0.00002, "<0.0001"),
        ("volume_ratio", 5.5578, "5.56"),
        ("t_volume", 3.4576, "3.46"),
        ("vix_eve", 14.27, "14.27"),
        ("loss_usd", 5.89e11, "589.0 bn"),
        ("abnormal_return", -0.1664, "-16.64 %"),
    ],
)
def test_columns_are_written_in_their_units(column: str, value: float, text: str) -> None:
    file = TidyFile("x.csv", "X", lambda frame: frame)
    table = detail_table(pd.DataFrame({"firm": ["A"], column: [value]}), file)
    assert table.rows[0][1].text == text


@pytest.mark.parametrize(
    ("url", "image", "said"),
    [
        ("", "og.png", 0),
        ("https://example.org/nvda/report.html", "https://example.org/nvda/og.png", 1),
        ("https://example.org/nvda/", "https://example.org/nvda/og.png", 1),
        ('https://example.org/?"><script>', "https://example.org/og.png", 1),
    ],
)
def test_a_page_that_knows_its_address_gives_that_of_its_picture(url, image, said) -> None:
    assert image_address(url) == image
    words = dict.fromkeys(("finding", "headline", "standfirst", "description", "kicker"), "words")
    lists = dict.fromkeys(("sure", "story", "further", "statuses", "policies", "paragraphs"), ())
    page = write_page(
        *("sample.html", Sheet()),
        url=url,
        **words,
        **lists,
        **dict.fromkeys(("contents", "tables", "notes"), ()),
        **dict.fromkeys(("source", "data_name", "versions", "payload"), ""),
        answer=SampleAnswer((), ""),
    )
    head = page.partition("</head>")[0]
    assert f'<meta property="og:image" content="{image}">' in head
    assert head.count('<meta property="og:url"') == head.count('rel="canonical"') == said
    assert '"><script>' not in head


@pytest.mark.parametrize("url", ["example.org", "file:///page.html", "https://", "https://a\n.b"])
def test_an_address_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(StudyError, match="no address of a page"):
        check_url(url)
