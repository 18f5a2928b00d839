"""
All that a report tells beyond the study's own run, computed once.

Figures and the report read a `Details` and compute nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from analysis.claims.check import check_claims
from analysis.claims.evidence import gather
from analysis.claims.ledger import load_ledger, load_published_losses
from analysis.context.absent import Absent
from analysis.context.conformal import ConformalRank, conformal_rank
from analysis.context.contagion import Contagion, contagion
from analysis.context.cumulative import CumulativePath, cumulative_path
from analysis.context.dates import ReactionDates, reaction_dates
from analysis.context.halves import SessionHalves, session_halves
from analysis.context.history import LargestLoss, WorstDay, largest_losses, worst_days
from analysis.context.index_arithmetic import IndexShare, index_shares
from analysis.context.intraday import IntradayDays, intraday_days
from analysis.context.leave_one_out import LeftOut, leave_one_out
from analysis.context.multiverse import multiverse
from analysis.context.recovery import RecoveryPath, recovery_path
from analysis.context.regime import Regimes, regimes
from analysis.context.synthetic import SyntheticPath, synthetic_path
from analysis.context.volatility import VolatilityChange, volatility_change
from analysis.context.world import FirstSessions, first_sessions
from analysis.run.common_currency import in_common_currency, with_rates
from analysis.run.plan import plan_headline

if TYPE_CHECKING:
    import pandas as pd

    from analysis._typing import Progress
    from analysis.claims.check import CheckedClaim
    from analysis.context.curve import Multiverse
    from analysis.prices.manifest import InputFile
    from analysis.prices.market_data import MarketData
    from analysis.results import StudyResult


@dataclass(frozen=True, eq=False)
class Details:
    """
    A study's results with what surrounds them; a part that there is not says why, or is empty.

    Attributes
    ----------
    result : StudyResult
    multiverse : Multiverse
    left_out : tuple of LeftOut
    claims : tuple of CheckedClaim
    cumulative : CumulativePath or Absent
    contagion : Contagion or Absent
    index_shares : tuple of IndexShare
    reaction_dates : ReactionDates or Absent
    conformal : ConformalRank or Absent
    synthetic : SyntheticPath or Absent
    volatility : VolatilityChange or Absent
    recovery : RecoveryPath or Absent
    worst_days : tuple of WorstDay
    largest_losses : tuple of LargestLoss
    regimes : Regimes or Absent
    halves : SessionHalves or Absent
    intraday : IntradayDays or Absent
    world : FirstSessions or Absent
    abroad : pandas.DataFrame or None
        Moves on other exchanges as published.
    inputs : tuple of InputFile
        Files read beyond the study's own.
    """

    result: StudyResult
    multiverse: Multiverse
    left_out: tuple[LeftOut, ...]
    claims: tuple[CheckedClaim, ...]
    cumulative: CumulativePath | Absent
    contagion: Contagion | Absent
    index_shares: tuple[IndexShare, ...]
    reaction_dates: ReactionDates | Absent
    conformal: ConformalRank | Absent
    synthetic: SyntheticPath | Absent
    volatility: VolatilityChange | Absent
    recovery: RecoveryPath | Absent
    worst_days: tuple[WorstDay, ...]
    largest_losses: tuple[LargestLoss, ...]
    regimes: Regimes | Absent
    halves: SessionHalves | Absent
    intraday: IntradayDays | Absent
    world: FirstSessions | Absent
    abroad: pd.DataFrame | None
    inputs: tuple[InputFile, ...]


def find_details(
    result: StudyResult, data: MarketData, *, progress: Progress | None = None
) -> Details:
    """
    Compute what surrounds a study's results.

    Parameters
    ----------
    result : StudyResult
    data : MarketData
        The data that the study ran on.
    progress : callable, optional
        Told ``(label, done, total)``.

    Returns
    -------
    Details

    Raises
    ------
    MarketImpactError
        If the study cannot run on these data.
    """
    study = result.study
    data = in_common_currency(study, with_rates(study.fx, data))
    ledger = load_ledger(study.claims) if study.claims else None
    claims = () if ledger is None else check_claims(ledger, gather(ledger, result, data))
    curves = multiverse(study, data, progress=progress)
    losses, losses_file = load_published_losses()
    history = data.histories.get(study.headline.symbol)
    case = plan_headline(study, data)
    halves, world = session_halves(case), first_sessions(case, result.chronology)
    intraday, nervous = intraday_days(case), regimes(result.events, data)
    counts = case.plan.reference.shares.get(study.headline.symbol, ())
    return Details(
        result=result,
        multiverse=curves,
        left_out=leave_one_out(study, data),
        claims=claims,
        cumulative=cumulative_path(case),
        contagion=contagion(case),
        index_shares=index_shares(case),
        reaction_dates=reaction_dates(case),
        conformal=conformal_rank(case),
        synthetic=synthetic_path(case),
        volatility=volatility_change(case),
        recovery=recovery_path(case, None if history is None else history["adj_close"]),
        worst_days=()
        if history is None
        else worst_days(study.headline.symbol, history, counts, losses),
        largest_losses=() if ledger is None else largest_losses(losses),
        regimes=nervous,
        halves=halves,
        intraday=intraday,
        world=world,
        abroad=None if ledger is None else ledger.abroad,
        inputs=tuple(
            dict.fromkeys(
                (
                    *(() if ledger is None else ledger.inputs),
                    *(() if history is None else (losses_file,)),
                    *curves.inputs,
                    *(() if isinstance(halves, Absent) else halves.inputs),
                    *(() if isinstance(nervous, Absent) else nervous.inputs),
                    *(() if isinstance(intraday, Absent) else intraday.inputs),
                    *(() if isinstance(world, Absent) else world.inputs),
                )
            )
        ),
    )
