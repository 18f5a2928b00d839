"""Every answer of the headline's event, for a reader who would have chosen otherwise."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from analysis.formatting import long_date, scale_of
from analysis.models.catalog import MODELS
from analysis.narrative import beyond_chance
from analysis.report.words import SYMBOLS, explainer, yardstick
from analysis.results.names import introduced, name_of
from analysis.windows import span_words

if TYPE_CHECKING:
    from analysis.context.curve import CurvePoint, SpecificationCurve
    from analysis.context.details import Details
    from analysis.results import FirmResult, StudyResult, WindowResult

RETURN, AMOUNT = 1e-5, 1e5
"""Units of returns and amounts in the picker; the line of an answer holds all its digits."""

COLUMNS = ("raw", "abnormal", "low", "high", "verdict", "impact", "from", "to")
"""Of an answer."""

VERDICTS = {None: 0, False: 1, True: 2}
"""How verdicts are coded: the tests disagree, within chance, beyond it."""

UNTESTED = 3
"""Where there is no test."""


def picker_json(details: Details) -> dict[str, Any]:
    """
    Lay out the answer of every firm, model, benchmark and window at the headline's event.

    Parameters
    ----------
    details : Details

    Returns
    -------
    dict
        ``firms``, ``choices`` (model and benchmark), ``windows``, each with its words, ``answers``
        (by firm, choice and window, `COLUMNS` in whole `RETURN` and `AMOUNT`; null where there is
        none), ``lines`` (of results.csv, of the first window), ``own`` (the headline's), ``curve``
        (the rank and value of each answer on the specification curve, drawn in ``unit``) and what
        sentences need.
    """
    result = details.result
    head = result.study.headline
    results = [f for f in result.firms if f.event == head.event]
    symbols = list(dict.fromkeys(f.symbol for f in results))
    choices = list(dict.fromkeys((f.model, f.benchmark) for f in results))
    windows = list(result.study.windows)
    found = {(f.symbol, f.model, f.benchmark): f for f in results}
    return {
        "firms": [[s, introduced(result, s), name_of(result, s)] for s in symbols],
        "choices": [
            _choice(result, next(f for f in results if (f.model, f.benchmark) == key))
            for key in choices
        ],
        "windows": [[str(w), span_words(w), len(w)] for w in windows],
        "day": long_date(result.headline.session.date()),
        "level": f"{100 * result.study.level:g} %",
        "signs": SYMBOLS,
        "own": [
            symbols.index(head.symbol),
            choices.index((result.headline.model, result.headline.benchmark)),
            windows.index(head.window),
        ],
        "answers": [
            [_answers(found.get((s, *key)), result.study.level) for key in choices] for s in symbols
        ],
        "lines": [
            [
                0
                if (f := found.get((s, *key))) is None
                else result.place(f, windows[0], "car").line
                for key in choices
            ]
            for s in symbols
        ],
        "currencies": _currencies(results, symbols),
        **_curve(result, details.multiverse.leading, choices, [str(w) for w in windows]),
    }


def _choice(result: StudyResult, firm: FirmResult) -> list[str]:
    return [
        firm.model,
        MODELS[firm.model].title,
        firm.benchmark,
        yardstick(result, firm),
        explainer(firm),
    ]


def _answers(firm: FirmResult | None, level: float) -> list[list[int | None]] | None:
    return None if firm is None else [_answer(window, level) for window in firm.windows]


def _answer(window: WindowResult, level: float) -> list[int | None]:
    impact = window.impact
    returns = (window.raw, window.car, window.t.low, window.t.high)
    amounts = (None, None, None) if impact is None else (impact.abnormal, impact.low, impact.high)
    return [
        *(_whole(value, RETURN) for value in returns),
        VERDICTS[beyond_chance(window, level)] if window.t.available else UNTESTED,
        *(_whole(value, AMOUNT) for value in amounts),
    ]


def _whole(value: float | None, unit: float) -> int | None:
    return None if value is None or not math.isfinite(value) else round(value / unit)


def _currencies(results: list[FirmResult], symbols: list[str]) -> list[str]:
    found = {
        f.symbol: w.impact.currency for f in results for w in f.windows if w.impact is not None
    }
    return [found.get(symbol, "") for symbol in symbols]


def _curve(
    result: StudyResult,
    curve: SpecificationCurve | None,
    choices: list[tuple[str, str]],
    windows: list[str],
) -> dict[str, Any]:
    """Place on the curve those answers that are the study's own but for model and benchmark."""
    if curve is None:
        return {"unit": 1, "curve": []}
    study = result.study
    own = (len(study.estimation), -study.estimation.end - 1, "log" if study.log else "simple")

    def asked(point: CurvePoint) -> bool:
        key = (point.model, point.benchmark)
        return (
            (point.length, point.gap, point.returns) == own
            and key in choices
            and str(point.window) in windows
        )

    valued = all(point.impact for point in curve.points)
    return {
        "unit": scale_of(*(p.answer for p in curve.points)).divisor if valued else 0.01,
        "curve": [
            [
                choices.index((point.model, point.benchmark)),
                windows.index(str(point.window)),
                rank,
                point.answer,
            ]
            for rank, point in enumerate(curve.points, start=1)
            if asked(point)
        ],
    }
