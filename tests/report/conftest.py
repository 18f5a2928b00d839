"""Reports made once for all tests of the room."""

from __future__ import annotations

from typing import TYPE_CHECKING

import page_texts
import pytest

if TYPE_CHECKING:
    from analysis.context.details import Details


@pytest.fixture(scope="session")
def details() -> Details:
    return page_texts.deepseek()


@pytest.fixture(scope="session")
def null_details() -> Details:
    return page_texts.null()


@pytest.fixture(scope="session")
def single_details() -> Details:
    return page_texts.single()
