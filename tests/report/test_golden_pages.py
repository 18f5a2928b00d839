"""What the pages of nine studies say, word for word; tests/golden/make_page_texts.py renews it."""

from __future__ import annotations

import re
from pathlib import Path

import page_texts
import pytest

PAGES = Path(__file__).parent.parent / "golden" / "pages"

pytestmark = pytest.mark.slow


def kept(name: str) -> str:
    return (PAGES / f"{name}.txt").read_text(encoding="utf-8")


def test_the_three_studies_that_other_tests_share(details, null_details, single_details) -> None:
    assert page_texts.page_texts(details) == kept("deepseek")
    assert page_texts.page_texts(null_details) == kept("null")
    assert page_texts.page_texts(single_details) == kept("single")


@pytest.mark.parametrize("name", page_texts.STUDIES)
def test_another_study(name: str) -> None:
    assert page_texts.page_texts(page_texts.STUDIES[name]()) == kept(name)


def test_many_events() -> None:
    assert page_texts.sample_texts() == kept("many-events")


@pytest.mark.parametrize("path", sorted(PAGES.glob("*.txt")), ids=lambda path: path.stem)
def test_a_reader_needs_no_key(path: Path) -> None:
    """Neither windows nor ids of benchmarks nor names of tests stand at the top of a page."""
    top = path.read_text(encoding="utf-8").split("event-path:")[0]
    assert not re.search(r"\d\.\.\d|-ex\b|BMP|Mkt-RF|Romano|placebo|\bCAR\b", top)
    assert "None" not in top
    assert "nan" not in top
