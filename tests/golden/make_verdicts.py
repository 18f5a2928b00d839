"""
Write verdicts.txt: every sentence that the program says of its verdicts, by scenario.

Read what has changed before it is committed. Run from the project's root:
python tests/golden/make_verdicts.py
"""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "results"))

import test_verdicts_of_a_page as page  # noqa: E402 - found by the line before

from analysis.overrides import Overrides, override  # noqa: E402
from analysis.prices.snapshot import load_snapshot  # noqa: E402
from analysis.run.study import run_study  # noqa: E402
from analysis.study_file import load_study  # noqa: E402


def main() -> None:
    study, snapshot = load_study("deepseek-2025"), load_snapshot()
    choices = Overrides(events=("sell-off",), symbols=("NVDA",), models=("market",))
    small = run_study(override(study, choices), snapshot)
    scenarios = page.scenarios_of(study, small, snapshot)
    parts = [f"# {case}\n{page.written(scenarios[case])}" for case in page.CASES]
    parts.append(f"# large group\n{page.written(run_study(study, snapshot))}")
    Path(__file__).with_name("verdicts.txt").write_text("\n".join(parts), encoding="utf-8")


if __name__ == "__main__":
    main()
