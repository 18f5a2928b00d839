"""The tests of what is read and written, in another place: a decimal comma, a day that is ahead."""

from __future__ import annotations

import locale
import os
import subprocess
import sys

import pytest

PLACE = {"TZ": "Asia/Tokyo", "LC_ALL": "de_DE.UTF-8", "OPENBLAS_NUM_THREADS": "1"}

TESTS = (
    *("test_columns.py", "test_tabular.py", "test_formatting.py", "test_sessions.py"),
    *("test_study_file.py", "test_spreadsheets.py", "batch/test_batch.py"),
    *("prices/test_files.py", "prices/store/test_store.py", "claims"),
)
"""What reads, writes or tells the time."""

THERE = """
import locale, sys, time
import pytest
locale.setlocale(locale.LC_ALL, "")
assert (locale.localeconv()["decimal_point"], time.tzname[0]) == (",", "JST")
sys.exit(pytest.main(sys.argv[1:]))
"""


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="names places as POSIX does")
def test_in_tokyo_under_a_german_locale_all_is_the_same(root):
    before = locale.setlocale(locale.LC_ALL)
    try:
        locale.setlocale(locale.LC_ALL, PLACE["LC_ALL"])
    except locale.Error:
        pytest.skip("has no German locale (de_DE.UTF-8)")
    finally:
        locale.setlocale(locale.LC_ALL, before)
    done = subprocess.run(
        [sys.executable, "-c", THERE, "-q", "-n", "0", "-m", "not slow", "-p", "no:cacheprovider",
         *(f"tests/{name}" for name in TESTS)],
        cwd=root, capture_output=True, text=True, check=False,
        env={name: value for name, value in os.environ.items() if name != "MARKET_IMPACT_CI"}
        | PLACE,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]
