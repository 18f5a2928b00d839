"""Formulas of the documents are set at build time, as curves, without a network."""

from __future__ import annotations

import importlib.util
import re
import sys
import xml.etree.ElementTree as ET

import pytest


@pytest.fixture(scope="module")
def formulas(root):
    path = root / "scripts" / "formulas.py"
    spec = importlib.util.spec_from_file_location("formulas", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules["formulas"] = module
    spec.loader.exec_module(module)
    return module


def test_every_formula_of_the_page_is_drawn(formulas, root):
    text = (root / "docs" / "formulas.md").read_text(encoding="utf-8")
    assert "scripts/formulas.py" in (root / "mkdocs.yml").read_text(encoding="utf-8")
    wanted = formulas.FORMULA.findall(text)
    page = formulas.on_page_markdown(text, page=None)
    drawings = re.findall(r"<svg.*?</svg>", page)
    assert len(drawings) == len(wanted) >= 7
    assert "$$" not in page
    for drawing in drawings:
        svg = ET.fromstring(drawing)
        (path,) = svg
        x, y, width, height = map(float, svg.attrib["viewBox"].split())
        numbers = [float(n) for n in re.findall(r"-?\d+\.\d+", path.attrib["d"])]
        assert len(numbers) > 200
        assert x <= min(numbers[::2]) <= max(numbers[::2]) <= x + width
        assert y <= min(numbers[1::2]) <= max(numbers[1::2]) <= y + height


def test_a_formula_keeps_its_words_and_other_text_its_form(formulas):
    page = formulas.on_page_markdown("a $5 b\n\n$$\na < b\n$$\n\nc")
    assert page.startswith("a $5 b\n\n<p><svg")
    assert 'aria-label="a &lt; b"' in page
