"""Closes and volumes of many securities from one long file, on one list of sessions."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from analysis.columns import NO_DAY, as_date
from analysis.errors import DataError, ReliabilityWarning, SessionError
from analysis.panel.returns import PanelReturns, RepeatedReturnError
from analysis.plausible import LARGEST_JUMP
from analysis.tabular import read_pieces

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import numpy.typing as npt

    from analysis._typing import BoolArray, FloatArray, IntArray
    from analysis.pieces import Piece, Problems


@dataclass(frozen=True, slots=True, eq=False)
class PricePanel:
    """
    Closes and volumes of many securities.

    Attributes
    ----------
    symbols : tuple of str
        The securities, in order of appearance.
    sessions : ndarray of shape (n_sessions,)
        Days since 1970, ascending.
    closes, volumes : PanelReturns
        Levels in the layout of returns; NaN where a day is missing or not above zero.
    returns : PanelReturns
        Simple returns from each session to the next; NaN unless both have a close. A gap is never
        bridged.
    """

    symbols: tuple[str, ...]
    sessions: npt.NDArray[np.int32]
    closes: PanelReturns
    volumes: PanelReturns
    returns: PanelReturns


@dataclass(frozen=True, slots=True, eq=False)
class LongPrices:
    """
    Rows of a long file that can be used, in its order.

    Attributes
    ----------
    symbols : tuple of str
        The securities, in order of appearance.
    firm : ndarray of shape (n,)
        Place of each row's security among them.
    day : ndarray of shape (n,)
        Days since 1970.
    close, volume : ndarray of shape (n,)
        NaN where a volume is missing.
    """

    symbols: tuple[str, ...]
    firm: npt.NDArray[np.int32]
    day: npt.NDArray[np.int32]
    close: FloatArray
    volume: FloatArray

    def of(self, chosen: BoolArray) -> LongPrices:
        """Take some rows."""
        return LongPrices(
            self.symbols,
            self.firm[chosen],
            self.day[chosen],
            self.close[chosen],
            self.volume[chosen],
        )


def read_prices(
    path: Path, *, columns: Sequence[str], benchmark: str | None, problems: Problems
) -> PricePanel:
    """
    Read long prices.

    Parameters
    ----------
    path : pathlib.Path
        One row a security and session, in any order.
    columns : sequence of str
        Names of the columns of symbol, session, close and, where it is wanted, volume.
    benchmark : str, optional
        The security whose days with a close are the sessions. Where None, they are the days on
        which at least half as many securities have a close as on the median row's day.
    problems : Problems
        Rows without symbol, date or readable figures are noted here, and so are closes that are
        not above zero and volumes below it: they count as missing.

    Raises
    ------
    DataError
        If the file cannot be read, a row repeats, or the benchmark is not in it.
    """
    found = read_long(path, columns, problems)
    symbols = {symbol: at for at, symbol in enumerate(found.symbols)}
    if benchmark is not None and benchmark not in symbols:
        raise DataError(
            f"{path}: the benchmark '{benchmark}' is not in it; name another with --benchmark, "
            "or 'equal' for the mean of all securities"
        )
    place = None if benchmark is None else symbols[benchmark]
    if not (found.firm.size if place is None else (found.firm == place).any()):
        raise DataError(
            f"{path}: no row has a close above zero"
            + ("" if benchmark is None else f" for the benchmark '{benchmark}'")
        )
    return lay_out(path, found, _sessions(found.firm, found.day, place))


def read_long(path: Path, columns: Sequence[str], problems: Problems) -> LongPrices:
    """
    Read the rows of long prices.

    Parameters
    ----------
    path, columns, problems
        As `read_prices`.

    Raises
    ------
    DataError
        If the file cannot be read, or has no prices.
    """
    symbols: dict[str, int] = {}
    pieces: list[tuple[npt.NDArray[np.int32], npt.NDArray[np.int32], FloatArray, FloatArray]] = []
    for piece in read_pieces(path, columns):
        codes, words = piece.texts(0)
        day = piece.days(1)
        problems.add_rows(
            piece,
            np.flatnonzero((codes < 0) | (day == NO_DAY)),
            lambda _: "no symbol or no readable date; left out",
        )
        close, volume = _figures(piece, problems)
        firm_of = [symbols.setdefault(word, len(symbols)) if word else -1 for word in words]
        firm = np.array([*firm_of, -1], dtype=np.int32)[codes]
        keep = (firm >= 0) & (day != NO_DAY) & np.isfinite(close)
        pieces.append((firm[keep], day[keep], close[keep], volume[keep]))
    if not pieces or not symbols:
        raise DataError(f"{path}: no prices in it")
    firm, day, close, volume = (np.concatenate(part) for part in zip(*pieces, strict=True))
    return LongPrices(tuple(symbols), firm, day, close, volume)


def lay_out(path: Path, rows: LongPrices, sessions: npt.NDArray[np.int32]) -> PricePanel:
    """
    Lay rows out on sessions; those of other days are passed over.

    Parameters
    ----------
    path : pathlib.Path
        What messages name.
    rows : LongPrices
    sessions : ndarray of shape (n_sessions,)
        Days since 1970, ascending.

    Raises
    ------
    DataError
        If a row repeats.
    """
    symbols = rows.symbols
    position = np.searchsorted(sessions, rows.day).astype(np.int32)
    on = position < sessions.size
    on[on] = sessions[position[on]] == rows.day[on]
    firm, position, close, volume = rows.firm[on], position[on], rows.close[on], rows.volume[on]
    shape = {"n_firms": len(symbols), "n_sessions": sessions.size}
    try:
        closes = PanelReturns.from_long([(firm, position, close)], **shape)
    except RepeatedReturnError as error:
        raise DataError(
            f"{path}: {symbols[error.firm]} has two closes on "
            f"{as_date(sessions[error.position])}; keep one row a symbol and session"
        ) from None
    volumes = PanelReturns.from_long([(firm, position, volume)], **shape)
    returns = returns_of_rows(closes)
    _warn_of_jumps(path, symbols, sessions, returns)
    return PricePanel(symbols, sessions, closes, volumes, returns)


def _figures(piece: Piece, problems: Problems) -> tuple[FloatArray, FloatArray]:
    close, bad_close = piece.numbers(2)
    if piece.table.num_columns < 4:
        volume, bad_volume = np.full(len(close), np.nan), np.zeros(0, dtype=np.int64)
    else:
        volume, bad_volume = piece.numbers(3)
    problems.add_rows(
        piece,
        np.union1d(bad_close, bad_volume),
        lambda _: "close or volume is no number; taken as missing",
    )
    low = close <= 0.0
    negative = volume < 0.0
    problems.add_rows(
        piece,
        np.flatnonzero(low),
        lambda row: f"close {close[row]:g} is not above zero; taken as missing",
    )
    problems.add_rows(
        piece,
        np.flatnonzero(negative),
        lambda row: f"volume {volume[row]:g} is below zero; taken as missing",
    )
    return np.where(low, np.nan, close), np.where(negative, np.nan, volume)


def _warn_of_jumps(
    path: Path, symbols: tuple[str, ...], sessions: npt.NDArray[np.int32], returns: PanelReturns
) -> None:
    rows = returns.rows
    with np.errstate(invalid="ignore"):
        jumps = np.flatnonzero(np.abs(np.log1p(rows.values)) > LARGEST_JUMP)
    if not jumps.size:
        return
    firm = int(np.searchsorted(rows.offsets, jumps[0], side="right")) - 1
    day = sessions[int(rows.first[firm] + jumps[0] - rows.offsets[firm])]
    warnings.warn(
        f"{path}: {jumps.size:,} closes differ more than threefold from the session before "
        f"(first {symbols[firm]} on {as_date(day)}: x{1 + rows.values[jumps[0]]:.4g}); "
        "are splits adjusted for?",
        ReliabilityWarning,
        stacklevel=2,
    )


def returns_of_rows(levels: PanelReturns) -> PanelReturns:
    """
    Turn levels into simple returns, each session over the one before; NaN where either is missing.

    Examples
    --------
    >>> import numpy as np
    >>> levels = PanelReturns.from_matrix(np.array([100.0, 110.0, np.nan, 121.0, 121.0]))
    >>> returns_of_rows(levels).rows.values.round(3).tolist()
    [nan, 0.1, nan, nan, 0.0]
    """
    rows = levels.rows
    values = np.full(rows.values.size, np.nan)
    values[1:] = rows.values[1:] / rows.values[:-1] - 1.0
    begins = rows.offsets[:-1][np.diff(rows.offsets) > 0]
    values[begins] = np.nan
    return PanelReturns(rows._replace(values=values), levels.n_sessions)


def at_session(panel: PanelReturns, position: int) -> FloatArray:
    """Take every firm's value on one session; NaN where it has none."""
    return window_of(panel, position, position)[:, 0]


def window_of(panel: PanelReturns, first: int, last: int) -> FloatArray:
    """
    Take every firm's values on consecutive sessions.

    Parameters
    ----------
    panel : PanelReturns
        The values.
    first, last : int
        Positions of sessions, both included.

    Returns
    -------
    ndarray of shape (n_firms, last - first + 1)
        NaN where there is none.
    """
    rows = panel.rows
    wanted: IntArray = np.arange(first, last + 1)[None, :] - rows.first[:, None]
    held = (wanted >= 0) & (wanted < np.diff(rows.offsets)[:, None])
    found = np.full(wanted.shape, np.nan)
    found[held] = rows.values[(rows.offsets[:-1, None] + wanted)[held]]
    return found


def session_at(sessions: npt.NDArray[np.int32], day: int) -> int:
    """
    Find a day's session.

    Raises
    ------
    SessionError
        If the data do not reach it, or it is no session of theirs: the day is never moved.
    """
    position = int(np.searchsorted(sessions, day))
    if position == sessions.size or day < sessions[0]:
        raise SessionError(
            f"{as_date(day)} lies outside the data "
            f"({as_date(sessions[0])} to {as_date(sessions[-1])})"
        )
    if sessions[position] != day:
        raise SessionError(
            f"{as_date(day)} is no session of these prices (no trading, or the benchmark has no "
            f"close on it); the next one is {as_date(sessions[position])}"
        )
    return position


def _sessions(
    firm: npt.NDArray[np.int32], day: npt.NDArray[np.int32], benchmark: int | None
) -> npt.NDArray[np.int32]:
    if benchmark is not None:
        return np.unique(day[firm == benchmark])
    found, inverse, count = np.unique(day, return_inverse=True, return_counts=True)
    return np.asarray(found[count >= np.median(count[inverse]) / 2], dtype=np.int32)
