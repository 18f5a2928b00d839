"""CSV cells: what a spreadsheet would run is marked as text, numbers and windows are not."""

from __future__ import annotations

import csv
import io

import pandas as pd
import pytest

from analysis.spreadsheets import to_csv

FORMULAS = ["=cmd|'/c calc'!A1", "+1+cmd", "-2+3", "@SUM(A1)", "\tx", "-", "=", "--1", "-ex"]


@pytest.mark.parametrize("text", FORMULAS)
def test_a_formula_is_marked_as_text(text):
    frame = pd.DataFrame({"symbol": [text], "title": pd.Series([text], dtype=object)})
    rows = list(csv.reader(io.StringIO(to_csv(frame), newline="")))
    assert rows[1] == [f"'{text}"] * 2


def test_numbers_windows_and_words_are_untouched():
    frame = pd.DataFrame(
        {"car": [-0.5, 1e-300], "window": ["-1..1", "+3"], "symbol": ["A=B", None], "n": [-1, 2]}
    )
    assert to_csv(frame) == "car,window,symbol,n\n-0.5,-1..1,A=B,-1\n1e-300,+3,,2\n"


def test_a_symbol_becomes_a_column_and_is_marked_there_too():
    assert to_csv(pd.DataFrame({"=x": [1.0]})) == "'=x\n1.0\n"


def test_a_carriage_return_does_not_break_a_row():
    assert to_csv(pd.DataFrame({"a": ["x\r=1+1"], "b": [1]})) == "a,b\nx\\r=1+1,1\n"
