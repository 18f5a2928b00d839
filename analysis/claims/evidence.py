"""What claims are held against: prices around the fall, share counts, published primitives."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analysis._bundle import bundled_data
from analysis.abnormal import cumulative, cumulative_se
from analysis.claims.formulas import FORMULAS
from analysis.errors import DataError, nearest
from analysis.inference.one_firm import t_test
from analysis.models.catalog import MODELS
from analysis.models.design import ReturnArrays, build_design
from analysis.prices.manifest import read_verified
from analysis.prices.reference import closes_from
from analysis.prices.snapshot import CLOSES
from analysis.returns import simple_returns
from analysis.run.fit import fit_firm, rows_of
from analysis.run.plan import benchmark_returns
from analysis.run.valuation import count_at
from analysis.study import Benchmark
from analysis.windows import Window

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping
    from pathlib import Path

    from analysis.claims.formulas import Finding
    from analysis.claims.ledger import Claim, Fact, Ledger, PublishedLoss
    from analysis.prices.market_data import MarketData

ESTIMATION = Window(-260, -11)
DAY = Window(0, 0)


@dataclass(frozen=True, slots=True)
class AbnormalReturn:
    """One session's realised and abnormal return (simple, decimal) with its two-sided p."""

    raw: float
    value: float
    p: float


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """
    What formulas compute from.

    Attributes
    ----------
    firm : str
    eve, session : datetime.date
    shares : float
        Of the firm.
    eve_close, close : float
        Printed closes, USD a share.
    facts : mapping of str to Fact
    losses : tuple of PublishedLoss
    dates : mapping of str to datetime.date
        The chronology's dates by id.
    data : MarketData
    """

    firm: str
    eve: dt.date
    session: dt.date
    shares: float
    eve_close: float
    close: float
    facts: Mapping[str, Fact]
    losses: tuple[PublishedLoss, ...]
    dates: Mapping[str, dt.date]
    data: MarketData

    @property
    def loss(self) -> float:
        """The firm's loss of market value, USD, positive."""
        return self.shares * (self.eve_close - self.close)

    @property
    def other_losses(self) -> list[PublishedLoss]:
        """Published dollar losses of single firms on other days or of other firms."""
        return [
            row
            for row in self.losses
            if row.loss is not None
            and row.single_firm
            and (row.company, row.date) != (self.firm, self.session)
        ]

    def fact(self, name: str) -> float:
        """Value of a published primitive."""
        return self.facts[name].value

    def abnormal(self, symbol: str, benchmark: str, *, weight: float = 0.0) -> AbnormalReturn:
        """
        Abnormal return of the session by the market model on 250 earlier sessions.

        Parameters
        ----------
        symbol, benchmark : str
        weight : float
            Of the firm in the benchmark at the eve's close; taken out of the benchmark.
        """
        purged = Benchmark(
            benchmark, benchmark, self.firm if weight else "", weight, self.eve if weight else None
        )
        levels = self.data.levels
        position = int(levels.index.searchsorted(pd.Timestamp(self.session)))
        estimation, day = np.zeros((2, len(levels)), dtype=np.bool_)
        estimation[rows_of(position, ESTIMATION)] = True
        day[rows_of(position, DAY)] = True
        model = MODELS["market"]
        returns = ReturnArrays(
            symbol=symbol,
            firm=simple_returns(levels[[symbol]])[symbol].to_numpy(),
            benchmark=benchmark_returns(purged, self.data).to_numpy(),
        )
        fit = fit_firm(
            build_design(model, returns, estimation, day),
            model.estimator,
            position,
            estimation=ESTIMATION,
        )
        path = fit.path(DAY)
        value, se = cumulative(path), cumulative_se(path)
        outcome = t_test(value, se or float("nan"), fit.model.df)
        return AbnormalReturn(float(path.raw[0]), value, outcome.p or float("nan"))


@dataclass(frozen=True, slots=True)
class CheckedClaim:
    """A claim with what its formula found."""

    claim: Claim
    finding: Finding


def gather(ledger: Ledger, data: MarketData, folder: Path | None = None) -> Evidence:
    """
    Gather the evidence for a ledger.

    Parameters
    ----------
    ledger : Ledger
    data : MarketData
        Levels that cover the ledger's session and a year before it.
    folder : pathlib.Path, optional
        The bundle whose printed closes are used.

    Raises
    ------
    DataError
        If the firm has no share count or printed close.
    """
    content, _ = read_verified(folder or bundled_data(), CLOSES)
    table = pd.read_csv(io.BytesIO(content), keep_default_na=False)
    count = count_at(data.reference.shares.get(ledger.firm, ()), ledger.eve)
    printed = {
        close.session.date(): close
        for close in closes_from(table, where=CLOSES).get(ledger.firm, ())
    }
    eve, session = printed.get(ledger.eve), printed.get(ledger.session)
    if count is None or eve is None or session is None:
        raise DataError(
            f"the claims about {ledger.firm} need its share count and its printed closes of "
            f"{ledger.eve} and {ledger.session}"
        )
    return Evidence(
        firm=ledger.firm,
        eve=ledger.eve,
        session=ledger.session,
        shares=count.shares,
        eve_close=eve.close,
        close=session.close,
        facts=ledger.facts,
        losses=ledger.losses,
        dates={entry.id: entry.date for entry in data.reference.chronology},
        data=data,
    )


def check_claims(ledger: Ledger, evidence: Evidence) -> tuple[CheckedClaim, ...]:
    """
    Hold every claim of a ledger against the evidence.

    Raises
    ------
    DataError
        If a claim names a formula that there is not.
    """
    for claim in ledger.claims:
        if claim.formula not in FORMULAS:
            raise DataError(
                f"claim '{claim.id}' names formula '{claim.formula}'; "
                f"{nearest(claim.formula, FORMULAS)}"
            )
    return tuple(
        CheckedClaim(claim, FORMULAS[claim.formula](claim, evidence)) for claim in ledger.claims
    )
