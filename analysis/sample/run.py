"""Run a study of many firm-events."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis.errors import DataError
from analysis.sample.averages import average, group_pairs
from analysis.sample.days import Days, sessions_at_once
from analysis.sample.judging import judge_windows, screen
from analysis.sample.measure import Measurer
from analysis.sample.pairs import OK, place_pairs
from analysis.sample.placebo import placebo_shifts
from analysis.sample.result import SampleResult
from analysis.study import ALL_FIRMS
from analysis.windows import Window

if TYPE_CHECKING:
    from analysis._typing import IntArray, Progress
    from analysis.batch.partition import Cluster
    from analysis.sample.average import Average
    from analysis.sample.data import SampleData
    from analysis.sample.events import FirmEvents
    from analysis.sample.measure import Measures
    from analysis.sample.placebo import Placebo
    from analysis.sample.spec import SampleSpec


def run_sample(
    events: FirmEvents,
    data: SampleData,
    spec: SampleSpec,
    *,
    threads: int | None = None,
    client: Cluster | None = None,
    progress: Progress | None = None,
) -> SampleResult:
    """
    Measure every firm-event of a list, and average them.

    Each pair has its own reaction session, estimation and event windows; what cannot be measured
    keeps its row with the reason. Pairs of other firms never change a pair's row; another event of
    the same firm does only by the policies of `SampleSpec`.

    Parameters
    ----------
    events : FirmEvents
    data : SampleData
    spec : SampleSpec
    threads : int, optional
        All processors where None; the results are the same to the last bit.
    client : distributed.Client, optional
        A Dask cluster that measures and ranks; the results are the same to the last bit.
    progress : callable, optional
        Told ``(label, done, total)``.

    Returns
    -------
    SampleResult

    Raises
    ------
    DataError
        If no pair can be measured; the message counts the reasons.

    Examples
    --------
    >>> import datetime as dt
    >>> from analysis.prices.snapshot import load_snapshot
    >>> from analysis.sample.data import SampleData
    >>> from analysis.sample.events import FirmEvents
    >>> from analysis.sample.spec import SampleSpec
    >>> from analysis.windows import Window
    >>> events = FirmEvents.make(["NVDA", "AMD"], [dt.date(2025, 1, 27)] * 2)
    >>> spec = SampleSpec(windows=(Window(0, 0),))
    >>> result = run_sample(events, SampleData.of(load_snapshot()), spec)
    >>> result.firm_events[["symbol", "car", "status"]].round(3).values.tolist()
    [['NVDA', -0.134, 'ok'], ['AMD', -0.031, 'ok']]
    """
    pairs = place_pairs(events, data, spec)
    screen(data, pairs, spec)
    measurer = Measurer.of(data, pairs, spec, threads=threads, client=client)
    first = min(spec.path.start, *(window.start for window in spec.windows))
    last = max(spec.path.end, *(window.end for window in spec.windows))
    single = tuple(Window(day, day) for day in range(first, last + 1))
    once = sessions_at_once(len(pairs)) >= len(single)
    both, fits = measurer.measure(
        (*spec.windows, *(single if once else ())), held=len(spec.windows)
    )
    windows, others = both.split(len(spec.windows))
    days = Days(measurer, single, others if once else None)
    notes = judge_windows(data, pairs, windows)
    if not (windows.status == OK).any():
        words = SampleResult(spec, events, measurer, fits, windows, days, notes, ()).statuses
        counts = "; ".join(f"{count:,} {word}" for word, count in words.items())
        raise DataError(f"{events.name}: no pair can be measured ({counts})")
    averages = average(measurer, fits, windows, days, progress=progress)
    placebos: tuple[Placebo, ...] = ()
    if spec.placebos:
        groups = {group.name: group.rows for group in group_pairs(measurer, fits)}
        asked = (*spec.windows, *spec.days)
        shifts = placebo_shifts(measurer, tuple(groups.values()), asked)
        by_group = dict(zip(groups, shifts, strict=True))
        placebos = by_group[ALL_FIRMS][: len(spec.windows)]
        averages = tuple(
            _with_placebo(item, by_group[item.group], windows, days, groups[item.group], spec)
            if item.battery is not None
            else item
            for item in averages
        )
    return SampleResult(spec, events, measurer, fits, windows, days, notes, averages, placebos)


def _with_placebo(
    average: Average,
    placebos: tuple[Placebo, ...],
    windows: Measures,
    days: Days,
    rows: IntArray,
    spec: SampleSpec,
) -> Average:
    """Put an average beside those of the same window on shifted dates."""
    if average.kind == "window":
        measures, at = windows, windows.windows.index(average.window)
        place = at
    else:
        measures, at = days.whole, average.window.start - days.first
        place = len(spec.windows) + spec.days.index(average.window)
    known = (measures.status[at, rows] == OK) & (measures.se[at, rows] > 0)
    scar = measures.car[at, rows[known]] / measures.se[at, rows[known]]
    return placebos[place].beside(average, scar, spec.level)
