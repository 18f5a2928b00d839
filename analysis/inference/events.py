"""What a test of many firm-events is given."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from analysis._typing import FloatArray, IntArray
    from analysis.inference.date_sums import Codes, DateSums


class EventSample(Protocol):
    """
    The abnormal returns of firm-events over one window, as `analysis.sample.column` lays them out.

    Attributes
    ----------
    car : ndarray of shape (N,)
        Decimal; no NaN.
    position : ndarray of shape (N,)
        Day of the reaction session of each.
    dates : Codes
        The different days, and each one's.
    by_date : DateSums
        The CARs by date.
    squares : sequence of (float, int)
        By date, by firm and by both, as `analysis.inference.clustered.two_way_of` takes them.
    weight : ndarray of shape (N,)
        NaN where none is given.
    reach : int
        Dates closer than so many sessions have windows that overlap.
    """

    @property
    def car(self) -> FloatArray: ...  # noqa: D102 - as above

    @property
    def position(self) -> IntArray: ...  # noqa: D102

    @property
    def dates(self) -> Codes: ...  # noqa: D102

    @property
    def by_date(self) -> DateSums: ...  # noqa: D102

    @property
    def squares(self) -> Sequence[tuple[float, int]]: ...  # noqa: D102

    @property
    def weight(self) -> FloatArray: ...  # noqa: D102

    @property
    def reach(self) -> int: ...  # noqa: D102
