"""Where compiled code is kept, and what happens where it cannot be."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys

import pytest

from analysis.panel.compiled import compiled

CODE = """
import numpy as np
from analysis.panel import estimate_panel
from analysis.panel.kernel import solve_firms
from analysis.windows import Window
estimate_panel(np.random.default_rng(0).normal(size=40), np.ones((40, 0)), [0], [35], models=[()],
               estimation=Window(-30, -1), window=Window(0, 0))
stats = solve_firms.stats
print(sum(stats.cache_hits.values()), sum(stats.cache_misses.values()))
"""


def test_function_without_a_file_is_compiled_without_a_cache():
    # numba finds no place for the cache of such a function, as on a read-only disk
    space = {}
    exec("def double(x):\n    return 2 * x\n", space)
    assert compiled(space["double"])(21) == 42


def run(cache):
    """How often compiled code was found, and was not."""
    done = subprocess.run(
        [sys.executable, "-W", "error::UserWarning", "-c", CODE],
        check=True,
        capture_output=True,
        text=True,
        env=os.environ | {"NUMBA_CACHE_DIR": str(cache)},
    )
    assert not done.stderr
    return done.stdout.split()


@pytest.mark.slow
def test_compiled_code_is_found_again(tmp_path):
    assert run(tmp_path) == ["0", "1"]
    assert run(tmp_path) == ["1", "0"]


@pytest.mark.slow
def test_code_that_another_version_left_behind_is_compiled_anew(tmp_path):
    assert run(tmp_path) == ["0", "1"]
    indices = list(tmp_path.rglob("*.nbi"))
    assert indices
    for number, index in enumerate(indices):
        with index.open("rb") as file:
            version = pickle.load(file)
            rest = file.read()
        gone = rest.replace(b"PanelDesign", b"LostDesign!").replace(b"FactorTable", b"LostTable!!")
        index.write_bytes(pickle.dumps(version, protocol=-1) + (gone if number % 2 else rest[:9]))
    assert run(tmp_path) == ["0", "1"]
    assert run(tmp_path) == ["1", "0"]
