"""The document of many events against the program."""

from __future__ import annotations

import re

import click
import pytest

from analysis.cli.batch import command as batch
from analysis.cli.sample import command
from analysis.sample.regression import CHARACTERISTIC_COLUMNS
from analysis.sample.result import AVERAGE_COLUMNS, FIRM_EVENT_COLUMNS, PATH_COLUMNS


@pytest.fixture(scope="module")
def document(root):
    return (root / "docs" / "many-events.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "columns", [AVERAGE_COLUMNS, FIRM_EVENT_COLUMNS, PATH_COLUMNS, CHARACTERISTIC_COLUMNS]
)
def test_columns_are_those_that_are_written(document, columns):
    assert f"`{', '.join(columns)}`" in document


def test_every_option_named_is_one(document):
    known = {flag for option in command.params for flag in option.opts}
    known |= {flag for option in batch.params for flag in option.opts}
    named = set(re.findall(r"--[a-z][a-z-]+", document))
    assert named <= known
    assert isinstance(command, click.Command)
