"""A study of many firm-events as files and as text."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from analysis.spreadsheets import to_csv

if TYPE_CHECKING:
    from collections.abc import Sequence

    from analysis.sample.regression import Regression
    from analysis.sample.result import SampleResult

PATH_ROWS = 1 << 15
"""Pairs whose paths are written at a time."""

MOST_PATHS = 200_000
"""Pairs whose paths are written at all: those of more do not fit into memory as text."""


def json_text(result: SampleResult, regressions: Sequence[Regression] = ()) -> str:
    """
    Write the averages and what they rest on as JSON.

    Returns
    -------
    str
        An object with ``title``, ``data``, ``model``, ``returns``, ``benchmark``, ``estimation``,
        ``statuses``, ``policies``, ``lead`` (of each group and window, with its reason),
        ``averages`` and ``characteristics``, rows as in the CSV files.
    """
    spec = result.spec
    document = {
        "title": spec.title,
        "data": result.data.name,
        "model": spec.linear.name,
        "returns": "log" if result.data.log else "simple",
        "benchmark": spec.benchmark if result.measurer.takes_benchmark else None,
        "estimation": str(spec.estimation),
        "statuses": result.statuses,
        "policies": list(spec.policies.describe()),
        "lead": [
            {
                "group": average.group,
                "window": str(average.window),
                "test": average.battery.lead.test,
                "reason": average.battery.lead.reason,
            }
            for average in result.averages
            if average.battery is not None and average.kind == "window"
        ],
        "averages": [
            {key: _plain(value) for key, value in row.items()}
            for row in result.tidy.to_dict("records")
        ],
        "characteristics": [
            {str(key): _plain(value) for key, value in row.items()}
            for regression in regressions
            for row in regression.rows.to_dict("records")
        ],
    }
    return json.dumps(document, indent=1, allow_nan=False) + "\n"


def sample_files(result: SampleResult, regressions: Sequence[Regression] = ()) -> dict[str, str]:
    """
    Write a study's machine-readable files.

    Returns
    -------
    dict of str to str
        ``averages.csv``, ``firm_events.csv``, ``averages.json`` and, of no more than `MOST_PATHS`
        pairs, ``paths.csv``, of regressions ``characteristics.csv`` by name.
    """
    parts = []
    written = len(result.pairs) if len(result.pairs) <= MOST_PATHS else 0
    for first in range(0, written, PATH_ROWS):
        text = to_csv(result.paths(slice(first, first + PATH_ROWS)))
        parts.append(text if first == 0 else text.partition("\n")[2])
    return {
        "averages.csv": to_csv(result.tidy),
        "firm_events.csv": to_csv(result.firm_events),
        **({"paths.csv": "".join(parts)} if parts else {}),
        "averages.json": json_text(result, regressions),
        **(
            {"characteristics.csv": to_csv(pd.concat([r.rows for r in regressions]))}
            if regressions
            else {}
        ),
    }


def _plain(value: Any) -> Any:  # noqa: ANN401 - any cell of a frame
    if isinstance(value, float | np.floating):
        return None if math.isnan(value) else float(value)
    return int(value) if isinstance(value, np.integer) else value
