"""Levels of a user's file that jump as no price does, unless the study says that they did."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

from analysis.benchmarks import every_benchmark
from analysis.errors import DataError, StudyError
from analysis.kinds import NO_FILES
from analysis.plausible import LARGEST_JUMP

if TYPE_CHECKING:
    from analysis.prices.market_data import MarketData
    from analysis.study import Study

_ALLOWED = re.compile(r"(\S+) ([0-9]{4}-[0-9]{2}-[0-9]{2})")


def check_jumps(study: Study, data: MarketData) -> None:
    """
    Refuse levels of a user's file that move more than threefold between two sessions.

    Such a move is far more often a split that the file does not adjust for, or a broken bar, than
    a move; either changes every estimate without a word. Levels of the bundled figures and of the
    price store were checked when they came in, with the splits known.

    Parameters
    ----------
    study : Study
        Its firms, benchmarks, industry and donors are looked at; ``allow_jump`` lists moves that
        were real, as ``"NVDA 2024-06-10"``.
    data : MarketData
        The levels. A move over sessions without a level counts at the next level.

    Raises
    ------
    DataError
        If a level jumps; the message names the first and the mend.
    StudyError
        If an entry of ``allow_jump`` is no symbol and session.
    """
    allowed = {_entry(text) for text in study.allow_jump}
    if study.data in NO_FILES:
        return
    used = [
        *study.symbols,
        *(b.symbol for b in every_benchmark(study)),
        *study.industry,
        *study.donors,
    ]
    found: list[tuple[str, str, float]] = []
    for symbol in dict.fromkeys(name for name in used if name in data.levels.columns):
        series = data.levels[symbol].dropna()
        ratio = series.to_numpy()[1:] / series.to_numpy()[:-1]
        for at in map(int, np.flatnonzero(np.abs(np.log(ratio)) > LARGEST_JUMP)):
            day = str(series.index[at + 1].date())
            if (symbol, day) not in allowed:
                found.append((symbol, day, float(ratio[at])))
    if not found:
        return
    symbol, day, ratio_found = found[0]
    more = f" (and {len(found) - 1} more such moves)" if len(found) > 1 else ""
    raise DataError(
        f"{data.name}: {symbol} on {day} is {ratio_found:.4g} times the level before{more}; is a "
        "split not adjusted for? Mend the file, or, if the move was real, say so in the study: "
        f'allow_jump = ["{symbol} {day}"]'
    )


def _entry(text: str) -> tuple[str, str]:
    match = _ALLOWED.fullmatch(text)
    if match is None:
        raise StudyError(
            f"allow_jump holds '{text}'; write a symbol and its session, as in \"NVDA 2024-06-10\""
        )
    return match[1], match[2]
