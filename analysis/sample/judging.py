"""What is judged of pairs and windows before and after they are measured."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from analysis.sample import pairs as codes
from analysis.sample.policies import FLAGGED_ZEROS
from analysis.windows import SHORT

if TYPE_CHECKING:
    import numpy.typing as npt

    from analysis._typing import FloatArray
    from analysis.sample.data import SampleData
    from analysis.sample.measure import Measures
    from analysis.sample.pairs import Pairs
    from analysis.sample.spec import SampleSpec
    from analysis.windows import Window


def zero_share(data: SampleData, pairs: Pairs, estimation: Window) -> FloatArray:
    """
    Compute the share of zero returns in each pair's estimation window.

    Returns
    -------
    ndarray of shape (n,)
        NaN where there is no return.
    """
    rows = data.panel.rows
    seen = np.concatenate([[0], np.cumsum(np.isfinite(rows.values))])
    zeros = np.concatenate([[0], np.cumsum(rows.values == 0)])
    share = np.full(len(pairs), np.nan)
    placed = (pairs.firm >= 0) & (pairs.position >= 0)
    firm = pairs.firm[placed]
    begin, end = rows.offsets[firm], rows.offsets[firm + 1]
    at = begin + pairs.position[placed] - rows.first[firm]
    low = np.clip(at + estimation.start, begin, end)
    high = np.clip(at + estimation.end + 1, begin, end)
    count = seen[high] - seen[low]
    share[placed] = np.divide(
        zeros[high] - zeros[low], count, out=np.full(count.size, np.nan), where=count > 0
    )
    return share


def screen(data: SampleData, pairs: Pairs, spec: SampleSpec) -> None:
    """Flag the pairs that trade thinly, and refuse those beyond the policy's limit."""
    share = zero_share(data, pairs, spec.estimation)
    pairs.notes[share > FLAGGED_ZEROS] |= codes.MANY_ZEROS
    pairs.status[pairs.usable & (share > spec.policies.most_zeros)] = codes.THIN


def judge_windows(data: SampleData, pairs: Pairs, found: Measures) -> npt.NDArray[np.int8]:
    """
    Refuse windows that the data cannot hold, and flag those that end early or have gaps.

    Parameters
    ----------
    data : SampleData
    pairs : Pairs
    found : Measures
        Written to: a window beyond the data loses its numbers.

    Returns
    -------
    ndarray of shape (w, n)
        Flags of `analysis.sample.pairs.NOTE_WORDS`.
    """
    rows = data.panel.rows
    last = rows.first + np.diff(rows.offsets) - 1
    notes = np.repeat(pairs.notes[None, :], len(found.windows), axis=0)
    ended = np.where(pairs.firm >= 0, last[pairs.firm], -1)
    start, stop = data.bounds(pairs.position)
    for at, window in enumerate(found.windows):
        measured = found.status[at] == codes.OK
        final = pairs.position + window.end
        outside = (final >= stop) | (pairs.position + window.start < start)
        short = measured & (found.n_window[at] < len(window))
        beyond = measured & outside
        found.status[at, beyond] = codes.DATA_END
        for numbers in (found.car, found.se, found.bhar):
            if at < len(numbers):
                numbers[at, beyond] = np.nan
        delisted = short & ~beyond & (final > ended)
        notes[at, delisted] |= codes.DELISTED
        notes[at, short & ~beyond & ~delisted] |= codes.PARTIAL
    return notes


def running_sums(ar: FloatArray, alpha: FloatArray) -> FloatArray:
    """
    Sum abnormal returns from the first session of a path to each: the CAR of each such window.

    Parameters
    ----------
    ar : ndarray of shape (d, n)
        Of d single sessions, whose alphas count; NaN adds nothing.
    alpha : ndarray of shape (n,)
        Of each pair, decimal a session; a long window (`Window.long`) does not carry it on.

    Returns
    -------
    ndarray of shape (d, n)

    Examples
    --------
    >>> import numpy as np
    >>> running_sums(np.full((7, 1), 0.01), np.array([0.002]))[:, 0].round(3).tolist()
    [0.01, 0.02, 0.03, 0.04, 0.05, 0.072, 0.084]
    """
    known = np.isfinite(ar)
    sums: FloatArray = np.cumsum(np.where(known, ar, 0.0), axis=0)
    sums[SHORT:] += np.cumsum(known, axis=0)[SHORT:] * alpha
    return sums
