"""The same inputs give the same bytes, in another process with another hash seed."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

OPTIONS = ("--symbols", "NVDA,AMD,TSM", "--model", "market,ff3", "--event", "sell-off")


@pytest.mark.slow
def test_two_processes_write_the_same_bytes(root: Path, tmp_path: Path) -> None:
    runs = []
    for seed in ("1", "4242"):
        out = tmp_path / seed
        command = [sys.executable, "-m", "analysis", "study", *OPTIONS, "--out", out, "--figures"]
        environment = {
            **os.environ,
            "PYTHONHASHSEED": seed,
            "TZ": "UTC" if seed == "1" else "Asia/Tokyo",
        }
        runs.append(subprocess.Popen(command, cwd=root, env=environment, stdout=subprocess.PIPE))
    printed = [run.communicate()[0] for run in runs]
    assert [run.returncode for run in runs] == [0, 0]
    assert printed[0] == printed[1]
    first, second = (
        {
            str(p.relative_to(tmp_path / seed)): p.read_bytes()
            for p in (tmp_path / seed).rglob("*.*")
        }
        for seed in ("1", "4242")
    )
    assert len(first) == 11 + 15  # rows, summary, study and marker; five figures in three formats
    assert first.keys() == second.keys()
    for name, content in first.items():
        assert content == second[name], name
