"""
Sources of prices: one protocol, and what each source hands over.

A source reads; it neither stores nor judges. It says by the class of its error why there is
nothing: the network (`SourceUnavailable`, worth a retry), the symbol (`SymbolRefused`, not worth
one), or an answer that makes no sense (`BadAnswer`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from analysis.errors import SourceError
from analysis.prices.bars import no_actions

if TYPE_CHECKING:
    import datetime as dt

    import pandas as pd


class SourceUnavailable(SourceError):  # noqa: N818 - the suffix would say less
    """
    No answer, or one that says "later": no network, a timeout, HTTP 429 or 5xx.

    Attributes
    ----------
    retry_after : float or None
        Seconds that the server asked to wait.
    offline : bool
        Whether several requests in a row got no answer at all, so that trying on is pointless.
    """

    def __init__(
        self, message: str, *, retry_after: float | None = None, offline: bool = False
    ) -> None:
        super().__init__(message)
        self.retry_after = retry_after
        self.offline = offline


class SymbolRefused(SourceError):  # noqa: N818 - as above
    """The source knows no such symbol, or has nothing for it in the span asked for."""


class BadAnswer(SourceError):  # noqa: N818 - as above
    """The source answered with something that cannot be prices."""


@dataclass(frozen=True, slots=True, eq=False)
class Fetched:
    """
    What a source had for one symbol.

    Attributes
    ----------
    symbol : str
    source : str
        ``"yahoo"``, or the file.
    client : str
        Program and version that read it.
    bars : pandas.DataFrame of shape (sessions, 6)
        Indexed by ``session``; columns `analysis.prices.bars.BAR_COLUMNS`; NaN where the source
        had none. As the source gave them: not sorted out, not checked.
    actions : pandas.DataFrame of shape (actions, 3)
        Columns `analysis.prices.bars.ACTION_COLUMNS`.
    currency : str or None
        ISO 4217 code, or the exchange's minor unit (``GBp``).
    calendar : str or None
        Market code of the listing's exchange.
    """

    symbol: str
    source: str
    client: str
    bars: pd.DataFrame
    actions: pd.DataFrame = field(default_factory=no_actions)
    currency: str | None = None
    calendar: str | None = None


class Source(Protocol):
    """Where prices are read from."""

    @property
    def name(self) -> str:
        """What the store and its log call this source."""
        ...

    @property
    def client(self) -> str:
        """Program and version that reads it."""
        ...

    @property
    def symbols(self) -> tuple[str, ...] | None:
        """All that it has; None where it cannot list them."""
        ...

    def fetch(self, symbol: str, since: dt.date) -> Fetched:
        """
        Read the bars and actions of one symbol from a date on.

        Parameters
        ----------
        symbol : str
        since : datetime.date
            First date wanted; it need not be a session.

        Raises
        ------
        SourceUnavailable, SymbolRefused, BadAnswer
        """
        ...
